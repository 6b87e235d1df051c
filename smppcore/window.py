"""The requests that wait for an answer, and when each of them gives up.

Lookup is a dict by sequence_number. Expiry is one queue of numbers per distinct timeout: calls with the same timeout
are sent in the order in which they were made, so the head of each queue is the next one of it to expire. An answered
request stays in its queue until it reaches the head or the queue has grown to twice what is in flight; then the queue
is swept. Binds, unbinds and enquire_links go ahead of the calls that wait for room, so they stand in no such queue:
they are few, and looked through; so are calls of a link that were overtaken before they were sent (order_last). Every
operation is O(1), amortised, for any size.
"""

from collections import deque
from typing import Any, Final, NamedTuple

from smppcore.pdu import Pdu

SWEEP_FROM: Final = 256
_NO_TIMEOUT: Final = float("nan")
"""Equal to no timeout that anybody asks for."""
_NO_QUEUE: Final[deque[int]] = deque()
"""What stands for a queue while there is none: a deque takes 760 octets, and most sessions of an SMSC are idle."""
_DEADLINE: Final = 3
_NEVER: Final = float("inf")


class InFlight(NamedTuple):
    """One request. ``response_id`` is the command_id of its answer; ``epoch`` and ``slot`` say where its octets are.

    The window holds plain tuples of this form under their ``number``, without it (a literal costs a tenth of a call);
    rare paths read them by name.
    """

    token: Any
    response_id: int
    request: Pdu
    deadline: float
    epoch: int
    slot: int
    number: int


Entry = tuple[Any, int, Pdu, float, int, int]


class Window:
    """Requests in flight by sequence_number (``entries``)."""

    __slots__ = ("_apart", "_queues", "entries", "queue", "timeout")

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self.timeout = _NO_TIMEOUT
        self.queue = _NO_QUEUE
        """The queue for ``timeout``, which is the last one that was asked for: nearly always the one wanted next."""
        self._queues: dict[float, deque[int]] = {}
        self._apart: list[int] = []

    def choose_queue(self, timeout: float) -> None:
        """Make ``queue`` the one for requests that expire ``timeout`` seconds after their call."""
        queue = self._queues.get(timeout)
        if queue is None:
            if len(self._queues) > SWEEP_FROM and len(self._queues) > 2 * len(self.entries):
                self._sweep_all()
            queue = self._queues[timeout] = deque()
        self.timeout, self.queue = timeout, queue

    def order_last(self) -> None:
        """To be called after a request was sent that may have been made before others of its timeout.

        Then it would expire behind them, which have more time left, so it is looked for apart from its queue.
        """
        queue, entries = self.queue, self.entries
        number = next(reversed(entries), None)
        if number is None or not queue or queue[-1] != number:
            return  # it stands in no queue
        queue.pop()
        while queue and queue[-1] not in entries:
            queue.pop()
        if queue and entries[queue[-1]][_DEADLINE] > entries[number][_DEADLINE]:
            self.expect_apart(number)
        else:
            queue.append(number)

    def sweep(self) -> None:
        """Drop answered requests from ``queue`` if they outnumber those in flight; to be called now and then."""
        queue = self.queue
        if len(queue) > SWEEP_FROM and len(queue) > 2 * len(self.entries):
            self._keep_live(queue)

    def _keep_live(self, queue: deque[int]) -> None:
        live = [waiting for waiting in queue if waiting in self.entries]
        queue.clear()
        queue.extend(live)

    def _sweep_all(self) -> None:
        for timeout, queue in list(self._queues.items()):
            self._keep_live(queue)
            if not queue:
                self._forget_queue(timeout)

    def _forget_queue(self, timeout: float) -> None:
        del self._queues[timeout]
        if timeout == self.timeout:
            self.timeout, self.queue = _NO_TIMEOUT, _NO_QUEUE

    def expect_apart(self, number: int) -> None:
        """As expect, for a request that may have gone ahead of earlier ones."""
        apart = self._apart
        apart.append(number)
        if len(apart) > SWEEP_FROM and len(apart) > 2 * len(self.entries):
            self._keep_apart()

    def _keep_apart(self) -> None:
        self._apart = [number for number in self._apart if number in self.entries]

    def expire(self, now: float) -> list[InFlight]:
        """Take out and return what has expired by ``now``."""
        self._keep_apart()
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
                self._forget_queue(timeout)
        return expired

    def take_last(self, token: Any) -> InFlight | None:
        """Take out and return the request that was made last, if it is ``token``'s."""
        number = next(reversed(self.entries), None)
        return None if number is None or self.entries[number][0] is not token else self._take(number)

    def _take(self, number: int) -> InFlight:
        return InFlight(*self.entries.pop(number), number)

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
        entries = [InFlight(*entry, number) for number, entry in self.entries.items()]
        self.entries.clear()
        for timeout in list(self._queues):
            self._forget_queue(timeout)
        self._apart = []
        return entries
