"""The console is cheap: a page that looks on costs a simulator under full load less than a tenth of its CPU."""

import pytest

from benchmarks.console import measure


@pytest.mark.soak
@pytest.mark.alone
def test_a_page_that_looks_on_costs_less_than_ten_percent() -> None:
    costs = measure(count=150_000, rounds=4)
    assert costs.looks >= 5
    assert costs.ratio < 1.10, costs
