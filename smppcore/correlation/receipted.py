"""A receipt together with the message that it is about."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from smppcore.correlation.received import message_of, octets_of
from smppcore.correlation.tracked import Claim, TrackedMessage
from smppcore.message_id import Rule
from smppcore.pdu import DataSm, DeliverSm
from smppcore.receipt import DeliveryReceipt

ReceiptPdu = DeliverSm | DataSm


@dataclass(frozen=True, slots=True)
class Receipted:
    """A receipt that was matched.

    ``final``: nothing more is to come, by the setting final_states. ``rule`` is how the message_id was written, from
    the response to the receipt (message_id.py). ``arrived`` is in seconds since the epoch. ``redelivered``: on_receipt
    may have been called with it before, by a process that died, or in vain. ``duplicate``: it was handed over before,
    and now it came again; only middleware sees those. ``earlier`` are the states that were handed over before.
    """

    message: TrackedMessage
    receipt: DeliveryReceipt
    pdu: ReceiptPdu
    final: bool
    rule: Rule
    arrived: float
    redelivered: bool = False
    duplicate: bool = False
    earlier: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """What the application gave with the message."""
        return self.message.tag

    @property
    def message_id(self) -> str:
        """The message_id as it stood in the response."""
        return self.message.message_id

    @property
    def state(self) -> int | None:
        """The message_state (section 5.2.28), None for a word that nobody knows."""
        return self.receipt.message_state

    @property
    def seconds(self) -> float:
        """From the request to the receipt."""
        return self.arrived - self.message.submitted


def _no_keys(message_id: str) -> tuple[str, ...]:
    """What is looked for where the message is known."""
    return ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A receipt on its way to its message. ``id`` is the same for one that comes again; ``keys`` are looked for."""

    pdu: ReceiptPdu
    receipt: DeliveryReceipt
    message_id: str
    keys: tuple[str, ...]
    arrived: float
    octets: bytes
    id: str

    @classmethod
    def of(cls, pdu: ReceiptPdu, receipt: DeliveryReceipt, keys: tuple[str, ...], arrived: float) -> Self:
        """A receipt that has come."""
        octets = octets_of(pdu)
        fingerprint = hashlib.blake2b(octets[16:], digest_size=16).hexdigest()  # behind the sequence_number
        return cls(pdu, receipt, receipt.message_id or "", keys, arrived, octets, f"receipt-{fingerprint}")

    @classmethod
    def again(
        cls, end: Any, octets: bytes, arrived: float, keys_of: Callable[[str], tuple[str, ...]] = _no_keys
    ) -> Self:
        """A receipt that was kept; ``end`` reads it, ``keys_of`` its message_id tells what to look for."""
        pdu = message_of(octets)
        receipt = end.receipt_of(pdu) or DeliveryReceipt()
        return cls.of(pdu, receipt, keys_of(receipt.message_id or ""), arrived)

    @property
    def source(self) -> str:
        """The number that the message went to, as the SMSC writes it here."""
        return self.pdu.source_addr

    def state_of(self, message: TrackedMessage) -> str:
        """What tells this receipt from the others of its message; each member of a list has its own."""
        state = self.receipt.message_state
        told = str(state) if state is not None else (self.receipt.fields.stat or "?").upper()
        return f"{told} {self.source}" if message.is_list else told

    def claim(self, message: TrackedMessage, rule: Rule) -> Claim:
        """What stands in the record of the message while this receipt is handed over."""
        return Claim(self.octets.decode("latin-1"), self.state_of(message), rule, self.arrived)
