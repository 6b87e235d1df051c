"""The place of a PDU in a long message: header, sar_* TLVs, both, and what makes no sense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.pdu import DataSm, DeliverSm
from smppcore.segment import UDHI_AND_SAR, Segment, segment_of
from smppcore.text import AnyElement, Concatenation, Element, Ports, UserDataHeader
from smppcore.tlv import MESSAGE_PAYLOAD, SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS, RawTlv


def sar(reference: int = 0x1234, total: int = 3, number: int = 2) -> list[RawTlv]:
    return [SAR_MSG_REF_NUM(reference), SAR_TOTAL_SEGMENTS(total), SAR_SEGMENT_SEQNUM(number)]


def with_header(*elements: AnyElement, tlvs: list[RawTlv] | None = None) -> DeliverSm:
    octets = UserDataHeader(elements).build() + b"text"
    return DeliverSm(esm_class=0x40, short_message=octets, tlvs=tlvs or [])


def test_headers_of_both_widths() -> None:
    assert segment_of(with_header(Concatenation(7, 2, 1))) == Segment(7, "udh8", 2, 1)
    assert segment_of(with_header(Ports(1, 2), Concatenation(0x1234, 2, 1, 16))) == Segment(0x1234, "udh16", 2, 1)


def test_a_header_in_message_payload() -> None:
    octets = UserDataHeader((Concatenation(7, 2, 1),)).build()
    assert segment_of(DataSm(esm_class=0x40, tlvs=[MESSAGE_PAYLOAD(octets)])) == Segment(7, "udh8", 2, 1)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_sar_tlvs_in_any_order(order: tuple[int, ...]) -> None:
    tlvs = [sar()[place] for place in order]
    assert segment_of(DeliverSm(tlvs=[(0x1403, b"1"), *tlvs])) == Segment(0x1234, "sar", 3, 2)


def test_of_a_repeated_tlv_the_first_counts() -> None:
    assert segment_of(DeliverSm(tlvs=[*sar(), SAR_SEGMENT_SEQNUM(3)])) == Segment(0x1234, "sar", 3, 2)


def test_a_tlv_of_another_width_is_read_as_a_number() -> None:
    assert segment_of(DeliverSm(tlvs=[(0x020C, b"\x07"), (0x020E, b"\0\2"), (0x020F, b"\1")])) == Segment(
        7, "sar", 2, 1
    )


@pytest.mark.parametrize("tlvs", [sar()[:2], sar(total=0), sar(number=0), sar(number=4), [*sar()[:2], (0x020F, b"")]])
def test_sar_tlvs_that_make_no_sense_count_as_absent(tlvs: list[RawTlv]) -> None:
    assert segment_of(DeliverSm(short_message=b"a", tlvs=tlvs)) is None


def test_the_header_wins_over_sar_tlvs_and_that_is_said() -> None:
    assert segment_of(with_header(Concatenation(7, 2, 1), tlvs=sar())) == Segment(7, "udh8", 2, 1, (UDHI_AND_SAR,))


def test_a_header_without_concatenation_leaves_it_to_the_tlvs() -> None:
    assert segment_of(with_header(Ports(1, 2), tlvs=sar())) == Segment(0x1234, "sar", 3, 2)
    broken = with_header(Element(0, bytes([7, 2, 3])), tlvs=sar())  # number 3 of 2
    assert segment_of(broken) == Segment(0x1234, "sar", 3, 2)
    no_header = DeliverSm(esm_class=0x40, short_message=b"\xffabc", tlvs=sar())
    assert segment_of(no_header) == Segment(0x1234, "sar", 3, 2)


@given(
    st.integers(0, 255),
    st.binary(max_size=12),
    st.lists(st.tuples(st.sampled_from([0x020C, 0x020E, 0x020F, 0x0424, 0x0204]), st.binary(max_size=6)), max_size=5),
)
def test_never_raises(esm_class: int, octets: bytes, tlvs: list[RawTlv]) -> None:
    found = segment_of(DeliverSm(esm_class=esm_class, short_message=octets, tlvs=tlvs))
    assert found is None or 1 <= found.number <= found.total <= 255
