"""One direction of a connection on its way into a trace: passwords, and what else is private, become asterisks.

Every chunk keeps its time, its length and its place. One that ends within a PDU in which something may have to be
masked is held until the rest of that is there; others go on at once.
"""

from collections import deque
from typing import Final

from smppcore.codec import Registry
from smppcore.constants import HEADER_LENGTH
from smppcore.framing import Framer
from smppcore.privacy import Privacy

LONGEST_PDU: Final = 1024 * 1024
"""What announces more than this is taken for no PDU at all."""
_COMMAND: Final = 8
"""Octets of a header up to the end of command_id."""
_STRINGS: Final = 2
"""A bind and an outbind have two C-octet strings up to the end of the password."""

Chunk = tuple[int, bytes]
"""When it came (nanoseconds since the epoch), and its octets."""


class Masker:
    """The chunks of one direction, in and out again.

    Where the frame is lost nobody knows what the octets are, and they may be the middle of a bind: the first sixteen
    are shown, enough to know another protocol by, and asterisks stand for the others. Right behind a bind none is
    shown; and a bind that ends before its password does counts as a lost frame, because the rest may follow it.
    """

    def __init__(self, privacy: Privacy, registry: Registry) -> None:
        self._privacy = privacy
        self._registry = registry
        self._all = privacy.text or privacy.numbers
        self._secret = frozenset(
            command_id
            for command_id, pdu in registry.commands.items()
            if any(name == "password" for name, _ in pdu.layout)
        )
        self._framer = Framer(LONGEST_PDU)
        self._given = 0
        """How many octets of the PDU that has begun have been given out."""
        self._ready = bytearray()
        self._cuts: deque[tuple[int, int]] = deque()
        """Time and length of the chunks that are held, or are being looked at."""
        self._shown = HEADER_LENGTH
        """How many octets may still be shown once the frame is lost."""
        self._lost = False

    @property
    def given(self) -> bytes:
        """What has been given out of a PDU that is not complete."""
        return b"" if self._lost else bytes(self._framer.begun[: self._given])

    def feed(self, time: int, octets: bytes) -> list[Chunk]:
        """The chunks that may go on now."""
        framer = self._framer
        if self._lost:
            return [(time, self._unknown(octets))]
        frames = framer.feed(octets)
        if not self._cuts and not framer.begun and not self._given and not self._hidden(frames):
            return [(time, octets)]  # nearly always
        self._cuts.append((time, len(octets)))
        for frame, command_id, _, _ in frames:
            self._ready += self._masked(frame, command_id)[self._given :]
            self._given = 0
        if self._lost or framer.fault is not None:
            self._lost = True
            self._ready += self._unknown(framer.tail[self._given :])
        elif framer.begun and not self._holds(framer.begun):
            self._ready += framer.begun[self._given :]
            self._given = len(framer.begun)
        return self._cut()

    def flush(self) -> list[Chunk]:
        """The chunks that are still held, because nothing follows; of an incomplete PDU the header is shown."""
        if not self._lost:
            rest = self._framer.tail
            shown = rest[:HEADER_LENGTH] + b"*" * (len(rest) - HEADER_LENGTH)
            self._ready += shown[self._given :]
            self._given = len(rest)
        return self._cut()

    def _hidden(self, frames: list[tuple[bytes, int, int, int]]) -> bool:
        """Whether anything in these has to be masked."""
        secret = self._secret
        return bool(frames) and (self._all or any(frame[1] in secret for frame in frames))

    def _masked(self, frame: bytes, command_id: int) -> bytes:
        if self._lost:
            return self._unknown(frame)
        secret = command_id in self._secret
        self._shown = 0 if secret else HEADER_LENGTH
        self._lost = secret and frame.count(0, HEADER_LENGTH) < _STRINGS
        return self._privacy.mask_octets(frame, self._registry) if secret or self._all else frame

    def _holds(self, begun: bytes | bytearray) -> bool:
        """Whether something in the PDU that has begun may have to be masked."""
        return self._all or len(begun) < _COMMAND or int.from_bytes(begun[4:_COMMAND], "big") in self._secret

    def _unknown(self, octets: bytes) -> bytes:
        shown = octets[: self._shown]
        self._shown -= len(shown)
        return shown + b"*" * (len(octets) - len(shown))

    def _cut(self) -> list[Chunk]:
        """What is ready, in the chunks in which it came."""
        chunks = []
        while self._cuts and self._cuts[0][1] <= len(self._ready):
            time, length = self._cuts.popleft()
            chunks.append((time, bytes(self._ready[:length])))
            del self._ready[:length]
        return chunks
