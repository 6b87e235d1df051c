"""``async for pdu in esme.incoming()``: answered when the next one is asked for."""

import asyncio

import pytest

from smppcore.constants import CommandStatus
from smppcore.errors import NotSent, OutcomeUnknown, Refused
from smppcore.esme import Esme
from smppcore.pdu import DataSm, DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from wire.ends import SUBMIT, Pair, pair


def deliver(ends: Pair, text: str) -> "asyncio.Task[DeliverSmResp]":
    return asyncio.ensure_future(ends.peer.deliver_sm(DeliverSm(short_message=text.encode())))


async def status(call: "asyncio.Task[DeliverSmResp]") -> int:
    try:
        return (await call).command_status
    except Refused as refused:
        return refused.status


async def test_each_is_answered_when_the_next_is_asked_for() -> None:
    async with pair() as ends:
        incoming = ends.esme.incoming()
        first, second = deliver(ends, "1"), deliver(ends, "2")
        assert (await anext(incoming)).short_message == b"1"  # type: ignore[attr-defined]
        await ends.peer.enquire_link()
        assert not first.done()
        assert (await anext(incoming)).short_message == b"2"  # type: ignore[attr-defined]
        assert await status(first) == 0
        assert not second.done()
        incoming.answer(CommandStatus.ESME_RX_P_APPN)
        assert await status(second) == CommandStatus.ESME_RX_P_APPN
        incoming.close()


async def test_the_loop_ends_with_the_connection() -> None:
    seen = []
    async with pair() as ends:

        async def consume() -> None:
            async for pdu in ends.esme.incoming():
                assert isinstance(pdu, DeliverSm)
                seen.append(pdu.short_message)

        consumer = asyncio.ensure_future(consume())
        await asyncio.sleep(0)
        assert [await status(deliver(ends, str(each))) for each in range(5)][:4] == [0] * 4
        await ends.peer.close()
        await consumer
    assert seen == [b"0", b"1", b"2", b"3", b"4"]


async def test_after_a_break_the_present_one_waits_for_the_next_loop() -> None:
    async with pair() as ends:
        incoming = ends.esme.incoming()
        first, second = deliver(ends, "1"), deliver(ends, "2")
        async for _ in incoming:
            break
        await ends.peer.enquire_link()
        assert not first.done()
        async for pdu in incoming:
            assert isinstance(pdu, DeliverSm)
            assert pdu.short_message == b"2"
            break
        assert await status(first) == 0
        incoming.close()
        assert await status(second) == CommandStatus.ESME_RX_T_APPN


async def test_close_answers_the_rest() -> None:
    async with pair() as ends:
        incoming = ends.esme.incoming()
        calls = [deliver(ends, str(each)) for each in range(4)]
        await anext(incoming)
        await ends.peer.enquire_link()
        assert incoming.queued == 3
        incoming.close()
        assert {await status(call) for call in calls} == {CommandStatus.ESME_RX_T_APPN}
        with pytest.raises(StopAsyncIteration):
            await anext(incoming)
        assert await status(deliver(ends, "5")) == CommandStatus.ESME_RX_T_APPN
        again = ends.esme.incoming()
        last = deliver(ends, "6")
        await anext(again)
        again.answer()
        assert await status(last) == 0


async def test_closing_the_esme_answers_the_rest_so_that_they_come_again() -> None:
    async with pair() as ends:
        incoming = ends.esme.incoming()
        calls = [deliver(ends, str(each)) for each in range(3)]
        await anext(incoming)
        await ends.peer.enquire_link()
        await ends.esme.close()
        assert {await status(call) for call in calls} == {CommandStatus.ESME_RX_T_APPN}


async def test_an_answer_by_hand() -> None:
    async with pair() as ends:
        incoming = ends.esme.incoming(DeliverSm)
        call = deliver(ends, "1")
        pdu = await anext(incoming)
        ends.esme.answer(pdu, DeliverSmResp(message_id="by hand"))
        assert (await call).message_id == "by hand"
        incoming.close()


async def test_a_handler_and_an_iterator_for_one_class() -> None:
    def on_deliver(esme: Esme, pdu: DeliverSm) -> None: ...

    async with pair(esme={DeliverSm: on_deliver}) as ends:
        with pytest.raises(ValueError, match="DeliverSm has a handler"):
            ends.esme.incoming()
        with pytest.raises(ValueError, match="DeliverSm has a handler"):
            ends.esme.incoming(DataSm, DeliverSm)
        incoming = ends.esme.incoming(DataSm)
        with pytest.raises(ValueError, match="DataSm has a handler or an iterator already"):
            ends.esme.incoming(DataSm)
        incoming.close()
        ends.esme.incoming(DataSm).close()


async def test_a_peer_has_it_too() -> None:
    async with pair() as ends:
        incoming = ends.peer.incoming()
        call = asyncio.ensure_future(ends.esme.submit_sm(SUBMIT))
        pdu = await anext(incoming)
        assert isinstance(pdu, SubmitSm)
        incoming.answer(SubmitSmResp(message_id="m"))
        assert (await call).message_id == "m"
        waiting = asyncio.ensure_future(ends.esme.submit_sm(SUBMIT))
        await ends.esme.enquire_link()
        incoming.close()
        with pytest.raises(Refused) as caught:
            await waiting
        assert caught.value.status == CommandStatus.ESME_RSYSERR


async def test_what_arrives_while_the_connection_closes_is_an_error_that_passes() -> None:
    """Not "unknown command": the SMSC did take submit_sm a moment ago."""
    async with pair(smsc_settings=Settings(close_timeout=1)) as ends:
        ends.peer.incoming()
        ends.peer._dispatcher.closing()
        with pytest.raises(Refused) as caught:
            await ends.esme.submit_sm(SUBMIT)
        assert caught.value.status == CommandStatus.ESME_RSYSERR


async def test_more_than_the_backlog_is_refused() -> None:
    async with pair(settings=Settings(backlog=2, close_timeout=0.3)) as ends:
        incoming = ends.esme.incoming()
        calls = [deliver(ends, str(each)) for each in range(3)]
        assert await status(calls[2]) == CommandStatus.ESME_RX_T_APPN
        incoming.close()
        await asyncio.gather(*calls, return_exceptions=True)


async def test_two_loops_over_one_iterator_are_an_error() -> None:
    async with pair() as ends:
        incoming = ends.esme.incoming()
        first = asyncio.ensure_future(anext(incoming))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError):
            await anext(incoming)
        call = deliver(ends, "1")
        await first
        incoming.answer()
        assert await status(call) == 0


async def test_a_cancelled_wait_loses_nothing() -> None:
    async with pair() as ends:
        incoming = ends.esme.incoming()
        waiting = asyncio.ensure_future(anext(incoming))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        call = deliver(ends, "1")
        await anext(incoming)
        incoming.answer()
        assert await status(call) == 0


async def test_the_loop_ends_when_the_connection_is_lost() -> None:
    async with pair() as ends:
        incoming = ends.esme.incoming()
        call = deliver(ends, "1")
        await anext(incoming)
        ends.peer.abort()
        with pytest.raises(StopAsyncIteration):
            await anext(incoming)
        with pytest.raises((OutcomeUnknown, NotSent)):
            await call


@pytest.mark.parametrize("way", ["lost", "closed"])
async def test_a_loop_that_begins_after_the_end_of_the_connection_ends_at_once(way: str) -> None:
    """The connection may have gone between the bind and the loop; waiting for it would be for ever."""
    async with pair() as ends:
        if way == "lost":
            ends.peer.abort()
        else:
            await ends.esme.close()
        await ends.esme.wait_closed()
        await asyncio.sleep(0)
        async with asyncio.timeout(20):
            assert [pdu async for pdu in ends.esme.incoming()] == []
            assert [pdu async for pdu in ends.esme.incoming()] == []
