"""close() and abort() under TLS end within their time whatever the peer does.

An SSL transport waits for the other end's close_notify, for 30 s unless it is told otherwise.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from smppcore.constants import CommandId
from smppcore.errors import OutcomeUnknown
from smppcore.esme import Esme, connect
from smppcore.pdu import BindTransceiver, BindTransceiverResp, SubmitSm
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from smppcore.state import SessionState
from smppcore.tls import client_context, server_context
from wire.certificates import files
from wire.ends import ACCOUNTS, QUICK, RawConnection, RawSmsc, header
from wire.tls_ends import RawTls

SHORT = Settings(close_timeout=0.2, window=10_000, write_buffer=1 << 24)
AT_ONCE = 5.0
"""Seconds; far below the 30 that the event loop would wait."""
PATIENT = Settings(close_timeout=30)


@contextlib.asynccontextmanager
async def bound(settings: Settings = SHORT) -> AsyncIterator[tuple[Esme, RawConnection, RawTls]]:
    """An Esme bound to an SMSC that does TLS by hand."""
    with RawSmsc(receive_buffer=4096) as smsc:
        connecting = asyncio.ensure_future(_connect(f"smpps://id:secret@localhost:{smsc.port}", settings))
        with await smsc.accept() as raw:
            tls = RawTls(raw, server_context(files().server), server_side=True)
            await tls.handshake()
            await tls.read()
            await tls.send(BindTransceiverResp(system_id="raw").encode(1))
            yield await connecting, raw, tls


async def _connect(target: str, settings: Settings) -> Esme:
    return await connect(target, ssl=client_context(files().ca), settings=settings)


async def close_in_time(esme: Esme) -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await esme.close()
    assert loop.time() - before < AT_ONCE
    assert esme.state is SessionState.CLOSED


async def test_a_peer_that_never_answers_unbind() -> None:
    async with bound() as (esme, _, tls):
        call = asyncio.ensure_future(esme.submit_sm(SubmitSm(destination_addr="1")))
        await tls.read()
        await close_in_time(esme)
        with pytest.raises(OutcomeUnknown):
            await call


async def test_a_peer_that_answers_unbind_and_never_closes() -> None:
    """Its close_notify never comes."""
    async with bound() as (esme, _, tls):
        closing = asyncio.ensure_future(close_in_time(esme))
        unbind = await tls.read()
        await tls.send(header(CommandId.UNBIND_RESP, int.from_bytes(unbind[12:16], "big")))
        await closing


async def test_a_peer_that_never_reads() -> None:
    async with bound() as (esme, _, _):
        big = SubmitSm(destination_addr="1", short_message=b"x" * 254)
        calls = [asyncio.ensure_future(esme.submit_sm(big)) for _ in range(9_000)]
        await asyncio.sleep(0)
        await close_in_time(esme)
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(each) for each in ended} == {OutcomeUnknown}


async def test_a_peer_that_vanished() -> None:
    async with bound() as (esme, raw, _):
        raw.close()
        await close_in_time(esme)


async def test_aborting_waits_for_nobody() -> None:
    async with bound(PATIENT) as (esme, raw, _):
        loop = asyncio.get_running_loop()
        calls = [asyncio.ensure_future(esme.submit_sm(SubmitSm(destination_addr="1"))) for _ in range(10)]
        await asyncio.sleep(0)
        before = loop.time()
        esme.abort()
        await esme.wait_closed()
        assert loop.time() - before < AT_ONCE
        assert await raw.at_end()
        await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize("when", ["before the bind", "bound"])
async def test_an_smsc_is_closed_though_its_peer_says_nothing(when: str) -> None:
    loop = asyncio.get_running_loop()
    smsc = Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=server_context(files().server))
    await smsc.start()
    with await RawConnection.to(smsc.port) as raw:
        tls = RawTls(raw, client_context(files().ca), server_side=False, server_hostname="localhost")
        await tls.handshake()
        if when == "bound":
            await tls.send(BindTransceiver(system_id="id", password="secret").encode(1))
            await tls.read()
        before = loop.time()
        await smsc.close()
        assert loop.time() - before < AT_ONCE
        assert smsc.connections == []
        assert await raw.at_end()


async def test_an_smsc_is_closed_within_a_handshake() -> None:
    smsc = Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=server_context(files().server))
    await smsc.start()
    with await RawConnection.to(smsc.port) as raw:
        await raw.send(b"\x16\x03\x01\x02\x00\x01\x00")
        await asyncio.wait_for(smsc.close(), AT_ONCE)
        assert await raw.at_end()
