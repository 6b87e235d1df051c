"""pcapng as far as traces need it: the blocks that are written, and those that are read (draft-ietf-opsawg-pcapng).

Written are the blocks of section 4.1 (section header), 4.2 (interface), 4.3 (packet, nanoseconds) and 4.6 (interface
statistics, which is where the format says what is missing). Read are captures of other programs too: either order of
octets, any resolution of time, several sections and interfaces, simple and obsolete packet blocks.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

SECTION: Final = 0x0A0D0D0A
INTERFACE: Final = 1
OLD_PACKET: Final = 2
SIMPLE_PACKET: Final = 3
STATISTICS: Final = 5
PACKET: Final = 6
LINKTYPE_RAW: Final = 101
"""Packets that begin with their IPv4 or IPv6 header."""
COMMENT: Final = 1
IF_NAME: Final = 2
IF_DESCRIPTION: Final = 3
IF_TSRESOL: Final = 9
IF_TSOFFSET: Final = 14
FLAGS: Final = 2
ISB_IFDROP: Final = 5
USER_APPLICATION: Final = 4
INBOUND: Final = 1
OUTBOUND: Final = 2
NANOSECONDS: Final = b"\x09"
_MAGIC: Final = 0x1A2B3C4D
_UNKNOWN_LENGTH: Final = b"\xff" * 8
_LONGEST_BLOCK: Final = 64 * 1024 * 1024
_LONGEST_OPTION: Final = 0xFFFF

Options = Iterable[tuple[int, bytes]]


class BadCapture(ValueError):
    """A file that is no capture, or a broken one; ``str`` says at which octet and why."""


@dataclass(frozen=True, slots=True)
class Interface:
    """Where packets were captured. ``units``: how many of its units of time a second has."""

    linktype: int
    units: int = 1_000_000
    offset: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: nanoseconds since the epoch, 0 where the capture has no times.

    ``length`` is how long it was on the wire, ``outbound`` which way it went as far as that is known.
    """

    time: int
    octets: bytes
    interface: Interface
    length: int
    comments: tuple[str, ...] = ()
    outbound: bool | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a section header or the statistics of an interface say beside numbers, and how many packets were lost."""

    comments: tuple[str, ...]
    dropped: int = 0


# -- writing


def section_block(application: str, comments: Iterable[str] = ()) -> bytes:
    """A section header: what every file begins with."""
    options = [*_comments(comments), (USER_APPLICATION, application.encode())]
    return _block(SECTION, struct.pack("<IHH", _MAGIC, 1, 0) + _UNKNOWN_LENGTH + _options(options))


def interface_block(name: str, description: str) -> bytes:
    """An interface of raw IP packets with times in nanoseconds."""
    options = [(IF_NAME, _short(name)), (IF_DESCRIPTION, _short(description)), (IF_TSRESOL, NANOSECONDS)]
    return _block(INTERFACE, struct.pack("<HHI", LINKTYPE_RAW, 0, 0) + _options(options))


def packet_block(interface: int, time: int, octets: bytes, flags: int, comments: Iterable[str] = ()) -> bytes:
    """One packet; ``flags`` is INBOUND or OUTBOUND."""
    length = len(octets)
    head = struct.pack("<IIIII", interface, time >> 32, time & 0xFFFFFFFF, length, length)
    options = _options([*_comments(comments), (FLAGS, struct.pack("<I", flags))])
    return _block(PACKET, head + octets + b"\0" * (-length % 4) + options)


def statistics_block(interface: int, time: int, dropped: int, comment: str) -> bytes:
    """What an interface has lost up to now."""
    options = [*_comments([comment]), (ISB_IFDROP, struct.pack("<Q", dropped))]
    return _block(STATISTICS, struct.pack("<III", interface, time >> 32, time & 0xFFFFFFFF) + _options(options))


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _options(options: Options) -> bytes:
    written = [struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4) for code, value in options]
    return b"".join(written) + bytes(4)


def _comments(comments: Iterable[str]) -> list[tuple[int, bytes]]:
    return [(COMMENT, _short(comment)) for comment in comments]


def _short(text: str) -> bytes:
    """UTF-8, as much of it as an option can hold."""
    return text.encode("utf-8", "replace")[:_LONGEST_OPTION].decode("utf-8", "ignore").encode()


# -- reading


@dataclass(slots=True)
class _Section:
    """What the blocks up to the next section header are read by."""

    order: str = "<"
    interfaces: list[Interface] = field(default_factory=list)


def read_pcapng(file: BinaryIO) -> Iterator[Packet | Statement]:
    """The packets of a file, in its order. Raises BadCapture where it is broken, after all that stands before."""
    section = _Section()
    at = 0
    while head := file.read(8):
        if len(head) < 8:
            raise BadCapture(f"octet {at}: the file ends within a block")
        if head[:4] == b"\n\r\r\n":
            mark = file.read(4)
            section = _Section(_order(mark, at))
            head += mark
        kind, length = struct.unpack(section.order + "II", head[:8])
        if length % 4 or not 12 <= length <= _LONGEST_BLOCK:
            raise BadCapture(f"octet {at}: {length} octets are no length of a block")
        rest = file.read(length - len(head))
        if len(rest) != length - len(head) or rest[-4:] != head[4:8]:
            raise BadCapture(f"octet {at}: the file ends within a block, or the block is broken")
        try:
            yield from _read_block(section, kind, (head + rest)[8:-4])
        except (struct.error, IndexError) as error:
            raise BadCapture(f"octet {at}: a block of kind {kind} is broken: {error}") from None
        at += length


def _order(mark: bytes, at: int) -> str:
    for order in "<>":
        if mark == struct.pack(order + "I", _MAGIC):
            return order
    raise BadCapture(f"octet {at}: no pcapng")


def _read_block(section: _Section, kind: int, body: bytes) -> Iterator[Packet | Statement]:
    order = section.order
    if kind == SECTION:
        yield Statement(_read_comments(_read_options(order, body[16:])))
    elif kind == INTERFACE:
        section.interfaces.append(_read_interface(order, body))
    elif kind == PACKET:
        number, high, low, captured, length = struct.unpack_from(order + "IIIII", body)
        yield _packet(section, number, high << 32 | low, body, 20, captured, length)
    elif kind == OLD_PACKET:
        number, _, high, low, captured, length = struct.unpack_from(order + "HHIIII", body)
        yield _packet(section, number, high << 32 | low, body, 20, captured, length)
    elif kind == SIMPLE_PACKET:
        (length,) = struct.unpack_from(order + "I", body)
        yield Packet(0, body[4 : 4 + length], section.interfaces[0], length)
    elif kind == STATISTICS:
        options = _read_options(order, body[12:])
        dropped = next((struct.unpack(order + "Q", value)[0] for code, value in options if code == ISB_IFDROP), 0)
        yield Statement(_read_comments(options), dropped)


def _read_interface(order: str, body: bytes) -> Interface:
    options = dict(reversed(_read_options(order, body[8:])))
    resolution = options.get(IF_TSRESOL, b"\x06")[0]
    units = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    (offset,) = struct.unpack(order + "q", options.get(IF_TSOFFSET, bytes(8)))
    name = options.get(IF_NAME, b"").decode("utf-8", "replace")
    return Interface(struct.unpack_from(order + "H", body)[0], units, offset, name)


def _packet(section: _Section, number: int, time: int, body: bytes, at: int, captured: int, length: int) -> Packet:
    interface = section.interfaces[number]
    octets = body[at : at + captured]
    if len(octets) < captured:
        raise IndexError(f"{captured} octets announced, {len(octets)} there")
    options = _read_options(section.order, body[at + captured + -captured % 4 :])
    flags = next((struct.unpack(section.order + "I", value)[0] & 3 for code, value in options if code == FLAGS), 0)
    nanoseconds = time * 1_000_000_000 // interface.units + interface.offset * 1_000_000_000
    way = {INBOUND: False, OUTBOUND: True}.get(flags)
    return Packet(nanoseconds, octets, interface, length, _read_comments(options), way)


def _read_options(order: str, octets: bytes) -> list[tuple[int, bytes]]:
    options, at = [], 0
    while at + 4 <= len(octets):
        code, length = struct.unpack_from(order + "HH", octets, at)
        if code == 0:
            break
        options.append((code, octets[at + 4 : at + 4 + length]))
        at += 4 + length + -length % 4
    return options


def _read_comments(options: list[tuple[int, bytes]]) -> tuple[str, ...]:
    return tuple(value.decode("utf-8", "replace") for code, value in options if code == COMMENT)
