"""A value that does not fit is an EncodeError that names its field, its limit and itself; nothing else comes out."""

from array import array
from typing import Any

import pytest

from smppcore.errors import EncodeError
from smppcore.fields import (
    CString,
    DestAddresses,
    DistributionList,
    FieldKind,
    Integer,
    ShortMessage,
    SmeAddress,
    UnsuccessSme,
    UnsuccessSmes,
)
from smppcore.pdu import STANDARD_PDUS, Pdu, SubmitMulti, SubmitMultiResp, SubmitSm, SubmitSmResp
from smppcore.reference import write_pdu
from smppcore.tlv import (
    ALERT_ON_MESSAGE_DELIVERY,
    CALLBACK_NUM,
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    MS_VALIDITY,
    RECEIPTED_MESSAGE_ID,
    SOURCE_PORT,
)

NO_STRING: list[Any] = [None, b"", b"ab", 5, ["a"], 1.5]
NO_OCTET: list[Any] = [None, "", "1", b"\x01", -1, 256, 1 << 40, 1.0, 1.5, [1], object()]
NO_OCTETS: list[Any] = [None, "text", 5, [1, 2], ("a",)]


def wrong_values(kind: FieldKind) -> list[Any]:
    match kind:
        case Integer():
            return NO_OCTET
        case CString(limit=limit, lengths=lengths):
            too_long = "x" * max(limit, max(lengths, default=0) + 1)
            odd = ["x" * 7] if lengths else []
            return [*NO_STRING, too_long, "x" * 1000, "a\0b", "\0", "\u0100", "\u20ac", "\ud800", *odd]
        case ShortMessage(limit=limit):
            return [*NO_OCTETS, bytes(limit + 1), bytes(256), bytearray(300), memoryview(bytes(255))]
        case DestAddresses():
            return [None, [], 5, "ab", [None], ["a"], [SmeAddress("1")] * 255, {}]
    return [None, 5, "ab", [None], [SmeAddress("1")], [UnsuccessSme("1")] * 256]


CASES = [(cls, name, kind, value) for cls in STANDARD_PDUS for name, kind in cls.layout for value in wrong_values(kind)]


def refused(pdu: Pdu, field: str, sequence_number: Any = 1) -> EncodeError:
    """The error of the compiled encoder, which is the one of the plain encoder."""
    with pytest.raises(EncodeError) as plain:
        write_pdu(pdu, sequence_number)
    with pytest.raises(EncodeError) as compiled:
        pdu.encode(sequence_number)
    assert compiled.value.field == plain.value.field == field
    assert str(compiled.value) == str(plain.value)
    assert field in str(compiled.value)
    assert compiled.value.limit
    assert compiled.value.limit in str(compiled.value)
    assert compiled.value.__context__ is None or compiled.value.__suppress_context__
    return compiled.value


def test_every_field_of_every_pdu_refuses_what_does_not_fit() -> None:
    for cls, name, kind, value in CASES:
        pdu = cls()
        if hasattr(pdu, "dest_addresses"):
            pdu.dest_addresses = [SmeAddress("1")]
        setattr(pdu, name, value)
        error = refused(pdu, f"{cls.command}.{name}" + ("[0]" if _is_entry(kind, value) else ""))
        if name == "password":
            assert error.value is None
            assert "(hidden)" in str(error)
        elif not _is_entry(kind, value):
            assert error.value is value


def _is_entry(kind: FieldKind, value: Any) -> bool:
    """Whether a list is refused for what is in it."""
    is_list = isinstance(kind, DestAddresses | UnsuccessSmes) and isinstance(value, list)
    return is_list and len(value) == 1


def test_a_password_is_in_no_error_message() -> None:
    for password in ("geheim-und-zu-lang", "ge\0heim", "geheim\u20ac", b"geheim"):
        for cls in STANDARD_PDUS:
            if hasattr(cls, "password"):
                pdu = cls()
                setattr(pdu, "password", password)  # noqa: B010  # a Pdu need not have one
                error = refused(pdu, f"{cls.command}.password")
                assert "geheim" not in repr(error)


@pytest.mark.parametrize("name", ["command_status", "sequence_number"])
@pytest.mark.parametrize("value", [-1, 1 << 32, None, "1", 1.0])
def test_numbers_of_the_header(name: str, value: Any) -> None:
    for pdu in (SubmitSm(), SubmitSmResp(), SubmitSmResp(header_only=True)):
        if name == "command_status":
            pdu.command_status = value
        refused(pdu, f"{pdu.command}.{name}", value if name == "sequence_number" else 1)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (SmeAddress("1" * 21), "destination_addr"),
        (SmeAddress("1", 256), "dest_addr_ton"),
        (SmeAddress("1", 1, -1), "dest_addr_npi"),
        (DistributionList("l" * 21), "dl_name"),
        (DistributionList("a\0b"), "dl_name"),
    ],
)
def test_an_entry_of_a_list_is_named_by_its_place(entry: SmeAddress | DistributionList, field: str) -> None:
    refused(SubmitMulti(dest_addresses=[SmeAddress("1"), entry]), f"submit_multi.dest_addresses[1].{field}")


def test_a_failed_destination_is_named_by_its_place() -> None:
    entry = UnsuccessSme("1", error_status_code=1 << 32)
    field = "submit_multi_resp.unsuccess_sme[0].error_status_code"
    refused(SubmitMultiResp(unsuccess_sme=[entry]), field)


@pytest.mark.parametrize(
    ("tlvs", "field"),
    [
        ([(-1, b"")], "tlvs"),
        ([(1 << 16, b"")], "tlvs"),
        ([("1", b"")], "tlvs"),
        ([(1.0, b"")], "tlvs"),
        ([(None, b"")], "tlvs"),
        ([(0x1400,)], "tlvs"),
        ([(0x1400, b"", b"")], "tlvs"),
        ([5], "tlvs"),
        ([None], "tlvs"),
        (5, "tlvs"),
        ("ab", "tlvs"),
        ({0x1400: b""}, "tlvs"),
        ([(0x1400, "text")], "tlv 0x1400"),
        ([(0x1400, None)], "tlv 0x1400"),
        ([(0x1400, 5)], "tlv 0x1400"),
        ([(0x1400, bytes(1 << 16))], "tlv 0x1400"),
    ],
)
def test_what_is_no_list_of_tlvs(tlvs: Any, field: str) -> None:
    for pdu in (SubmitSm(tlvs=tlvs), SubmitSmResp(tlvs=tlvs, header_only=True)):
        error = refused(pdu, field)
        assert error.limit


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (MESSAGE_STATE, 256),
        (MESSAGE_STATE, -1),
        (MESSAGE_STATE, "2"),
        (MESSAGE_STATE, None),
        (SOURCE_PORT, 1 << 16),
        (MS_VALIDITY, 1 << 32),
        (RECEIPTED_MESSAGE_ID, "x" * 65),
        (RECEIPTED_MESSAGE_ID, "a\0b"),
        (RECEIPTED_MESSAGE_ID, "\u20ac"),
        (RECEIPTED_MESSAGE_ID, b"ab"),
        (RECEIPTED_MESSAGE_ID, None),
        (CALLBACK_NUM, b"123"),
        (CALLBACK_NUM, bytes(20)),
        (CALLBACK_NUM, "1234"),
        (MESSAGE_PAYLOAD, bytes(1 << 16)),
        (MESSAGE_PAYLOAD, "text"),
    ],
)
def test_values_that_no_tlv_of_that_kind_holds(make: Any, value: Any) -> None:
    with pytest.raises(EncodeError) as refusal:
        make(value)
    assert refusal.value.field == make.name
    assert make.name in str(refusal.value)


def test_a_flag_has_no_octets() -> None:
    assert ALERT_ON_MESSAGE_DELIVERY(True) == (0x130C, b"")


def test_an_integer_takes_the_shortest_length_that_holds_it() -> None:
    assert MS_VALIDITY(3) == (0x1204, b"\x03")
    assert MS_VALIDITY(0x00010002) == (0x1204, bytes.fromhex("00010002"))


@pytest.mark.parametrize("value", [bytearray(b"abcd"), memoryview(b"abcd"), memoryview(array("H", b"abcd"))])
def test_other_kinds_of_octets_are_written_with_their_length_in_octets(value: Any) -> None:
    pdu = SubmitSm(short_message=value, tlvs=[(0x1400, value)])
    assert pdu.encode(1) == write_pdu(pdu, 1) == SubmitSm(short_message=b"abcd", tlvs=[(0x1400, b"abcd")]).encode(1)
