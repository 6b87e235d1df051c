"""The highest good rate, found without trying every one."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.results import result, second
from smppcore.load import LoadError, Plan, Result, Search, parse_expectation
from smppcore.load.find_max import find_max


def searched(limit: float, search: Search) -> Search:
    while (rate := search.next_rate()) is not None:
        search.record(rate, rate <= limit)
    return search


@given(st.floats(2, 1e6), st.floats(1, 1e4))
def test_the_limit_is_found_within_the_precision(limit: float, start: float) -> None:
    search = searched(limit, Search(start))
    assert search.good <= limit <= search.bad
    assert limit <= search.good * 1.0501
    assert len(search.trials) < 30


def test_a_cap_is_never_exceeded_and_good_enough() -> None:
    search = searched(1e9, Search(100, ceiling=750))
    assert [rate for rate, _ in search.trials] == [100, 200, 400, 750]
    assert search.good == 750


def test_nothing_is_good() -> None:
    search = searched(0, Search(100))
    assert search.good == 0
    assert search.trials[-1][0] >= 1
    assert len(search.trials) == 7


def trial(plan: Plan, limit: float, cpu: float = 0.2) -> Result:
    """A target that takes ``limit`` messages per second and not one more."""
    rate = plan.shape().peak
    assert rate is not None
    taken = min(rate, limit)
    found = result(*(second(index, round(taken), 5, cpu_most=cpu) for index in range(10)), profile=plan.profile)
    found.ended = 10.0
    return found


PLAN = Plan(url="smpp://a:b@127.0.0.1", profile="rate:100", seconds=10.0)


async def test_runs_find_the_limit_of_a_target() -> None:
    seen = []

    async def run(plan: Plan) -> Result:
        seen.append(plan.profile)
        return trial(plan, limit=730)

    found = await find_max(PLAN, [parse_expectation("p99<50ms")], Search(100), run)
    assert found.best is not None
    assert 700 <= found.best.rate <= 730 / 0.979
    assert found.limit == ""
    assert seen[:4] == ["rate:100", "rate:200", "rate:400", "rate:800"]
    assert [each.passed for each in found.trials[:4]] == [True, True, True, False]


async def test_where_the_generator_is_the_limit_the_target_may_take_more() -> None:
    async def run(plan: Plan) -> Result:
        return trial(plan, limit=300, cpu=0.99 if plan.profile == "rate:400" else 0.5)

    found = await find_max(PLAN, [], Search(100), run)
    assert found.best is not None
    assert found.best.rate == 200
    assert "the limit, not the target" in found.limit
    assert len(found.trials) == 3


async def test_a_search_that_is_stopped_says_so() -> None:
    async def run(plan: Plan) -> Result:
        await asyncio.sleep(0)
        stopped = trial(plan, limit=1e6)
        stopped.stopped, stopped.by_hand = "stopped by hand", plan.profile == "rate:200"
        stopped.stopped = stopped.stopped if stopped.by_hand else ""
        return stopped

    found = await find_max(PLAN, [], Search(100), run)
    assert found.best is not None
    assert (found.best.rate, found.limit) == (100, "the search was stopped by hand")


@pytest.mark.parametrize("expectation", ["p99<1ms", "accepted>10000000"])
async def test_expectations_that_no_rate_keeps(expectation: str) -> None:
    async def run(plan: Plan) -> Result:
        return trial(plan, limit=1e6)

    found = await find_max(PLAN, [parse_expectation(expectation)], Search(8), run)
    assert found.best is None
    assert [each.rate for each in found.trials] == [8, 4, 2, 1]


async def test_a_trial_that_cannot_bind_does_not_lose_the_search() -> None:
    """A carrier that still counts the bind of the trial before, or a Ctrl-C while a trial binds."""

    async def run(plan: Plan) -> Result:
        if plan.profile == "rate:400":
            raise LoadError("refused")
        return trial(plan, limit=1e6)

    found = await find_max(PLAN, [], Search(100), run)
    assert found.best is not None
    assert (found.best.rate, len(found.trials), found.limit) == (200, 2, "no run at 400/s: refused")
    with pytest.raises(LoadError):
        await find_max(PLAN, [], Search(400), run)
