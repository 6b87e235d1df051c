"""Our end as a server: an SMSC that listens, and its peers."""

import asyncio
import hmac
import ssl as tls
import weakref
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from smppcore.codec import SMSC_TOLERANCE, Codec
from smppcore.constants import CommandStatus, InterfaceVersion
from smppcore.dispatch import SMSC_REFUSALS, Handler, log_notice
from smppcore.entity import Entity
from smppcore.errors import Refuse
from smppcore.log import log
from smppcore.notice import Notice
from smppcore.pdu import (
    AlertNotification,
    Bind,
    BindTransceiverResp,
    DataSm,
    DeliverSm,
    DeliverSmResp,
    Pdu,
    Response,
    SubmitSm,
)
from smppcore.settings import Settings
from smppcore.state import BOUND, Role, SessionState
from smppcore.tlv import SC_INTERFACE_VERSION
from smppcore.transport import Connection

R = TypeVar("R", bound=Response)
Admission = bool | int
Authenticator = Callable[["Peer", Bind[Any]], Admission | Awaitable[Admission]]
"""Decides on a bind: True or 0 accepts, False refuses with ESME_RBINDFAIL, another int with that command_status."""


class Peer(Entity):
    """One connected ESME, as the Smsc sees it. Handlers get it as their first argument.

    What its requests return and raise says Entity.
    """

    role = Role.SMSC
    refusals = SMSC_REFUSALS
    incoming_classes = (SubmitSm, DataSm)

    def __init__(self, smsc: "Smsc", handlers: Mapping[type[Any], Handler]) -> None:
        super().__init__(smsc.settings, smsc.codec, handlers, partial(smsc.notify, self))
        self.smsc = smsc
        self.bind: Bind[Any] | None = None
        self.data: dict[str, Any] = {}
        """For the application: whatever it wants to keep with this peer."""
        self._connection.on_request = self._before_bind
        self._connection.on_open = self._opened
        self._authenticating: asyncio.Task[None] | None = None

    @property
    def system_id(self) -> str:
        """The system_id that the ESME bound with; empty before."""
        return self.bind.system_id if self.bind else ""

    @property
    def interface_version(self) -> int:
        """interface_version of the ESME's bind; 0 before."""
        return self.bind.interface_version if self.bind else 0

    @property
    def can_receive(self) -> bool:
        """Whether it is bound as receiver or transceiver, so that deliver_sm may be sent to it."""
        return self.state in (SessionState.BOUND_RX, SessionState.BOUND_TRX)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the ESME."""
        return self._connection.peer_address

    # -- requests

    async def deliver_sm(self, pdu: DeliverSm, *, timeout: float | None = None) -> DeliverSmResp:
        """Deliver a message or a receipt (section 4.6)."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    def alert_notification(self, pdu: AlertNotification) -> None:
        """Tell the ESME that a subscriber can be reached again (section 4.12); it is never answered."""
        self._connection.send(pdu)

    # -- binding

    def _before_bind(self, pdu: Pdu) -> None:
        if not isinstance(pdu, Bind):
            self._dispatcher.dispatch(pdu)
            return
        try:
            admission = self.smsc.authenticate(self, pdu)
        except Exception as error:
            admission = _bind_failure(error)
        if isinstance(admission, int):
            self._admit(pdu, admission)
        else:
            self._authenticating = asyncio.ensure_future(self._authenticate(pdu, admission))

    async def _authenticate(self, pdu: Bind[Any], awaitable: Awaitable[Admission]) -> None:
        try:
            admission = await awaitable
        except Exception as error:
            admission = _bind_failure(error)
        self._admit(pdu, admission)

    def _admit(self, pdu: Bind[Any], admission: Admission) -> None:
        status = _bind_status(admission)
        response = pdu.answer(status)
        if not status:
            response.system_id = self.smsc.system_id
            if pdu.interface_version >= InterfaceVersion.V3_4:
                response.tlvs.append(SC_INTERFACE_VERSION(self.smsc.interface_version))
            self.bind = pdu
            self._connection.on_request = self._dispatcher.dispatch
        self._connection.respond(pdu, response)
        if not status and self.state in BOUND:
            self.smsc.bound(self)
        self._connection.release()

    # -- the end

    def _opened(self) -> None:
        self.smsc.opened(self)

    def _gone(self) -> None:
        if self._authenticating is not None:
            self._authenticating.cancel()
        super()._gone()
        self.smsc.gone(self)

    def __repr__(self) -> str:
        host, port = self.address
        return f"<Peer {self.system_id or 'unbound'} at {host}:{port} {self.state}>"


class Smsc:
    """An SMSC: ``async with Smsc(accounts={"id": "password"}, handlers={SubmitSm: on_submit}) as smsc``.

    Binds are decided by ``accounts`` (system_id to password) or by ``authenticate``; one of them is required. It
    listens on loopback unless told otherwise; with port 0 the system chooses one, and ``port`` tells which.
    ``handlers`` maps PDU classes to functions (peer, pdu). ``on_bound`` and ``on_gone`` are called with a Peer that has
    bound or left.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        accounts: Mapping[str, str] | None = None,
        authenticate: Authenticator | None = None,
        handlers: Mapping[type[Any], Handler] | None = None,
        settings: Settings | None = None,
        codec: Codec | None = None,
        system_id: str = "smppcore",
        interface_version: int = InterfaceVersion.V3_4,
        on_bound: Callable[[Peer], None] | None = None,
        on_gone: Callable[[Peer], None] | None = None,
        on_notice: Callable[[Peer, Notice], None] | None = None,
        ssl: tls.SSLContext | None = None,
    ) -> None:
        if (accounts is None) == (authenticate is None):
            raise TypeError("an Smsc takes either accounts or authenticate")
        self.host = host
        self.port = port
        self.settings = settings or Settings()
        self.codec = codec or Codec(tolerate=SMSC_TOLERANCE)
        self.system_id = system_id
        self.interface_version = interface_version
        BindTransceiverResp(system_id=system_id, tlvs=[SC_INTERFACE_VERSION(interface_version)]).encode(1)
        self.authenticate = authenticate or Accounts(accounts or {})
        self._on_notice = on_notice
        self._handlers = dict(handlers or {})
        self._on_bound = on_bound
        self._on_gone = on_gone
        self._ssl = ssl
        self._peers: set[Peer] = set()
        self._made: weakref.WeakSet[Peer] = weakref.WeakSet()
        self._closing = False
        self._server: asyncio.Server | None = None

    @property
    def connections(self) -> list[Peer]:
        """All connected ESMEs, those not bound included."""
        return list(self._peers)

    @property
    def peers(self) -> list[Peer]:
        """The bound ESMEs."""
        return [peer for peer in self._peers if peer.state in BOUND]

    def peers_of(self, system_id: str) -> list[Peer]:
        """The bound ESMEs of one account."""
        return [peer for peer in self.peers if peer.system_id == system_id]

    async def start(self) -> None:
        """Listen. Raises OSError where the address cannot be had."""
        self._closing = False
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self.host, self.port, ssl=self._ssl)
        self.port = self._server.sockets[0].getsockname()[1]

    def _accept(self) -> Connection:
        return Peer(self, self._handlers)._connection

    def opened(self, peer: Peer) -> None:
        self._peers.add(peer)
        self._made.add(peer)
        if self._closing:
            peer.abort()

    def notify(self, peer: Peer, notice: Notice) -> None:
        (self._on_notice or _log_notice)(peer, notice)

    def bound(self, peer: Peer) -> None:
        _call(self._on_bound, peer)

    def gone(self, peer: Peer) -> None:
        self._peers.discard(peer)
        if peer.bind is not None:
            _call(self._on_gone, peer)

    async def close(self) -> None:
        """Stop listening, then close every connection, all at once and within close_timeout."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        try:
            await asyncio.gather(*(peer.close() for peer in self.connections))
        finally:
            for peer in list(self._made):
                peer.cancel_handlers()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Accounts:
    """The plainest authenticator: system_id to password, compared in constant time."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = {name: password.encode() for name, password in passwords.items()}

    def __call__(self, peer: Peer, bind: Bind[Any]) -> Admission:
        known = self._passwords.get(bind.system_id)
        # An unknown system_id takes as long as a wrong password.
        matches = hmac.compare_digest(known if known is not None else b"", bind.password.encode())
        return known is not None and matches


def _log_notice(_: Peer, notice: Notice) -> None:
    log_notice(notice)


def _bind_failure(error: Exception) -> int:
    if isinstance(error, Refuse):
        return error.status
    log.error("authenticator failed", exc_info=error)
    return CommandStatus.ESME_RSYSERR


def _bind_status(admission: Admission) -> int:
    """The command_status for what an authenticator decided; whatever is no decision refuses."""
    if isinstance(admission, bool):
        return CommandStatus.ESME_ROK if admission else CommandStatus.ESME_RBINDFAIL
    if isinstance(admission, int) and 0 <= admission <= 0xFFFFFFFF:
        return admission
    return _bind_failure(TypeError(f"an authenticator decides with a bool or a command_status, not {admission!r}"))


def _call(callback: Callable[[Peer], None] | None, peer: Peer) -> None:
    if callback is None:
        return
    try:
        callback(peer)
    except Exception as error:
        log.error("callback failed", system_id=peer.system_id, exc_info=error)
