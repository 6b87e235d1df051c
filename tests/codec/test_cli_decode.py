"""``smppcore decode``: where its lines come from, what it shows to people, what it says of what is no PDU."""

import io
import json
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from smppcore.cli.main import main
from smppcore.fields import DistributionList, SmeAddress, UnsuccessSme
from smppcore.pdu import BindTransceiver, DeliverSm, EnquireLink, Outbind, Pdu, SubmitMulti, SubmitMultiResp, SubmitSm
from smppcore.tlv import MESSAGE_PAYLOAD, MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID

from .vectors import CONFORMANCE, VECTORS

LINK = EnquireLink().encode(5).hex()
RECEIPTS: list[dict[str, Any]] = json.loads((CONFORMANCE / "receipts.json").read_text("utf-8"))["receipts"]


def decode(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["decode", *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def as_json(capsys: pytest.CaptureFixture[str], pdu: Pdu, *words: str) -> dict[str, Any]:
    status, out, _ = decode(capsys, "--json", *words, pdu.encode(1).hex())
    assert status == 0
    view: dict[str, Any] = json.loads(out)
    return view


def shown(capsys: pytest.CaptureFixture[str], pdu: Pdu, *words: str) -> dict[str, str]:
    """The lines for people, by the name at their start."""
    status, out, _ = decode(capsys, *words, pdu.encode(1).hex())
    assert status == 0
    rows = (line.strip().partition("  ") for line in out.splitlines()[1:] if line)
    return {name: value.strip() for name, _, value in rows}


# -- where the lines come from


def test_hexadecimal_as_an_argument_with_and_without_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    spaced = f"{LINK[:8].upper()}  {LINK[8:24]}\t{LINK[24:]}"
    for words in ([LINK], [spaced], spaced.split()):
        status, out, _ = decode(capsys, "--json", *words)
        assert (status, json.loads(out)["sequence_number"]) == (0, 5)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_stdin_with_comments_empty_lines_and_any_line_end(
    mark: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"\r\n# one\r\n{LINK} # two\n   \n\t{LINK}\n{LINK}".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mark + text)))
    status, out, _ = decode(capsys, "--json", "-")
    assert (status, len(out.splitlines())) == (0, 3)


def test_stdin_that_is_a_string(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(LINK))
    assert decode(capsys, "--json", "-")[0] == 0


def test_a_file_even_if_its_name_is_hexadecimal(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path("cafe").write_text(f"{LINK}\n", "ascii")
    assert decode(capsys, "cafe")[:2] == (0, decode(capsys, LINK)[1])


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    for name in ("no/such/file", "pdus.hex", str(tmp_path)):
        status, out, err = decode(capsys, name)
        assert (status, out) == (1, "")
        assert name in err


def test_many_lines_are_read_one_at_a_time(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is shown before the next is asked for."""
    seen = []

    def lines() -> Iterator[str]:
        for _ in range(1_000):
            seen.append(len(capsys.readouterr().out.splitlines()))
            yield LINK

    monkeypatch.setattr(sys, "stdin", lines())
    assert main(["decode", "--json", "-"]) == 0
    assert seen == [0] + [1] * 999


# -- what is no PDU


@pytest.mark.parametrize(
    ("line", "line_number", "column"),
    [("zz", 1, 1), (f"{LINK}\n\n00 0g", 3, 5), ("0x00", 1, 2), ("123", 1, 3), ("00\n00\u20ac", 2, 3), ("00-11", 1, 3)],
)
def test_bad_hexadecimal_names_line_and_column(
    line: str, line_number: int, column: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"line {line_number}, column {column}:"
    monkeypatch.setattr(sys, "stdin", io.StringIO(line))
    status, out, _ = decode(capsys, "--json", "-")
    view = json.loads(out.splitlines()[-1])
    assert (status, view["result"], view["error_class"]) == (1, "error", "bad_hex")
    assert view["message"].startswith(place)
    monkeypatch.setattr(sys, "stdin", io.StringIO(line))
    status, out, err = decode(capsys, "-")
    assert status == 1
    assert place in err


def test_one_bad_line_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{LINK}\n0000000f\n{LINK}\n"))
    status, out, _ = decode(capsys, "--json", "-")
    assert status == 1
    assert [json.loads(line)["result"] for line in out.splitlines()] == ["pdu", "error", "pdu"]


def test_a_stream_names_what_is_wrong_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    bad = "0000001100000015000000000000000700"
    status, out, _ = decode(capsys, "--json", LINK + bad + LINK)
    frames = json.loads(out)["frames"]
    assert status == decode(capsys, LINK + bad + LINK)[0] == 1
    assert decode(capsys, LINK + LINK)[0] == decode(capsys, "--json", LINK + LINK)[0] == 0
    assert [frame["sequence_number"] for frame in frames] == [5, 7, 5]
    assert ["error" in frame for frame in frames] == [False, True, False]
    status, out, _ = decode(capsys, "--json", LINK + "0000000f" + LINK)
    view = json.loads(out)
    assert (status, len(view["frames"]), view["leftover_octets"]) == (1, 1, 20)
    assert "15 is outside 16 to 131072" in view["error"]


def test_people_see_the_error_and_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    vectors = {each["id"]: each["hex"] for each in VECTORS}
    status, out, _ = decode(capsys, vectors["P116"])
    assert status == 1
    assert "submit_sm.destination_addr: 22 octets with the NUL (offset 34, limit 21)" in out
    assert "submit_sm_resp ESME_RINVDSTADR" in out
    assert "generic_nack ESME_RINVCMDLEN" in decode(capsys, vectors["P109"])[1]
    assert "generic_nack ESME_RINVCMDID" in decode(capsys, vectors["P112"])[1]
    assert "6 missing" in decode(capsys, vectors["P106"])[1]
    assert decode(capsys, vectors["P103"])[1].count("sequence_number") == 2


# -- what people see


def test_names_of_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    pdu = SubmitSm(
        source_addr_ton=5,
        source_addr="Caf\xe9\x1b",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr="1",
        esm_class=0xC3,
        registered_delivery=0x1D,
        data_coding=0xF1,
        short_message=bytes.fromhex("050003a70201") + b"Hi",
        tlvs=[(0x1400, b"a"), MESSAGE_STATE(2), NETWORK_ERROR_CODE(b"\3\0\x1b")],
    )
    rows = shown(capsys, pdu)
    assert rows["command_status"] == "0x00000000 ESME_ROK"
    assert rows["source_addr_ton"] == "5 ALPHANUMERIC"
    assert rows["source_addr"] == "'Caf\xe9\\x1b'"
    assert rows["dest_addr_npi"] == "1 ISDN"
    assert rows["esm_class"] == "0xC3 STORE_AND_FORWARD UDHI REPLY_PATH"
    assert (
        rows["registered_delivery"]
        == "29 RECEIPT DELIVERY_ACKNOWLEDGEMENT USER_ACKNOWLEDGEMENT INTERMEDIATE_NOTIFICATION"
    )
    assert rows["data_coding"] == "241 GSM 7-bit, class 1"
    assert rows["udh 0x00"] == "part 1 of 2, reference 167"
    assert rows["TLV 0x1400"] == "61"
    assert rows["TLV message_state"] == "2 DELIVERED"
    assert rows["TLV network_error_code"] == "03001b GSM, error 27"


def test_a_receipt(capsys: pytest.CaptureFixture[str]) -> None:
    text = b"id:77 sub:001 dlvrd:001 submit date:2312241830 done date:2312241831 stat:DELIVRD err:000 text:"
    pdu = DeliverSm(esm_class=4, short_message=text, tlvs=[RECEIPTED_MESSAGE_ID("4D"), MESSAGE_STATE(2)])
    rows = shown(capsys, pdu)
    assert rows["esm_class"] == "0x04 DELIVERY_RECEIPT"
    assert rows["receipt"] == "id '4D', state 2 DELIVERED, done 2023-12-24 18:31:00, err '000'"
    assert rows["receipt oddities"] == "id-notation"
    unreadable = shown(capsys, DeliverSm(esm_class=4, short_message=b"Hello"))
    assert unreadable["receipt"] == "unreadable"


def test_lists_and_absent_bodies(capsys: pytest.CaptureFixture[str]) -> None:
    rows = shown(capsys, SubmitMulti(dest_addresses=[SmeAddress("1", 1, 1), DistributionList("staff")]))
    assert rows["number_of_dests"] == "2"
    assert rows["dest_addresses[0]"].startswith("dest_flag 1 SME_ADDRESS, dest_addr_ton 1 INTERNATIONAL")
    assert rows["dest_addresses[1]"] == "dest_flag 2 DISTRIBUTION_LIST, dl_name 'staff'"
    rows = shown(capsys, SubmitMultiResp(unsuccess_sme=[UnsuccessSme("1", error_status_code=11)]))
    assert rows["unsuccess_sme[0]"].endswith("error_status_code 11 ESME_RINVDSTADR")
    assert shown(capsys, SubmitMultiResp(command_status=0x410, header_only=True))["body"] == "absent"


def test_anomalies(capsys: pytest.CaptureFixture[str]) -> None:
    pdu = DeliverSm(short_message=b"Hello", tlvs=[NETWORK_ERROR_CODE(b"000"), (0x0423, b"0000")])
    assert decode(capsys, pdu.encode(1).hex())[0] == 1
    assert shown(capsys, pdu, "--tolerant")["anomaly"].startswith("deliver_sm.network_error_code: a TLV of 4 octets")
    assert "anomalies" not in as_json(capsys, DeliverSm(), "--tolerant")


def test_strict_and_tolerant_exclude_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(["decode", "--strict", "--tolerant", LINK])
    assert refusal.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("pdu", [BindTransceiver("me", "geheim"), Outbind("me", "geheim")])
def test_people_see_no_password_and_json_does(pdu: Pdu, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = decode(capsys, pdu.encode(1).hex())
    assert "geheim" not in out + err
    assert "***" in out
    assert as_json(capsys, pdu)["fields"]["password"] == "geheim"
    with pytest.raises(SystemExit):
        main(["decode", "--help"])
    assert "shows passwords" in capsys.readouterr().out


# -- receipts as JSON


@pytest.mark.parametrize("sample", RECEIPTS, ids=lambda each: str(each["id"]))
def test_receipts(sample: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The samples of conformance/receipts.json, in short_message or, where they are too long, in message_payload."""
    codings = {0: "gsm0338", 3: "latin-1", 8: "utf-16-be"}
    wanted, coding = sample["expect"], sample["data_coding"]
    try:
        octets = sample["text"].encode(codings[coding])
    except UnicodeEncodeError:
        octets, coding = sample["text"].encode("utf-16-be"), 8
    tlvs = sample.get("tlvs", {})
    pdu = DeliverSm(esm_class=sample["esm_class"], data_coding=coding)
    if "receipted_message_id" in tlvs:
        pdu.tlvs.append(RECEIPTED_MESSAGE_ID(tlvs["receipted_message_id"]))
    if "message_state" in tlvs:
        pdu.tlvs.append(MESSAGE_STATE(tlvs["message_state"]))
    if "network_error_code" in tlvs:
        pdu.tlvs.append(NETWORK_ERROR_CODE(bytes.fromhex(tlvs["network_error_code"])))
    if len(octets) <= 254:
        pdu.short_message = octets
    else:
        pdu.tlvs.append(MESSAGE_PAYLOAD(octets))
    view = as_json(capsys, pdu)
    if wanted["result_kind"] == "message":
        assert "receipt" not in view
        return
    receipt = view["receipt"]
    for field in sample.get("ignore_fields", ()):
        receipt["fields"].pop(field)
        wanted["fields"].pop(field)
    if wanted["result_kind"] == "receipt" and "receipt" not in view:
        pytest.fail("not seen as a receipt")
    assert receipt == wanted
