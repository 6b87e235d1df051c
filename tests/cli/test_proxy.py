"""``smppcore proxy``: a link between two other programs, carried and recorded without changing an octet."""

import asyncio
import contextlib
import json
import pathlib
import signal
import socket
from collections.abc import Iterator

import pytest

from cli.processes import Process, run_command, running, simulator
from smppcore.esme import connect
from smppcore.pdu import BindTransceiver, SubmitSm
from smppcore.trace import read_recording


@pytest.fixture(scope="module")
def smsc() -> Iterator[int]:
    with simulator() as (_, port):
        yield port


def port_of(process: Process) -> int:
    ready = process.readline()
    assert ready.startswith("ready 127.0.0.1:"), ready
    return int(ready.rpartition(":")[2])


def listening() -> socket.socket:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    server.settimeout(20)
    return server


def joined(process: Process, server: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A client and what it is connected with through the proxy."""
    client = socket.create_connection(("127.0.0.1", port_of(process)), timeout=20)
    target, _ = server.accept()
    target.settimeout(20)
    return client, target


def receive(connected: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count and (more := connected.recv(65_536)):
        octets += more
    return octets


async def session(port: int, count: int) -> list[str]:
    async with connect(f"smpp://smppclient1:password@127.0.0.1:{port}") as esme:
        answers = [
            esme.submit_sm(SubmitSm(destination_addr="39333", short_message=b"x" * number)) for number in range(count)
        ]
        return [answer.message_id for answer in await asyncio.gather(*answers)]


def test_a_session_through_the_proxy_is_recorded_and_replayed_with_the_same_octets(
    smsc: int, tmp_path: pathlib.Path
) -> None:
    first, second = tmp_path / "first.pcapng", tmp_path / "second.jsonl"
    with running("proxy", "0", f"127.0.0.1:{smsc}", "--trace", str(first)) as process:
        message_ids = asyncio.run(session(port_of(process), 100))
        status, _, errors = process.end(signal.SIGINT)
    assert (status, len(set(message_ids))) == (0, 100)
    assert "connection 1 from 127.0.0.1:" in errors
    assert errors.splitlines()[-1].endswith("lost 0")
    [connection] = read_recording(first).connections
    assert b"password" not in connection.octets(True)
    assert run_command("replay", str(first)).returncode == 0

    url = f"smpp://smppclient1:password@127.0.0.1:{smsc}"
    assert run_command("replay", "--fast", str(first), url, "--trace", str(second)).returncode == 0
    [again] = read_recording(second).connections
    submits = [
        [pdu.octets for pdu in each.pdus() if pdu.from_esme and pdu.command_id == 4] for each in (connection, again)
    ]
    assert submits[0] == submits[1]
    assert len(submits[0]) == 100


def test_octets_that_mean_nothing_are_carried_as_they_are_and_half_closes_with_them(tmp_path: pathlib.Path) -> None:
    path, strange = tmp_path / "t.jsonl", bytes(range(256)) * 1000
    with (
        listening() as server,
        running("proxy", "0", f"127.0.0.1:{server.getsockname()[1]}", "--trace", str(path)) as process,
    ):
        client, target = joined(process, server)
        with client, target:
            client.sendall(strange)
            client.shutdown(socket.SHUT_WR)
            assert receive(target, len(strange) + 1) == strange
            target.sendall(strange[::-1])
            target.close()
            assert receive(client, len(strange) + 1) == strange[::-1]
        status, _, _ = process.end(signal.SIGINT)
    assert status == 0
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    for direction in ("sent", "received"):
        octets = [each["hex"] for each in found if each.get("direction") == direction]
        assert sum(map(len, octets)) == 2 * len(strange)


def test_a_peer_that_reads_nothing_holds_up_the_other_and_nobody_loses_anything() -> None:
    octets = b"\0" * 4_000_000
    with listening() as server, running("proxy", "0", f"127.0.0.1:{server.getsockname()[1]}") as process:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
        client, target = joined(process, server)
        with client, target:
            client.setblocking(False)
            sent = 0
            with contextlib.suppress(BlockingIOError):
                while sent < 200_000_000:
                    sent += client.send(octets)
            client.shutdown(socket.SHUT_WR)
            assert sent < 200_000_000
            assert len(receive(target, sent)) == sent


def test_an_end_that_goes_away_takes_the_other_with_it() -> None:
    with listening() as server, running("proxy", "0", f"127.0.0.1:{server.getsockname()[1]}") as process:
        client, target = joined(process, server)
        with client, target:
            target.close()
            assert client.recv(10) == b""


def test_ctrl_c_with_connections_open_leaves_a_complete_file(smsc: int, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "t.pcapng"
    with (
        running("proxy", "0", f"127.0.0.1:{smsc}", "--trace", str(path)) as process,
        socket.create_connection(("127.0.0.1", port_of(process)), timeout=20) as client,
    ):
        client.sendall(BindTransceiver(system_id="smppclient1", password="password").encode(1))
        assert client.recv(1000)[4:8] == b"\x80\0\0\x09"
        status, _, _ = process.end(signal.SIGINT)
    recording = read_recording(path)
    assert (status, recording.faults) == (0, [])
    assert [pdu.command_id for pdu in recording.connections[0].pdus()] == [9, 0x80000009]
    assert recording.connections[0].notes[-1].startswith("the connection ends")


def test_what_passes_is_shown_without_the_password(smsc: int) -> None:
    with running("proxy", "0", f"127.0.0.1:{smsc}", "--print") as process:
        asyncio.run(session(port_of(process), 3))
        _, output, _ = process.end(signal.SIGINT)
    assert output.count("ESME to SMSC") == 5
    assert output.count("SMSC to ESME") == 5
    assert "password" not in output.replace("password:", "").replace("password ", "")
    assert "submit_sm" in output


def test_what_passes_is_shown_as_json_lines_with_masks(smsc: int) -> None:
    with running("proxy", "0", f"127.0.0.1:{smsc}", "--print", "--json", "--mask-text", "--mask-numbers") as process:
        asyncio.run(session(port_of(process), 3))
        _, output, _ = process.end(signal.SIGINT)
    lines = [json.loads(line) for line in output.splitlines()]
    submits = [each for each in lines if each.get("command") == "submit_sm"]
    assert [each["fields"]["short_message"] for each in submits] == ["", "2a", "2a2a"]
    assert {each["fields"]["destination_addr"] for each in submits} == {"****3"}


def test_a_target_that_is_not_there_cuts_the_client_off() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with running("proxy", "0", f"127.0.0.1:{taken.getsockname()[1]}") as process:
            with socket.create_connection(("127.0.0.1", port_of(process)), timeout=20) as client:
                assert client.recv(10) == b""
            _, _, errors = process.end(signal.SIGINT)
    assert "the target was not reached" in errors


def test_what_is_wrong_is_said_at_once(tmp_path: pathlib.Path) -> None:
    (tmp_path / "there.pcapng").write_bytes(b"")
    there = run_command("proxy", "0", "127.0.0.1:2775", "--trace", str(tmp_path / "there.pcapng"))
    assert (there.returncode, "never written over" in there.stderr) == (1, True)
    assert run_command("proxy", "0", "2775").returncode == 2
    assert run_command("proxy", "0", "127.0.0.1:2775", "--trace", str(tmp_path / "t.txt")).returncode == 1
