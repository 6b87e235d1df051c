"""What a DecodeError says of each fault, and what is no fault: numbers that nobody knows, bodies that are absent."""

import pytest

from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, STRICT, Codec, Tolerance
from smppcore.errors import ALL_FAULTS, DecodeError, Fault, FramingError
from smppcore.fields import Reader
from smppcore.pdu import (
    STANDARD_PDUS,
    BindTransceiver,
    DataSmResp,
    DeliverSm,
    Pdu,
    QuerySmResp,
    Response,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
)
from smppcore.reference import HEADER

from .pdu_strategies import framed

BODY = SubmitSm(destination_addr="123", short_message=b"Hello").encode(1)[16:]
"""service_type at 16, source at 17, destination_addr at 22, times at 29 and 30, sm_length at 35."""


def refusal(cls: type[Pdu], body: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        Codec(tolerate=STRICT).decode(framed(cls, 0, 7, body))
    assert caught.value.sequence_number == 7
    assert caught.value.command_id == cls.command_id
    return caught.value


@pytest.mark.parametrize(
    ("cls", "body", "fault", "field", "offset", "limit", "status"),
    [
        (SubmitSm, b"", Fault.BODY_TRUNCATED, "service_type", 16, 6, 0x02),
        (SubmitSm, b"abc", Fault.FIELD_UNTERMINATED, "service_type", 16, 6, 0x02),
        (SubmitSm, b"\0\1", Fault.BODY_TRUNCATED, "source_addr_npi", 18, 1, 0x02),
        (SubmitSm, b"abcdef" + BODY, Fault.FIELD_TOO_LONG, "service_type", 16, 6, 0x15),
        (SubmitSm, BODY[:3] + b"1" * 21 + BODY[3:], Fault.FIELD_TOO_LONG, "source_addr", 19, 21, 0x0A),
        (SubmitSm, BODY[:13] + b"2312" + BODY[13:], Fault.FIXED_SIZE, "schedule_delivery_time", 29, 17, 0x61),
        (SubmitSm, BODY[:14] + b"x" * 16 + BODY[14:], Fault.VALUE, "validity_period", 30, 17, 0x62),
        (SubmitSm, BODY[:12] + b"\4" + BODY[13:], Fault.VALUE, "priority_flag", 28, 3, 0x06),
        (SubmitSm, BODY[:15] + b"\x20" + BODY[16:], Fault.VALUE, "registered_delivery", 31, 31, 0x07),
        (SubmitSm, BODY[:19] + b"\x06" + BODY[20:], Fault.SM_LENGTH_OVERRUN, "sm_length", 35, 5, 0x01),
        (SubmitSm, BODY[:19], Fault.BODY_TRUNCATED, "sm_length", 35, 1, 0x02),
        (SubmitSm, BODY + b"\0", Fault.TLV_STREAM, "tlvs", 41, 42, 0xC0),
        (SubmitSm, BODY + b"\x14\0\0\2a", Fault.TLV_STREAM, "tlvs", 41, 46, 0xC0),
        (SubmitSm, BODY + b"\x14\0\0\0\2\x0a\0\1\0", Fault.TLV_LENGTH, "source_port", 45, 2, 0xC2),
        (SubmitSm, BODY + b"\4\x24\0\0", Fault.VALUE, "message_payload", 41, 0, 0x01),
        (SubmitSm, BODY + b"\x14\0\0\1a\4\x24\0\1b", Fault.VALUE, "message_payload", 46, 0, 0x01),
        (SubmitMulti, b"\0\0\0\0\0", Fault.VALUE, "number_of_dests", 20, 254, 0x33),
        (SubmitMulti, b"\0\0\0\0\1\3", Fault.BAD_DEST_FLAG, "dest_flag", 21, 2, 0x40),
        (SubmitMulti, b"\0\0\0\0\1\2" + b"l" * 21 + b"\0", Fault.FIELD_TOO_LONG, "dl_name", 22, 21, 0x34),
        (BindTransceiver, b"\0" + b"p" * 9 + b"\0", Fault.FIELD_TOO_LONG, "password", 17, 9, 0x0E),
    ],
)
def test_field_limit_offset_and_status(
    cls: type[Pdu], body: bytes, fault: Fault, field: str, offset: int, limit: int, status: int
) -> None:
    error = refusal(cls, body)
    assert (error.fault, error.field) == (fault, f"{cls.command}.{field}")
    assert (error.offset, error.limit, error.status) == (offset, limit, status)
    assert str(error).startswith(f"{cls.command}.{field}: ")
    assert str(error).endswith(f" (offset {offset}, limit {limit})")


def test_a_password_is_in_no_message() -> None:
    for body in (b"\0geheim-und-zu-lang\0", b"\0geheim", b"\0geheim\0"):
        error = refusal(BindTransceiver, body)
        assert "geheim" not in str(error)
        assert "geheim" not in repr(error)


@pytest.mark.parametrize("octets", [b"", bytes(15), HEADER.pack(17, 0x15, 0, 1), HEADER.pack(15, 0x15, 0, 1)])
def test_what_is_not_one_pdu(octets: bytes) -> None:
    with pytest.raises(FramingError) as caught:
        Codec().decode(octets)
    error = caught.value
    assert (error.fault, error.field, error.offset) == (Fault.BAD_COMMAND_LENGTH, "command_length", 0)
    assert error.limit == (16 if len(octets) < 16 else len(octets))
    assert error.command_id == (0x15 if len(octets) == 16 else 0)
    assert error.sequence_number == (1 if len(octets) == 16 else 0)


def test_an_unknown_command_keeps_its_octets() -> None:
    octets = HEADER.pack(20, 0x333, 8, 9) + b"body"
    for codec in (Codec(tolerate=STRICT), Codec(tolerate=ESME_TOLERANCE)):
        with pytest.raises(DecodeError, match=r"^command_id: .*0x00000333.*offset 4") as caught:
            codec.decode(octets)
        assert caught.value.octets == octets
        assert (caught.value.command_id, caught.value.status) == (0x333, 3)


def test_unknown_numbers_are_data() -> None:
    body = bytearray(BODY)
    body[1:3], body[17] = b"\xfe\xfd", 0xAB
    octets = framed(SubmitSm, 0, 1, bytes(body) + b"\x40\0\0\1x\x14\0\0\0\x40\0\0\0")
    pdu = Codec(tolerate=STRICT).decode(octets)
    assert isinstance(pdu, SubmitSm)
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.data_coding) == (0xFE, 0xFD, 0xAB)
    assert pdu.tlvs == [(0x4000, b"x"), (0x1400, b""), (0x4000, b"")]
    assert pdu.encode(1) == octets
    answer = Codec(tolerate=STRICT).decode(framed(SubmitSmResp, 0xDEADBEEF, 1, b"1\0"))
    assert answer.command_status == 0xDEADBEEF


RESPONSES = [each for each in STANDARD_PDUS if issubclass(each, Response) and each.layout]


@pytest.mark.parametrize("cls", RESPONSES, ids=lambda cls: cls.command)
@pytest.mark.parametrize("status", [0, 8])
def test_an_absent_body_is_not_an_empty_one(cls: type[Response], status: int) -> None:
    bare, empty = framed(cls, status, 1, b""), cls(command_status=status).encode(1)
    assert len(empty) > 16
    for octets, absent in ((bare, True), (empty, False)):
        read = Codec(tolerate=STRICT).decode(octets)
        assert isinstance(read, cls)
        assert (read.header_only, read.anomalies) == (absent, ())
        assert read.encode(1) == octets
        assert cls.decode(octets) == read
    assert Codec().decode(bare) != Codec().decode(empty)


def test_tlvs_make_a_body() -> None:
    octets = DataSmResp(header_only=True, message_id="1", tlvs=[(0x1400, b"")]).encode(1)
    assert octets == framed(DataSmResp, 0, 1, b"1\0\x14\0\0\0")


def test_the_unreadable_body_of_an_error_response_is_dropped() -> None:
    octets = framed(QuerySmResp, 0x67, 1, b"\xff\xff")
    read = Codec(tolerate=SMSC_TOLERANCE).decode(octets)
    assert read == QuerySmResp(command_status=0x67, header_only=True)
    assert [each.field for each in read.anomalies] == ["query_sm_resp.message_id"]
    with pytest.raises(DecodeError):
        Codec(tolerate=STRICT).decode(octets)
    with pytest.raises(DecodeError):
        Codec(tolerate=SMSC_TOLERANCE).decode(framed(QuerySmResp, 0, 1, b"\xff\xff"))


def test_what_is_tolerated_is_noted_in_order() -> None:
    body = b"\0\0\0\0\0\0\0\0\0\x09\0\0\x20\2\0\xff\x05Hi"
    read = Codec(tolerate=ESME_TOLERANCE).decode(framed(DeliverSm, 0, 1, body))
    assert isinstance(read, DeliverSm)
    assert read.short_message == b"Hi"
    assert (read.priority_flag, read.registered_delivery, read.sm_default_msg_id) == (9, 0x20, 255)
    assert [each.field.partition(".")[2] for each in read.anomalies] == [
        "priority_flag",
        "registered_delivery",
        "sm_length",
    ]


@pytest.mark.parametrize("fault", sorted(ALL_FAULTS - {Fault.BAD_COMMAND_LENGTH, Fault.UNKNOWN_COMMAND_ID}))
def test_each_fault_can_be_tolerated_alone(fault: Fault) -> None:
    """A Tolerance of one fault lets exactly that one pass."""
    codec = Codec(tolerate=Tolerance(requests=frozenset({fault})))
    samples = {
        Fault.FIELD_TOO_LONG: b"abcdef" + BODY,
        Fault.FIXED_SIZE: BODY[:13] + b"2312" + BODY[13:],
        Fault.VALUE: BODY[:12] + b"\4" + BODY[13:],
        Fault.SM_LENGTH_OVERRUN: BODY[:19] + b"\x06" + BODY[20:],
        Fault.TLV_STREAM: BODY + b"\0",
        Fault.TLV_LENGTH: BODY + b"\2\x0a\0\1\0",
        Fault.BODY_TRUNCATED: BODY[:19],
        Fault.FIELD_UNTERMINATED: None,
        Fault.BAD_DEST_FLAG: None,
    }
    for sample, body in samples.items():
        if body is None:
            continue
        octets = framed(SubmitSm, 0, 1, body)
        if sample is fault:
            assert {each.fault for each in codec.decode(octets).anomalies} == {fault}
        else:
            with pytest.raises(DecodeError):
                codec.decode(octets)


def test_a_reader_takes_no_more_than_there_is() -> None:
    reader = Reader("submit_sm", bytes(16) + b"ab")
    assert (reader.take(1), reader.left, reader.take(9), reader.left) == (b"a", 1, b"b", 0)
