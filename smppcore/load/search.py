"""The highest rate that keeps the expectations: doubled until it fails, then halved. No clock, no sockets."""

from dataclasses import dataclass, field
from typing import Final

PRECISION: Final = 0.05
"""The search ends when the highest good rate and the lowest bad one differ by no more than this."""
LOWEST: Final = 1.0


@dataclass(slots=True)
class Search:
    """Begins at ``start`` (messages per second) and does not go beyond ``ceiling``.

    ``good`` is the highest rate that passed, 0.0 while none has; ``bad`` the lowest that did not.
    """

    start: float
    ceiling: float = float("inf")
    precision: float = PRECISION
    good: float = 0.0
    bad: float = float("inf")
    trials: list[tuple[float, bool]] = field(default_factory=list)

    def next_rate(self) -> float | None:
        """What to try next; None when the search has come to its end."""
        if self.bad == float("inf"):
            rate = min(self.good * 2 or self.start, self.ceiling)
            return rate if rate > self.good else None
        if not self.good:
            rate = self.bad / 2
            return rate if rate >= LOWEST else None
        if self.bad <= self.good * (1 + self.precision):
            return None
        return (self.good + self.bad) / 2

    def record(self, rate: float, passed: bool) -> None:
        """What came of a trial."""
        self.trials.append((rate, passed))
        if passed:
            self.good = max(self.good, rate)
        else:
            self.bad = min(self.bad, rate)
