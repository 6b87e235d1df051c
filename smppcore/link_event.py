"""What a link has to tell of itself."""

from dataclasses import dataclass
from enum import StrEnum

from smppcore.backoff import Failure


class LinkState(StrEnum):
    """Whether a link can send just now. DOWN: it waits before the next attempt to bind, or was not started yet."""

    DOWN = "down"
    CONNECTING = "connecting"
    UP = "up"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """A link has come into ``state``.

    ``reason`` says why in words. Where something failed, ``failure`` is the kind of it and ``error`` the exception;
    ``wait`` is how many seconds a link that is DOWN will wait, ``attempt`` the number of this attempt to bind since the
    link last had a bind that lasted, from 1 on. A link of several binds tells of each of them, by its name in ``bind``,
    and then, with an empty one, of itself.
    """

    state: LinkState
    reason: str = ""
    failure: Failure | None = None
    wait: float = 0.0
    error: Exception | None = None
    attempt: int = 0
    bind: str = ""
