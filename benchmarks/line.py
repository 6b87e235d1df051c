"""Connections without sockets: a transport to nowhere, and the octets that ESMEs send."""

import asyncio
from typing import Any, Final

from smppcore import SubmitSm
from smppcore.constants import CommandId
from smppcore.pdu import DeliverSmResp
from smppcore.reference import HEADER

WINDOW: Final = 64


class Line(asyncio.Transport):
    """A transport to nowhere that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """It has no buffer."""

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """It is never open."""

    def answers(self) -> bytes:
        """What an ESME answers to the deliver_sm among what was written."""
        octets, found, offset = b"".join(self.written), [], 0
        self.written.clear()
        while offset < len(octets):
            length, command_id, _, number = HEADER.unpack_from(octets, offset)
            if command_id == CommandId.DELIVER_SM:
                found.append(DeliverSmResp().encode(number))
            offset += length
        return b"".join(found)


def submits(count: int, registered_delivery: int) -> list[bytes]:
    """What an ESME sends, in the pieces in which it arrives: WINDOW messages each, numbered from 2."""
    pdu = SubmitSm(source_addr="12345", registered_delivery=registered_delivery, short_message=b"a" * 100)
    pieces = []
    for first in range(0, count, WINDOW):
        octets = []
        for number in range(first + 2, first + 2 + WINDOW):
            pdu.destination_addr = f"31600{number % 1_000_000:06d}"
            octets.append(pdu.encode(number))
        pieces.append(b"".join(octets))
    return pieces
