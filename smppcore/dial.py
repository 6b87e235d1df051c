"""How the connection of a client is made: name, TCP, TLS, each in its time, and nothing left behind where it fails.

Names are looked up anew for each connection, and every address gets its share of the time that is left.
"""

import asyncio
import errno
import os
import socket
import ssl
from typing import Any, Final

from smppcore.errors import OutcomeUnknown, TlsFault, Verdict
from smppcore.hand_over import hand_over
from smppcore.settings import Settings
from smppcore.socket_options import set_socket_options
from smppcore.tls import tls_arguments
from smppcore.tls_failure import tls_error, tls_failure
from smppcore.transport import Connection
from smppcore.url import SmppUrl

LocalAddress = str | tuple[str, int]
"""A host of ours, or that and a port, which only one connection can have at a time."""
Route = tuple[int, Any, Any]
"""Address family, address of the other end, and our own address or None."""

_TLS_RECORDS: Final = (b"\x15\x03", b"\x16\x03")
"""How an alert or a handshake begins (RFC 8446, section 5.1)."""


async def dial(
    connection: Connection,
    target: SmppUrl,
    settings: Settings,
    *,
    context: ssl.SSLContext | None,
    local_address: LocalAddress | None = None,
    server_hostname: str | None = None,
) -> str | None:
    """Connect to ``target`` within connect_timeout; returns the version of TLS, None without.

    ``server_hostname`` is the name that the certificate must have, where that is not the host of ``target``. Raises
    TlsError, TimeoutError, socket.gaierror for a name that is not found, and else the OSError of the address tried
    last. After any of these the connection counts as closed.
    """
    try:
        return await _dial(connection, target, settings, context, local_address, server_hostname)
    except BaseException as error:
        # The event loop tells it only if it was made, and some turns later.
        connection.abort(str(error) or "connecting was cancelled")
        connection.connection_lost(None)
        raise


async def _dial(
    connection: Connection,
    target: SmppUrl,
    settings: Settings,
    context: ssl.SSLContext | None,
    local_address: LocalAddress | None,
    server_hostname: str | None,
) -> str | None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settings.connect_timeout
    where = f"{target.host}:{target.port}"
    in_time = f"within {settings.connect_timeout:g} s"
    try:
        async with asyncio.timeout_at(deadline):
            routes = await _routes(target, local_address)
    except TimeoutError:
        raise TimeoutError(f"no connection to {where} {in_time}: no answer from the name server") from None
    connected = await _reach(routes, target, deadline, f"no connection to {where} {in_time}")
    arguments = tls_arguments(context, settings.connect_timeout, settings)
    if context is not None:
        arguments["server_hostname"] = server_hostname or target.host
    try:
        async with asyncio.timeout_at(deadline):
            making = loop.create_connection(lambda: connection, sock=connected, **arguments)
            transport = await hand_over(connected, making)
    except TimeoutError:
        raise (
            tls_failure(TlsFault.TIMEOUT, where, in_time)
            if context
            else TimeoutError(f"no connection to {where} {in_time}")
        ) from None
    except OSError as error:
        if context is None:
            raise
        raise tls_error(error, where) from error
    set_socket_options(transport, settings)
    return transport.get_extra_info("ssl_object").version() if context is not None else None


async def _routes(target: SmppUrl, local_address: LocalAddress | None) -> list[Route]:
    """All addresses of the target, in the order of the resolver, each with the address of ours that goes with it."""
    found = await _addresses(target.host, target.port)
    if local_address is None:
        return [(family, address, None) for family, address in found]
    host, port = (local_address, 0) if isinstance(local_address, str) else local_address
    ours = dict(reversed(await _addresses(host, port)))
    routes = [(family, address, ours[family]) for family, address in found if family in ours]
    if not routes:
        text = f"the local address {host} and {target.host} are not of one kind, IPv4 or IPv6"
        raise OSError(errno.EADDRNOTAVAIL, text)
    return routes


async def _addresses(host: str, port: int) -> list[tuple[int, Any]]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise socket.gaierror(error.errno, f"the name {host} was not found: {error.strerror}") from None
    return [(int(family), address) for family, _, _, _, address in found]


async def _reach(routes: list[Route], target: SmppUrl, deadline: float, too_late: str) -> socket.socket:
    """A connected socket to the first address that answers."""
    loop = asyncio.get_running_loop()
    failures: list[tuple[str, OSError]] = []
    for place, (family, address, local) in enumerate(routes):
        share = max(deadline - loop.time(), 0) / (len(routes) - place)
        try:
            async with asyncio.timeout(share):
                return await _connect(family, address, local)
        except OSError as error:
            failures.append((address[0], error))
    raise _unreachable(failures, target, too_late)


async def _connect(family: int, address: Any, local: Any) -> socket.socket:
    connecting = socket.socket(family, socket.SOCK_STREAM)
    try:
        connecting.setblocking(False)
        if local is not None:
            _bind(connecting, local)
        await asyncio.get_running_loop().sock_connect(connecting, address)
    except BaseException:
        connecting.close()
        raise
    return connecting


def _bind(connecting: socket.socket, local: Any) -> None:
    if local[1]:
        # The port of a connection that has just ended may be had again.
        connecting.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        connecting.bind(local)
    except OSError as error:
        text = f"the local address {local[0]}:{local[1]} cannot be used: {os.strerror(error.errno or 0)}"
        raise OSError(error.errno, text) from None


def _unreachable(failures: list[tuple[str, OSError]], target: SmppUrl, too_late: str) -> OSError:
    """One error for all addresses; its kind, such as ConnectionRefusedError, is that of the last."""
    last = failures[-1][1]
    if all(error.errno is None for _, error in failures):
        return TimeoutError(too_late)
    each = "; ".join(f"{address}: {_words(error)}" for address, error in failures)
    number = last.errno or errno.ETIMEDOUT
    return OSError(number, f"no connection to {target.host}:{target.port}: {each}")


def _words(error: OSError) -> str:
    if error.errno is None:
        return "no answer in its share of the time"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused, nobody listens there"
    text = error.strerror or ""
    return text if text.startswith("the local address") else os.strerror(error.errno)


def bind_failure(
    connection: Connection, target: SmppUrl, tls_version: str | None, silent: bool, error: Verdict
) -> Exception:
    """The error for a bind that had no answer: a better one where TLS is the reason, else the one given.

    With TLS 1.3 a client has done its handshake before the server has looked at its certificate, so what the server
    says about that arrives instead of the answer to the bind. ``silent`` tells that nothing else has arrived before.
    """
    where = f"{target.host}:{target.port}"
    fault = connection.session.fault
    if isinstance(connection.error, ssl.SSLError):
        return tls_error(connection.error, where)
    if tls_version == "TLSv1.3" and silent and connection.error is not None:
        return tls_failure(TlsFault.BROKEN_OFF, where, "right after our part of the handshake, before any answer")
    if tls_version is None and fault is not None and fault.octets.startswith(_TLS_RECORDS):
        return tls_failure(TlsFault.PEER_SPEAKS_TLS, where)
    if silent and connection.error is not None and isinstance(error, OutcomeUnknown):
        hint = "" if tls_version else "wants TLS (smpps://), or "
        reason = f"{error.reason} before a word was said: perhaps the SMSC {hint}does not know our address"
        return OutcomeUnknown(reason, error.request, error.sequence_number)
    return error
