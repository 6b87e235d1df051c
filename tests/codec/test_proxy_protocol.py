"""PROXY headers: what load balancers send, in pieces of any size, and what nobody should take for one."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.proxy_protocol import (
    LONGEST_V1,
    LONGEST_V2,
    SIGNATURE_V2,
    ProxyHeader,
    ProxyProtocolError,
    crc32c,
    read_proxy_header,
)

# The examples of proxy-protocol.txt, section 2.1.
LINES = {
    b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n": ("255.255.255.255", 65535),
    b"PROXY TCP6 ffff:f:f:f:f:f:f:ffff ::1 65535 1\r\n": ("ffff:f:f:f:f:f:f:ffff", 65535),
    b"PROXY UNKNOWN\r\n": None,
    b"PROXY UNKNOWN ffff:f:f:f:f:f:f:ffff ffff:f:f:f:f:f:f:ffff 65535 65535\r\n": None,
    b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n": ("192.168.0.1", 56324),
}
V4 = bytes((192, 0, 2, 7)) + bytes((10, 0, 0, 1)) + struct.pack(">HH", 40000, 2775)
V6 = ipaddress.ip_address("2001:db8::7").packed + ipaddress.ip_address("2001:db8::1").packed + b"\x9c\x40\x0a\xd7"
NOOP = b"\x04\x00\x02\0\0"


def version_2(body: bytes, command: int = 0x21, family: int = 0x11, length: int | None = None) -> bytes:
    return SIGNATURE_V2 + struct.pack(">BBH", command, family, len(body) if length is None else length) + body


def with_sum(body: bytes, family: int = 0x11) -> bytes:
    """A header with its checksum as the last TLV."""
    whole = version_2(body + b"\x03\x00\x04" + bytes(4), family=family)
    return whole[:-4] + crc32c(whole).to_bytes(4, "big")


BINARY = {
    version_2(V4): ("192.0.2.7", 40000),
    version_2(V4, family=0x12): ("192.0.2.7", 40000),
    version_2(V6, family=0x21): ("2001:db8::7", 40000),
    version_2(V4 + NOOP + b"\x02\x00\x03smc"): ("192.0.2.7", 40000),
    with_sum(V4 + NOOP): ("192.0.2.7", 40000),
    with_sum(V6, family=0x21): ("2001:db8::7", 40000),
    version_2(b"", command=0x20, family=0): None,
    version_2(b"whatever it is", command=0x20, family=0xFF): None,
    version_2(b"", family=0): None,
    version_2(bytes(216), family=0x31): None,
}
HEADERS = {**LINES, **BINARY}


@pytest.mark.parametrize(("octets", "source"), HEADERS.items())
def test_every_form_of_header(octets: bytes, source: tuple[str, int] | None) -> None:
    assert read_proxy_header(octets) == ProxyHeader(source, len(octets))


@given(st.sampled_from(sorted(HEADERS)), st.binary(max_size=40))
def test_in_pieces_of_any_size_and_with_the_client_behind_it(octets: bytes, behind: bytes) -> None:
    for split in range(len(octets)):
        assert read_proxy_header(octets[:split]) is None
    assert read_proxy_header(octets + behind) == ProxyHeader(HEADERS[octets], len(octets))


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 0xFFFF))
def test_any_client_in_both_versions(client: object, server: object, port: int) -> None:
    assert isinstance(client, ipaddress.IPv4Address | ipaddress.IPv6Address)
    kind, family = ("TCP4", 0x11) if client.version == 4 else ("TCP6", 0x21)
    line = f"PROXY {kind} {client} {client} {port} 2775\r\n".encode()
    binary = version_2(client.packed * 2 + struct.pack(">HH", port, 2775), family=family)
    for octets in (line, binary):
        assert read_proxy_header(octets) == ProxyHeader((str(client), port), len(octets))


@given(st.one_of(st.binary(), st.binary().map(SIGNATURE_V2.__add__), st.binary().map(b"PROXY TCP4 ".__add__)))
def test_rubbish_is_an_error_or_not_complete_and_never_an_address_beyond_the_octets(octets: bytes) -> None:
    try:
        header = read_proxy_header(octets)
    except ProxyProtocolError:
        return
    if header is None:
        assert len(octets) < LONGEST_V2
    else:
        assert header.length <= len(octets)


@given(st.sampled_from(sorted(HEADERS)), st.data())
def test_an_error_comes_no_later_with_more_octets(octets: bytes, data: st.DataObject) -> None:
    """What is refused at some length stays refused: a proxy cannot talk itself out of it."""
    place = data.draw(st.integers(0, len(octets) - 1))
    garbled = octets[:place] + bytes((octets[place] ^ data.draw(st.integers(1, 255)),)) + octets[place + 1 :]
    refused = False
    for end in range(len(garbled) + 1):
        try:
            header = read_proxy_header(garbled[:end])
        except ProxyProtocolError:
            refused = True
        else:
            assert not refused
            if header is not None:
                return


WRONG = {
    "no header": b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\1",
    "another protocol": b"GET / HTTP/1.1\r\n",
    "lower case": b"proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
    "two spaces": b"PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
    "too few words": b"PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n",
    "too many words": b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n",
    "no such family": b"PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n",
    "the other family": b"PROXY TCP4 ::1 ::1 1 1\r\n",
    "a zone": b"PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n",
    "leading zeros": b"PROXY TCP4 010.1.1.1 1.1.1.1 1 1\r\n",
    "a bad server": b"PROXY TCP4 1.1.1.1 here 1 1\r\n",
    "a port of five digits": b"PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n",
    "a negative port": b"PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n",
    "a superscript port": "PROXY TCP4 1.1.1.1 1.1.1.1 ² 1\r\n".encode("latin-1"),
    "a line without end": b"PROXY UNKNOWN " + b"x" * LONGEST_V1,
    "an end that comes too late": b"PROXY UNKNOWN " + b"x" * (LONGEST_V1 - 15) + b"\r\n",
    "version 3": version_2(V4, command=0x31),
    "an unknown command": version_2(V4, command=0x22),
    "an unknown family": version_2(V4, family=0x41),
    "an unknown transport": version_2(V4, family=0x13),
    "no transport": version_2(V4, family=0x10),
    "short addresses": version_2(V4[:-1]),
    "IPv4 as IPv6": version_2(V4, family=0x21),
    "too long": version_2(b"", length=LONGEST_V2 - 15),
    "half a TLV": version_2(V4 + b"\x04\x00"),
    "a TLV beyond the end": version_2(V4 + b"\x04\x00\x02\0"),
    "a wrong checksum": with_sum(V4)[:-1] + b"\0",
    "a short checksum": version_2(V4 + b"\x03\x00\x03\0\0\0"),
}


@pytest.mark.parametrize("octets", WRONG.values(), ids=WRONG)
def test_what_is_no_header(octets: bytes) -> None:
    with pytest.raises(ProxyProtocolError):
        read_proxy_header(octets)


def test_the_longest_headers() -> None:
    line = b"PROXY UNKNOWN " + b"x" * (LONGEST_V1 - 16) + b"\r\n"
    assert read_proxy_header(line) == ProxyHeader(None, LONGEST_V1)
    filler = LONGEST_V2 - 16 - len(V4) - 3
    longest = version_2(V4 + b"\x04" + filler.to_bytes(2, "big") + bytes(filler))
    assert read_proxy_header(longest) == ProxyHeader(("192.0.2.7", 40000), LONGEST_V2)


def test_the_checksum_is_the_one_of_the_specification() -> None:
    """RFC 9260 names no vector; these are those of RFC 3720, B.4."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
