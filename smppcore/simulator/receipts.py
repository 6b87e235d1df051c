"""Delivers the receipts that a simulator owes, to whichever ESME of the account can receive.

A receipt is owed until an ESME has answered it: what is refused for now, or was on its way when a connection ended, is
sent again. What nobody is bound to receive waits.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from smppcore.constants import CommandStatus, EsmClass, InterfaceVersion, MessageState
from smppcore.errors import EncodeError, Refused
from smppcore.log import log
from smppcore.pdu import DataSm, DataSmResp, DeliverSm, DeliverSmResp
from smppcore.receipt import build_text
from smppcore.simulator.messages import StoredMessage
from smppcore.smsc import Peer
from smppcore.text import UserDataHeader, decode_text
from smppcore.tlv import (
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    USER_MESSAGE_REFERENCE,
    RawTlv,
)

RETRY_STATUSES: Final = frozenset(
    {CommandStatus.ESME_RX_T_APPN, CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL}
)
"""With these an ESME asks to be sent the receipt again (section 5.1.3)."""
RETRY_DELAY: Final = 1.0
PREVIEW: Final = 20
"""How many characters of the message a receipt repeats (Appendix B)."""
LONGEST_ADDRESS: Final = 20
"""What deliver_sm has room for; the receipt for a longer one, as data_sm allows, is a data_sm too."""

Answer = asyncio.Future[DeliverSmResp] | asyncio.Future[DataSmResp]


class Receipts:
    """The receipts owed, per account, and the ESMEs that can receive them.

    ``settle`` is called with each message whose receipt is owed no more.
    """

    def __init__(self, settle: Callable[[StoredMessage], None]) -> None:
        self._settle = settle
        self._receivers: dict[str, list[Peer]] = {}
        self._waiting: dict[str, deque[StoredMessage]] = {}
        self._retries: dict[str, asyncio.TimerHandle] = {}
        self._dates: tuple[int, str] = (-1, "")
        self._closed = False
        self.delivered = 0
        self.refused = 0

    @property
    def waiting(self) -> int:
        """How many wait for an ESME that can receive them."""
        return sum(map(len, self._waiting.values()))

    def add_receiver(self, peer: Peer) -> None:
        """An ESME has bound as receiver or transceiver: what has been waiting for one goes to it."""
        self._receivers.setdefault(peer.system_id, []).append(peer)
        self.deliver_waiting(peer.system_id)

    def remove_receiver(self, peer: Peer) -> None:
        """That ESME is gone."""
        receivers = self._receivers.get(peer.system_id, [])
        if peer in receivers:
            receivers.remove(peer)

    def deliver(self, message: StoredMessage) -> None:
        """Send the receipt of a message that has reached its final state, or keep it until an ESME can receive it."""
        peer = self._receiver(message.account)
        if peer is None:
            self._keep(message)
            return
        answer: Answer
        if max(len(message.source.addr), len(message.destination.addr)) > LONGEST_ADDRESS:
            answer = peer.begin_request(self._data_sm(message), timeout=float("inf"))
        else:
            answer = peer.begin_request(self._deliver_sm(message, peer), timeout=float("inf"))
        answer.add_done_callback(partial(self._answered, message))

    def deliver_waiting(self, account: str) -> None:
        """Send what has been waiting for a receiver of this account."""
        if self._receiver(account) is None:
            return
        for message in self._waiting.pop(account, ()):
            self.deliver(message)

    def _receiver(self, account: str) -> Peer | None:
        """The least loaded ESME of the account that can receive."""
        peers = [peer for peer in self._receivers.get(account, ()) if peer.can_receive]
        if len(peers) > 1:
            return min(peers, key=lambda peer: peer.in_flight + peer.waiting)
        return peers[0] if peers else None

    def _keep(self, message: StoredMessage) -> None:
        self._waiting.setdefault(message.account, deque()).append(message)

    def _answered(self, message: StoredMessage, answer: Answer) -> None:
        error = asyncio.CancelledError() if answer.cancelled() else answer.exception()
        if error is None:
            self.delivered += 1
            self._settle(message)
        elif _is_final(error):
            self.refused += 1
            self._settle(message)
            # Not the text of the error: an EncodeError shows the address.
            status = error.status if isinstance(error, Refused) else None
            log.warning("receipt refused for good", error=type(error).__name__, status=status)
        else:
            self._keep(message)
            self._try_again(message.account)

    def _try_again(self, account: str) -> None:
        if account not in self._retries and not self._closed:
            loop = asyncio.get_running_loop()
            self._retries[account] = loop.call_later(RETRY_DELAY, self._retry, account)

    def _retry(self, account: str) -> None:
        del self._retries[account]
        self.deliver_waiting(account)

    def close(self) -> None:
        """Try nothing again."""
        self._closed = True
        for retry in self._retries.values():
            retry.cancel()
        self._retries.clear()

    def _deliver_sm(self, message: StoredMessage, peer: Peer) -> DeliverSm:
        return DeliverSm(
            source_addr_ton=message.destination.ton,
            source_addr_npi=message.destination.npi,
            source_addr=message.destination.addr,
            dest_addr_ton=message.source.ton,
            dest_addr_npi=message.source.npi,
            destination_addr=message.source.addr,
            esm_class=EsmClass.DELIVERY_RECEIPT.value,
            short_message=self._text(message),
            # An ESME of version 3.3 knows no TLVs (section 3.4).
            tlvs=_tlvs(message) if peer.interface_version >= InterfaceVersion.V3_4 else [],
        )

    def _data_sm(self, message: StoredMessage) -> DataSm:
        return DataSm(
            source_addr_ton=message.destination.ton,
            source_addr_npi=message.destination.npi,
            source_addr=message.destination.addr,
            dest_addr_ton=message.source.ton,
            dest_addr_npi=message.source.npi,
            destination_addr=message.source.addr,
            esm_class=EsmClass.DELIVERY_RECEIPT.value,
            tlvs=[*_tlvs(message), MESSAGE_PAYLOAD(self._text(message))],
        )

    def _text(self, message: StoredMessage) -> bytes:
        text = build_text(
            message.message_id,
            dlvrd=int(message.state == MessageState.DELIVERED),
            submit_date=self._date(message.submitted),
            done_date=self._date(message.finished),
            stat=message.state,
        )
        return text.encode("ascii") + preview(message)

    def _date(self, moment: float) -> str:
        """YYMMDDhhmm in UTC; the last minute is kept, because it is nearly always asked for again."""
        minute = int(moment) // 60
        if minute != self._dates[0]:
            self._dates = (minute, time.strftime("%y%m%d%H%M", time.gmtime(minute * 60)))
        return self._dates[1]


def _is_final(error: BaseException) -> bool:
    """Whether sending again would be of no use; a connection that ends in whatever way is no such reason."""
    return isinstance(error, EncodeError) or (isinstance(error, Refused) and error.status not in RETRY_STATUSES)


def _tlvs(message: StoredMessage) -> list[RawTlv]:
    tlvs = [RECEIPTED_MESSAGE_ID(message.message_id), MESSAGE_STATE(message.state)]
    if message.reference is not None:
        tlvs.append(USER_MESSAGE_REFERENCE(message.reference))
    return tlvs


def preview(message: StoredMessage) -> bytes:
    """The first characters of a message in the default alphabet, ``?`` for what that does not have."""
    octets = message.short_message
    header = None
    if message.esm_class & EsmClass.UDHI:
        header, octets = UserDataHeader.parse(octets)
    if message.data_coding == 0 and header is None:
        return octets[:PREVIEW].rstrip(b"\x1b")
    text = decode_text(octets, message.data_coding, udh=header) or ""
    return text[:PREVIEW].encode("gsm0338", "replace")
