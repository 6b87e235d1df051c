"""A carrier that takes messages and delivers them, and the addresses and texts by which traffic is recognised."""

import asyncio
from collections.abc import Iterable

from link.carrier import Carrier

from smppcore.constants import CommandStatus
from smppcore.errors import Refuse
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp
from smppcore.receipt import build_text
from smppcore.smsc import Peer

NUMBER, SENDER, TEXT = "46701234567", "46709876543", "meet me at noon"
SHOWN, SHOWN_SENDER = "********567", "********543"


class Deliveries:
    """A handler for submit_sm: answers with ids from 1 on, and sends the receipt ``stat`` when it is told to.

    ``refuse`` are the numbers of the messages, from 1 on, that it refuses; they have an id as well.
    """

    def __init__(self, refuse: Iterable[int] = ()) -> None:
        self.taken: list[tuple[Peer, SubmitSm]] = []
        self._refuse = frozenset(refuse)

    def __call__(self, peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        self.taken.append((peer, pdu))
        if len(self.taken) in self._refuse:
            raise Refuse(CommandStatus.ESME_RINVDSTADR)
        return SubmitSmResp(message_id=f"m{len(self.taken)}")

    async def receipt(self, number: int, stat: str = "DELIVRD", err: str = "000") -> None:
        """Send the receipt of that message, and wait for its answer."""
        peer, pdu = self.taken[number - 1]
        text = build_text(
            f"m{number}", dlvrd=1, submit_date="2401011200", done_date="2401011201", stat=stat, err=err, text=TEXT
        )
        receipt = DeliverSm(source_addr=pdu.destination_addr, destination_addr=pdu.source_addr, esm_class=4)
        receipt.short_message = text.encode()
        await peer.deliver_sm(receipt)

    async def receipts(self, stat: str = "DELIVRD") -> None:
        """Send the receipts of all that were taken."""
        numbers = (number for number in range(1, len(self.taken) + 1) if number not in self._refuse)
        await asyncio.gather(*(self.receipt(number, stat) for number in numbers))


def carrier_of(deliveries: Deliveries) -> Carrier:
    return Carrier(deliveries)


def message(**fields: object) -> SubmitSm:
    """A submit_sm from SENDER to NUMBER that says TEXT."""
    pdu = SubmitSm(source_addr=SENDER, destination_addr=NUMBER, short_message=TEXT.encode())
    for name, value in fields.items():
        setattr(pdu, name, value)
    return pdu
