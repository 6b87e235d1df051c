"""Segments of long messages as they are kept in a store: one record for each, and one for a message that is whole."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, Self

from smppcore.errors import StoreError

PART: Final = "part"
"""The kind of these records."""
_VERSION: Final = 1

State = Literal["part", "wanted", "whole", "done"]


class Part(NamedTuple):
    """One segment: the id of its record, when it came (seconds since the epoch), and its PDU in octets (Latin-1)."""

    id: str
    arrived: float
    pdu: str

    @property
    def octets(self) -> bytes:
        """The PDU."""
        return self.pdu.encode("latin-1")


@dataclass(frozen=True, slots=True)
class KeptParts:
    """The data of a record: a segment ("part"), one whose message somebody wants to hand over ("wanted"), all that
    there is of a message that somebody is handing over ("whole"), or one that was handed over ("done").

    The record of a whole message is that of its first segment. ``complete``: no segment of it is missing. ``tries``:
    how often it was handed over in vain.
    """

    state: State
    parts: tuple[Part, ...]
    complete: bool = False
    tries: int = 0

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From the data of a record. Raises StoreError for those of a later version of this library."""
        version, *fields = json.loads(data)
        if version != _VERSION:
            raise StoreError(f"a record of a segment has version {version}, this is version {_VERSION}")
        state, parts, complete, tries = fields
        return cls(state, tuple(Part(*part) for part in parts), complete, tries)

    def write(self) -> bytes:
        """As the data of a record: JSON, a list that begins with the version."""
        return json.dumps((_VERSION, self.state, self.parts, self.complete, self.tries)).encode()

    @classmethod
    def single(cls, part: Part) -> Self:
        """A segment that has come."""
        return cls("part", (part,))

    def wanted(self) -> Self:
        """Somebody has found its message complete."""
        return replace(self, state="wanted")

    @property
    def is_new(self) -> bool:
        """Whether it is a segment that nobody has handed over."""
        return self.state in ("part", "wanted")

    @classmethod
    def whole(cls, parts: Iterable[Part], complete: bool) -> Self:
        """A message that is about to be handed over."""
        return cls("whole", tuple(parts), complete)

    def done(self) -> Self:
        """It has been handed over."""
        return replace(self, state="done", tries=0)

    def tried(self) -> Self:
        """It was handed over in vain once more."""
        return replace(self, tries=self.tries + 1)
