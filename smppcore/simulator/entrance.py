"""Where ESMEs come in: the listeners, who may bind, and what stands on the wire where faults are to be done to it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from smppcore.account import Account, Accounts
from smppcore.admission import Admission
from smppcore.constants import RESPONSE_BIT
from smppcore.dispatch import Handler
from smppcore.guard import GuardSettings
from smppcore.pdu import Bind, Request
from smppcore.peer import Decision
from smppcore.settings import Settings
from smppcore.simulator.clock import Clock, pause
from smppcore.simulator.config import Config, ListenerConfig
from smppcore.simulator.faults import Fault, Faults
from smppcore.simulator.wire import Wire
from smppcore.smsc import Peer, Smsc
from smppcore.tls import server_context


class Entrance:
    """The listeners of a simulator, which share the limits of its accounts."""

    def __init__(self, config: Config, clock: Clock, faults: Faults) -> None:
        self.smscs: list[Smsc] = []
        self._clock = clock
        self._faults = faults
        self.configure(config)

    def configure(self, config: Config) -> None:
        """From now on these accounts count; listeners stay."""
        self._config = config
        self._accounts = Accounts(
            {
                name: Account(
                    password=each.password,
                    modes=frozenset(map(str, each.modes)),
                    binds=each.binds,
                    rate=each.rate,
                    window=each.window,
                    networks=each.networks or None,
                )
                for name, each in config.accounts.items()
            }
        )

    def open(
        self,
        settings: Settings,
        handlers: Mapping[type[Any], Handler],
        on_bound: Callable[[Peer], None],
        on_gone: Callable[[Peer], None],
    ) -> list[Smsc]:
        """An Smsc for each listener of the configuration; they are to be started."""
        admission = Admission(GuardSettings())

        def smsc(listener: ListenerConfig) -> Smsc:
            certificate = listener.certificate
            return Smsc(
                listener.host,
                listener.port,
                authenticate=self._authenticate,
                settings=settings,
                system_id=self._config.system_id,
                on_bound=on_bound,
                on_gone=on_gone,
                handlers=handlers,
                ssl=None if certificate is None else server_context(certificate, listener.key, listener.client_ca),
                admission=admission,
            )

        self.smscs = [smsc(listener) for listener in self._config.listeners]
        return self.smscs

    # -- who may bind

    def _authenticate(self, peer: Peer, bind: Bind[Any]) -> Decision | Awaitable[Decision]:
        faults = self._faults
        if faults.on_wire:
            self._wire(peer)
        fault = faults.answer(bind.system_id, bind.command_id) if faults.on_answers else None
        if fault is None:
            return self._accounts(peer, bind)
        if fault.status is not None:
            return fault.status
        return self._authenticate_late(peer, bind, fault.config.seconds)

    async def _authenticate_late(self, peer: Peer, bind: Bind[Any], seconds: float) -> Decision:
        await pause(self._clock, seconds)
        return self._accounts(peer, bind)

    # -- what stands on the wire

    def look(self) -> None:
        """Faults have changed: those that are done on the wire need something there."""
        if self._faults.on_wire:
            for smsc in self.smscs:
                for peer in smsc.connections:
                    self._wire(peer)

    def _wire(self, peer: Peer) -> Wire:
        """What stands between this peer and its transport; from now on, if it was not there before."""
        wire: Wire | None = peer.data.get("wire")
        if wire is None:

            def wrap(transport: asyncio.Transport) -> Wire:
                made = Wire(transport, self._faults, self._clock, lambda: peer.system_id)
                peer.data["wire"] = made
                return made

            peer.wrap_transport(wrap)
            wire = peer.data["wire"]
        return wire

    def strike(self, peer: Peer, request: Request[Any], fault: Fault) -> None:
        """Do a fault to the answer to this request."""
        self._wire(peer).arm(request.command_id | RESPONSE_BIT, request.sequence_number, fault)
