"""What hypothesis draws PDUs from: valid values of every field kind, valid PDUs of every class, and damaged octets."""

import re
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from smppcore.errors import DecodeError, Fault
from smppcore.fields import (
    CString,
    DestAddresses,
    DistributionList,
    FieldKind,
    Integer,
    Reader,
    ShortMessage,
    SmeAddress,
    UnsuccessSme,
)
from smppcore.pdu import Pdu, Response
from smppcore.reference import MESSAGE_PAYLOAD_TAG
from smppcore.tlv import STANDARD_TLVS

P = TypeVar("P", bound=Pdu)

FAST: Final = settings(max_examples=40, deadline=None)
SOAK: Final = settings(max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

octet = st.integers(0, 255)
number = st.integers(0, 0xFFFFFFFF)
_latin1 = st.characters(min_codepoint=1, max_codepoint=255)


def characters(smallest: int, largest: int) -> st.SearchStrategy[str]:
    """What a C-Octet String may hold."""
    return st.text(_latin1, min_size=smallest, max_size=largest)


_address = characters(0, 20)
_destinations = st.one_of(
    st.builds(SmeAddress, _address, octet, octet),
    st.builds(DistributionList, _address),
)
_failures = st.builds(UnsuccessSme, _address, octet, octet, number)


def valid_value(kind: FieldKind) -> st.SearchStrategy[Any]:
    """Values that the specification allows in a field of that kind."""
    match kind:
        case Integer(size=size, highest=highest):
            return st.integers(0, (1 << 8 * size) - 1 if highest is None else highest)
        case CString(form=form) if form:
            return st.just("") | st.from_regex(re.compile(form, re.ASCII), fullmatch=True)
        case CString(lengths=lengths) if lengths:
            return st.sampled_from(lengths).flatmap(lambda length: characters(length, length))
        case CString(limit=limit, required=required):
            return characters(int(required), limit - 1)
        case ShortMessage(limit=limit):
            return st.binary(max_size=limit)
        case DestAddresses():
            return st.lists(_destinations, min_size=1, max_size=4)
    return st.lists(_failures, max_size=4)


def _known_tlv(tag: int) -> st.SearchStrategy[tuple[int, bytes]]:
    lengths = sorted(STANDARD_TLVS[tag].lengths)
    length = st.integers(lengths[0], min(lengths[-1], 80)).filter(lambda each: each in lengths)
    return st.tuples(st.just(tag), length.flatmap(lambda each: st.binary(min_size=each, max_size=each)))


valid_tlv = st.one_of(
    st.sampled_from(sorted(STANDARD_TLVS)).flatmap(_known_tlv),
    st.tuples(st.integers(0x1400, 0x3FFF), st.binary(max_size=20)),
    st.tuples(st.integers(0x4000, 0xFFFF), st.binary(max_size=20)),
)


def valid_pdu(cls: type[P]) -> st.SearchStrategy[P]:
    """PDUs of a class that the specification allows, TLVs included; responses without a body as well."""
    values = {name: valid_value(kind) for name, kind in cls.layout}
    status = number if issubclass(cls, Response) else st.just(0)
    made = st.builds(cls, **values, command_status=status, tlvs=st.lists(valid_tlv, max_size=4))
    made = made.map(_one_place_for_user_data)
    if issubclass(cls, Response) and cls.layout:
        return made | st.builds(cls, command_status=number, header_only=st.just(True))
    return made


def _one_place_for_user_data(pdu: P) -> P:
    if getattr(pdu, "short_message", b""):
        pdu.tlvs = [tlv for tlv in pdu.tlvs if tlv[0] != MESSAGE_PAYLOAD_TAG]
    return pdu


@st.composite
def damaged(draw: st.DrawFn, octets: st.SearchStrategy[bytes]) -> bytes:
    """Octets of a PDU whose body was flipped, lengthened, shortened or given odd TLVs; command_length agrees again."""
    body = bytearray(draw(octets)[16:])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        match draw(st.sampled_from(("flip", "set", "insert", "delete", "cut", "tlv"))):
            case "flip" if at < len(body):
                body[at] ^= 1 << draw(st.integers(0, 7))
            case "set" if at < len(body):
                body[at] = draw(st.sampled_from((0, 1, 2, 3, 4, 0x20, 254, 255)))
            case "insert":
                body[at:at] = draw(st.binary(min_size=1, max_size=6))
            case "delete":
                del body[at : at + draw(st.integers(1, 6))]
            case "cut":
                del body[at:]
            case "tlv":
                tag = draw(st.sampled_from((0x0427, 0x0424, 0x020A, 0x1400)))
                body += tag.to_bytes(2, "big") + draw(st.binary(max_size=6))
    return bytes(body)


def framed(cls: type[Pdu], status: int, sequence_number: int, body: bytes) -> bytes:
    """A body behind the header that belongs to it."""
    numbers = (16 + len(body), cls.command_id, status, sequence_number)
    return b"".join(each.to_bytes(4, "big") for each in numbers) + body


def reference_pdu(cls: type[P], octets: bytes, tolerate: frozenset[Fault] = frozenset()) -> P | None:
    """What the plain decoder reads, the lengths of TLVs left aside; None where it refuses."""
    status, sequence_number = (int.from_bytes(octets[at : at + 4], "big") for at in (8, 12))
    try:
        return cls.read(Reader(cls.command, octets, tolerate), status, sequence_number, {})
    except DecodeError:
        return None
