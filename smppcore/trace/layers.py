"""The TCP segment in a captured packet, through the layers that captures of SMPP have around it.

Ethernet with VLAN tags, Linux cooked captures (the interface "any") of both versions, BSD loopback, and raw IP; IPv4
and IPv6. Fragments of IP packets are not put together: TCP avoids them.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from smppcore.tap import Address
from smppcore.trace.pcapng import Packet

NULL, ETHERNET, RAW_OLD, RAW_BSD, RAW, LOOP, COOKED = 0, 1, 12, 14, 101, 108, 113
IPV4_ONLY, IPV6_ONLY, COOKED_2 = 228, 229, 276
_IP: Final = frozenset({0x0800, 0x86DD})
_VLAN: Final = frozenset({0x8100, 0x88A8, 0x9100})
_TCP: Final = 6
_HOP, _ROUTING, _FRAGMENT, _DESTINATION = 0, 43, 44, 60


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment. ``missing``: octets at its end that were not captured (a short snapshot length)."""

    source: Address
    target: Address
    sequence: int
    flags: int
    payload: bytes
    missing: int


def segment_of(packet: Packet) -> Segment | None:
    """The TCP segment in it; None where there is none, or nothing that we can read."""
    try:
        start = _start_of_ip(packet.interface.linktype, packet.octets)
        if start is None:
            return None
        version = packet.octets[start] >> 4
        if version == 4:
            return _ipv4(packet, start)
        return _ipv6(packet, start) if version == 6 else None
    except (IndexError, ValueError):
        return None  # cut off within its headers


def _start_of_ip(linktype: int, octets: bytes) -> int | None:
    """Where the IP header begins; None where the packet is of another kind."""
    if linktype in (RAW, RAW_OLD, RAW_BSD, IPV4_ONLY, IPV6_ONLY):
        return 0
    if linktype in (NULL, LOOP):
        return 4
    if linktype == COOKED:
        return 16 if _number(octets, 14) in _IP else None
    if linktype == COOKED_2:
        return 20 if _number(octets, 0) in _IP else None
    if linktype != ETHERNET:
        return None
    at = 12
    while _number(octets, at) in _VLAN:
        at += 4
    return at + 2 if _number(octets, at) in _IP else None


def _ipv4(packet: Packet, at: int) -> Segment | None:
    octets = packet.octets
    if octets[at + 9] != _TCP or _number(octets, at + 6) & 0x3FFF:
        return None
    # Where the network card cuts packets, their length is 0.
    length = _number(octets, at + 2) or packet.length - at
    source, target = (str(IPv4Address(octets[at + start : at + start + 4])) for start in (12, 16))
    return _tcp(octets, at + (octets[at] & 0x0F) * 4, at + length, source, target)


def _ipv6(packet: Packet, at: int) -> Segment | None:
    octets = packet.octets
    length = _number(octets, at + 4)
    end = at + 40 + length if length else packet.length
    source, target = (str(IPv6Address(octets[at + start : at + start + 16])) for start in (8, 24))
    following, start = octets[at + 6], at + 40
    while following in (_HOP, _ROUTING, _DESTINATION):
        following, start = octets[start], start + (octets[start + 1] + 1) * 8
    return _tcp(octets, start, end, source, target) if following == _TCP else None


def _tcp(octets: bytes, at: int, end: int, source: str, target: str) -> Segment:
    payload = octets[at + (octets[at + 12] >> 4) * 4 : end]
    expected = max(end - at - (octets[at + 12] >> 4) * 4, 0)
    return Segment(
        (source, _number(octets, at)),
        (target, _number(octets, at + 2)),
        int.from_bytes(octets[at + 4 : at + 8], "big"),
        octets[at + 13],
        payload,
        expected - len(payload),
    )


def _number(octets: bytes, at: int) -> int:
    return octets[at] << 8 | octets[at + 1]
