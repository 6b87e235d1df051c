"""How a connection is made: names, addresses, our own address, options of the socket, and nothing left behind."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from smppcore.codec import Codec
from smppcore.dial import LocalAddress, dial
from smppcore.errors import TlsError
from smppcore.esme import Esme, connect
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from smppcore.socket_options import KEEPALIVE_PROBES
from smppcore.state import SessionState
from smppcore.tls import client_context, server_context
from smppcore.url import SmppUrl
from wire.certificates import files
from wire.ends import ACCOUNTS, QUICK, RawConnection, RawSmsc, pair

SOON = Settings(connect_timeout=0.3, close_timeout=0.3)
SHARED = Settings(connect_timeout=2.0, close_timeout=0.3)
"""Each address has time enough in its share, on a busy machine too."""
Resolver = Callable[[str, int], list[tuple[str, int]]]


@contextlib.contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, resolve: Resolver) -> Iterator[list[str]]:
    """The event loop's resolver, replaced; gives the names that were looked up."""
    asked: list[str] = []
    loop_class = type(asyncio.get_running_loop())
    original = loop_class.getaddrinfo

    async def getaddrinfo(loop: Any, host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        if host == "127.0.0.1":  # uvloop comes here to connect a socket, too
            return await original(loop, host, port, **options)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in resolve(host, port)]

    with monkeypatch.context() as patch:
        patch.setattr(loop_class, "getaddrinfo", getaddrinfo)
        yield asked


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port that is ours, and on which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port whose backlog is full: connecting to it is never answered."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


async def connected(port: int, host: str = "127.0.0.1", settings: Settings = QUICK, **options: Any) -> Esme:
    return await connect(f"smpp://id:secret@{host}:{port}", settings=settings, **options)


# -- names and addresses


async def test_names_are_resolved_again_at_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SMSC moves: what its name once meant must not be remembered."""
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        with closed_port() as dead:
            addresses = [("127.0.0.1", dead)]
            with resolving(monkeypatch, lambda host, port: addresses) as asked:
                with pytest.raises(ConnectionRefusedError, match="nobody listens"):
                    await connected(2775, "sms.example")
                addresses = [("127.0.0.1", smsc.port)]
                await (await connected(2775, "sms.example")).close()
        assert asked == ["sms.example"] * 2


async def test_every_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        with closed_port() as dead, deaf_port() as deaf:
            addresses = [("127.0.0.1", dead), ("127.0.0.1", deaf), ("127.0.0.1", smsc.port)]
            with resolving(monkeypatch, lambda host, port: addresses):
                await (await connected(2775, "sms.example", SHARED)).close()


async def test_no_address_of_a_name_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with closed_port() as dead, deaf_port() as deaf:
        addresses = [("127.0.0.1", deaf), ("127.0.0.1", dead)]
        with resolving(monkeypatch, lambda host, port: addresses), pytest.raises(ConnectionRefusedError) as caught:
            await connected(2775, "sms.example", SHARED)
    assert caught.value.errno == errno.ECONNREFUSED
    assert "no connection to sms.example:2775: 127.0.0.1: no answer in its share of the time; 127.0.0.1: " in str(
        caught.value
    )


async def test_a_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int) -> list[tuple[str, int]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with resolving(monkeypatch, resolve), pytest.raises(socket.gaierror, match=r"the name sms\.example was not found"):
        await connected(2775, "sms.example")


async def test_a_name_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(*_: object, **options: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", getaddrinfo)
    with pytest.raises(TimeoutError, match=r"sms\.example:2775 within 0\.3 s: no answer from the name server"):
        await connected(2775, "sms.example", SOON)


async def test_connecting_is_never_answered() -> None:
    with deaf_port() as port:
        before = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError, match=r"no connection to 127\.0\.0\.1:\d+ within 0\.3 s"):
            await connected(port, settings=SOON)
        assert 0.2 < asyncio.get_running_loop().time() - before < 5


# -- our own address


@pytest.mark.parametrize("at", ["plain", "tls"])
async def test_the_smsc_sees_the_local_address_that_was_chosen(at: str) -> None:
    """Carriers allow-list addresses; a host has several."""
    tls = at == "tls"
    context = server_context(files().server) if tls else None
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=context) as smsc:
        target = f"smpp{'s' * tls}://id:secret@127.0.0.1:{smsc.port}"
        ours = client_context(files().ca) if tls else None
        async with connect(target, ssl=ours, local_address="127.0.0.2", settings=QUICK):
            [peer] = smsc.peers
            assert peer.address[0] == "127.0.0.2"


async def test_a_local_port_may_be_had_again_at_once() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        with closed_port() as port:
            pass
        for _ in range(3):
            esme = await connected(smsc.port, local_address=("127.0.0.3", port))
            [peer] = smsc.peers
            assert peer.address == ("127.0.0.3", port)
            esme.abort()
            await esme.wait_closed()
            await peer.wait_closed()


@pytest.mark.parametrize(
    ("local", "says"),
    [
        ("192.0.2.1", r"the local address 192\.0\.2\.1:0 cannot be used"),
        ("::1", r"the local address ::1 and 127\.0\.0\.1 are not of one kind"),
    ],
)
async def test_a_local_address_that_cannot_be_used(local: LocalAddress, says: str) -> None:
    with RawSmsc() as smsc, pytest.raises(OSError, match=says) as caught:
        await connected(smsc.port, local_address=local)
    assert caught.value.errno == errno.EADDRNOTAVAIL


# -- options of the socket


def options_of(end: Any) -> dict[str, int]:
    connected: Any = end._connection._transport.get_extra_info("socket")
    of_tcp = dict.fromkeys(("TCP_NODELAY", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"), socket.IPPROTO_TCP)
    levels = {"SO_KEEPALIVE": socket.SOL_SOCKET, "TCP_USER_TIMEOUT": socket.IPPROTO_TCP, **of_tcp}
    return {name: connected.getsockopt(level, getattr(socket, name)) for name, level in levels.items()}


async def test_keep_alive_and_user_timeout_are_set_at_both_ends() -> None:
    """A router that forgets a connection tells nobody."""
    of_esme = Settings(tcp_keepalive=30, tcp_user_timeout=20.5, close_timeout=0.3)
    of_smsc = Settings(tcp_keepalive=0.1, close_timeout=0.3)
    async with pair(settings=of_esme, smsc_settings=of_smsc) as ends:
        at_esme, at_smsc = options_of(ends.esme), options_of(ends.peer)
    assert (at_esme["TCP_NODELAY"], at_smsc["TCP_NODELAY"]) == (1, 1)
    assert (at_esme["SO_KEEPALIVE"], at_smsc["SO_KEEPALIVE"]) == (1, 1)
    assert (at_esme["TCP_KEEPIDLE"], at_smsc["TCP_KEEPIDLE"]) == (30, 1)
    assert (at_esme["TCP_KEEPINTVL"], at_smsc["TCP_KEEPINTVL"]) == (5, 1)
    assert (at_esme["TCP_KEEPCNT"], at_smsc["TCP_KEEPCNT"]) == (KEEPALIVE_PROBES, KEEPALIVE_PROBES)
    assert (at_esme["TCP_USER_TIMEOUT"], at_smsc["TCP_USER_TIMEOUT"]) == (20_500, 0)


async def test_keep_alive_can_be_off() -> None:
    off = Settings(tcp_keepalive=None, close_timeout=0.3)
    async with pair(settings=off, smsc_settings=off) as ends:
        assert (options_of(ends.esme)["SO_KEEPALIVE"], options_of(ends.peer)["SO_KEEPALIVE"]) == (0, 0)


async def test_options_are_set_under_tls_too() -> None:
    settings = Settings(tcp_keepalive=30, close_timeout=0.3)
    async with Smsc(accounts=ACCOUNTS, settings=settings, ssl=server_context(files().server)) as smsc:
        target = f"smpps://id:secret@localhost:{smsc.port}"
        async with connect(target, ssl=client_context(files().ca), settings=settings) as esme:
            [peer] = smsc.peers
            assert options_of(esme)["TCP_KEEPIDLE"] == options_of(peer)["TCP_KEEPIDLE"] == 30


# -- nothing is left behind


def unconnected() -> Esme:
    return Esme(QUICK, Codec(), None, None)


async def test_a_connection_that_was_never_made_counts_as_closed() -> None:
    esme = unconnected()
    with closed_port() as port, pytest.raises(ConnectionRefusedError):
        await dial(esme._connection, SmppUrl("127.0.0.1", port), QUICK, context=None)
    assert "nobody listens" in await esme.wait_closed()
    assert esme.state is SessionState.CLOSED


@pytest.mark.parametrize("turns", range(1, 12))
async def test_cancelled_after_some_turns_of_the_loop(turns: int) -> None:
    """Whenever that is: asyncio hears of the connection later, uvloop never."""
    with RawSmsc() as smsc:
        esme = unconnected()
        dialling = asyncio.ensure_future(dial(esme._connection, SmppUrl("127.0.0.1", smsc.port), QUICK, context=None))
        await go_on(dialling, turns)
        dialling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await dialling
            esme.abort()
        await asyncio.wait_for(esme.wait_closed(), 5)
        await nothing_connected(smsc)


@pytest.mark.parametrize("turns", range(1, 40, 2))
async def test_cancelled_within_a_tls_handshake(turns: int) -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=server_context(files().server)) as smsc:
        esme, context = unconnected(), client_context(files().ca)
        target = SmppUrl("localhost", smsc.port, tls=True)
        dialling = asyncio.ensure_future(dial(esme._connection, target, QUICK, context=context))
        await go_on(dialling, turns)
        dialling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await dialling
            esme.abort()
        await asyncio.wait_for(esme.wait_closed(), 5)
        assert esme.state is SessionState.CLOSED


async def test_a_handshake_that_ends_too_late_counts_as_closed() -> None:
    with RawSmsc() as smsc:
        esme = unconnected()
        target = SmppUrl("localhost", smsc.port, tls=True)
        dialling = asyncio.ensure_future(dial(esme._connection, target, SOON, context=client_context(files().ca)))
        with await smsc.accept() as raw:
            with pytest.raises(TlsError, match="did not end in time"):
                await dialling
            assert "did not end in time" in await esme.wait_closed()
            assert await raw.at_end()


async def go_on(task: "asyncio.Future[Any]", turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
        if task.done():
            return


async def nothing_connected(smsc: RawSmsc) -> None:
    """Whatever has reached the listening socket has ended."""
    with await RawConnection.to(smsc.port) as last:
        name = last.socket.getsockname()
        while True:
            with await smsc.accept() as raw:
                if raw.socket.getpeername() == name:
                    return
                assert await raw.at_end()
