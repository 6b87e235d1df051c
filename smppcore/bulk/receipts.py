"""The receipts of a campaign: each is in the journal before it is answered, so that none is lost by a kill.

One that comes before the response to its message waits until all that were on their way have their verdict. What is
not ours (receipts of other programs of the account, messages from subscribers) is refused for the time being, so that
the SMSC keeps it for whoever it is for.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from smppcore.bulk.journal import Journal
from smppcore.bulk.journal_file import JournalFile
from smppcore.bulk.sending import Sending
from smppcore.bulk.steps import Receive
from smppcore.constants import CommandStatus
from smppcore.errors import StoreError
from smppcore.link import Link
from smppcore.log import log
from smppcore.pdu import DataSm, DeliverSm
from smppcore.receipt import STATE_WORDS, DeliveryReceipt

NOT_OURS = CommandStatus.ESME_RX_T_APPN


class Receipts:
    """A handler for deliver_sm and data_sm. ``sending`` tells what is on its way, ``journal`` what was sent."""

    def __init__(self, journal: Journal, sending: Sending, *, clock: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._sending = sending
        self._clock = clock
        self._came = asyncio.Event()
        self.received = 0
        """Receipts of ours so far, those that came twice included."""
        self.others = 0
        """What came and was not ours."""

    async def __call__(self, link: Link, pdu: DeliverSm | DataSm) -> CommandStatus | None:
        arrived = self._clock()
        receipt = link.receipt_of(pdu, arrived=datetime.fromtimestamp(arrived, UTC).replace(tzinfo=None))
        if receipt is None or not receipt.message_id:
            return self._refuse()
        final = receipt.final(link.settings.final_states)
        step = Receive(receipt.message_id, pdu.source_addr, _word(receipt), final, arrived)
        try:
            found = await self._journal.received(step)
            if not found and await self._sending.settled():
                found = await self._journal.received(step)
        except StoreError as error:
            log.error("receipt not kept", error=str(error))
            return self._refuse()
        if not found:
            return self._refuse()
        self.received += 1
        self._came.set()
        return None

    def _refuse(self) -> CommandStatus:
        self.others += 1
        return NOT_OURS

    async def wait(self, seconds: float) -> int:
        """Wait until all segments that were taken have their last receipt; how many had none after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                before = self.received
                while missing := await self._journal.read(JournalFile.outstanding):
                    # Each receipt is about one segment: before so many have come there is no need to count again.
                    while self.received < before + missing:
                        self._came.clear()
                        await self._came.wait()
                    before = self.received
        except TimeoutError:
            return await self._journal.read(JournalFile.outstanding)
        return 0


def _word(receipt: DeliveryReceipt) -> str:
    """The state as the text spells it, else as Appendix B does."""
    state = receipt.message_state
    return receipt.fields.stat or (STATE_WORDS.get(state, str(state)) if state is not None else "?")
