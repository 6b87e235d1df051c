"""The messages that a simulator keeps, with a bound, and which of them is next to take a step.

Nothing here knows of connections. Plain messages stay among the ``arrivals`` until somebody asks about any message, or
one that is not plain comes; then all of them are taken in. Those that take the same time come due in the order in which
they came: they wait in a queue. All others wait in a heap.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from smppcore.simulator.arrivals import NUMBER, Arrivals, Entry
from smppcore.simulator.life_cycle import (
    DELETED,
    DELIVERED,
    ENROUTE,
    PENDING_UP_TO,
    STATES,
    Notification,
    StoredMessage,
)

SWEEP_FROM: Final = 256
"""Below that many, what was cancelled stays among the deadlines until its time comes."""
FORGET_AT_ONCE: Final = 256
"""One message in so many of the capacity is forgotten in one go, if it is plain."""
_NEVER: Final = float("inf")
Step = StoredMessage | Notification
"""A message that has reached its final state, or one that is still on its way and wants that told."""


class Messages:
    """Messages by message_id, at most ``capacity``. A submit_multi has one id for all its destinations.

    ``now`` tells the time where arrivals are asked about; ``arm`` is called with the time at which ``tick`` has to be
    called for some that were taken in.
    """

    def __init__(
        self, capacity: int, now: Callable[[], float] = lambda: 0.0, arm: Callable[[float], None] = lambda when: None
    ) -> None:
        self.capacity = capacity
        self.arrivals = Arrivals(now)
        self.taken_in = 0
        """How many have been taken out of the arrivals so far."""
        self.room = capacity
        """How many fit beside those that are no arrivals."""
        self._arm = arm
        self._now = now
        self._states = [0] * STATES
        self._opened: dict[int, StoredMessage] = {}
        self.on_forget: Callable[[StoredMessage], None] | None = None
        """Called with each message that is forgotten, to make room for others."""
        self._by_id: dict[str, StoredMessage | list[StoredMessage]] = {}
        self._done: deque[StoredMessage] = deque()
        self._queue: deque[StoredMessage] = deque()
        self._times: deque[float] = deque()
        self._last = 0.0
        self._heap: list[tuple[float, int, StoredMessage]] = []
        self._order = itertools.count()

    @property
    def count(self) -> int:
        """How many there are beside the arrivals."""
        return self.capacity - self.room

    @property
    def states(self) -> list[int]:
        """How many have reached each final state so far, the forgotten ones included."""
        states = self._states.copy()
        states[DELIVERED] += self.arrivals.forgotten + self.arrivals.delivered
        return states

    def take_in(self) -> None:
        """Make messages of all arrivals; whoever finds them from now on finds the same ones."""
        arrivals = self.arrivals
        entries, owed, now = arrivals.entries, arrivals.owed, self._now()
        if not entries:
            return
        waiting = {entry[NUMBER] for entry in arrivals.waiting}
        arrivals.waiting.clear()
        self.taken_in += len(entries)
        pending = False
        while entries:
            number = entries[0][NUMBER]
            message = arrivals.stored(entries.popleft())
            if message.ends > now or number in waiting:
                self._keep(message)
                self._enqueue(message)
                pending = True
            else:
                self._keep(message)
                message.finish(DELIVERED, message.ends)
                self._states[DELIVERED] += 1
                message.owed = number in owed
                if message.owed:
                    self._opened[number] = message
                else:
                    self._done.append(message)
            owed.discard(number)
        if pending:
            self._arm(self.next_deadline())

    def __len__(self) -> int:
        return self.count + len(self.arrivals.entries)

    def __iter__(self) -> Iterator[StoredMessage]:
        self.take_in()
        for found in self._by_id.values():
            if isinstance(found, list):
                yield from found
            else:
                yield found

    def __reversed__(self) -> Iterator[StoredMessage]:
        """The latest first. Arrivals are shown as they are now, and stay what they are: a look costs little."""
        arrivals, now = self.arrivals, self._now()
        for entry in reversed(arrivals.entries):
            yield arrivals.look(entry, now)
        for found in reversed(self._by_id.values()):
            if isinstance(found, list):
                yield from reversed(found)
            else:
                yield found

    def make_room(self, count: int) -> bool:
        """Forget what has been done with for longest, until ``count`` more fit; False where that is not enough."""
        over = len(self) + count - self.capacity
        if over > 0 and not self._done:
            self.arrivals.forget(over, self.capacity // FORGET_AT_ONCE)
            over = len(self) + count - self.capacity
        if over > 0:
            over -= self._forget_done(over)
            if over > 0 and self.arrivals.entries:
                self.take_in()
                over -= self._forget_done(over)
        return over <= 0

    def is_full(self) -> bool:
        """Whether there is no room for another one, whatever is forgotten."""
        return not self.make_room(1)

    def _forget_done(self, most: int) -> int:
        count = min(most, len(self._done))
        for _ in range(count):
            self._forget(self._done.popleft())
        return count

    def _forget(self, message: StoredMessage) -> None:
        same_id = self._by_id[message.message_id]
        if isinstance(same_id, list) and len(same_id) > 1:
            same_id.remove(message)
        else:
            del self._by_id[message.message_id]
        self.room += 1
        if self.on_forget is not None:
            self.on_forget(message)

    def add(self, message: StoredMessage) -> None:
        """Keep a message, to which something happens when it is ``due``."""
        self.keep(message)
        self.schedule(message)

    def add_plain(self, message: StoredMessage) -> None:
        """As add, for one that takes as long as those before it."""
        self.keep(message)
        self._enqueue(message)

    def _enqueue(self, message: StoredMessage) -> None:
        if message.due >= self._last or not self._times:
            self._last = message.due
            self._queue.append(message)
            self._times.append(message.due)
        else:  # the delay has become shorter
            self.schedule(message)

    def keep(self, message: StoredMessage) -> None:
        """Keep a message, to which nothing happens until it is scheduled."""
        self.take_in()  # those that came before it
        self._keep(message)

    def _keep(self, message: StoredMessage) -> None:
        if self._by_id.setdefault(message.message_id, message) is not message:
            self._keep_another(message)
        self.room -= 1

    def _keep_another(self, message: StoredMessage) -> None:
        """Keep a message whose id another one has."""
        found = self._by_id[message.message_id]
        if isinstance(found, list):
            found.append(message)
        else:
            self._by_id[message.message_id] = [found, message]

    def schedule(self, message: StoredMessage) -> None:
        """Let ``tick`` find it when it is due; what it was scheduled for before does not count any more."""
        heapq.heappush(self._heap, (message.due, next(self._order), message))

    def restore(self, message: StoredMessage) -> None:
        """Keep a message from an earlier life: pending ones go on, the others may be asked for."""
        if message.pending:
            self.add(message)
            return
        self.keep(message)
        if not message.owed:
            self._done.append(message)

    def find(self, message_id: str, account: str, source: str) -> list[StoredMessage]:
        """The messages with that id, if account and source address agree (sections 4.8 to 4.10)."""
        found = self.all_of(message_id)
        return [message for message in found if message.account == account and message.request.source_addr == source]

    def all_of(self, message_id: str) -> list[StoredMessage]:
        """The messages with that id, whoever asks."""
        self.take_in()
        found = self._by_id.get(message_id, [])
        return found if isinstance(found, list) else [found]

    def find_pending(
        self, account: str, source: str, destination: str, service_type: str | None
    ) -> list[StoredMessage]:
        """All that are pending between these two, in the order in which they came; None is any service_type.

        That is what a cancel_sm without message_id means (section 4.9), and what replace_if_present_flag looks for.
        """
        return [
            message
            for message in self
            if message.pending
            and message.account == account
            and message.request.source_addr == source
            and message.request.destination_addr == destination
            and service_type in (None, message.request.service_type)
        ]

    def finish(self, message: StoredMessage, state: int, date: float) -> None:
        """Bring a pending message into a final state; it can be forgotten from now on, unless a receipt is owed."""
        message.finish(state, date)
        self._states[state] += 1
        if not message.owed:
            self._done.append(message)
        self._sweep()

    def discard(self, message: StoredMessage) -> None:
        """Take out a pending message as if it had never come, because another takes its place."""
        message.state = DELETED
        self._forget(message)
        self._sweep()

    def settle(self, message: StoredMessage) -> None:
        """Its receipt is not owed any more: it has been taken, or refused for good."""
        message.owed = False
        found = self._by_id.get(message.message_id, ())
        if found is message or (isinstance(found, list) and message in found):  # else it was cleared away meanwhile
            self._done.append(message)

    def settle_arrival(self, number: int) -> None:
        """As settle, for one that was an arrival when its receipt left."""
        owed = self.arrivals.owed
        if number in owed:
            owed.remove(number)
        elif number in self._opened:
            self.settle(self._opened.pop(number))

    def open_arrival(self, entry: Entry) -> StoredMessage:
        """The message of an arrival whose receipt is due."""
        message = self._opened.get(entry[NUMBER]) or self.arrivals.stored(entry)
        if message.pending:
            message.finish(DELIVERED, message.ends)
        return message

    def _sweep(self) -> None:
        """Drop what was finished before its time, if there is more of it than of the rest."""
        if len(self._queue) + len(self._heap) > 2 * self.count + SWEEP_FROM:
            kept = [(due, each) for due, each in zip(self._times, self._queue, strict=True) if each.pending]
            self._times = deque(due for due, _ in kept)
            self._queue = deque(each for _, each in kept)
            self._heap = [entry for entry in self._heap if entry[2].pending]
            heapq.heapify(self._heap)

    def tick(self, now: float) -> list[Step]:
        """What has happened by ``now``, in the order of the times, but for the arrivals: these have ``due``."""
        steps: list[Step] = []
        times, queue, heap = self._times, self._queue, self._heap
        done, states = self._done, self._states
        while True:
            if times and times[0] <= now and (not heap or times[0] <= heap[0][0]):
                times.popleft()
                message = queue.popleft()
            elif heap and heap[0][0] <= now:
                message = heapq.heappop(heap)[2]
            else:
                return steps
            if message.state > PENDING_UP_TO or message.due > now:
                continue  # it was finished or scheduled anew
            if message.due < message.ends:
                steps.append(Notification(message, ENROUTE, message.due))
                message.due = message.ends
                self.schedule(message)
                continue
            message.finish(message.outcome, message.ends)
            states[message.outcome] += 1
            if not message.owed:
                done.append(message)
            steps.append(message)

    def next_deadline(self) -> float:
        """When tick has something to do, arrivals left aside; infinite if nothing is pending."""
        first = self._times[0] if self._times else _NEVER
        return min(first, self._heap[0][0]) if self._heap else first

    def clear(self) -> None:
        """Forget everything, the counters included; ``on_forget`` is not called."""
        for each in (self._by_id, self._done, self._queue, self._times, self._heap):
            each.clear()
        self.arrivals.clear()
        self._opened.clear()
        self.room, self.taken_in = self.capacity, 0
        self._states = [0] * STATES
