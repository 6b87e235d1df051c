"""What can be asked of a store that works elsewhere: one value per operation, and what comes of it."""

from typing import NamedTuple, TypeAlias

from smppcore.errors import StoreError
from smppcore.store.record import Record


class Add(NamedTuple):
    """Gives None."""

    record: Record


class Change(NamedTuple):
    """``was`` is the data that it must have; None where it may have any. Gives whether it was there."""

    record: Record
    was: bytes | None


class Find(NamedTuple):
    """Gives those that have not expired at ``now``, as they were added."""

    link: str
    kind: str
    keys: tuple[str, ...]
    now: float


class Remove(NamedTuple):
    """Gives what was taken out."""

    link: str
    ids: tuple[str, ...]


class Expired(NamedTuple):
    """Gives what has expired, the earliest first; it is taken out, or out of sight ``until`` then."""

    link: str
    now: float
    limit: int
    until: float | None


class Count(NamedTuple):
    """Gives a number."""

    link: str
    kind: str


Operation: TypeAlias = Add | Change | Find | Remove | Expired | Count
Outcome: TypeAlias = bool | int | list[Record] | StoreError | None
WRITES = (Add, Change, Remove, Expired)
CLAIMS = (Remove, Expired)
"""What they give was taken out, and goes back where nobody waits for it any more."""
