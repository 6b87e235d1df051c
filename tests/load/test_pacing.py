"""Which message may leave when: closed and open loops, and the shares of several processes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.load.pacing import NEVER, CappedLoop, ClosedLoop, OpenLoop, Pacing, open_times, share_of
from smppcore.load.profile import parse_profile


def taken(pacing: Pacing, now: float) -> list[float]:
    """All that may leave by now."""
    found = []
    while (since := pacing.due(now)) is not None:
        found.append(since)
    return found


@given(st.integers(1, 7), st.integers(1, 100))
def test_shares_of_several_processes_are_the_whole_and_nothing_twice(of: int, rate: int) -> None:
    profile = parse_profile(f"ramp:{rate}..{rate * 3}", 3)
    whole = list(open_times(profile, 0, 1, None))
    shares = [list(open_times(profile, share, of, None)) for share in range(of)]
    assert sorted(itertools.chain(*shares)) == pytest.approx(whole)


@given(st.integers(0, 1_000), st.integers(1, 9))
def test_a_count_is_shared_out_to_the_last_message(count: int, of: int) -> None:
    assert sum(share_of(count, share, of) for share in range(of)) == count


def test_arrivals_by_chance_have_the_rate_and_the_spread_of_chance() -> None:
    profile = parse_profile("rate:1000", 20)
    times = sorted(itertools.chain(*(open_times(profile, share, 3, "seed") for share in range(3))))
    assert len(times) == pytest.approx(20_000, rel=0.03)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert deviation == pytest.approx(mean, rel=0.05)  # of exponential gaps, which even ones are far from
    assert times == sorted(itertools.chain(*(open_times(profile, share, 3, "seed") for share in range(3))))
    assert list(open_times(profile, 0, 3, "seed")) != list(open_times(profile, 0, 3, "another"))


def test_what_a_late_tick_missed_keeps_its_intended_time() -> None:
    loop = OpenLoop(open_times(parse_profile("rate:10", 2), 0, 1, None), begin=100.0)
    assert taken(loop, 99.9) == []
    assert taken(loop, 100.05) == [100.0]
    assert taken(loop, 101.0) == pytest.approx([100.1 + n / 10 for n in range(10)])
    assert len(taken(loop, 1_000.0)) == 9
    assert loop.next == NEVER


def test_an_open_loop_of_so_many_messages() -> None:
    loop = OpenLoop(open_times(parse_profile("rate:10", 2), 0, 1, None), 0.0, count=3)
    assert taken(loop, 5.0) == pytest.approx([0.0, 0.1, 0.2])


def test_a_closed_loop_means_now() -> None:
    loop = ClosedLoop(begin=5.0, count=3)
    assert loop.due(4.9) is None
    assert [loop.due(now) for now in (5.0, 5.1, 5.2, 5.3)] == [5.0, 5.1, 5.2, None]
    assert loop.next == NEVER


def test_a_capped_loop_exceeds_its_rate_at_no_time() -> None:
    loop = CappedLoop(ClosedLoop(0.0), rate=10)
    sent = [now / 1_000 for now in range(0, 10_000) if loop.due(now / 1_000) is not None]
    assert len(sent) == pytest.approx(100, abs=1)
    assert min(b - a for a, b in itertools.pairwise(sent)) > 0.098
    assert len(taken(loop, 60.0)) <= 11  # a pause is not made up for


def test_a_cap_on_an_open_loop_makes_up_for_a_late_tick_and_not_for_a_stall() -> None:
    def capped() -> CappedLoop:
        return CappedLoop(OpenLoop(open_times(parse_profile("rate:100", 10), 0, 1, None), 0.0), rate=100)

    late, times = capped(), 0
    for tick in range(1, 200):  # every other tick is 40 ms late
        times += len(taken(late, tick * 0.05 - 0.01 * (tick % 2)))
    assert times == pytest.approx(995, abs=2)
    stalled = capped()
    assert len(taken(stalled, 0.5)) <= 12
    assert len(taken(stalled, 5.0)) <= 12
    assert len(taken(stalled, 6.0)) <= 101
    assert CappedLoop(OpenLoop(iter(()), 0.0), rate=5).next == NEVER
