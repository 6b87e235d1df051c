"""What an Esme and a Peer have in common: one end of a bound connection, as the application holds it."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from smppcore.codec import Codec
from smppcore.dispatch import Answer, Dispatcher, Handler, Incoming, Refusals
from smppcore.message import receipt_of, text_of
from smppcore.notice import Notice
from smppcore.pdu import DataSm, DataSmResp, DeliverSm, EnquireLink, EnquireLinkResp, Pdu, Request, Response
from smppcore.receipt import DeliveryReceipt
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import Role, SessionState
from smppcore.transport import Connection

R = TypeVar("R", bound=Response)


class Entity:
    """One end of one connection; dead once closed.

    Each request method sends one PDU and returns the response of the other end. ``timeout`` is in seconds and for the
    whole call, waiting for the window included; None takes the setting response_timeout. They raise Refused if the
    other end answers with an error status, NotSent if not one octet left us, OutcomeUnknown if no answer came,
    EncodeError or StateError if it cannot be sent at all. Nothing is ever sent twice.
    """

    role: ClassVar[Role]
    refusals: ClassVar[Refusals]
    incoming_classes: ClassVar[tuple[type[Pdu], ...]]

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        handlers: Mapping[type[Any], Handler] | None,
        on_notice: Callable[[Notice], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        session = Session(self.role, codec, settings, loop.time())
        self.settings = settings
        self._timeout = settings.response_timeout
        self._dispatcher = Dispatcher(self, handlers, settings, self.refusals)
        self._connection = Connection(session, settings, loop, self._dispatcher.dispatch, on_notice)
        self._dispatcher.connection = self._connection
        self._connection.closed.add_done_callback(lambda _: self._gone())

    @property
    def state(self) -> SessionState:
        """The state of the session."""
        return self._connection.session.state

    @property
    def in_flight(self) -> int:
        """How many of our requests wait for their answer."""
        return len(self._connection.session.window.entries)

    @property
    def waiting(self) -> int:
        """How many of our requests wait for room in the window."""
        return self._connection.waiting

    # -- requests

    async def data_sm(self, pdu: DataSm, *, timeout: float | None = None) -> DataSmResp:
        """Send data (section 4.7); the octets are in the TLV message_payload."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def request(self, pdu: Request[R], *, timeout: float | None = None) -> R:
        """Send any request, a carrier's own included."""
        return await self._connection.request(pdu, self._timeout if timeout is None else timeout)

    def begin_request(self, pdu: Request[R], *, timeout: float | None = None) -> "asyncio.Future[R]":
        """As request, without a coroutine: the Future can take callbacks, which is cheaper than a task for each."""
        return self._connection.request(pdu, self._timeout if timeout is None else timeout)

    async def enquire_link(self, *, timeout: float | None = None) -> EnquireLinkResp:
        """Ask whether the other end is there (section 4.11); it does not wait for the window."""
        return await self._connection.request_now(EnquireLink(), self._timeout if timeout is None else timeout)

    # -- what comes in

    def incoming(self, *classes: type[Pdu]) -> Incoming:
        """``async for pdu in esme.incoming():`` the messages that come in, or the classes named.

        Without names an Esme gives deliver_sm and data_sm, a Peer submit_sm and data_sm. Each is answered with success
        when the next one is asked for. Raises ValueError where a class has a handler or an iterator already.
        """
        return self._dispatcher.incoming(classes or self.incoming_classes)

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
        """Answer a request of the other end by hand: with a response, a command_status, or success. Once for each."""
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

    def cancel_handlers(self) -> None:
        """Cancel the handlers that still run; they may outlive the connection."""
        self._dispatcher.cancel()

    def _gone(self) -> None:
        self._dispatcher.closed()
