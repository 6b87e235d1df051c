"""Every vector: decoded, refused or tolerated as it says, written again octet for octet, and cut out of any stream."""

import json
from typing import Any

import pytest

from smppcore.cli.main import main
from smppcore.codec import STANDARD, STRICT, Codec
from smppcore.errors import DecodeError, FramingError
from smppcore.framing import Framer
from smppcore.json_view import error_view, pdu_view
from smppcore.reference import write_pdu
from smppcore.settings import Settings

from .vectors import MODES, OPTIONS, VECTORS, expected, identity, octets_of

LIMIT = Settings().longest_pdu
WHOLE = [each for each in VECTORS if each["expect"]["result"] == "pdu" or "tolerated" in each]
BROKEN = [each for each in VECTORS if each["expect"]["result"] == "error"]
LOST = [each for each in BROKEN if each["expect"]["error_class"] == "bad_command_length"]
STREAMS = [each for each in VECTORS if each["expect"]["result"] in ("stream", "incomplete")]
FRAMES = [each for each in VECTORS if each not in LOST and each not in STREAMS]


def test_the_file_is_whole() -> None:
    identities = [each["id"] for each in VECTORS]
    assert len(set(identities)) == len(identities)
    assert sum(each.startswith("P") for each in identities) == 125
    assert len(WHOLE) > 150
    for each in VECTORS:
        assert ("tolerated" in each) == ("strict_only" in each["expect"]), each["id"]


def fields_in_error(view: dict[str, Any]) -> dict[str, Any]:
    """A view with its anomalies cut down to the names of their fields, as the vectors have them."""
    if "anomalies" in view:
        view = {**view, "anomalies": [text.split(":")[0] for text in view["anomalies"]]}
    view.pop("receipt", None)
    return view


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("vector", FRAMES, ids=identity)
def test_decode(vector: dict[str, Any], mode: str) -> None:
    octets, wanted = octets_of(vector), expected(vector, mode)
    codec = Codec(tolerate=MODES[mode])
    if wanted["result"] == "pdu":
        assert fields_in_error(pdu_view(codec.decode(octets), len(octets), STANDARD)) == wanted
    else:
        with pytest.raises(DecodeError) as refusal:
            codec.decode(octets)
        assert_refused(refusal.value, wanted)


@pytest.mark.parametrize("vector", LOST, ids=identity)
def test_a_lost_frame(vector: dict[str, Any]) -> None:
    octets = octets_of(vector)
    framer = Framer(LIMIT)
    assert framer.feed(octets) == []
    assert isinstance(framer.fault, FramingError)
    assert_refused(framer.fault, vector["expect"])
    assert framer.fault.limit == LIMIT
    with pytest.raises(FramingError):
        Codec().decode(octets)


def assert_refused(error: DecodeError, wanted: dict[str, Any]) -> None:
    view = error_view(error, STANDARD)
    assert (view["result"], view["error_class"]) == ("error", wanted["error_class"])
    assert view["close_connection"] == wanted["close_connection"]
    assert error.field in view["message"]
    assert f"offset {error.offset}" in view["message"]
    assert error.limit is None or f"limit {error.limit}" in view["message"]
    assert_reply(view["reply"], wanted["reply"])


def assert_reply(reply: dict[str, Any] | None, wanted: dict[str, Any] | None) -> None:
    """Ours is the first of the statuses that are acceptable; where the number is null, any is."""
    if wanted is None:
        assert reply is None
        return
    assert reply is not None
    assert reply["command"] == wanted["command"]
    assert wanted["sequence_number"] in (None, reply["sequence_number"])
    assert reply["acceptable_status"] == wanted["acceptable_status"][:1]


@pytest.mark.parametrize("vector", [each for each in VECTORS if each.get("roundtrip")], ids=identity)
def test_written_again(vector: dict[str, Any]) -> None:
    octets = octets_of(vector)
    pdu = Codec(tolerate=STRICT).decode(octets)
    assert pdu.encode(pdu.sequence_number) == octets
    assert write_pdu(pdu, pdu.sequence_number) == octets
    assert type(pdu).decode(octets) == pdu


@pytest.mark.parametrize("mode", MODES)
def test_decode_on_the_command_line(mode: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """All vectors as lines of a file, in one run."""
    file = tmp_path / "vectors.hex"
    file.write_text("".join(f"# {each['id']}\n{each['hex']}\n\n" for each in VECTORS), "ascii")
    assert main(["decode", "--json", *OPTIONS[mode], str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(VECTORS)
    for vector, line in zip(VECTORS, lines, strict=True):
        view, wanted = json.loads(line), expected(vector, mode)
        if wanted["result"] == "error":
            assert set(view) == {"result", "error_class", "message", "reply", "close_connection"}
            assert (view["error_class"], view["close_connection"]) == (
                wanted["error_class"],
                wanted["close_connection"],
            ), vector["id"]
            assert_reply(view["reply"], wanted["reply"])
        else:
            assert fields_in_error(view) == wanted, vector["id"]


# -- framing


def taken_apart(pieces: list[bytes]) -> tuple[list[bytes], bytes, bool]:
    """The PDUs that a framer makes of some pieces, what it keeps, and whether it lost its frame."""
    framer = Framer(LIMIT)
    octets = [frame[0] for piece in pieces for frame in framer.feed(piece)]
    assert sum(map(len, pieces)) == sum(map(len, octets)) + len(framer.tail) + framer.lost
    return octets, framer.tail, framer.fault is not None


@pytest.mark.parametrize("vector", VECTORS, ids=identity)
def test_any_cut_gives_the_same_frames(vector: dict[str, Any]) -> None:
    octets = octets_of(vector)
    whole = taken_apart([octets])
    single = taken_apart([octets[at : at + 1] for at in range(len(octets))])
    cuts = [taken_apart([octets[:at], octets[at:]]) for at in range(len(octets) + 1)]
    if vector in LOST:
        assert {(tuple(frames), fault) for frames, _, fault in [whole, single, *cuts]} == {((), True)}
        return
    assert [single, *cuts] == [whole] * (len(octets) + 2)
    assert whole[2] is False
    if vector in FRAMES:
        assert whole[:2] == ([octets], b"")


@pytest.mark.parametrize("vector", FRAMES, ids=identity)
def test_a_tail_waits_for_its_rest(vector: dict[str, Any]) -> None:
    octets = octets_of(vector)
    for tail in (b"\0", octets[:15], octets[:-1]):
        assert taken_apart([octets + tail]) == ([octets], tail, False)
        assert taken_apart([octets + tail, octets[len(tail) :]]) == ([octets, octets], b"", False)


@pytest.mark.parametrize("vector", STREAMS, ids=identity)
def test_streams(vector: dict[str, Any]) -> None:
    wanted = vector["expect"]
    frames, tail, fault = taken_apart([octets_of(vector)])
    assert fault is False
    if wanted["result"] == "incomplete":
        length = int.from_bytes(tail[:4], "big") if len(tail) >= 4 else 4
        assert (frames, length - len(tail)) == ([], wanted["missing_octets"])
    else:
        assert [len(each) for each in frames] == [each["command_length"] for each in wanted["frames"]]
        assert len(tail) == wanted["leftover_octets"]
