"""What comes from the handsets: messages by hand and from files, answers of customers, and ESME to ESME."""

import contextlib
import itertools
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from smppcore.address import Address
from smppcore.message import messages
from smppcore.pdu import DeliverSm
from smppcore.simulator.chance import chance
from smppcore.simulator.clock import Clock, Timer
from smppcore.simulator.config import Config
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.simulator.mobile_originated import Delivery, Reply, Row, Source
from smppcore.simulator.receipts import Receipts
from smppcore.simulator.rules import Matches, glob
from smppcore.tlv import MESSAGE_PAYLOAD

LONGEST_SHORT_MESSAGE: Final = 254
LONGEST_ADDRESS: Final = 20
TYPES: Final = 0xC0
"""What is kept of esm_class where a message is passed on: UDHI and reply path."""


class Handsets:
    """Sends mobile-originated messages through ``receipts``. ``sent`` and ``taken`` count them."""

    def __init__(self, config: Config, clock: Clock, receipts: Receipts) -> None:
        self.sent = self.taken = 0
        self.sources: list[Source] = []
        self._clock = clock
        self._receipts = receipts
        self._references = itertools.cycle(range(1, 256))
        self._timers: set[Timer] = set()
        self.configure(config)
        self._random = chance(config.seed, " replies")

    def configure(self, config: Config) -> None:
        """From now on this counts; sources are the matter of ``start``."""
        self._config = config
        self._replies = [Reply(each) for each in config.replies]
        self._numbers: list[tuple[Matches | None, str]] = [
            (glob(number), each.system_id) for each in config.accounts.values() for number in each.numbers
        ]
        self._loopback = config.loopback and bool(self._numbers)
        self.listen = self._loopback or bool(self._replies)
        """Whether ``delivered`` has to be told of messages."""

    def start(self, sources: list[Source] | None = None) -> None:
        """Begin with these sources, or those of the configuration, from their beginning. Raises ValueError, OSError."""
        made = self.read_sources(self._config) if sources is None else sources
        self.stop()
        self.sources = made
        for source in made:
            source.start()

    def read_sources(self, config: Config) -> list[Source]:
        """The sources of a configuration, with their files read. Raises ValueError, OSError."""
        return [Source(each, self._clock, self._deliver_row) for each in config.sources]

    def stop(self) -> None:
        """Stop the sources, and the answers that have not been sent yet."""
        for source in self.sources:
            source.stop()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def reset(self) -> None:
        """Begin anew, with the chance of the start."""
        self.sent = self.taken = 0
        self._random = chance(self._config.seed, " replies")
        self.configure(self._config)
        self.start()

    def delivered(self, message: StoredMessage) -> None:
        """A message has reached its destination, which may be an account, or a customer who answers."""
        if self._loopback:
            self._loop_back(message)
        if self._replies:
            self._reply(message)

    def deliver(
        self, text: str, *, to: str | Address, source: str | Address = "", account: str = "", **options: Any
    ) -> Delivery:
        """Send a message from a handset to an ESME: ``await`` what it returns for "the ESME has taken it".

        ``account`` gets it; without one, the account that has the number ``to``, or the only account there is. It
        waits until an ESME of the account can receive it. A long text goes in parts; ``options`` are those of
        message.messages and fields of deliver_sm. Raises ValueError where no account has the number or too much waits
        already, TextError and AddressError.
        """
        destination = to if isinstance(to, Address) else Address.destination(to)
        name = account or self._account_of(destination.addr)
        if name not in self._config.accounts:
            raise ValueError("no account has that number")
        pdus = messages(DeliverSm, text, next(self._references), source=source, destination=destination, **options)
        return self.deliver_pdus(name, list(pdus))

    def deliver_pdus(self, account: str, pdus: list[DeliverSm]) -> Delivery:
        """As deliver, with PDUs made by hand. Raises ValueError where more than ``capacity`` wait already."""
        if self._receipts.waiting_for(account) + len(pdus) > self._config.capacity:
            raise ValueError(f"more than {self._config.capacity} messages wait for {account}")
        delivery = Delivery(account, pdus, self._taken)
        self.sent += 1
        for part in delivery.pdus:
            self._receipts.put(account, part)
        return delivery

    def _taken(self, delivery: Delivery) -> None:
        self.taken += delivery.error is None

    def _account_of(self, number: str) -> str:
        """The account that has a number; where none has any, the only account there is. Empty where there is none."""
        accounts = list(self._config.accounts)
        return self._owner_of(number) or (accounts[0] if not self._numbers and len(accounts) == 1 else "")

    def _owner_of(self, number: str) -> str:
        owners = (account for matches, account in self._numbers if matches is None or matches(number))
        return next(owners, "")

    def _deliver_row(self, row: Row, account: str) -> None:
        self.deliver(row.text, to=row.destination, source=row.source, account=account)

    def _loop_back(self, message: StoredMessage) -> None:
        """What was sent to a number of an account comes in there."""
        request = message.request
        account = self._owner_of(request.destination_addr)
        if not account or len(request.source_addr) > LONGEST_ADDRESS or len(request.destination_addr) > LONGEST_ADDRESS:
            return
        octets = request.short_message
        short = len(octets) <= LONGEST_SHORT_MESSAGE
        pdu = DeliverSm(
            service_type=request.service_type,
            source_addr_ton=request.source_addr_ton,
            source_addr_npi=request.source_addr_npi,
            source_addr=request.source_addr,
            dest_addr_ton=request.dest_addr_ton,
            dest_addr_npi=request.dest_addr_npi,
            destination_addr=request.destination_addr,
            esm_class=request.esm_class & TYPES,
            protocol_id=request.protocol_id,
            priority_flag=request.priority_flag,
            data_coding=request.data_coding,
            short_message=octets if short else b"",
            tlvs=[*request.tlvs] if short else [*request.tlvs, MESSAGE_PAYLOAD(octets)],
        )
        self.deliver_pdus(account, [pdu])

    def _reply(self, message: StoredMessage) -> None:
        """The first customer who has something to say to this message says it, to the account that sent it."""
        for reply in self._replies:
            text = reply.answer(message, self._random)
            if text is not None:
                delay = reply.config.delay.draw(self._random) if reply.config.delay is not None else 0.0
                self._later(delay, partial(self._deliver_reply, text, message))
                return

    def _deliver_reply(self, text: str, message: StoredMessage) -> None:
        with contextlib.suppress(ValueError):  # a sender that is a name cannot be answered
            self.deliver(text, to=message.source, source=message.destination, account=message.account)

    def _later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back then, unless the simulator is closed before."""

        def fire() -> None:
            self._timers.discard(timer)
            callback()

        timer = self._clock.call_at(self._clock.now() + seconds, fire)
        self._timers.add(timer)
