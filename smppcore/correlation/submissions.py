"""Messages that ask for receipts, from the request to the record that their receipts will find.

The record is committed before the caller has its response. No task is made for that: callbacks hang on the Futures that
there are anyway. With a memory store, where nothing is committed, the caller gets the very Future of the connection,
and the record is made in the turn of the loop in which that is done.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from smppcore.constants import RESPONSE_BIT
from smppcore.correlation.tracked import MESSAGE, Submission, destinations_of, wait_for, write_new
from smppcore.errors import OutcomeUnknown, StoreError
from smppcore.log import log
from smppcore.message_id import index_key
from smppcore.notice import LateAnswer, Notice
from smppcore.outcome import ASKS_RECEIPT, UNKNOWN, PartOutcome, ReceiptWatch, present_watch
from smppcore.pdu import DataSm, Request, Response, SubmitMulti, SubmitSm
from smppcore.requests import Begin
from smppcore.store import MemoryStore, Record, Store

R = TypeVar("R", bound=Response)
LATE_LIMIT: Final = 10_000
"""So many requests whose answer nobody waits for any more are remembered, because it may come late."""


class Submissions:
    """Records what the SMSC has taken. ``on_recorded`` is called with the key under which a message is found now.

    ``watches``: who waits for the outcome of a message, by the id of its record.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        keep: float,
        clock: Callable[[], float],
        on_recorded: Callable[[str], None],
    ) -> None:
        self.name = name
        self.watches: WeakValueDictionary[str, ReceiptWatch] = WeakValueDictionary()
        self.at_once = isinstance(store, MemoryStore)
        """Whether the store is of this process only, and has a record as soon as it is added."""
        self._store = store
        self._keep = keep
        self._clock = clock
        self._on_recorded = on_recorded
        self._prefix = secrets.token_hex(8)
        self._numbers = count(1)
        self._given_up: OrderedDict[int, _Attempt] = OrderedDict()

    def begin(self, begin: Begin, tag: str) -> Begin:
        """``begin``, with a record of what asks for receipts."""

        def recorded(pdu: Request[R], timeout: float | None, expiry: float | None = None, /) -> "asyncio.Future[R]":
            if not isinstance(pdu, SubmitSm | SubmitMulti | DataSm) or not pdu.registered_delivery & ASKS_RECEIPT:
                return begin(pdu, timeout, expiry)
            attempt = _Attempt(self, pdu, tag, self._clock())
            response: asyncio.Future[Any] = begin(pdu, timeout, expiry)
            response.add_done_callback(attempt.answered)
            if self.at_once:
                return response
            attempt.caller = _Caller(response)
            return attempt.caller

        return recorded

    def noticed(self, notice: Notice) -> None:
        """An answer that came late still says that the message was taken."""
        if not isinstance(notice, LateAnswer) or notice.request is None:
            return
        attempt = self._given_up.get(id(notice.request))
        response = notice.response
        if attempt is None or attempt.pdu is not notice.request:
            return
        if response.command_status:
            attempt.refused_late()
        elif response.command_id == attempt.pdu.command_id | RESPONSE_BIT:
            attempt.late = True
            self.record(attempt, response)

    def awaited(self) -> dict[str, tuple[str, float]]:
        """The records of messages whose outcome somebody waits for, with the key of each, and until when it is kept."""
        found: dict[str, tuple[str, float]] = {}
        for watch in list(self.watches.values()):
            found.update((record_id, (key, until)) for record_id, key, until in watch.awaited.values())
        return found

    def lapsed(self, record_id: str) -> None:
        """The receipt of this message has not come in time."""
        watch = self.watches.get(record_id)
        if watch is not None:
            watch.lapsed(record_id)

    def end(self) -> None:
        """Whoever waits for an outcome waits in vain."""
        for watch in list(self.watches.values()):
            watch.end()

    def give_up(self, attempt: "_Attempt") -> None:
        """Nobody waits for its answer any more."""
        self._given_up[id(attempt.pdu)] = attempt
        if len(self._given_up) > LATE_LIMIT:
            self._given_up.popitem(last=False)

    def record(self, attempt: "_Attempt", response: Any) -> None:
        """Keep what the SMSC has taken, and then let the caller have its response."""
        if not getattr(response, "message_id", ""):
            log.info("receipts cannot be matched: no message_id", link=self.name, command=attempt.pdu.command)
            attempt.without_id()
            attempt.deliver(response)
            return
        now, pdu = self._clock(), attempt.pdu
        until = now + wait_for(pdu, self._keep, now)
        try:
            commits = [
                self._keep_one(attempt, response.message_id, destination, is_list, now, until)
                for destination, is_list in destinations_of(pdu, response)
            ]
        except StoreError as error:
            self._fail(attempt, response, error)
            return
        waiting = [commit for commit in commits if commit is not None]
        if not waiting:
            attempt.deliver(response)
            return
        done = waiting[0] if len(waiting) == 1 else asyncio.gather(*waiting)
        done.add_done_callback(lambda future: self._committed(attempt, response, future))

    def _keep_one(
        self, attempt: "_Attempt", message_id: str, destination: str, is_list: bool, now: float, until: float
    ) -> "asyncio.Future[None] | None":
        record_id = f"{self._prefix}-{next(self._numbers):x}"
        key, name = index_key(message_id), self.name
        if attempt.watch is not None:
            attempt.watch.expect(attempt.part, record_id, key, until)
            self.watches[record_id] = attempt.watch
        fields = (
            name,
            message_id,
            attempt.pdu.source_addr,
            destination,
            attempt.submitted,
            now,
            attempt.tag,
            attempt.part + 1,
            attempt.parts,
            attempt.late,
            is_list,
        )
        commit = self._store.add(Record(record_id, name, MESSAGE, (key,), until, write_new(fields, until)))
        self._on_recorded(key)
        return commit

    def _committed(self, attempt: "_Attempt", response: Any, commit: "asyncio.Future[Any]") -> None:
        error = None if commit.cancelled() else commit.exception()
        if commit.cancelled() or error is not None:
            self._fail(attempt, response, error)
        else:
            attempt.deliver(response)

    def _fail(self, attempt: "_Attempt", response: Any, error: BaseException | None) -> None:
        log.error("a message was taken, and its record is in doubt", link=self.name, error=str(error))
        failure = StoreError(f"{attempt.pdu.command} was taken by the SMSC, its record is in doubt: {error}", response)
        failure.__cause__ = error
        attempt.not_recorded(failure)


class _Attempt:
    """One request that asks for receipts. ``caller`` is the Future of the caller where that is not the connection's."""

    __slots__ = ("caller", "desk", "late", "part", "parts", "pdu", "submitted", "tag", "watch")

    def __init__(self, desk: Submissions, pdu: Submission, tag: str, submitted: float) -> None:
        self.desk = desk
        self.pdu = pdu
        self.tag = tag
        self.submitted = submitted
        self.caller: asyncio.Future[Any] | None = None
        self.late = False
        watched = present_watch()
        if watched is None:
            self.watch, self.part, self.parts = None, 0, 1
        else:
            self.watch, self.part = watched
            self.parts = len(self.watch)

    def answered(self, response: "asyncio.Future[Any]") -> None:
        """The connection is done with it."""
        caller = self.caller
        if response.cancelled():
            self.desk.give_up(self)
            if caller is not None:
                caller.cancel()
            return
        error = response.exception()
        if error is None:
            self.desk.record(self, response.result())
            return
        if isinstance(error, OutcomeUnknown):
            self.desk.give_up(self)
            self._settle(PartOutcome("unknown", error=error))
        if caller is not None and not caller.done():
            caller.set_exception(error)

    def deliver(self, response: Response) -> None:
        """Let the caller have the response."""
        if self.caller is not None and not self.caller.done():
            self.caller.set_result(response)

    def not_recorded(self, error: StoreError) -> None:
        """The SMSC has taken it, and its receipts may find nothing."""
        self._settle(PartOutcome("unknown", error=error))
        if self.caller is not None and not self.caller.done():
            self.caller.set_exception(error)

    def without_id(self) -> None:
        """The SMSC has taken it without a message_id."""
        self._settle(UNKNOWN)

    def refused_late(self) -> None:
        """It was in doubt, and now it is known that the SMSC has not taken it."""
        self._settle(PartOutcome("refused"))

    def _settle(self, outcome: PartOutcome) -> None:
        if self.watch is not None:
            self.watch.settle(self.part, outcome)


class _Caller(asyncio.Future[Any]):
    """What a caller awaits until its record is committed; cancelling it cancels the request."""

    def __init__(self, response: "asyncio.Future[Any]") -> None:
        super().__init__(loop=response.get_loop())
        self._response = response

    def cancel(self, msg: Any = None) -> bool:
        if not super().cancel(msg):
            return False
        self._response.cancel(msg)
        return True
