"""Answers what ESMEs ask about the messages they have sent: query_sm, cancel_sm, replace_sm (sections 4.8 to 4.10)."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from smppcore.constants import CommandStatus, MessageState
from smppcore.dispatch import Answer
from smppcore.errors import Refuse
from smppcore.pdu import CancelSm, QuerySm, QuerySmResp, ReplaceSm, Request, user_data
from smppcore.simulator.alarm import Alarm
from smppcore.simulator.clock import Clock
from smppcore.simulator.life_cycle import STORED_OCTETS, StoredMessage, replan
from smppcore.simulator.messages import Messages
from smppcore.simulator.store import SqliteStore
from smppcore.smsc import Peer

Guard = Callable[[Peer, Request[Any], Callable[[], Answer | Awaitable[Answer]]], Answer | Awaitable[Answer]]


class Questions:
    """The handlers. ``finished`` is called with each message that was cancelled; ``guarded`` asks faults first."""

    def __init__(
        self,
        clock: Clock,
        messages: Messages,
        store: SqliteStore | None,
        alarm: Alarm,
        finished: Callable[[StoredMessage], None],
        guarded: Guard,
    ) -> None:
        self._now = clock.now
        self._messages = messages
        self._store = store
        self._alarm = alarm
        self._finished = finished
        self._guarded = guarded

    @property
    def handlers(self) -> dict[type[Any], Callable[[Peer, Any], Answer | Awaitable[Answer]]]:
        """What the Smsc is given."""
        return {QuerySm: self.query_sm, CancelSm: self.cancel_sm, ReplaceSm: self.replace_sm}

    def query_sm(self, peer: Peer, pdu: QuerySm) -> Answer | Awaitable[Answer]:
        return self._guarded(peer, pdu, lambda: self._query_sm(peer, pdu))

    def _query_sm(self, peer: Peer, pdu: QuerySm) -> Answer:
        found = self._messages.find(pdu.message_id, peer.system_id, pdu.source_addr)
        if not found:
            raise Refuse(CommandStatus.ESME_RQUERYFAIL)
        message = found[0]
        final_date = "" if message.pending else time.strftime("%y%m%d%H%M%S000+", time.gmtime(message.finished))
        error = int(message.error) if message.error.isdecimal() and int(message.error) < 256 else 0
        return QuerySmResp(
            message_id=message.message_id,
            final_date=final_date,
            message_state=message.state,
            error_code=0 if message.pending else error,
        )

    def cancel_sm(self, peer: Peer, pdu: CancelSm) -> Answer | Awaitable[Answer]:
        return self._guarded(peer, pdu, lambda: self._cancel_sm(peer, pdu))

    def _cancel_sm(self, peer: Peer, pdu: CancelSm) -> int:
        if pdu.message_id:
            found = self._messages.find(pdu.message_id, peer.system_id, pdu.source_addr)
            found = [each for each in found if pdu.destination_addr in ("", each.request.destination_addr)]
        else:
            service_type = pdu.service_type or None
            found = self._messages.find_pending(peer.system_id, pdu.source_addr, pdu.destination_addr, service_type)
        pending = [message for message in found if message.pending]
        if not pending:
            return CommandStatus.ESME_RCANCELFAIL
        now = self._now()
        for message in pending:
            self._messages.finish(message, MessageState.DELETED, now)
            self._finished(message)
        return CommandStatus.ESME_ROK

    def replace_sm(self, peer: Peer, pdu: ReplaceSm) -> Answer | Awaitable[Answer]:
        return self._guarded(peer, pdu, lambda: self._replace_sm(peer, pdu))

    def _replace_sm(self, peer: Peer, pdu: ReplaceSm) -> int:
        found = self._messages.find(pdu.message_id, peer.system_id, pdu.source_addr)
        pending = [message for message in found if message.pending]
        if not pending:
            return CommandStatus.ESME_RREPLACEFAIL
        now = self._now()
        for message in pending:
            replan(message, pdu.schedule_delivery_time, pdu.validity_period, now)
            message.request.short_message = user_data(pdu)[:STORED_OCTETS]
            message.request.registered_delivery = pdu.registered_delivery
            message.submitted = now
            self._messages.schedule(message)
            self._alarm.set(message.due)
            if self._store is not None:
                self._store.save(message)
        return CommandStatus.ESME_ROK
