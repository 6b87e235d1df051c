"""Brings the peer's requests to the application, and its answers back.

A handler gets the Esme or Peer and the PDU, and returns a response PDU, a command_status, None for plain success,
UNHANDLED for what it leaves to others, or an awaitable of these. What is awaitable runs in a task of its own, so many
at once; more wait in a backlog; beyond that requests are refused. Reading never pauses for handlers: one that awaits a
request on its own link would wait for ever.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol

from smppcore.constants import CommandStatus
from smppcore.errors import EncodeError, Refuse, StateError, status_name
from smppcore.incoming import Streams
from smppcore.log import log
from smppcore.notice import Notice
from smppcore.pdu import Pdu, Request, Response
from smppcore.quarantine import Quarantine
from smppcore.settings import Settings

Answer = Response | int | None


class Unhandled(Enum):
    """The type of UNHANDLED, for annotations."""

    UNHANDLED = "unhandled"


UNHANDLED: Final = Unhandled.UNHANDLED
"""What a handler returns for a PDU that is none of its: an iterator gets it, else it is refused as unhandled."""
Result = Answer | Unhandled
Handler = Callable[[Any, Any], Result | Awaitable[Result]]


class Answerer(Protocol):
    """Where the answers go: the connection, or what stands in front of it."""

    def respond(self, request: Pdu, response: Response) -> None:
        """Answer a request of the peer, once. Raises StateError, EncodeError."""

    def owes(self, request: Pdu) -> bool:
        """Whether this request still waits for its answer."""


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


NO_HANDLERS: Final[Mapping[type[Any], Handler]] = {}


class Dispatcher:
    """Hands requests to handlers and iterators by their class. ``owner`` is what handlers get as first argument.

    ``handlers`` is kept, not copied: the peers of an Smsc share one.
    """

    __slots__ = (
        "_backlog",
        "_handlers",
        "_lasting",
        "_owner",
        "_quarantine",
        "_refusals",
        "_running",
        "_settings",
        "connection",
        "streams",
    )

    def __init__(
        self,
        owner: Any,
        handlers: Mapping[type[Any], Handler] | None,
        settings: Settings,
        refusals: Refusals,
        quarantine: Quarantine | None = None,
    ) -> None:
        self.connection: Answerer
        self._owner = owner
        self._handlers: Mapping[type[Any], Handler] = NO_HANDLERS if handlers is None else handlers
        self._settings = settings
        self._refusals = refusals
        self._quarantine = quarantine
        self.streams = Streams(self._handlers)
        self._lasting = False
        # Both are made when they are needed, and forgotten when they are empty: most peers of an SMSC are idle.
        self._running: dict[asyncio.Task[Any], Pdu] | tuple[()] = ()
        self._backlog: deque[tuple[Handler, Pdu]] | tuple[()] = ()

    def serve(self, link: Any, streams: Streams) -> None:
        """Work for a link: its handlers get the link, and its iterators do not end with this connection."""
        self._owner, self.streams, self._lasting = link, streams, True

    @property
    def running(self) -> int:
        """How many asynchronous handlers run."""
        return len(self._running)

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
            self.fail(pdu, error)
            return
        if isinstance(result, Response):
            try:
                self.connection.respond(pdu, result)
            except (EncodeError, StateError) as error:
                self._bad_answer(pdu, error)
                return
        elif result is None or isinstance(result, int):
            if not self.answer(pdu, result):
                return
        elif result is UNHANDLED:
            self._without_handler(pdu)
            return
        else:
            task = asyncio.ensure_future(self._await(pdu, result))
            if self._running:
                self._running[task] = pdu
            else:
                self._running = {task: pdu}
            task.add_done_callback(self._task_done)
            return
        if self._quarantine is not None:
            self._quarantine.digested(pdu)

    async def _await(self, pdu: Pdu, result: Awaitable[Result]) -> None:
        try:
            answer = await result
        except Exception as error:
            self.fail(pdu, error)
            return
        except asyncio.CancelledError:
            self.answer_failed(pdu)
            raise
        if answer is UNHANDLED:
            self._without_handler(pdu)
        elif self.answer(pdu, answer) and self._quarantine is not None:
            self._quarantine.digested(pdu)

    def _task_done(self, task: "asyncio.Task[Any]") -> None:
        if self._running:
            self._running.pop(task, None)
        while self._backlog and len(self._running) < self._settings.handlers:
            self._call(*self._backlog.popleft())
        self._running = self._running or ()
        self._backlog = self._backlog or ()

    def fail(self, pdu: Pdu, error: Exception, event: str = "handler failed") -> None:
        """Answer for one who raised: with what Refuse names, else with a temporary error, logged once."""
        if isinstance(error, Refuse):
            self.answer(pdu, error.status)
            return
        log.error(event, command=pdu.command, sequence_number=pdu.sequence_number, exc_info=error)
        self.answer(pdu, self._undigested(pdu, error))

    def _undigested(self, pdu: Pdu, error: Exception) -> int:
        """The status for a PDU that its handler could not digest: a temporary error, until it is given up."""
        status = self._quarantine.failed(pdu, error) if self._quarantine is not None else None
        if status is None:
            return self._refusals.failed
        log.error("quarantined", command=pdu.command, sequence_number=pdu.sequence_number, status=status_name(status))
        return status

    def answer(self, pdu: Pdu, answer: Answer) -> bool:
        """Answer a request with a response PDU, a status, or plain success; a bad answer becomes an error status.

        Returns whether it was a good one.
        """
        if not isinstance(pdu, Request):
            return True
        if isinstance(answer, bool):
            # An authenticator says True for yes; as a command_status it would say ESME_RINVMSGLEN.
            self._bad_answer(pdu, TypeError(f"a handler answers with a PDU, a command_status or None, not {answer}"))
            return False
        response = answer if isinstance(answer, Response) else pdu.answer(answer or 0)
        try:
            self.connection.respond(pdu, response)
        except (EncodeError, StateError) as error:
            self._bad_answer(pdu, error)
            return False
        return True

    def answer_failed(self, pdu: Pdu) -> None:
        """Answer that this end could not handle the request for now, unless it was answered by hand."""
        if self.owes(pdu):
            self.answer(pdu, self._refusals.failed)

    def owes(self, pdu: Pdu) -> bool:
        """Whether this request still waits for its answer."""
        return self.connection.owes(pdu)

    def _bad_answer(self, pdu: Pdu, error: Exception) -> None:
        log.error("bad answer", command=pdu.command, sequence_number=pdu.sequence_number, exc_info=error)
        if self.owes(pdu):
            self.answer(pdu, self._undigested(pdu, error))

    def _without_handler(self, pdu: Pdu) -> None:
        stream = self.streams.by_class.get(type(pdu))
        if stream is None:
            self.answer(pdu, self._refusals.unhandled)
        elif stream.queued >= self._settings.backlog:
            self.answer(pdu, self._refusals.overload)
        else:
            stream.put(self, pdu)

    def _wait_for_turn(self, handler: Handler, pdu: Pdu) -> None:
        if len(self._backlog) >= self._settings.backlog:
            self.answer(pdu, self._refusals.overload)
        elif self._backlog:
            self._backlog.append((handler, pdu))
        else:
            self._backlog = deque([(handler, pdu)])

    def closing(self) -> None:
        """The connection is about to close: iterators end, and what they still owe is answered."""
        self._answer_own()
        if not self._lasting:
            self.streams.end()
            return
        for stream in set(self.streams.by_class.values()):
            stream.leave(self)

    def _answer_own(self) -> None:
        """A handler that closes its own link waits for the close, and the close must not wait for its answer."""
        if self._running:
            pdu = self._running.get(asyncio.current_task())  # type: ignore[arg-type]
            if pdu is not None:
                self.answer_failed(pdu)

    def closed(self) -> None:
        """The connection is gone: iterators end. Handlers that run may finish; their answers have nowhere to go."""
        self.closing()
        self._backlog = ()

    def cancel(self) -> None:
        """Cancel the handlers that still run, but for the one that asks for it."""
        self._backlog = ()
        for task in self._running:
            if task is not asyncio.current_task():
                task.cancel()


def log_notice(notice: Notice) -> None:
    """What happens to notices where the application wants none: a line in the log, if that is on."""
    log.debug("notice", kind=type(notice).__name__)
