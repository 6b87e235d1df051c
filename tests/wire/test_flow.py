"""The window over a real connection: order, cancellation, and a timeout that covers the whole call."""

import asyncio

import pytest

from smppcore.constants import CommandId
from smppcore.errors import EncodeError, NotSent, OutcomeUnknown, Refused
from smppcore.esme import Esme
from smppcore.notice import LateAnswer, Notice
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from wire.ends import SUBMIT, RawConnection, RawSmsc, header, pair


def submit(esme: Esme, name: int | str, timeout: float | None = None) -> "asyncio.Task[SubmitSmResp]":
    return asyncio.ensure_future(esme.submit_sm(SubmitSm(destination_addr=str(name)), timeout=timeout))


async def arrived(raw: RawConnection) -> tuple[str, int]:
    """destination_addr and number of the submit_sm that comes next."""
    pdu = SubmitSm.decode(await raw.read())
    return pdu.destination_addr, pdu.sequence_number


async def nothing_more(esme: Esme, raw: RawConnection) -> None:
    """Nothing was sent since: the next PDU is an enquire_link, which does not wait for the window."""
    link = asyncio.ensure_future(esme.enquire_link())
    command_id, _, number = await raw.header()
    assert command_id == CommandId.ENQUIRE_LINK
    await raw.send(header(CommandId.ENQUIRE_LINK_RESP, number))
    await link


async def test_the_window_is_kept_and_nobody_is_overtaken() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=2) as (esme, raw):
            calls = [submit(esme, name) for name in range(6)]
            waiting = [await arrived(raw), await arrived(raw)]
            assert [name for name, _ in waiting] == ["0", "1"]
            await nothing_more(esme, raw)
            assert (esme.in_flight, esme.waiting) == (2, 4)
            late = submit(esme, 6)
            for name in range(2, 7):
                _, number = waiting.pop()
                await raw.send(SubmitSmResp(message_id="x").encode(number))
                waiting.append(await arrived(raw))
                assert waiting[-1][0] == str(name)
            for _, number in waiting:
                await raw.send(SubmitSmResp(message_id="x").encode(number))
            await asyncio.gather(*calls, late)
            assert (esme.in_flight, esme.waiting) == (0, 0)


async def test_a_call_that_is_cancelled_while_it_waits_is_never_sent() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=1) as (esme, raw):
            calls = [submit(esme, name) for name in range(4)]
            _, number = await arrived(raw)
            calls[1].cancel()
            calls[2].cancel()
            await asyncio.wait(calls[1:3])
            await raw.send(SubmitSmResp().encode(number))
            name, number = await arrived(raw)
            assert name == "3"
            await raw.send(SubmitSmResp().encode(number))
            await asyncio.gather(calls[0], calls[3])


async def test_a_call_that_is_cancelled_in_flight_keeps_its_slot_until_the_answer() -> None:
    notices: list[Notice] = []
    with RawSmsc() as smsc:
        async with smsc.bound(window=1, on_notice=notices.append) as (esme, raw):
            first, second = submit(esme, 1), submit(esme, 2)
            _, number = await arrived(raw)
            first.cancel()
            await asyncio.wait([first])
            await nothing_more(esme, raw)
            assert esme.in_flight == 1
            await raw.send(SubmitSmResp(message_id="late").encode(number))
            name, number = await arrived(raw)
            assert name == "2"
            assert [each.response for each in notices if isinstance(each, LateAnswer)] == [
                SubmitSmResp(message_id="late")
            ]
            await raw.send(SubmitSmResp().encode(number))
            await second


async def test_a_call_that_is_cancelled_in_flight_frees_its_slot_at_its_deadline() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=1) as (esme, raw):
            first, second = submit(esme, 1, timeout=0.1), submit(esme, 2)
            await arrived(raw)
            first.cancel()
            name, number = await arrived(raw)
            assert name == "2"
            await raw.send(SubmitSmResp().encode(number))
            await second


async def test_an_answer_with_an_error_after_the_cancellation_is_a_notice_too() -> None:
    notices: list[Notice] = []
    with RawSmsc() as smsc:
        async with smsc.bound(on_notice=notices.append) as (esme, raw):
            call = submit(esme, 1)
            _, number = await arrived(raw)
            call.cancel()
            await asyncio.wait([call])
            await raw.send(header(CommandId.SUBMIT_SM_RESP, number, 8))
            await nothing_more(esme, raw)
            assert LateAnswer in map(type, notices)


async def test_a_timeout_covers_the_waiting() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=1) as (esme, raw):
            first, second, third = submit(esme, 1, timeout=5), submit(esme, 2, timeout=0.05), submit(esme, 3, timeout=5)
            _, number = await arrived(raw)
            with pytest.raises(NotSent, match="no room in the window"):
                await second
            await raw.send(SubmitSmResp().encode(number))
            name, number = await arrived(raw)
            assert name == "3"
            await raw.send(SubmitSmResp().encode(number))
            await asyncio.gather(first, third)


async def test_a_timeout_in_flight_and_the_answer_after_it() -> None:
    notices: list[Notice] = []
    with RawSmsc() as smsc:
        async with smsc.bound(window=1, on_notice=notices.append) as (esme, raw):
            call, next_call = submit(esme, 1, timeout=0.05), submit(esme, 2)
            _, number = await arrived(raw)
            with pytest.raises(OutcomeUnknown) as caught:
                await call
            assert caught.value.request == SubmitSm(destination_addr="1")
            _, next_number = await arrived(raw)
            await raw.send(SubmitSmResp(message_id="late").encode(number) + SubmitSmResp().encode(next_number))
            await next_call
            assert [each.response for each in notices if isinstance(each, LateAnswer)] == [
                SubmitSmResp(message_id="late")
            ]


async def test_the_timeout_of_the_settings_is_the_default() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(settings=Settings(response_timeout=0.5, close_timeout=0.3)) as (esme, raw):
            with pytest.raises(OutcomeUnknown):
                await esme.submit_sm(SUBMIT, timeout=0.02)
            call = submit(esme, 2)
            await arrived(raw)
            with pytest.raises(OutcomeUnknown):
                await call


async def test_calls_without_a_timeout() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(settings=Settings(response_timeout=None), window=1) as (esme, raw):
            first, second = submit(esme, 1), submit(esme, 2)
            _, number = await arrived(raw)
            await raw.send(SubmitSmResp().encode(number))
            await first
            raw.close()
            with pytest.raises((OutcomeUnknown, NotSent)):
                await second


async def test_a_call_that_does_not_fit_holds_no_slot_even_after_it_waited() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=1) as (esme, raw):
            first, second, third = submit(esme, 1), submit(esme, "9" * 30), submit(esme, 3)
            _, number = await arrived(raw)
            await raw.send(SubmitSmResp().encode(number))
            with pytest.raises(EncodeError):
                await second
            name, number = await arrived(raw)
            assert name == "3"
            await raw.send(SubmitSmResp().encode(number))
            await asyncio.gather(first, third)


async def test_the_loss_of_the_connection_ends_every_call() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=2) as (esme, raw):
            calls = [submit(esme, name) for name in range(4)]
            await arrived(raw)
            await arrived(raw)
            raw.close()
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(each) for each in ended] == [OutcomeUnknown, OutcomeUnknown, NotSent, NotSent]
            assert await esme.wait_closed() == "the peer closed the connection"
            with pytest.raises(NotSent):
                await esme.submit_sm(SUBMIT)


async def test_a_refusal() -> None:
    def on_submit(peer: object, pdu: SubmitSm) -> int:
        return 0x410

    async with pair(smsc={SubmitSm: on_submit}) as ends:
        with pytest.raises(Refused) as caught:
            await ends.esme.submit_sm(SUBMIT)
        assert caught.value.status == 0x410
        assert isinstance(caught.value.response, SubmitSmResp)


async def test_a_request_in_the_same_turn_as_the_close_of_the_peer_has_a_verdict() -> None:
    async with pair() as ends:
        ends.peer.abort()
        calls = [submit(ends.esme, name) for name in range(50)]
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(each, NotSent | OutcomeUnknown) for each in ended)
