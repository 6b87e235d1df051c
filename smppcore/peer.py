"""One connected ESME, as an Smsc sees it: how it binds, and what it may do then."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol

from smppcore.account import STATUS, Account
from smppcore.admission import AccountLoad, AccountUsage
from smppcore.codec import Codec
from smppcore.constants import CommandStatus, InterfaceVersion
from smppcore.dispatch import SMSC_REFUSALS, Handler
from smppcore.entity import Entity
from smppcore.errors import Refuse
from smppcore.guard import Refusal
from smppcore.log import log
from smppcore.middleware import Hooks
from smppcore.notice import Notice
from smppcore.pdu import AlertNotification, Bind, DataSm, DeliverSm, DeliverSmResp, Pdu, Request, SubmitSm
from smppcore.settings import Settings
from smppcore.socket_options import set_socket_options
from smppcore.state import BOUND, Role, SessionState
from smppcore.tlv import SC_INTERFACE_VERSION

Decision = bool | int | Account
Authenticator = Callable[["Peer", Bind[Any]], Decision | Awaitable[Decision]]
"""Decides on a bind: True, 0 or an Account accepts, False refuses with ESME_RBINDFAIL, another int with that status."""


class Home(Protocol):
    """What a Peer needs of its Smsc, and what its handlers may ask of it."""

    settings: Settings
    codec: Codec
    system_id: str
    interface_version: int
    authenticate: Authenticator
    hooks: Hooks

    @property
    def connections(self) -> "list[Peer]": ...
    @property
    def peers(self) -> "list[Peer]": ...
    def peers_of(self, system_id: str) -> "list[Peer]": ...
    def usage(self, system_id: str) -> AccountUsage: ...

    def opened(self, peer: "Peer") -> None: ...
    def notify(self, peer: "Peer", notice: Notice) -> None: ...
    def before_bind(self, peer: "Peer", bind: Bind[Any]) -> Refusal | None: ...
    def refusal(self, peer: "Peer", bind: Bind[Any], account: Account | None) -> Refusal | None: ...
    def count(self, refusal: Refusal) -> None: ...
    def bound(self, peer: "Peer", account: Account | None) -> None: ...
    def released(self, host: str, *, bound: bool) -> None: ...
    def gone(self, peer: "Peer") -> None: ...


class Peer(Entity):
    """One connected ESME, as the Smsc sees it. Handlers get it as their first argument.

    What its requests return and raise says Requests.
    """

    role = Role.SMSC
    refusals = SMSC_REFUSALS
    incoming_classes = (SubmitSm, DataSm)

    def __init__(
        self,
        smsc: Home,
        handlers: Mapping[type[Any], Handler],
        longest_pdu: int | None = None,
        client: tuple[str, int] | None = None,
        proxy: tuple[str, int] | None = None,
    ) -> None:
        super().__init__(smsc.settings, smsc.codec, handlers, partial(smsc.notify, self), hooks=smsc.hooks)
        self.smsc = smsc
        self.bind: Bind[Any] | None = None
        self.proxy_address = proxy
        """Host and port of the load balancer that it came through; None without one."""
        self.admitted: str | None = None
        """The host that this connection counts for; None before it was admitted, and in the end."""
        self._client = client
        self._data: dict[str, Any] | None = None
        self._load: AccountLoad | None = None
        self._unanswered = 0
        self._authenticating: asyncio.Task[None] | None = None
        self._connection.session.own_version = smsc.interface_version
        self._connection.on_request = self._before_bind
        self._connection.on_open = self._opened
        if longest_pdu is not None:
            self._connection.session.longest_pdu = min(longest_pdu, smsc.settings.longest_pdu)

    @property
    def system_id(self) -> str:
        """The system_id that the ESME bound with; empty before."""
        return self.bind.system_id if self.bind else ""

    @property
    def esme_interface_version(self) -> int:
        """interface_version of the ESME's bind; 0 before."""
        return self.bind.interface_version if self.bind else 0

    @property
    def can_receive(self) -> bool:
        """Whether it is bound as receiver or transceiver, so that deliver_sm may be sent to it."""
        return self.state in (SessionState.BOUND_RX, SessionState.BOUND_TRX)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the ESME, behind a load balancer those that it told."""
        return self._client or self._connection.peer_address

    @property
    def data(self) -> dict[str, Any]:
        """For the application: whatever it wants to keep with this peer."""
        if self._data is None:
            self._data = {}
        return self._data

    @property
    def unanswered(self) -> int:
        """How many requests of the ESME wait for our answer."""
        return len(self._connection.session.unanswered)

    # -- requests

    async def deliver_sm(self, pdu: DeliverSm, *, timeout: float | None = None) -> DeliverSmResp:
        """Deliver a message or a receipt (section 4.6)."""
        return await self._begin(pdu, self._timeout if timeout is None else timeout)

    def alert_notification(self, pdu: AlertNotification) -> None:
        """Tell the ESME that a subscriber can be reached again (section 4.12); it is never answered."""
        self._connection.send(pdu)

    # -- binding

    def _before_bind(self, pdu: Pdu) -> None:
        if not isinstance(pdu, Bind):
            self._receiver.dispatch(pdu)
            return
        reason = self.smsc.before_bind(self, pdu)
        if reason is not None:
            self._answer_bind(pdu, STATUS[reason], None)
            return
        try:
            decision = self.smsc.authenticate(self, pdu)
        except Exception as error:
            decision = _bind_failure(error)
        if isinstance(decision, Awaitable):
            self._authenticating = asyncio.ensure_future(self._authenticate(pdu, decision))
        else:
            self._decide(pdu, decision)

    async def _authenticate(self, pdu: Bind[Any], awaitable: Awaitable[Decision]) -> None:
        try:
            decision = await awaitable
        except Exception as error:
            decision = _bind_failure(error)
        self._decide(pdu, decision)

    def _decide(self, pdu: Bind[Any], decision: Decision) -> None:
        account = decision if isinstance(decision, Account) else None
        status = _bind_status(decision)
        if status:
            self.smsc.count(Refusal.AUTHENTICATION)
        else:
            reason = self.smsc.refusal(self, pdu, account)
            status = STATUS[reason] if reason is not None else CommandStatus.ESME_ROK
        self._answer_bind(pdu, status, account)

    def _answer_bind(self, pdu: Bind[Any], status: int, account: Account | None) -> None:
        response = pdu.answer(status)
        if not status:
            response.system_id = self.smsc.system_id
            if pdu.interface_version >= InterfaceVersion.V3_4:
                response.tlvs.append(SC_INTERFACE_VERSION(self.smsc.interface_version))
        self._connection.respond(pdu, response)
        if not status and self.state in BOUND:
            self.bind = pdu
            self._connection.session.longest_pdu = self.settings.longest_pdu
            self._connection.on_request = self._receiver.dispatch
            self.smsc.bound(self, account)
        self._connection.release()

    # -- the limits of its account

    def limit(self, load: AccountLoad) -> None:
        """From now on its requests count for the limits of its account. Without limits none of this is called."""
        if self._load is None:
            self._load = load
            self._connection.on_request = self._within_limits
            self._respond = self._connection.respond
            self._connection.respond = self._answered  # type: ignore[method-assign]  # others pay nothing for it

    def _within_limits(self, pdu: Pdu) -> None:
        load = self._load
        if load is None or not isinstance(pdu, Request):
            self._receiver.dispatch(pdu)
            return
        self._unanswered += 1
        load.unanswered += 1
        reason = load.take(pdu, asyncio.get_running_loop().time())
        if reason is None:
            self._receiver.dispatch(pdu)
        else:
            self.smsc.count(reason)
            self._dispatcher.answer(pdu, STATUS[reason])

    def _answered(self, request: Pdu, response: Pdu) -> None:
        self._respond(request, response)
        if self._load is not None and self._unanswered:
            self._unanswered -= 1
            self._load.unanswered -= 1

    # -- the end

    def _opened(self) -> None:
        if self._connection._transport is not None:
            set_socket_options(self._connection._transport, self.settings)
        self.smsc.opened(self)

    def release(self) -> None:
        """It counts no more, neither as a connection nor with its unanswered requests."""
        host, self.admitted = self.admitted, None
        if host is not None:
            self.smsc.released(host, bound=self.bind is not None)
        if self._load is not None:
            self._load.unanswered -= self._unanswered
            self._unanswered = 0

    def _gone(self) -> None:
        if self._authenticating is not None:
            self._authenticating.cancel()
        super()._gone()
        self.release()
        self.smsc.gone(self)

    def __repr__(self) -> str:
        host, port = self.address
        return f"<Peer {self.system_id or 'unbound'} at {host}:{port} {self.state}>"


def _bind_failure(error: Exception) -> int:
    if isinstance(error, Refuse):
        return error.status
    log.error("authenticator failed", exc_info=error)
    return CommandStatus.ESME_RSYSERR


def _bind_status(decision: Decision) -> int:
    """The command_status for what an authenticator decided; whatever is no decision refuses."""
    if isinstance(decision, Account):
        return CommandStatus.ESME_ROK
    if isinstance(decision, bool):
        return CommandStatus.ESME_ROK if decision else CommandStatus.ESME_RBINDFAIL
    if isinstance(decision, int) and 0 <= decision <= 0xFFFFFFFF:
        return decision
    kind = type(decision).__name__
    return _bind_failure(TypeError(f"an authenticator decides with a bool, a command_status or an Account, not {kind}"))
