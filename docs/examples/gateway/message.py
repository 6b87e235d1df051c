"""A message that somebody gave us to send, and how it changes. Pure: where it is kept is the desk's affair."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Self


class State(StrEnum):
    """Where a message is; of a long one, all its parts in one word."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"


FINAL: Final = frozenset({State.REFUSED, State.UNKNOWN, State.DELIVERED, State.FAILED, State.EXPIRED})
"""Nothing more is to come. Only an unknown message may still become known, by a receipt that came late."""
_ONE_PART_DECIDES: Final = (State.SENT, State.FAILED, State.EXPIRED, State.UNKNOWN)
_KNOWN: Final = (State.DELIVERED, State.FAILED, State.EXPIRED)


def new_id() -> str:
    """An id that nobody can guess."""
    return secrets.token_hex(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """``parts`` has a state for each segment, SENDING where nothing is known of it, and is empty before any is known.

    ``owner`` is the process that is sending it. ``reason`` says why it is in its state, where that needs words.
    ``reports`` counts the states that were reported, so that each report has an id of its own.
    """

    id: str = field(default_factory=new_id)
    to: str
    text: str
    source: str = ""
    reference: str = ""
    lane: str = ""
    created: float = field(default_factory=time.time)
    state: State = State.QUEUED
    owner: str = ""
    parts: tuple[State, ...] = ()
    message_ids: tuple[str, ...] = ()
    reason: str = ""
    reports: int = 0

    # -- on its way out

    def claimed(self, owner: str) -> Self:
        """This process is about to send it. Only what is queued can be claimed, so of several one succeeds."""
        return replace(self, state=State.SENDING, owner=owner) if self.state is State.QUEUED else self

    def put_back(self, owner: str, reason: str) -> Self:
        """Not one octet of it has left: it is sent again, in its place."""
        if not self._is_being_sent_by(owner):
            return self
        return replace(self, state=State.QUEUED, owner="", parts=(), reason=reason)

    def doubtful(self, owner: str, reason: str) -> Self:
        """It may have been sent, and may not."""
        if not self._is_being_sent_by(owner):
            return self
        parts = tuple(State.UNKNOWN if part is State.SENDING else part for part in self.parts)
        return replace(self, state=_overall(parts) or State.UNKNOWN, parts=parts, reason=reason)

    def refused(self, reason: str) -> Self:
        """The carrier did not take any of it, or it cannot be sent at all."""
        return replace(self, state=State.REFUSED, reason=reason)

    def submitted(self, parts: Sequence[State], message_ids: Sequence[str], reason: str) -> Self:
        """The carrier answered. Receipts that were faster than this note keep what they said."""
        heard = self.parts if len(self.parts) == len(parts) else (State.SENDING,) * len(parts)
        merged = tuple(old if old in _KNOWN else new for old, new in zip(heard, parts, strict=True))
        return self._with(merged, message_ids=tuple(message_ids), reason=reason)

    # -- what the receipts say

    def receipted(self, part: int, parts: int, state: State, reason: str = "") -> Self:
        """What became of one part, counted from 1. What is known of a part does not change any more."""
        nothing_heard = State.SENDING if self.state in (State.QUEUED, State.SENDING) else State.UNKNOWN
        heard = list(self.parts or (nothing_heard,) * parts)
        if part > len(heard) or heard[part - 1] in _KNOWN:
            return self
        heard[part - 1] = state
        return self._with(tuple(heard), reason=reason or self.reason)

    def _is_being_sent_by(self, owner: str) -> bool:
        return self.state is State.SENDING and self.owner == owner

    def _with(self, parts: tuple[State, ...], **changes: object) -> Self:
        changed = replace(self, parts=parts, **changes)  # type: ignore[arg-type]
        return replace(changed, state=_overall(parts) or self.state)


def _overall(parts: tuple[State, ...]) -> State | None:
    """The state of a message with these parts; None while some of them are still to be sent."""
    if not parts or State.SENDING in parts:
        return None
    if len(set(parts)) == 1:
        return parts[0]
    if State.REFUSED in parts and State.SENT not in parts:
        return State.FAILED  # of what the carrier has taken without it, nobody can make sense
    return next(state for state in _ONE_PART_DECIDES if state in parts)
