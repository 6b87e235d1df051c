"""What comes in over a link: handlers get the link, iterators outlive connections."""

import asyncio
from typing import Any

import pytest
from wire.ends import RawSmsc

from smppcore.constants import CommandId, CommandStatus
from smppcore.dispatch import Handler
from smppcore.link import Link
from smppcore.pdu import AlertNotification, DeliverSm, DeliverSmResp, SubmitSmResp

from .carrier import Carrier, link_to, read_submit, submit, until, verdict


async def peer_of(carrier: Carrier, link: Link, binds: int = 1) -> Any:
    await until(lambda: link.binds == binds and carrier.smsc.peers)
    [peer] = carrier.smsc.peers
    return peer


async def reconnected(carrier: Carrier, link: Link, binds: int = 2) -> Any:
    await carrier.crash()
    await until(lambda: link.esme is None)
    await carrier.start()
    return await peer_of(carrier, link, binds)


async def test_a_handler_gets_the_link_and_can_send_after_its_connection_is_gone() -> None:
    gone, replied = asyncio.Event(), asyncio.Event()

    async def on_deliver(link: Link, pdu: DeliverSm) -> None:
        await gone.wait()
        await link.submit_sm(submit("reply"))
        replied.set()

    async with Carrier() as carrier, link_to(carrier.port, handlers={DeliverSm: on_deliver}) as link:
        peer = await peer_of(carrier, link)
        peer.begin_request(DeliverSm()).add_done_callback(lambda call: call.exception())
        await link.enquire_link()
        await reconnected(carrier, link)
        gone.set()
        await replied.wait()
        assert carrier.seen == ["reply"]


def until_cancelled(ended: list[str]) -> Handler:
    """A handler that never ends by itself, and tells whose message it had when it is cancelled."""

    async def on_deliver(link: Link, pdu: DeliverSm) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(pdu.source_addr)
            raise

    return on_deliver


async def test_handlers_that_still_run_end_with_the_link() -> None:
    ended: list[str] = []
    on_deliver = until_cancelled(ended)

    async with Carrier() as carrier:
        async with link_to(carrier.port, handlers={DeliverSm: on_deliver}) as link:
            for binds, name in enumerate("123", 1):
                peer = await peer_of(carrier, link, binds)
                peer.begin_request(DeliverSm(source_addr=name)).add_done_callback(lambda call: call.exception())
                await link.enquire_link()
                await carrier.crash()
                await until(lambda: link.esme is None)
                await carrier.start()
            assert ended == []
        await asyncio.sleep(0)
        assert sorted(ended) == ["1", "2", "3"]


async def test_a_handler_is_there_for_what_comes_right_behind_the_bind() -> None:
    seen: list[bytes] = []

    def on_deliver(link: Link, pdu: DeliverSm) -> None:
        seen.append(pdu.short_message)
        calls.append(link.begin_request(submit("reply")))

    calls: list[asyncio.Future[SubmitSmResp]] = []
    with RawSmsc() as smsc:
        async with link_to(smsc.port, handlers={DeliverSm: on_deliver}):
            with await smsc.accept() as raw:
                await raw.accept_bind(DeliverSm(short_message=b"1").encode(7))
                assert await raw.header() == (CommandId.DELIVER_SM_RESP, 0, 7)
                name, number = await read_submit(raw)
                await raw.send(SubmitSmResp(message_id="1").encode(number))
                assert (name, await verdict(calls[0])) == ("reply", SubmitSmResp)
    assert seen == [b"1"]


async def test_an_iterator_goes_on_over_all_connections_and_ends_with_the_link() -> None:
    seen: list[bytes] = []

    async def consume(link: Link) -> None:
        async for pdu in link.incoming():
            assert isinstance(pdu, DeliverSm)
            seen.append(pdu.short_message)

    async with Carrier() as carrier:
        async with link_to(carrier.port) as link:
            consumer = asyncio.ensure_future(consume(link))
            peer = await peer_of(carrier, link)
            assert await verdict(peer.deliver_sm(DeliverSm(short_message=b"1"))) is DeliverSmResp
            peer = await reconnected(carrier, link)
            assert await verdict(peer.deliver_sm(DeliverSm(short_message=b"2"))) is DeliverSmResp
        await consumer
    assert seen == [b"1", b"2"]


async def test_an_iterator_is_there_for_what_comes_right_behind_the_bind() -> None:
    with RawSmsc() as smsc:
        async with link_to(smsc.port) as link, link.incoming() as incoming:
            for number in (7, 8):
                with await smsc.accept() as raw:
                    await raw.accept_bind(DeliverSm(short_message=b"%d" % number).encode(number))
                    assert (await anext(incoming)).short_message == b"%d" % number  # type: ignore[attr-defined]
                    incoming.answer()
                    assert await raw.header() == (CommandId.DELIVER_SM_RESP, 0, number)


async def test_what_came_over_a_lost_connection_is_left_to_be_delivered_again() -> None:
    """Answers that have nowhere to go are not given, and nothing is handed out twice."""
    async with Carrier() as carrier, link_to(carrier.port) as link, link.incoming() as incoming:
        peer = await peer_of(carrier, link)
        for text in (b"1", b"2", b"3"):
            peer.begin_request(DeliverSm(short_message=text)).add_done_callback(lambda call: call.exception())
        assert (await anext(incoming)).short_message == b"1"  # type: ignore[attr-defined]
        await link.enquire_link()
        peer = await reconnected(carrier, link)
        call = peer.begin_request(DeliverSm(short_message=b"2"))
        assert (await anext(incoming)).short_message == b"2"  # type: ignore[attr-defined]
        incoming.answer()
        assert await verdict(call) is DeliverSmResp
        assert incoming.queued == 0


async def test_a_class_has_a_handler_or_an_iterator() -> None:
    async with Carrier() as carrier, link_to(carrier.port, handlers={DeliverSm: print}) as link:
        with pytest.raises(ValueError, match="DeliverSm has a handler or an iterator already"):
            link.incoming()
        alerts = link.incoming(AlertNotification)
        with pytest.raises(ValueError, match="AlertNotification"):
            link.incoming(AlertNotification)
        alerts.close()
        link.incoming(AlertNotification).close()


async def test_a_request_may_be_answered_by_hand_while_its_connection_lives() -> None:
    kept: list[DeliverSm] = []

    async def on_deliver(link: Link, pdu: DeliverSm) -> None:
        kept.append(pdu)
        link.answer(pdu, CommandStatus.ESME_RX_R_APPN)
        link.answer(pdu, CommandStatus.ESME_RX_R_APPN)  # nothing happens
        await asyncio.Event().wait()

    async with Carrier() as carrier, link_to(carrier.port, handlers={DeliverSm: on_deliver}) as link:
        peer = await peer_of(carrier, link)
        call = peer.begin_request(DeliverSm())
        await asyncio.wait([call])
        assert call.exception().status == CommandStatus.ESME_RX_R_APPN
        await reconnected(carrier, link)
        link.answer(kept[0])


async def test_a_loop_that_begins_after_the_close_of_the_link_ends_at_once() -> None:
    link = link_to(1)
    await link.start()
    await link.close()
    async with asyncio.timeout(20):
        assert [pdu async for pdu in link.incoming()] == []


async def test_handlers_of_an_aborted_link_end_with_its_close() -> None:
    ended: list[str] = []
    on_deliver = until_cancelled(ended)

    async with Carrier() as carrier:
        async with link_to(carrier.port, handlers={DeliverSm: on_deliver}) as link:
            peer = await peer_of(carrier, link)
            peer.begin_request(DeliverSm(source_addr="1")).add_done_callback(lambda call: call.exception())
            await link.enquire_link()
            link.abort()
            await until(lambda: link.esme is None)
        await asyncio.sleep(0)
        assert ended == ["1"]
