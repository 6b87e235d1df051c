"""Hooks on what an end asks and on what it is asked: they look on, alter, answer in its place, or hold back.

The hooks of several Middlewares lie round the application like the skins of an onion: what leaves passes from the first
to the last, what comes in from the last to the first, and how it ended is told on the way back, to those that it has
passed. Each is told of the PDU as it was when it came to it. Where nobody overrides a hook there is nothing in the way:
an end without middleware begins its requests with the very method of its connection.
"""

import inspect
from collections.abc import Sequence
from typing import Any, Final, overload

from smppcore.calls import Call
from smppcore.dispatch import Dispatcher
from smppcore.hook import Drop, Outcome, name_of, tell
from smppcore.incoming_hooks import IncomingHooks, Receiver
from smppcore.outgoing_hooks import BeginFor, OutgoingHooks
from smppcore.pdu import Bind, EnquireLink, Pdu, Request, Response, Unbind
from smppcore.requests import Begin, Requests
from smppcore.transport import Connection

__all__ = ["NO_HOOKS", "BeginFor", "Drop", "Hooks", "Middleware", "Outcome", "Receiver"]


class Middleware:
    """Subclass it, override the hooks that you need, and give instances to connect, Smsc or Link.

    Hooks are synchronous and must not block; ``end`` is what handlers get: the Esme, the Peer or the Link. Binds,
    enquire_link, unbind and what has no answer (alert_notification sent by us) are not shown to ``outbound``; what
    handlers never see is not shown to ``inbound``. A hook that raises is logged; what else comes of it says each.
    """

    def outbound(self, end: Requests, pdu: Request[Any]) -> Request[Any] | Response | Drop | None:
        """One attempt to send a request; a retry is another. None lets it go on as it is.

        Another PDU of the same command goes on in its place; do not modify the one given, which is the caller's. A
        Response is the answer, and nothing is sent: with an error status the caller gets Refused, as if the other end
        had said so. After Drop the caller gets NotSent, and so does it after an error, which is the cause.
        """
        return None

    def verdict(self, end: Requests, pdu: Request[Any], verdict: Outcome, seconds: float) -> None:
        """How an attempt ended that had come to ``outbound``, once for each, before its caller goes on.

        ``seconds`` covers all of the attempt, waiting for the window included. CancelledError says that nobody waits
        for it any more; it may have been sent.
        """

    def answer_came(self, end: Requests, bind: str, pdu: Request[Any], response: Pdu, seconds: float) -> None:
        """An answer has come over the bind of this name: before ``verdict``, and only a Link tells.

        ``response`` may have any status, and is a generic_nack where the other end sent one.
        """

    def inbound(self, end: Requests, pdu: Pdu) -> Pdu | Response | int | Drop | None:
        """A PDU for the handlers and iterators. None lets it go on as it is, altered in place if you like.

        Another PDU of the same command goes on in its place. A Response or a command_status is the answer, Drop answers
        with success; handlers do not see it then. ``raise Refuse(status)`` answers too, and after any other error it is
        answered as for a handler that fails.
        """
        return None

    def answered(self, end: Requests, pdu: Pdu, response: Response, seconds: float) -> None:
        """What we have answered to a request, whoever did: once for each that is answered, after it was queued.

        ``seconds`` is since it was dispatched; 0 for what the limits of an account refused, which is not shown to
        ``inbound``. A request whose connection has gone has no answer: the notice Unanswered tells.
        """

    def receipt(self, end: Requests, receipted: Any) -> None:
        """A receipt was matched to its message, or came again: a Receipted. Only a Link with correlation tells."""

    def expired(self, end: Requests, record: Any) -> None:
        """The receipt of a message has not come in time. Only a Link with correlation tells."""


class Hooks:
    """What several Middlewares, the one nearest to the application first, really override. Empty it is false.

    Raises TypeError for what is no instance of Middleware, and for a hook that is a coroutine function.
    """

    __slots__ = ("_answer_came", "_expired", "_inward", "_outward", "_receipt")

    def __init__(self, middleware: Sequence[Middleware] = ()) -> None:
        for each in middleware:
            if not isinstance(each, Middleware):
                raise TypeError(f"middleware: {each!r} is no instance of Middleware")
        inner_first, outer_first = list(middleware), list(reversed(middleware))
        self._outward = _steps(inner_first, "outbound", "verdict")
        self._inward = _steps(outer_first, "inbound", "answered")
        self._answer_came = [hook for each in outer_first if (hook := _hook(each, "answer_came")) is not None]
        self._receipt = [hook for each in outer_first if (hook := _hook(each, "receipt")) is not None]
        self._expired = [hook for each in outer_first if (hook := _hook(each, "expired")) is not None]

    def __bool__(self) -> bool:
        return bool(self._outward or self._inward or self._answer_came or self._receipt or self._expired)

    @overload
    def outbound_of(self, end: Requests, begin: BeginFor) -> BeginFor: ...
    @overload
    def outbound_of(self, end: Requests, begin: Begin) -> Begin: ...
    def outbound_of(self, end: Requests, begin: Begin) -> Begin:
        """``begin`` behind the hooks on requests of ``end``; ``begin`` itself where there are none."""
        return OutgoingHooks(end, begin, self._outward) if self._outward else begin

    def inbound_of(self, end: Requests, dispatcher: Dispatcher, connection: Connection) -> Receiver:
        """``dispatcher`` behind the hooks on what comes in for ``end``; the dispatcher itself where there are none."""
        return IncomingHooks(end, dispatcher, connection, self._inward) if self._inward else dispatcher

    def watch_answers(self, end: Requests, bind: str, connection: Connection) -> None:
        """Tell of all answers that come over this connection of ``end``; does nothing where nobody wants to know."""
        hooks = self._answer_came
        if not hooks:
            return

        def answer_came(call: Call, response: Any) -> None:
            if isinstance(call[0], Bind | EnquireLink | Unbind):
                return
            seconds = connection.now - call[2]
            for hook in hooks:
                tell(hook, end, bind, call[0], response, seconds)

        connection.watch_answers(answer_came)

    def receipt(self, end: Requests, receipted: Any) -> None:
        """Tell that a receipt was matched, or came again."""
        for hook in self._receipt:
            tell(hook, end, receipted)

    def expired(self, end: Requests, record: Any) -> None:
        """Tell that a receipt has not come in time."""
        for hook in self._expired:
            tell(hook, end, record)


def _steps(middleware: Sequence[Middleware], there: str, back: str) -> "list[tuple[Any, Any]]":
    """The two hooks of each that has one of them, None for the one that it has not."""
    both = ((_hook(each, there), _hook(each, back)) for each in middleware)
    return [each for each in both if each != (None, None)]


def _hook(middleware: Middleware, name: str) -> Any:
    """The hook of that name, None where it is that of Middleware itself, which does nothing."""
    hook = getattr(middleware, name)
    if getattr(hook, "__func__", None) is getattr(Middleware, name):
        return None
    if inspect.iscoroutinefunction(hook):
        raise TypeError(f"{name_of(hook)} is a coroutine function; hooks are synchronous")
    return hook


NO_HOOKS: Final = Hooks()
