"""A tap gets every octet once, and the connection does not notice."""

import asyncio
import logging

import pytest
from wire.certificates import files
from wire.ends import RawSmsc

from smppcore.esme import connect
from smppcore.framing import Framer
from smppcore.pdu import DeliverSm, EnquireLink, SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.state import Role
from smppcore.tap import Tap, _Layer, _Written
from smppcore.tls import client_context, server_context
from traces.tapped import Remembered, tapped


def submit(number: int) -> SubmitSm:
    return SubmitSm(destination_addr="39333", short_message=f"message {number}".encode())


async def take(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
    return SubmitSmResp(message_id=pdu.short_message.decode().partition(" ")[2])


async def test_what_one_end_has_sent_is_what_the_other_has_received_from_the_bind_on() -> None:
    at_esme, at_peer = Remembered(), Remembered()
    async with tapped(at_esme, smsc={SubmitSm: take}, esme={DeliverSm: lambda *_: 0}) as (esme, peer, port):
        bind = at_esme.octets(True)
        peer.tap(at_peer)
        before = len(bind), len(at_esme.octets(False))
        await asyncio.gather(*(esme.submit_sm(submit(number)) for number in range(500)))
        await peer.deliver_sm(DeliverSm(source_addr="1", short_message=b"x"))
    assert bind[4:8] == b"\0\0\0\x09"
    assert at_esme.octets(True)[before[0] :] == at_peer.octets(False)
    assert at_esme.octets(False)[before[1] :] == at_peer.octets(True)
    [opening] = at_esme.openings
    assert (opening.role, opening.live, opening.remote) == (Role.ESME, False, ("127.0.0.1", port))
    [opening] = at_peer.openings
    assert (opening.role, opening.live, opening.local) == (Role.SMSC, True, ("127.0.0.1", port))
    assert at_esme.ends == ["closed: unbound"]
    assert len(at_peer.ends) == 1


async def test_a_tls_link_is_recorded_as_plain_octets() -> None:
    tap = Remembered()
    at_smsc, at_esme = server_context(files().server), client_context(files().ca)
    async with tapped(tap, smsc={SubmitSm: take}, at_smsc=at_smsc, at_esme=at_esme) as (esme, peer, _):
        live = Remembered()
        peer.tap(live)
        await asyncio.gather(*(esme.submit_sm(submit(number)) for number in range(100)))
    frames = Framer(1000).feed(tap.octets(True))
    assert [frame[1] for frame in frames] == [9, *[4] * 100, 6]
    assert live.octets(False) == b"".join(frame[0] for frame in frames[1:])


async def test_a_connection_without_a_tap_has_nothing_of_it_on_its_way() -> None:
    async with tapped(None) as (esme, peer, _):
        transport = esme._connection._transport
        assert transport is not None
        assert transport.get_protocol() is esme._connection
        tapping = esme.tap(Remembered())
        assert isinstance(transport.get_protocol(), _Layer)
        assert isinstance(esme._connection._transport, _Written)
        tapping.remove()
        tapping.remove()
        assert esme._connection._transport is transport
        assert transport.get_protocol() is esme._connection
        await esme.enquire_link()
        assert peer.ending is False


@pytest.mark.parametrize("messages", [3000, pytest.param(20_000, marks=pytest.mark.soak)])
async def test_switching_on_and_off_while_thousands_of_messages_flow_loses_none_and_changes_none(messages: int) -> None:
    always, taps = Remembered(), []
    arrived = []

    def count(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        arrived.append(int(pdu.short_message.split()[1]))
        return SubmitSmResp(message_id=str(arrived[-1]))

    async with tapped(None, smsc={SubmitSm: count}) as (esme, peer, _):
        sending = [asyncio.ensure_future(esme.submit_sm(submit(number))) for number in range(messages)]
        peer.tap(always)
        while not all(each.done() for each in sending):
            tap = Remembered()
            tapping = esme.tap(tap)
            taps.append(tap)
            for _ in range(5):
                await asyncio.sleep(0)
            tapping.remove()
            await asyncio.sleep(0)
        answers = [each.result() for each in sending]
    assert [answer.message_id for answer in answers] == [str(number) for number in range(messages)]
    assert arrived == list(range(messages))
    assert len(taps) > 10
    assert all(tap.ends == ["removed"] for tap in taps)
    whole = always.octets(False)
    for tap in taps:
        assert tap.octets(True) in whole
    recorded = [frame[3] for tap in taps for frame in Framer(1000).feed(tap.octets(True))]
    assert len(recorded) == len(set(recorded)) > 100


async def test_two_taps_on_one_connection_get_the_same_and_one_stays_when_the_other_goes() -> None:
    first, second = Remembered(), Remembered()
    async with tapped(first, smsc={SubmitSm: take}) as (esme, _, _):
        tapping = esme.tap(second)
        await esme.submit_sm(submit(1))
        tapping.remove()
        await esme.submit_sm(submit(2))
    assert second.octets(True) == submit(1).encode(2)
    assert first.octets(True)[: -len(EnquireLink().encode(1))].endswith(submit(1).encode(2) + submit(2).encode(3))
    assert second.ends == ["removed"]


class _Broken(Tap):
    calls = 0

    def sent(self, octets: bytes) -> None:
        self.calls += 1
        raise RuntimeError("no room")


async def test_a_tap_that_fails_is_taken_off_and_the_link_lives_on(caplog: pytest.LogCaptureFixture) -> None:
    broken = _Broken()
    async with tapped(broken, smsc={SubmitSm: take}) as (esme, _, _):
        answers = await asyncio.gather(*(esme.submit_sm(submit(number)) for number in range(10)))
        assert len(answers) == 10
        assert not isinstance(esme._connection._transport, _Written)
    assert broken.calls == 1
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == ["a tap failed and was taken off"]


async def test_recording_that_begins_within_a_pdu_has_all_of_it() -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(
            connect(f"smpp://id:secret@127.0.0.1:{smsc.port}", settings=Settings(close_timeout=0.1)).open(
                lambda _: None
            )
        )
        with await smsc.accept() as peer:
            alert = DeliverSm(source_addr="4", short_message=b"cut in two").encode(7)
            await peer.accept_bind(behind=alert[:30])
            esme = await connecting
            while not esme._connection.session.begun:  # noqa: ASYNC110
                await asyncio.sleep(0)
            tap = Remembered()
            esme.tap(tap)
            await peer.send(alert[30:])
            while not tap.chunks:  # noqa: ASYNC110
                await asyncio.sleep(0)
            esme.abort()
            await esme.wait_closed()
    assert tap.openings[0].begun + tap.octets(False) == alert


async def test_a_tap_taken_off_before_the_connection_is_made_gets_nothing() -> None:
    tap = Remembered()
    async with Smsc(accounts={"id": "secret"}) as smsc:
        connecting = connect(f"smpp://id:secret@127.0.0.1:{smsc.port}")
        esme = await connecting.open(lambda made: made.tap(tap).remove())
        assert esme._connection._transport is not None
        assert esme._connection._transport.get_protocol() is esme._connection
        await esme.close()
    assert (tap.openings, tap.chunks, tap.ends) == ([], [], [])


async def test_a_tap_on_a_connection_that_has_ended_does_nothing() -> None:
    async with tapped(None) as (esme, _, _):
        await esme.close()
        tap = Remembered()
        esme.tap(tap).remove()
    assert (tap.openings, tap.chunks, tap.ends) == ([], [], [])
