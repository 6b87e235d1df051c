"""What an SMSC sends, one line each: for people, or as JSON."""

import json
import sys
from datetime import UTC, datetime
from typing import Any, Final

from smppcore.address import Address
from smppcore.codec import STANDARD, Registry
from smppcore.constants import MessageState
from smppcore.esme import Esme
from smppcore.json_view import pdu_view
from smppcore.link import Link
from smppcore.message import user_data_of
from smppcore.pdu import AlertNotification, DataSm, DeliverSm, Pdu
from smppcore.receipt import DeliveryReceipt

Message = DeliverSm | DataSm
GSM: Final = "gsm0338"


class IncomingView:
    """Writes to standard output, at once. ``registry`` has the names of TLVs."""

    def __init__(self, as_json: bool, registry: Registry = STANDARD) -> None:
        self.as_json = as_json
        self.registry = registry
        self.count = 0

    def show(self, end: Esme | Link, pdu: Message | AlertNotification) -> None:
        """One message, receipt or alert_notification that came to this end, read with its settings."""
        self.count += 1
        now = datetime.now(UTC)
        receipt = None
        if not isinstance(pdu, AlertNotification):
            receipt = end.receipt_of(pdu, arrived=now.replace(tzinfo=None))
        if self.as_json:
            self.event(_kind(pdu, receipt), **self._values(end, pdu, receipt))
        else:
            words = _alert(pdu) if isinstance(pdu, AlertNotification) else _message(end, pdu, receipt)
            print(f"{now.astimezone():%H:%M:%S} {words}", flush=True)

    def _values(
        self, end: Esme | Link, pdu: Message | AlertNotification, receipt: DeliveryReceipt | None
    ) -> dict[str, Any]:
        """All of a PDU."""
        view = pdu_view(pdu, len(pdu.encode(pdu.sequence_number)), self.registry)
        del view["result"]
        if receipt is not None:
            view["receipt"] = receipt.to_json()
        if not isinstance(pdu, AlertNotification) and "text" in view and pdu.data_coding == 0:
            view["text"] = end.text_of(pdu)
            if end.settings.default_alphabet != GSM:
                view["text_encoding"] = end.settings.default_alphabet
        return view

    def event(self, kind: str, **values: Any) -> None:
        """One line of JSON, with the time; nothing for people."""
        if self.as_json:
            line = {"event": kind, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), **values}
            print(json.dumps(line, ensure_ascii=False), flush=True)

    def say(self, text: str) -> None:
        """A line for people; with JSON it goes to standard error, where it is no data."""
        print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)


def _message(end: Esme | Link, pdu: Message, receipt: DeliveryReceipt | None) -> str:
    way = f"from {_address(pdu, 'source')} to {_address(pdu, 'destination')}"
    if receipt is not None:
        return f"receipt {way}: {_receipt(receipt)}"
    text = end.text_of(pdu)
    header, octets = user_data_of(pdu)
    shown = repr(text) if text is not None else f"{len(octets)} octets {octets.hex()}"
    part = header.concatenation if header is not None else None
    of = f" (part {part.sequence} of {part.total}, reference {part.reference})" if part is not None else ""
    return f"message {way}: {shown}{of}"


def _kind(pdu: Pdu, receipt: DeliveryReceipt | None) -> str:
    if isinstance(pdu, AlertNotification):
        return "alert_notification"
    return "receipt" if receipt is not None else "message"


def _address(pdu: Message, end: str) -> str:
    if end == "source":
        address = Address(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr)
    else:
        address = Address(pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr)
    return ("+" if address.ton == 1 and address.addr.isdigit() else "") + _quoted(address.addr)


def _quoted(text: str) -> str:
    """As it is where it is one word that can be printed, else in quotes, so that no control character gets through."""
    return text if text.isalnum() else repr(text)


def _receipt(receipt: DeliveryReceipt) -> str:
    if receipt.kind != "receipt":
        return "unreadable"
    fields = receipt.fields
    state = receipt.message_state
    names = {each.value: each.name for each in MessageState}
    words = [f"id {receipt.message_id!r}", names.get(state, str(state)) if state is not None else "no state"]
    words += [f"{name} {value}" for name, value in (("err", fields.err), ("done", receipt.done_time)) if value]
    if fields.sub is not None or fields.dlvrd is not None:
        words.append(f"delivered {fields.dlvrd} of {fields.sub}")
    return ", ".join(words)


def _alert(pdu: AlertNotification) -> str:
    return f"alert_notification: {_quoted(pdu.source_addr)} can be reached again, for {_quoted(pdu.esme_addr)}"
