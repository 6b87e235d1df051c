"""How long something takes: distributions of seconds, drawn with the random source of whoever asks."""

from dataclasses import dataclass
from math import isfinite
from random import Random
from typing import Final, Protocol

LONGEST_DELAY: Final = 366 * 86_400.0
"""A year in seconds; event loops take no timers without end."""


class Delay(Protocol):
    """A time in seconds that is drawn anew for each message; ``fixed`` is that time where it is always the same."""

    @property
    def fixed(self) -> float | None: ...

    def draw(self, random: Random) -> float:
        """0 to LONGEST_DELAY."""


def _check(name: str, seconds: float) -> None:
    if not (isfinite(seconds) and 0 <= seconds <= LONGEST_DELAY):
        raise ValueError(f"{name}{seconds:g} s is not between 0 and {LONGEST_DELAY:.0f} s")


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same."""

    seconds: float

    def __post_init__(self) -> None:
        _check("", self.seconds)

    @property
    def fixed(self) -> float | None:
        return self.seconds

    def draw(self, random: Random) -> float:
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """Anything from ``low`` to ``high``."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check("low: ", self.low)
        _check("high: ", self.high)
        if self.low > self.high:
            raise ValueError(f"low is {self.low}, must not be above high, {self.high}")

    @property
    def fixed(self) -> float | None:
        return None

    def draw(self, random: Random) -> float:
        return random.uniform(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Normal:
    """Around ``mean``, two of three within ``deviation``; what would be below 0 is 0."""

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        _check("mean: ", self.mean)
        _check("deviation: ", self.deviation)

    @property
    def fixed(self) -> float | None:
        return None

    def draw(self, random: Random) -> float:
        return min(max(random.gauss(self.mean, self.deviation), 0.0), LONGEST_DELAY)


@dataclass(frozen=True, slots=True)
class Exponential:
    """Mostly short, now and then long, ``mean`` on average."""

    mean: float

    def __post_init__(self) -> None:
        _check("mean: ", self.mean)
        if not self.mean:
            raise ValueError("mean is 0, must be above 0")

    @property
    def fixed(self) -> float | None:
        return None

    def draw(self, random: Random) -> float:
        return min(random.expovariate(1 / self.mean), LONGEST_DELAY)


@dataclass(frozen=True, slots=True)
class Spike:
    """``usual`` seconds, but ``spike`` seconds with ``chance`` (0 to 1)."""

    usual: float
    spike: float
    chance: float

    def __post_init__(self) -> None:
        _check("usual: ", self.usual)
        _check("spike: ", self.spike)
        if not 0 <= self.chance <= 1:
            raise ValueError(f"chance is {self.chance}, must be between 0 and 1")

    @property
    def fixed(self) -> float | None:
        return None

    def draw(self, random: Random) -> float:
        return self.spike if random.random() < self.chance else self.usual
