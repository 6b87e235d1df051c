"""Medians with their spread: what a figure of several rounds is."""

import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self


class Spread(NamedTuple):
    """The median of all rounds, the smallest and the largest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1])

    @classmethod
    def ratio(cls, values: Sequence[float], bases: Sequence[float]) -> Self:
        """Of each round to the other in the same round: what slows the machine down slows both."""
        return cls.of(value / base for value, base in zip(values, bases, strict=True))

    def text(self, digits: int = 2) -> str:
        """``1.23 (1.20 to 1.31)``."""
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f} to {self.high:,.{digits}f})"
