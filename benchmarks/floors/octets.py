"""The PDUs of floors and far ends, by hand."""

from struct import Struct
from typing import Final

from benchmarks.work import LONGEST_SHORT_MESSAGE

HEADER: Final = Struct(">IIII")
BIND_TRANSCEIVER: Final = 9
BINDS: Final = (1, 2, BIND_TRANSCEIVER)
SUBMIT_SM: Final = 4
UNBIND: Final = 6
RESPONSE: Final = 0x80000000
BODY_OF_BIND: Final = b"smppclient1\0password\0\0\x34\0\0\0"


def text_of(size: int) -> bytes:
    """How a submit_sm ends: sm_length and short_message, or message_payload."""
    if size <= LONGEST_SHORT_MESSAGE:
        return b"%c%b" % (size, b"a" * size)
    return b"\0\4\x24%b%b" % (size.to_bytes(2, "big"), b"a" * size)


def submit_sm(sequence_number: int, destination: bytes, text: bytes) -> bytes:
    header = HEADER.pack(37 + len(destination) + len(text), SUBMIT_SM, 0, sequence_number)
    return b"%b\0\1\1%b\0\1\1%b\0\0\0\0\0\0\0\0\0\0%b" % (header, b"12345", destination, text)


def bind(sequence_number: int = 1) -> bytes:
    return HEADER.pack(16 + len(BODY_OF_BIND), BIND_TRANSCEIVER, 0, sequence_number) + BODY_OF_BIND
