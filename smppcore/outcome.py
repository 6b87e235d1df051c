"""What became of a message that the SMSC had taken, as its delivery receipts tell (SMPP 3.4 section 5.2.28)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal

from smppcore.constants import MessageState, RegisteredDelivery
from smppcore.errors import OutcomeUnknown, SmppError, StoreError
from smppcore.receipt import DeliveryReceipt

ASKS_RECEIPT: Final = int(RegisteredDelivery.RECEIPT_MASK | RegisteredDelivery.INTERMEDIATE_NOTIFICATION)
"""The bits of registered_delivery (section 5.2.17) of which one at least is set where a receipt may come."""

PartState = Literal["delivered", "failed", "refused", "unknown"]
OverallState = Literal["delivered", "failed", "partly", "unknown"]

_FAILED: Final = frozenset(
    {
        MessageState.EXPIRED,
        MessageState.DELETED,
        MessageState.UNDELIVERABLE,
        MessageState.REJECTED,
        MessageState.SKIPPED,
    }
)


@dataclass(frozen=True, slots=True)
class PartOutcome:
    """What became of one segment.

    ``state`` is "delivered" or "failed" by its ``receipt``; "refused" where the SMSC did not take it, or it was not
    sent (``error``); "unknown" where the last word was another state than these (such as ACCEPTED), where no receipt
    came in time, where the SMSC gave it no message_id, and where no answer came (``error`` is OutcomeUnknown).
    """

    state: PartState
    receipt: DeliveryReceipt | None = None
    error: SmppError | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all segments of a text, in order."""

    parts: tuple[PartOutcome, ...]

    @property
    def state(self) -> OverallState:
        """All of them in one word.

        "delivered": every part; "failed": one was refused or failed, and none was delivered; "partly": one was refused
        or failed, another was delivered; "unknown": none failed, and of one at least nothing is known.
        """
        states = {part.state for part in self.parts}
        if states == {"delivered"}:
            return "delivered"
        if not states & {"failed", "refused"}:
            return "unknown"
        return "partly" if "delivered" in states else "failed"

    @property
    def delivered(self) -> bool:
        """Whether every segment has reached the handset."""
        return self.state == "delivered"

    @property
    def receipts(self) -> tuple[DeliveryReceipt, ...]:
        """The last receipt of each segment that had one, in order."""
        return tuple(part.receipt for part in self.parts if part.receipt is not None)


UNKNOWN: Final = PartOutcome("unknown")


def outcome_of(receipt: DeliveryReceipt) -> PartOutcome:
    """What a final receipt says of its segment."""
    state = receipt.message_state
    if state == MessageState.DELIVERED:
        return PartOutcome("delivered", receipt)
    return PartOutcome("failed" if state in _FAILED else "unknown", receipt)


class ReceiptWatch:
    """Waits for the outcome of the segments of one text. Whoever matches receipts holds it weakly.

    ``awaited``: of each segment whose receipt is waited for, the id and the key of its record, and its expiry.
    """

    __slots__ = ("__weakref__", "_event", "_parts", "awaited")

    def __init__(self, parts: int) -> None:
        self.awaited: dict[int, tuple[str, str, float]] = {}
        self._parts: list[PartOutcome | None] = [None] * parts
        self._event = asyncio.Event()

    def __len__(self) -> int:
        return len(self._parts)

    def expect(self, part: int, record_id: str, key: str, until: float) -> None:
        """The SMSC has taken a segment, perhaps late or at another attempt: now its receipt is waited for."""
        self.awaited[part] = (record_id, key, until)
        self._parts[part] = None
        self._event.clear()

    def settle(self, part: int, outcome: PartOutcome) -> None:
        """This became of a segment."""
        self.awaited.pop(part, None)
        self._parts[part] = outcome
        if None not in self._parts:
            self._event.set()

    def not_taken(self, part: int, error: SmppError) -> None:
        """``send`` ended with this error for a segment, whatever single attempts have said."""
        now = self._parts[part]
        if not isinstance(error, OutcomeUnknown | StoreError):
            self.settle(part, PartOutcome("refused", error=error))
        elif (now is None and part not in self.awaited) or (now is not None and now.state == "refused"):
            self.settle(part, PartOutcome("unknown", error=error))

    def taken(self, part: int) -> None:
        """``send`` has a response for a segment. No receipt comes where it has no record: a middleware has answered."""
        if self._parts[part] is None and part not in self.awaited:
            self.settle(part, UNKNOWN)

    def lapsed(self, record_id: str) -> None:
        """The record of a segment has expired."""
        for part, (awaited, _, _) in list(self.awaited.items()):
            if awaited == record_id:
                self.settle(part, UNKNOWN)

    def end(self) -> None:
        """No receipt can come any more."""
        for part, outcome in enumerate(self._parts):
            if outcome is None:
                self.settle(part, UNKNOWN)

    async def wait(self, timeout: float | None) -> Outcome:
        """The outcome, once there is one of every segment. Raises TimeoutError after ``timeout`` seconds."""
        async with asyncio.timeout(timeout):
            while True:
                known = tuple(part for part in self._parts if part is not None)
                if len(known) == len(self._parts):
                    return Outcome(known)
                await self._event.wait()


_watched: ContextVar[tuple[ReceiptWatch, int] | None] = ContextVar("smppcore_watched", default=None)
present_watch: Final = _watched.get
"""Which segment of which text is being sent, where somebody may wait for its outcome."""


@contextmanager
def watched(watch: ReceiptWatch | None, part: int) -> Iterator[None]:
    """What begins in here belongs to that segment; so do tasks that begin in here."""
    token = _watched.set(None if watch is None else (watch, part))
    try:
        yield
    finally:
        _watched.reset(token)
