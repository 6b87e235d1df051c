"""An Smsc behind a load balancer: whose connection it is says a header, and only of proxies that are trusted."""

import asyncio
import errno
import logging
import socket
import ssl
import struct
from typing import Any

import pytest

from smppcore import listener
from smppcore.account import Account
from smppcore.constants import CommandId, CommandStatus
from smppcore.esme import connect
from smppcore.guard import GuardSettings
from smppcore.pdu import BindTransceiver, SubmitSm
from smppcore.peer import Peer
from smppcore.proxy_protocol import SIGNATURE_V2
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from wire.ends import ACCOUNTS, QUICK, SUBMIT, RawConnection, header, url
from wire.test_tls import at_esme, at_smsc
from wire.tls_ends import RawTls

HERE = ("127.0.0.0/8",)
V1 = b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 2775\r\n"
V2 = SIGNATURE_V2 + struct.pack(">BBH4s4sHH", 0x21, 0x11, 12, bytes((192, 0, 2, 7)), bytes((10, 0, 0, 1)), 40000, 2775)
V6 = b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 2775\r\n"
LOCAL = SIGNATURE_V2 + struct.pack(">BBH", 0x20, 0, 0)
CLIENT = ("192.0.2.7", 40000)
BIND = BindTransceiver(system_id="id", password="secret").encode(1)
BOUND = (CommandId.BIND_TRANSCEIVER_RESP, 0, 1)


def behind(proxies: tuple[str, ...] = HERE, settings: Settings = QUICK, **options: Any) -> Smsc:
    options.setdefault("accounts", ACCOUNTS)
    return Smsc(settings=settings, proxy_protocol=proxies, **options)


async def nobody_left(smsc: Smsc) -> None:
    while smsc.connections:  # noqa: ASYNC110  # nothing tells it
        await asyncio.sleep(0)


@pytest.mark.parametrize(("octets", "address"), [(V1, CLIENT), (V2, CLIENT), (V6, ("2001:db8::7", 40000))])
async def test_the_address_is_that_of_the_client(octets: bytes, address: tuple[str, int]) -> None:
    async with behind() as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(octets + BIND)
            assert await raw.header() == BOUND
            [peer] = smsc.peers
            assert peer.address == address
            assert peer.proxy_address == raw.socket.getsockname()
            assert repr(peer) == f"<Peer id at {address[0]}:40000 BOUND_TRX>"


@pytest.mark.parametrize("octets", [V1, V2])
async def test_a_header_in_pieces(octets: bytes) -> None:
    async with behind() as smsc:
        with await RawConnection.to(smsc.port) as raw:
            raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in octets + BIND:
                await raw.send(bytes((octet,)))
                await asyncio.sleep(0)
            assert await raw.header() == BOUND
            assert smsc.peers[0].address == CLIENT


@pytest.mark.parametrize("octets", [LOCAL, b"PROXY UNKNOWN\r\n", SIGNATURE_V2 + struct.pack(">BBH", 0x21, 0, 0)])
async def test_a_proxy_that_speaks_for_itself_is_the_client(octets: bytes) -> None:
    async with behind() as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(octets + BIND)
            assert await raw.header() == BOUND
            assert smsc.peers[0].address == smsc.peers[0].proxy_address == raw.socket.getsockname()


async def test_everybody_else_is_a_client_who_cannot_lie() -> None:
    async with behind(("192.0.2.0/24",)) as smsc:
        async with connect(url(smsc.port), settings=QUICK) as esme:
            [peer] = smsc.peers
            assert peer.address[0] == "127.0.0.1"
            assert peer.proxy_address is None
            await esme.enquire_link()
        for octets in (V1, V2):
            with await RawConnection.to(smsc.port) as raw:
                await raw.send(octets + BIND)
                assert (await raw.header())[:2] == (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN)
                assert await raw.at_end()


async def test_without_the_option_a_header_is_rubbish_from_everywhere() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(V1 + BIND)
            assert (await raw.header())[:2] == (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN)


@pytest.mark.parametrize("octets", [BIND, V1[:20] + b"\xff" * 100, V2[:13] + b"\xff" * 20, b"GET / HTTP/1.1\r\n\r\n"])
async def test_a_trusted_proxy_has_to_send_a_header(octets: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with behind() as smsc:
        for _ in range(3):
            with await RawConnection.to(smsc.port) as raw:
                await raw.send(octets)
                assert await raw.at_end()
        assert smsc.refusals == {"proxy_header": 3}
        assert smsc.connections == []
    [record] = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert (record.__dict__["reason"], record.__dict__["host"]) == ("proxy_header", "127.0.0.1")


@pytest.mark.parametrize("octets", [b"", V1[:-1], V2[:-1]])
async def test_a_proxy_that_never_finishes_its_header(octets: bytes) -> None:
    async with behind(settings=Settings(session_init_timeout=0.1)) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(octets)
            assert await raw.at_end()
        assert smsc.refusals == {"proxy_header": 1}


async def test_a_load_balancer_that_looks_whether_we_are_there_is_no_refusal(caplog: pytest.LogCaptureFixture) -> None:
    async with behind() as smsc:
        for _ in range(3):
            with await RawConnection.to(smsc.port) as raw:
                raw.socket.shutdown(socket.SHUT_WR)
                assert await raw.at_end()
        assert smsc.refusals == {}
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(V1[:10])
            raw.socket.shutdown(socket.SHUT_WR)
            assert await raw.at_end()
        assert smsc.refusals == {"proxy_header": 1}
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


async def test_guards_look_at_the_client() -> None:
    async with behind(guard=GuardSettings(connections=1, networks=("192.0.2.0/24",))) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(V1 + BIND)
            assert await raw.header() == BOUND
            for octets, reason in ((V1, "connections"), (V6, "network"), (LOCAL, "network")):
                before = smsc.refusals[reason]
                with await RawConnection.to(smsc.port) as other:
                    await other.send(octets)
                    assert await other.at_end()
                assert smsc.refusals[reason] == before + 1
        await nobody_left(smsc)
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(V1 + BIND)
            assert await raw.header() == BOUND


async def test_networks_of_accounts_look_at_the_client() -> None:
    accounts = {"id": Account(password="secret", networks=("192.0.2.7",))}
    async with behind(accounts=accounts) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(V1 + BIND)
            assert await raw.header() == BOUND
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(V6 + BIND)
            assert (await raw.header())[1] == CommandStatus.ESME_RBINDFAIL


async def test_guesses_count_for_the_client() -> None:
    wrong = BindTransceiver(system_id="id", password="wrong").encode(1)
    async with behind(guard=GuardSettings(failed_binds=1)) as smsc:
        seen = []
        for octets in (V1, V1, V6):
            with await RawConnection.to(smsc.port) as raw:
                await raw.send(octets + wrong)
                seen.append((await raw.header())[1])
    assert seen == [CommandStatus.ESME_RBINDFAIL, CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RBINDFAIL]


async def test_many_at_once_each_with_its_own_address() -> None:
    async with behind() as smsc:
        raws = [await RawConnection.to(smsc.port) for _ in range(100)]
        try:
            for number, raw in enumerate(raws):
                line = f"PROXY TCP4 192.0.2.{number} 10.0.0.1 {1000 + number} 2775\r\n".encode()
                await raw.send(line + BIND)
            assert [await raw.header() for raw in raws] == [BOUND] * 100
            assert sorted(peer.address[1] for peer in smsc.peers) == list(range(1000, 1100))
        finally:
            for raw in raws:
                raw.close()


# -- TLS: the header comes before the handshake


@pytest.mark.parametrize("octets", [V1, V2])
async def test_tls_behind_the_header(octets: bytes) -> None:
    got: list[tuple[str, int]] = []

    def on_submit(peer: Peer, pdu: SubmitSm) -> None:
        got.append(peer.address)

    async with behind(ssl=at_smsc(), handlers={SubmitSm: on_submit}) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(octets)
            tls = RawTls(raw, at_esme(), server_side=False, server_hostname="localhost")
            await tls.handshake()
            await tls.send(BIND + SUBMIT.encode(2))
            answers = b""
            while len(answers) < 16 or len(answers) < int.from_bytes(answers[:4], "big") + 16:
                answers += await tls.read()
            assert got == [CLIENT]
            [peer] = smsc.peers
            assert peer._connection._transport is not None
            assert peer._connection._transport.get_extra_info("ssl_object") is not None


async def test_a_client_hello_in_the_same_segment_as_the_header() -> None:
    """What is read of the header must not take an octet of the handshake along."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = at_esme().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    async with behind(ssl=at_smsc()) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(V2 + outgoing.read())
            done = False
            while not done:
                incoming.write(await asyncio.get_running_loop().sock_recv(raw.socket, 65536))
                try:
                    client.do_handshake()
                    done = True
                except ssl.SSLWantReadError:
                    pass
            await raw.send(outgoing.read())
            client.write(BIND)
            await raw.send(outgoing.read())
            while not smsc.peers:  # noqa: ASYNC110  # nothing tells it
                await asyncio.sleep(0)
            assert smsc.peers[0].address == CLIENT


async def test_tls_without_a_header_is_refused() -> None:
    async with behind(ssl=at_smsc()) as smsc:
        with pytest.raises(OSError):  # noqa: PT011  # each loop has its own words for it
            await asyncio.open_connection("127.0.0.1", smsc.port, ssl=at_esme(), server_hostname="localhost")
        assert smsc.refusals == {"proxy_header": 1}


# -- its life


async def test_an_smsc_closes_while_headers_are_being_read() -> None:
    smsc = behind()
    await smsc.start()
    with await RawConnection.to(smsc.port) as raw, await RawConnection.to(smsc.port) as bound:
        await raw.send(V1[:10])
        await bound.send(V1 + BIND)
        assert await bound.header() == BOUND
        await smsc.close()
        assert await raw.at_end()
        assert await bound.at_end()
    assert smsc.connections == []
    assert smsc._guard.unbound == 0
    with pytest.raises(OSError, match=r"refused|111"):
        await asyncio.open_connection("127.0.0.1", smsc.port)


async def test_an_smsc_starts_again_on_its_port() -> None:
    smsc = behind()
    await smsc.start()
    port = smsc.port
    await smsc.close()
    async with smsc:
        assert smsc.port == port
        with await RawConnection.to(port) as raw:
            await raw.send(V1 + BIND)
            assert await raw.header() == BOUND


async def test_a_port_that_is_taken() -> None:
    async with behind() as smsc:
        with pytest.raises(OSError, match="in use"):
            await Smsc(port=smsc.port, accounts=ACCOUNTS, proxy_protocol=HERE).start()


async def test_no_descriptors_left_is_a_pause_and_not_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener, "PAUSE", 0)
    loop = asyncio.get_running_loop()
    real, errors = loop.sock_accept, [OSError(errno.EMFILE, "too many"), OSError(errno.ECONNABORTED, "gone")]

    class Loop:
        """The loop, with an accept that fails at first."""

        def __getattr__(self, name: str) -> Any:
            return getattr(loop, name)

        async def sock_accept(self, listening: socket.socket) -> Any:
            if errors:
                raise errors.pop(0)
            return await real(listening)

    start = listener.Listener.__init__

    def with_loop(self: listener.Listener, welcome: listener.Welcome) -> None:
        start(self, welcome)
        self._loop = Loop()  # type: ignore[assignment]

    monkeypatch.setattr(listener.Listener, "__init__", with_loop)
    async with behind() as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(V1 + BIND)
            assert await raw.header() == BOUND
    assert errors == []
    warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == ["cannot accept connections"]


@pytest.mark.parametrize("proxies", [("10.0.0.1/8",), "10.0.0.0/8", ("here",)])
def test_networks_that_are_none(proxies: Any) -> None:
    with pytest.raises(ValueError, match=r"host bits|one text|does not appear"):
        Smsc(accounts=ACCOUNTS, proxy_protocol=proxies)


async def test_the_pdu_behind_the_header_is_not_cut() -> None:
    async with behind() as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(V1 + BIND[:30])
            await raw.send(BIND[30:] + header(CommandId.ENQUIRE_LINK, 2))
            assert {await raw.header(), await raw.header()} == {BOUND, (CommandId.ENQUIRE_LINK_RESP, 0, 2)}
