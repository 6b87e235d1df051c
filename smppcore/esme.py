"""Our end as a client: one connection to an SMSC, bound; dead once closed."""

import asyncio
import secrets
import ssl as tls
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar

from smppcore.address import Address
from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.constants import RegisteredDelivery
from smppcore.dispatch import ESME_REFUSALS, Answer, Dispatcher, Handler, Incoming, log_notice
from smppcore.errors import BindRefused, SmppError
from smppcore.message import messages, receipt_of, text_of
from smppcore.notice import Notice
from smppcore.pdu import (
    Bind,
    BindReceiver,
    BindResponse,
    BindTransceiver,
    BindTransmitter,
    CancelSm,
    CancelSmResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    Pdu,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    ReplaceSmResp,
    Request,
    Response,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
)
from smppcore.receipt import DeliveryReceipt
from smppcore.sent import Sent, SentPart
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import Role, SessionState
from smppcore.text import Long
from smppcore.tlv import SC_INTERFACE_VERSION
from smppcore.transport import Connection
from smppcore.url import SmppUrl

R = TypeVar("R", bound=Response)
BindMode = Literal["transceiver", "transmitter", "receiver"]

_BINDS: Final[dict[str, type[Bind[Any]]]] = {
    "transceiver": BindTransceiver,
    "transmitter": BindTransmitter,
    "receiver": BindReceiver,
}


class Esme:
    """A bound ESME. ``connect`` makes one.

    Each request method sends one PDU and returns the response of the SMSC. ``timeout`` is in seconds and for the whole
    call, waiting for the window included; None takes the setting response_timeout. They raise Refused if the SMSC
    answers with an error status, NotSent if not one octet left us, OutcomeUnknown if no answer came, EncodeError or
    StateError if it cannot be sent at all. Nothing is sent twice: an Esme never retries.
    """

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        handlers: Mapping[type[Any], Handler] | None,
        on_notice: Callable[[Notice], None] | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        session = Session(Role.ESME, codec, settings, loop.time())
        self._dispatcher = Dispatcher(self, handlers, settings, ESME_REFUSALS)
        notify = on_notice or log_notice
        self._connection = Connection(session, settings, loop, self._dispatcher.dispatch, notify)
        self._dispatcher.connection = self._connection
        self._connection.closed.add_done_callback(lambda _: self._dispatcher.closed())
        self.settings = settings
        self._timeout = settings.response_timeout
        self._reference = secrets.randbelow(0x10000)
        self.bind_response: BindResponse = BindResponse()

    # -- what it is

    @property
    def state(self) -> SessionState:
        """The state of the session."""
        return self._connection.session.state

    @property
    def smsc_system_id(self) -> str:
        """What the SMSC called itself in its answer to the bind."""
        return self.bind_response.system_id

    @property
    def smsc_interface_version(self) -> int | None:
        """sc_interface_version of the SMSC, None where it sent none."""
        return self.bind_response.get(SC_INTERFACE_VERSION)

    @property
    def in_flight(self) -> int:
        """How many requests wait for their answer."""
        return len(self._connection.session.window.entries)

    @property
    def waiting(self) -> int:
        """How many requests wait for room in the window."""
        return self._connection.waiting

    # -- requests

    async def submit_sm(self, pdu: SubmitSm, *, timeout: float | None = None) -> SubmitSmResp:
        """Submit a message (section 4.4); the response has its message_id."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def submit_multi(self, pdu: SubmitMulti, *, timeout: float | None = None) -> SubmitMultiResp:
        """Submit a message to several destinations (section 4.5); the response lists those that failed."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def data_sm(self, pdu: DataSm, *, timeout: float | None = None) -> DataSmResp:
        """Send data (section 4.7); the octets are in the TLV message_payload."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def query_sm(self, pdu: QuerySm, *, timeout: float | None = None) -> QuerySmResp:
        """Ask for the state of a message (section 4.8)."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def cancel_sm(self, pdu: CancelSm, *, timeout: float | None = None) -> CancelSmResp:
        """Cancel a message, or all that match (section 4.9)."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def replace_sm(self, pdu: ReplaceSm, *, timeout: float | None = None) -> ReplaceSmResp:
        """Replace a message that is still pending (section 4.10)."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def request(self, pdu: Request[R], *, timeout: float | None = None) -> R:
        """Send any request, a carrier's own included."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def enquire_link(self, *, timeout: float | None = None) -> EnquireLinkResp:
        """Ask whether the SMSC is there (section 4.11); it does not wait for the window."""
        return await self._connection.request_now(EnquireLink(), self._timeout if timeout is None else timeout)

    async def send(
        self,
        text: str,
        *,
        to: str | Address,
        source: str | Address = "",
        receipt: bool = False,
        data_coding: int | None = None,
        languages: Collection[int] = (),
        long: Long = "udh8",
        default: str | None = None,
        transliterate: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> Sent:
        """Send a text: choose the cheapest coding, split it where it is long, submit every segment.

        ``to`` and ``source`` are addresses, whose TON and NPI are derived; ``receipt`` asks for delivery receipts;
        ``data_coding``, ``languages``, ``long``, ``default`` (what the SMSC means by data_coding 0; None takes the
        setting default_alphabet) and ``transliterate`` are as in text.split; other fields of submit_sm are passed on.
        The result tells the verdict of each segment. If the SMSC took none of them, the error of the first is raised;
        TextError and AddressError (both ValueError) before anything was sent.
        """
        if receipt:
            others = fields.get("registered_delivery", 0) & ~RegisteredDelivery.RECEIPT_MASK
            fields["registered_delivery"] = others | RegisteredDelivery.RECEIPT
        self._reference = (self._reference + 1) & 0xFFFF
        pdus = messages(
            SubmitSm,
            text,
            self._reference,
            source=source,
            destination=to,
            data_coding=data_coding,
            languages=languages,
            long=long,
            default=default or self.settings.default_alphabet,
            transliterate=transliterate,
            **fields,
        )
        limit = self._timeout if timeout is None else timeout
        asked = [(pdu, self._connection.request(pdu, limit)) for pdu in list(pdus)]
        try:
            parts = [await _part(pdu, response) for pdu, response in asked]
        except BaseException:
            _withdraw(response for _, response in asked)
            raise
        if all(part.error for part in parts):
            raise parts[0].error or AssertionError
        return Sent(tuple(parts))

    # -- what comes in

    def incoming(self, *classes: type[Pdu]) -> Incoming:
        """``async for pdu in esme.incoming():`` deliver_sm and data_sm, or the classes named.

        Each is answered with success when the next one is asked for. Raises ValueError where a class has a handler.
        """
        return self._dispatcher.incoming(classes or (DeliverSm, DataSm))

    def text_of(self, pdu: DeliverSm | DataSm) -> str | None:
        """The text of a message, read with the setting default_alphabet; None where it is binary. Never raises."""
        return text_of(pdu, default=self.settings.default_alphabet)

    def receipt_of(self, pdu: DeliverSm | DataSm, *, arrived: datetime | None = None) -> DeliveryReceipt | None:
        """The receipt in a PDU, read with the settings of this connection; None for an ordinary message. Never raises.

        ``receipt.final(esme.settings.final_states)`` tells whether it is the last one. ``arrived`` decides between two
        readings of a date.
        """
        settings = self.settings
        by_text, default = settings.receipts_by_text, settings.default_alphabet
        return receipt_of(pdu, default=default, by_text=by_text, arrived=arrived)

    def answer(self, pdu: Pdu, answer: Answer = None) -> None:
        """Answer a request of the SMSC by hand: with a response, a command_status, or success. Once per request."""
        self._dispatcher.answer(pdu, answer)

    # -- the end

    async def close(self) -> None:
        """Let what is in flight be answered, unbind, close; after close_timeout at the latest it is closed anyway."""
        self._dispatcher.closing()
        try:
            await self._connection.close()
        finally:
            self._dispatcher.cancel()

    def abort(self) -> None:
        """Drop the connection at once, without unbind."""
        self._connection.abort()

    async def wait_closed(self) -> str:
        """Wait until the connection is gone, and say why it is."""
        await asyncio.shield(self._connection.closed)
        return self._connection.reason

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- how it begins

    async def _open(self, url: SmppUrl, bind: Bind[Any], settings: Settings, context: tls.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(settings.connect_timeout):
                await loop.create_connection(lambda: self._connection, url.host, url.port, ssl=context)
        except TimeoutError:
            text = f"no connection to {url.host}:{url.port} within {settings.connect_timeout:g} s"
            raise TimeoutError(text) from None
        try:
            response = await self._connection.request_now(bind, settings.response_timeout)
        except BindRefused:
            await self._connection.close()
            raise
        except BaseException:
            self._connection.abort("the bind failed")
            raise
        self.bind_response = response


async def _part(pdu: SubmitSm, response: "asyncio.Future[SubmitSmResp]") -> SentPart:
    try:
        return SentPart(pdu, response=await response)
    except SmppError as error:
        return SentPart(pdu, error=error)


def _withdraw(responses: "Iterable[asyncio.Future[SubmitSmResp]]") -> None:
    """Nobody waits for these any more: what was not sent yet is not sent, and an error that came is taken notice of."""
    for response in responses:
        if not response.cancel() and not response.cancelled():
            response.exception()


class Connecting:
    """What ``connect`` returns: ``async with`` it, or ``await`` it and close the Esme yourself."""

    def __init__(self, make: Callable[[], Esme], open_it: Callable[[Esme], Any]) -> None:
        self._make = make
        self._open = open_it
        self._esme: Esme | None = None

    def __await__(self) -> Generator[Any, None, Esme]:
        return self._connect().__await__()

    async def _connect(self) -> Esme:
        self._esme = self._make()
        await self._open(self._esme)
        return self._esme

    async def __aenter__(self) -> Esme:
        return await self._connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._esme is not None:
            await self._esme.close()


def connect(
    url: str,
    *,
    bind: BindMode = "transceiver",
    window: int | None = None,
    handlers: Mapping[type[Any], Handler] | None = None,
    settings: Settings | None = None,
    codec: Codec | None = None,
    on_notice: Callable[[Notice], None] | None = None,
    system_type: str = "",
    interface_version: int = 0x34,
    addr_ton: int = 0,
    addr_npi: int = 0,
    address_range: str = "",
    ssl: tls.SSLContext | None = None,
) -> Connecting:
    """Connect to an SMSC and bind: ``async with connect("smpp://id:password@host:2775") as esme``.

    ``bind`` is "transceiver", "transmitter" or "receiver". ``window`` overrides the setting of that name. ``handlers``
    maps PDU classes to functions (esme, pdu) for what the SMSC sends; they are in place before the bind is answered.
    ``on_notice`` is called with everything rare (notice.py). ``smpps://`` verifies the certificate and the host name
    unless ``ssl`` says otherwise.

    Raises BindRefused with the status of the SMSC, NotSent or OutcomeUnknown if the connection ended before the answer,
    OSError or TimeoutError if there is no connection, ValueError for a bad URL, EncodeError for a field that is too
    long.
    """
    target = SmppUrl.parse(url)
    if bind not in _BINDS:
        raise ValueError(f"bind: {bind!r} is none of {', '.join(_BINDS)}")
    chosen = settings or Settings()
    if window is not None:
        chosen = replace(chosen, window=window)
    pdu = _BINDS[bind](
        system_id=target.system_id,
        password=target.password,
        system_type=system_type,
        interface_version=interface_version,
        addr_ton=addr_ton,
        addr_npi=addr_npi,
        address_range=address_range,
    )
    context = ssl or (tls.create_default_context() if target.tls else None)
    used = codec or Codec(tolerate=ESME_TOLERANCE)
    return Connecting(
        lambda: Esme(chosen, used, handlers, on_notice),
        lambda esme: esme._open(target, pdu, chosen, context),
    )
