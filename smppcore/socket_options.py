"""Options of a connected TCP socket: no delay, keep-alive, and how long what was sent may stay unacknowledged.

enquire_link tells whether the peer's application is there; these tell the kernel when to give up a connection whose
other end is simply gone, a router that forgot it included. A platform that lacks an option goes without it.
"""

import asyncio
import socket
from collections.abc import Iterator
from typing import Final, Protocol

from smppcore.log import log
from smppcore.settings import Settings

KEEPALIVE_PROBES: Final = 6
"""After as many unanswered probes the connection is given up: in all, after twice the time to the first probe."""

_IDLE: Final = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))
_INTERVAL: Final = getattr(socket, "TCP_KEEPINTVL", None)
_PROBES: Final = getattr(socket, "TCP_KEEPCNT", None)
_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", None)


class Options(Protocol):
    """What is needed of a socket; that of a transport is only like one."""

    def setsockopt(self, level: int, option: int, value: int, /) -> None: ...


def set_socket_options(transport: asyncio.BaseTransport, settings: Settings) -> None:
    """Set TCP_NODELAY, and what tcp_keepalive and tcp_user_timeout say, on the socket of a transport, TLS or not.

    A connection that has ended meanwhile is left as it is; its protocol is told of the end anyway.
    """
    connected: Options | None = transport.get_extra_info("socket")
    if connected is None or transport.is_closing():
        return
    for level, option, value in _options(settings):
        try:
            connected.setsockopt(level, option, value)
        except OSError as error:
            log.debug("socket option refused", level=level, option=option, value=value, error=str(error))


def _options(settings: Settings) -> Iterator[tuple[int, int, int]]:
    """Level, option and value of each; a value of less than the kernel's unit counts as one unit."""
    yield socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
    idle = settings.tcp_keepalive
    yield socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(idle is not None)
    if idle is not None:
        if _IDLE is not None:
            yield socket.IPPROTO_TCP, _IDLE, max(1, round(idle))
        if _INTERVAL is not None:
            yield socket.IPPROTO_TCP, _INTERVAL, max(1, round(idle / KEEPALIVE_PROBES))
        if _PROBES is not None:
            yield socket.IPPROTO_TCP, _PROBES, KEEPALIVE_PROBES
    if settings.tcp_user_timeout is not None and _USER_TIMEOUT is not None:
        yield socket.IPPROTO_TCP, _USER_TIMEOUT, max(1, round(settings.tcp_user_timeout * 1000))
