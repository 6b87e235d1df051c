"""Made-up TCP/IP packets around the octets of a connection, so that other programs can read them (RFC 791, 8200, 9293).

Everything that a program checks is right: lengths, checksums, sequence and acknowledgement numbers, the handshake.
"""

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from smppcore.tap import Address

FIN: Final = 0x01
SYN: Final = 0x02
PSH: Final = 0x08
ACK: Final = 0x10
LONGEST: Final = 65_000
"""Octets of a connection in one packet; with both headers that is below the 65,535 of IP."""
SMPP_PORT: Final = 2775
_WINDOW: Final = 65_535
_TTL: Final = 64
_TCP: Final = 6


class Way:
    """One direction of a connection, from ``source`` to ``target``; both addresses are of one family."""

    def __init__(self, source: Address, target: Address) -> None:
        self.source = source
        self.target = target
        self.ends = frozenset((source, target))
        ends = ip_address(source[0]), ip_address(target[0])
        self._packed = ends[0].packed + ends[1].packed
        self._ports = struct.pack(">HH", source[1], target[1])
        self._wrap = _ipv4 if ends[0].version == 4 else _ipv6

    def packet(self, sequence: int, acknowledged: int, flags: int, payload: bytes = b"") -> bytes:
        """One packet; the numbers are taken modulo 2**32."""
        numbers = struct.pack(">II", sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF)
        head = self._ports + numbers + struct.pack(">BBH", 5 << 4, flags, _WINDOW)
        length = len(head) + 4 + len(payload)
        pseudo = self._packed + struct.pack(">IHH", length, 0, _TCP)
        checksum = _checksum(pseudo + head + bytes(4) + payload)
        return self._wrap(self._packed, length) + head + checksum + bytes(2) + payload


def ways(local: Address | None, remote: Address | None, number: int, we_listen: bool) -> tuple[Way, Way]:
    """From us to them, and back. Where an end is not known, or is no IP address, it is made up out of loopback
    addresses, so that connection ``number`` is unlike all others.
    """
    known = [_ip(each) for each in (local, remote)]
    version = next((each.version for each in known if each is not None), 4)
    ends = []
    for place, (address, ip) in enumerate(zip((local, remote), known, strict=True)):
        if address is not None and ip is not None and ip.version == version:
            ends.append((str(ip), address[1]))
        else:
            ends.append(_made_up(version, number, server=we_listen == (place == 0)))
    return Way(ends[0], ends[1]), Way(ends[1], ends[0])


def _ip(address: Address | None) -> IPv4Address | IPv6Address | None:
    if address is None:
        return None
    try:
        ip = ip_address(address[0].partition("%")[0])
    except ValueError:
        return None
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


def _made_up(version: int, number: int, *, server: bool) -> Address:
    # 16384 ports, which IANA leaves to whoever wants them, then the next address.
    block, port = divmod(number, 16_384)
    if server:
        return ("127.0.0.1" if version == 4 else "::1", SMPP_PORT)
    if version == 6:
        return (str(IPv6Address(1 + (block << 16))), 49_152 + port)
    return (str(IPv4Address(0x7F00_0001 + block % 0xFFFFFF)), 49_152 + port)


def _ipv4(addresses: bytes, length: int) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0x4000, _TTL, _TCP, 0)
    return head[:10] + _checksum(head + addresses) + addresses


def _ipv6(addresses: bytes, length: int) -> bytes:
    return struct.pack(">IHBB", 6 << 28, length, _TCP, _TTL) + addresses


def _checksum(octets: bytes) -> bytes:
    """The one of RFC 1071: a sum of 16-bit words whose carries are added again, which is a remainder."""
    total = int.from_bytes(octets + b"\0" * (len(octets) % 2), "big")
    folded = total % 0xFFFF if total else 0
    return struct.pack(">H", 0xFFFF - (folded or (0xFFFF if total else 0)))
