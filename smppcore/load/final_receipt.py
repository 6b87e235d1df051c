"""What a load test must know of a delivery receipt: the id and the final state. Most are read from two TLVs alone."""

from typing import Final, NamedTuple

from smppcore.message import receipt_of
from smppcore.pdu import DataSm, DeliverSm
from smppcore.receipt import STATE_WORDS, is_final
from smppcore.tlv import MESSAGE_STATE, RECEIPTED_MESSAGE_ID

_ID: Final = RECEIPTED_MESSAGE_ID.tag
_STATE: Final = MESSAGE_STATE.tag


class FinalReceipt(NamedTuple):
    """The id as the SMSC spelled it, and the state as a receipt's text has it, such as DELIVRD (Appendix B)."""

    message_id: str
    state: str


def final_receipt(pdu: DeliverSm | DataSm) -> FinalReceipt | None:
    """None where it is no receipt, has no id, or is not the last one. Never raises."""
    message_id = state = None
    for tag, octets in pdu.tlvs:
        if tag == _ID:
            message_id = octets
        elif tag == _STATE:
            state = octets
    if message_id and state and len(state) == 1 and state[0] and is_final(state[0]):
        return FinalReceipt(message_id.rstrip(b"\0").decode("latin-1"), STATE_WORDS.get(state[0], "?"))
    receipt = receipt_of(pdu, by_text=True)
    if receipt is None or not receipt.message_id or not is_final(receipt.message_state):
        return None
    return FinalReceipt(receipt.message_id, STATE_WORDS.get(receipt.message_state or 0, "?"))
