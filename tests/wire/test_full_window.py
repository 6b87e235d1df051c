"""A window that is full: what may pass it, and what it costs when it is large.

Rows 15 and 16 of 2.B of the field: windows that raise errors instead of waiting, and large ones that become slow.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

from smppcore.constants import CommandId
from smppcore.errors import NotSent, OutcomeUnknown
from smppcore.pdu import SubmitSm, SubmitSmResp, Unbind
from smppcore.settings import Settings
from smppcore.state import SessionState
from wire.ends import SUBMIT, RawSmsc, header
from wire.test_closing import AT_ONCE, Watch

LARGE = Settings(
    window=10_000, close_timeout=0.3, response_timeout=30, enquire_link_interval=None, write_buffer=1 << 24
)


async def test_enquire_link_passes_a_full_window() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=3) as (esme, raw):
            calls = [esme.begin_request(SUBMIT) for _ in range(100)]
            link = asyncio.ensure_future(esme.enquire_link())
            seen = [await raw.header() for _ in range(4)]
            assert [command for command, _, _ in seen] == [CommandId.SUBMIT_SM] * 3 + [CommandId.ENQUIRE_LINK]
            await raw.send(header(CommandId.ENQUIRE_LINK_RESP, seen[3][2]))
            await link
            assert (esme.in_flight, esme.waiting) == (3, 97)
            for call in calls:
                call.cancel()


async def test_the_keep_alive_passes_it_too() -> None:
    settings = Settings(window=2, enquire_link_interval=0.1, enquire_link_timeout=5, close_timeout=0.3)
    with RawSmsc() as smsc:
        async with smsc.bound(settings=settings) as (esme, raw):
            calls = [esme.begin_request(SUBMIT) for _ in range(10)]
            seen = [(await raw.header())[0] for _ in range(3)]
            assert seen == [CommandId.SUBMIT_SM] * 2 + [CommandId.ENQUIRE_LINK]
            for call in calls:
                call.cancel()


async def test_the_other_ends_enquire_link_and_unbind_are_answered_past_it() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=1) as (esme, raw):
            calls = [esme.begin_request(SUBMIT) for _ in range(10)]
            await raw.read()
            await raw.send(header(CommandId.ENQUIRE_LINK, 5) + Unbind().encode(6))
            assert await raw.header() == (CommandId.ENQUIRE_LINK_RESP, 0, 5)
            assert await raw.header() == (CommandId.UNBIND_RESP, 0, 6)
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(each) for each in ended] == [OutcomeUnknown] + [NotSent] * 9


async def test_unbind_does_not_wait_for_those_that_wait() -> None:
    """One is in flight and 99 wait: they are not sent, and behind the one answer comes the unbind."""
    with RawSmsc() as smsc:
        async with smsc.bound(settings=Settings(window=1, close_timeout=30)) as (esme, raw):
            calls = [esme.begin_request(SUBMIT) for _ in range(100)]
            _, _, number = await raw.header()
            closing = asyncio.ensure_future(esme.close())
            await asyncio.sleep(0)
            await raw.send(SubmitSmResp(message_id="m").encode(number))
            command_id, _, number = await raw.header()
            assert command_id == CommandId.UNBIND
            await raw.send(header(CommandId.UNBIND_RESP, number))
            with Watch() as watch:
                await closing
            assert watch.seconds < AT_ONCE
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(each).__name__ for each in ended] == ["SubmitSmResp"] + ["NotSent"] * 99


async def test_an_unbind_of_the_application_passes_it() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound(window=5) as (esme, raw):
            in_flight = [esme.begin_request(SUBMIT) for _ in range(4)]
            unbinding = asyncio.ensure_future(esme.request(Unbind()))
            seen = [await raw.header() for _ in range(5)]
            assert seen[4][0] == CommandId.UNBIND
            await raw.send(header(CommandId.UNBIND_RESP, seen[4][2]))
            await unbinding
            await esme.wait_closed()
            assert esme.state is SessionState.CLOSED
            assert {type(each.exception()) for each in in_flight} == {OutcomeUnknown}


def lines(work: Callable[[], None]) -> int:
    """How many lines of Python run for it."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("waiting", [0, 5_000])
async def test_a_call_and_its_answer_cost_the_same_at_ten_thousand_in_flight(waiting: int) -> None:
    """Lines that run, not seconds: 200 calls, and the answers that make room for them."""

    async def cost(window: int) -> float:
        with RawSmsc() as smsc:
            async with smsc.bound(settings=LARGE, window=window) as (esme, raw):
                calls = [esme.begin_request(SUBMIT) for _ in range(window - 200 * (not waiting) + waiting)]
                numbers = [(await raw.header())[2] for _ in range(window - 200 * (not waiting))]
                chosen = numbers[-200:]

                def work() -> None:
                    calls.extend([esme.begin_request(SubmitSm(destination_addr="2")) for _ in range(200)])
                    for number in chosen:
                        esme._connection.data_received(SubmitSmResp(message_id="m").encode(number))

                found = lines(work)
                for call in calls:
                    call.cancel()
                return found

    assert await cost(10_000) < 1.3 * await cost(500)


@pytest.mark.parametrize("too_late", [{"timeout": 0}, {"timeout": -1}, {"expiry": -1}])
async def test_a_call_whose_time_was_up_before_it_was_made_never_leaves(too_late: dict[str, Any]) -> None:
    """Whoever counts the seconds that are left of a code comes to nothing, or to less."""
    with RawSmsc() as smsc:
        async with smsc.bound() as (esme, raw):
            with pytest.raises(NotSent):
                await esme.submit_sm(SUBMIT, **too_late)
            assert esme.in_flight == 0
            in_time = asyncio.ensure_future(esme.submit_sm(SUBMIT, expiry=0))
            link = asyncio.ensure_future(esme.enquire_link())
            seen = [await raw.header() for _ in range(2)]
            assert [command_id for command_id, *_ in seen] == [CommandId.SUBMIT_SM, CommandId.ENQUIRE_LINK]
            await raw.send(SubmitSmResp().encode(seen[0][2]) + header(CommandId.ENQUIRE_LINK_RESP, seen[1][2]))
            await asyncio.gather(in_time, link)


@pytest.mark.parametrize("wrong", ["a text", None, SubmitSmResp()])
async def test_what_is_no_request_is_refused_where_it_was_passed(wrong: Any) -> None:
    """Not at its turn, in the middle of what arrives, where it would take the connection down with it."""
    with RawSmsc() as smsc:
        async with smsc.bound(window=1) as (esme, raw):
            call = esme.begin_request(SUBMIT)
            with pytest.raises(TypeError, match=r"not (str|NoneType|SubmitSmResp)"):
                await esme.request(wrong)
            _, _, number = await raw.header()
            await raw.send(SubmitSmResp(message_id="m").encode(number))
            assert (await call).message_id == "m"
