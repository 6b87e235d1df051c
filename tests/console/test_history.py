"""Throughput: what the charts show is what went through."""

from smppcore.console.history import LENGTH, History
from smppcore.simulator.statistics import Statistics


class Source:
    """Statistics that a test sets."""

    def __init__(self) -> None:
        self.now = Statistics()

    def __call__(self) -> Statistics:
        return self.now


def test_rates_are_per_second_since_the_sample_before() -> None:
    source = Source()
    history = History(source)
    history.sample(10.0)
    source.now = Statistics(accepted=100, refused={"A": 3, "B": 1}, receipts_delivered=50, receipts_waiting=7)
    history.sample(12.0)
    assert history.latest == (2, 50.0, 2.0, 25.0, 0.0, 7)
    source.now = Statistics(accepted=100, refused={"A": 3, "B": 1}, receipts_delivered=50, mobile_originated_taken=5)
    history.sample(12.5)
    assert history.latest == (3, 0.0, 0.0, 0.0, 10.0, 0)


def test_a_reset_gives_no_negative_rates() -> None:
    source = Source()
    history = History(source)
    source.now = Statistics(accepted=1000)
    history.sample(1.0)
    source.now = Statistics(accepted=20)
    history.sample(2.0)
    assert history.latest.messages == 20.0


def test_two_samples_at_once_do_not_divide_by_zero() -> None:
    history = History(Source())
    history.sample(1.0)
    history.sample(1.0)
    assert history.latest.number == 2


def test_only_what_is_new_is_told_and_only_so_much_is_kept() -> None:
    history = History(Source())
    for second in range(LENGTH + 50):
        history.sample(float(second))
    latest = history.latest.number
    assert latest == LENGTH + 50
    assert [each["number"] for each in history.after(latest - 3)] == [latest - 2, latest - 1, latest]
    assert history.after(latest) == []
    assert len(history.after(0)) == LENGTH
    assert len(history.after(latest + 1000)) == LENGTH  # asked by a page that has seen an earlier life
