"""Each way in which TLS fails is one clear error for the client, and nothing is left behind.

The other end is an SMSC of ours on the loop, or a bare OpenSSL that does as other makers' SMSCs do.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from smppcore.constants import CommandId
from smppcore.errors import OutcomeUnknown, TlsError, TlsFault
from smppcore.esme import Esme, connect
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from smppcore.tls import client_context, server_context
from wire.certificates import files
from wire.ends import ACCOUNTS, QUICK, RawSmsc, header
from wire.tls_ends import RawTls

V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
PLAIN_NACK = header(CommandId.GENERIC_NACK, 0, 2)


def limited(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    context.minimum_version = context.maximum_version = version
    return context


def trusting(**options: Any) -> ssl.SSLContext:
    return client_context(files().ca, **options)


def server(name: str = "server", **options: Any) -> ssl.SSLContext:
    return server_context(getattr(files(), name), **options)


def demanding() -> ssl.SSLContext:
    return server(client_ca=files().ca)


@dataclass(frozen=True)
class Case:
    """What both ends are, and what the client learns. ``says``: words of its text."""

    fault: TlsFault
    says: str
    at_smsc: Callable[[], ssl.SSLContext] = server
    at_esme: Callable[[], ssl.SSLContext] = trusting
    options: dict[str, Any] = field(default_factory=dict)


CASES = {
    "a CA that we do not know": Case(TlsFault.UNKNOWN_CA, "vouches", lambda: server("stranger")),
    "no CA but those of the system": Case(TlsFault.UNKNOWN_CA, "name the file of its CA", at_esme=client_context),
    "another host name": Case(TlsFault.WRONG_HOST, "another host name", lambda: server("elsewhere")),
    "not the name that was asked for": Case(
        TlsFault.WRONG_HOST, "another host name", options={"server_hostname": "sms.example"}
    ),
    "expired": Case(TlsFault.EXPIRED, "has expired", lambda: server("expired")),
    "not valid yet": Case(TlsFault.NOT_YET_VALID, "not valid yet", lambda: server("early")),
    "revoked": Case(TlsFault.REVOKED, "revoked", lambda: server("revoked"), lambda: trusting(crl=files().crl)),
    "no list of revoked certificates that serves": Case(
        TlsFault.CERTIFICATE, "CRL", lambda: server("stranger"), lambda: crl_of_another_ca()
    ),
    "no version in common": Case(
        TlsFault.NO_COMMON_PROTOCOL,
        "no version of TLS",
        lambda: limited(server(), V1_3),
        lambda: limited(trusting(), V1_2),
    ),
    "no cipher in common": Case(
        TlsFault.NO_COMMON_PROTOCOL,
        "no cipher in common",
        lambda: limited(server(ciphers="ECDHE-ECDSA-AES128-GCM-SHA256"), V1_2),
        lambda: limited(trusting(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"), V1_2),
    ),
    "a client certificate is demanded, TLS 1.3": Case(
        TlsFault.CERTIFICATE_REQUIRED, "none was sent", lambda: limited(demanding(), V1_3)
    ),
    "a client certificate is demanded, TLS 1.2": Case(
        TlsFault.CERTIFICATE_REQUIRED, "none was sent", lambda: limited(demanding(), V1_2)
    ),
    "a client certificate of an unknown CA, TLS 1.3": Case(
        TlsFault.CERTIFICATE_REFUSED,
        "does not accept our certificate",
        lambda: limited(demanding(), V1_3),
        lambda: trusting(certificate=files().stranger),
    ),
    "a client certificate of an unknown CA, TLS 1.2": Case(
        TlsFault.CERTIFICATE_REFUSED,
        "does not accept our certificate",
        lambda: limited(demanding(), V1_2),
        lambda: trusting(certificate=files().stranger),
    ),
    "a client certificate that has expired": Case(
        TlsFault.CERTIFICATE_REFUSED,
        "does not accept our certificate",
        demanding,
        lambda: trusting(certificate=files().client_expired),
    ),
}


def crl_of_another_ca() -> ssl.SSLContext:
    context = trusting(crl=files().crl)
    context.load_verify_locations(files().stranger_ca)
    return context


def each_case() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", CASES.values(), ids=CASES)


async def refused(port: int, context: ssl.SSLContext, settings: Settings = QUICK, **options: Any) -> TlsError:
    """The error of a client that tries to bind."""
    with pytest.raises(TlsError) as caught:
        await connect(f"smpps://id:secret@localhost:{port}", ssl=context, settings=settings, **options)
    assert f"localhost:{port}" in str(caught.value)
    assert "secret" not in str(caught.value)
    return caught.value


@each_case()
async def test_our_own_smsc(case: Case) -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=case.at_smsc()) as smsc:
        error = await refused(smsc.port, case.at_esme(), **case.options)
        assert (error.fault, smsc.connections) == (case.fault, [])
        assert case.says in str(error)


@contextlib.asynccontextmanager
async def openssl(context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of an SMSC that does a handshake and no more."""

    async def serve() -> None:
        with await smsc.accept() as raw, contextlib.suppress(ssl.SSLError, EOFError, ConnectionError):
            tls = RawTls(raw, context, server_side=True)
            await tls.handshake()
            await tls.read()

    with RawSmsc() as smsc:
        serving = asyncio.ensure_future(serve())
        yield smsc.port
        await serving


@each_case()
async def test_the_smsc_of_another_maker(case: Case) -> None:
    context = case.at_smsc()
    context.sslobject_class = ssl.SSLObject
    async with openssl(context) as port:
        error = await refused(port, case.at_esme(), **case.options)
        assert error.fault == case.fault
        assert case.says in str(error)


async def test_an_smsc_that_refuses_a_client_certificate_in_silence() -> None:
    """TLS 1.3, and a server that drops the connection with the alert unsent, as plain asyncio does."""
    context = demanding()
    context.sslobject_class = ssl.SSLObject
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, ssl=context)
    error = await refused(listening.sockets[0].getsockname()[1], trusting())
    assert error.fault is TlsFault.BROKEN_OFF
    assert "does not accept our certificate" in str(error)
    listening.close()
    await listening.wait_closed()


async def test_a_port_that_speaks_plain_smpp() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        error = await refused(smsc.port, trusting())
        assert error.fault is TlsFault.NO_TLS
        assert "use smpp://" in str(error)


async def test_a_port_that_closes_at_once() -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(refused(smsc.port, trusting()))
        (await smsc.accept()).close()
        assert (await connecting).fault is TlsFault.BROKEN_OFF


async def test_a_port_that_never_answers_the_handshake() -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(refused(smsc.port, trusting(), Settings(connect_timeout=0.5)))
        with await smsc.accept() as raw:
            error = await connecting
            assert error.fault is TlsFault.TIMEOUT
            assert "within 0.5 s" in str(error)
            assert await raw.at_end(), "no half-made connection is left"


async def test_a_port_that_stops_within_the_handshake() -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(refused(smsc.port, trusting(), Settings(connect_timeout=0.5)))
        with await smsc.accept() as raw:
            await raw.send(b"\x16\x03\x03\x00\x7a\x02\x00")
            assert (await connecting).fault is TlsFault.TIMEOUT


@pytest.mark.parametrize("alert", [b"\x15\x03\x01\x00\x02\x02\x46", b"\x15\x03\x03\x00\x02\x02\x0a"])
async def test_plain_smpp_to_a_port_that_speaks_tls(alert: bytes) -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(_connect(f"smpp://id:secret@127.0.0.1:{smsc.port}"))
        with await smsc.accept() as raw:
            await raw.header()
            await raw.send(alert)
            with pytest.raises(TlsError, match=r"speaks TLS here; use smpps://") as caught:
                await connecting
            assert caught.value.fault is TlsFault.PEER_SPEAKS_TLS


async def test_plain_smpp_to_an_smsc_of_ours_that_speaks_tls() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=server()) as smsc:
        with pytest.raises(OutcomeUnknown, match=r"perhaps the SMSC wants TLS \(smpps://\)"):
            await _connect(f"smpp://id:secret@127.0.0.1:{smsc.port}")


async def test_a_client_without_verification_takes_any_certificate() -> None:
    careless = client_context(verify=False)
    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=server("expired")) as smsc,
        connect(f"smpps://id:secret@localhost:{smsc.port}", ssl=careless, settings=QUICK) as esme,
    ):
        await esme.enquire_link()


async def test_a_name_that_is_not_the_host_of_the_url() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=server("elsewhere")) as smsc:
        target = f"smpps://id:secret@127.0.0.1:{smsc.port}"
        async with connect(target, ssl=trusting(), server_hostname="elsewhere.example", settings=QUICK) as esme:
            await esme.enquire_link()
        unnamed = client_context(files().ca, check_hostname=False)
        async with connect(target, ssl=unnamed, settings=QUICK) as esme:
            await esme.enquire_link()


async def _connect(target: str) -> Esme:
    return await connect(target, settings=QUICK)
