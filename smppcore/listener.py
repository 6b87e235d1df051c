"""Listening with a look at each connection before its first octet is read: TLS, and load balancers.

``loop.create_server`` tells of a connection only once TLS is set up, and hands its first octets to TLS at once. Here a
connection is admitted by its address first, a PROXY header is read off the plain socket, and what follows, TLS or not,
goes to the protocol.
"""

import asyncio
import contextlib
import errno
import socket
import ssl as tls
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from smppcore.hand_over import hand_over
from smppcore.log import log
from smppcore.networks import Networks
from smppcore.proxy_protocol import LONGEST_V2, ProxyHeader, ProxyProtocolError, read_proxy_header
from smppcore.tls import accept_tls

Address = tuple[str, int]

BACKLOG: Final = 100
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
PAUSE: Final = 1.0
"""Seconds until we try again to accept a connection, where the system has no room for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What to do with connections.

    ``proxies``: from these a PROXY header is required; others are clients themselves, and a header that they send is
    rubbish to the protocol. ``timeout`` bounds the header, and the TLS handshake. ``admit(client, proxy)`` gives the
    protocol of a client and what to call if it never gets its connection, None to close the connection at once.
    ``failed(host, error)`` is called where there was no good header (ProxyProtocolError), or no TLS (OSError).
    """

    proxies: Networks
    ssl: tls.SSLContext | None
    timeout: float | None
    admit: Callable[[Address, Address | None], tuple[asyncio.BaseProtocol, Callable[[], None]] | None]
    failed: Callable[[str, Exception], None]


class Listener:
    """Listening sockets, and a task for each connection until its protocol has it."""

    def __init__(self, welcome: Welcome) -> None:
        self._welcome = welcome
        self._loop = asyncio.get_running_loop()
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepted: set[socket.socket] = set()
        """Connections whose task has not begun: cancelled before that, it would never know of its socket."""

    async def start(self, host: str, port: int) -> int:
        """Listen on all addresses of the host; returns the port. Raises OSError where an address cannot be had."""
        found = await self._loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, kind, protocol, _, address in dict.fromkeys(found):
                listening = socket.socket(family, kind, protocol)
                self._sockets.append(listening)
                _listen(listening, address)
        except OSError:
            await self.close()
            raise
        for listening in self._sockets:
            self._start(self._accept(listening))
        bound: int = self._sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Stop listening, and drop the connections that no protocol has yet."""
        for task in self._tasks:
            task.cancel()
        try:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            for listening in self._sockets:
                listening.close()
            for connected in self._accepted:
                connected.close()
            self._sockets.clear()
            self._accepted.clear()

    def _start(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connected, address = await self._loop.sock_accept(listening)
            except OSError as error:
                full = error.errno in EXHAUSTED
                if full:
                    log.error("cannot accept connections", error=str(error))
                # Else the connection went away while it waited for us.
                await asyncio.sleep(PAUSE if full else 0)
                continue
            self._accepted.add(connected)
            self._start(self._receive(connected, (address[0], address[1])))

    async def _receive(self, connected: socket.socket, address: Address) -> None:
        """Bring one connection to its protocol, which then has the socket, or close it."""
        self._accepted.discard(connected)
        welcome = self._welcome
        try:
            client, proxy = address, None
            if address[0] in welcome.proxies:
                client, proxy = await self._client_of(connected, address), address
            admitted = welcome.admit(client, proxy)
        except ProxyProtocolError as error:
            connected.close()
            welcome.failed(address[0], error)
        except OSError as error:
            connected.close()
            log.debug("connection lost before its PROXY header", error=type(error).__name__)
        except BaseException:
            connected.close()
            raise
        else:
            if admitted is None:
                connected.close()
            else:
                await self._hand_over(connected, client[0], *admitted)

    async def _hand_over(
        self, connected: socket.socket, host: str, protocol: asyncio.BaseProtocol, unused: Callable[[], None]
    ) -> None:
        ssl, timeout = self._welcome.ssl, self._welcome.timeout
        try:
            if ssl is None:
                await hand_over(connected, self._loop.connect_accepted_socket(lambda: protocol, connected))
            else:
                await accept_tls(protocol, connected, ssl, timeout, host)
        except OSError as error:
            # TlsError is one.
            unused()
            self._welcome.failed(host, error)
        except BaseException:
            unused()
            raise

    async def _client_of(self, connected: socket.socket, proxy: Address) -> Address:
        """Whom the proxy speaks for: the address in its header; its own where it speaks for itself."""
        try:
            async with asyncio.timeout(self._welcome.timeout):
                header = await self._header(connected)
        except TimeoutError:
            raise ProxyProtocolError(f"no PROXY header within {self._welcome.timeout} s") from None
        return header.source or proxy

    async def _header(self, connected: socket.socket) -> ProxyHeader:
        octets = b""
        while True:
            await self._readable(connected)
            with contextlib.suppress(BlockingIOError, InterruptedError):
                seen = connected.recv(LONGEST_V2, socket.MSG_PEEK)
                if not seen and not octets:
                    raise ConnectionAbortedError  # a load balancer that looks whether we are there
                if not seen:
                    raise ProxyProtocolError("the connection ended within the PROXY header")
                header = read_proxy_header(octets + seen)
                # As long as the header is not complete, all that has come belongs to it.
                octets += connected.recv(len(seen) if header is None else header.length - len(octets))
                if header is not None:
                    return header

    async def _readable(self, connected: socket.socket) -> None:
        readable = self._loop.create_future()
        self._loop.add_reader(connected, _done, readable)
        try:
            await readable
        finally:
            self._loop.remove_reader(connected)


def _listen(listening: socket.socket, address: Any) -> None:
    listening.setblocking(False)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listening.family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listening.bind(address)
    listening.listen(BACKLOG)


def _done(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
