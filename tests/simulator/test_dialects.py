"""Every dialect says what it is to say, and our own reader finds message and state in it where they are."""

from typing import Any

import pytest

from smppcore.constants import MessageState
from smppcore.message import receipt_of
from smppcore.pdu import DataSm, DeliverSm, SubmitSm
from smppcore.simulator.dialects import DIALECTS, Dialect
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.simulator.receipt_pdu import notification_pdu, receipt_in
from smppcore.tlv import MESSAGE_PAYLOAD, MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID

NOON = 1_700_049_600.0
HEX, DECIMAL = "39f99dd5", "972660181"
DATES = "submit date:2311151200 done date:2311151201"
USUAL = f"sub:001 dlvrd:001 {DATES} stat:DELIVRD"
SAMPLES = {
    "standard": f"id:39f99dd5 {USUAL} err:000 text:hi",
    "text-only": f"id:39f99dd5 {USUAL} err:000 text:hi",
    "tlv-only": "",
    "data-sm": f"id:39f99dd5 {USUAL} err:000 text:hi",
    "smppsim": f"id:39f99dd5 {USUAL} err:000 Text:hi",
    "permuted": (
        "sub:001 id:39f99dd5 err:000 dlvrd:001 done date:2311151201 submit date:2311151200 text:hi stat:DELIVRD"
    ),
    "short": "id:39f99dd5 submit date:2311151200 done date:2311151201 stat:DELIVRD err:000 text:hi",
    "seconds": (
        "id:39f99dd5 sub:001 dlvrd:000 submit date:231115120000 done date:231115120100 stat:DELIVRD err:000 text:"
    ),
    "cut-dates": (
        "id:39f99dd5 sub:000 dlvrd:001 submit date:231115120000000+ done date:231115120100000+ stat:DELIVRD err:000"
    ),
    "zero-date": (
        "id:39f99dd5 sub:001 dlvrd:001 submit date:2311151200 done date:0000000000 stat:DELIVRD err:000 text:hi"
    ),
    "year4": (
        "id:39f99dd5 sub:001 dlvrd:001 submit date:202311151200 done date:202311151201 stat:DELIVRD err:000 text:hi"
    ),
    "odd-words": f"id:39f99dd5 {USUAL} err:000 text:hi",
    "hex-errors": (f"id:39f99dd5 {USUAL} err:0000 text:hi"),
    "one-digit": "id:39f99dd5 sub:1 dlvrd:1 submit date:2311151200 done date:2311151201 stat:DELIVRD err:0 text:hi",
    "truncated": f"id:39f99dd5 {USUAL} er",
    "decimal-ids": (f"id:0972660181 {USUAL} err:000 text:hi"),
    "two-ids": (f"id:0972660181 {USUAL} err:000 text:hi"),
    "upper-ids": f"id:39F99DD5 {USUAL} err:000 text:hi",
}


def message(message_id: str = HEX, state: int = MessageState.DELIVERED, error: str = "") -> StoredMessage:
    found = StoredMessage(message_id, "shop", SubmitSm(destination_addr="222", short_message=b"hi"), NOON)
    found.finish(state, NOON + 60)
    found.error = error
    return found


def sent(name: str, told: StoredMessage | None = None, version: int = 0x34) -> Any:
    """A receipt as it arrives."""
    octets = receipt_in(DIALECTS[name], told or message(), version).encode(1)
    return (DeliverSm if octets[7] == 5 else DataSm).decode(octets)


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_has_a_description_and_can_be_sent(name: str) -> None:
    assert DIALECTS[name].description
    for state in range(2, 9):
        pdu = sent(name, message(state=state))
        assert isinstance(pdu, DataSm if name == "data-sm" else DeliverSm)


@pytest.mark.parametrize("name", DIALECTS)
def test_our_reader_finds_id_and_state(name: str) -> None:
    told = message("0000" + DECIMAL) if name in ("no-zeros", "hex-ids") else message()
    receipt = receipt_of(sent(name, told), by_text=True)
    assert receipt is not None
    assert receipt.message_state == (None if name == "no-text" else MessageState.DELIVERED)
    found = (receipt.message_id or "").lower().lstrip("0")
    assert found in (HEX, DECIMAL)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_text_of_a_dialect(name: str) -> None:
    pdu = sent(name)
    assert (pdu.get(MESSAGE_PAYLOAD) or getattr(pdu, "short_message", b"")) == SAMPLES[name].encode("ascii")


def test_tlvs_of_a_dialect() -> None:
    assert [tag for tag, _ in sent("standard").tlvs] == [RECEIPTED_MESSAGE_ID.tag, MESSAGE_STATE.tag]
    assert sent("text-only").tlvs == []
    assert sent("smppsim").tlvs[-1] == (0x1403, b"4412345678")
    assert sent("seconds", message(error="0021")).get(NETWORK_ERROR_CODE) == b"\x03\x00\x21"
    assert sent("two-ids").get(RECEIPTED_MESSAGE_ID) == HEX
    assert sent("decimal-ids").get(RECEIPTED_MESSAGE_ID) == f"0{DECIMAL}"
    assert sent("state-zero").get(MESSAGE_STATE) == 0
    assert sent("no-state").get(MESSAGE_STATE) is None


def test_ids_in_other_notations() -> None:
    assert b"id:39F99DD5 " in sent("hex-ids", message(DECIMAL)).short_message
    assert b"id:no-number " in sent("hex-ids", message("no-number")).short_message
    assert b"id:972660181 " in sent("no-zeros", message(f"00{DECIMAL}")).short_message
    assert b"id:00000000000039f99dd5 " in sent("more-zeros").short_message


def test_encodings() -> None:
    assert sent("ucs2").short_message.decode("utf-16-be") == SAMPLES["standard"]
    assert (sent("ucs2").data_coding, sent("miscoded").data_coding, sent("payload").data_coding) == (8, 8, 3)
    assert sent("miscoded").short_message == SAMPLES["standard"].encode("ascii")
    assert (sent("payload").short_message, sent("payload").get(MESSAGE_PAYLOAD)) == (
        b"",
        SAMPLES["standard"].encode("ascii"),
    )


def test_classes() -> None:
    assert [sent(name).esm_class for name in ("standard", "plain-class", "both-bits")] == [0x04, 0, 0x24]


def test_words_and_errors_of_failures() -> None:
    failed = message(state=MessageState.UNDELIVERABLE, error="021")
    assert b"dlvrd:000" in sent("standard", failed).short_message
    assert b"stat:UNDELIV err:021" in sent("standard", failed).short_message
    assert b"dlvrd:001" in sent("zero-date", failed).short_message
    assert b"stat:FAILED" in sent("zero-date", failed).short_message
    assert b"stat:DND_REJECTED" in sent("odd-words", message(state=MessageState.REJECTED)).short_message


@pytest.mark.parametrize("name", DIALECTS)
def test_an_esme_of_version_33_gets_no_tlvs_in_any_dialect(name: str) -> None:
    pdu = sent(name, version=0x33)
    assert isinstance(pdu, DeliverSm)
    assert pdu.tlvs == []


def test_an_intermediate_notification() -> None:
    pdu = notification_pdu(message(), DIALECTS["standard"], 0x34, MessageState.ENROUTE, NOON + 30)
    assert isinstance(pdu, DeliverSm)
    assert (pdu.esm_class, pdu.get(MESSAGE_STATE)) == (0x20, MessageState.ENROUTE)
    assert b"dlvrd:000 submit date:2311151200 done date:2311151200 stat:ENROUTE" in pdu.short_message


@pytest.mark.parametrize(
    "fields",
    [
        {"pdu": "submit_sm"},
        {"text": "id:{ID}"},
        {"text": "id:{0}"},
        {"text": "id:{id.__class__}"},
        {"encoding": "no-such"},
        {"date": "weeks"},
        {"id": "octal"},
        {"tlvs": ("source_port",)},
    ],
)
def test_dialects_that_cannot_be(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"text|pdu|none of"):
        Dialect(name="mine", **fields)
