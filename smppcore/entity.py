"""What an Esme and a Peer have in common: one end of a bound connection, as the application holds it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from smppcore.codec import Codec
from smppcore.dispatch import Answer, Dispatcher, Handler, Refusals
from smppcore.incoming import Incoming
from smppcore.middleware import NO_HOOKS, BeginFor, Hooks, Receiver
from smppcore.notice import Notice
from smppcore.pdu import EnquireLink, EnquireLinkResp, Pdu, Request, Response
from smppcore.quarantine import Quarantine
from smppcore.requests import Requests
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import Role, SessionState
from smppcore.tap import Tap, Tapping
from smppcore.throttle import Throttle
from smppcore.transport import Connection

R = TypeVar("R", bound=Response)


class Entity(Requests):
    """One end of one connection; dead once closed. What its requests return and raise says Requests.

    ``throttle`` is how fast its requests may leave, ``quarantine`` what becomes of PDUs that handlers never digest;
    both may be shared by several connections. ``hooks`` are those of its middleware.
    """

    role: ClassVar[Role]
    refusals: ClassVar[Refusals]
    incoming_classes: ClassVar[tuple[type[Pdu], ...]]
    _begin: BeginFor
    _hooks: Hooks = NO_HOOKS

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        handlers: Mapping[type[Any], Handler] | None,
        on_notice: Callable[[Notice], None],
        *,
        throttle: Throttle | None = None,
        quarantine: Quarantine | None = None,
        hooks: Hooks = NO_HOOKS,
    ) -> None:
        loop = asyncio.get_running_loop()
        session = Session(self.role, codec, settings, loop.time())
        self.settings = settings
        self._timeout = settings.response_timeout
        self._dispatcher = Dispatcher(self, handlers, settings, self.refusals, quarantine)
        self._connection = Connection(session, settings, loop, self._dispatcher.dispatch, on_notice, throttle)
        self._begin = self._connection.request
        self._ended = self._connection.closed
        self._retry = None
        self._dispatcher.connection = self._connection
        self._receiver: Receiver = self._dispatcher
        if hooks:
            self._begin = hooks.outbound_of(self, self._connection.request)
            self._watch(hooks, self)
        self._connection.closed.add_done_callback(self._connection_closed)

    @property
    def state(self) -> SessionState:
        """The state of the session."""
        return self._connection.session.state

    @property
    def interface_version(self) -> int:
        """The version of SMPP that both ends speak, such as 0x34 (section 5.2.4); meaningless before the bind."""
        return self._connection.session.interface_version

    @property
    def ending(self) -> bool:
        """Whether no request is sent any more, because the connection is gone or about to end."""
        return self._connection.ending

    @property
    def in_flight(self) -> int:
        """How many of our requests wait for their answer."""
        return len(self._connection.session.window.entries)

    @property
    def waiting(self) -> int:
        """How many of our requests wait for room in the window, or for the throttle."""
        return self._connection.waiting

    @property
    def rate(self) -> float | None:
        """How many segments per second may leave at present; None where nothing limits that."""
        return self._connection.rate

    def oldest(self, now: float) -> float | None:
        """For how long, at the loop's time ``now``, the oldest request in flight has waited; None if none is."""
        calls = (entry[0] for entry in self._connection.session.window.entries.values() if isinstance(entry[0], tuple))
        return max((now - call[2] for call in calls), default=None)

    @property
    def heard(self) -> float:
        """When octets last came from the other end, by the clock of the event loop; ``sent`` when any last left."""
        return self._connection.session.timers.heard

    @property
    def sent(self) -> float:
        return self._connection.written

    # -- requests

    def begin_request(
        self, pdu: Request[R], *, timeout: float | None = None, waiter: Any = None
    ) -> "asyncio.Future[R]":
        """As request, without a coroutine: the Future can take callbacks, which is cheaper than a task for each.

        ``waiter`` takes the answer in place of a Future: anything with its done, set_result and set_exception.
        """
        return self._begin(pdu, self._timeout if timeout is None else timeout, None, waiter)

    @property
    def requests_sent(self) -> int:
        """How many requests of ours were sent on this connection, binds and enquire_links included."""
        return self._connection.session.requests_sent

    def number_next(self, sequence_number: int) -> None:
        """Send the next request under this number; for those who repeat what was sent before. Raises ValueError."""
        self._connection.session.number_next(sequence_number)

    def wrap_transport(self, wrap: Callable[[asyncio.Transport], asyncio.Transport]) -> None:
        """Write from now on to what ``wrap`` makes of the transport, such as one that does faults to what leaves."""
        self._connection.wrap_transport(wrap)

    def tap(self, tap: Tap) -> Tapping:
        """Give ``tap`` a copy of all that is read and written, above TLS, until ``remove()`` of what this returns.

        Before the connection is made it gets all of it, the bind included; on one that lives, what comes from now on.
        """
        return Tapping(self._connection, tap)

    async def enquire_link(self, *, timeout: float | None = None) -> EnquireLinkResp:
        """Ask whether the other end is there (section 4.11); it does not wait for the window."""
        return await self._connection.request_now(EnquireLink(), self._timeout if timeout is None else timeout)

    # -- what comes in

    @property
    def hooked(self) -> bool:
        """Whether a middleware looks at what goes over this connection."""
        return self._hooks is not NO_HOOKS

    def _watch(self, hooks: Hooks, end: Requests) -> None:
        """Let these hooks see what comes in for ``end``, before anything can."""
        self._hooks = hooks
        self._receiver = hooks.inbound_of(end, self._dispatcher, self._connection)
        self._connection.on_request = self._receiver.dispatch

    def incoming(self, *classes: type[Pdu]) -> Incoming:
        """``async for pdu in esme.incoming():`` the messages that come in, or the classes named.

        Without names an Esme gives deliver_sm and data_sm, a Peer submit_sm and data_sm. Each is answered with success
        when the next one is asked for. Raises ValueError where a class has a handler or an iterator already.
        """
        return self._dispatcher.streams.incoming(classes or self.incoming_classes)

    def answer(self, pdu: Pdu, answer: Answer = None) -> None:
        """Answer a request of the other end by hand: with a response, a command_status, or success. Once for each."""
        self._dispatcher.answer(pdu, answer)

    def owes(self, pdu: Pdu) -> bool:
        """Whether this request of the other end came over this connection and still waits for its answer."""
        return self._dispatcher.owes(pdu)

    # -- the end

    def begin_close(self) -> None:
        """Begin to close, and return at once; ``close`` does this too, and waits for the end."""
        self._dispatcher.closing()
        self._connection.begin_close()

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

    @property
    def handlers_running(self) -> int:
        """How many asynchronous handlers run."""
        return self._dispatcher.running

    def cancel_handlers(self) -> None:
        """Cancel the handlers that still run; they may outlive the connection."""
        self._dispatcher.cancel()

    def _connection_closed(self, _: "asyncio.Future[None]") -> None:
        self._gone()

    def _gone(self) -> None:
        self._dispatcher.closed()
