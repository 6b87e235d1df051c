"""Our end as a client: one connection to an SMSC, bound; dead once closed."""

import asyncio
import secrets
import ssl as tls
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar

from smppcore.address import Address
from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.constants import RegisteredDelivery
from smppcore.dispatch import ESME_REFUSALS, Handler, log_notice
from smppcore.entity import Entity
from smppcore.errors import BindRefused, SmppError
from smppcore.message import messages
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
    DeliverSm,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    ReplaceSmResp,
    Response,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
)
from smppcore.sent import Sent, SentPart
from smppcore.settings import Settings
from smppcore.state import Role
from smppcore.text import Long
from smppcore.tlv import SC_INTERFACE_VERSION
from smppcore.url import SmppUrl

R = TypeVar("R", bound=Response)
BindMode = Literal["transceiver", "transmitter", "receiver"]

_BINDS: Final[dict[str, type[Bind[Any]]]] = {
    "transceiver": BindTransceiver,
    "transmitter": BindTransmitter,
    "receiver": BindReceiver,
}


class Esme(Entity):
    """A bound ESME. ``connect`` makes one; what its requests return and raise says Entity. It never retries."""

    role = Role.ESME
    refusals = ESME_REFUSALS
    incoming_classes = (DeliverSm, DataSm)

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        handlers: Mapping[type[Any], Handler] | None,
        on_notice: Callable[[Notice], None] | None,
    ) -> None:
        super().__init__(settings, codec, handlers, on_notice or log_notice)
        self._reference = secrets.randbelow(0x10000)
        self.bind_response: BindResponse = BindResponse()

    @property
    def smsc_system_id(self) -> str:
        """What the SMSC called itself in its answer to the bind."""
        return self.bind_response.system_id

    @property
    def smsc_interface_version(self) -> int | None:
        """sc_interface_version of the SMSC, None where it sent none."""
        return self.bind_response.get(SC_INTERFACE_VERSION)

    # -- requests

    async def submit_sm(self, pdu: SubmitSm, *, timeout: float | None = None) -> SubmitSmResp:
        """Submit a message (section 4.4); the response has its message_id."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def submit_multi(self, pdu: SubmitMulti, *, timeout: float | None = None) -> SubmitMultiResp:
        """Submit a message to several destinations (section 4.5); the response lists those that failed."""
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
