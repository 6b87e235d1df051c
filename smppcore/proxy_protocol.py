"""The PROXY protocol, versions 1 and 2: what a load balancer says about the client before the client's first octet.

Octets in, an address out. An Smsc expects it only where it is told to, and only from addresses that it trusts: anyone
else could claim any address. Sections are those of proxy-protocol.txt, as HAProxy publishes it.
"""

import ipaddress
import struct
from typing import Final, NamedTuple

SIGNATURE_V1: Final = b"PROXY "
SIGNATURE_V2: Final = b"\r\n\r\n\x00\r\nQUIT\n"
LONGEST_V1: Final = 107
"""Octets of the longest line of version 1, CR LF included (section 2.1)."""
START_V2: Final = 16
LONGEST_V2: Final = START_V2 + 4096
"""The format allows 64 KiB; addresses and the TLVs in use, certificates included, are far below this."""

_LOCAL: Final = 0x20
_PROXY: Final = 0x21
_ADDRESS_OCTETS: Final = {0x00: 0, 0x11: 4, 0x12: 4, 0x21: 16, 0x22: 16, 0x31: 108, 0x32: 108}
"""By address family and transport: octets of one address. Anything else must be rejected (section 2.2)."""
_WITH_PORTS: Final = frozenset({0x11, 0x12, 0x21, 0x22})
_CRC32C: Final = 0x03
_POLYNOMIAL: Final = 0x82F63B78


class ProxyProtocolError(ValueError):
    """What should be a PROXY header is none; the connection ends, because nobody knows who is behind it."""


class ProxyHeader(NamedTuple):
    """``source`` is host and port of the client, None where the proxy speaks for itself (LOCAL) or does not know.

    ``length`` is the number of octets of the header: what follows belongs to the client.
    """

    source: tuple[str, int] | None
    length: int


def read_proxy_header(octets: bytes) -> ProxyHeader | None:
    """The header at the start of these octets, None while it is not complete. Raises ProxyProtocolError."""
    if octets and octets[:12] == SIGNATURE_V2[: len(octets)]:
        return _version_2(octets) if len(octets) >= START_V2 else None
    if octets[:6] == SIGNATURE_V1[: len(octets)]:
        return _version_1(octets)
    raise ProxyProtocolError("no PROXY header: its signature is missing")


# -- version 1, section 2.1


def _version_1(octets: bytes) -> ProxyHeader | None:
    line, end, _ = octets[:LONGEST_V1].partition(b"\r\n")
    if not end:
        if len(octets) >= LONGEST_V1:
            raise ProxyProtocolError(f"a PROXY line of more than {LONGEST_V1} octets")
        return None
    words = line.decode("ascii", "replace").split(" ")
    if words[1] == "UNKNOWN":
        return ProxyHeader(None, len(line) + 2)
    if len(words) != 6 or words[1] not in ("TCP4", "TCP6"):
        raise ProxyProtocolError("not a PROXY line of version 1")
    version = 4 if words[1] == "TCP4" else 6
    source, _ = (_address(words[2], words[4], version), _address(words[3], words[5], version))
    return ProxyHeader(source, len(line) + 2)


def _address(host: str, port: str, version: int) -> tuple[str, int]:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ProxyProtocolError(f"{host!r} is no address") from None
    if address.version != version or "%" in host:
        raise ProxyProtocolError(f"{host!r} is no address of IPv{version}")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 0xFFFF):
        raise ProxyProtocolError(f"{port!r} is no port")
    return str(address), int(port)


# -- version 2, section 2.2


def _version_2(octets: bytes) -> ProxyHeader | None:
    command, family, length = struct.unpack_from(">BBH", octets, 12)
    if command not in (_LOCAL, _PROXY):
        raise ProxyProtocolError(f"version and command 0x{command:02X} of a PROXY header are not known")
    end = START_V2 + length
    if end > LONGEST_V2:
        raise ProxyProtocolError(f"a PROXY header of {end} octets, limit {LONGEST_V2}")
    if command == _PROXY and family not in _ADDRESS_OCTETS:
        raise ProxyProtocolError(f"family and transport 0x{family:02X} of a PROXY header are not known")
    if len(octets) < end:
        return None
    if command == _LOCAL or not _ADDRESS_OCTETS[family]:
        return ProxyHeader(None, end)
    return ProxyHeader(_source(octets[:end], family), end)


def _source(header: bytes, family: int) -> tuple[str, int] | None:
    size = _ADDRESS_OCTETS[family]
    with_ports = family in _WITH_PORTS
    tlvs = START_V2 + 2 * size + (4 if with_ports else 0)
    if len(header) < tlvs:
        raise ProxyProtocolError(f"a PROXY header of {len(header)} octets, too short for its addresses")
    _check_tlvs(header, tlvs)
    if not with_ports:
        return None  # a client that came to the proxy through a Unix socket
    host = ipaddress.ip_address(header[START_V2 : START_V2 + size])
    (port,) = struct.unpack_from(">H", header, START_V2 + 2 * size)
    return str(host), port


def _check_tlvs(header: bytes, offset: int) -> None:
    """TLVs fill the rest of the header (section 2.2.1); a checksum among them must be right (2.2.3)."""
    while offset < len(header):
        if len(header) - offset < 3:
            raise ProxyProtocolError("a PROXY header that ends within a TLV")
        kind, length = struct.unpack_from(">BH", header, offset)
        offset += 3
        if len(header) - offset < length:
            raise ProxyProtocolError("a PROXY header that ends within a TLV")
        if kind == _CRC32C:
            _check_sum(header, offset, length)
        offset += length


def _check_sum(header: bytes, offset: int, length: int) -> None:
    if length != 4:
        raise ProxyProtocolError(f"a checksum of {length} octets in a PROXY header")
    without = header[:offset] + bytes(4) + header[offset + 4 :]
    if crc32c(without) != int.from_bytes(header[offset : offset + 4], "big"):
        raise ProxyProtocolError("the checksum of a PROXY header is wrong")


def crc32c(octets: bytes) -> int:
    """CRC32c (RFC 9260, appendix A), bit by bit: a header has few octets, and few headers have a checksum."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
