"""The simulator itself: an Smsc whose handlers keep messages and whose one timer lets them be delivered."""

import asyncio
import time
from types import TracebackType
from typing import Final, Self

from smppcore.address import Address
from smppcore.constants import CommandStatus, InterfaceVersion, MessageState
from smppcore.errors import Refuse
from smppcore.fields import DistributionList, SmeAddress, UnsuccessSme
from smppcore.message import Message
from smppcore.pdu import (
    CancelSm,
    DataSm,
    DataSmResp,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    user_data,
)
from smppcore.settings import Settings
from smppcore.simulator.account import Profile
from smppcore.simulator.messages import Messages, StoredMessage
from smppcore.simulator.receipts import Receipts
from smppcore.smsc import Peer, Smsc
from smppcore.tlv import USER_MESSAGE_REFERENCE

STORED_OCTETS: Final = 254
"""How much of the user data is kept: what a receipt repeats and a look needs, not a payload of 64 KiB."""


class Simulator:
    """A mini-SMSC: ``async with Simulator(Profile(accounts={"id": "password"})) as simulator``.

    It listens on loopback at ``port`` (0: any that is free), takes submit_sm, submit_multi and data_sm from bound
    accounts, delivers every message after the profile's ``receipt_delay``, sends the receipts that were asked for, and
    answers query_sm, cancel_sm and replace_sm from what it keeps.
    """

    def __init__(
        self,
        profile: Profile | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        settings: Settings | None = None,
    ) -> None:
        self.profile = profile or Profile()
        self.messages = Messages(self.profile.capacity, time.time())
        self.receipts = Receipts(self.messages.settle)
        self.accepted = 0
        self._timer: asyncio.TimerHandle | None = None
        self.smsc = Smsc(
            host,
            port,
            accounts=self.profile.accounts,
            settings=settings or Settings(window=self.profile.window),
            system_id=self.profile.system_id,
            on_bound=self._on_bound,
            on_gone=self._on_gone,
            handlers={
                SubmitSm: self._on_submit_sm,
                SubmitMulti: self._on_submit_multi,
                DataSm: self._on_data_sm,
                QuerySm: self._on_query_sm,
                CancelSm: self._on_cancel_sm,
                ReplaceSm: self._on_replace_sm,
            },
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.smsc.port

    # -- messages in

    def _on_submit_sm(self, peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        message_id = self._new_id(peer, 1)
        destination = Address(pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr)
        self._keep(peer, pdu, message_id, destination, pdu.short_message or user_data(pdu))
        return SubmitSmResp(message_id=message_id)

    def _on_data_sm(self, peer: Peer, pdu: DataSm) -> DataSmResp:
        if not pdu.destination_addr:
            raise Refuse(CommandStatus.ESME_RINVDSTADR)
        message_id = self._new_id(peer, 1)
        destination = Address(pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr)
        self._keep(peer, pdu, message_id, destination, user_data(pdu))
        return DataSmResp(message_id=message_id)

    def _on_submit_multi(self, peer: Peer, pdu: SubmitMulti) -> SubmitMultiResp:
        failed = [failure for entry in pdu.dest_addresses if (failure := _unreachable(entry)) is not None]
        reachable = [each for each in pdu.dest_addresses if isinstance(each, SmeAddress) and each.destination_addr]
        message_id = self._new_id(peer, len(reachable))
        octets = user_data(pdu)
        for entry in reachable:
            destination = Address(entry.dest_addr_ton, entry.dest_addr_npi, entry.destination_addr)
            self._keep(peer, pdu, message_id, destination, octets)
        return SubmitMultiResp(message_id=message_id, unsuccess_sme=failed)

    def _new_id(self, peer: Peer, count: int) -> str:
        messages = self.messages
        if len(messages) + count > messages.capacity and not messages.make_room(count):
            raise Refuse(CommandStatus.ESME_RMSGQFUL)
        self.accepted += count
        message_id = messages.new_id()
        # An ESME of version 3.3 has room for 8 characters only (section 3.4).
        return message_id if peer.interface_version >= InterfaceVersion.V3_4 else message_id[-8:]

    def _keep(self, peer: Peer, pdu: Message, message_id: str, destination: Address, octets: bytes) -> None:
        message = StoredMessage(
            message_id,
            peer.system_id,
            Address(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr),
            destination,
            pdu.service_type,
            pdu.registered_delivery,
            pdu.esm_class,
            pdu.data_coding,
            octets[:STORED_OCTETS],
            time.time(),
            pdu.get(USER_MESSAGE_REFERENCE) if pdu.tlvs else None,
        )
        self.messages.add(message, time.monotonic() + self.profile.receipt_delay)
        if self._timer is None:
            self._arm(self.profile.receipt_delay)

    # -- questions about them

    def _on_query_sm(self, peer: Peer, pdu: QuerySm) -> QuerySmResp:
        found = self.messages.find(pdu.message_id, peer.system_id, pdu.source_addr)
        if not found:
            raise Refuse(CommandStatus.ESME_RQUERYFAIL)
        message = found[0]
        final_date = "" if message.pending else time.strftime("%y%m%d%H%M%S000+", time.gmtime(message.finished))
        return QuerySmResp(message_id=message.message_id, final_date=final_date, message_state=message.state)

    def _on_cancel_sm(self, peer: Peer, pdu: CancelSm) -> int:
        if pdu.message_id:
            found = self.messages.find(pdu.message_id, peer.system_id, pdu.source_addr)
            found = [each for each in found if pdu.destination_addr in ("", each.destination.addr)]
        else:
            found = self.messages.find_pending(peer.system_id, pdu.source_addr, pdu.destination_addr, pdu.service_type)
        pending = [message for message in found if message.pending]
        if not pending:
            return CommandStatus.ESME_RCANCELFAIL
        now = time.time()
        for message in pending:
            self.messages.finish(message, MessageState.DELETED, now)
            if message.owed:
                self.receipts.deliver(message)
        return CommandStatus.ESME_ROK

    def _on_replace_sm(self, peer: Peer, pdu: ReplaceSm) -> int:
        found = self.messages.find(pdu.message_id, peer.system_id, pdu.source_addr)
        pending = [message for message in found if message.pending]
        if not pending:
            return CommandStatus.ESME_RREPLACEFAIL
        for message in pending:
            message.short_message = pdu.short_message
            message.registered_delivery = pdu.registered_delivery
            message.submitted = time.time()
        return CommandStatus.ESME_ROK

    # -- time

    def _arm(self, delay: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(delay, 0.0), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        now = time.monotonic()
        for message in self.messages.tick(now, time.time()):
            if message.owed:
                self.receipts.deliver(message)
        next_deadline = self.messages.next_deadline()
        if next_deadline != float("inf"):
            self._arm(next_deadline - now)

    # -- who is there

    def _on_bound(self, peer: Peer) -> None:
        if peer.can_receive:
            self.receipts.add_receiver(peer)

    def _on_gone(self, peer: Peer) -> None:
        self.receipts.remove_receiver(peer)

    async def start(self) -> None:
        """Listen. Raises OSError where the address cannot be had."""
        await self.smsc.start()

    async def close(self) -> None:
        """Stop listening, unbind and close every connection; what is kept is gone."""
        try:
            await self.smsc.close()
        finally:
            # Last, because what was in flight to a connection that ends would be tried again.
            self.receipts.close()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _unreachable(entry: SmeAddress | DistributionList) -> UnsuccessSme | None:
    """Why a destination of submit_multi is refused; a list is reported in the shape of an address (section 4.5.2.1)."""
    if isinstance(entry, DistributionList):
        return UnsuccessSme(entry.dl_name, error_status_code=CommandStatus.ESME_RINVDLNAME)
    if not entry.destination_addr:
        return UnsuccessSme("", entry.dest_addr_ton, entry.dest_addr_npi, CommandStatus.ESME_RINVDSTADR)
    return None
