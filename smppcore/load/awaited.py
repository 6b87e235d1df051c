"""Which message of this run a delivery receipt is about, and how long it took; in bounded memory.

Ids are compared by the rules of message_id.py, because many SMSCs write an id otherwise in the receipt. A receipt that
fits no message is kept for a while: it may be ahead of the response that tells the id, or about a message that another
process of the run has sent.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from smppcore.message_id import MessageIdMatcher, Outstanding, index_key

AWAITED: Final = 1_000_000
"""So many messages wait for their receipts at most; of more, the oldest are forgotten."""
DONE: Final = 100_000
"""So many messages are remembered after their receipt, to tell a second one."""
STRAY: Final = 100_000
"""So many receipts of unknown messages are kept."""
PATIENCE: Final = 1.0
"""After so many seconds a receipt without a message is shown to the other processes."""

Verdict = Literal["in time", "late", "again"]


class Stray(NamedTuple):
    """A final receipt that fits no message yet: its id, whom it is from, its state, and when it came."""

    message_id: str
    source: str
    state: str
    arrived: float


class Matched(NamedTuple):
    """A receipt and its message: the state, the intended time of the message, and when the receipt came."""

    verdict: Verdict
    state: str
    since: float
    arrived: float


class _Index(Mapping[str, list[Outstanding]]):
    """What waits, in the form in which the matcher looks at it."""

    def __init__(self, waiting: dict[str, tuple[str, str, float, float]]) -> None:
        self._waiting = waiting

    def __getitem__(self, key: str) -> list[Outstanding]:
        message_id, destination, _, _ = self._waiting[key]
        return [Outstanding(message_id, destination)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)


class Awaited:
    """The messages of one process that wait for a final receipt, in time for ``wait`` seconds after the response."""

    def __init__(self, wait: float, most: int = AWAITED) -> None:
        self._wait = wait
        self._most = most
        self._waiting: dict[str, tuple[str, str, float, float]] = {}
        self._done: dict[str, None] = {}
        self._strays: dict[Stray, None] = {}
        self._matcher = MessageIdMatcher()
        self._index = _Index(self._waiting)
        self._looked = -math.inf
        """Strays that came until then were looked at thoroughly."""
        self._alike = False
        """Whether receipts have the ids of the responses, as far as they have told."""
        self.forgotten = 0
        """Messages that are not waited for any more because there were too many; whoever reads it may set it to 0."""

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(self, message_id: str, destination: str, since: float, answered: float) -> None:
        """The SMSC has taken a message that was meant to leave at ``since``."""
        waiting = self._waiting
        if len(waiting) >= self._most:
            del waiting[next(iter(waiting))]
            self.forgotten += 1
        waiting[index_key(message_id)] = (message_id, destination, since, answered)

    def receipt(self, message_id: str, source: str, state: str, arrived: float) -> Matched | None:
        """A final receipt has come from ``source``; None where it fits no message, and is kept."""
        # While ids are alike, one that is not known yet need not be looked for under all the other rules.
        found = self._match(Stray(message_id, source, state, arrived), thorough=not self._alike)
        if found is None:
            if len(self._strays) >= STRAY:
                del self._strays[next(iter(self._strays))]
            self._strays[Stray(message_id, source, state, arrived)] = None
        return found

    def _match(self, stray: Stray, *, thorough: bool) -> Matched | None:
        """``thorough``: under the rules for ids that are written otherwise as well."""
        message_id, source, state, arrived = stray
        key = index_key(message_id)
        entry = self._waiting.get(key)
        if entry is not None and entry[0] == message_id:
            self._alike = self._alike or entry[1] == source  # the same number of another message proves nothing
        elif key in self._done:
            return Matched("again", state, arrived, arrived)
        else:
            match = self._matcher.match(message_id, source, self._index) if thorough else None
            if match is None:
                return None
            self._alike = self._alike and match.rule == "equal"
            key = index_key(match.message.message_id)
            entry = self._waiting[key]
        del self._waiting[key]
        self._remember(index_key(message_id))
        return Matched("in time" if arrived - entry[3] <= self._wait else "late", state, entry[2], arrived)

    def _remember(self, key: str) -> None:
        self._done[key] = None
        if len(self._done) > DONE:
            del self._done[next(iter(self._done))]

    def look_again(self) -> list[Matched]:
        """The receipts whose message is known by now, as far as their ids are alike."""
        known = [stray for stray in self._strays if index_key(stray.message_id) in self._waiting]
        return self._take_out(known, thorough=True)

    def look_thoroughly(self, now: float) -> list[Matched]:
        """Those that have waited long enough and are ours under another spelling; each is looked at so only once.

        For a process that is alone: nobody else could use what is left, and it stays, for a response that is very late.
        """
        until = now - PATIENCE
        old = [stray for stray in self._strays if self._looked < stray.arrived <= until]
        found = self._take_out(old, thorough=not self._alike)
        self._looked = until
        return found

    def give_away(self, now: float) -> tuple[list[Matched], list[Stray]]:
        """Of the receipts that have waited long enough: those of ours after all, and those of others, or of nobody."""
        old = [stray for stray in self._strays if now - stray.arrived >= PATIENCE]
        found = self._take_out(old, thorough=not self._alike)
        given = [stray for stray in old if stray in self._strays]
        for stray in given:
            del self._strays[stray]
        return found, given

    def _take_out(self, strays: list[Stray], *, thorough: bool) -> list[Matched]:
        found = []
        for stray in strays:
            match = self._match(stray, thorough=thorough)
            if match is not None:
                del self._strays[stray]
                found.append(match)
        return found

    def claim(self, strays: list[Stray]) -> list[Matched]:
        """Those receipts that others could not use, and that are about messages of ours."""
        found = (self._match(stray, thorough=not self._alike) for stray in strays)
        return [match for match in found if match is not None and match.verdict != "again"]
