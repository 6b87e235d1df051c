"""The console is cheap: a page that looks on costs a simulator under full load less than a tenth of its CPU."""

import pytest

from benchmarks.console import Costs, measure


@pytest.mark.soak
@pytest.mark.alone
def test_a_page_that_looks_on_costs_less_than_ten_percent() -> None:
    """What a machine does meanwhile can cost as much: what looks dear is measured once more."""
    measured: list[Costs] = []
    while len(measured) < 2 and all(each.ratio >= 1.10 for each in measured):
        measured.append(measure(count=150_000, rounds=4))
        assert measured[-1].looks >= 5
    assert min(each.ratio for each in measured) < 1.10, measured
