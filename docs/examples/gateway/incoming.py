"""What the carrier sends us: receipts change their messages, messages from telephones become events.

Both are kept before the PDU is answered, so that the carrier sends again what we could not keep.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final, cast

from gateway.desk import Desk
from gateway.event import Event
from gateway.log import log
from gateway.message import Message, State, new_id
from smppcore import DataSm, DeliverSm, MessageState, Reassembled, Receipted, TrackedMessage

_STATES: Final[dict[int | None, State]] = {
    MessageState.DELIVERED: State.DELIVERED,
    MessageState.EXPIRED: State.EXPIRED,
    MessageState.DELETED: State.FAILED,
    MessageState.UNDELIVERABLE: State.FAILED,
    MessageState.REJECTED: State.FAILED,
    MessageState.SKIPPED: State.FAILED,
}


class Incoming:
    """The handlers for a Correlation and a Gathering. ``wake`` is called when there is something to tell."""

    def __init__(self, desk: Desk, wake: Callable[[], None]) -> None:
        self._desk = desk
        self._wake = wake

    async def on_receipt(self, link: Any, receipted: Receipted) -> None:
        """The tag is the id of the message; what is not final says nothing that anybody waits for."""
        if receipted.final:
            state = _STATES.get(receipted.state, State.UNKNOWN)
            await self._note(receipted.message, state, _reason(receipted))

    async def on_expired(self, link: Any, tracked: TrackedMessage) -> None:
        """No receipt has come."""
        await self._note(tracked, State.UNKNOWN, "no receipt came in time")

    async def on_unmatched(self, link: Any, pdu: DeliverSm | DataSm) -> None:
        """A receipt of a message that we never heard of: of a process that was killed before it had the response."""
        log.warning("a receipt of no message")

    async def on_message(self, link: Any, message: Reassembled) -> None:
        """A message from a telephone, whole or with the numbers of the parts that never came."""
        pdu = _first(message)
        key = _key_of(message)
        body = {
            "type": "incoming",
            "id": key,
            "from": pdu.source_addr,
            "to": pdu.destination_addr,
            "text": message.text,
            "octets": message.octets.hex() if message.text is None else "",
            "missing": list(message.missing),
        }
        await self._desk.tell(Event(id=key, subject=key, body=body))
        self._wake()

    async def _note(self, tracked: TrackedMessage, state: State, reason: str) -> None:
        def change(message: Message) -> Message:
            return message.receipted(tracked.part, tracked.parts, state, reason)

        if await self._desk.update(tracked.tag, change) is None:
            log.warning("a receipt of a message that was forgotten", id=tracked.tag)
        self._wake()


def _reason(receipted: Receipted) -> str:
    """In the words of the carrier."""
    receipt = receipted.receipt
    return "" if receipted.state == MessageState.DELIVERED else f"{receipt.fields.stat} {receipt.fields.err}".strip()


def _key_of(message: Reassembled) -> str:
    """The same for a long message that is handed over again.

    One of a single part has nothing that tells it from another with the same text, so it gets a key of chance: where
    the carrier did not hear our answer it comes again, and is told twice.
    """
    if len(message.pdus) == 1:
        return new_id()
    first = _first(message)
    known = (first.source_addr, first.destination_addr, [pdu.sequence_number for pdu in message.pdus], message.octets)
    return hashlib.blake2b(repr(known).encode(), digest_size=12).hexdigest()


def _first(message: Reassembled) -> DeliverSm | DataSm:
    """Its first PDU; a Gathering has no others than these."""
    return cast(DeliverSm | DataSm, message.pdus[0])
