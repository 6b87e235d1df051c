"""The place of a PDU in a long message (TS 23.040 § 9.2.3.24; SMPP 3.4 § 5.3.2.22 to 5.3.2.24).

It stands in a user data header or in sar_* TLVs. A message with both a concatenation header and sar_*, which section
5.2.12 forbids, is read by its header, since that is what a handset gets; ``oddities`` says so. A header without
concatenation leaves it to the TLVs. A number that cannot be (0, or above the total), and sar_* TLVs that are not all
there, count as absent.
"""

from collections.abc import Hashable
from typing import Final, NamedTuple

from smppcore.message import Message, user_data_of
from smppcore.pdu import SubmitMulti
from smppcore.tlv import SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS

UDHI_AND_SAR: Final = "udhi-and-sar"
"""In ``oddities``: there are both a concatenation header, which counts, and sar_* TLVs."""

_SAR: Final = (SAR_MSG_REF_NUM.tag, SAR_TOTAL_SEGMENTS.tag, SAR_SEGMENT_SEQNUM.tag)


class Segment(NamedTuple):
    """Number ``number`` of ``total`` of the message ``reference``; ``width`` is "udh8", "udh16" or "sar"."""

    reference: int
    width: str
    total: int
    number: int
    oddities: tuple[str, ...] = ()


def segment_of(pdu: Message) -> Segment | None:
    """The place of a PDU in a long message, None for a message by itself. Never raises."""
    header, _ = user_data_of(pdu)
    join = header.concatenation if header else None
    sar = _sar(pdu)
    if join is None:
        return sar
    oddities = (UDHI_AND_SAR,) if sar else ()
    return Segment(join.reference, f"udh{join.reference_bits}", join.total, join.sequence, oddities)


def addresses_of(pdu: Message) -> tuple[Hashable, ...]:
    """Source and destination, which all segments of a message have in common."""
    source = (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr)
    if isinstance(pdu, SubmitMulti):
        return source, tuple(map(repr, pdu.dest_addresses))
    return source, (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr)


def _sar(pdu: Message) -> Segment | None:
    # From the back, so that of a repeated TLV the first counts, as everywhere.
    found = {tag: int.from_bytes(octets[:4], "big") for tag, octets in reversed(pdu.tlvs) if tag in _SAR and octets}
    if len(found) < len(_SAR):
        return None
    reference, total, number = (found[tag] for tag in _SAR)
    return Segment(reference, "sar", total, number) if 1 <= number <= total <= 255 else None
