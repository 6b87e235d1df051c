"""Keeps one bind of a link: connects, waits until the connection is gone, waits, and so on until it is told to stop."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

from smppcore.backoff import Backoff, BackoffSettings, Failure, failure_of
from smppcore.esme import Esme
from smppcore.link_event import LinkEvent, LinkState
from smppcore.log import log
from smppcore.place import Place


class BindKeeper:
    """The bind of one ``place``. Several stand beside each other: each has its own waiting times, none knows of others.

    ``open_bind`` makes a bound Esme; ``on_change`` is called with the keeper and each change of its state. ``esme`` is
    there while it is bound. A failure of a kind in ``give_up_on`` ends it for good.
    """

    def __init__(
        self,
        place: Place,
        open_bind: Callable[[], Awaitable[Esme]],
        settings: BackoffSettings,
        give_up_on: Collection[Failure],
        on_change: Callable[["BindKeeper", LinkEvent], None],
    ) -> None:
        self.place = place
        self.event = LinkEvent(LinkState.DOWN, "not started")
        """What was told of it last."""
        self.last_error: Exception | None = None
        self.failed_at = 0.0
        """When that was, by the clock of the event loop."""
        self.esme: Esme | None = None
        self.attempts = 0
        """How often it has tried to bind, and in ``binds`` how often that went well."""
        self.binds = 0
        self.bound_since: datetime | None = None
        self._requests = 0
        self._open = open_bind
        self._backoff = Backoff(settings, random.Random())  # noqa: S311  # it spreads waiting times, it guards nothing
        self._give_up_on = give_up_on
        self._on_change = on_change
        self._former: list[Esme] = []
        """Connections that are gone, but have handlers that still run."""
        self._closing = False
        self._task = asyncio.create_task(self._keep(), name="smppcore link")

    async def _keep(self) -> None:
        while not self._closing:
            self.attempts += 1
            self._tell(LinkEvent(LinkState.CONNECTING, attempt=self._backoff.failures + 1))
            failure, error, lasted = await self._bind_and_wait()
            if self._closing:
                return
            if failure in self._give_up_on:
                self._tell(LinkEvent(LinkState.CLOSED, f"given up: {error}", failure, 0.0, error, self._failures))
                return
            wait = self._backoff.failed(failure, lasted)
            self._tell(LinkEvent(LinkState.DOWN, str(error), failure, wait, error, self._failures))
            await asyncio.sleep(wait)

    async def _bind_and_wait(self) -> tuple[Failure, Exception, float | None]:
        """One connection: the kind of its end, the error, and how long it was bound, None if it never was."""
        try:
            esme = await self._open()
        except Exception as error:
            failure = failure_of(error)
            if failure is Failure.CONFIGURATION:
                log.error("connecting failed", exc_info=error)
            return failure, _without_frames(error), None
        now = asyncio.get_running_loop().time
        since = now()
        self._bound(esme)
        try:
            reason = await esme.wait_closed()
        except asyncio.CancelledError:
            esme.abort()
            raise
        finally:
            self._unbound(esme)
        return Failure.LOST, ConnectionError(reason), now() - since

    @property
    def _failures(self) -> int:
        return self._backoff.failures

    def _bound(self, esme: Esme) -> None:
        self.binds += 1
        self.bound_since = datetime.now(UTC)
        self.esme = esme
        self._tell(LinkEvent(LinkState.UP, attempt=self._failures + 1))

    def _unbound(self, esme: Esme) -> None:
        self.esme = self.bound_since = None
        self._requests += esme.requests_sent
        if not self._closing:
            self._former = [each for each in (*self._former, esme) if each.handlers_running]

    @property
    def requests(self) -> int:
        """How many requests were sent on it, over all of its connections, binds and enquire_links included."""
        return self._requests + (self.esme.requests_sent if self.esme is not None else 0)

    @property
    def has_failed(self) -> bool:
        """Whether it is not bound, and this is not its first attempt."""
        return self.esme is None and self.last_error is not None

    def _tell(self, event: LinkEvent) -> None:
        self.event = event
        if event.error is not None:
            self.last_error, self.failed_at = event.error, asyncio.get_running_loop().time()
        self._on_change(self, event)

    def begin_close(self) -> None:
        """Begin to stop, in every state: unbind and close what is bound, break off what is not."""
        if self._closing:
            return
        self._closing = True
        if self.esme is not None:
            self.esme.begin_close()
        else:
            self._task.cancel()

    async def close(self) -> None:
        """begin_close, and wait until it has stopped. Cancelled, it aborts at once."""
        self.begin_close()
        try:
            if self.esme is not None:
                await self.esme.close()
            await asyncio.wait([self._task])
            self.event = LinkEvent(LinkState.CLOSED, "closed")
        except asyncio.CancelledError:
            self.abort()
            raise
        finally:
            self.cancel_handlers()

    def cancel_handlers(self) -> None:
        """Cancel the handlers that still run on connections that are gone."""
        for esme in self._former:
            esme.cancel_handlers()

    def abort(self) -> None:
        """Stop at once, without unbind."""
        self._closing = True
        if self.esme is not None:
            self.esme.abort()
            self._former.append(self.esme)  # its handlers run on until the close
        else:
            self._task.cancel()


def _without_frames(error: Exception) -> Exception:
    """The error without its tracebacks: it is kept for long, and their frames would keep the connection."""
    each: BaseException | None = error
    seen: set[int] = set()  # of what a password callable raises, causes and contexts may go round in a circle
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        each.__traceback__ = None
        each = each.__cause__ or each.__context__
    return error
