"""PDUs as Python objects: shown without passwords, copied, pickled, compared, and a carrier's own classes."""

import copy
import dataclasses
import inspect
import pickle
import traceback
from typing import Annotated, Any

import pytest

from smppcore.codec import ESME_TOLERANCE, STANDARD, STRICT, Codec
from smppcore.errors import (
    DecodeError,
    EncodeError,
    FramingError,
    NotSent,
    OutcomeUnknown,
    Refuse,
    Refused,
    SmppError,
    StateError,
)
from smppcore.fields import CString, CString9, CString16, Integer, Octet
from smppcore.pdu import (
    STANDARD_PDUS,
    DeliverSm,
    EnquireLink,
    Request,
    Response,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
    pdu,
    user_data,
)
from smppcore.reference import write_pdu
from smppcore.tlv import CALLBACK_NUM, MESSAGE_PAYLOAD, SOURCE_PORT, TextTlv

from .pdu_strategies import framed

ODD_DELIVER_SM = DeliverSm(destination_addr="1", short_message=b"Hello").encode(7)[16:] + b"\0"


def tolerated() -> DeliverSm:
    """A PDU with an anomaly."""
    read = Codec(tolerate=ESME_TOLERANCE).decode(framed(DeliverSm, 0, 7, ODD_DELIVER_SM))
    assert isinstance(read, DeliverSm)
    assert read.anomalies
    return read


@pytest.mark.parametrize("cls", STANDARD_PDUS)
def test_no_repr_shows_a_password(cls: Any) -> None:
    made = cls(sequence_number=5)
    assert repr(made).startswith(cls.__name__)
    if hasattr(made, "password"):
        made.password = "geheim"
        assert "geheim" not in repr(made)
        assert "password=***" in repr(made)


def test_repr_shows_what_differs_from_the_default() -> None:
    assert repr(SubmitSm(destination_addr="1", tlvs=[(0x1400, b"a")])) == (
        "SubmitSm(tlvs=[(5120, b'a')], destination_addr='1')"
    )
    assert repr(EnquireLink()) == "EnquireLink()"


@pytest.mark.parametrize("cls", STANDARD_PDUS)
def test_the_compiled_text_can_be_looked_at(cls: Any) -> None:
    for function in (cls.encode, cls.decode_strict):
        text = inspect.getsource(function)
        assert text.startswith(f"def {function.__name__}(")
        assert text in cls.source + "\n"


def test_a_traceback_shows_the_compiled_line() -> None:
    try:
        SubmitSm.decode_strict(None, 0, 1)  # type: ignore[arg-type]
    except TypeError:
        shown = traceback.format_exc()
    assert "<smppcore codec of SubmitSm>" in shown
    assert "end = len(octets)" in shown


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pdus_can_be_pickled(protocol: int) -> None:
    for made in [cls() for cls in STANDARD_PDUS] + [tolerated()]:
        again = pickle.loads(pickle.dumps(made, protocol))  # noqa: S301  # our own octets
        assert again == made
        assert again.sequence_number == made.sequence_number
        assert list(map(str, again.anomalies)) == list(map(str, made.anomalies))


def test_pdus_can_be_copied() -> None:
    made = tolerated()
    for again in (copy.copy(made), copy.deepcopy(made), dataclasses.replace(made)):
        assert again == made
        assert again is not made
        assert again.sequence_number == 7
        assert str(again.anomalies[0]) == str(made.anomalies[0])
    assert copy.deepcopy(made).tlvs is not made.tlvs
    other = dataclasses.replace(made, short_message=b"Other")
    assert (other.short_message, made.short_message) == (b"Other", b"Hello")


ERRORS: list[SmppError] = [
    tolerated().anomalies[0],
    FramingError.__new__(FramingError, "lost"),
    EncodeError("submit_sm.source_addr", "a str", 5),
    EncodeError("bind_transceiver.password", "a str", "geheim"),
    StateError("not now"),
    Refuse(0x58),
    Refused(SubmitSmResp(command_status=0x58), SubmitSm()),
    NotSent("closed", SubmitSm()),
    OutcomeUnknown("timeout", SubmitSm()),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_can_be_pickled_and_copied(error: SmppError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert {name: str(value) for name, value in vars(again).items()} == {
            name: str(value) for name, value in vars(error).items()
        }


def test_equality_leaves_the_sequence_number_out() -> None:
    assert SubmitSm(destination_addr="1", sequence_number=1) == SubmitSm(destination_addr="1", sequence_number=2)
    assert SubmitSmResp(command_status=1) != SubmitSmResp()


def test_encode_does_not_change_the_pdu() -> None:
    made = SubmitSm(destination_addr="1", short_message=b"Hello", tlvs=[SOURCE_PORT(5505)])
    before = copy.deepcopy(made)
    assert made.encode(9)[12:16] == (9).to_bytes(4, "big")
    assert (made, made.sequence_number) == (before, 0)


def test_looking_tlvs_up() -> None:
    made = SubmitSm(tlvs=[CALLBACK_NUM(b"0001"), SOURCE_PORT(1), CALLBACK_NUM(b"0002"), (0x1400, b"")])
    assert made.get(CALLBACK_NUM) == b"0001"
    assert made.get_all(CALLBACK_NUM) == [b"0001", b"0002"]
    assert made.get(MESSAGE_PAYLOAD) is None
    assert user_data(made) == b""
    assert user_data(SubmitSm(short_message=b"a")) == b"a"
    assert user_data(SubmitSm(tlvs=[MESSAGE_PAYLOAD(b"b")])) == b"b"


def test_pdu_decode_refuses_what_is_another_pdu_or_none() -> None:
    octets = SubmitSm(destination_addr="1").encode(1)
    assert SubmitSm.decode(octets) == SubmitSm(destination_addr="1")
    for wrong in (b"", octets[:15], octets[:-1], octets + b"\0"):
        with pytest.raises(FramingError, match="command_length"):
            SubmitSm.decode(wrong)
    with pytest.raises(DecodeError, match="command_id") as refusal:
        SubmitMulti.decode(octets)
    assert refusal.value.offset == 4


@pdu(0x80010201)
class OddNamesResp(Response):
    """Field names that the compiled text uses for its own variables."""

    end: Annotated[str, CString(17)] = ""
    stop: CString9 = ""
    body: CString9 = ""
    chr: CString9 = ""


@pdu(0x00010201, response=OddNamesResp)
class OddNames(Request[OddNamesResp]):
    """The same, with every kind of field."""

    octets: CString9 = ""
    length: CString9 = ""
    join: CString16 = ""
    new: Octet = 0
    m: CString9 = ""
    start: Annotated[int, Integer(2)] = 0
    cls: Annotated[int, Integer(4, highest=9)] = 0
    sequence: CString9 = ""
    short: Annotated[str, CString(5, lengths=(2, 4))] = "ab"


def test_field_names_do_not_disturb_the_compiled_text() -> None:
    made = OddNames("o", "l", "j", 1, "m", 0x0102, 9, "s", "abcd")
    answer = OddNamesResp("e", "s", "b", "c")
    codec = Codec(STANDARD.extended(commands=[OddNames, OddNamesResp]), STRICT)
    for each in (made, answer):
        octets = each.encode(5)
        assert octets == write_pdu(each, 5)
        assert type(each).decode_strict(octets, 0, 5) == each
        assert codec.decode(octets) == each
    assert made.answer().command == "odd_names_resp"


def test_a_fixed_length_holds_for_the_empty_string_too() -> None:
    with pytest.raises(EncodeError, match=r"odd_names\.short"):
        OddNames(short="").encode(1)
    with pytest.raises(DecodeError, match=r"odd_names\.cls: 10 is not allowed"):
        OddNames.decode(OddNames(cls=10).encode(1))


def test_a_registry_with_a_carriers_command_tlv_and_status() -> None:
    dlt = TextTlv(0x1400, "dlt_entity_id", range(1, 21))
    registry = STANDARD.extended(commands=[OddNames], tlvs=[dlt], statuses={0x410: "NO_CREDIT"})
    codec = Codec(registry, STRICT)
    assert registry.command_name(0x10201) == "odd_names"
    assert registry.command_name(0x10202) == "0x00010202"
    assert (registry.status_name(0x410), registry.status_name(0x411)) == ("NO_CREDIT", "0x00000411")
    assert registry.status_name(0x58) == "ESME_RTHROTTLED"
    assert registry.tlv_named("dlt_entity_id") is dlt
    read = codec.decode(SubmitSm(destination_addr="1", tlvs=[dlt("1101")]).encode(1))
    assert read.get(dlt) == "1101"
    with pytest.raises(DecodeError, match=r"submit_sm\.dlt_entity_id"):
        codec.decode(SubmitSm(destination_addr="1", tlvs=[(0x1400, bytes(21))]).encode(1))
    assert OddNames not in STANDARD.commands.values()
