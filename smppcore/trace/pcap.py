"""Captures of tcpdump and Wireshark, whichever of the two formats they have (pcap: draft-ietf-opsawg-pcap)."""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from smppcore.trace.pcapng import BadCapture, Interface, Packet, Statement, read_pcapng

_MAGIC: Final = {0xA1B2C3D4: 1_000_000, 0xA1B23C4D: 1_000_000_000}
"""How a file begins, in either order of octets, and how many units of its time a second has."""
_SECTION: Final = b"\n\r\r\n"
_LONGEST: Final = 64 * 1024 * 1024


def read_packets(file: BinaryIO) -> Iterator[Packet | Statement]:
    """The packets of a file, in its order. Raises BadCapture where it is none or is broken, after all before that."""
    start = file.read(4)
    file.seek(0)
    return read_pcapng(file) if start == _SECTION else _read_pcap(file)


def _read_pcap(file: BinaryIO) -> Iterator[Packet]:
    head = file.read(24)
    if len(head) < 24:
        raise BadCapture("octet 0: no capture")
    order, units = _order(head)
    # The upper bits of the link type say something about the check sequence of frames.
    interface = Interface(struct.unpack(order + "I", head[20:])[0] & 0xFFFF, units)
    at = 24
    while record := file.read(16):
        if len(record) < 16:
            raise BadCapture(f"octet {at}: the file ends within a packet")
        seconds, part, captured, length = struct.unpack(order + "IIII", record)
        if captured > _LONGEST:
            raise BadCapture(f"octet {at}: {captured} octets are no length of a packet")
        octets = file.read(captured)
        if len(octets) < captured:
            raise BadCapture(f"octet {at}: the file ends within a packet")
        yield Packet(seconds * 1_000_000_000 + part * (1_000_000_000 // units), octets, interface, length)
        at += 16 + captured


def _order(head: bytes) -> tuple[str, int]:
    for order in "<>":
        units = _MAGIC.get(struct.unpack(order + "I", head[:4])[0])
        if units is not None:
            return order, units
    raise BadCapture("octet 0: no capture")
