"""Histograms: right within a permille, and the same whether counted by one process or by many."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smppcore.load import latencies
from smppcore.load.latencies import LONGEST, Collected, Histogram, lower_end, write

WANTED = (1.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 100.0)


def counted(samples: list[float]) -> Histogram:
    collected, histogram = Collected(), Histogram()
    for first in range(0, len(samples), 997):
        collected.fresh.extend(samples[first : first + 997])
        collected.count()
    for _ in write(collected.take(), histogram):
        pass
    return histogram


def exact(samples: list[float], percent: float) -> float:
    """The percentile of raw samples, by the nearest rank."""
    ordered = sorted(samples)
    return ordered[max(int(percent * len(ordered) / 100 + 0.5), 1) - 1]


@pytest.mark.parametrize(
    "draw",
    [
        lambda chance: chance.expovariate(1_000),
        lambda chance: chance.lognormvariate(-6, 1.5),
        lambda chance: chance.uniform(0.0001, 5),
        lambda chance: 0.0002 if chance.random() < 0.98 else chance.uniform(1, 100),
    ],
)
def test_percentiles_agree_with_raw_samples(draw: object) -> None:
    chance = random.Random(7)
    samples = [draw(chance) for _ in range(50_000)]  # type: ignore[operator]
    histogram = counted(samples)
    assert histogram.count == len(samples)
    for percent, found in zip(WANTED, histogram.percentiles(WANTED), strict=True):
        assert found == pytest.approx(exact(samples, percent), rel=0.01, abs=2e-6)
    assert histogram.mean == pytest.approx(sum(samples) / len(samples), rel=0.01)


@given(st.integers(0, LONGEST))
def test_folding_leaves_every_value_in_its_bucket(microseconds: int) -> None:
    assert lower_end(microseconds) == Histogram().hdr.get_lowest_equivalent_value(microseconds)


@settings(max_examples=20)
@given(st.lists(st.lists(st.floats(0, 4_000), max_size=50), min_size=1, max_size=5))
def test_merging_encoded_histograms_loses_nothing(parts: list[list[float]]) -> None:
    whole = counted([sample for part in parts for sample in part])
    merged = Histogram()
    for part in parts:
        merged.add(Histogram(counted(part).encoded))
    assert list(merged.buckets()) == list(whole.buckets())
    assert merged.count == whole.count
    assert merged.percentiles(WANTED) == whole.percentiles(WANTED)


def test_nothing_measured_is_zero() -> None:
    histogram = Histogram()
    assert histogram.percentiles((50, 100)) == [0.0, 0.0]
    assert (histogram.count, histogram.mean, list(histogram.buckets())) == (0, 0.0, [])


def test_what_takes_longer_than_an_hour_counts_as_an_hour() -> None:
    histogram = Histogram()
    histogram.record(10 * LONGEST)
    assert histogram.percentiles((100,))[0] == pytest.approx(3_600, rel=0.001)


def test_writing_goes_on_in_small_steps() -> None:
    counts = Counter(dict.fromkeys(range(1, 5_000), 1))
    histogram = Histogram()
    steps = sum(1 for _ in write(counts, histogram))
    assert steps > 10
    assert histogram.count == 4_999


@given(st.lists(st.floats(0, 4_000), max_size=300), st.integers(1, 50))
def test_latencies_that_are_all_different_take_bounded_memory(samples: list[float], apart: int) -> None:
    """A target that is gone for an hour leaves millions of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latencies, "_APART", apart)
        collected = Collected()
        for sample in samples:
            collected.fresh.append(sample)
            collected.count()
        counts = collected.take()
    histogram = Histogram()
    for _ in write(counts, histogram):
        pass
    assert list(histogram.buckets()) == list(counted(samples).buckets())
    assert len(counts) <= apart + len({lower_end(int(sample * 1e6)) for sample in samples})
