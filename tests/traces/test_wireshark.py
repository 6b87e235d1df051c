"""tshark reads the trace of a link that lives: every PDU is there, and none is malformed."""

import asyncio
import pathlib

import pytest
from wire.certificates import files

from smppcore.pdu import DeliverSm, SubmitSm
from smppcore.state import Role
from smppcore.tap import Opening
from smppcore.tls import client_context, server_context
from smppcore.trace import Trace, read_recording
from traces import tshark
from traces.tapped import tapped

pytestmark = pytest.mark.soak
"""Needs tshark, and the fast tier needs nothing but Python."""
MESSAGES = 300


@pytest.mark.parametrize("tls", [False, True])
async def test_every_pdu_of_a_link_is_read_and_none_is_malformed(tls: bool, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "link.pcapng"
    contexts = {"at_smsc": server_context(files().server), "at_esme": client_context(files().ca)} if tls else {}
    handlers = {"smsc": {SubmitSm: lambda *_: 0}, "esme": {DeliverSm: lambda *_: 0}}
    async with Trace(path) as trace, tapped(trace.connection("carrier", "1"), **handlers, **contexts) as ends:  # type: ignore[arg-type]
        esme, peer, port = ends
        await asyncio.gather(*(esme.submit_sm(SubmitSm(destination_addr="1")) for _ in range(MESSAGES)))
        await asyncio.gather(*(peer.deliver_sm(DeliverSm(source_addr="4")) for _ in range(MESSAGES)))
        await esme.enquire_link()
    reading = tshark.read(path, port)
    # The bind, the messages there and back, one enquire_link and the unbind, each with its answer.
    assert len(reading.pdus) == 2 * (1 + 2 * MESSAGES + 1 + 1)
    assert (reading.faults, reading.unread, len(reading.connections)) == ([], 0, 1)
    assert reading.pdus[0].fields["password"] == "******"
    assert b"secret" not in path.read_bytes()


async def test_both_ends_of_one_connection_can_be_recorded_in_one_trace(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "both.pcapng"
    async with Trace(path) as trace, tapped(trace.connection("esme"), smsc={SubmitSm: lambda *_: 0}) as ends:
        esme, peer, port = ends
        peer.tap(trace.connection("peer"))
        await asyncio.gather(*(esme.submit_sm(SubmitSm(destination_addr="1")) for _ in range(100)))
    first, second = read_recording(path).connections
    assert (first.link, first.role, second.link, second.role) == ("esme", Role.ESME, "peer", Role.SMSC)
    assert first.octets(True).endswith(second.octets(False))
    assert first.octets(False).endswith(second.octets(True))
    reading = tshark.read(path, port)
    assert (len(reading.pdus), reading.faults, reading.unread, len(reading.connections)) == (406, [], 0, 2)


async def test_a_recording_switched_on_and_off_while_messages_flow_is_whole_pdus(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "parts.pcapng"
    async with Trace(path) as trace, tapped(None, smsc={SubmitSm: lambda *_: 0}) as (esme, peer, port):
        sending = [asyncio.ensure_future(esme.submit_sm(SubmitSm(destination_addr="1"))) for _ in range(2000)]
        while not all(each.done() for each in sending):
            tapping = peer.tap(trace.connection("peer"))
            for _ in range(10):
                await asyncio.sleep(0)
            tapping.remove()
            await asyncio.sleep(0)
        assert [each.result().command_status for each in sending] == [0] * 2000
    recording = read_recording(path)
    assert len(recording.connections) > 5
    assert {connection.role for connection in recording.connections} == {Role.SMSC}
    assert [pdu.fault for each in recording.connections for pdu in each.pdus() if pdu.fault] == []
    reading = tshark.read(path, port)
    assert (reading.faults, reading.unread) == ([], 0)
    assert len(reading.pdus) == sum(len(list(connection.pdus())) for connection in recording.connections) > 100


async def test_recording_that_begins_within_a_pdu_begins_with_all_of_it(tmp_path: pathlib.Path) -> None:
    path, pdu = tmp_path / "within.pcapng", DeliverSm(source_addr="4", short_message=b"x" * 100).encode(7)
    async with Trace(path) as trace:
        tap = trace.connection("l")
        tap.opened(Opening(Role.ESME, ("127.0.0.1", 42_000), ("127.0.0.1", 43_000), live=True, begun=pdu[:50]))
        tap.received(pdu[50:])
    reading = tshark.read(path, 43_000)
    assert (len(reading.pdus), reading.faults) == (1, [])
    [connection] = read_recording(path).connections
    assert connection.octets(False) == pdu
