"""No text, no number and no password in any log, record, label or view, at DEBUG and whatever goes wrong."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from link.carrier import link_to, verdict
from prometheus_client import CollectorRegistry, generate_latest
from wire.ends import QUICK, RawConnection

from smppcore.access_log import AccessLog
from smppcore.address import Address
from smppcore.codec import STANDARD
from smppcore.correlation import Correlation
from smppcore.dispatch import Handler
from smppcore.errors import BindRefused, EncodeError
from smppcore.esme import connect
from smppcore.fields import SmeAddress, UnsuccessSme
from smppcore.json_view import pdu_view
from smppcore.log import log
from smppcore.metrics import Metrics
from smppcore.middleware import Middleware
from smppcore.pdu import BindTransceiver, DeliverSm, Pdu, Request, SubmitMulti, SubmitSm
from smppcore.peer import Peer
from smppcore.privacy import Privacy
from smppcore.smsc import Smsc
from smppcore.store import MemoryStore

from .traffic import NUMBER, SENDER, TEXT, Deliveries, message

PASSWORD, WRONG = "Kq7vZ2x", "Wm4tB9n"
SECRETS = (NUMBER[:9], SENDER[:9], "meet me", "me at noon", PASSWORD, WRONG)
ENCODED = tuple(each.encode(form) for each in SECRETS for form in ("utf-8", "utf-16-be"))


class Seen(logging.Handler):
    """Everything that anybody could read, as one list of texts."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts += [self.format(record), str(record.__dict__)]

    def leaks(self) -> list[str]:
        spelled = (*SECRETS, *(each.hex() for each in ENCODED), *(repr(each)[2:-1] for each in ENCODED))
        return [text for text in self.texts if any(secret in text for secret in spelled)]


@pytest.fixture
def seen() -> Iterator[Seen]:
    found, ours = Seen(), logging.getLogger("smppcore")
    level = ours.level
    ours.setLevel(logging.DEBUG)
    ours.addHandler(found)
    yield found
    ours.removeHandler(found)
    ours.setLevel(level)


@pytest.mark.parametrize("thing", [NUMBER, TEXT, TEXT.encode(), TEXT.encode("utf-16-be"), {"x": PASSWORD}])
def test_the_search_finds_what_is_there(seen: Seen, thing: object) -> None:
    """Else the other tests would prove nothing."""
    log.debug("an event", thing=thing)
    assert seen.leaks() != []


def test_an_error_that_quotes_a_number_is_logged_without_it_even_in_a_circle(seen: Seen) -> None:
    """With its name and its traceback, and what it came up in."""
    inner, outer = EncodeError("submit_sm.destination_addr", "at most 20 characters", NUMBER), LookupError("nobody")
    inner.__context__, outer.__cause__ = outer, inner
    log.error("handler failed", exc_info=outer)
    log.error("handler failed", exc_info=inner)
    log.error("handler failed", exc_info=LookupError("by itself"))
    written = str(seen.texts)
    assert written.count("LookupError: nobody") >= 2
    assert written.count("EncodeError: submit_sm.destination_addr: (hidden) does not fit: at most 20") >= 2
    assert "LookupError: by itself" in written
    assert seen.leaks() == []


class Viewing(Middleware):
    """Shows every PDU as somebody would who follows the traffic."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self.shown = 0

    def _show(self, pdu: Pdu) -> None:
        view = pdu_view(Privacy().mask_pdu(pdu), 0, STANDARD)
        self._seen.texts.append(json.dumps(view, ensure_ascii=False))
        self.shown += 1

    def outbound(self, end: Any, pdu: Request[Any]) -> None:
        self._show(pdu)

    def inbound(self, end: Any, pdu: Pdu) -> None:
        self._show(pdu)


async def test_ordinary_traffic(seen: Seen) -> None:
    """A link with correlation, long texts in both alphabets, receipts and replies, everything switched on."""
    registry, deliveries, viewing = CollectorRegistry(), Deliveries(), Viewing(seen)
    metrics, access = Metrics(registry), AccessLog()

    def on_deliver(end: Any, pdu: DeliverSm) -> None: ...

    middleware = [metrics, access, viewing]
    async with Smsc(
        accounts={"id": PASSWORD}, settings=QUICK, handlers={SubmitSm: deliveries}, middleware=middleware
    ) as smsc:
        metrics.smsc(smsc)
        correlation = Correlation(MemoryStore())
        options: dict[str, Any] = {"middleware": middleware, "correlation": correlation}
        async with link_to(smsc.port, password=PASSWORD, handlers={DeliverSm: on_deliver}, **options) as link:
            metrics.link(link)
            for text in (TEXT, TEXT * 30, f"Ω {TEXT}", f"Ω {TEXT}" * 20):
                await link.send(text, to=f"+{NUMBER}", source=SENDER, receipt=True)
            await deliveries.receipts()
            await deliveries.receipts()
            [peer] = smsc.peers
            await peer.deliver_sm(DeliverSm(source_addr=NUMBER, short_message=TEXT.encode()))
            seen.texts.append(generate_latest(registry).decode())
            seen.texts.append(repr(link.status()))
    access.close()
    assert viewing.shown > 40
    assert sum("smppcore.access" in text for text in seen.texts) > 4
    assert seen.leaks() == []


async def test_what_goes_wrong(seen: Seen) -> None:
    """Handlers that fail, or answer with what cannot be sent, hooks that fail, binds that are refused."""

    class Failing(Middleware):
        def outbound(self, end: Any, pdu: Request[Any]) -> Any:
            return DeliverSm(short_message=TEXT.encode()) if getattr(pdu, "service_type", "") == "other" else None

        def inbound(self, end: Any, pdu: Pdu) -> Any:
            return DeliverSm(short_message=TEXT.encode()) if getattr(pdu, "service_type", "") == "hook" else None

    async def ask_in_vain(peer: Peer) -> None:
        try:
            Address.destination(f"{NUMBER}{SENDER}")
        except ValueError as error:
            raise LookupError("nobody") from error

    def on_submit(peer: Peer, pdu: SubmitSm) -> Any:
        if pdu.service_type == "addr":
            return ask_in_vain(peer)
        if pdu.service_type == "unfit":
            return peer.deliver_sm(DeliverSm(source_addr=NUMBER * 2, short_message=TEXT.encode()))
        answers = {"raise": LookupError("nobody"), "text": TEXT, "pdu": message()}
        answer = answers.get(pdu.service_type)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def on_multi(peer: Peer, pdu: SubmitMulti) -> Any:
        response = pdu.answer()
        response.unsuccess_sme = [UnsuccessSme(NUMBER + SENDER)]  # longer than the field
        return response

    records: list[dict[str, Any]] = []
    middleware = [AccessLog(records.append), Failing()]
    handlers: dict[type[Any], Handler] = {SubmitSm: on_submit, SubmitMulti: on_multi}
    async with Smsc(accounts={"id": PASSWORD}, settings=QUICK, handlers=handlers, middleware=middleware) as smsc:
        address = f"127.0.0.1:{smsc.port}"
        async with connect(f"smpp://id:{PASSWORD}@{address}", settings=QUICK, middleware=middleware) as esme:
            for kind in ("", "raise", "text", "pdu", "other", "hook", "addr", "unfit"):
                await verdict(esme.submit_sm(message(service_type=kind)))
            with pytest.raises(ValueError, match="does not fit"):
                await esme.submit_sm(message(destination_addr=NUMBER * 2, service_type="odd"))
            both = [SmeAddress(NUMBER), SmeAddress(SENDER)]
            await verdict(esme.submit_multi(SubmitMulti(source_addr=SENDER, dest_addresses=[*both])))
        with pytest.raises(BindRefused):
            await connect(f"smpp://id:{WRONG}@{address}", settings=QUICK)
    assert len(records) > 10
    seen.texts += map(str, records)
    written = str(seen.texts)
    assert "(hidden) does not fit: at most 20 characters" in written
    assert "LookupError: nobody" in written
    assert "smppcore.address.AddressError: address (hidden)" in written
    assert seen.leaks() == []


async def test_malformed_pdus(seen: Seen) -> None:
    """What cannot be read is told about without being quoted."""
    bind, submit = BindTransceiver(system_id="id", password=PASSWORD).encode(1), message().encode(2)
    async with Smsc(accounts={"id": PASSWORD}, settings=QUICK, handlers={SubmitSm: Deliveries()}) as smsc:
        for cut in (20, 24, 28, len(bind) - 1):
            with await RawConnection.to(smsc.port) as raw:
                await raw.send(cut.to_bytes(4, "big") + bind[4:cut])
                await raw.header()
        for cut in (26, 36, 46, len(submit) - 1):
            with await RawConnection.to(smsc.port) as raw:
                await raw.send(bind)
                await raw.header()
                await raw.send(cut.to_bytes(4, "big") + submit[4:cut])
                assert (await raw.header())[1] != 0
    assert "BadPdu" in str(seen.texts)
    assert seen.leaks() == []


async def test_below_warning_nothing_is_logged_about_ordinary_traffic(caplog: pytest.LogCaptureFixture) -> None:
    """Quiet by default: who wants a line for each message asks for an AccessLog."""
    caplog.set_level(logging.WARNING)
    deliveries = Deliveries()
    async with (
        Smsc(accounts={"id": PASSWORD}, settings=QUICK, handlers={SubmitSm: deliveries}) as smsc,
        link_to(smsc.port, password=PASSWORD, correlation=Correlation(MemoryStore())) as link,
    ):
        await link.send(TEXT, to=NUMBER, receipt=True)
        await deliveries.receipts()
    assert caplog.records == []
