"""Filters that treat octets badly, without looking at what they mean.

All but Garble are harmless to the truth: what arrives are the octets that were sent, in their order, up to a point.
Chance comes in as a seeded ``Random``, and each filter counts what it did in a ``tally``.
"""

import math
from collections import Counter, deque
from random import Random
from typing import Final

from smppcore.framing import Framer
from smppcore.relay import NEVER, Action, Cut, End, Filter, Write

LONGEST_PDU: Final = 128 * 1024
"""Octets; a longer command_length counts as octets that are no PDU."""
Tally = Counter[str]
"""How often a filter did what it is for, by its name."""


class Later(Filter):
    """Base of filters that keep octets for a time, in their order: subclasses say ``until`` when."""

    def __init__(self, random: Random, tally: Tally) -> None:
        self.random = random
        self.tally = tally
        self._queue: deque[tuple[float, Action]] = deque()
        self._held = 0
        self._last = -NEVER

    def until(self, now: float) -> float:
        """When octets that have arrived now may go on."""
        return now

    @property
    def held(self) -> int:
        return self._held

    def feed(self, octets: bytes, now: float) -> list[Action]:
        self._keep(Write(octets), self.until(now))
        return self.tick(now)

    def end(self, now: float) -> list[Action]:
        self._keep(End(), now)
        return self.tick(now)

    def tick(self, now: float) -> list[Action]:
        actions: list[Action] = []
        while self._queue and self._queue[0][0] <= now:
            actions.append(self._next())
        return actions

    def next_deadline(self) -> float:
        return self._queue[0][0] if self._queue else NEVER

    def _keep(self, action: Action, until: float) -> None:
        """Nothing overtakes what came before it."""
        self._last = max(self._last, until)
        self._queue.append((self._last, action))
        if isinstance(action, Write):
            self._held += len(action.octets)

    def _next(self) -> Action:
        action = self._queue.popleft()[1]
        if isinstance(action, Write):
            self._held -= len(action.octets)
        return action


class Delay(Later):
    """Whatever arrives waits up to ``longest`` seconds, as on a network with jitter."""

    def __init__(self, longest: float, random: Random, tally: Tally) -> None:
        super().__init__(random, tally)
        self._longest = longest

    def until(self, now: float) -> float:
        self.tally["delay"] += 1
        return now + self.random.uniform(0, self._longest)


class Stall(Later):
    """Now and then, with ``chance`` for each arrival, nothing goes on for ``seconds``."""

    def __init__(self, chance: float, seconds: float, random: Random, tally: Tally) -> None:
        super().__init__(random, tally)
        self._chance = chance
        self._seconds = seconds

    def until(self, now: float) -> float:
        if self.random.random() >= self._chance:
            return now
        self.tally["stall"] += 1
        return now + self._seconds


class Split(Later):
    """Passes octets on in pieces of 1 to ``longest``, so that what was written at once is read in many parts.

    One piece goes at a time, and the next one at least ``gap`` seconds later; with 0 in the next turn of the loop.
    """

    def __init__(self, longest: int, gap: float, random: Random, tally: Tally) -> None:
        super().__init__(random, tally)
        self._longest = longest
        self._gap = gap
        self._free = -NEVER

    def feed(self, octets: bytes, now: float) -> list[Action]:
        at = 0
        while at < len(octets):
            size = self.random.randint(1, self._longest)
            self._keep(Write(octets[at : at + size]), now)
            self.tally["split"] += 1
            at += size
        return self.tick(now)

    def tick(self, now: float) -> list[Action]:
        if not self._queue or self.next_deadline() > now:
            return []
        self._free = now + self._gap
        return [self._next()]

    def next_deadline(self) -> float:
        return max(self._queue[0][0], self._free) if self._queue else NEVER


class CutAfter(Filter):
    """Cuts the connection once exactly so many octets, or the last octet of so many PDUs, have passed."""

    def __init__(self, octets: int | None, pdus: int | None, reset: bool, tally: Tally) -> None:
        self._octets_left = octets
        self._pdus_left = pdus
        self._reset = reset
        self._tally = tally
        self._framer = Framer(LONGEST_PDU)

    def feed(self, octets: bytes, now: float) -> list[Action]:
        size = len(octets)
        if self._octets_left is not None:
            size = min(size, self._octets_left)
        if self._pdus_left is not None:
            size = min(size, self._to_last_pdu(octets[:size]))
        if self._octets_left is not None:
            self._octets_left -= size
        if self._octets_left != 0 and self._pdus_left != 0:
            return [Write(octets)]
        self._tally["cut"] += 1
        return [Write(octets[:size]), Cut("cut by adversity", self._reset)]

    def _to_last_pdu(self, octets: bytes) -> int:
        """How many of these octets belong to the PDUs that may still pass."""
        left = self._pdus_left or 0
        begun = len(self._framer.tail)
        frames = self._framer.feed(octets)
        self._pdus_left = max(0, left - len(frames))
        if len(frames) < left:
            return len(octets)
        return sum(len(frame[0]) for frame in frames[:left]) - begun


class Garble(Filter):
    """Changes octets: each with ``chance``, whatever pieces they come in. Not harmless."""

    def __init__(self, chance: float, random: Random, tally: Tally) -> None:
        self._chance = chance
        self._random = random
        self._tally = tally
        self._untouched = self._distance()

    def feed(self, octets: bytes, now: float) -> list[Action]:
        if self._untouched >= len(octets):
            self._untouched -= len(octets)
            return [Write(octets)]
        changed, at = bytearray(octets), self._untouched
        while at < len(octets):
            changed[at] ^= self._random.randint(1, 255)
            self._tally["garble"] += 1
            at += 1 + self._distance()
        self._untouched = at - len(octets)
        return [Write(bytes(changed))]

    def _distance(self) -> int:
        """How many octets pass before the next one is changed."""
        if self._chance >= 1:
            return 0
        return int(math.log(1 - self._random.random()) / math.log(1 - self._chance))
