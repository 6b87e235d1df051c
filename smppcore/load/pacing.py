"""Which message may leave now, and when it was meant to: one small object for each kind of loop.

Who has a free place asks ``due(now)``. It gives the intended time of the next message that may leave by now, and None
where none may. In an open loop that is the time in the profile, however late it is asked for: whatever held the message
up, the wait counts (coordinated omission). What is not asked for stays due, so that a backlog takes no memory.
"""

import itertools
import math
import random
from collections.abc import Iterator
from typing import Final, Protocol

from smppcore.load.profile import Profile

NEVER: Final = math.inf
LATE: Final = 0.05
"""Seconds by which a busy machine is late now and then; what a cap would have allowed meanwhile may still leave."""


class Pacing(Protocol):
    """``next``: from when on another message may leave; NEVER once there is none."""

    next: float

    def due(self, now: float) -> float | None:
        """The intended time of a message that may leave now, and is taken by asking; None where none may."""


class ClosedLoop:
    """As fast as places get free, ``count`` messages at most: each is meant to leave when it does."""

    __slots__ = ("_left", "next")

    def __init__(self, begin: float, count: float = NEVER) -> None:
        self._left = count
        self.next = begin if count else NEVER

    def due(self, now: float) -> float | None:
        if now < self.next:
            return None
        self._left -= 1
        if self._left <= 0:
            self.next = NEVER
        return now


class OpenLoop:
    """The times of a profile, one after the other, ``count`` messages at most; ``begin`` is when it begins."""

    __slots__ = ("_begin", "_times", "next")

    def __init__(self, times: Iterator[float], begin: float, count: int | None = None) -> None:
        self._times = times if count is None else itertools.islice(times, count)
        self._begin = begin
        self.next = begin + next(self._times, NEVER)

    def due(self, now: float) -> float | None:
        intended = self.next
        if intended > now:
            return None
        self.next = self._begin + next(self._times, NEVER)
        return intended


class CappedLoop:
    """A loop that does not exceed a rate, though more be due. What it would have allowed earlier is not made up for."""

    __slots__ = ("_credit", "_from", "_gap", "loop", "next")

    def __init__(self, loop: ClosedLoop | OpenLoop, rate: float) -> None:
        self.loop = loop
        self._gap = 1 / rate
        self._credit = max(10 * self._gap, LATE)
        self._from = self.next = loop.next

    def due(self, now: float) -> float | None:
        if now < self.next:
            return None
        sent = self.loop.due(now)
        # A timer that is a little late must not cost rate; one that is very late must not cause a burst.
        self._from = max(self._from + self._gap, now - self._credit)
        self.next = max(self._from, self.loop.next)
        return sent


def even(share: int, of: int) -> Iterator[float]:
    """The positions of the messages of one process of several: every so many-th of the whole."""
    return map(float, itertools.count(share, of))


def poisson(of: int, seed: str) -> Iterator[float]:
    """The same by chance: independent of each other, as of many senders; several processes add up to the whole."""
    chance = random.Random(seed)  # noqa: S311  # it spreads load, it guards nothing
    return itertools.accumulate(chance.expovariate(1 / of) for _ in itertools.repeat(None))


def share_of(count: int, share: int, of: int) -> int:
    """How many of ``count`` fall to one process of several."""
    return count // of + (share < count % of)


def open_times(profile: Profile, share: int, of: int, seed: str | None) -> Iterator[float]:
    """When the messages of one process of several are due: evenly, or with a seed by chance."""
    return profile.times(even(share, of) if seed is None else poisson(of, f"{seed}/{share}"))
