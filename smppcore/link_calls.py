"""The requests of a link: which bind they go to, and how they wait where none can take them.

While a link of one bind is up, its ``_begin`` is the method of that connection, with nothing in between. Several binds,
or lanes, have one queue in front of them (pool.py). Middleware and correlation lie before all of that.
"""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TypeVar

from smppcore.calls import Call, latest
from smppcore.correlation import Correlation
from smppcore.esme import Esme
from smppcore.held import Held
from smppcore.link_news import LinkNews
from smppcore.link_view import LinkView
from smppcore.middleware import Hooks
from smppcore.outgoing_calls import not_sent
from smppcore.pdu import Request, Response
from smppcore.pool import NO_ROOM, Pin, Pool
from smppcore.requests import Begin, EsmeRequests
from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.throttle import Throttle

R = TypeVar("R", bound=Response)


class LinkCalls(EsmeRequests):
    """What can be asked over a link; what is returned and raised says Requests.

    ``several`` tells that there is more than one bind; the other arguments are those of Link.
    """

    def __init__(
        self,
        news: LinkNews,
        settings: Settings,
        *,
        several: bool,
        lanes: Sequence[str],
        queue: int,
        fail_fast: bool,
        retry: Retry | None,
        hooks: Hooks,
        correlation: Correlation | None,
    ) -> None:
        if len(set(lanes)) < len(lanes):
            raise ValueError(f"lanes: {', '.join(lanes)} are not all different")
        self.settings = settings
        self.throttle: Throttle | None = None
        self.lanes = tuple(lanes)
        self._news = news
        self._timeout = settings.response_timeout
        self._retry = retry
        self._watches = correlation is not None
        self._hooks = hooks
        self._correlation = correlation
        self._fail_fast = fail_fast
        self._several = several
        self._held = Held(queue, len(self.lanes) or 1)
        self._pool: Pool | None = None
        """Where there is but one bind and no lane, calls go to it directly, or wait for it."""
        self._started = False
        self._routed: Begin = self._refuse
        self._begin = self._behind_layers(self._go)
        self._layered = self._begin != self._go
        self._let(self._refuse)

    def _begin_sending(self, throttle: Throttle | None) -> None:
        """The link has started: from now on calls wait for a bind. All binds share ``throttle``."""
        self._started = True
        self._ended = asyncio.get_running_loop().create_future()
        self.throttle = throttle
        if self._several or self.lanes:
            self._pool = Pool(self._held, throttle, asyncio.get_running_loop(), self._last_lane)
        self._let(self._hold)

    def _end(self, reason: str) -> None:
        """From now on nothing is sent, and nobody waits."""
        self._let(self._refuse)
        if self._pool is not None:
            self._pool.end()
        self._held.fail(reason)
        if self._sends:
            self._ended.set_result(None)

    # -- choices

    def lane(self, name: str) -> LinkView:
        """The requests of this link in one of its ``lanes``. Raises ValueError for a lane that it has not."""
        return self.view(lane=name)

    def tagged(self, tag: str) -> LinkView:
        """The requests of this link, whose messages carry a mark of the application; their receipts give it back."""
        return self.view(tag=tag)

    def view(self, *, lane: str | None = None, tag: str | None = None) -> LinkView:
        """The requests of this link, all made with these choices. Raises ValueError for a lane that it has not."""
        if lane is not None and lane not in self.lanes:
            raise ValueError(f"lane: {lane!r} is none of {', '.join(self.lanes) or 'this link, which has no lanes'}")
        number = self._last_lane if lane is None else self.lanes.index(lane)
        return LinkView(self, partial(self._way, number, tag))

    @property
    def _last_lane(self) -> int:
        return max(0, len(self.lanes) - 1)

    def _one_way(self) -> EsmeRequests:
        return self if self._pool is None else self.view()._one_way()

    def _way(self, lane: int, tag: str | None, pin: Pin | None) -> Begin:
        """How a view begins its calls."""

        def begin(pdu: Request[R], timeout: float | None, expiry: float | None = None, /) -> "asyncio.Future[R]":
            pool = self._pool
            if pool is None or not self._sends:
                return self._routed(pdu, timeout, expiry)
            return (pool.begin if pool.connections else self._hold)(pdu, timeout, expiry, lane, pin)

        return self._behind_layers(begin, tag)

    # -- how a call begins

    def _let(self, begin: Begin) -> None:
        """Calls begin so from now on; where nothing lies in between, without a step more."""
        self._routed = begin
        if not self._layered:
            self._begin = begin

    def _go(self, pdu: Request[R], timeout: float | None, expiry: float | None = None, /) -> "asyncio.Future[R]":
        return self._routed(pdu, timeout, expiry)

    def _behind_layers(self, begin: Begin, tag: str | None = None) -> Begin:
        """From the application to the wire: middleware, correlation, and then ``begin``."""
        if self._correlation is not None:
            begin = self._correlation.begin(begin, self, tag=tag)
        return self._hooks.outbound_of(self, begin)

    def _hold(
        self,
        pdu: Request[R],
        timeout: float | None,
        expiry: float | None = None,
        lane: int | None = None,
        pin: Pin | None = None,
        /,
    ) -> "asyncio.Future[R]":
        """Begin a call while the link is down."""
        if not isinstance(pdu, Request):
            raise TypeError(f"a request is a PDU with an answer, not {type(pdu).__name__}")
        call = _call(pdu, timeout, expiry)
        if self._fail_fast or expiry == 0:
            not_sent(call, self._news.obstacle)
        elif self._held.full:
            not_sent(call, f"{self._news.obstacle}, and {len(self._held)} calls wait for it already")
        elif self._pool is not None:
            self._pool.put(call, self._last_lane if lane is None else lane, pin)
        else:
            self._held.put(call)
        return call[1]

    def _refuse(self, pdu: Request[R], timeout: float | None, expiry: float | None = None, /) -> "asyncio.Future[R]":
        """Begin a call while there is no hope of a connection."""
        call = _call(pdu, timeout, expiry)
        not_sent(call, "the link is closed" if self._started else "the link was not started")
        return call[1]

    def _unsent(self, call: Call, reason: str) -> None:
        """A connection ends before this call has left: another one goes on with it."""
        others = self._pool is not None and any(not each.ending for each in self._pool.connections)
        fail_fast = self._fail_fast and not others
        if not self._sends or fail_fast or latest(call) <= asyncio.get_running_loop().time():
            not_sent(call, reason)
            return
        self._held.put_back(call)
        if self._pool is not None:
            self._pool.send()

    @property
    def _sends(self) -> bool:
        """Whether calls have a chance: started, and not about to close."""
        return self._started and not self._ended.done()

    def _senders(self) -> Iterator[Esme]:
        """The bound Esmes that requests may go to."""
        raise NotImplementedError

    def _route(self) -> None:
        """Let calls go to binds that send, or let them wait; once closed, neither."""
        if not self._sends:
            return
        self._held.obstacle = self._news.obstacle
        if self._pool is None:
            esme = next(self._senders(), None)
            # As long as calls wait on a connection that ends, later ones go behind them, and to the next one in order.
            self._let(self._hold if esme is None or (esme.ending and not esme.waiting) else esme._begin)
            return
        self._pool.connections = [esme._connection for esme in self._senders() if not esme.ending]
        if self._pool.connections:
            self._let(self._pool.begin)
            self._held.obstacle = NO_ROOM
            self._pool.send()
        else:
            self._let(self._hold)
            if self._fail_fast:
                self._held.fail(self._news.obstacle)


def _call(pdu: Request[R], timeout: float | None, expiry: float | None) -> Call:
    loop = asyncio.get_running_loop()
    return pdu, loop.create_future(), loop.time(), timeout, expiry
