"""Peers that read slowly or not at all: our own requests wait, answers go on, and at a limit it ends."""

import asyncio
import contextlib
import socket

from smppcore.constants import CommandId
from smppcore.esme import Esme
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from wire.ends import ACCOUNTS, RawConnection, RawSmsc, header

BIG = SubmitSm(destination_addr="1", short_message=b"x" * 254)
LINKS = header(CommandId.ENQUIRE_LINK, 5) * 100


def small_buffers(end: Peer | Esme) -> None:
    """So that a few octets fill what the kernel would hold."""
    transport = end._connection._transport
    assert transport is not None
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


async def stalled(peer: Peer) -> asyncio.TimerHandle:
    """The stall timer, once it runs."""
    while (stall := peer._connection._stall) is None:  # noqa: ASYNC110  # nothing tells it
        await asyncio.sleep(0)
    return stall


async def bound_by_a_slow_reader(smsc: Smsc) -> tuple[Peer, RawConnection]:
    connected = socket.socket()
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connected.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connected, ("127.0.0.1", smsc.port))
    raw = RawConnection(connected)
    await raw.bind()
    [peer] = smsc.peers
    small_buffers(peer)
    return peer, raw


async def test_our_requests_wait_while_the_transport_cannot_write() -> None:
    settings = Settings(window=100_000, write_buffer=16_384, close_timeout=0.5, response_timeout=30)
    with RawSmsc(receive_buffer=4096) as smsc:
        async with smsc.bound(settings=settings) as (esme, raw):
            small_buffers(esme)
            first = [asyncio.ensure_future(esme.submit_sm(BIG)) for _ in range(9_000)]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert esme.in_flight == 9_000
            second = [
                asyncio.ensure_future(esme.submit_sm(SubmitSm(destination_addr=str(each)))) for each in range(100)
            ]
            await asyncio.sleep(0)
            assert esme.waiting == 100
            for _ in first:
                _, _, number = await raw.header()
                await raw.send(SubmitSmResp().encode(number))
            for each in range(100):
                pdu = SubmitSm.decode(await raw.read())
                assert pdu.destination_addr == str(each)
                await raw.send(SubmitSmResp().encode(pdu.sequence_number))
            await asyncio.gather(*first, *second)
            assert esme.waiting == 0


async def test_a_peer_that_never_reads_is_given_up() -> None:
    """It sends requests and lets the answers pile up: reading stops at unsent_limit, the stall timer aborts."""
    settings = Settings(write_buffer=8_192, unsent_limit=32_768, stall_timeout=0.2, close_timeout=0.3)
    async with Smsc(accounts=ACCOUNTS, settings=settings) as smsc:
        peer, raw = await bound_by_a_slow_reader(smsc)
        with raw:
            sending = asyncio.ensure_future(_send_for_ever(raw))
            assert await peer.wait_closed() == "the peer has not read for 0.2 s"
            await sending


async def test_a_peer_that_reads_again_is_not() -> None:
    settings = Settings(write_buffer=8_192, unsent_limit=32_768, stall_timeout=30, close_timeout=0.3)
    async with Smsc(accounts=ACCOUNTS, settings=settings) as smsc:
        peer, raw = await bound_by_a_slow_reader(smsc)
        with raw:
            sending = asyncio.ensure_future(raw.send(LINKS * 100))
            await stalled(peer)
            for _ in range(10_000):
                assert await raw.header() == (CommandId.ENQUIRE_LINK_RESP, 0, 5)
            await sending
            assert peer._connection._stall is None


async def test_a_peer_that_reads_slowly_is_not() -> None:
    settings = Settings(write_buffer=8_192, unsent_limit=32_768, stall_timeout=30, close_timeout=0.3)
    async with Smsc(accounts=ACCOUNTS, settings=settings) as smsc:
        peer, raw = await bound_by_a_slow_reader(smsc)
        connection = peer._connection
        with raw:
            sending = asyncio.ensure_future(_send_for_ever(raw))
            stall = await stalled(peer)
            assert connection._transport is not None
            unsent = connection._transport.get_write_buffer_size()
            stall.cancel()
            connection._on_stall(unsent + 1)
            assert connection._stall is not stall, "it has read something: another 30 s"
            assert not connection.closed.done()
            connection._on_stall(unsent)
            assert await peer.wait_closed() == "the peer has not read for 30 s"
            await sending


async def _send_for_ever(raw: RawConnection) -> None:
    with contextlib.suppress(OSError):
        while True:
            await raw.send(LINKS)


async def test_enquire_link_is_answered_while_our_requests_cannot_be_written() -> None:
    settings = Settings(window=100_000, write_buffer=16_384, close_timeout=0.3)
    with RawSmsc(receive_buffer=4096) as smsc:
        async with smsc.bound(settings=settings) as (esme, raw):
            small_buffers(esme)
            calls = [asyncio.ensure_future(esme.submit_sm(BIG)) for _ in range(9_000)]
            await asyncio.sleep(0)
            await raw.send(header(CommandId.ENQUIRE_LINK, 99))
            seen = [await raw.header() for _ in range(9_001)]
            assert (CommandId.ENQUIRE_LINK_RESP, 0, 99) in seen
            esme.abort()
            await asyncio.gather(*calls, return_exceptions=True)
