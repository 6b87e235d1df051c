"""Cuts a stream of octets into PDUs (sections 2.4, 3.2.2).

The header is all that is read here. Octets fed = octets in the PDUs handed out + ``tail`` + what came after a
fault; the tests hold it to that.
"""

from smppcore.constants import HEADER_LENGTH
from smppcore.errors import FramingError, framing_error
from smppcore.reference import HEADER

Frame = tuple[bytes, int, int, int]
"""One PDU: its octets, and command_id, command_status and sequence_number out of its header."""


class Framer:
    """Keeps what has arrived of the next PDU.

    ``limit`` is the longest PDU in octets. After a ``fault`` the position in the stream is lost for good: whatever
    follows is only counted, in ``lost``. ``tail`` then holds the octets from the bad command_length on.
    """

    __slots__ = ("fault", "limit", "lost", "tail")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tail = b""
        self.fault: FramingError | None = None
        self.lost = 0

    def feed(self, chunk: bytes) -> list[Frame]:
        """The whole PDUs that these octets complete, in order. Never raises; look at ``fault``."""
        if self.fault is not None:
            self.lost += len(chunk)
            return []
        data = self.tail + chunk if self.tail else chunk
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
        self.tail = tail = data[offset:]
        if len(tail) >= 4 and not HEADER_LENGTH <= int.from_bytes(tail[:4], "big") <= limit:
            self._lose(tail)
        return frames

    def _lose(self, rest: bytes) -> None:
        text = f"{int.from_bytes(rest[:4], 'big')} is outside {HEADER_LENGTH} to {self.limit}"
        if (rest[:4].isascii() and rest[:4].decode("ascii").isprintable()) or rest[:2] in (b"\r\n", b"\n"):
            text += f"; the peer seems to speak another protocol: {rest[:16]!r}"
        self.fault = framing_error(rest[:HEADER_LENGTH], text, self.limit)
