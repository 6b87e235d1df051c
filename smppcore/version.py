"""Which version of SMPP two ends speak with each other, and what 3.3 lacks (section 3 of 3.4: no TLVs, no data_sm).

Many SMSCs announce no sc_interface_version, or an odd one (0x00, 34 in decimal), and ESMEs bind with such numbers too;
that means the version that was configured. Only an end that says 3.3 in so many words is treated as one of 3.3.
"""

from copy import copy
from typing import Final, TypeVar

from smppcore.constants import CommandId, EsmClass, InterfaceVersion
from smppcore.errors import EncodeError, StateError
from smppcore.pdu import DeliverSm, Pdu, Request
from smppcore.tlv import MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID, STANDARD_TLVS

P = TypeVar("P", bound=Pdu)

KNOWN: Final = frozenset(map(int, InterfaceVersion))
_NOT_IN_3_3: Final = frozenset(
    {
        CommandId.DATA_SM,
        CommandId.ALERT_NOTIFICATION,
        CommandId.BROADCAST_SM,
        CommandId.QUERY_BROADCAST_SM,
        CommandId.CANCEL_BROADCAST_SM,
    }
)
_IN_THE_TEXT: Final = frozenset({RECEIPTED_MESSAGE_ID.tag, MESSAGE_STATE.tag, NETWORK_ERROR_CODE.tag})
"""What a receipt says in its text as well."""


def agreed_version(configured: int, announced: int | None) -> int:
    """The lower of the two versions that are known ones, 3.4 where neither is."""
    known = [each for each in (configured, announced) if each is not None and each in KNOWN]
    return min(known, default=int(InterfaceVersion.V3_4))


def for_3_3(pdu: P) -> P:
    """The PDU as an end of 3.3 can read it; the one passed in is not changed.

    TLVs of responses are left out, and those of a receipt that its text repeats. Raises EncodeError for a request that
    has others, because the message would not be the one that was asked for, StateError for a PDU that 3.3 lacks.
    """
    if pdu.command_id in _NOT_IN_3_3:
        raise StateError(f"{pdu.command} cannot be sent: the other end speaks SMPP 3.3, which has none")
    if not pdu.tlvs:
        return pdu
    if isinstance(pdu, Request):
        needed = [tlv[0] for tlv in pdu.tlvs if not (tlv[0] in _IN_THE_TEXT and _is_receipt(pdu))]
        if needed:
            limit = "the other end speaks SMPP 3.3, which has no TLVs"
            raise EncodeError(f"{pdu.command}.tlvs", limit, [_name(tag) for tag in needed])
    plain = copy(pdu)
    plain.tlvs = []
    return plain


def _is_receipt(pdu: Pdu) -> bool:
    return isinstance(pdu, DeliverSm) and bool(pdu.esm_class & EsmClass.MESSAGE_TYPE) and bool(pdu.short_message)


def _name(tag: int) -> str:
    known = STANDARD_TLVS.get(tag)
    return known.name if known is not None else f"0x{tag:04X}"
