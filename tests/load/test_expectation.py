"""Thresholds: their grammar, and what a result makes of them."""

import time
from collections import Counter

import pytest

from load.results import URL, errors, histogram, result, second
from smppcore.load import Budget, Plan, Result, Second, parse_expectation
from smppcore.load.awaited import Awaited
from smppcore.load.meter import Meter
from smppcore.load.saturation import saturation
from smppcore.load.summary import rows, verdict


def whole() -> Result:
    """100 responses of 1 to 100 ms, 90 receipts of 1 s, 4 errors; in 1 s."""
    found = Second(0, sent=104, accepted=100, samples=100, throttled=0.25, receipts_in_time=90)
    found.errors["ESME_RTHROTTLED"] = 4
    found.responses = histogram(*range(1, 101))
    found.services = histogram(*(1 for _ in range(100)))
    found.receipts = histogram(*(1_000 for _ in range(90)))
    return result(found, profile="rate:104", receipts=True)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("p50<51ms", True),
        ("p50<50ms", False),
        ("p99<=0.0995s", True),
        ("p99.9>99ms", True),
        ("max<101ms", True),
        ("max<100ms", False),
        ("mean<52ms", True),
        ("mean>50ms", True),
        ("service.p99<2ms", True),
        ("receipt.p95<1.1s", True),
        ("receipt.max<1s", False),
        ("errors<4%", True),
        ("errors<3.8%", False),
        ("errors==4", True),
        ("errors<4", False),
        ("receipts==100%", False),
        ("receipts>=90%", True),
        ("receipts==90", True),
        ("accepted>=100", True),
        ("rate>=100/s", True),
        ("rate>100", False),
        ("rate>=96%", True),
        ("rate>=97%", False),
        ("throttled<300ms", True),
        ("throttled<20%", False),
        (" p99 < 1s ", True),
        ("rate>=0.1k/s", True),
    ],
)
def test_what_is_kept(text: str, kept: bool) -> None:
    outcome = parse_expectation(text).check(whole())
    assert outcome.kept is kept
    assert str(outcome).startswith("kept: " if kept else "FAILED: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p99", "it is written METRIC<VALUE"),
        ("p99<", "it is written METRIC<VALUE"),
        ("p99<50", "is no duration"),
        ("p99<50 ms", "it is written METRIC<VALUE"),
        ("p99=<50ms", "it is written METRIC<VALUE"),
        ("p100<5ms", "there is no 'p100'"),
        ("p0<5ms", "above 0 and below 100"),
        ("latency<5ms", "there is no 'latency'; there are p0.1"),
        ("errors<0.1percent", "is no number"),
        ("throttled<5", "is no duration"),
        ("receipt.rate<5", "there is no 'receipt.rate'"),
    ],
)
def test_what_is_wrong_with_an_expectation_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_expectation(text)


def test_nothing_to_measure_keeps_nothing() -> None:
    empty = result(Second(0))
    for text in ("p99<1h", "errors<1%", "receipts==100%", "rate>=1%"):
        outcome = parse_expectation(text).check(empty)
        assert (outcome.kept, outcome.found) == (False, "nothing to measure")


def test_the_warm_up_counts_in_nothing() -> None:
    cold, warm = second(0, accepted=10, latency=900.0), second(1, accepted=100, latency=2.0)
    found = result(cold, warm, profile="rate:100", warm_up=1)
    assert parse_expectation("max<3ms").check(found).kept
    assert parse_expectation("rate==100%").check(found).kept
    assert parse_expectation("accepted==100").check(found).kept
    assert [row["warm_up"] for row in found.rows] == [True, False]


def test_a_budget_in_numbers_and_in_percent() -> None:
    count = Budget("5")
    assert not count.spent(errors(0, 10, ESME_RSYSERR=5))
    assert count.spent(errors(1, 10, ESME_RSYSERR=1))
    share = Budget("10%")
    assert not share.spent(errors(0, 1, ESME_RSYSERR=50))  # of too few to say
    assert not share.spent(errors(1, 600))
    assert share.spent(errors(2, 0, ESME_RSYSERR=50))
    assert str(share) == "more than 10%, 100 of 701"
    assert not Budget().spent(errors(0, 0, ESME_RSYSERR=10**6))
    with pytest.raises(ValueError, match="no number"):
        Budget("many")


def test_a_generator_at_its_limit_is_not_the_target() -> None:
    busy = [second(index, cpu_most=0.97 if index > 5 else 0.2) for index in range(10)]
    assert "the limit, not the target: try --processes 2" in saturation(result(*busy).rows, 1)
    late = [second(index, lag_most=0.05) for index in range(10)]
    assert "event loop was late by more than 20 ms" in saturation(result(*late).rows, 1)
    fine = [second(index, cpu_most=0.5, lag_most=0.005) for index in range(10)]
    assert saturation(result(*fine).rows, 1) == ""
    warm_up = [second(index, cpu_most=0.99 if index < 5 else 0.2) for index in range(10)]
    assert saturation(result(*warm_up, warm_up=5).rows, 1) == ""
    assert saturation([], 1) == ""


def test_arrivals_by_chance_are_held_against_what_came_by_chance() -> None:
    """Of a hundred messages by chance it is now 85 and now 115: neither is the doing of the target."""
    for count in (85, 115):
        found = result(second(0, count), profile="rate:100", poisson=True)
        assert parse_expectation("rate==100%").check(found).kept
    slow = second(0, 85, errors=Counter({"not sent before the end": 15}))
    assert parse_expectation("rate==85%").check(result(slow, profile="rate:100", poisson=True)).kept


def test_the_last_line_says_why_a_run_failed_that_kept_what_was_expected() -> None:
    expectations = [parse_expectation("accepted>=0")]

    def last(found: Result) -> str:
        return verdict(found.view(), [each.check(found) for each in expectations])

    spent = result(second(0))
    spent.stopped = "the budget of errors is spent: more than 5, 6 of 106"
    assert last(spent) == "ended early: the budget of errors is spent: more than 5, 6 of 106"
    assert last(result(Second(0))) == "no message was accepted"
    by_hand = result(second(0))
    by_hand.stopped, by_hand.by_hand = "stopped by hand", True
    assert last(by_hand) == "all 1 expectations were kept"


def test_a_run_of_half_a_second_that_took_all_of_a_core_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = iter((1.0, 1.49))
    monkeypatch.setattr(time, "process_time", lambda: next(cpu))
    seconds: list[Second] = []
    meter = Meter(0.0, 0.0, seconds.append, None)
    meter.sent(0.0, 0.0)
    meter.cut_second(0.5)
    meter.flush()
    found = result(*seconds)
    assert found.view()["generator"]["busiest"] == pytest.approx(0.98)
    assert "the limit, not the target" in saturation(found.rows, 1)


def test_a_receipt_of_the_warm_up_that_was_early_hides_no_stranger() -> None:
    found = Result(Plan(url=URL, profile="rate:10", seconds=3.0, warm_up=1, receipts=True))
    awaited = Awaited(5.0)
    meter = Meter(0.0, 1.0, found.add, awaited)
    meter.sent(0.5, 0.5)
    meter.receipt(awaited.receipt("a1", "39330000001", "DELIVRD", 0.9))
    meter.sent(1.1, 1.1)
    awaited.expect("a1", "39330000001", 0.5, 1.2)
    meter.claimed(awaited.look_again())
    meter.receipt(awaited.receipt("another", "39330000001", "DELIVRD", 1.5))
    for end in (2.1, 3.1):
        meter.cut_second(end)
        meter.flush()
    assert (found.total.receipts_other, found.total.receipts_in_time) == (1, 0)


def test_a_target_that_is_gone_for_hours_does_not_fill_the_summary() -> None:
    found = result(second(0))
    found.events = [(float(number), f"a bind was lost for the {number}. time") for number in range(1_000)]
    view = found.view()
    lines = [value for name, value in rows(view) if name.startswith("at ")]
    assert lines[0] == "a bind was lost for the 0. time"
    assert lines[-1] == "and 980 more: the JSON has all of them"
    assert len(lines) == 21
    assert len(view["events"]) == 1_000
