"""The compiled codec is the plain one, on everything: valid PDUs, damaged PDUs, and octets that were never a PDU."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, STRICT, Codec, Tolerance
from smppcore.errors import ALL_FAULTS, DecodeError
from smppcore.fields import (
    CString,
    DestAddresses,
    DistributionList,
    ShortMessage,
    SmeAddress,
    UnsuccessSme,
    UnsuccessSmes,
)
from smppcore.pdu import STANDARD_PDUS, Pdu, Response
from smppcore.reference import write_pdu
from smppcore.tlv import SOURCE_PORT

from .pdu_strategies import FAST, SOAK, damaged, framed, number, reference_pdu, valid_pdu

EVERYTHING = Tolerance(ALL_FAULTS, ALL_FAULTS, ALL_FAULTS, ALL_FAULTS, error_bodies=False)
CODECS = [Codec(tolerate=each) for each in (STRICT, SMSC_TOLERANCE, ESME_TOLERANCE, EVERYTHING)]
classes = pytest.mark.parametrize("cls", STANDARD_PDUS, ids=lambda cls: cls.command)


def check_round_trip(cls: type[Pdu], data: st.DataObject) -> None:
    """Written by both encoders alike, read by both decoders as it was, without an anomaly in any mode."""
    pdu, sequence_number = data.draw(valid_pdu(cls)), data.draw(number)
    octets = pdu.encode(sequence_number)
    assert octets == write_pdu(pdu, sequence_number)
    assert int.from_bytes(octets[:4], "big") == len(octets)
    read = cls.decode_strict(octets, pdu.command_status, sequence_number)
    assert read == pdu == reference_pdu(cls, octets)
    assert read is not None
    assert read.sequence_number == sequence_number
    assert read.encode(sequence_number) == octets
    for codec in CODECS:
        again = codec.decode(octets)
        assert again == pdu
        assert again.anomalies == ()


@classes
@FAST
@given(data=st.data())
def test_round_trip(cls: type[Pdu], data: st.DataObject) -> None:
    check_round_trip(cls, data)


@pytest.mark.soak
@pytest.mark.timeout(600)
@classes
@SOAK
@given(data=st.data())
def test_round_trip_soak(cls: type[Pdu], data: st.DataObject) -> None:
    check_round_trip(cls, data)


def check_damaged(cls: type[Pdu], data: st.DataObject) -> None:
    """decode_strict says None exactly where the strict plain decoder raises, and reads the same otherwise.

    A Codec never raises anything but DecodeError. What it reads without an anomaly is written again as it was.
    """
    body = data.draw(damaged(valid_pdu(cls).map(lambda pdu: pdu.encode(1))))
    status = data.draw(st.sampled_from((0, 0, 8))) if issubclass(cls, Response) else 0
    check_octets(cls, framed(cls, status, 1, body), status)


def check_octets(cls: type[Pdu], octets: bytes, status: int) -> None:
    plain = reference_pdu(cls, octets)
    assert cls.decode_strict(octets, status, 1) == plain
    for codec in CODECS:
        try:
            read = codec.decode(octets)
        except DecodeError as error:
            assert_named(error, cls, octets)
            continue
        assert read.command == cls.command
        if not read.anomalies:
            assert read == plain
            assert read.encode(1) == octets
        for anomaly in read.anomalies:
            assert_named(anomaly, cls, octets)
    assert CODECS[-1].decode(octets).command == cls.command


def assert_named(error: DecodeError, cls: type[Pdu], octets: bytes) -> None:
    """Field, limit and offset, as values and in the message."""
    assert error.field.startswith(f"{cls.command}.")
    assert 16 <= error.offset <= len(octets)
    assert isinstance(error.limit, int)
    assert str(error).startswith(f"{error.field}: ")
    assert str(error).endswith(f" (offset {error.offset}, limit {error.limit})")
    assert error.octets == octets
    assert (error.command_id, error.sequence_number) == (cls.command_id, 1)
    assert error.status != 0


@classes
@FAST
@given(data=st.data())
def test_damaged_pdus(cls: type[Pdu], data: st.DataObject) -> None:
    check_damaged(cls, data)


@pytest.mark.soak
@pytest.mark.timeout(600)
@classes
@SOAK
@given(data=st.data())
def test_damaged_pdus_soak(cls: type[Pdu], data: st.DataObject) -> None:
    check_damaged(cls, data)


@classes
def test_every_cut_of_a_pdu(cls: type[Pdu]) -> None:
    """A PDU with every field filled, ended at each of its octets and behind it."""
    octets = filled(cls).encode(1)
    for end in range(16, len(octets) + 1):
        check_octets(cls, framed(cls, 0, 1, octets[16:end]), 0)
    for extra in (b"\0", b"\0\0\0", b"\0\0\0\0", b"\x04\x24\0\1", b"\x04\x27\0\2ab"):
        check_octets(cls, framed(cls, 0, 1, octets[16:] + extra), 0)


def filled(cls: type[Pdu]) -> Pdu:
    """A PDU whose strings, lists and TLVs are not empty."""
    pdu = cls()
    for name, kind in cls.layout:
        match kind:
            case CString(lengths=lengths):
                setattr(pdu, name, "000001000000000R" if lengths else "abc")
            case ShortMessage():
                setattr(pdu, name, b"Hello")
            case DestAddresses():
                setattr(pdu, name, [SmeAddress("1", 2, 3), DistributionList("list")])
            case UnsuccessSmes():
                setattr(pdu, name, [UnsuccessSme("1", 2, 3, 4), UnsuccessSme("5")])
    pdu.tlvs = [(0x1400, b"vendor"), SOURCE_PORT(5505), (0x1401, b"")]
    return pdu


def check_any_octets(octets: bytes) -> None:
    for codec in CODECS:
        try:
            codec.decode(octets)
        except DecodeError as error:
            assert_explained(error, octets)


def assert_explained(error: DecodeError, octets: bytes) -> None:
    assert error.octets == octets
    assert error.field in str(error)
    assert f"offset {error.offset}" in str(error)


any_octets = st.binary(max_size=200) | st.builds(
    framed,
    st.sampled_from(STANDARD_PDUS),
    st.sampled_from((0, 8)),
    number,
    st.binary(max_size=120) | st.lists(st.sampled_from(b"\0\0\0\1\2a1\xff"), max_size=120).map(bytes),
)


@FAST
@given(any_octets)
def test_any_octets(octets: bytes) -> None:
    check_any_octets(octets)


@pytest.mark.soak
@SOAK
@given(any_octets)
def test_any_octets_soak(octets: bytes) -> None:
    check_any_octets(octets)
