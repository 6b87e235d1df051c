"""Contexts out of files: each file that does not serve is named, with what is wrong with it."""

import pathlib
import ssl
from collections.abc import Callable

import pytest

from smppcore.errors import SmppError, TlsError, TlsFault
from smppcore.password import password_from_environment
from smppcore.tls import client_context, server_context
from wire.certificates import KEY_PASSWORD, files

MISSING = "/nowhere/at all.pem"

BAD: dict[str, tuple[Callable[[], object], TlsFault, str]] = {
    "no certificate file": (lambda: client_context(certificate=MISSING), TlsFault.NO_FILE, MISSING),
    "no key file": (lambda: client_context(certificate=files().client, key=MISSING), TlsFault.NO_FILE, MISSING),
    "no CA file": (lambda: client_context(MISSING), TlsFault.NO_FILE, "No such file"),
    "no list of revoked ones": (lambda: client_context(files().ca, crl=MISSING), TlsFault.NO_FILE, MISSING),
    "a directory": (lambda: server_context(files().directory), TlsFault.NO_FILE, "directory"),
    "a certificate that is not PEM": (lambda: server_context(files().no), TlsFault.NO_PEM, "no PEM"),
    "a damaged certificate": (
        lambda: server_context(files().damaged, files().client_key),
        TlsFault.NO_PEM,
        "damaged",
    ),
    "a certificate without key": (lambda: server_context(files().client_certificate), TlsFault.NO_PEM, "no PEM"),
    "a key in place of a certificate": (lambda: server_context(files().client_key), TlsFault.NO_PEM, "client_key"),
    "a CA that is not PEM": (lambda: client_context(files().no), TlsFault.NO_PEM, "no PEM"),
    "a damaged CA": (lambda: client_context(files().damaged), TlsFault.NO_PEM, "damaged"),
    "the key of another certificate": (
        lambda: server_context(files().client_certificate, files().other_key),
        TlsFault.KEY_MISMATCH,
        "does not belong to the certificate",
    ),
    "no password for the key": (
        lambda: server_context(files().client_certificate, files().client_key_encrypted),
        TlsFault.KEY_PASSWORD,
        "key_password is missing or wrong",
    ),
    "a wrong password for the key": (
        lambda: server_context(files().client_certificate, files().client_key_encrypted, key_password="wr0ngpw"),
        TlsFault.KEY_PASSWORD,
        "key_password is missing or wrong",
    ),
}


@pytest.mark.parametrize(("make", "fault", "says"), BAD.values(), ids=BAD)
def test_a_file_that_does_not_serve(make: Callable[[], object], fault: TlsFault, says: str) -> None:
    with pytest.raises(TlsError) as caught:
        make()
    assert caught.value.fault is fault
    assert says in str(caught.value)
    assert "wr0ngpw" not in str(caught.value)
    assert isinstance(caught.value, SmppError)
    assert isinstance(caught.value, ConnectionError)


def test_the_password_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_PASSWORD", KEY_PASSWORD)
    for password in (KEY_PASSWORD, password_from_environment("KEY_PASSWORD")):
        client_context(None, files().client_certificate, files().client_key_encrypted, password)


def test_a_key_alone_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="without its certificate"):
        client_context(key=files().client_key)


def test_verification_and_host_names_are_on_unless_they_are_turned_off() -> None:
    context = client_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    context = client_context(check_hostname=False)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, False)
    context = client_context(verify=False)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def test_a_server_asks_for_client_certificates_only_with_a_ca_for_them() -> None:
    assert server_context(files().server).verify_mode is ssl.CERT_NONE
    context = server_context(files().server, client_ca=files().ca)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_with_a_ca_of_our_own_nobody_else_is_trusted(tmp_path: pathlib.Path) -> None:
    assert len(client_context(files().ca).get_ca_certs()) == 1
    assert client_context(tmp_path).get_ca_certs() == [], "a directory is looked into when a certificate comes"
