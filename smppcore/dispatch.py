"""Brings the peer's requests to the application, and its answers back.

A handler gets the Esme or Peer and the PDU, and returns a response PDU, a command_status, None for plain success, or
an awaitable of these. What is awaitable runs in a task of its own, so many at once; more wait in a backlog; beyond that
requests are refused. Reading never pauses for handlers: one that awaits a request on its own link would wait for ever.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from smppcore.constants import CommandStatus
from smppcore.errors import EncodeError, Refuse, StateError
from smppcore.log import log
from smppcore.notice import Notice
from smppcore.pdu import Pdu, Request, Response
from smppcore.settings import Settings
from smppcore.transport import Connection

Answer = Response | int | None
Handler = Callable[[Any, Any], Answer | Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """With which command_status a role answers what it cannot handle: no handler, one that failed, too much at once."""

    unhandled: int
    failed: int
    overload: int


ESME_REFUSALS: Final = Refusals(
    unhandled=CommandStatus.ESME_RX_T_APPN, failed=CommandStatus.ESME_RX_T_APPN, overload=CommandStatus.ESME_RX_T_APPN
)
"""An SMSC tries again after ESME_RX_T_APPN; on ESME_RSYSERR many throw the message away."""
SMSC_REFUSALS: Final = Refusals(
    unhandled=CommandStatus.ESME_RINVCMDID, failed=CommandStatus.ESME_RSYSERR, overload=CommandStatus.ESME_RTHROTTLED
)


class Incoming:
    """Requests of the peer as an asynchronous iterator: each is answered with success when the next one is asked for.

    ``answer(status)`` answers the present one earlier, or with an error. When the iterator or the connection closes,
    what is not answered yet is answered by an Esme with ESME_RX_T_APPN, so that the SMSC delivers it again, and by an
    Smsc with ESME_RSYSERR. One loop at a time; after a ``break`` another may go on. ``async with`` closes it in the
    end, after which the same classes can be asked for again.
    """

    def __init__(self, dispatcher: "Dispatcher", classes: tuple[type[Pdu], ...]) -> None:
        self._dispatcher = dispatcher
        self._classes = classes
        self._queue: deque[Pdu] = deque()
        self._arrival: asyncio.Future[None] | None = None
        self._present: Pdu | None = None
        self._ended = False

    def __aiter__(self) -> "Incoming":
        return self

    async def __aenter__(self) -> "Incoming":
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    async def __anext__(self) -> Pdu:
        self.answer()
        while not self._queue:
            if self._ended:
                raise StopAsyncIteration
            if self._arrival is not None and not self._arrival.done():
                raise RuntimeError("two loops over one iterator: each item would go to either of them")
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        self._present = self._queue.popleft()
        return self._present

    def answer(self, response: Answer = None) -> None:
        """Answer the present item, once; nothing happens where it is answered already."""
        present, self._present = self._present, None
        if present is not None and self._dispatcher.owes(present):
            self._dispatcher.answer(present, response)

    def put(self, pdu: Pdu) -> None:
        if self._ended:
            self._dispatcher.answer_failed(pdu)
            return
        self._queue.append(pdu)
        self._wake()

    def end(self) -> None:
        """No more will come: what is not answered yet is answered with an error, and the iteration ends."""
        self._ended = True
        if self._present is not None:
            self._queue.appendleft(self._present)
            self._present = None
        while self._queue:
            self._dispatcher.answer_failed(self._queue.popleft())
        self._wake()

    def close(self) -> None:
        """Stop receiving; what has arrived and is not answered is answered with an error that passes."""
        self._dispatcher.remove(self._classes)
        self.end()

    @property
    def queued(self) -> int:
        """How many have arrived and were not asked for."""
        return len(self._queue)

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)


class Dispatcher:
    """Hands requests to handlers and iterators by their class. ``owner`` is what handlers get as first argument."""

    def __init__(
        self,
        owner: Any,
        handlers: Mapping[type[Any], Handler] | None,
        settings: Settings,
        refusals: Refusals,
    ) -> None:
        self.connection: Connection
        self._owner = owner
        self._handlers = dict(handlers or {})
        self._settings = settings
        self._refusals = refusals
        self._streams: dict[type[Pdu], Incoming] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self._backlog: deque[tuple[Handler, Pdu]] = deque()

    def dispatch(self, pdu: Pdu) -> None:
        """Bring one request to its handler; it is answered now, or when the handler is done."""
        handler = self._handlers.get(type(pdu))
        if handler is None:
            self._without_handler(pdu)
        elif self._running and (self._backlog or len(self._running) >= self._settings.handlers):
            self._wait_for_turn(handler, pdu)
        else:
            self._call(handler, pdu)

    def _call(self, handler: Handler, pdu: Pdu) -> None:
        try:
            result = handler(self._owner, pdu)
        except Exception as error:
            result = self._failure(pdu, error)
        if isinstance(result, Response):
            try:
                self.connection.respond(pdu, result)
            except (EncodeError, StateError) as error:
                self._bad_answer(pdu, error)
        elif result is None or isinstance(result, int):
            self.answer(pdu, result)
        else:
            task = asyncio.ensure_future(self._await(pdu, result))
            self._running.add(task)
            task.add_done_callback(self._task_done)

    async def _await(self, pdu: Pdu, result: Awaitable[Answer]) -> None:
        try:
            answer = await result
        except Exception as error:
            answer = self._failure(pdu, error)
        except asyncio.CancelledError:
            self.answer_failed(pdu)
            raise
        self.answer(pdu, answer)

    def _task_done(self, task: "asyncio.Task[Any]") -> None:
        self._running.discard(task)
        while self._backlog and len(self._running) < self._settings.handlers:
            self._call(*self._backlog.popleft())

    def _failure(self, pdu: Pdu, error: Exception) -> int:
        """The status for a handler that raised: what Refuse names, else a temporary error, logged once."""
        if isinstance(error, Refuse):
            return error.status
        log.error("handler failed", command=pdu.command, sequence_number=pdu.sequence_number, exc_info=error)
        return self._refusals.failed

    def answer(self, pdu: Pdu, answer: Answer) -> None:
        """Answer a request with a response PDU, a status, or plain success; a bad answer becomes an error status."""
        if not isinstance(pdu, Request):
            return
        if isinstance(answer, bool):
            # An authenticator says True for yes; as a command_status it would say ESME_RINVMSGLEN.
            self._bad_answer(pdu, TypeError(f"a handler answers with a PDU, a command_status or None, not {answer}"))
            return
        response = answer if isinstance(answer, Response) else pdu.answer(answer or 0)
        try:
            self.connection.respond(pdu, response)
        except (EncodeError, StateError) as error:
            self._bad_answer(pdu, error)

    def answer_failed(self, pdu: Pdu) -> None:
        """Answer that this end could not handle the request for now, unless it was answered by hand."""
        if self.owes(pdu):
            self.answer(pdu, self._refusals.failed)

    def owes(self, pdu: Pdu) -> bool:
        """Whether this request still waits for its answer."""
        return id(pdu) in self.connection.session.unanswered

    def _bad_answer(self, pdu: Pdu, error: Exception) -> None:
        log.error("bad answer", command=pdu.command, sequence_number=pdu.sequence_number, exc_info=error)
        self.answer_failed(pdu)

    def _without_handler(self, pdu: Pdu) -> None:
        stream = self._streams.get(type(pdu))
        if stream is None:
            self.answer(pdu, self._refusals.unhandled)
        elif stream.queued >= self._settings.backlog:
            self.answer(pdu, self._refusals.overload)
        else:
            stream.put(pdu)

    def _wait_for_turn(self, handler: Handler, pdu: Pdu) -> None:
        if len(self._backlog) >= self._settings.backlog:
            self.answer(pdu, self._refusals.overload)
        else:
            self._backlog.append((handler, pdu))

    def incoming(self, classes: tuple[type[Pdu], ...]) -> Incoming:
        """An iterator over the requests of these classes. Raises ValueError where a handler or iterator has one."""
        for each in classes:
            if each in self._handlers or each in self._streams:
                raise ValueError(f"{each.__name__} has a handler or an iterator already")
        stream = Incoming(self, classes)
        self._streams.update(dict.fromkeys(classes, stream))
        return stream

    def remove(self, classes: tuple[type[Pdu], ...]) -> None:
        for each in classes:
            self._streams.pop(each, None)

    def closing(self) -> None:
        """The connection is about to close: iterators end, and what they still owe is answered."""
        for stream in set(self._streams.values()):
            stream.end()

    def closed(self) -> None:
        """The connection is gone: iterators end. Handlers that run may finish; their answers have nowhere to go."""
        self.closing()
        self._backlog.clear()

    def cancel(self) -> None:
        """Cancel the handlers that still run, but for the one that asks for it."""
        self._backlog.clear()
        for task in self._running:
            if task is not asyncio.current_task():
                task.cancel()


def log_notice(notice: Notice) -> None:
    """What happens to notices where the application wants none: a line in the log, if that is on."""
    log.debug("notice", kind=type(notice).__name__)
