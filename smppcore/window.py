"""The requests that wait for an answer, and when each of them gives up.

Lookup is a dict by sequence_number. Expiry is one queue of numbers per distinct timeout: calls with the same timeout
are sent in the order in which they were made, so the head of each queue is the next one of it to expire. An answered
request stays in its queue until it reaches the head or the queue has grown to twice what is in flight; then the queue
is swept. Binds, unbinds and enquire_links go ahead of the calls that wait for room, so they stand in no such queue:
they are few, and looked through. Every operation is O(1), amortised, for any size.
"""

from collections import deque
from typing import Any, Final, NamedTuple

from smppcore.pdu import Pdu

SWEEP_FROM: Final = 256
_DEADLINE: Final = 3
_NEVER: Final = float("inf")


class InFlight(NamedTuple):
    """One request. ``response_id`` is the command_id of its answer; ``epoch`` and ``slot`` say where its octets are.

    The window holds plain tuples of this form (a literal costs a tenth of a call); rare paths read them by name.
    """

    token: Any
    response_id: int
    request: Pdu
    deadline: float
    epoch: int
    slot: int


Entry = tuple[Any, int, Pdu, float, int, int]


class Window:
    """Requests in flight by sequence_number (``entries``)."""

    __slots__ = ("_apart", "_queues", "entries")

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self._queues: dict[float, deque[int]] = {}
        self._apart: set[int] = set()

    def expect(self, number: int, timeout: float) -> None:
        """Let the request of that number expire at its deadline, which is ``timeout`` seconds after its call."""
        queue = self._queues.get(timeout)
        if queue is None:
            queue = self._new_queue(timeout)
        queue.append(number)
        if len(queue) > SWEEP_FROM and len(queue) > 2 * len(self.entries):
            self._queues[timeout] = deque(waiting for waiting in queue if waiting in self.entries)

    def _new_queue(self, timeout: float) -> deque[int]:
        queues = self._queues
        if len(queues) > SWEEP_FROM and len(queues) > 2 * len(self.entries):
            for key, queue in list(queues.items()):
                live = deque(waiting for waiting in queue if waiting in self.entries)
                queues[key] = live
                if not live:
                    del queues[key]
        return queues.setdefault(timeout, deque())

    def expect_apart(self, number: int) -> None:
        """As expect, for a request that may have gone ahead of earlier ones."""
        apart = self._apart
        apart.add(number)
        if len(apart) > SWEEP_FROM and len(apart) > 2 * len(self.entries):
            apart.intersection_update(self.entries)

    def expire(self, now: float) -> list[InFlight]:
        """Take out and return what has expired by ``now``."""
        self._apart.intersection_update(self.entries)
        expired = [self._take(number) for number in sorted(self._apart) if self.entries[number][_DEADLINE] <= now]
        for timeout, queue in list(self._queues.items()):
            while queue:
                entry = self.entries.get(queue[0])
                if entry is not None and entry[_DEADLINE] > now:
                    break
                number = queue.popleft()
                if entry is not None:
                    expired.append(self._take(number))
            if not queue:
                del self._queues[timeout]
        return expired

    def _take(self, number: int) -> InFlight:
        return InFlight._make(self.entries.pop(number))

    def next_deadline(self) -> float:
        """When the next request expires; infinite if none does. Drops answered requests at the heads on the way."""
        entries = self.entries
        earliest = min((entries[number][_DEADLINE] for number in self._apart if number in entries), default=_NEVER)
        for queue in self._queues.values():
            while queue and queue[0] not in entries:
                queue.popleft()
            if queue:
                earliest = min(earliest, entries[queue[0]][_DEADLINE])
        return earliest

    def clear(self) -> list[InFlight]:
        """Take out and return everything, in the order in which it was sent."""
        entries = [InFlight._make(entry) for entry in self.entries.values()]
        self.entries.clear()
        self._queues.clear()
        self._apart.clear()
        return entries
