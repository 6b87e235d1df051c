"""The user data header in front of a message whose esm_class has the bit 0x40 (TS 23.040 section 9.2.3.24).

One octet of length (UDHL), then elements: an identifier (IEI), a length and data.  What this library acts upon has a
class of its own; every other element, and every one whose data make no sense, is an `Element` with its octets.  Either
way the header keeps all elements in their order, so that building gives the octets that were parsed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

_CONCATENATION = {0x00: 8, 0x08: 16}
_PORTS = {0x04: 8, 0x05: 16}
_SINGLE_SHIFT = 0x24
_LOCKING_SHIFT = 0x25
_MAX_OCTETS = 255  # of one element's data, and of all elements together: each has a length of one octet


@dataclass(frozen=True, slots=True)
class Element:
    """Any information element: identifier 0 to 255 and up to 253 octets of data."""

    iei: int
    data: bytes

    def fact(self) -> dict[str, Any]:
        """What the element says, as one JSON key and value; nothing for octets that we do not read."""
        return {}


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Part `sequence` (from 1) of `total` (1 to 255) of the message `reference`, of 8 or 16 bits (IEI 0x00, 0x08)."""

    reference: int
    total: int
    sequence: int
    reference_bits: int = 8

    @property
    def iei(self) -> int:
        return _identifier(_CONCATENATION, self.reference_bits, "reference_bits")

    @property
    def data(self) -> bytes:
        if not 1 <= self.sequence <= self.total:
            raise ValueError(f"sequence is {self.sequence}, not 1 to {self.total}")
        octets = _number(self.reference, self.reference_bits, "reference")
        return octets + _number(self.total, 8, "total") + _number(self.sequence, 8, "sequence")

    def fact(self) -> dict[str, Any]:
        return {
            "concat": {
                "reference": self.reference,
                "total": self.total,
                "sequence": self.sequence,
                "reference_bits": self.reference_bits,
            }
        }


@dataclass(frozen=True, slots=True)
class Ports:
    """Application ports of 8 or 16 bits (IEI 0x04, 0x05).  On the wire too the destination comes first."""

    destination: int
    source: int
    bits: int = 16

    @property
    def iei(self) -> int:
        return _identifier(_PORTS, self.bits, "bits")

    @property
    def data(self) -> bytes:
        return _number(self.destination, self.bits, "destination") + _number(self.source, self.bits, "source")

    def fact(self) -> dict[str, Any]:
        return {"ports": {"destination": self.destination, "source": self.source, "bits": self.bits}}


@dataclass(frozen=True, slots=True)
class SingleShift:
    """Escapes are read by the table of this national language (IEI 0x24)."""

    language: int
    iei: ClassVar[int] = _SINGLE_SHIFT

    @property
    def data(self) -> bytes:
        return _number(self.language, 8, "language")

    def fact(self) -> dict[str, Any]:
        return {"single_shift_language": self.language}


@dataclass(frozen=True, slots=True)
class LockingShift:
    """All else is read by the table of this national language (IEI 0x25)."""

    language: int
    iei: ClassVar[int] = _LOCKING_SHIFT

    @property
    def data(self) -> bytes:
        return _number(self.language, 8, "language")

    def fact(self) -> dict[str, Any]:
        return {"locking_shift_language": self.language}


AnyElement: TypeAlias = Element | Concatenation | Ports | SingleShift | LockingShift


@dataclass(frozen=True, slots=True)
class UserDataHeader:
    """The elements of a header, in wire order.  Where several of one kind came, the last one counts."""

    elements: tuple[AnyElement, ...] = ()

    @classmethod
    def parse(cls, octets: bytes) -> "tuple[UserDataHeader | None, bytes]":
        """The header at the start of `octets` and what follows it.  Never raises.

        A header whose lengths do not add up (longer than `octets`, or an element longer than the header) counts as not
        there: (None, octets).  No octets at all: an empty header.
        """
        if not octets:
            return cls(), b""
        end = 1 + octets[0]
        if end > len(octets):
            return None, octets
        elements = []
        position = 1
        while position < end:
            data_at = position + 2
            # The second half of an element's own head may be missing too, so its length is not looked at before this.
            if data_at > end or data_at + octets[position + 1] > end:
                return None, octets
            data_end = data_at + octets[position + 1]
            elements.append(_element(octets[position], octets[data_at:data_end]))
            position = data_end
        return cls(tuple(elements)), octets[end:]

    def build(self) -> bytes:
        """The octets, UDHL first.  Raises ValueError for a number out of its range or more than 255 octets."""
        octets = b"".join(map(_octets, self.elements))
        if len(octets) > _MAX_OCTETS:
            raise ValueError(f"the elements of the header take {len(octets)} octets, more than {_MAX_OCTETS}")
        return bytes([len(octets)]) + octets

    @property
    def size(self) -> int:
        """Octets that `build` gives, UDHL included."""
        return 1 + elements_size(self.elements)

    @property
    def concatenation(self) -> Concatenation | None:
        """Of whichever width; the two exclude one another, so the last counts."""
        return next((e for e in reversed(self.elements) if isinstance(e, Concatenation)), None)

    @property
    def ports(self) -> Ports | None:
        """Of whichever width; the two exclude one another, so the last counts."""
        return next((e for e in reversed(self.elements) if isinstance(e, Ports)), None)

    @property
    def single_shift(self) -> int:
        """The language of the single shift table, 0 if none is named."""
        return next((e.language for e in reversed(self.elements) if isinstance(e, SingleShift)), 0)

    @property
    def locking_shift(self) -> int:
        """The language of the locking shift table, 0 if none is named."""
        return next((e.language for e in reversed(self.elements) if isinstance(e, LockingShift)), 0)

    def to_json(self, payload: bytes) -> dict[str, Any]:
        """Header and payload as plain data for JSON, octets as hex; the "udh" of the PDU vectors."""
        return {
            "length": self.size - 1,
            "elements": [_element_json(element) for element in self.elements],
            "payload_hex": payload.hex(),
        }


def elements_size(elements: Iterable[AnyElement]) -> int:
    """Octets that the elements take in a header, without its UDHL."""
    return sum(2 + len(element.data) for element in elements)


def _element(iei: int, data: bytes) -> AnyElement:
    bits = _CONCATENATION.get(iei)
    if bits and len(data) == bits // 8 + 2:
        total, sequence = data[-2:]
        if 1 <= sequence <= total:
            return Concatenation(int.from_bytes(data[:-2], "big"), total, sequence, bits)
    bits = _PORTS.get(iei)
    if bits and len(data) == bits // 4:
        half = bits // 8
        return Ports(int.from_bytes(data[:half], "big"), int.from_bytes(data[half:], "big"), bits)
    if iei == _SINGLE_SHIFT and len(data) == 1:
        return SingleShift(data[0])
    if iei == _LOCKING_SHIFT and len(data) == 1:
        return LockingShift(data[0])
    return Element(iei, data)


def _element_json(element: AnyElement) -> dict[str, Any]:
    data = element.data
    head = {"iei": element.iei, "iei_hex": f"0x{element.iei:02X}", "length": len(data), "data_hex": data.hex()}
    return head | element.fact()


def _octets(element: AnyElement) -> bytes:
    data = element.data
    return _number(element.iei, 8, "iei") + _number(len(data), 8, "length of the data") + data


def _number(value: int, bits: int, name: str) -> bytes:
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{name} is {value}, not 0 to {(1 << bits) - 1}")
    return value.to_bytes(bits // 8, "big")


def _identifier(widths: dict[int, int], bits: int, name: str) -> int:
    for iei, width in widths.items():
        if width == bits:
            return iei
    raise ValueError(f"{name} is {bits}, not 8 or 16")
