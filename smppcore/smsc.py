"""Our end as a server: an SMSC that listens, and lets its peers in."""

import asyncio
import ssl as tls
import weakref
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from smppcore.account import Account, Accounts
from smppcore.admission import AccountUsage, Admission
from smppcore.codec import SMSC_TOLERANCE, Codec
from smppcore.constants import InterfaceVersion
from smppcore.dispatch import Handler, log_notice
from smppcore.guard import GuardSettings, Refusal
from smppcore.lifetime import Lifetime
from smppcore.listener import Address, Listener, Welcome
from smppcore.log import log
from smppcore.middleware import Hooks, Middleware
from smppcore.networks import Networks
from smppcore.notice import Notice
from smppcore.pdu import Bind, BindTransceiverResp
from smppcore.peer import Authenticator, Peer
from smppcore.proxy_protocol import ProxyProtocolError
from smppcore.settings import Settings
from smppcore.state import BOUND
from smppcore.tlv import SC_INTERFACE_VERSION
from smppcore.transport import Connection

__all__ = ["Peer", "Smsc"]


class Smsc(Lifetime):
    """An SMSC: ``async with Smsc(accounts={"id": "password"}, handlers={SubmitSm: on_submit}) as smsc``.

    Binds are decided by ``accounts`` (system_id to password or Account) or by ``authenticate``; one of them is
    required. ``guard`` says whom it lets in at all. It listens on loopback unless told otherwise; with port 0 the
    system chooses one, and ``port`` tells which. ``handlers`` maps PDU classes to functions (peer, pdu). ``on_bound``
    and ``on_gone`` are called with a Peer that has bound or left. ``proxy_protocol`` names the networks of load
    balancers: from there a PROXY header is required, from elsewhere none is accepted. ``middleware`` looks at what its
    peers ask and are asked, the first nearest to the handlers.
    ``admission`` is given where several Smscs share the limits of accounts, and the guard, which it then has already.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        accounts: Mapping[str, str | Account] | Mapping[str, str] | None = None,
        authenticate: Authenticator | None = None,
        handlers: Mapping[type[Any], Handler] | None = None,
        settings: Settings | None = None,
        guard: GuardSettings | None = None,
        codec: Codec | None = None,
        system_id: str = "smppcore",
        interface_version: int = InterfaceVersion.V3_4,
        on_bound: Callable[[Peer], None] | None = None,
        on_gone: Callable[[Peer], None] | None = None,
        on_notice: Callable[[Peer, Notice], None] | None = None,
        ssl: tls.SSLContext | None = None,
        proxy_protocol: Collection[str] = (),
        admission: Admission | None = None,
        middleware: Sequence[Middleware] = (),
    ) -> None:
        if (accounts is None) == (authenticate is None):
            raise TypeError("an Smsc takes either accounts or authenticate")
        self.host = host
        self.port = port
        self.settings = settings or Settings()
        self.codec = codec or Codec(tolerate=SMSC_TOLERANCE)
        self.system_id = system_id
        self.interface_version = interface_version
        self.hooks = Hooks(middleware)
        BindTransceiverResp(system_id=system_id, tlvs=[SC_INTERFACE_VERSION(interface_version)]).encode(1)
        self.authenticate: Authenticator = authenticate or Accounts(accounts or {})
        self._admission = admission or Admission(guard or GuardSettings())
        self._guard = self._admission.guard
        self._proxies = Networks(proxy_protocol)
        self._own_listener = ssl is not None or len(proxy_protocol) > 0
        self._on_notice = on_notice
        self._handlers = dict(handlers or {})
        self._on_bound = on_bound
        self._on_gone = on_gone
        self._ssl = ssl
        self._peers: set[Peer] = set()
        self._made: weakref.WeakSet[Peer] = weakref.WeakSet()
        self._closing = False
        self._server: asyncio.Server | None = None
        self._listener: Listener | None = None
        self._clock: Callable[[], float]

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

    def usage(self, system_id: str) -> AccountUsage:
        """What an account uses at present: its binds, its unanswered requests, its rate."""
        peers, load = self.peers_of(system_id), self._admission.load(system_id)
        rate = load.rate(self._clock()) if load is not None and load.account.limited else None
        return AccountUsage(binds=len(peers), unanswered=sum(peer.unanswered for peer in peers), rate=rate)

    @property
    def refusals(self) -> Counter[str]:
        """How many connections, binds and requests were refused, by reason (Refusal), since this Smsc was made."""
        return Counter(self._guard.refusals)

    # -- listening

    async def start(self) -> None:
        """Listen. Raises OSError where the address cannot be had."""
        self._closing = False
        loop = asyncio.get_running_loop()
        self._clock = loop.time
        if self._own_listener:
            listener = Listener(
                Welcome(
                    proxies=self._proxies,
                    ssl=self._ssl,
                    timeout=self.settings.session_init_timeout,
                    admit=self._welcome,
                    failed=self._failed,
                )
            )
            self.port = await listener.start(self.host, self.port)
            self._listener = listener
        else:
            self._server = await loop.create_server(self._accept, self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def _accept(self) -> Connection:
        return self.new_peer()._connection

    def new_peer(self) -> Peer:
        """The end of a connection to be made; it is one of ours once that is open."""
        return Peer(self, self._handlers, self._guard.settings.longest_unbound_pdu)

    def _welcome(self, client: Address, proxy: Address | None) -> tuple[Connection, Callable[[], None]] | None:
        """The protocol for a connection that the listener has, and what to call if that never gets it."""
        if not self._admit(client[0]):
            return None
        told = client if proxy is not None else None
        peer = Peer(self, self._handlers, self._guard.settings.longest_unbound_pdu, told, proxy)
        peer.admitted = client[0]
        return peer._connection, peer.release

    def _failed(self, host: str, error: Exception) -> None:
        no_header = isinstance(error, ProxyProtocolError)
        self._refused(host, Refusal.PROXY_HEADER if no_header else Refusal.TLS, error=str(error))

    def _admit(self, host: str) -> bool:
        reason = self._guard.connect(host)
        if reason is not None:
            self._refused(host, reason)
        return reason is None

    def _refused(self, host: str, reason: Refusal, **values: str) -> None:
        if self._guard.refused(host, reason, self._clock()):
            log.warning("refused", reason=str(reason), host=host, **values)

    # -- what peers tell

    def opened(self, peer: Peer) -> None:
        host = peer.address[0]
        if peer.admitted is None and self._admit(host):
            peer.admitted = host
        if peer.admitted is None:
            peer.abort()
            return
        self._peers.add(peer)
        self._made.add(peer)
        if self._closing:
            peer.abort()

    def notify(self, peer: Peer, notice: Notice) -> None:
        if peer.admitted is not None:
            (self._on_notice or _log_notice)(peer, notice)

    def before_bind(self, peer: Peer, bind: Bind[Any]) -> Refusal | None:
        """Why a bind is refused before anyone looks at its password, None if it is not."""
        return self._tell(peer, bind, self._guard.try_bind(peer.admitted or "", self._clock()))

    def refusal(self, peer: Peer, bind: Bind[Any], account: Account | None) -> Refusal | None:
        """Why a bind with a good password is refused all the same, None if it is not."""
        return self._tell(peer, bind, self._admission.refusal(bind, account, peer.admitted or ""))

    def _tell(self, peer: Peer, bind: Bind[Any], reason: Refusal | None) -> Refusal | None:
        if reason is not None:
            self._refused(peer.admitted or "", reason, system_id=bind.system_id)
        return reason

    def bound(self, peer: Peer, account: Account | None) -> None:
        self._guard.bind_accepted(peer.admitted or "")
        load = self._admission.enter(peer.system_id, account, peer._connection.session, self._clock())
        if load is not None and load.account.limited:
            peer.limit(load)
        _call(self._on_bound, peer)

    def released(self, host: str, *, bound: bool) -> None:
        self._guard.left(host, bound=bound)

    def count(self, refusal: Refusal) -> None:
        self._guard.refusals[refusal] += 1

    def gone(self, peer: Peer) -> None:
        self._peers.discard(peer)
        if peer.bind is not None:
            self._admission.leave(peer.system_id, peer._connection.session, self._clock())
            _call(self._on_gone, peer)

    async def close(self) -> None:
        """Stop listening, then close every connection, all at once and within close_timeout. Cancelled, it aborts."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        try:
            if self._listener is not None:
                await self._listener.close()
                self._listener = None
            await asyncio.gather(*(peer.close() for peer in self.connections))
        except asyncio.CancelledError:
            for peer in self.connections:
                peer.abort()
            raise
        finally:
            for peer in list(self._made):
                peer.cancel_handlers()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None


def _log_notice(_: Peer, notice: Notice) -> None:
    log_notice(notice)


def _call(callback: Callable[[Peer], None] | None, peer: Peer) -> None:
    if callback is None:
        return
    try:
        callback(peer)
    except Exception as error:
        log.error("callback failed", system_id=peer.system_id, exc_info=error)
