"""The token bucket and the rate that follows what the SMSC says; time is a number.

Rows 18 and 19 of 2.B of the field: throttling that stalls a queue, and limiters that count messages, not segments.
"""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smppcore.constants import CommandStatus
from smppcore.fields import SmeAddress
from smppcore.message import messages
from smppcore.pdu import DataSm, DeliverSm, QuerySm, SubmitMulti, SubmitSm
from smppcore.throttle import GRAIN, Throttle, ThrottleSettings, segments
from smppcore.tlv import MESSAGE_PAYLOAD

THROTTLED = CommandStatus.ESME_RTHROTTLED
ROUNDING = 1e-6
rates = st.sampled_from([0.1, 1.0, 7.3, 100.0, 1_000.0, 25_000.0])


def throttle(rate: float = 10.0, burst: float = 1.0, now: float = 0.0, **others: Any) -> Throttle:
    return Throttle(ThrottleSettings(rate=rate, burst=burst, **others), now)


def drained(bucket: Throttle, now: float, cost: int = 1) -> int:
    """How many may leave at that time."""
    count = 0
    while bucket.take(now, cost):
        count += 1
    return count


class TestRate:
    @given(
        rates,
        st.integers(1, 50),
        st.lists(st.tuples(st.floats(-0.5, 3.0), st.integers(1, 5), st.booleans()), min_size=1, max_size=60),
    )
    def test_in_no_interval_more_than_burst_and_rate_allow(
        self, rate: float, burst: int, steps: list[tuple[float, int, bool]]
    ) -> None:
        """Over every interval: the burst, what the rate brings, one timer's grain, and one debt of the largest cost."""
        bucket = throttle(rate, burst)
        now, clock = 0.0, 0.0
        gone: list[tuple[float, int]] = []
        for pause, cost, refused in steps:
            now += pause
            clock = max(clock, now)
            for _ in range(80):
                if not bucket.take(now, cost):
                    break
                gone.append((clock, cost))
            if refused:
                bucket.answered(THROTTLED, now)
        debt = max(0, max((cost for _, cost in gone), default=0) - burst)
        for first in range(len(gone)):
            left = 0
            for at, cost in gone[first:]:
                left += cost
                limit = burst + rate * (at - gone[first][0] + GRAIN) + debt
                assert left <= limit + ROUNDING * max(1.0, limit)

    @given(rates, st.integers(1, 50), st.floats(0.0, 30.0))
    def test_whoever_comes_when_told_leaves_at_the_full_rate(self, rate: float, burst: int, start: float) -> None:
        """next_free is neither too early, which would turn in circles, nor too late, which would waste the rate."""
        bucket = throttle(rate, burst, now=start)
        assert drained(bucket, start) == burst
        now = start
        for _ in range(100):
            now = bucket.next_free(now) + 1e-9
            assert bucket.take(now)
        assert now - start == pytest.approx(100 / rate, rel=1e-3, abs=1e-6)

    def test_a_pause_saves_up_no_more_than_the_burst_and_a_grain(self) -> None:
        bucket = throttle(rate=100, burst=5)
        assert drained(bucket, 0) == 5
        assert drained(bucket, 1_000) == 5 + 100 * GRAIN

    def test_a_timer_that_comes_late_loses_nothing(self) -> None:
        """Timers are as fine as a millisecond at best; at 1,000/s with a burst of one that must not halve the rate."""
        bucket = throttle(rate=1_000, burst=1)
        count, now = 0, 0.0
        while now < 1.0:
            count += drained(bucket, now)
            now = bucket.next_free(now) + 0.0017
        assert 990 <= count <= 1_002

    def test_a_time_that_stands_or_goes_back_brings_nothing(self) -> None:
        bucket = throttle(rate=10)
        assert bucket.take(100)
        assert not bucket.take(100)
        assert not bucket.take(50)
        assert not bucket.take(100.05)
        assert bucket.take(100.1 + 1e-9)

    def test_a_rate_below_one_a_second(self) -> None:
        bucket = throttle(rate=0.1)
        assert bucket.take(0)
        assert bucket.next_free(0) == pytest.approx(10)
        assert not bucket.take(9.9)
        assert bucket.take(10.1)


class TestCosts:
    def test_more_than_the_burst_goes_when_the_bucket_is_full_and_leaves_it_in_debt(self) -> None:
        bucket = throttle(rate=10, burst=2)
        assert bucket.take(0, cost=6)
        assert not bucket.take(0.39)
        assert bucket.next_free(0.39) == pytest.approx(0.5)
        assert not bucket.take(0.59, cost=6)
        assert bucket.take(0.61, cost=6)

    def test_long_and_short_share_the_rate_in_segments(self) -> None:
        bucket = throttle(rate=100, burst=10)
        now, gone = 0.0, 0
        for cost in [1, 10, 3, 25, 1, 1, 7] * 20:
            now = bucket.next_free(now, cost) + 1e-9
            assert bucket.take(now, cost)
            gone += cost
        assert now == pytest.approx((gone - 10) / 100, rel=0.02)

    def test_two_that_share_one_have_the_rate_once(self) -> None:
        bucket, gone = throttle(rate=100, burst=1), [0, 0]
        for step in range(1_000):
            gone[step % 2] += bucket.take(step / 200)
        assert sum(gone) == pytest.approx(500, abs=3)

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=60), st.integers(1, 6))
    def test_who_books_first_goes_first_and_all_together_keep_the_rate(
        self, asks: list[tuple[int, int]], burst: int
    ) -> None:
        """Four that share one: each waits for its booking before it asks again."""
        bucket, gone, now = throttle(rate=10, burst=burst), 0, 0.0
        free, booked = [0.0] * 4, [0.0]
        for who, cost in asks:
            now = max(now, free[who])
            if bucket.take(now, cost):
                free[who] = now
            else:
                free[who] = bucket.book(now, cost)
                booked.append(free[who])
            gone += cost
            assert gone <= burst + 10 * (max(free) + GRAIN) + max(0, 4 - burst) + ROUNDING
        assert [round(each, 9) for each in booked] == sorted(round(each, 9) for each in booked) or burst > 1

    def test_a_booking_that_is_given_back_is_as_if_it_had_never_been(self) -> None:
        bucket = throttle(rate=10, burst=2)
        assert drained(bucket, 0) == 2
        assert bucket.book(0, 2) == pytest.approx(0.2)
        assert bucket.book(0, 1) == pytest.approx(0.3)
        bucket.give_back(2)
        assert bucket.next_free(0) == pytest.approx(0.2)
        bucket.give_back(100)
        assert drained(bucket, 0) == 2

    def test_a_message_is_as_many_segments_as_it_leaves_in(self) -> None:
        assert segments(SubmitSm(destination_addr="1", short_message=b"x" * 254)) == 1
        assert segments(QuerySm(message_id="1")) == segments(DeliverSm()) == 1
        long_text = list(messages(SubmitSm, "x" * 400, 1, destination="46700000001"))
        assert [segments(each) for each in long_text] == [1, 1, 1]

    @pytest.mark.parametrize(
        "wrong",
        [SubmitSm(tlvs=5), SubmitSm(tlvs=[1]), SubmitMulti(dest_addresses=5), DataSm(tlvs=[(0x0424, 7)])],  # type: ignore[arg-type, list-item]
    )
    def test_what_cannot_be_encoded_holds_up_nobody(self, wrong: Any) -> None:
        assert segments(wrong) == 1

    @pytest.mark.parametrize(("octets", "parts"), [(0, 1), (140, 1), (141, 2), (280, 2), (281, 3)])
    def test_a_payload_counts_by_its_octets(self, octets: int, parts: int) -> None:
        for pdu in (SubmitSm(destination_addr="1"), DataSm(destination_addr="1")):
            pdu.tlvs.append(MESSAGE_PAYLOAD(b"x" * octets))
            assert segments(pdu) == parts

    def test_each_destination_counts(self) -> None:
        pdu = SubmitMulti(dest_addresses=[SmeAddress("1"), SmeAddress("2"), SmeAddress("3")])
        assert segments(pdu) == 3
        pdu.tlvs.append(MESSAGE_PAYLOAD(b"x" * 200))
        assert segments(pdu) == 6


class TestAdaptation:
    def test_a_whole_window_of_refusals_slows_down_once(self) -> None:
        bucket = throttle(rate=100, increase=0.0)
        for _ in range(50):
            bucket.answered(THROTTLED, 1.0)
        assert bucket.rate(1.0) == 50
        bucket.answered(THROTTLED, 1.99)
        assert bucket.rate(1.99) == 50
        bucket.answered(THROTTLED, 2.0)
        assert bucket.rate(2.0) == 25

    def test_what_was_saved_up_is_gone(self) -> None:
        bucket = throttle(rate=100, burst=20)
        bucket.slow_down(5)
        assert not bucket.take(5)

    @given(st.floats(0.01, 0.99), st.floats(0.01, 1.0), st.lists(st.floats(0.0, 40.0), min_size=2, max_size=8))
    def test_it_recovers_in_a_straight_line_however_often_one_looks(
        self, decrease: float, increase: float, looks: list[float]
    ) -> None:
        bucket = throttle(rate=100, decrease=decrease, increase=increase)
        bucket.slow_down(0)
        low = bucket.rate(0)
        for now in sorted(looks):
            assert bucket.rate(now) == pytest.approx(min(100, low + now * increase * 100))

    @given(st.floats(0.1, 60.0), st.integers(1, 40))
    def test_what_comes_in_while_it_recovers_does_not_depend_on_how_often_one_looks(
        self, until: float, looks: int
    ) -> None:
        often, once = throttle(rate=10, burst=500), throttle(rate=10, burst=500)
        for bucket in (often, once):
            assert bucket.take(0, 500)
            bucket.slow_down(0)
        for look in range(1, looks + 1):
            often.rate(until * look / looks)
        assert often.next_free(until, 500) == pytest.approx(once.next_free(until, 500))

    def test_it_never_falls_below_the_lowest(self) -> None:
        bucket = throttle(rate=100, lowest=0.1, increase=0.0)
        for now in range(100):
            bucket.slow_down(now)
        assert bucket.rate(100) == 10
        assert bucket.next_free(100) < 100.2

    @given(st.sampled_from([0.2, 1.0, 50.0]), st.integers(1, 20), st.integers(1, 30))
    @example(1.0, 1, 1)
    def test_the_next_time_counts_with_the_recovery(self, rate: float, burst: int, cost: int) -> None:
        """At one hundredth of a rate of one, a token would take 100 s; it is there long before that."""
        bucket = throttle(rate=rate, burst=burst)
        for now in range(20):
            bucket.slow_down(now)
        drained(bucket, 20)
        free = bucket.next_free(20, cost)
        assert free > 20
        assert not bucket.take(free - max(1e-6, (free - 20) * 1e-3), cost)
        assert bucket.take(free + 1e-6, cost)

    def test_it_settles_just_below_what_the_smsc_takes(self) -> None:
        """An SMSC that takes 30 a second, and we may send 100: it refuses little, and is well used."""
        bucket, smsc = throttle(rate=100, burst=1), throttle(rate=30, burst=5, adaptive=False)
        taken, refused, now = 0, 0, 0.0
        while now < 300:
            now = bucket.next_free(now) + 1e-6
            assert bucket.take(now)
            if now < 60:
                smsc.take(now)
            elif smsc.take(now):
                taken += 1
            else:
                refused += 1
                bucket.answered(THROTTLED, now)
        assert taken > 0.7 * 30 * 240
        assert refused < 0.1 * taken

    def test_which_statuses_slow_down_can_be_chosen(self) -> None:
        chosen = throttle(rate=100, slow_down=frozenset({0x14, 0x4AA}), increase=0.0)
        chosen.answered(THROTTLED, 1)
        chosen.answered(0, 1)
        assert chosen.rate(1) == 100
        chosen.answered(0x4AA, 1)
        assert chosen.rate(1) == 50
        standard = throttle(rate=100)
        standard.answered(CommandStatus.ESME_RMSGQFUL, 1)
        assert standard.rate(1) == 100

    def test_off(self) -> None:
        bucket = throttle(rate=100, adaptive=False)
        bucket.answered(THROTTLED, 1)
        bucket.slow_down(1)
        assert bucket.rate(1) == 100
        assert bucket.take(1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0},
        {"rate": -1},
        {"rate": float("nan")},
        {"burst": 0.5},
        {"decrease": 0},
        {"decrease": 1},
        {"lowest": 0},
        {"lowest": 1.1},
        {"increase": -0.1},
        {"settle": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ThrottleSettings(**{"rate": 10.0, **wrong})
