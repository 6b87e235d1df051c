"""Receipts that came before their message: kept in the store, and looked at again until the message is there.

A receipt can overtake the response that tells its message_id, and that response may have come to another process. The
receipt is committed first and then its message is looked for again, so that whichever of both comes last, on whichever
process, they find each other. A message that is recorded in this process wakes those that wait for it at once; for
those of other processes it is looked for again and again.
"""

from dataclasses import dataclass
from typing import Final

from smppcore.correlation.receipted import Arrival

FIRST_PAUSE: Final = 0.1
"""Seconds until a receipt looks for its message again; twice as long each time."""
LONGEST_PAUSE: Final = 30.0
MOST: Final = 10_000
"""So many are looked at again; further ones, when their time in the store is over."""


@dataclass(slots=True)
class _Waiting:
    arrival: Arrival
    due: float
    until: float
    pause: float = FIRST_PAUSE


class EarlyReceipts:
    """Those that wait in this process. Times are of the clock that the caller has."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._by_key: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, arrival: Arrival, now: float, until: float) -> None:
        """Wait for the message of a receipt; at ``until`` the process to which the store gives it settles it."""
        if len(self._waiting) >= MOST:
            return
        self._waiting[arrival.id] = _Waiting(arrival, now + FIRST_PAUSE, until)
        for key in arrival.keys:
            self._by_key.setdefault(key, {})[arrival.id] = None

    def drop(self, arrival_id: str) -> None:
        """It has found its message, or its time is over."""
        waiting = self._waiting.pop(arrival_id, None)
        for key in waiting.arrival.keys if waiting is not None else ():
            others = self._by_key[key]
            del others[arrival_id]
            if not others:
                del self._by_key[key]

    def wake(self, key: str, now: float) -> bool:
        """A message can be found under that key now; tells whether a receipt may have waited for it."""
        ids = self._by_key.get(key, ())
        for each in ids:
            self._waiting[each].due = now
        return bool(ids)

    def due(self, now: float) -> list[Arrival]:
        """Those whose message is to be looked for now."""
        found = []
        for waiting in list(self._waiting.values()):
            if waiting.until <= now:
                self.drop(waiting.arrival.id)
            elif waiting.due <= now:
                waiting.due, waiting.pause = now + waiting.pause, min(LONGEST_PAUSE, 2 * waiting.pause)
                found.append(waiting.arrival)
        return found

    def next_due(self) -> float | None:
        """When `due` will have something; None where nothing waits."""
        return min((waiting.due for waiting in self._waiting.values()), default=None)
