"""What is written into a journal: one value per step, and the words that they are made of."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias


class RecipientVerdict(StrEnum):
    """How sending to one recipient has ended. PARTLY: some segments were taken, and the others certainly not.

    REFUSED: the SMSC took none. UNKNOWN: of one segment at least nobody knows.
    """

    ACCEPTED = "accepted"
    PARTLY = "partly accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class PartVerdict(NamedTuple):
    """What became of one segment: taken under ``message_id``, which may be empty; or not, and why."""

    taken: bool
    message_id: str = ""
    reason: str = ""


def verdict_of(parts: Sequence[PartVerdict]) -> RecipientVerdict:
    """The whole, where each segment was taken or certainly was not."""
    if all(part.taken for part in parts):
        return RecipientVerdict.ACCEPTED
    return RecipientVerdict.PARTLY if any(part.taken for part in parts) else RecipientVerdict.REFUSED


def reason_of(parts: Sequence[PartVerdict]) -> str:
    """The first that something was wrong with."""
    return next((part.reason for part in parts if part.reason), "")


class Outcome(NamedTuple):
    """What became of one recipient: how it ended, why, and each segment; without a verdict not one octet has left."""

    verdict: RecipientVerdict | None
    reason: str = ""
    parts: tuple[PartVerdict, ...] = ()


NOT_SENT: Final = Outcome(None)


class Intend(NamedTuple):
    """It is about to be sent; ``at`` as in all steps in seconds since the epoch. Gives None."""

    row: int
    at: float


class Decide(NamedTuple):
    """It has ended. ``to`` is the number as it was sent. Gives None."""

    row: int
    verdict: RecipientVerdict
    reason: str
    to: str
    parts: tuple[PartVerdict, ...]
    at: float


class TakeBack(NamedTuple):
    """Not one octet of it has left, so that it stands as before. Gives None."""

    row: int


class Receive(NamedTuple):
    """A receipt has come, from ``source``; ``state`` is its word. Gives whether its message is one of ours."""

    message_id: str
    source: str
    state: str
    final: bool
    at: float


Step: TypeAlias = Intend | Decide | TakeBack | Receive
