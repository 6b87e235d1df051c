"""Counts and distributions by labels: plain numbers, cheap to add to, read when somebody asks.

Adding happens in the thread of the event loop; reading may happen in any other, and sees each number as it was a moment
ago.
"""

from bisect import bisect_left
from collections.abc import Sequence

Labels = tuple[str, ...]


class Count:
    """One number that only grows."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class Tally:
    """How often something was, by labels."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[Labels, Count] = {}

    def count(self, labels: Labels) -> Count:
        """The number of these labels, to be kept by who adds to it often."""
        count = self._counts.get(labels)
        if count is None:
            count = self._counts[labels] = Count()
        return count

    def add(self, labels: Labels) -> None:
        """Once more."""
        self.count(labels).value += 1

    def rows(self) -> list[tuple[Labels, int]]:
        """All labels that there have been, and their numbers; those that are still 0 are left out."""
        return [(labels, count.value) for labels, count in list(self._counts.items()) if count.value]


class Spread:
    """How many values there were up to each of some bounds, and above them all, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Distribution:
    """How large something was, by labels; the ``bounds`` rise, and a value that is on one belongs to it."""

    __slots__ = ("_spreads", "bounds")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self._spreads: dict[Labels, Spread] = {}

    def spread(self, labels: Labels) -> Spread:
        """That of these labels, to be kept by who adds to it often."""
        spread = self._spreads.get(labels)
        if spread is None:
            spread = self._spreads[labels] = Spread(self.bounds)
        return spread

    def add(self, labels: Labels, value: float) -> None:
        """One more value."""
        self.spread(labels).add(value)

    def rows(self) -> list[tuple[Labels, list[int], float]]:
        """Labels, how many values were in each bucket, the one above the highest bound included, and their sum."""
        rows = [(labels, list(spread.counts), spread.total) for labels, spread in list(self._spreads.items())]
        return [row for row in rows if any(row[1])]
