"""Cuts a stream of octets into PDUs (sections 2.4, 3.2.2).

The header is all that is read here. Octets fed = octets in the PDUs handed out + ``tail`` + what came after a
fault; the tests hold it to that.

A PDU that comes in many pieces is collected in one buffer until it is complete: every octet is copied a few times at
most, however small the pieces are.
"""

from typing import Final

from smppcore.constants import HEADER_LENGTH
from smppcore.errors import FramingError, framing_error
from smppcore.reference import HEADER

_OTHER_PROTOCOLS: Final = frozenset({b"GET ", b"POST", b"PUT ", b"HEAD", b"HTTP", b"SSH-", b"EHLO", b"HELO", b"PROX"})

Frame = tuple[bytes, int, int, int]
"""One PDU: its octets, and command_id, command_status and sequence_number out of its header."""


class Framer:
    """Keeps what has arrived of the next PDU.

    ``limit`` is the longest PDU in octets. After a ``fault`` the position in the stream is lost for good: whatever
    follows is only counted, in ``lost``. ``tail`` then holds the octets from the bad command_length on.
    """

    __slots__ = ("_missing", "begun", "fault", "limit", "lost")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.begun: bytes | bytearray = b""
        """``tail`` without a copy, to be looked at only: a buffer that grows while a long PDU comes in pieces."""
        self._missing = 0
        """How many octets the PDU that has begun still needs; 0 while its length is not known."""
        self.fault: FramingError | None = None
        self.lost = 0

    @property
    def tail(self) -> bytes:
        """What has arrived of a PDU that is not complete, or of one whose length cannot be."""
        return bytes(self.begun)

    def feed(self, chunk: bytes) -> list[Frame]:
        """The whole PDUs that these octets complete, in order. Never raises; look at ``fault``."""
        if len(chunk) < self._missing:
            self._collect(chunk)
            return []
        if self.fault is not None:
            self.lost += len(chunk)
            return []
        data = chunk
        if self.begun:
            data, self._missing = bytes(self.begun) + chunk, 0
        frames: list[Frame] = []
        unpack, offset, end, limit = HEADER.unpack_from, 0, len(data), self.limit
        while end - offset >= HEADER_LENGTH:
            length, command_id, command_status, number = unpack(data, offset)
            if not HEADER_LENGTH <= length <= limit:
                break
            stop = offset + length
            if stop > end:
                break
            frames.append((data[offset:stop], command_id, command_status, number))
            offset = stop
        self.begun = tail = data[offset:]
        if len(tail) >= 4:
            length = int.from_bytes(tail[:4], "big")
            if HEADER_LENGTH <= length <= limit:
                self._missing = length - len(tail)
            else:
                self._lose(tail)
        return frames

    def _collect(self, chunk: bytes) -> None:
        """More of a PDU that is not complete with it."""
        if isinstance(self.begun, bytes):
            self.begun = bytearray(self.begun)
        self.begun += chunk
        self._missing -= len(chunk)

    def _lose(self, rest: bytes) -> None:
        text = f"{int.from_bytes(rest[:4], 'big')} is outside {HEADER_LENGTH} to {self.limit}"
        if (rest[:4].isascii() and rest[:4].decode("ascii").isprintable()) or rest[:2] in (b"\r\n", b"\n"):
            # What else begins like text may be the middle of a bind, its password for instance.
            shown = f": {rest[:4]!r}" if rest[:4] in _OTHER_PROTOCOLS else ""
            text += f"; the peer seems to speak another protocol{shown}"
        self.fault = framing_error(rest[:HEADER_LENGTH], text, self.limit)
