"""What a session has to tell beside PDUs: everything that is rare.

A session puts these into its list ``notices``; whoever drives it takes them out and acts on them.
"""

from dataclasses import dataclass, field
from typing import Any

from smppcore.errors import DecodeError, Verdict
from smppcore.pdu import Pdu
from smppcore.state import SessionState


@dataclass(frozen=True, slots=True)
class Ended:
    """A request of ours ended without a good answer: ``error`` is its verdict, ``token`` what it was given."""

    token: Any
    error: Verdict


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """A response that belongs to no request in flight: late, repeated, or under a number that we never used.

    ``request`` is what it answers, where that was given up or cancelled not too long ago.
    """

    response: Pdu
    request: Pdu | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class BadPdu:
    """A PDU of the peer that could not be read. ``answered`` is the status it was answered with, None for no answer."""

    error: DecodeError
    answered: int | None


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A request that the present state does not allow. ``answered`` as in BadPdu."""

    request: Pdu
    state: SessionState
    answered: int | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The connection ended before we had answered this request: the peer may send it again."""

    request: Pdu


@dataclass(frozen=True, slots=True)
class Suspect:
    """So many requests in a row had no answer (setting suspect_after) that we ask with enquire_link who is there."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """The session went from one state into another."""

    before: SessionState
    after: SessionState


@dataclass(frozen=True, slots=True)
class Finished:
    """The connection is to be ended: at once with ``abort``, else after what is queued has been written."""

    reason: str
    abort: bool
    error: DecodeError | None = None


Notice = Ended | LateAnswer | BadPdu | Misplaced | Unanswered | Suspect | StateChange | Finished
