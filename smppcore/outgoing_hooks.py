"""Hooks in front of what begins an attempt: each may alter the request, answer it or hold it back."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from smppcore.attempts import Attempts, taken
from smppcore.errors import NotSent, Refused, SmppError
from smppcore.hook import Drop, Outbound, Verdict, complain, name_of
from smppcore.pdu import GenericNack, Request, Response
from smppcore.requests import Begin, Requests

R = TypeVar("R", bound=Response)


class BeginFor(Begin, Protocol):
    """A Begin that may be given a ``waiter``, which takes the answer in place of a Future; see Connection.request."""

    def __call__(
        self, pdu: Request[R], timeout: float | None, expiry: float | None = None, waiter: Any = None, /
    ) -> "asyncio.Future[R]":
        """A Future for the response, or the waiter."""


class OutgoingHooks:
    """Begins an attempt as ``begin`` does, once all hooks have let it go. ``waiter`` is as for Connection.request."""

    __slots__ = ("_begin", "_end", "_now", "_steps")

    def __init__(self, end: Requests, begin: Any, steps: "Sequence[tuple[Outbound | None, Verdict | None]]") -> None:
        self._end = end
        self._begin = begin
        self._now: Callable[[], float] | None = None
        self._steps = steps

    def __call__(
        self, pdu: Request[R], timeout: float | None, expiry: float | None = None, waiter: Any = None, /
    ) -> "asyncio.Future[R]":
        if not isinstance(pdu, Request):
            raise TypeError(f"a request is a PDU with an answer, not {type(pdu).__name__}")
        attempts = taken()
        now = self._now or self._clock()
        end, going, since = self._end, pdu, now()
        passed: list[tuple[Verdict, Request[Any]]] = []
        for outbound, verdict in self._steps:
            if verdict is not None:
                passed.append((verdict, going))
            if outbound is None:
                continue
            try:
                decision = outbound(end, going)
                if decision is None:
                    continue
                decision = _decided(going, decision)
            except Exception as error:
                decision = _failed(outbound, going, error)
            if not isinstance(decision, Request):
                return _settled(decision, _Verdicts(end, passed, since, now, attempts), waiter)
            going = decision
        if not passed:
            future: asyncio.Future[R] = (
                self._begin(going, timeout, expiry) if waiter is None else self._begin(going, timeout, expiry, waiter)
            )
            return future
        verdicts = _Verdicts(end, passed, since, now, attempts)
        if waiter is not None:
            self._begin(going, timeout, expiry, _Waiter(waiter, verdicts))
            return waiter  # type: ignore[no-any-return]
        future = self._begin(going, timeout, expiry)
        if future.done():
            verdicts.future_done(future)  # its caller does not wait for the loop either
        else:
            if attempts is not None:
                attempts.flies()
            future.add_done_callback(verdicts.future_done)
        return future

    def _clock(self) -> Callable[[], float]:
        """The clock of the event loop; a Link is made before that runs."""
        self._now = asyncio.get_running_loop().time
        return self._now


class _Verdicts:
    """Tells those that a request has passed how it ended."""

    __slots__ = ("_attempts", "_end", "_now", "_passed", "_since")

    def __init__(
        self,
        end: Requests,
        passed: list[tuple[Verdict, Request[Any]]],
        since: float,
        now: Callable[[], float],
        attempts: Attempts | None,
    ) -> None:
        self._end = end
        self._passed = passed
        self._since = since
        self._now = now
        self._attempts = attempts

    def tell(self, outcome: Any) -> None:
        if self._attempts is None:
            self._tell(outcome)
            return
        self._attempts.count += 1
        self._attempts.call(self._tell, outcome)
        self._attempts.landed()

    def _tell(self, outcome: Any) -> None:
        seconds = self._now() - self._since
        for verdict, pdu in reversed(self._passed):
            try:
                verdict(self._end, pdu, outcome, seconds)
            except Exception as error:
                complain(verdict, error)

    def future_done(self, future: "asyncio.Future[Any]") -> None:
        if future.cancelled():
            self.tell(asyncio.CancelledError())
        else:
            # Not exception(): who only looks on does not take notice of an error that nobody else takes notice of.
            self.tell(future._exception or future.result())


class _Waiter:
    """Takes an answer for another waiter, and tells the verdict first."""

    __slots__ = ("_told", "_verdicts", "_waiter")

    def __init__(self, waiter: Any, verdicts: _Verdicts) -> None:
        self._waiter = waiter
        self._verdicts = verdicts
        self._told = False

    def done(self) -> bool:
        done = bool(self._waiter.done())
        if done:
            self._tell_once(asyncio.CancelledError())  # given up by itself
        return done

    def set_result(self, response: Any) -> None:
        self._tell_once(response)
        self._waiter.set_result(response)

    def set_exception(self, error: BaseException) -> None:
        self._tell_once(error)
        self._waiter.set_exception(error)

    def _tell_once(self, outcome: Any) -> None:
        if not self._told:
            self._told = True
            self._verdicts.tell(outcome)


def _settled(outcome: "Response | SmppError", verdicts: _Verdicts, waiter: Any) -> "asyncio.Future[Any]":
    """What an attempt ends with that does not leave: at once, for all who wait for it."""
    verdicts.tell(outcome)
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future() if waiter is None else waiter
    if isinstance(outcome, Response):
        future.set_result(outcome)
    else:
        future.set_exception(outcome)
    return future


def _decided(pdu: Request[Any], decision: object) -> Request[Any] | Response | SmppError:
    """What becomes of a request that a hook did not just let go: another request, a response, or an error."""
    if isinstance(decision, Request) and decision.command_id == pdu.command_id:
        return decision
    if isinstance(decision, Drop):
        return NotSent(decision.reason, pdu)
    if isinstance(decision, GenericNack) or (isinstance(decision, pdu.response_class) and decision.command_status):
        return Refused(decision, pdu)
    if isinstance(decision, pdu.response_class):
        return decision
    raise TypeError(
        f"a hook gives for {pdu.command} its response, another {pdu.command} or a Drop, not {type(decision).__name__}"
    )


def _failed(outbound: Outbound, pdu: Request[Any], error: Exception) -> NotSent:
    complain(outbound, error)
    failure = NotSent(f"{name_of(outbound)} failed: {error}", pdu)
    failure.__cause__ = error
    return failure
