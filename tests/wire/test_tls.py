"""smpps://: verified, and nothing stays behind where it fails."""

import pathlib
import ssl

import pytest

from smppcore.constants import CommandId
from smppcore.errors import TlsError
from smppcore.esme import connect
from smppcore.pdu import SubmitSm
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from wire.ends import ACCOUNTS, QUICK, SUBMIT, RawConnection, header

PEM = str(pathlib.Path(__file__).parent / "loopback.pem")


def at_smsc() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(PEM)
    return context


def at_esme() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=PEM)


def accept(peer: object, pdu: SubmitSm) -> None: ...


async def test_a_connection() -> None:
    async with Smsc(accounts=ACCOUNTS, handlers={SubmitSm: accept}, settings=QUICK, ssl=at_smsc()) as smsc:
        target = f"smpps://id:secret@localhost:{smsc.port}"
        async with connect(target, ssl=at_esme(), settings=QUICK) as esme:
            for _ in range(3):
                await esme.submit_sm(SUBMIT)


async def test_buffer_limits_hold_for_tls_too() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=at_smsc()) as smsc:
        chosen = Settings(write_buffer=12_345, close_timeout=0.3)
        async with connect(f"smpps://id:secret@localhost:{smsc.port}", ssl=at_esme(), settings=chosen) as esme:
            transport = esme._connection._transport
            assert transport is not None
            assert transport.get_write_buffer_limits()[1] == 12_345


async def test_a_certificate_that_nobody_vouches_for() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=at_smsc()) as smsc:
        with pytest.raises(TlsError, match="vouches"):
            await connect(f"smpps://id:secret@localhost:{smsc.port}", settings=QUICK)
        assert smsc.connections == []


async def test_a_certificate_for_another_host() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=at_smsc()) as smsc:
        with pytest.raises(TlsError, match="another host name"):
            await connect(f"smpps://id:secret@127.0.0.1:{smsc.port}", ssl=at_esme(), settings=QUICK)


async def test_a_peer_that_does_not_speak_tls_is_no_connection() -> None:
    """A port scan must not fill the list of connections."""
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=at_smsc()) as smsc:
        for _ in range(5):
            with await RawConnection.to(smsc.port) as raw:
                await raw.send(header(CommandId.ENQUIRE_LINK, 1))
                assert await raw.at_end()
        assert smsc.connections == []
