"""FIELD 1.12 no. 4: over these aiosmpplib reconnects for ever, or drops the link; here each is a message that is read.

The other defects of that list that concern text, times and reassembly are in tests/text/test_peer_defects.py,
test_smpptime.py and test_reassembly.py.
"""

from typing import Any

import pytest

from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.message import receipt_of, text_of
from smppcore.pdu import DeliverSm

RECEIPT = "id:5 sub:001 dlvrd:001 submit date:{date} done date:{date} stat:DELIVRD err:{err} text:"


def received(**fields: Any) -> DeliverSm:
    pdu = Codec(tolerate=ESME_TOLERANCE).decode(DeliverSm(source_addr="1", destination_addr="2", **fields).encode(1))
    assert isinstance(pdu, DeliverSm)
    return pdu


@pytest.mark.parametrize(
    ("date", "err"),
    [("2601010101", "21b"), ("260101010159", "000"), ("202601010101", "000"), ("20260101010159", "0032")],
    ids=["hexadecimal error", "seconds", "four-digit year", "four-digit year and seconds"],
)
def test_field_1_12_4_receipt_texts(date: str, err: str) -> None:
    receipt = receipt_of(received(esm_class=4, short_message=RECEIPT.format(date=date, err=err).encode()))
    assert receipt is not None
    assert (receipt.message_id, receipt.message_state, receipt.fields.err) == ("5", 2, err)
    assert receipt.done_time is not None
    assert receipt.oddities == ()


def test_field_1_12_4_a_receipt_of_tlvs_only() -> None:
    receipt = receipt_of(received(esm_class=4, tlvs=[(0x001E, b"5\0"), (0x0427, b"\2")]))
    assert receipt is not None
    assert (receipt.message_id, receipt.message_state) == ("5", 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"tlvs": [(0x1400, b"\x80\xff")]},
        {"source_addr_ton": 7},
        {"data_coding": 0x10},
        {"data_coding": 0xF1},
    ],
    ids=["binary TLV", "TON 7", "data_coding 0x10", "data_coding 0xF1"],
)
def test_field_1_12_4_messages(fields: dict[str, Any]) -> None:
    pdu = received(short_message=b"hi", **fields)
    assert text_of(pdu) == "hi"
    assert receipt_of(pdu) is None
