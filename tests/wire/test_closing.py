"""close() ends within its time whatever the peer does, in every state, as often as it is called."""

import asyncio
import socket
import struct

import pytest

from smppcore.constants import CommandId
from smppcore.errors import NotSent, OutcomeUnknown
from smppcore.esme import Esme, connect
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp, Unbind
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.state import SessionState
from smppcore.throttle import ThrottleSettings
from wire.ends import ACCOUNTS, QUICK, SUBMIT, RawConnection, RawSmsc, header, pair, url

SHORT = Settings(close_timeout=0.2)
PATIENT = Settings(close_timeout=30)
AT_ONCE = 5.0
"""Seconds within which something happens that does not wait for PATIENT's close_timeout."""


class Watch:
    """How long the block took, on the loop's clock."""

    def __enter__(self) -> "Watch":
        self.begin = asyncio.get_running_loop().time()
        self.seconds = 0.0
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = asyncio.get_running_loop().time() - self.begin


async def test_graceful_what_is_in_flight_is_answered_first() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(settings=PATIENT, window=1) as (esme, raw):
            first, second = (asyncio.ensure_future(esme.submit_sm(SUBMIT)) for _ in range(2))
            _, _, number = await raw.header()
            closing = asyncio.ensure_future(esme.close())
            with pytest.raises(NotSent, match="closing"):
                await second
            with pytest.raises(NotSent):
                await esme.submit_sm(SUBMIT)
            await raw.send(SubmitSmResp(message_id="m").encode(number))
            assert (await first).message_id == "m"
            command_id, _, number = await raw.header()
            assert command_id == CommandId.UNBIND
            await raw.send(header(CommandId.UNBIND_RESP, number))
            await closing
            assert await raw.at_end()
            assert esme.state is SessionState.CLOSED


async def test_graceful_what_handlers_owe_is_answered_first() -> None:
    go_on = asyncio.Event()

    async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
        await go_on.wait()

    async with pair(esme={DeliverSm: on_deliver}, settings=PATIENT) as ends:
        delivery = asyncio.ensure_future(ends.peer.deliver_sm(DeliverSm()))
        await ends.peer.enquire_link()
        closing = asyncio.ensure_future(ends.esme.close())
        await ends.peer.enquire_link()
        assert not closing.done()
        go_on.set()
        assert (await delivery).command_status == 0
        await closing


async def test_a1_a_peer_that_never_answers_unbind() -> None:
    """Row 1 of 2.A, and P20."""
    with RawSmsc() as smsc:
        async with smsc.bound(settings=SHORT) as (esme, raw):
            with Watch() as watch:
                await esme.close()
            assert 0.1 < watch.seconds < AT_ONCE
            assert (await raw.header())[0] == CommandId.UNBIND
            assert await raw.at_end()


async def test_a1_a_peer_that_never_answers_a_request_either() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(settings=SHORT) as (esme, _):
            call = asyncio.ensure_future(esme.submit_sm(SUBMIT))
            await asyncio.sleep(0)
            with Watch() as watch:
                await esme.close()
            assert watch.seconds < AT_ONCE
            with pytest.raises(OutcomeUnknown):
                await call


async def test_a1_a_peer_that_never_reads() -> None:
    with RawSmsc(receive_buffer=4096) as smsc:
        settings = Settings(close_timeout=0.2, window=10_000, write_buffer=1 << 24)
        async with smsc.bound(settings=settings) as (esme, _):
            big = SubmitSm(destination_addr="1", short_message=b"x" * 254)
            calls = [asyncio.ensure_future(esme.submit_sm(big)) for _ in range(9_000)]
            await asyncio.sleep(0)
            with Watch() as watch:
                await esme.close()
            assert watch.seconds < AT_ONCE
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(each) for each in ended} == {OutcomeUnknown}


async def test_a1_a_peer_that_is_gone() -> None:
    async with pair(settings=PATIENT) as ends:
        ends.peer.abort()
        with Watch() as watch:
            await ends.esme.close()
        assert watch.seconds < AT_ONCE


async def test_the_answer_to_unbind_is_an_error() -> None:
    """10.4: the connection is closed anyway."""
    with RawSmsc() as smsc:
        async with smsc.bound(settings=PATIENT) as (esme, raw):
            closing = asyncio.ensure_future(esme.close())
            _, _, number = await raw.header()
            await raw.send(header(CommandId.UNBIND_RESP, number, 8))
            await asyncio.wait_for(closing, AT_ONCE)


async def test_p20_the_socket_closes_instead_of_an_answer() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(settings=PATIENT) as (esme, raw):
            closing = asyncio.ensure_future(esme.close())
            await raw.read()
            raw.close()
            await asyncio.wait_for(closing, AT_ONCE)


async def test_it_may_be_called_often() -> None:
    async with pair() as ends:
        await asyncio.gather(*(ends.esme.close() for _ in range(5)))
        await ends.esme.close()
        ends.esme.abort()
        await ends.peer.wait_closed()
        await ends.peer.close()


async def test_a_cancelled_close_aborts() -> None:
    running = asyncio.Event()

    async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
        running.set()
        await asyncio.Event().wait()

    with RawSmsc() as smsc:
        async with smsc.bound(settings=PATIENT, handlers={DeliverSm: on_deliver}) as (esme, raw):
            await raw.send(DeliverSm().encode(1))
            await running.wait()
            closing = asyncio.ensure_future(esme.close())
            await asyncio.sleep(0)
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await closing
            assert await asyncio.wait_for(esme.wait_closed(), AT_ONCE) == "close was cancelled"
            assert await raw.at_end()


async def test_both_ends_unbind_at_the_same_time() -> None:
    async with pair(settings=PATIENT, smsc_settings=PATIENT) as ends:
        with Watch() as watch:
            await asyncio.gather(ends.esme.close(), ends.peer.close())
        assert watch.seconds < AT_ONCE


async def test_a_peer_that_closes_without_unbind() -> None:
    async with pair() as ends:
        ends.esme.abort()
        assert await ends.peer.wait_closed() != ""
        assert ends.smsc.connections == []
    with RawSmsc() as smsc:
        async with smsc.bound() as (esme, raw):
            raw.close()
            assert await esme.wait_closed() == "the peer closed the connection"
            assert esme.state is SessionState.CLOSED


async def test_the_peer_unbinds_and_does_not_close() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(settings=SHORT) as (esme, raw):
            call = asyncio.ensure_future(esme.submit_sm(SUBMIT))
            await raw.read()
            await raw.send(Unbind().encode(5))
            assert await raw.header() == (CommandId.UNBIND_RESP, 0, 5)
            with pytest.raises(NotSent):
                await esme.submit_sm(SUBMIT)
            assert await asyncio.wait_for(esme.wait_closed(), AT_ONCE) == "the peer unbound"
            with pytest.raises(OutcomeUnknown):
                await call


async def test_the_peer_unbinds_while_it_is_owed_an_answer() -> None:
    """Nothing of ours can be sent from there on: NotSent, for what waits and for what comes."""
    go_on = asyncio.Event()

    async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
        await go_on.wait()

    with RawSmsc() as smsc:
        async with smsc.bound(window=1, handlers={DeliverSm: on_deliver}) as (esme, raw):
            first, second = (asyncio.ensure_future(esme.submit_sm(SUBMIT)) for _ in range(2))
            _, _, number = await raw.header()
            await raw.send(DeliverSm().encode(5) + Unbind().encode(6) + SubmitSmResp().encode(number))
            await first
            assert esme.state is SessionState.UNBINDING
            with pytest.raises(NotSent):
                await second
            with pytest.raises(NotSent):
                await esme.submit_sm(SUBMIT)
            go_on.set()
            assert await raw.header() == (CommandId.DELIVER_SM_RESP, 0, 5)
            assert await raw.header() == (CommandId.UNBIND_RESP, 0, 6)


async def test_what_waits_when_the_frame_is_lost_is_not_sent() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=1) as (esme, raw):
            first, second = (asyncio.ensure_future(esme.submit_sm(SUBMIT)) for _ in range(2))
            _, _, number = await raw.header()
            await raw.send(SubmitSmResp().encode(number) + b"\0\0\0\0")
            await first
            with pytest.raises(NotSent, match="lost its frame"):
                await second


async def test_an_unbind_that_the_application_sends_ends_the_connection() -> None:
    async with pair(settings=PATIENT, smsc_settings=PATIENT) as ends:
        await ends.esme.request(Unbind())
        assert await asyncio.wait_for(ends.esme.wait_closed(), AT_ONCE) == "unbound"
        assert await asyncio.wait_for(ends.peer.wait_closed(), AT_ONCE) == "the peer unbound"


async def test_closing_while_an_authenticator_decides() -> None:
    decide: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def authenticate(peer: Peer, bind: object) -> bool:
        return await decide

    smsc = Smsc(authenticate=authenticate, settings=SHORT)
    await smsc.start()
    with await RawConnection.to(smsc.port) as raw:
        await raw.send(header(CommandId.BIND_TRANSCEIVER, 1, length=23) + b"\0\0\0\x34\0\0\0" + Unbind().encode(2))
        await raw.send(header(CommandId.ENQUIRE_LINK, 3))
        await raw.header()
        with Watch() as watch:
            await smsc.close()
        assert watch.seconds < AT_ONCE
        assert await raw.at_end()


@pytest.mark.parametrize("timer", ["inactivity_timeout", "session_init_timeout", "partial_pdu_timeout"])
async def test_the_timers_of_the_session_close_the_connection(timer: str) -> None:
    settings = {
        "inactivity_timeout": Settings(inactivity_timeout=0.1, close_timeout=0.3),
        "session_init_timeout": Settings(session_init_timeout=0.1, close_timeout=0.3),
        "partial_pdu_timeout": Settings(partial_pdu_timeout=0.1, close_timeout=0.3),
    }[timer]
    async with Smsc(accounts=ACCOUNTS, settings=settings) as smsc:
        with Watch() as watch, await RawConnection.to(smsc.port) as raw:
            if timer != "session_init_timeout":
                await raw.bind()
            if timer == "partial_pdu_timeout":
                await raw.send(b"\0\0")
            assert await raw.at_end()
        assert 0.05 < watch.seconds < AT_ONCE


async def test_a6_a_dead_peer_is_noticed() -> None:
    """Rows 2 and 6 of 2.A."""
    settings = Settings(enquire_link_interval=0.1, enquire_link_timeout=0.1, close_timeout=0.3)
    with RawSmsc() as smsc:
        async with smsc.bound(settings=settings) as (esme, raw):
            call = asyncio.ensure_future(esme.submit_sm(SUBMIT))
            assert await esme.wait_closed() == "no answer to enquire_link"
            with pytest.raises(OutcomeUnknown):
                await call
            assert [(await raw.header())[0] for _ in range(2)] == [CommandId.SUBMIT_SM, CommandId.ENQUIRE_LINK]


async def test_a_timer_after_the_session_has_finished_does_nothing() -> None:
    """A session that has lost its frame, a peer that does not read, and an enquire_link that would be due."""
    settings = Settings(enquire_link_interval=0.05, close_timeout=0.3)
    with RawSmsc(receive_buffer=4096) as smsc:
        async with smsc.bound(settings=settings, window=10_000) as (esme, raw):
            big = SubmitSm(destination_addr="1", short_message=b"x" * 254)
            calls = [asyncio.ensure_future(esme.submit_sm(big)) for _ in range(9_000)]
            await asyncio.sleep(0)
            await raw.send(b"\0\0\0\0")
            assert "lost its frame" in await esme.wait_closed()
            await asyncio.gather(*calls, return_exceptions=True)


async def test_closed_in_the_turn_in_which_it_was_made() -> None:
    smsc = Smsc(accounts=ACCOUNTS, settings=PATIENT)
    await smsc.start()
    connecting = asyncio.ensure_future(_connect(smsc.port))
    while not smsc.connections and not connecting.done():  # noqa: ASYNC110  # nothing tells it
        await asyncio.sleep(0)
    with Watch() as watch:
        await smsc.close()
        await asyncio.wait([connecting])
    assert watch.seconds < AT_ONCE
    if not connecting.exception():
        await connecting.result().wait_closed()


async def _connect(port: int) -> Esme:
    return await connect(url(port), settings=QUICK)


@pytest.mark.parametrize("peer", ["never answers", "never reads", "vanished"])
async def test_a1_everything_is_back_to_nothing_afterwards(peer: str) -> None:
    """In flight, waiting for the window, waiting for the throttle, and handlers that never end: all of it is gone."""

    async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
        await asyncio.Event().wait()

    settings = Settings(close_timeout=0.2, window=9_000, handlers=5, backlog=100, enquire_link_interval=None)
    big = SubmitSm(destination_addr="1", short_message=b"x" * 254)
    throttle = ThrottleSettings(rate=1_000, burst=8_000) if peer == "never reads" else 20.0
    with RawSmsc(receive_buffer=4096) as smsc:
        handlers = {DeliverSm: on_deliver}
        async with smsc.bound(settings=settings, handlers=handlers, throttle=throttle) as (esme, raw):
            calls = [esme.begin_request(big) for _ in range(8_500)]
            await raw.send(b"".join(DeliverSm().encode(number) for number in range(1, 51)))
            connection = esme._connection
            while len(connection.session.unanswered) < 50:  # noqa: ASYNC110  # nothing tells it
                await asyncio.sleep(0)
            assert esme.in_flight > 0
            assert esme.waiting > 0
            if peer == "vanished":
                raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raw.close()
            with Watch() as watch:
                await esme.close()
            assert watch.seconds < AT_ONCE
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(each) for each in ended} == {NotSent, OutcomeUnknown}
            for _ in range(5):  # what was cancelled ends in the turns that follow
                await asyncio.sleep(0)
            assert (esme.in_flight, esme.waiting, esme.handlers_running) == (0, 0, 0)
            assert connection.session.unanswered == {}
            assert connection.session.output == []
            pace = connection._pace
            assert pace is None or (pace._booked, pace._timer) == (0, None)
            for timer in (connection._timer, connection._stall, connection._deadline):
                assert timer is None or timer.cancelled()
