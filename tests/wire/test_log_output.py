"""What the library logs: no password, whatever goes wrong, and nothing unless it is asked."""

import asyncio
import logging

import pytest

from smppcore.errors import BindRefused, EncodeError
from smppcore.esme import Esme, connect
from smppcore.pdu import Bind, DeliverSm, SubmitSm
from smppcore.smsc import Peer, Smsc
from wire.ends import QUICK, SUBMIT, RawConnection, header, pair, url

PASSWORDS = ("secret", "wr0ngpw", "much too long")


async def test_no_password_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def authenticate(peer: Peer, bind: Bind[object]) -> bool:  # type: ignore[type-var]
        if bind.password == "wr0ngpw":
            raise ValueError(f"no such account: {bind!r}")
        return True

    async with Smsc(authenticate=authenticate, settings=QUICK) as smsc:
        async with connect(url(smsc.port), settings=QUICK) as esme:
            with pytest.raises(Exception, match="ESME"):
                await esme.submit_sm(SUBMIT)
        with pytest.raises(BindRefused) as refused:
            await connect(url(smsc.port, "wr0ngpw"), settings=QUICK)
        with pytest.raises(EncodeError) as unfit:
            await connect(url(smsc.port, "much%20too%20long"), settings=QUICK)
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(header(9, 1, length=40) + b"id\0secret_and_more\0\0\x34\0\0\0")
            await raw.header()
    shown = [str(record.__dict__) for record in caplog.records] + [caplog.text]
    shown += [repr(refused.value), repr(refused.value.request), str(unfit.value), repr(unfit.value.args)]
    for password in PASSWORDS:
        assert not [text for text in shown if password in text]
    assert "notice" in caplog.text


async def test_a_failing_handler_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def fail(end: object, pdu: object) -> None:
        raise LookupError("somewhere in the handler")

    async with pair(smsc={SubmitSm: fail}, esme={DeliverSm: fail}) as ends:
        await asyncio.gather(ends.esme.submit_sm(SUBMIT), ends.peer.deliver_sm(DeliverSm()), return_exceptions=True)
    failures = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.message for record in failures] == ["handler failed"] * 2
    assert all(record.name == "smppcore" for record in failures)
    assert caplog.text.count("somewhere in the handler") >= 2


async def test_ordinary_traffic_logs_nothing_above_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def on_deliver(esme: Esme, pdu: DeliverSm) -> None: ...

    async with pair(esme={DeliverSm: on_deliver}) as ends:
        await ends.esme.enquire_link()
        await ends.peer.deliver_sm(DeliverSm(short_message=b"private"))
    assert caplog.records == []
