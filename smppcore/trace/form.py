"""What a form of trace, pcapng or JSON lines, has to do: the contract between it and the trace."""

from dataclasses import dataclass
from typing import Protocol

from smppcore.state import Role
from smppcore.tap import Address


@dataclass(frozen=True, slots=True)
class About:
    """One recorded connection: ``number`` counts from 1 within a trace, ``live`` tells that it was there before."""

    number: int
    link: str
    bind: str
    role: Role
    local: Address | None
    remote: Address | None
    live: bool = False


@dataclass(frozen=True, slots=True)
class Loss:
    """How many octets of connections have not been recorded, and why."""

    octets: int
    reason: str


class Line(Protocol):
    """One connection in a trace. Each method returns what is to be written, and is called in the order of events."""

    def begin(self, time: int, given: tuple[bytes, bytes], loss: Loss | None, again: bool) -> bytes:
        """The connection is for the first time in this file, or here again after a loss.

        ``given`` are the octets, sent and received, that have been recorded of a PDU that is not complete.
        """

    def chunk(self, time: int, sent: bool, octets: bytes) -> bytes:
        """These octets were written or read."""

    def skip(self, sent: bool, octets: bytes) -> None:
        """These octets were written or read, and are lost to the trace."""

    def end(self, time: int, reason: str, over: bool) -> bytes:
        """Recording ends, because the connection is ``over`` or because the tap was taken off."""


class Form(Protocol):
    """How a file is written."""

    suffix: str

    def beginning(self, time: int, loss: Loss | None) -> bytes:
        """What stands in front in each file; ``loss`` is what no file has."""

    def lost(self, time: int, loss: Loss) -> bytes:
        """A note within a file that something is missing here."""

    def line(self, about: About) -> Line:
        """A connection to be recorded."""
