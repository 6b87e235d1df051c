"""Both ends wait for each other: something goes on, or somebody gives up at a deadline; nothing waits for ever.

Rows 1 and 22 of 2.A and 2.B of the field, and the design's promises about handlers and flow control.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import NotSent, OutcomeUnknown, Refused
from smppcore.esme import Esme, connect
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from wire.ends import ACCOUNTS, QUICK, SUBMIT, RawConnection, RawSmsc, header, pair, url
from wire.test_closing import AT_ONCE, PATIENT, Watch
from wire.test_slow_readers import BIG, small_buffers

TIGHT = Settings(handlers=2, backlog=1_000, window=1, close_timeout=0.3, response_timeout=20)


class TestHandlersOnTheirOwnLink:
    async def test_deliveries_that_each_submit_with_the_bound_reached_and_the_window_full(self) -> None:
        """Two handlers at once, a window of one, fifty deliveries: each handler waits for a submit_sm of its own."""
        order: list[str] = []

        async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
            answer = await esme.submit_sm(SubmitSm(destination_addr=pdu.source_addr))
            order.append(answer.message_id)

        def on_submit(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
            return SubmitSmResp(message_id=pdu.destination_addr)

        wide = Settings(window=50, close_timeout=0.3, response_timeout=20)
        async with pair(
            smsc={SubmitSm: on_submit}, esme={DeliverSm: on_deliver}, settings=TIGHT, smsc_settings=wide
        ) as ends:
            deliveries = [ends.peer.deliver_sm(DeliverSm(source_addr=str(each))) for each in range(50)]
            with Watch() as watch:
                answers = await asyncio.gather(*deliveries)
            assert {each.command_status for each in answers} == {0}
            assert order == [str(each) for each in range(50)]
            assert watch.seconds < AT_ONCE

    async def test_a_circle_through_both_ends_is_broken_by_the_timeout(self) -> None:
        """Each end answers only when the other has answered it, and both windows are one: a circle by design.

        Nobody can say whose fault that is; every call in it has a verdict at its timeout, and the link lives on.
        """
        circle = Settings(handlers=1, window=1, close_timeout=0.3, response_timeout=1.0)

        async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
            await esme.submit_sm(SUBMIT)

        async def on_submit(peer: Peer, pdu: SubmitSm) -> None:
            if pdu.destination_addr == "1":
                await peer.deliver_sm(DeliverSm())

        async with pair(
            smsc={SubmitSm: on_submit}, esme={DeliverSm: on_deliver}, settings=circle, smsc_settings=circle
        ) as ends:
            with Watch() as watch, pytest.raises((OutcomeUnknown, Refused)):
                await ends.esme.submit_sm(SUBMIT)
            assert watch.seconds < AT_ONCE
            await ends.esme.enquire_link()
            await ends.peer.enquire_link()

    async def test_handlers_that_never_end_stop_neither_keep_alive_nor_close(self) -> None:
        async def on_submit(peer: Peer, pdu: SubmitSm) -> None:
            await asyncio.Event().wait()

        settings = Settings(handlers=2, backlog=3, window=10, close_timeout=0.3)
        async with pair(smsc={SubmitSm: on_submit}, settings=settings, smsc_settings=settings) as ends:
            calls = [asyncio.ensure_future(ends.esme.submit_sm(SUBMIT)) for _ in range(10)]
            refused = [call for call in calls if call is not None][5:]
            ended = await asyncio.gather(*refused, return_exceptions=True)
            assert {getattr(each, "status", None) for each in ended} == {CommandStatus.ESME_RTHROTTLED}
            await ends.esme.enquire_link(timeout=5)
            await ends.peer.enquire_link(timeout=5)
            with Watch() as watch:
                await ends.esme.close()
            assert watch.seconds < AT_ONCE
            rest = await asyncio.gather(*calls[:5], return_exceptions=True)
            assert {type(each) for each in rest} == {OutcomeUnknown}


class TestAHandlerThatClosesItsOwnLink:
    """It waits for the close, and the close must not wait for it: no close_timeout passes."""

    async def test_an_esme(self) -> None:
        closed: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
            with Watch() as watch:
                await esme.close()
            closed.set_result(watch.seconds)

        async with pair(esme={DeliverSm: on_deliver}, settings=PATIENT, smsc_settings=PATIENT) as ends:
            with pytest.raises(Refused) as caught:
                await ends.peer.deliver_sm(DeliverSm())
            assert caught.value.status == CommandStatus.ESME_RX_T_APPN, "it comes again"
            assert await closed < AT_ONCE

    async def test_a_peer(self) -> None:
        closed: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        async def on_submit(peer: Peer, pdu: SubmitSm) -> None:
            with Watch() as watch:
                await peer.close()
            closed.set_result(watch.seconds)

        async with pair(smsc={SubmitSm: on_submit}, settings=PATIENT, smsc_settings=PATIENT) as ends:
            with pytest.raises(Refused):
                await ends.esme.submit_sm(SUBMIT)
            assert await closed < AT_ONCE

    async def test_two_handlers_at_once(self) -> None:
        async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
            await asyncio.sleep(0)
            await esme.close()

        async with pair(esme={DeliverSm: on_deliver}, settings=PATIENT, smsc_settings=PATIENT) as ends:
            with Watch() as watch:
                await asyncio.gather(*(ends.peer.deliver_sm(DeliverSm()) for _ in range(2)), return_exceptions=True)
                await ends.esme.wait_closed()
            assert watch.seconds < AT_ONCE

    async def test_others_are_still_waited_for(self) -> None:
        go_on = asyncio.Event()

        async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
            if pdu.source_addr == "close":
                await esme.close()
            else:
                await go_on.wait()

        async with pair(esme={DeliverSm: on_deliver}, settings=PATIENT, smsc_settings=PATIENT) as ends:
            slow = asyncio.ensure_future(ends.peer.deliver_sm(DeliverSm(source_addr="slow")))
            with pytest.raises(Refused):
                await ends.peer.deliver_sm(DeliverSm(source_addr="close"))
            assert not slow.done()
            go_on.set()
            assert (await slow).command_status == 0
            await ends.esme.wait_closed()

    async def test_in_an_iteration(self) -> None:
        async with pair(settings=PATIENT, smsc_settings=PATIENT) as ends:

            async def receive() -> None:
                async for _ in ends.esme.incoming():
                    await ends.esme.close()

            receiving = asyncio.ensure_future(receive())
            with Watch() as watch:
                with pytest.raises(Refused):
                    await ends.peer.deliver_sm(DeliverSm())
                await receiving
            assert watch.seconds < AT_ONCE


FLOOD = Settings(
    window=20_000,
    write_buffer=16_384,
    unsent_limit=65_536,
    stall_timeout=0.5,
    close_timeout=0.3,
    response_timeout=20,
    handlers=10,
    backlog=10,
)


READ = replace(FLOOD, stall_timeout=15)
"""Both ends read; a machine that stands still for a while must not look as if one did not."""


async def never(end: object, pdu: object) -> None:
    await asyncio.Event().wait()


async def flood(send: Callable[[Any], Awaitable[Any]], pdu: object, count: int) -> list[Any]:
    return await asyncio.gather(*(send(pdu) for _ in range(count)), return_exceptions=True)


class TestTwoOfOurOwnEnds:
    async def test_both_send_more_in_one_turn_than_either_may_leave_unsent(self) -> None:
        """Neither may stop reading because of its own requests: then nobody would read, and both would be given up."""
        delivery = DeliverSm(short_message=b"x" * 254)
        async with pair(
            smsc={SubmitSm: lambda peer, pdu: None},
            esme={DeliverSm: lambda esme, pdu: None},
            settings=READ,
            smsc_settings=READ,
        ) as ends:
            small_buffers(ends.esme)
            small_buffers(ends.peer)
            answers = await asyncio.gather(
                flood(ends.esme.submit_sm, BIG, 5_000), flood(ends.peer.deliver_sm, delivery, 5_000)
            )
            assert {type(each).__name__ for each in answers[0]} == {"SubmitSmResp"}
            assert {type(each).__name__ for each in answers[1]} == {"DeliverSmResp"}

    async def test_both_flood_and_no_handler_ever_answers(self) -> None:
        """What is too much is refused at once, both ways; keep-alive goes on; close ends the rest."""
        delivery = DeliverSm(short_message=b"x" * 254)
        async with pair(smsc={SubmitSm: never}, esme={DeliverSm: never}, settings=READ, smsc_settings=READ) as ends:
            small_buffers(ends.esme)
            small_buffers(ends.peer)
            floods = [
                asyncio.ensure_future(flood(ends.esme.submit_sm, BIG, 3_000)),
                asyncio.ensure_future(flood(ends.peer.deliver_sm, delivery, 3_000)),
            ]
            await asyncio.sleep(0)
            await ends.esme.enquire_link(timeout=10)
            await ends.peer.enquire_link(timeout=10)
            while ends.esme.in_flight > 20 or ends.peer.in_flight > 20 or ends.esme.waiting or ends.peer.waiting:  # noqa: ASYNC110
                await asyncio.sleep(0)
            with Watch() as watch:
                await asyncio.gather(ends.esme.close(), ends.peer.close())
            assert watch.seconds < AT_ONCE
            for answers in await asyncio.gather(*floods):
                kinds = [type(each) for each in answers]
                assert (kinds.count(Refused), kinds.count(OutcomeUnknown)) == (2_980, 20)

    async def test_both_stop_reading(self) -> None:
        """Each has answers for the other that the other does not read: one stall_timeout, and it is over."""
        async with pair(smsc={SubmitSm: never}, esme={DeliverSm: never}, settings=FLOOD, smsc_settings=FLOOD) as ends:
            transports = []
            for end in (ends.esme, ends.peer):
                small_buffers(end)
                transport = end._connection._transport
                assert transport is not None
                transport.pause_reading()
                transports.append(transport)
            calls: list[asyncio.Future[Any]] = []
            for _ in range(18_000):
                calls.append(ends.esme.begin_request(BIG))
                calls.append(ends.peer.begin_request(DeliverSm(short_message=b"x" * 254)))
            await asyncio.sleep(0)
            for end in (ends.esme, ends.peer):
                while end._connection._stall is None:
                    end._connection.session.receive(header(CommandId.ENQUIRE_LINK, 1) * 1_000, 0)
                    end._connection._cork()
                    await asyncio.sleep(0)
            with Watch() as watch:
                reasons = [await ends.esme.wait_closed(), await ends.peer.wait_closed()]
            assert watch.seconds < AT_ONCE
            assert "the peer has not read for 0.5 s" in reasons
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(each) for each in ended} <= {OutcomeUnknown, NotSent}
            assert len(ended) == 36_000


class TestPeersThatDoNothing:
    async def test_one_that_never_reads_and_never_sends(self) -> None:
        """It is found out by enquire_link, though that cannot be written either."""
        settings = Settings(
            enquire_link_interval=0.2,
            enquire_link_timeout=0.2,
            window=50_000,
            write_buffer=16_384,
            unsent_limit=65_536,
            close_timeout=0.3,
        )
        with RawSmsc(receive_buffer=4096) as smsc:
            async with smsc.bound(settings=settings) as (esme, _):
                small_buffers(esme)
                sent = [esme.begin_request(BIG) for _ in range(9_000)]
                await asyncio.sleep(0)
                waiting = [esme.begin_request(SUBMIT) for _ in range(100)]
                with Watch() as watch:
                    assert await esme.wait_closed() == "no answer to enquire_link"
                assert watch.seconds < AT_ONCE
                assert {type(each.exception()) for each in sent} == {OutcomeUnknown}
                assert {type(each.exception()) for each in waiting} == {NotSent}

    async def test_one_that_accepts_the_connection_and_says_nothing(self) -> None:
        settings = Settings(response_timeout=0.2, close_timeout=0.3)
        with RawSmsc() as smsc:
            connecting = asyncio.ensure_future(_connected(smsc.port, settings))
            with await smsc.accept():
                with Watch() as watch, pytest.raises(OutcomeUnknown):
                    await connecting
                assert watch.seconds < AT_ONCE

    async def test_one_that_connects_and_says_nothing(self) -> None:
        async with Smsc(accounts=ACCOUNTS, settings=Settings(session_init_timeout=0.2, close_timeout=0.3)) as smsc:
            with await RawConnection.to(smsc.port) as raw, Watch() as watch:
                assert await raw.at_end()
            assert watch.seconds < AT_ONCE

    @pytest.mark.parametrize("pipelined", [0, 50])
    async def test_an_authenticator_that_never_ends(self, pipelined: int) -> None:
        """What was pipelined behind the bind waits with it; session_init_timeout ends it all, and frees everything."""
        cancelled = asyncio.Event()

        async def authenticate(peer: Peer, bind: object) -> bool:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return True

        settings = Settings(session_init_timeout=0.2, close_timeout=0.3)
        async with Smsc(authenticate=authenticate, settings=settings) as smsc:
            with await RawConnection.to(smsc.port) as raw:
                await raw.send(header(CommandId.BIND_TRANSCEIVER, 1, length=23) + b"\0\0\0\x34\0\0\0")
                await raw.send(SUBMIT.encode(2) * pipelined + header(CommandId.ENQUIRE_LINK, 3))
                assert await raw.header() == (CommandId.ENQUIRE_LINK_RESP, 0, 3)
                with Watch() as watch:
                    with contextlib.suppress(ConnectionResetError):
                        assert await raw.at_end()
                    await cancelled.wait()
                assert watch.seconds < AT_ONCE
            assert smsc.connections == []

    async def test_an_authenticator_that_closes_its_own_peer(self) -> None:
        async def authenticate(peer: Peer, bind: object) -> bool:
            await peer.close()
            return True

        async with Smsc(authenticate=authenticate, settings=QUICK) as smsc:
            with await RawConnection.to(smsc.port) as raw, Watch() as watch:
                await raw.send(header(CommandId.BIND_TRANSCEIVER, 1, length=23) + b"\0\0\0\x34\0\0\0")
                assert await raw.at_end()
            assert watch.seconds < AT_ONCE


async def _connected(port: int, settings: Settings) -> Esme:
    return await connect(url(port), settings=settings)
