"""A PDU that was received, as octets to be kept, and back."""

from typing import Final

from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.errors import EncodeError
from smppcore.pdu import DataSm, DeliverSm, Pdu

_CODEC: Final = Codec(tolerate=ESME_TOLERANCE)


def octets_of(pdu: Pdu) -> bytes:
    """The octets of a received PDU, as they came where something was wrong with them.

    Raises EncodeError for one that somebody has altered so that it is no PDU any more.
    """
    try:
        return pdu.encode(pdu.sequence_number)
    except EncodeError:
        if not pdu.anomalies:
            raise
        return pdu.anomalies[0].octets


def message_of(octets: bytes) -> DeliverSm | DataSm:
    """The deliver_sm or data_sm of these octets, read as tolerantly as an ESME reads. Raises DecodeError."""
    pdu = _CODEC.decode(octets)
    if not isinstance(pdu, DeliverSm | DataSm):
        raise TypeError(f"a {pdu.command} was kept where messages are")
    return pdu
