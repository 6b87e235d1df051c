"""The simulator itself: Smscs whose handlers keep messages, and one timer that lets these take their steps."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from smppcore.address import Address
from smppcore.constants import MessageState
from smppcore.lifetime import Lifetime
from smppcore.pdu import DeliverSm
from smppcore.settings import Settings
from smppcore.simulator.alarm import Alarm
from smppcore.simulator.chance import chance
from smppcore.simulator.clock import Clock, LoopClock, VirtualClock
from smppcore.simulator.config import Config
from smppcore.simulator.desk import Desk
from smppcore.simulator.dialects import Dialect
from smppcore.simulator.entrance import Entrance
from smppcore.simulator.faults import Faults
from smppcore.simulator.handsets import Handsets
from smppcore.simulator.life_cycle import DELIVERED, StoredMessage
from smppcore.simulator.messages import Messages
from smppcore.simulator.mobile_originated import Delivery, Source
from smppcore.simulator.profile import Profile
from smppcore.simulator.receipts import Receipts
from smppcore.simulator.rules import Rules
from smppcore.simulator.shortcuts import chosen_config, listening, same_ports
from smppcore.simulator.statistics import Statistics
from smppcore.simulator.store import SqliteStore
from smppcore.smsc import Peer, Smsc

GRAIN: Final = 0.002
"""In real time messages take their steps together, at most this many seconds late."""
FIXED: Final = ("system_id", "listeners", "capacity", "window", "seed", "store")
"""What cannot change while a simulator runs."""


class Simulator(Lifetime):
    """A mini-SMSC: ``async with Simulator(accounts={"id": "password"}, delay=0) as simulator``.

    ``config`` says how it behaves, or keyword arguments with the keys of the TOML file. It listens on loopback, at any
    port that is free, unless told otherwise; ``host`` and ``port`` replace those of the first listener. ``settings``
    replaces all settings of its connections, the window included. With a VirtualClock time stands still until
    ``advance``.

    It takes submit_sm, submit_multi and data_sm from bound accounts, lets every message run its course, sends the
    receipts that were asked for, and answers query_sm, cancel_sm and replace_sm from what it keeps.
    """

    def __init__(
        self,
        config: Config | Profile | None = None,
        *,
        host: str | None = None,
        port: int | None = None,
        settings: Settings | None = None,
        clock: Clock | None = None,
        **shortcuts: Any,
    ) -> None:
        self.config = listening(chosen_config(config, shortcuts), host, port)
        self.clock: Clock = clock or LoopClock()
        config = self.config
        self._on_state: list[Callable[[StoredMessage], None]] = []
        self.alarm = Alarm(self.clock, self._on_alarm)
        self.messages = Messages(config.capacity, self.clock.now, self.alarm.set)
        self.receipts = Receipts(
            self._settle,
            self.clock,
            self._dialect,
            window=settings.window if settings is not None else config.window,
            timeout=config.response_timeout,
            retry_delay=config.retry,
            settle_arrival=self.messages.settle_arrival,
            open_arrival=self.messages.open_arrival,
        )
        self.handsets = Handsets(config, self.clock, self.receipts)
        self._looking = False
        self.rules = Rules(config.rules, self._look)
        self.faults = Faults(config.faults, self.clock.now, chance(self.config.seed, " faults"), self._look)
        self._store = None if config.store is None else SqliteStore(config.store)
        self._entrance = Entrance(config, self.clock, self.faults)
        self.desk = Desk(
            config,
            self.clock,
            self.messages,
            self.rules,
            self.faults,
            store=self._store,
            alarm=self.alarm,
            finished=self._finished,
            strike=self._entrance.strike,
        )
        self._grain = 0.0 if isinstance(self.clock, VirtualClock) else GRAIN
        self._began = self.clock.now()
        self._configure()
        self.smscs = self._entrance.open(
            settings or Settings(window=config.window), self.desk.handlers, self._on_bound, self._on_gone
        )
        self._looking = True
        self._look()
        self._restore()

    # -- set up

    def _configure(self) -> None:
        """What follows from the configuration, and may change with it."""
        config = self.config
        self._entrance.configure(config)
        self.handsets.configure(config)
        self.desk.keep_all = self.handsets.listen
        self._look()

    def _restore(self) -> None:
        """Go on with what an earlier life has left in the store."""
        if self._store is None:
            return
        self.messages.on_forget = self._store.forget
        for message in self._store.load():
            message.encoding = self.messages.arrivals.encodings.get(message.account, message.encoding)
            self.messages.restore(message)
            if message.owed:
                self.receipts.deliver(message)

    def _dialect(self, account: str, name: str) -> Dialect:
        """The dialect of that name; without a name that of the account, or the simulator's."""
        config = self.config
        own = config.accounts.get(account)
        return config.dialect_of(name or (own.dialect if own is not None else "") or config.dialect)

    # -- who is there

    @property
    def smsc(self) -> Smsc:
        """The Smsc of the first listener."""
        return self.smscs[0]

    @property
    def host(self) -> str:
        """Where the first listener listens."""
        return self.smsc.host

    @property
    def port(self) -> int:
        """The port of the first listener."""
        return self.smsc.port

    @property
    def sessions(self) -> list[Peer]:
        """The bound ESMEs, over all listeners."""
        return [peer for smsc in self.smscs for peer in smsc.peers]

    def _on_bound(self, peer: Peer) -> None:
        if peer.can_receive:
            self.receipts.add_receiver(peer)

    def _on_gone(self, peer: Peer) -> None:
        self.receipts.remove_receiver(peer)
        self.desk.leave(peer)

    # -- faults

    def _look(self) -> None:
        """Rules or faults have changed."""
        if not self._looking:
            return
        self.desk.watched = bool(self._on_state) or self.handsets.listen
        if self.desk.watched:
            self.messages.take_in()
        self.desk.look()
        self._entrance.look()

    # -- time

    def _on_alarm(self) -> None:
        """Let everything happen that is due, in the order of the times."""
        now, messages, arrivals = self.clock.now(), self.messages, self.messages.arrivals
        while (next_deadline := self._next_deadline) <= now:
            if messages.next_deadline() == next_deadline:
                self._step(min(now, arrivals.next_deadline()))
            else:
                self.receipts.deliver_arrivals(arrivals.due(min(now, messages.next_deadline())))
        self.alarm.set(max(next_deadline, now + self._grain))

    @property
    def _next_deadline(self) -> float:
        return min(self.messages.next_deadline(), self.messages.arrivals.next_deadline())

    def _step(self, now: float) -> None:
        """Let messages take the steps that are due."""
        special = self.desk.watched or self._store is not None
        deliver, put = self.receipts.deliver, self.receipts.put
        for step in self.messages.tick(now):
            if isinstance(step, StoredMessage):
                if special:
                    self._finished(step)
                elif step.owed:
                    deliver(step)
            else:
                put(step.message.account, step)

    def _finished(self, message: StoredMessage) -> None:
        """A message has reached its final state."""
        if self._store is not None:
            self._store.save(message)
        if message.owed:
            self.receipts.deliver(message)
        if message.state == DELIVERED and self.handsets.listen:
            self.handsets.delivered(message)
        for call in self._on_state:
            call(message)

    def _settle(self, message: StoredMessage) -> None:
        self.messages.settle(message)
        if self._store is not None:
            self._store.save(message)

    def advance(self, seconds: float) -> None:
        """Let that much virtual time pass at once: whatever is due happens, in its order.

        Raises TypeError where the clock is not virtual.
        """
        if not isinstance(self.clock, VirtualClock):
            raise TypeError("advance: the clock of this simulator is not virtual")
        self.clock.advance(seconds)

    # -- mobile-originated messages

    def deliver(
        self, text: str, *, to: str | Address, source: str | Address = "", account: str = "", **options: Any
    ) -> Delivery:
        """Send a message from a handset to an ESME: ``await`` what it returns for "the ESME has taken it".

        ``account`` gets it; without one, the account that has the number ``to``, or the only account there is. It
        waits until an ESME of the account can receive it. A long text goes in parts; ``options`` are those of
        message.messages and fields of deliver_sm. Raises ValueError where no account has the number or too much waits
        already, TextError and AddressError.
        """
        return self.handsets.deliver(text, to=to, source=source, account=account, **options)

    def deliver_pdus(self, account: str, pdus: list[DeliverSm]) -> Delivery:
        """As deliver, with PDUs made by hand. Raises ValueError where more than ``capacity`` wait already."""
        return self.handsets.deliver_pdus(account, pdus)

    @property
    def mobile_originated(self) -> int:
        """How many messages handsets have sent."""
        return self.handsets.sent

    @property
    def mobile_originated_taken(self) -> int:
        """How many of them ESMEs have taken."""
        return self.handsets.taken

    @property
    def sources(self) -> list[Source]:
        """The files of messages that are being sent."""
        return self.handsets.sources

    # -- control

    @property
    def accepted(self) -> int:
        """Messages taken so far; each destination of a submit_multi counts."""
        return self.desk.accepted

    def watch(
        self,
        *,
        on_message: Callable[[StoredMessage], None] | None = None,
        on_state: Callable[[StoredMessage], None] | None = None,
    ) -> Callable[[], None]:
        """Be called with each message that was taken, and with each that has reached its final state.

        Returns what ends it. While nobody watches it costs nothing.
        """
        watchers = [(self.desk.on_message, on_message), (self._on_state, on_state)]
        for calls, call in watchers:
            if call is not None:
                calls.append(call)
        self._look()

        def end() -> None:
            for calls, call in watchers:
                if call in calls:
                    calls.remove(call)
            self._look()

        return end

    @property
    def statistics(self) -> Statistics:
        """A snapshot."""
        states = self.messages.states
        return Statistics(
            accepted=self.desk.accepted,
            refused=self.desk.refusals(),
            states={state.name: states[state] for state in MessageState if states[state]},
            kept=len(self.messages),
            receipts_delivered=self.receipts.delivered,
            receipts_refused=self.receipts.refused,
            receipts_waiting=self.receipts.waiting,
            mobile_originated=self.mobile_originated,
            mobile_originated_taken=self.mobile_originated_taken,
            sessions=len(self.sessions),
            seconds=self.clock.now() - self._began,
        )

    @property
    def paused(self) -> bool:
        """Whether nothing is sent to ESMEs but answers."""
        return self.receipts.paused

    def pause(self) -> None:
        """Send no receipts and no messages until ``resume``; they wait. Messages are taken and run their course."""
        self.receipts.pause()

    def resume(self) -> None:
        """Go on; what has been waiting goes first."""
        self.receipts.resume()

    def drop(self, who: "str | Peer") -> int:
        """Cut a connection, or all of an account, without unbind; returns how many."""
        peers = [who] if isinstance(who, Peer) else [peer for peer in self.sessions if peer.system_id == who]
        for peer in peers:
            peer.abort()
        return len(peers)

    def reset(self) -> None:
        """Forget all messages and what waits, counts included; chance, rules and faults are as at the start.

        Sessions stay. Mobile-originated sources begin again.
        """
        self.messages.clear()
        self.receipts.forget()
        if self._store is not None:
            self._store.clear()
        self.faults.random = chance(self.config.seed, " faults")
        self.rules.replace(())
        self.rules.replace(self.config.rules)
        self.faults.replace(())
        self.faults.replace(self.config.faults)
        self.desk.reset()
        self._began = self.clock.now()
        self.alarm.stop()
        self.handsets.reset()

    def reload(self, config: Config) -> list[str]:
        """Behave by another configuration from now on; sessions and messages stay.

        Returns a warning for each key that cannot change while it runs. Raises ConfigError, and changes nothing then.
        """
        kept = {key: getattr(self.config, key) for key in FIXED}
        warnings = [
            f"{key}: cannot change while the simulator runs"
            for key in FIXED
            if getattr(config, key) != kept[key] and not (key == "listeners" and same_ports(config, self.config))
        ]
        sources = self.handsets.read_sources(config)
        changed = config.sources != self.config.sources
        self.config = replace(config, **kept)
        self.receipts.timeout, self.receipts.retry_delay = config.response_timeout, config.retry
        self.receipts.use_dialects()
        self._configure()
        self.rules.replace(config.rules)
        self.faults.replace(config.faults)
        self.desk.configure(self.config)
        if changed:
            self.handsets.start(sources)
        return warnings

    async def start(self) -> None:
        """Listen. Raises OSError where an address cannot be had, ValueError for a file of messages that is wrong."""
        self.handsets.start()
        for smsc in self.smscs:
            await smsc.start()
        self.alarm.set(self._next_deadline)

    async def close(self) -> None:
        """Stop listening, unbind and close every connection; what is kept is gone, but for what is in the store."""
        self.handsets.stop()
        try:
            for smsc in self.smscs:
                await smsc.close()
        finally:
            # Last, because what was in flight to a connection that ends would be tried again.
            self.receipts.close()
            self.alarm.stop()
            if self._store is not None:
                await self._store.close()
                self._store = None
