"""Our end as a client: one connection to an SMSC, bound; dead once closed."""

import asyncio
import ssl as tls
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar

from smppcore.calls import Call
from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.dial import LocalAddress, bind_failure, dial
from smppcore.dispatch import ESME_REFUSALS, Handler, log_notice
from smppcore.entity import Entity
from smppcore.errors import BindRefused, EncodeError, NotSent, OutcomeUnknown
from smppcore.incoming import Streams
from smppcore.middleware import NO_HOOKS, Hooks, Middleware
from smppcore.notice import Notice
from smppcore.password import Password, password_now
from smppcore.pdu import (
    Bind,
    BindReceiver,
    BindResponse,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    DeliverSm,
    Response,
)
from smppcore.quarantine import Quarantine
from smppcore.requests import EsmeRequests, Requests
from smppcore.settings import Settings
from smppcore.state import Role
from smppcore.throttle import Throttle, ThrottleSettings
from smppcore.tls import client_context
from smppcore.tlv import SC_INTERFACE_VERSION
from smppcore.url import SmppUrl

R = TypeVar("R", bound=Response)
BindMode = Literal["transceiver", "transmitter", "receiver"]

BIND_PDUS: Final[dict[str, type[Bind[Any]]]] = {
    "transceiver": BindTransceiver,
    "transmitter": BindTransmitter,
    "receiver": BindReceiver,
}


class Esme(EsmeRequests, Entity):
    """A bound ESME. ``connect`` makes one; what its requests return and raise says Requests."""

    role = Role.ESME
    refusals = ESME_REFUSALS
    incoming_classes = (DeliverSm, DataSm)
    name: str = ""
    """system_id, host and port of what ``connect`` was given, for records and labels."""

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        handlers: Mapping[type[Any], Handler] | None,
        on_notice: Callable[[Notice], None] | None,
        *,
        throttle: Throttle | None = None,
        quarantine: Quarantine | None = None,
        hooks: Hooks = NO_HOOKS,
    ) -> None:
        own, tell = dict(handlers or {}), on_notice or log_notice
        super().__init__(settings, codec, own, tell, throttle=throttle, quarantine=quarantine, hooks=hooks)
        self.bind_response: BindResponse = BindResponse()

    @property
    def smsc_system_id(self) -> str:
        """What the SMSC called itself in its answer to the bind."""
        return self.bind_response.system_id

    @property
    def smsc_interface_version(self) -> int | None:
        """sc_interface_version of the SMSC, None where it sent none."""
        return self.bind_response.get(SC_INTERFACE_VERSION)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- as part of a link

    def serve(self, link: Requests, streams: Streams, hooks: Hooks = NO_HOOKS, bind: str = "") -> None:
        """Before it connects: handlers get the link, and iterators of the link get what comes in.

        ``hooks`` are those of the link; here they see what comes in over this ``bind``. What the link sends has passed
        them already.
        """
        self._dispatcher.serve(link, streams)
        if hooks:
            self._watch(hooks, link)
            hooks.watch_answers(link, bind, self._connection)

    def take_over(self, calls: Iterable[Call], on_unsent: Callable[[Call, str], None]) -> None:
        """Once bound: send these calls first; give to ``on_unsent`` what cannot leave because the connection ends."""
        self._connection.on_unsent = on_unsent
        self._connection.take_over(calls)

    def share(self, on_room: Callable[[], None]) -> None:
        """Before it connects: what waits, waits for several binds; ``on_room`` is called when this one has room."""
        self._connection.share(on_room)

    # -- how it begins

    async def _open(
        self,
        url: SmppUrl,
        bind: Callable[[], Bind[Any]],
        settings: Settings,
        context: tls.SSLContext | None,
        local_address: LocalAddress | None,
        server_hostname: str | None,
    ) -> None:
        connection = self._connection
        self.name = f"{url.system_id}@{url.host}:{url.port}"
        request = bind()
        try:
            request.encode(1)  # what does not fit is said before anybody is called
        except EncodeError as error:
            raise error.with_traceback(None) from None  # the frames in there hold the values, the password's too
        version = await dial(
            connection,
            url,
            settings,
            context=context,
            local_address=local_address,
            server_hostname=server_hostname,
        )
        timers = connection.session.timers
        unheard = timers.heard
        try:
            await self._bind(request)
        except (NotSent, OutcomeUnknown) as error:
            better = bind_failure(connection, url, version, timers.heard == unheard, error)
            if better is error:
                raise
            raise better from error

    async def _bind(self, request: Bind[Any]) -> None:
        """Bind on the connection that is there; where that fails, whatever the reason, the connection ends."""
        connection, settings = self._connection, self.settings
        timeout = settings.session_init_timeout if settings.response_timeout is None else settings.response_timeout
        try:
            self.bind_response = await connection.request_now(request, timeout)
        except BindRefused:
            await connection.close()
            raise
        except BaseException:
            connection.abort("the bind failed")
            raise


class Connecting:
    """What ``connect`` returns: ``async with`` it, or ``await`` it and close the Esme yourself."""

    def __init__(self, make: Callable[[], Esme], open_it: Callable[[Esme], Any]) -> None:
        self._make = make
        self._open = open_it
        self._esme: Esme | None = None

    def __await__(self) -> Generator[Any, None, Esme]:
        return self._connect().__await__()

    async def _connect(self) -> Esme:
        return await self.open(lambda _: None)

    async def open(self, prepare: Callable[[Esme], object]) -> Esme:
        """Connect and bind, after ``prepare`` has done with the Esme what must be done before anything can arrive."""
        self._esme = self._make()
        prepare(self._esme)
        await self._open(self._esme)
        return self._esme

    async def __aenter__(self) -> Esme:
        return await self._connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._esme is not None:
            await self._esme.close()


def throttle_of(throttle: Throttle | ThrottleSettings | float | None) -> Throttle | None:
    """A Throttle for what was asked: a rate in segments per second, settings, or the one given. Raises ValueError."""
    if throttle is None or isinstance(throttle, Throttle):
        return throttle
    settings = throttle if isinstance(throttle, ThrottleSettings) else ThrottleSettings(rate=throttle)
    return Throttle(settings, asyncio.get_running_loop().time())


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
    server_hostname: str | None = None,
    local_address: LocalAddress | None = None,
    password: Password | None = None,
    throttle: Throttle | ThrottleSettings | float | None = None,
    quarantine: Quarantine | None = None,
    middleware: Sequence[Middleware] = (),
) -> Connecting:
    """Connect to an SMSC and bind: ``async with connect("smpp://id:password@host:2775") as esme``.

    ``bind`` is "transceiver", "transmitter" or "receiver". ``window`` overrides the setting of that name. ``handlers``
    maps PDU classes to functions (esme, pdu) for what the SMSC sends; they are in place before the bind is answered.
    ``on_notice`` is called with everything rare (notice.py). ``throttle`` limits how fast requests leave: segments per
    second, or ThrottleSettings, or a Throttle that others share. ``quarantine`` takes PDUs out of circulation that
    handlers fail on again and again. ``middleware`` looks at what is sent and what comes in, the first nearest to the
    application. ``smpps://`` verifies the certificate and the host name
    unless ``ssl``, such as a client_context, says otherwise; ``server_hostname`` is the name in the certificate where
    it is not the host of the URL. ``local_address`` is the address of ours to connect from, or a pair of that and a
    port. ``password`` takes the place of that of the URL; a callable, such as password_from_file, is called here anew.

    Raises BindRefused with the status of the SMSC, NotSent or OutcomeUnknown if the connection ended before the answer,
    TlsError if TLS fails, OSError or TimeoutError if there is no connection, PasswordError if there is no password,
    ValueError for a bad URL, EncodeError for a field that is too long.
    """
    target = SmppUrl.parse(url)
    if bind not in BIND_PDUS:
        raise ValueError(f"bind: {bind!r} is none of {', '.join(BIND_PDUS)}")
    chosen = settings or Settings()
    if window is not None:
        chosen = replace(chosen, window=window)
    secret = target.password if password is None else password

    def bind_pdu() -> Bind[Any]:
        return BIND_PDUS[bind](
            system_id=target.system_id,
            password=password_now(secret),
            system_type=system_type,
            interface_version=interface_version,
            addr_ton=addr_ton,
            addr_npi=addr_npi,
            address_range=address_range,
        )

    context = ssl or (client_context() if target.tls else None)
    used, hooks = codec or Codec(tolerate=ESME_TOLERANCE), Hooks(middleware)
    return Connecting(
        lambda: Esme(
            chosen, used, handlers, on_notice, throttle=throttle_of(throttle), quarantine=quarantine, hooks=hooks
        ),
        lambda esme: esme._open(target, bind_pdu, chosen, context, local_address, server_hostname),
    )
