"""``smppcore replay``: a recording through the codec, and sent to an SMSC again."""

import asyncio
import json
import pathlib
import struct
from collections.abc import Iterator

import pytest

from cli.processes import run_command, simulator
from smppcore.constants import CommandId
from smppcore.esme import connect
from smppcore.pdu import BindTransceiver, DeliverSm, QuerySm, SubmitSm
from smppcore.smsc import Peer, Smsc
from smppcore.state import Role
from smppcore.tap import Opening
from smppcore.trace import Trace, read_recording

OPENING = Opening(Role.ESME, ("127.0.0.1", 40_000), ("127.0.0.1", 2775))
BIND = BindTransceiver(system_id="smppclient1", password="password", system_type="OTP").encode(1)


def submit(number: int, to: str = "39333") -> bytes:
    return SubmitSm(destination_addr=to, short_message=b"message %d" % number).encode(number)


def recorded(path: pathlib.Path, *chunks: tuple[bool, bytes]) -> pathlib.Path:
    async def write() -> None:
        async with Trace(path) as trace:
            tap = trace.connection("carrier", "1")
            tap.opened(OPENING)
            for sent, octets in chunks:
                (tap.sent if sent else tap.received)(octets)
            tap.closed("done")

    asyncio.run(write())
    return path


@pytest.fixture(scope="module")
def smsc() -> Iterator[int]:
    with simulator() as (_, port):
        yield port


def url(port: int, secret: str = ":password") -> str:  # noqa: S107
    return f"smpp://smppclient1{secret}@127.0.0.1:{port}"


def messages(path: pathlib.Path) -> list[bytes]:
    """The ESME's messages in a recording, octet by octet."""
    return [
        pdu.octets
        for connection in read_recording(path).connections
        for pdu in connection.pdus()
        if pdu.from_esme and pdu.command_id in (CommandId.SUBMIT_SM, CommandId.QUERY_SM, CommandId.SUBMIT_MULTI)
    ]


@pytest.mark.parametrize("suffix", ["pcapng", "jsonl"])
def test_a_good_recording_is_counted_and_found_good(suffix: str, tmp_path: pathlib.Path) -> None:
    path = recorded(tmp_path / f"t.{suffix}", (True, BIND + submit(2)), (False, DeliverSm().encode(1)))
    result = run_command("replay", str(path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "link carrier, bind 1, 127.0.0.1:40000 to 127.0.0.1:2775" in result.stdout
    assert "bind_transceiver 1, submit_sm 1" in result.stdout
    assert "3 PDUs: 0 malformed, 0 anomalies, 0 not encoded as they were" in result.stdout


def test_a_malformed_pdu_is_shown_with_its_offset_and_the_status_says_so(tmp_path: pathlib.Path) -> None:
    cut_off = struct.pack(">I", 20) + submit(3)[4:20]
    path = recorded(tmp_path / "t.pcapng", (True, submit(2) + cut_off + submit(4)))
    result = run_command("replay", str(path), "--json")
    assert result.returncode == 1
    report = json.loads(result.stdout)
    [finding] = report["connections"][0]["findings"]
    assert (report["good"], finding["kind"], finding["from"]) == (False, "malformed", "esme")
    assert finding["offset"] == len(submit(2))
    assert report["connections"][0]["esme"]["pdus"] == {"submit_sm": 3}


def test_an_anomaly_is_shown_and_is_no_failure_unless_strict(tmp_path: pathlib.Path) -> None:
    odd = struct.pack(">I", len(submit(2)) + 1) + submit(2)[4:] + b"\0"
    path = recorded(tmp_path / "odd.pcapng", (False, odd[:4] + b"\0\0\0\x05" + odd[8:]), (True, submit(9)))
    result = run_command("replay", str(path))
    assert (result.returncode, "1 anomalies" in result.stdout) == (0, True), result.stdout
    assert run_command("replay", "--strict", str(path)).returncode == 1


def test_a_file_that_is_no_recording_is_said_to_be_none(tmp_path: pathlib.Path) -> None:
    (tmp_path / "no.txt").write_text("good morning, this is a text of some length", "utf-8")
    result = run_command("replay", str(tmp_path / "no.txt"))
    assert (result.returncode, "no capture" in result.stderr) == (1, True)
    assert run_command("replay", str(tmp_path / "nothing")).returncode == 2


def test_nothing_is_sent_to_another_machine_unless_it_is_really_meant(tmp_path: pathlib.Path) -> None:
    path = recorded(tmp_path / "t.pcapng", (True, BIND + submit(2)))
    result = run_command("replay", str(path), "smpp://id:pw@192.0.2.1:2775")
    assert (result.returncode, "--really" in result.stderr) == (2, True)


def test_a_replay_sends_the_same_octets_and_compares_the_answers(smsc: int, tmp_path: pathlib.Path) -> None:
    """A session recorded, replayed and recorded again: the messages are the same, octet by octet."""
    first, second = tmp_path / "first.pcapng", tmp_path / "second.pcapng"

    async def session() -> None:
        async with Trace(first) as trace:
            esme = await connect(url(smsc)).open(lambda made: made.tap(trace.connection("carrier", "1")))
            await asyncio.gather(
                *(esme.submit_sm(SubmitSm(destination_addr=f"39{number}", short_message=b"x")) for number in range(100))
            )
            await esme.enquire_link()
            await esme.send("a long text " * 30, to="+393331112223", source="shop")
            await esme.close()

    asyncio.run(session())
    result = run_command("replay", "--fast", str(first), url(smsc), "--trace", str(second))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "103 requests sent: ESME_ROK 103" in result.stdout
    assert "0 differences" in result.stdout
    assert len(messages(first)) == 103
    assert messages(second) == messages(first)


def test_an_answer_that_differs_from_then_is_a_difference(smsc: int, tmp_path: pathlib.Path) -> None:
    query = QuerySm(message_id="no such message")
    path = recorded(
        tmp_path / "t.jsonl", (True, BIND + query.encode(2)), (False, query.answer(0).encode(2)), (True, submit(3))
    )
    result = run_command("replay", "--fast", "--json", str(path), url(smsc))
    report = json.loads(result.stdout)
    assert (result.returncode, report["good"]) == (1, False)
    [connection] = report["connections"]
    assert connection["outcomes"] == {"ESME_RQUERYFAIL": 1, "ESME_ROK": 1}
    assert connection["differences"] == [f"query_sm 2 at octet {len(BIND)}: ESME_RQUERYFAIL, recorded ESME_ROK"]
    assert connection["unanswered_then"] == 1


def test_a_malformed_pdu_is_left_out_and_said(smsc: int, tmp_path: pathlib.Path) -> None:
    cut_off = struct.pack(">I", 20) + submit(3)[4:20]
    path = recorded(tmp_path / "t.pcapng", (True, BIND + cut_off + submit(4)))
    result = run_command("replay", "--fast", str(path), url(smsc))
    assert result.returncode == 1
    assert "is left out" in result.stdout
    assert "1 requests sent" in result.stdout


def test_a_wrong_password_ends_as_with_bind_and_the_environment_can_have_the_right_one(
    smsc: int, tmp_path: pathlib.Path
) -> None:
    path = recorded(tmp_path / "t.pcapng", (True, BIND + submit(2)))
    result = run_command("replay", "--fast", str(path), url(smsc, ":wrong"))
    assert (result.returncode, "password" in result.stderr) == (8, True)
    good = run_command("replay", "--fast", "--password-env", "PW", str(path), url(smsc, ""), PW="password")
    assert good.returncode == 0, good.stderr


async def test_a_connection_that_ends_ends_the_replay_and_says_what_was_not_sent(tmp_path: pathlib.Path) -> None:
    async def write() -> None:
        async with Trace(tmp_path / "t.pcapng") as trace:
            tap = trace.connection("carrier")
            tap.opened(OPENING)
            tap.sent(BIND + b"".join(map(submit, range(2, 102))))

    await write()
    accounts = {"smppclient1": "password"}

    def cut(peer: Peer, pdu: SubmitSm) -> None:
        if pdu.sequence_number == 50:
            peer.abort()

    async with Smsc(accounts=accounts, handlers={SubmitSm: cut}) as server:
        command = ["replay", "--fast", "--window", "1", str(tmp_path / "t.pcapng"), url(server.port)]
        result = await asyncio.to_thread(run_command, *command)
    assert result.returncode == 1
    assert "the connection has ended, 51 requests were not sent" in result.stdout
    assert "ESME_ROK 48" in result.stdout


async def test_the_pace_is_that_of_then_times_the_speed(tmp_path: pathlib.Path) -> None:
    """Ten messages over nine seconds, six times faster, take a second and a half."""
    clock = iter(range(1_800_000_000_000_000_000, 1_900_000_000_000_000_000, 1_000_000_000))
    async with Trace(tmp_path / "t.pcapng", clock=lambda: next(clock)) as trace:
        tap = trace.connection("carrier")
        tap.opened(OPENING)
        tap.sent(BIND)
        for number in range(2, 12):
            tap.sent(submit(number))
    arrived: list[float] = []
    loop = asyncio.get_running_loop()
    accounts = {"smppclient1": "password"}
    async with Smsc(accounts=accounts, handlers={SubmitSm: lambda *_: arrived.append(loop.time())}) as server:
        command = ["replay", "--speed", "6", str(tmp_path / "t.pcapng"), url(server.port)]
        result = await asyncio.to_thread(run_command, *command)
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(arrived) == 10
    assert arrived[-1] - arrived[0] > 1
