"""TLS contexts out of plain arguments."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from os import fspath
from pathlib import Path
from typing import Any

from smppcore.errors import TlsFault
from smppcore.hand_over import hand_over
from smppcore.password import Password, password_now
from smppcore.settings import Settings
from smppcore.tls_failure import File, file_error, tls_error, tls_fault, words_of

_failure: ContextVar[list[ssl.SSLError]] = ContextVar("failure")
"""Where the handshake that is set up in this context leaves its failure: the event loop keeps that to itself."""


class _ClientObject(ssl.SSLObject):
    """Notes how far a handshake had come when it failed, which is what tells two meanings of one alert apart."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLError as error:
            error.cipher = self.cipher()  # type: ignore[attr-defined]
            raise


class _ServerObject(ssl.SSLObject):
    """Lets the other end know why its handshake fails.

    asyncio and uvloop drop the connection at a failure, and with it the alert that OpenSSL has made. Asking for more
    octets first makes them write the alert; the handshake then ends when the other end does, or when its time is up.
    """

    _failed: ssl.SSLError | None = None

    def do_handshake(self) -> None:
        if self._failed is not None:
            raise self._failed
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            _failure.get([]).append(error)
            if tls_fault(error) is TlsFault.NO_TLS or "ALERT_" in (error.reason or ""):
                raise  # OpenSSL has made no alert
            self._failed = error
            raise ssl.SSLWantReadError("the alert is to be written first") from None


async def accept_tls(
    protocol: asyncio.BaseProtocol, connected: socket.socket, context: ssl.SSLContext, timeout: float | None, host: str
) -> None:
    """The handshake of a server on an accepted socket; ``protocol`` then has the connection.

    ``timeout`` in seconds, None for the 60 of the event loop; ``host`` is the client's, for the error. Raises TlsError.
    A context with an SSLObject of the application's own is used as it is, others are made to send alerts.
    """
    if context.sslobject_class is ssl.SSLObject:
        context.sslobject_class = _ServerObject
    failures: list[ssl.SSLError] = []
    token = _failure.set(failures)
    try:
        making = asyncio.get_running_loop().connect_accepted_socket(
            lambda: protocol, connected, ssl=context, ssl_handshake_timeout=timeout
        )
        await hand_over(connected, making)
    except OSError as error:
        raise tls_error(failures[0] if failures else error, host) from error
    finally:
        _failure.reset(token)


def tls_arguments(context: ssl.SSLContext | None, handshake: float, settings: Settings) -> dict[str, Any]:
    """What create_connection and create_server take for TLS: ``handshake`` seconds, and no longer a close than ours."""
    if context is None:
        return {}
    return {
        "ssl": context,
        "ssl_handshake_timeout": max(handshake, 0.001),
        "ssl_shutdown_timeout": max(settings.close_timeout, 0.001),
    }


def client_context(
    ca: File | None = None,
    certificate: File | None = None,
    key: File | None = None,
    key_password: Password | None = None,
    verify: bool = True,
    *,
    check_hostname: bool = True,
    crl: File | None = None,
    minimum_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    ciphers: str | None = None,
) -> ssl.SSLContext:
    """A context for ``connect(url, ssl=...)``.

    ``ca`` is a PEM file, or a directory that OpenSSL has hashed, and then nobody else is trusted; without it the CAs
    of the system are. ``certificate`` is our own, with the CAs between in the same PEM file, and its ``key`` if that is
    in another; ``key_password`` opens it. ``check_hostname=False`` accepts any host that a trusted CA vouches for,
    ``verify=False`` anybody at all. ``crl`` is a PEM file with the revocation list of the CA. ``ciphers``, in OpenSSL's
    words, concerns TLS 1.2. Raises TlsError for files that do not serve, ssl.SSLError for ciphers that nobody knows.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslobject_class = _ClientObject
    context.check_hostname = verify and check_hostname
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    if verify and ca is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    _finish(context, ca, certificate, key, key_password, crl, minimum_version, ciphers)
    return context


def server_context(
    certificate: File,
    key: File | None = None,
    client_ca: File | None = None,
    key_password: Password | None = None,
    *,
    crl: File | None = None,
    minimum_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    ciphers: str | None = None,
) -> ssl.SSLContext:
    """A context for ``Smsc(ssl=...)``. With ``client_ca`` it demands a client certificate that this CA vouches for.

    The other arguments and errors are those of client_context.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    _finish(context, client_ca, certificate, key, key_password, crl, minimum_version, ciphers)
    return context


def _finish(
    context: ssl.SSLContext,
    ca: File | None,
    certificate: File | None,
    key: File | None,
    key_password: Password | None,
    crl: File | None,
    minimum_version: ssl.TLSVersion,
    ciphers: str | None,
) -> None:
    context.minimum_version = minimum_version
    if ciphers is not None:
        context.set_ciphers(ciphers)
    if ca is not None:
        _load_authorities(context, ca)
    if crl is not None:
        _load_authorities(context, crl)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    if certificate is not None:
        _load_certificate(context, certificate, key or certificate, key_password)
    elif key is not None:
        raise TypeError("a key without its certificate")


def _load_authorities(context: ssl.SSLContext, file: File) -> None:
    if Path(file).is_dir():
        context.load_verify_locations(capath=fspath(file))
        return
    _read(file, b"-----BEGIN")
    try:
        context.load_verify_locations(cafile=fspath(file))
    except ssl.SSLError as error:
        raise file_error(TlsFault.NO_PEM, file, words_of(error)) from None


def _load_certificate(context: ssl.SSLContext, certificate: File, key: File, password: Password | None) -> None:
    _read(certificate, b"-----BEGIN CERTIFICATE-----")
    text = _read(key, b"PRIVATE KEY-----")
    try:
        context.load_cert_chain(fspath(certificate), fspath(key), _opener(key, password))
    except ssl.SSLError as error:
        raise file_error(_fault_of_files(error, b"ENCRYPTED" in text), key, words_of(error)) from None


def _fault_of_files(error: ssl.SSLError, encrypted: bool) -> TlsFault:
    if error.reason == "KEY_VALUES_MISMATCH":
        return TlsFault.KEY_MISMATCH
    return TlsFault.KEY_PASSWORD if encrypted else TlsFault.NO_PEM


def _opener(key: File, password: Password | None) -> Callable[[], str]:
    """What is called for an encrypted key; without it OpenSSL would ask at the terminal."""

    def opener() -> str:
        if password is None:
            raise file_error(TlsFault.KEY_PASSWORD, key)
        return password_now(password)

    return opener


def _read(file: File, mark: bytes) -> bytes:
    """The octets of a PEM file, which has ``mark`` in it."""
    try:
        octets = Path(file).read_bytes()
    except OSError as error:
        raise file_error(TlsFault.NO_FILE, file, error.strerror or "") from None
    if mark not in octets:
        raise file_error(TlsFault.NO_PEM, file)
    return octets
