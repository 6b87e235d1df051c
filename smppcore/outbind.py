"""Outbind, both ways (section 2.2.1): an SMSC connects to an ESME and asks it to bind on that very connection.

An outbind has no response: an ESME that accepts it binds, one that does not closes the connection. ``outbind`` is the
side of the SMSC, ``OutbindListener`` that of the ESME.
"""

import asyncio
import ssl as tls
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from smppcore.account import Account, Accounts
from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.constants import DEFAULT_PORT
from smppcore.dial import LocalAddress, dial
from smppcore.dispatch import Handler
from smppcore.errors import SmppError
from smppcore.esme import BIND_PDUS, BindMode, Esme
from smppcore.guard import Guard, GuardSettings, Refusal
from smppcore.lifetime import Lifetime
from smppcore.listener import Address, Listener, Welcome
from smppcore.log import log
from smppcore.middleware import Hooks, Middleware
from smppcore.networks import Networks
from smppcore.notice import Notice, StateChange
from smppcore.password import Password, password_now
from smppcore.pdu import Bind, Outbind, Pdu
from smppcore.peer import Peer
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from smppcore.socket_options import set_socket_options
from smppcore.state import BOUND
from smppcore.transport import Connection
from smppcore.url import SmppUrl

OutbindAuthenticator = Callable[[Outbind, Address], bool | Awaitable[bool]]
"""Decides on an outbind by its system_id, its password, and the host and port that it came from: True accepts."""
OnEsme = Callable[[Esme], Awaitable[None] | None]


# -- the SMSC


async def outbind(
    smsc: Smsc,
    host: str,
    port: int = DEFAULT_PORT,
    *,
    system_id: str = "",
    password: Password = "",
    ssl: tls.SSLContext | None = None,
    server_hostname: str | None = None,
    local_address: LocalAddress | None = None,
    timeout: float | None = None,
) -> Peer:
    """Connect to an ESME that listens, send outbind, and wait until it has bound; returns its Peer.

    ``system_id``, else that of the Smsc, and ``password`` are what the SMSC shows the ESME. The bind is decided as any
    other is, by the accounts and the guard of the Smsc, which must have been started; its settings, handlers and close
    hold for this Peer too. A refused bind may be tried again by the ESME. It may bind as what it likes, though 3.4
    knows receivers only here: ``peer.can_receive`` tells. ``timeout``: seconds for all of it; None leaves it to
    the settings connect_timeout and session_init_timeout, which hold in any case.

    Raises OSError and TlsError as connect does, TimeoutError if there is no bind in time, ConnectionError if the ESME
    ends the connection, NotSent if the Smsc itself does not let it in, EncodeError for what does not fit.
    """
    request = Outbind(system_id=system_id or smsc.system_id, password=password_now(password))
    request.encode(1)
    peer = smsc.new_peer()
    connection = peer._connection
    bound = _bound(connection)
    # A connection that is refused as it opens may not be dropped before the event loop has taken hold of its socket.
    opened, connection.on_open = connection.on_open, _nothing
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(timeout) as limit:
            await dial(
                connection,
                SmppUrl(host, port, tls=ssl is not None),
                smsc.settings,
                context=ssl,
                local_address=local_address,
                server_hostname=server_hostname,
            )
            if connection._transport is not None:  # else it has ended already
                opened()
                connection.send(request)
            if await bound:
                return peer
    except TimeoutError:
        connection.abort("no bind in time")
        if not limit.expired():
            raise
        raise TimeoutError(f"the ESME at {where} has not bound within {timeout:g} s") from None
    except BaseException:
        connection.abort("outbind failed")
        raise
    if connection.reason.startswith("not bound"):
        raise TimeoutError(f"the ESME at {where} has {connection.reason} of the outbind")
    raise ConnectionError(f"the ESME at {where} has not bound: {connection.reason}")


def _nothing() -> None:
    """What the connection calls when it is made; the Smsc is told a moment later."""


def _bound(connection: Connection) -> "asyncio.Future[bool]":
    """True once the connection is bound, False if it ends before."""
    bound: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    tell = connection.on_notice

    def settle(value: bool) -> None:
        if not bound.done():
            bound.set_result(value)

    def on_notice(notice: Notice) -> None:
        if isinstance(notice, StateChange) and notice.after in BOUND:
            settle(True)
        tell(notice)

    connection.on_notice = on_notice
    connection.closed.add_done_callback(lambda _: settle(False))
    return bound


# -- the ESME


@dataclass(eq=False, slots=True)
class _Visit:
    """One connection to the listener: its Esme, from where, and the outbind once it is there.

    ``bound``: whether it ever was; ``counted``: whether the guard still counts it.
    """

    esme: Esme
    address: Address
    asked: "asyncio.Future[Outbind]"
    bound: bool = False
    counted: bool = True


class OutbindListener(Lifetime):
    """An ESME that waits to be called: ``async with OutbindListener(accounts=..., system_id=..., ...) as listener``.

    Each connection that sends a right outbind becomes a bound Esme, as ``connect`` would have made it. Which outbinds
    are right is said by one of: ``accounts``, system_id to password (or Account, whose networks count too) of the
    SMSCs; ``authenticate``; or ``accept_any=True``, which shows our own password to whoever asks for it. ``guard`` says
    who may connect at all, and how often. ``system_id``, ``password``, ``bind`` and ``fields`` (system_type,
    interface_version, addr_ton, addr_npi, address_range) are for our bind. ``on_esme`` is called with each bound Esme;
    where it gives an awaitable, that runs in a task until the close. ``handlers``, ``settings``, ``codec``,
    ``on_notice`` and ``middleware`` are as for connect; ``ssl`` is a server_context. A connection without an outbind
    within the setting session_init_timeout is closed, and so is one with a wrong one, which is logged: there is no
    response to an outbind.

    Raises TypeError and ValueError for arguments that make no sense, EncodeError for a field that does not fit.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        accounts: Mapping[str, str | Account] | Mapping[str, str] | None = None,
        authenticate: OutbindAuthenticator | None = None,
        accept_any: bool = False,
        guard: GuardSettings | None = None,
        system_id: str = "",
        password: Password = "",
        bind: BindMode = "receiver",
        on_esme: OnEsme | None = None,
        handlers: Mapping[type[Any], Handler] | None = None,
        settings: Settings | None = None,
        codec: Codec | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        ssl: tls.SSLContext | None = None,
        middleware: Sequence[Middleware] = (),
        **fields: Any,
    ) -> None:
        if [accounts is not None, authenticate is not None, accept_any].count(True) != 1:
            raise TypeError("an OutbindListener takes one of accounts, authenticate and accept_any=True")
        if bind not in BIND_PDUS:
            raise ValueError(f"bind: {bind!r} is none of {', '.join(BIND_PDUS)}")
        BIND_PDUS[bind](system_id=system_id, **fields).encode(1)
        self.host = host
        self.port = port
        self.settings = settings or Settings()
        self._authenticate: OutbindAuthenticator = authenticate or _anybody
        if accounts is not None:
            self._authenticate = partial(_by_account, Accounts(accounts))
        self._guard = Guard(guard or GuardSettings())
        self._bind_pdu: Callable[[], Bind[Any]] = lambda: BIND_PDUS[bind](
            system_id=system_id, password=password_now(password), **fields
        )
        hooks = Hooks(middleware)
        self._new_esme: Callable[[], Esme] = lambda: Esme(
            self.settings, codec or Codec(tolerate=ESME_TOLERANCE), handlers, on_notice, hooks=hooks
        )
        self._on_esme = on_esme
        self._ssl = ssl
        self._visits: set[_Visit] = set()
        self._tasks: dict[asyncio.Task[None], _Visit] = {}
        self._closing = False
        self._listener: Listener | None = None

    @property
    def esmes(self) -> list[Esme]:
        """The bound Esmes."""
        return [visit.esme for visit in self._visits if visit.esme.state in BOUND]

    # -- listening

    async def start(self) -> None:
        """Listen. Raises OSError where the address cannot be had."""
        self._closing = False
        welcome = Welcome(
            proxies=Networks(()),
            ssl=self._ssl,
            timeout=self.settings.session_init_timeout,
            admit=self._welcome,
            failed=self._failed,
        )
        self._listener = Listener(welcome)
        self.port = await self._listener.start(self.host, self.port)

    def _welcome(self, client: Address, _: Address | None) -> tuple[Connection, Callable[[], None]] | None:
        """The protocol for a connection that the listener has, and what to call if that never gets it."""
        host = client[0]
        reason = self._guard.connect(host)
        if reason is not None:
            self._refused(host, reason)
            return None
        esme = self._new_esme()
        visit = _Visit(esme, client, asyncio.get_running_loop().create_future())
        esme._connection.on_request = partial(_ask, visit.asked)
        esme._connection.on_open = partial(self._opened, visit)
        return esme._connection, partial(self._left, visit)

    def _failed(self, host: str, error: Exception) -> None:
        self._refused(host, Refusal.TLS, error=str(error))

    def _refused(self, host: str, reason: Refusal, **values: str) -> None:
        if self._guard.refused(host, reason, asyncio.get_running_loop().time()):
            log.warning("refused", reason=str(reason), host=host, **values)

    def _opened(self, visit: _Visit) -> None:
        connection = visit.esme._connection
        if connection._transport is not None:
            set_socket_options(connection._transport, self.settings)
        connection.closed.add_done_callback(lambda _: self._left(visit))
        self._visits.add(visit)
        if self._closing:
            connection.abort("closing")
        task = asyncio.get_running_loop().create_task(self._receive(visit))
        self._tasks[task] = visit
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(task, None)

    def _left(self, visit: _Visit) -> None:
        self._visits.discard(visit)
        if visit.counted:
            visit.counted = False
            self._guard.left(visit.address[0], bound=visit.bound)

    # -- one connection

    async def _receive(self, visit: _Visit) -> None:
        esme, host = visit.esme, visit.address[0]
        try:
            await self._bind(visit)
        except (SmppError, OSError, ValueError) as error:
            log.warning("no bind after outbind", host=host, reason=str(error))
        finally:
            if not visit.bound:
                await esme.close()
        if visit.bound and self._on_esme is not None:
            await _tell(self._on_esme, esme)

    async def _bind(self, visit: _Visit) -> None:
        """Wait for the outbind, look at it, and bind; it is not bound where the outbind does not come or is wrong."""
        request = await self._outbind(visit)
        if request is None:
            return
        if not await self._trusts(request, visit.address):
            log.warning("outbind refused", host=visit.address[0], system_id=request.system_id)
            return
        esme = visit.esme
        esme._connection.on_request = esme._receiver.dispatch
        await esme._bind(self._bind_pdu())
        if esme.state in BOUND:
            visit.bound = True
            self._guard.bind_accepted(visit.address[0])

    async def _outbind(self, visit: _Visit) -> Outbind | None:
        """The outbind; None where the connection ends before, or the time is up."""
        seconds = self.settings.session_init_timeout
        connection, asked = visit.esme._connection, visit.asked
        ends: set[asyncio.Future[Any]] = {asked, connection.closed}
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if asked.done():
            return asked.result()
        reason = connection.reason or f"nothing within {seconds} s"
        log.debug("no outbind", host=visit.address[0], reason=reason)
        return None

    async def _trusts(self, request: Outbind, address: Address) -> bool:
        try:
            decision = self._authenticate(request, address)
            return (decision if isinstance(decision, bool) else await decision) is True
        except Exception as error:
            log.error("outbind authenticator failed", host=address[0], exc_info=error)
            return False

    # -- the end

    async def close(self) -> None:
        """Stop listening, close every Esme within close_timeout, and cancel what ``on_esme`` still does with them.

        Cancelled, it aborts at once.
        """
        self._closing = True
        try:
            if self._listener is not None:
                await self._listener.close()
                self._listener = None
            for task, visit in list(self._tasks.items()):
                if not visit.bound:
                    task.cancel()
            await asyncio.gather(*(visit.esme.close() for visit in self._visits))
        except asyncio.CancelledError:
            for visit in self._visits:
                visit.esme.abort()
            raise
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()  # a task that is done may not have said so yet


def _ask(asked: "asyncio.Future[Outbind]", pdu: Pdu) -> None:
    """The first request of the SMSC; the session hands out nothing but an outbind, and only one."""
    if isinstance(pdu, Outbind) and not asked.done():
        asked.set_result(pdu)


async def _tell(on_esme: OnEsme, esme: Esme) -> None:
    try:
        work = on_esme(esme)
        if work is not None:
            await work
    except Exception as error:
        log.error("on_esme failed", exc_info=error)


def _anybody(request: Outbind, address: Address) -> bool:
    return True


def _by_account(accounts: Accounts, request: Outbind, address: Address) -> bool:
    """As the Smsc decides on binds: in constant time, and by the networks of the account."""
    account = accounts(None, request)
    return isinstance(account, Account) and (account.allowed is None or address[0] in account.allowed)
