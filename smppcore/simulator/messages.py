"""The messages that a simulator keeps, with a bound, and when each reaches its final state.

Pure: time comes in as an argument, and nothing here knows of connections.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from smppcore.address import Address
from smppcore.constants import MessageState, RegisteredDelivery

PENDING: Final = frozenset({MessageState.SCHEDULED, MessageState.ENROUTE})
SWEEP_FROM: Final = 256
"""Below that many, what was cancelled stays among the deadlines until its time comes."""


@dataclass(slots=True, eq=False)
class StoredMessage:
    """One message to one destination. ``account`` is the system_id that submitted it; times are seconds since 1970.

    ``owed`` says that a receipt is due and has not been taken by an ESME yet; ``reference`` is the
    user_message_reference of the ESME, None where it gave none.
    """

    message_id: str
    account: str
    source: Address
    destination: Address
    service_type: str
    registered_delivery: int
    esm_class: int
    data_coding: int
    short_message: bytes
    submitted: float
    reference: int | None = None
    state: int = MessageState.ENROUTE
    finished: float = 0.0
    owed: bool = False

    @property
    def pending(self) -> bool:
        """Whether it can still be cancelled or replaced."""
        return self.state in PENDING

    def finish(self, state: int, date: float) -> None:
        """Reach a final state; a receipt is owed if the ESME asked for one of that kind (section 5.2.17)."""
        self.state = state
        self.finished = date
        wanted = self.registered_delivery & RegisteredDelivery.RECEIPT_MASK
        delivered = state == MessageState.DELIVERED
        self.owed = (
            wanted == RegisteredDelivery.RECEIPT
            or (wanted == RegisteredDelivery.RECEIPT_ON_FAILURE and not delivered)
            or (wanted == RegisteredDelivery.RECEIPT_ON_SUCCESS and delivered)
        )


class Messages:
    """Messages by message_id, at most ``capacity``. A submit_multi has one id for all its destinations."""

    def __init__(self, capacity: int, started: float) -> None:
        self.capacity = capacity
        # The start of the simulator, in microseconds, is in every id, so that a restarted one does not repeat them.
        start = int(started * 1e6) & 0xFFFFFFFFFFFF
        self._ids = (f"{start:012x}{number:08x}" for number in itertools.count(1))
        self._by_id: dict[str, list[StoredMessage]] = {}
        self._count = 0
        self._done: deque[StoredMessage] = deque()
        self._due: list[tuple[float, int, StoredMessage]] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[StoredMessage]:
        return itertools.chain.from_iterable(self._by_id.values())

    def new_id(self) -> str:
        """A message_id that was never given before."""
        return next(self._ids)

    def make_room(self, count: int) -> bool:
        """Forget what has been done with for longest, until ``count`` more fit; False where that is not enough."""
        done = self._done
        while done and self._count + count > self.capacity:
            self._forget(done.popleft())
        return self._count + count <= self.capacity

    def _forget(self, message: StoredMessage) -> None:
        same_id = self._by_id[message.message_id]
        same_id.remove(message)
        if not same_id:
            del self._by_id[message.message_id]
        self._count -= 1

    def add(self, message: StoredMessage, due: float) -> None:
        """Keep a message, which reaches its final state at ``due``, by any clock that does not go back."""
        self._by_id.setdefault(message.message_id, []).append(message)
        self._count += 1
        heapq.heappush(self._due, (due, next(self._order), message))
        if len(self._due) > 2 * self._count + SWEEP_FROM:
            self._due = [entry for entry in self._due if entry[2].pending]
            heapq.heapify(self._due)

    def find(self, message_id: str, account: str, source: str) -> list[StoredMessage]:
        """The messages with that id, if account and source address agree (sections 4.8 to 4.10)."""
        found = self._by_id.get(message_id, ())
        return [message for message in found if message.account == account and message.source.addr == source]

    def find_pending(self, account: str, source: str, destination: str, service_type: str) -> list[StoredMessage]:
        """What a cancel_sm without message_id means: all that are pending between these two (section 4.9)."""
        found = [
            (due, order, message)
            for due, order, message in self._due
            if message.pending
            and message.account == account
            and message.source.addr == source
            and message.destination.addr == destination
            and service_type in ("", message.service_type)
        ]
        return [message for _, _, message in sorted(found)]

    def finish(self, message: StoredMessage, state: int, date: float) -> None:
        """Bring a pending message into a final state; it can be forgotten from now on, unless a receipt is owed."""
        message.finish(state, date)
        if not message.owed:
            self._done.append(message)

    def settle(self, message: StoredMessage) -> None:
        """Its receipt is not owed any more: it has been taken, or refused for good."""
        message.owed = False
        self._done.append(message)

    def tick(self, now: float, date: float) -> list[StoredMessage]:
        """The messages that have been delivered by ``now``, in the order of their times; ``date`` goes into them."""
        delivered = []
        while self._due and self._due[0][0] <= now:
            _, _, message = heapq.heappop(self._due)
            if message.pending:
                self.finish(message, MessageState.DELIVERED, date)
                delivered.append(message)
        return delivered

    def next_deadline(self) -> float:
        """When tick has something to do; infinite if nothing is pending."""
        return self._due[0][0] if self._due else float("inf")
