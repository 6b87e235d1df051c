"""A generator against real sockets: what it measures is what happened."""

import asyncio
import time
import types
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import MagicMock

import pytest

from smppcore.constants import CommandStatus
from smppcore.dispatch import Answer
from smppcore.errors import BindRefused, Refused
from smppcore.load import Plan, Result, Second
from smppcore.load.generator import Generator
from smppcore.load.lane import Lane
from smppcore.load.latencies import Collected
from smppcore.load.pacing import NEVER, ClosedLoop
from smppcore.load.result import PERCENTILES
from smppcore.message import messages
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp
from smppcore.receipt import build_tlvs
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc

LIMIT = 30.0


class Target:
    """An SMSC whose answers a test decides on. ``answer`` gets the number of each message, from 1."""

    def __init__(self) -> None:
        self.received: list[SubmitSm] = []
        self.peers: set[Peer] = set()
        self.answer: Callable[[int], Any] = lambda number: SubmitSmResp(message_id=f"{number:x}")
        settings = Settings(close_timeout=0.5)
        self.smsc = Smsc(accounts={"id": "pw"}, handlers={SubmitSm: self.on_submit}, settings=settings)

    def on_submit(self, peer: Peer, pdu: SubmitSm) -> Answer:
        self.received.append(pdu)
        self.peers.add(peer)
        answer: Answer = self.answer(len(self.received))
        return answer

    def plan(self, **more: Any) -> Plan:
        return Plan(url=f"smpp://id:pw@127.0.0.1:{self.smsc.port}", **more).check()

    async def load(self, meanwhile: Callable[[Generator], Any] | None = None, **more: Any) -> Result:
        """One run in this process, as a crew would make it."""
        plan = self.plan(**more)
        result = Result(plan)
        generator = Generator(plan, 0, result.add, lambda event: result.events.append((0.0, event)))
        async with asyncio.timeout(LIMIT):
            await generator.bind()
            if meanwhile is not None:
                meanwhile(generator)
            generator.finish()
            result.ended = await generator.run(time.perf_counter() + 0.01)
        return result


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    found = Target()
    async with found.smsc:
        yield found


def after(loop_delay: float, answer: Answer) -> "asyncio.Future[Answer]":
    future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(loop_delay, future.set_result, answer)
    return future


async def test_a_closed_loop_keeps_its_window_full_and_counts_every_message(target: Target) -> None:
    result = await target.load(count=2_000, window=20)
    total = result.total
    assert (total.sent, total.accepted, total.failed, total.responses.count) == (2_000, 2_000, 0, 2_000)
    assert len({pdu.destination_addr for pdu in target.received}) == 2_000
    assert total.in_flight_most == 20
    assert total.services.count == 0
    assert result.ended > 0


async def test_percentiles_are_those_of_the_raw_samples(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    raw: list[float] = []
    count = Collected.count

    def spy(self: Collected) -> None:
        if self is generators[0].meter._responses:
            raw.extend(self.fresh)
        count(self)

    generators: list[Generator] = []
    monkeypatch.setattr(Collected, "count", spy)
    target.answer = lambda number: after(number % 40 / 1_000, SubmitSmResp(message_id=f"{number}"))
    result = await target.load(generators.append, profile="rate:1500", seconds=2.0, window=200)
    raw.sort()
    assert len(raw) == result.total.responses.count == 3_000
    for percent, found in zip(PERCENTILES, result.total.responses.percentiles(PERCENTILES), strict=True):
        assert found == pytest.approx(raw[int(percent * len(raw) / 100 + 0.5) - 1], rel=0.01, abs=2e-6)


async def test_a_stall_shows_although_only_a_window_of_messages_met_it(target: Target) -> None:
    """Coordinated omission: the messages that could not leave meanwhile have waited as well."""
    stalled: list[float] = []

    def answer(number: int) -> Any:
        now = asyncio.get_running_loop().time()
        if number == 500:
            stalled.append(now + 0.5)
        until = stalled[0] if stalled else 0.0
        return after(until - now, SubmitSmResp(message_id="1")) if now < until else SubmitSmResp(message_id="1")

    target.answer = answer
    result = await target.load(profile="rate:1000", seconds=2.0)
    total = result.total
    assert (total.accepted, total.failed) == (2_000, 0)
    assert result.rate == pytest.approx(1_000, rel=0.01)
    waited, met = total.responses.percentiles((80, 100)), total.services.percentiles((80, 100))
    # Of 2 s half a second was stalled: a quarter of all waited up to that long, a tenth more than 0.3 s.
    assert waited[0] > 0.05
    assert waited[1] > 0.45
    assert met[0] < 0.05
    assert sum(count for upper, count in total.responses.buckets() if upper > 0.25) > 200
    assert sum(count for upper, count in total.services.buckets() if upper > 0.25) <= 10


async def test_a_target_that_is_too_slow_is_not_made_to_look_fast(target: Target) -> None:
    """With one place and 20 ms for each answer 50 a second is all that can be: the rest waits, and counts."""
    target.answer = lambda number: after(0.02, SubmitSmResp(message_id="1"))
    result = await target.load(profile="rate:500", seconds=1.0, window=1)
    total = result.total
    assert total.sent + total.errors["not sent before the end"] == 500
    assert total.errors["not sent before the end"] > 350
    assert total.responses.count == 500
    assert total.responses.percentiles((50,))[0] > 0.5
    assert result.rate < 60
    assert result.asked == pytest.approx(500)


async def test_errors_by_status_and_the_time_that_was_throttled(target: Target) -> None:
    def answer(number: int) -> Answer:
        if 101 <= number <= 200:
            return CommandStatus.ESME_RTHROTTLED
        return CommandStatus.ESME_RINVDSTADR if number % 100 == 0 else SubmitSmResp(message_id="1")

    target.answer = answer
    result = await target.load(profile="rate:1000", seconds=0.5)
    total = result.total
    assert total.errors == {"ESME_RTHROTTLED": 100, "ESME_RINVDSTADR": 4}
    assert total.accepted == 396
    assert 0 < total.throttled < result.ended  # a tenth of a second, where the machine is never late
    assert total.responses.count == 396  # a refusal is fast, and says nothing of how long taking a message lasts


async def test_what_has_no_answer_counts_with_the_time_that_it_was_waited_for(target: Target) -> None:
    never: list[asyncio.Future[Answer]] = []

    def answer(number: int) -> Any:
        if number > 10:
            return SubmitSmResp(message_id="1")
        never.append(asyncio.get_running_loop().create_future())
        return never[-1]

    target.answer = answer
    result = await target.load(count=50, window=50, timeout=0.3)
    assert result.total.errors == {"no answer": 10}
    assert result.total.responses.count == 50
    assert result.total.responses.percentiles((85,))[0] > 0.29
    for future in never:
        future.cancel()


async def test_a_bind_that_is_lost_is_made_again(target: Target) -> None:
    def answer(number: int) -> Answer:
        if number == 100:
            for peer in target.peers:
                asyncio.get_running_loop().call_soon(peer.abort)
        return SubmitSmResp(message_id="1")

    target.answer = answer
    result = await target.load(profile="rate:200", seconds=2.0)
    assert len(target.peers) == 2
    assert next(what for _, what in result.events).startswith("a bind was lost")
    lost = sum(result.total.errors.values())
    assert lost <= 10
    assert result.total.accepted + lost == 400
    assert result.total.responses.percentiles((100,))[0] > 0.9  # what waited for the new bind


async def test_the_warm_up_is_left_out_to_the_message(target: Target) -> None:
    result = await target.load(profile="rate:400", seconds=2.0, warm_up=1)
    assert len(target.received) == 800
    assert (result.total.sent, result.total.accepted) == (400, 400)
    assert result.total.responses.count == 400
    assert result.rate == pytest.approx(400, rel=0.2)  # of the time that they really took
    assert [row["warm_up"] for row in result.rows[:2]] == [True, False]


async def test_several_binds_take_turns(target: Target) -> None:
    await target.load(profile="rate:500", seconds=0.4, binds=4, window=2)
    assert len(target.peers) == 4
    assert len(target.received) == 200


async def test_a_cap_holds_in_a_closed_loop(target: Target) -> None:
    result = await target.load(seconds=1.0, rate_cap=300.0)
    assert 30 <= result.total.accepted <= 316  # what a busy machine was late for is not made up for


async def test_receipts_are_matched_counted_and_timed(target: Target) -> None:
    def receipt(peer: Peer, number: int, message_id: str) -> None:
        pdu = target.received[number - 1]
        (deliver,) = messages(
            DeliverSm, "", 0, source=pdu.destination_addr, destination="1", esm_class=4, tlvs=build_tlvs(message_id, 2)
        )
        peer.begin_request(deliver)

    def answer(number: int) -> Answer:
        loop, peer = asyncio.get_running_loop(), next(iter(target.peers))
        if number == 10:  # a stranger's, and a message that is no receipt at all
            receipt(peer, number, "f00d")
            peer.begin_request(DeliverSm(destination_addr="1", short_message=b"hello"))
        if number <= 90:
            loop.call_later(0.2, receipt, peer, number, f"{number:X}")
        if number == 20:
            loop.call_later(0.3, receipt, peer, number, f"{number:X}")
        return SubmitSmResp(message_id=f"{number:x}")

    target.answer = answer
    result = await target.load(count=100, window=10, receipts=True, receipt_wait=1.0)
    total = result.total
    assert (total.accepted, total.receipts_in_time, result.missing) == (100, 90, 10)
    assert (total.receipts_again, total.receipts_other, total.incoming) == (1, 1, 1)
    assert total.states == {"DELIVRD": 90}
    first, last = total.receipts.percentiles((1, 100))
    assert 0.19 < first <= last < 1.2
    assert {pdu.registered_delivery for pdu in target.received} == {1}


async def test_stopping_drains_what_is_in_flight(target: Target) -> None:
    target.answer = lambda number: after(0.2, SubmitSmResp(message_id="1"))

    def stop_soon(generator: Generator) -> None:
        asyncio.get_running_loop().call_later(0.3, generator.stop)

    result = await target.load(stop_soon, seconds=20.0, window=7)
    assert result.total.sent == result.total.accepted == len(target.received)
    assert result.ended < 2


async def test_stopping_twice_waits_for_nothing(target: Target) -> None:
    never = asyncio.get_running_loop().create_future()
    target.answer = lambda number: never if number > 3 else SubmitSmResp(message_id="1")

    def stop_soon(generator: Generator) -> None:
        for delay in (0.2, 0.3):
            asyncio.get_running_loop().call_later(delay, generator.stop)

    began = time.perf_counter()
    result = await target.load(stop_soon, seconds=20.0, window=5)
    assert result.total.accepted == 3
    assert time.perf_counter() - began < 5
    never.cancel()


async def test_a_refused_bind_leaves_no_other_behind(target: Target) -> None:
    generator = Generator(target.plan(binds=2, password="wrong"), 0, lambda second: None)
    with pytest.raises(BindRefused):
        await generator.bind()
    assert target.smsc.peers == []


async def test_seconds_come_one_after_the_other_and_lose_nothing(target: Target) -> None:
    seconds: list[Second] = []
    plan = target.plan(profile="rate:300", seconds=2.5)
    generator = Generator(plan, 0, seconds.append)
    await generator.bind()
    generator.finish()
    await generator.run(time.perf_counter())
    assert [second.index for second in seconds] == sorted({second.index for second in seconds})
    assert sum(second.accepted for second in seconds) == 750
    assert [Second.from_json(second.to_json()).to_json() for second in seconds] == [
        second.to_json() for second in seconds
    ]


async def test_stopping_once_while_the_last_answers_come_loses_none_of_them(target: Target) -> None:
    """A budget that is spent in the last second stops a run whose sending is over; so may the first Ctrl-C."""
    target.answer = lambda number: after(1.0, SubmitSmResp(message_id="1"))

    def stop_later(generator: Generator) -> None:
        asyncio.get_running_loop().call_later(0.6, generator.stop)

    result = await target.load(stop_later, profile="rate:20", seconds=0.4)
    assert (result.total.accepted, dict(result.total.errors)) == (8, {})


async def test_the_wait_for_receipts_is_not_throttled_time(target: Target) -> None:
    target.answer = lambda number: SubmitSmResp(message_id="1") if number <= 10 else CommandStatus.ESME_RTHROTTLED
    result = await target.load(profile="rate:100", seconds=0.2, receipts=True, receipt_wait=1.5)
    assert result.total.errors == {"ESME_RTHROTTLED": 10}
    assert 0 < result.total.throttled < 1


async def test_a_closed_loop_that_stalls_is_not_as_fast_as_before_the_stall(target: Target) -> None:
    never = asyncio.get_running_loop().create_future()
    target.answer = lambda number: never if number > 100 else SubmitSmResp(message_id="1")
    result = await target.load(seconds=1.0, window=5, timeout=1.5)
    assert (result.total.accepted, dict(result.total.errors)) == (100, {"no answer": 5})
    assert result.ended >= 1.0
    assert result.rate <= 100
    never.cancel()


async def test_a_target_that_refuses_everything_took_as_long_as_it_took(target: Target) -> None:
    target.answer = lambda number: after(0.05, CommandStatus.ESME_RSYSERR)
    result = await target.load(count=10, window=1)
    assert result.total.errors == {"ESME_RSYSERR": 10}
    assert result.ended >= 0.5


async def test_what_was_lost_with_its_bind_counts_with_the_time_that_it_was_waited_for(target: Target) -> None:
    """A target that hangs and then drops the connection must not look faster than one that only hangs."""
    never = asyncio.get_running_loop().create_future()

    def answer(number: int) -> Any:
        if number == 10:
            for peer in target.peers:
                asyncio.get_running_loop().call_later(0.4, peer.abort)
        return never if 6 <= number <= 10 else SubmitSmResp(message_id="1")

    target.answer = answer
    result = await target.load(count=30, window=5)
    assert result.total.errors == {"no answer: the connection was lost": 5}
    assert result.total.responses.count == 30
    assert result.total.responses.percentiles((100,))[0] > 0.35
    never.cancel()


async def test_a_cap_holds_when_an_open_loop_catches_up(target: Target) -> None:
    """After a stall all that is overdue would leave at once: more than a carrier that was promised a cap allows."""
    stalled: list[float] = []
    left: list[float] = []

    def answer(number: int) -> Any:
        now = asyncio.get_running_loop().time()
        left.append(now)
        if number == 20:
            stalled.append(now + 0.6)
        until = stalled[0] if stalled else 0.0
        return after(until - now, SubmitSmResp(message_id="1")) if now < until else SubmitSmResp(message_id="1")

    target.answer = answer
    result = await target.load(profile="rate:100", seconds=1.5, window=5, rate_cap=120.0)
    assert result.total.sent + result.total.errors["not sent before the end"] == 150
    behind = [each for each in left if each > stalled[0]]
    for first, at in enumerate(behind):
        within = sum(at <= each < at + 0.25 for each in behind[first:])
        assert within <= 0.25 * 120 + 17  # ten that a late tick may make up for, and a window that is not measured


def test_throttled_is_from_the_first_answer_that_says_so_to_the_next_that_does_not() -> None:
    run, now = types.SimpleNamespace(pacing=ClosedLoop(0.0), messages=iter(()), meter=MagicMock(awaited=None)), [0.0]
    lane = Lane(run, 1, 60.0, clock=lambda: now[0])
    place = lane.free.pop()
    run.pacing.next = NEVER
    for at, status in ((1.0, 0x58), (1.5, 0x14), (2.25, 0x08), (3.0, 0x58)):
        now[0] = at
        place.set_exception(Refused(SubmitSmResp(command_status=status), SubmitSm()))
    lane.finish(3.5)
    assert [call.args for call in run.meter.throttled.call_args_list] == [(1.25,), (0.5,)]
