"""Latencies of a run: collected cheaply, kept in HDR histograms, and added up exactly.

A histogram counts microseconds from 1 to an hour with three significant digits: what it says of a percentile is at most
0.1 % above it. Histograms of several processes are added count by count, which loses nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from hdrh.histogram import HdrHistogram

LONGEST: Final = 3_600_000_000
"""Microseconds; what takes longer counts as this."""
DIGITS: Final = 3
_LINEAR: Final = 2048
"""Below this HDR has a bucket for each microsecond, above 1,024 for each doubling."""
_PORTION: Final = 256
"""Buckets that are written at a time: a second's worth at once would hold the event loop up for milliseconds."""

_APART: Final = 100_000
"""Different microseconds that are counted apart; of more, those of one bucket are counted as one."""


class Histogram:
    """Latencies in microseconds. ``encoded`` is the compressed form of HDR, version 2, in base64."""

    __slots__ = ("_hdr",)

    def __init__(self, encoded: str = "") -> None:
        self._hdr: Any = HdrHistogram.decode(encoded) if encoded else HdrHistogram(1, LONGEST, DIGITS)

    @property
    def count(self) -> int:
        return int(self._hdr.get_total_count())

    @property
    def encoded(self) -> str:
        return str(self._hdr.encode().decode("ascii"))

    @property
    def hdr(self) -> Any:
        """The histogram of the package hdrhistogram."""
        return self._hdr

    def record(self, microseconds: int, count: int = 1) -> None:
        self._hdr.record_value(min(microseconds, LONGEST), count)

    def add(self, other: "Histogram") -> None:
        """Count what another has counted as well."""
        if other.count:
            self._hdr.add(other._hdr)

    def percentiles(self, wanted: Iterable[float]) -> list[float]:
        """Seconds that so many percent of all did not exceed; 0.0 where there are none. 100 is the longest."""
        asked = list(wanted)
        if not self.count:
            return [0.0] * len(asked)
        found = self._hdr.get_percentile_to_value_dict(asked)
        return [found[each] / 1e6 for each in asked]

    @property
    def mean(self) -> float:
        """In seconds; 0.0 where there are none."""
        return float(self._hdr.get_mean_value()) / 1e6 if self.count else 0.0

    def buckets(self) -> Iterator[tuple[float, int]]:
        """The upper end in seconds and the count of each bucket that has any, in order."""
        for item in self._hdr.get_recorded_iterator():
            yield item.value_iterated_to / 1e6, item.count_at_value_iterated_to


class Collected:
    """Latencies as they come: ``append`` to ``fresh`` costs next to nothing, ``count`` and ``write`` do the rest.

    ``count`` is to be called often; ``write`` goes on in small portions, until it is through.
    """

    __slots__ = ("_counts", "fresh")

    def __init__(self) -> None:
        self.fresh: list[float] = []
        self._counts: Counter[int] = Counter()

    def count(self) -> None:
        """Count what has come since the last time."""
        fresh = self.fresh
        if fresh:
            self._counts.update([int(seconds * 1e6) for seconds in fresh])
            fresh.clear()
            if len(self._counts) > _APART:
                self._counts = folded(self._counts)

    def take(self) -> Counter[int]:
        """What was counted so far, by microseconds; it begins anew."""
        self.count()
        counts, self._counts = self._counts, Counter()
        return counts


def write(counts: Counter[int], histogram: Histogram) -> Iterator[None]:
    """Write counts by microseconds into a histogram, a portion at each step."""
    folded: Counter[int] = Counter()
    for number, (microseconds, count) in enumerate(counts.items()):
        folded[lower_end(microseconds)] += count
        if number % (4 * _PORTION) == 4 * _PORTION - 1:
            yield
    for number, (microseconds, count) in enumerate(folded.items()):
        histogram.record(microseconds, count)
        if number % _PORTION == _PORTION - 1:
            yield


def folded(counts: Counter[int]) -> Counter[int]:
    """The same counts by the lower ends of their buckets: some ten thousand at most, however many there were."""
    found: Counter[int] = Counter()
    for microseconds, count in counts.items():
        found[lower_end(microseconds)] += count
    return found


def lower_end(microseconds: int) -> int:
    """The lower end of the bucket in which HDR counts this with three digits: far fewer values, no other outcome."""
    if microseconds < _LINEAR:
        return max(microseconds, 0)
    shift = microseconds.bit_length() - 11
    return microseconds >> shift << shift
