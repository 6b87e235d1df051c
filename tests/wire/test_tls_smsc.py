"""What an SMSC sees of clients whose TLS fails: one line in the log, nothing left behind, the next one served."""

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from smppcore.constants import CommandId
from smppcore.errors import TlsFault
from smppcore.esme import connect
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.tls import client_context, server_context
from smppcore.tls_failure import ADVICE
from wire.certificates import files
from wire.ends import ACCOUNTS, QUICK, RawConnection, header
from wire.tls_ends import RawTls

Log = pytest.LogCaptureFixture


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    caplog.set_level(logging.DEBUG, "smppcore")
    return caplog


@contextlib.asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Smsc]:
    """An Smsc with TLS, which is held to be as good as new at the end."""
    context = server_context(files().server, **options)
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=context) as smsc:
        yield smsc
        good = client_context(files().ca, files().client)
        async with connect(f"smpps://id:secret@localhost:{smsc.port}", ssl=good, settings=QUICK):
            assert len(smsc.connections) == len(smsc.peers) == 1


async def attempt(smsc: Smsc, context: ssl.SSLContext) -> str:
    """The reason why OpenSSL says that this client has no connection."""
    with await RawConnection.to(smsc.port) as raw:
        tls = RawTls(raw, context, server_side=False, server_hostname="localhost")
        with pytest.raises(ssl.SSLError) as caught:
            await tls.handshake_and_read()
        return caught.value.reason or ""


def said(log: Log) -> list[tuple[str, str]]:
    """Host and text of each warning about TLS."""
    refused = [record for record in log.records if record.message == "refused"]
    assert all(record.reason == "tls" and record.levelno == logging.WARNING for record in refused)  # type: ignore[attr-defined]
    return [(record.host, record.error) for record in refused]  # type: ignore[attr-defined]


def at_most_1_2(**options: Any) -> ssl.SSLContext:
    context = client_context(files().ca, **options)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


CLIENTS: dict[str, tuple[Callable[[], ssl.SSLContext], dict[str, Any], TlsFault, str]] = {
    "none of the CAs that it trusts": (
        lambda: client_context(files().stranger_ca),
        {},
        TlsFault.CERTIFICATE_REFUSED,
        "CERTIFICATE_VERIFY_FAILED",
    ),
    "no version in common": (
        at_most_1_2,
        {"minimum_version": ssl.TLSVersion.TLSv1_3},
        TlsFault.NO_COMMON_PROTOCOL,
        "TLSV1_ALERT_PROTOCOL_VERSION",
    ),
    "no cipher in common": (
        lambda: at_most_1_2(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"),
        {"ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"},
        TlsFault.NO_COMMON_PROTOCOL,
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
    ),
    "no client certificate": (
        lambda: client_context(files().ca),
        {"client_ca": True},
        TlsFault.CERTIFICATE_REQUIRED,
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    ),
    "no client certificate, TLS 1.2": (
        at_most_1_2,
        {"client_ca": True},
        TlsFault.CERTIFICATE_REQUIRED,
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
    ),
    "a client certificate of an unknown CA": (
        lambda: client_context(files().ca, files().stranger),
        {"client_ca": True},
        TlsFault.UNKNOWN_CA,
        "TLSV1_ALERT_UNKNOWN_CA",
    ),
    "a client certificate that has expired": (
        lambda: client_context(files().ca, files().client_expired),
        {"client_ca": True},
        TlsFault.EXPIRED,
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    ),
    "a client certificate that was revoked": (
        lambda: client_context(files().ca, files().revoked),
        {"client_ca": True, "crl": True},
        TlsFault.REVOKED,
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
    ),
}


@pytest.mark.parametrize(("client", "options", "fault", "reason"), CLIENTS.values(), ids=CLIENTS)
async def test_a_client_with(
    log: Log, client: Callable[[], ssl.SSLContext], options: dict[str, Any], fault: TlsFault, reason: str
) -> None:
    """The client is told why by an alert, our operator by a warning."""
    paths = {"client_ca": files().ca, "crl": files().crl}
    async with serving(**{name: paths[name] if value is True else value for name, value in options.items()}) as smsc:
        assert await attempt(smsc, client()) == reason
        assert smsc.connections == []
    [(host, text)] = said(log)
    assert host == "127.0.0.1"
    assert text.startswith(f"TLS with 127.0.0.1: {ADVICE[fault]}")


@pytest.mark.parametrize("octets", [header(CommandId.ENQUIRE_LINK, 1), b"GET / HTTP/1.1\r\n\r\n", b"\0" * 2000])
async def test_a_client_that_speaks_no_tls_is_told_of_once(log: Log, octets: bytes) -> None:
    async with serving() as smsc:
        for _ in range(3):
            with await RawConnection.to(smsc.port) as raw:
                await raw.send(octets)
                assert await raw.at_end()
        assert smsc.connections == []
    assert len(said(log)) == 1
    assert ADVICE[TlsFault.NO_TLS] in said(log)[0][1]
    assert smsc.refusals["tls"] == 3


async def test_a_client_that_goes_away_within_the_handshake(log: Log) -> None:
    async with serving() as smsc:
        for octets in (b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00"):
            with await RawConnection.to(smsc.port) as raw:
                await raw.send(octets)
        assert smsc.connections == []
    assert smsc.refusals["tls"] == 3
    assert len(said(log)) == 1


async def test_a_client_that_never_answers_the_alert_is_dropped_in_time() -> None:
    settings = Settings(session_init_timeout=1.0, close_timeout=0.3)
    context = server_context(files().server, client_ca=files().ca)
    async with Smsc(accounts=ACCOUNTS, settings=settings, ssl=context) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            tls = RawTls(raw, at_most_1_2(), server_side=False, server_hostname="localhost")
            with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
                await tls.handshake()
            assert await raw.at_end()
        assert smsc.connections == []


async def test_client_certificates_are_there_for_the_authenticator() -> None:
    names = []

    def authenticate(peer: Peer, bind: object) -> bool:
        transport = peer._connection._transport
        assert transport is not None
        names.append(dict(pair[0] for pair in transport.get_extra_info("peercert")["subject"])["commonName"])
        return True

    context = server_context(files().server, client_ca=files().ca)
    async with Smsc(authenticate=authenticate, settings=QUICK, ssl=context) as smsc:
        ours = client_context(files().ca, files().client_certificate, files().client_key)
        async with connect(f"smpps://id@localhost:{smsc.port}", ssl=ours, settings=QUICK) as esme:
            await esme.enquire_link()
    assert names == ["shop"]


async def test_a_context_of_the_application_is_served_and_reported_too(log: Log) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files().server)
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=context) as smsc:
        reason = await attempt(smsc, client_context(files().stranger_ca))
        assert reason == "CERTIFICATE_VERIFY_FAILED"
        async with connect(
            f"smpps://id:secret@localhost:{smsc.port}", ssl=client_context(files().ca), settings=QUICK
        ) as esme:
            await esme.enquire_link()
    [(_, text)] = said(log)
    assert ADVICE[TlsFault.CERTIFICATE_REFUSED] in text


@pytest.mark.parametrize("turns", [1, 2, 3, 8])
async def test_a_close_that_is_cancelled_leaves_no_port_and_no_connection(turns: int) -> None:
    context = server_context(files().server)
    smsc = Smsc(accounts=ACCOUNTS, settings=Settings(close_timeout=20), ssl=context)
    await smsc.start()
    with await RawConnection.to(smsc.port) as in_handshake, socket.socket() as anybody:
        good = client_context(files().ca)
        esme = await connect(f"smpps://id:secret@localhost:{smsc.port}", ssl=good, settings=QUICK)
        closing = asyncio.ensure_future(smsc.close())
        for _ in range(turns):
            await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        async with asyncio.timeout(5):
            await esme.wait_closed()
            assert await in_handshake.at_end()
        assert anybody.connect_ex(("127.0.0.1", smsc.port)) == errno.ECONNREFUSED
    await smsc.close()
    assert smsc.connections == []
