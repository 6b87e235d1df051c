"""What a short message says, and the PDUs that say it: text, header and receipt of a PDU, submit_sm for a text."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from smppcore.address import Address
from smppcore.constants import EsmClass
from smppcore.pdu import DataSm, DeliverSm, Pdu, SubmitMulti, SubmitSm, user_data
from smppcore.receipt import DeliveryReceipt, is_marked
from smppcore.receipt_text import receipt_text
from smppcore.text import Long, UserDataHeader, decode_text, split
from smppcore.tlv import (
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    NETWORK_ERROR_CODE,
    RECEIPTED_MESSAGE_ID,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    RawTlv,
)

M = TypeVar("M", SubmitSm, DeliverSm)
Message = SubmitSm | SubmitMulti | DeliverSm | DataSm


def user_data_of(pdu: Message) -> tuple[UserDataHeader | None, bytes]:
    """The user data header and the octets behind it; a header that does not add up counts as none (TS 23.040)."""
    octets = user_data(pdu)
    return UserDataHeader.parse(octets) if pdu.esm_class & EsmClass.UDHI and octets else (None, octets)


def text_of(pdu: Message, *, default: str = "gsm0338") -> str | None:
    """The text of a message, None where it is binary. ``default`` is what data_coding 0 means. Never raises."""
    header, octets = user_data_of(pdu)
    return decode_text(octets, pdu.data_coding, default=default, udh=header)


def receipt_of(
    pdu: DeliverSm | DataSm,
    *,
    default: str = "gsm0338",
    by_text: bool = False,
    arrived: datetime | None = None,
    zone: tzinfo | None = None,
) -> DeliveryReceipt | None:
    """The delivery receipt in a PDU, None where it is an ordinary message (Appendix B, section 5.2.12). Never raises.

    ``by_text`` also takes a text that looks like a receipt for one, though anyone can send such a text; ``arrived``
    decides between two readings of a date; ``zone`` is where dates are that name no offset from UTC.
    """
    message_id, state = _raw(pdu, RECEIPTED_MESSAGE_ID.tag), _raw(pdu, MESSAGE_STATE.tag)
    if not by_text and not is_marked(pdu.esm_class, message_id, state):
        return None
    header, octets = user_data_of(pdu)
    text = receipt_text(octets, pdu.data_coding, default=default, udh=header)
    return DeliveryReceipt.read(
        esm_class=pdu.esm_class,
        text=text.text,
        is_miscoded=text.is_miscoded,
        receipted_message_id=message_id,
        message_state=state,
        network_error_code=_raw(pdu, NETWORK_ERROR_CODE.tag),
        by_text=by_text,
        arrived=arrived,
        zone=zone,
    )


def is_receipt(pdu: Pdu) -> bool:
    """Whether a PDU says that it is a delivery receipt, by its esm_class or its TLVs; its text is not looked at."""
    if not isinstance(pdu, DeliverSm | DataSm):
        return False
    return is_marked(pdu.esm_class, _raw(pdu, RECEIPTED_MESSAGE_ID.tag), _raw(pdu, MESSAGE_STATE.tag))


def _raw(pdu: Pdu, wanted: int) -> bytes | None:
    for tag, octets in pdu.tlvs:
        if tag == wanted:
            return octets
    return None


def messages(
    kind: type[M],
    text: str,
    reference: int,
    *,
    source: str | Address = "",
    destination: str | Address,
    data_coding: int | None = None,
    languages: Collection[int] = (),
    long: Long = "udh8",
    default: str = "gsm0338",
    transliterate: bool = False,
    esm_class: int = 0,
    tlvs: Iterable[RawTlv] = (),
    **fields: Any,
) -> Iterator[M]:
    """The submit_sm or deliver_sm that carry a text, one per segment, all with the ``tlvs`` and ``fields`` given.

    Addresses are texts, whose TON and NPI are derived, or Address. ``reference`` joins the segments; the other options
    are those of text.split. Raises TextError for a text that cannot be sent so, AddressError for an address.
    """
    origin = source if isinstance(source, Address) else Address.sender(source)
    target = destination if isinstance(destination, Address) else Address.destination(destination)
    parts = split(
        text,
        reference,
        data_coding=data_coding,
        languages=languages,
        long=long,
        default=default,
        transliterate=transliterate,
    )
    for part in parts:
        pdu = kind(
            source_addr_ton=origin.ton,
            source_addr_npi=origin.npi,
            source_addr=origin.addr,
            dest_addr_ton=target.ton,
            dest_addr_npi=target.npi,
            destination_addr=target.addr,
            esm_class=esm_class | part.esm_class,
            data_coding=part.data_coding,
            short_message=part.short_message,
            tlvs=[*tlvs],
            **fields,
        )
        if part.sar is not None:
            number, total, position = part.sar
            pdu.tlvs += [SAR_MSG_REF_NUM(number), SAR_TOTAL_SEGMENTS(total), SAR_SEGMENT_SEQNUM(position)]
        if part.message_payload is not None:
            pdu.tlvs.append(MESSAGE_PAYLOAD(part.message_payload))
        yield pdu
