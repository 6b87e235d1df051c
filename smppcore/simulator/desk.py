"""Answers what ESMEs ask a simulator: messages in, and questions about them.

A plain submit_sm, while there are no rules, no faults and no store, takes the shortest way. All others take the way
through ``take``, where everything that can be set up is looked at.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from smppcore.constants import CommandStatus, InterfaceVersion
from smppcore.dispatch import Answer
from smppcore.errors import Refuse, status_name
from smppcore.fields import SmeAddress
from smppcore.pdu import (
    DataSm,
    DataSmResp,
    Request,
    Response,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    user_data,
)
from smppcore.simulator.alarm import Alarm
from smppcore.simulator.clock import Clock, pause
from smppcore.simulator.config import Config
from smppcore.simulator.customers import Customer
from smppcore.simulator.destinations import single, unreachable
from smppcore.simulator.faults import Fault, Faults
from smppcore.simulator.life_cycle import STORED_OCTETS, Course, StoredMessage, plan
from smppcore.simulator.messages import Messages
from smppcore.simulator.questions import Questions
from smppcore.simulator.reception import Reception, Seat
from smppcore.simulator.rules import Rule, Rules
from smppcore.simulator.store import SqliteStore, as_submit_sm
from smppcore.smsc import Peer
from smppcore.tlv import MESSAGE_PAYLOAD

SHORT_ID: Final = 8
"""An ESME of version 3.3 has room for so many characters of a message_id (section 3.4)."""
_V3_4: Final = int(InterfaceVersion.V3_4)


class Desk:
    """The handlers of a simulator.

    ``alarm`` rings when a message is due; ``finished`` is called with each message that was cancelled; ``strike`` with
    a peer, a request and a fault that is to be done to its answer. ``on_message`` are called with each message that was
    taken.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        messages: Messages,
        rules: Rules,
        faults: Faults,
        *,
        store: SqliteStore | None,
        alarm: Alarm,
        finished: Callable[[StoredMessage], None],
        strike: Callable[[Peer, Request[Any], Fault], None],
    ) -> None:
        self.watched = False
        """Whether somebody has to be told of final states."""
        self.refused: Counter[int] = Counter()
        self.on_message: list[Callable[[StoredMessage], None]] = []
        self.special = True
        """Whether rules, faults, a store or on_message have to be looked at."""
        self.keep_all = False
        """Whether all of the user data is kept, because it may be delivered."""
        self._clock = clock
        self._now = clock.now
        self._started = clock.now()
        self._messages = messages
        self._rules = rules
        self._faults = faults
        self._store = store
        self._alarm = alarm
        self._strike = strike
        self._numbers = itertools.count(1)
        self._reception = Reception(messages, clock.now, alarm, self._numbers, self._admit, self.submit_sm)
        self._taken = 0
        self._fixed, self._delay = False, -1.0
        self._questions = Questions(clock, messages, store, alarm, finished, self._guarded)
        self._customers: dict[str, Customer] = {}
        self.configure(config)

    def configure(self, config: Config) -> None:
        """From now on this counts. Accounts that have not changed keep their chance."""
        self._config = config
        before = self._customers
        self._customers = {}
        for name, account in config.accounts.items():
            old = before.get(name)
            same = old is not None and old.config == account
            self._customers[name] = old if same and old else Customer(account, config.seed, self._started)
        for name, gone in before.items():
            self._customers.setdefault(name, gone)  # it may still be bound
        self._messages.arrivals.encodings = {
            name: account.default_encoding for name, account in config.accounts.items()
        }
        self._course = config.course
        fixed = self._course.fixed
        if fixed != self._delay:
            self._messages.take_in()  # arrivals are in the order of their ends
            self._fixed, self._delay = fixed is not None, fixed or 0.0
        self.look()

    def look(self) -> None:
        """See again whether there is anything special."""
        self._reception.clear()
        rules = any(rule.enabled for rule in self._rules)
        watched = self.watched or bool(self.on_message) or self._store is not None
        self.special = rules or watched or self._faults.on_answers or not self._fixed

    def reset(self) -> None:
        """Begin to count anew, with the chance of the start."""
        self._taken = 0
        self.refused.clear()
        self._customers = {
            name: Customer(each.config, self._config.seed, self._started) for name, each in self._customers.items()
        }
        self._reception.clear()

    @property
    def handlers(self) -> dict[type[Any], Callable[[Peer, Any], Answer | Awaitable[Answer]]]:
        """What the Smsc is given."""
        return {
            SubmitSm: self._reception.submit_sm,
            SubmitMulti: self.submit_multi,
            DataSm: self.data_sm,
            **self._questions.handlers,
        }

    # -- messages in

    def submit_sm(self, peer: Peer, pdu: SubmitSm) -> Answer | Awaitable[Answer]:
        """A message that is not plain."""
        return self._guarded(peer, pdu, lambda: self._submit_sm(peer, pdu))

    def _admit(self, peer: Peer) -> Seat | None:
        """A seat at the reception, where nothing is special about the messages of that peer."""
        if self.special or peer.hooked or peer.interface_version < _V3_4:
            return None
        customer = self._customers[peer.system_id]
        return customer.name, customer.write_id_octets, self._delay

    def leave(self, peer: Peer) -> None:
        """That ESME is gone."""
        self._reception.leave(peer)

    def _submit_sm(self, peer: Peer, pdu: SubmitSm) -> Answer | Awaitable[Answer]:
        request = self._kept(pdu)
        return self._take(peer, pdu, [request], SubmitSmResp)

    def data_sm(self, peer: Peer, pdu: DataSm) -> Answer | Awaitable[Answer]:
        if not pdu.destination_addr:
            raise self._refuse(CommandStatus.ESME_RINVDSTADR)
        request = self._kept(as_submit_sm(pdu))
        return self._guarded(peer, pdu, lambda: self._take(peer, pdu, [request], DataSmResp))

    def submit_multi(self, peer: Peer, pdu: SubmitMulti) -> Answer | Awaitable[Answer]:
        failed = [failure for entry in pdu.dest_addresses if (failure := unreachable(entry)) is not None]
        reachable = [each for each in pdu.dest_addresses if isinstance(each, SmeAddress) and each.destination_addr]
        requests = [self._kept(single(pdu, each)) for each in reachable]

        def answer(message_id: str) -> SubmitMultiResp:
            return SubmitMultiResp(message_id=message_id, unsuccess_sme=failed)

        return self._guarded(peer, pdu, lambda: self._take(peer, pdu, requests, answer))

    def _kept(self, request: SubmitSm) -> SubmitSm:
        """A request as it is kept: user data in short_message, and no more of it than is needed."""
        octets = user_data(request)
        if request.tlvs:
            request = replace(request, tlvs=[tlv for tlv in request.tlvs if tlv[0] != MESSAGE_PAYLOAD.tag])
        request.short_message = octets if self.keep_all else octets[:STORED_OCTETS]
        return request

    def _guarded(
        self, peer: Peer, pdu: Request[Any], take: Callable[[], Answer | Awaitable[Answer]]
    ) -> Answer | Awaitable[Answer]:
        """``take``, unless a fault decides first."""
        if self._faults.on_answers:
            fault = self._faults.answer(peer.system_id, pdu.command_id)
            if fault is not None:
                return self._faulty(fault, take)
        return take()

    def _faulty(self, fault: Fault, take: Callable[[], Answer | Awaitable[Answer]]) -> Awaitable[Answer]:
        if fault.status is not None:
            raise self._refuse(fault.status)
        return self._late(fault.config.seconds, take)

    async def _late(self, seconds: float, take: Callable[[], Answer | Awaitable[Answer]]) -> Answer:
        """``take`` after a time: the message counts as having come then, so its receipt cannot come before."""
        await pause(self._clock, seconds)
        answer = take()
        return await answer if isinstance(answer, Awaitable) else answer

    def _take(
        self, peer: Peer, pdu: Request[Any], requests: list[SubmitSm], answer: Callable[[str], Response]
    ) -> Answer | Awaitable[Answer]:
        """Decide on the messages of one PDU, and keep them under one message_id."""
        account = peer.system_id
        customer = self._customers[account]
        rules = [self._rules.match(account, request, customer.random, customer.encoding) for request in requests]
        decisive = next((rule for rule in rules if rule is not None), None)
        if decisive is not None and decisive.config.status:
            raise self._refuse(decisive.config.status)
        take = self._keeper(peer, customer, list(zip(requests, rules, strict=True)), answer)
        if decisive is not None and decisive.config.fault:
            fault = self._faults.named(decisive.config.fault, account)
            if fault is not None and fault.kind.layer == "answer":
                return self._faulty(fault, take)
            if fault is not None:
                self._strike(peer, pdu, fault)
        return take()

    def _keeper(
        self,
        peer: Peer,
        customer: Customer,
        decided: list[tuple[SubmitSm, Rule | None]],
        answer: Callable[[str], Response],
    ) -> Callable[[], Answer | Awaitable[Answer]]:
        def keep() -> Answer | Awaitable[Answer]:
            if not self._messages.make_room(len(decided)):
                raise self._refuse(CommandStatus.ESME_RMSGQFUL)
            message_id = self._new_id(peer, customer)
            messages = [self._planned(message_id, customer, request, rule) for request, rule in decided]
            response = answer(messages[0].message_id if len(messages) == 1 else message_id)
            self._taken += len(messages)
            if self._store is not None:
                return self._stored(messages, response)
            for message in messages:
                self._messages.keep(message)
            self._schedule(messages)
            return response

        return keep

    async def _stored(self, messages: list[StoredMessage], response: Response) -> Response:
        """The answer, once the messages are in the store; only then they go on, so that no receipt comes before it."""
        assert self._store is not None  # noqa: S101  # asked by the caller
        for message in messages:
            self._messages.keep(message)
            committed = self._store.save(message)
        if messages:
            await asyncio.shield(committed)
        self._schedule(messages)
        return response

    def _schedule(self, messages: Iterable[StoredMessage]) -> None:
        for message in messages:
            self._messages.schedule(message)
            self._alarm.set(message.due)
            for call in self.on_message:
                call(message)

    def _new_id(self, peer: Peer, customer: Customer) -> str:
        message_id = customer.write_id(next(self._numbers))
        return message_id if peer.interface_version >= _V3_4 else message_id[-SHORT_ID:]

    def _planned(self, message_id: str, customer: Customer, request: SubmitSm, rule: Rule | None) -> StoredMessage:
        """A message with its course; or the one that it replaces, which goes on under its own id."""
        now = self._now()
        course = self._course
        message = StoredMessage(message_id, customer.name, request, now)
        message.encoding = customer.encoding
        if rule is not None:
            config = rule.config
            message.dialect = config.dialect
            course = Course(config.delay or course.delay, config.outcomes or course.outcomes, config.error)
        try:
            plan(message, course, customer.random, now, self._config.validity)
        except Refuse as error:
            raise self._refuse(error.status) from None
        if request.replace_if_present_flag:
            self._replace_present(message)
        return message

    def _replace_present(self, message: StoredMessage) -> None:
        """Section 5.2.18: the latest that is pending between the same addresses is taken out, and its id goes on."""
        request = message.request
        found = self._messages.find_pending(
            message.account, request.source_addr, request.destination_addr, request.service_type
        )
        if found:
            message.message_id = found[-1].message_id
            self._messages.discard(found[-1])
            if self._store is not None:
                self._store.forget(found[-1])

    @property
    def accepted(self) -> int:
        """Messages taken so far; each destination of a submit_multi counts."""
        messages = self._messages
        return self._taken + messages.taken_in + messages.arrivals.forgotten + len(messages.arrivals.entries)

    def _refuse(self, status: int) -> Refuse:
        self.refused[status] += 1
        return Refuse(status)

    def refusals(self) -> dict[str, int]:
        """How many messages were refused, by name of the status."""
        return {status_name(status): count for status, count in self.refused.items()}
