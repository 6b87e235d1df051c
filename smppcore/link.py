"""A link to a carrier: an Esme that comes back by itself. One bind for now, with the API of an Esme.

What an Esme never does, a Link does: it connects again after a loss, waits differently for different failures, holds
calls made while it is down, and sends what was not sent on the next connection. A call keeps its Future and its place
on that way, so nobody is overtaken; and while the link is up a call is one of the Esme, without anything in between.
"""

import asyncio
import ssl as tls
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from smppcore.backoff import LOUD, BackoffSettings, Failure
from smppcore.calls import Call, latest
from smppcore.codec import Codec
from smppcore.dial import LocalAddress
from smppcore.dispatch import Answer, Handler, Incoming, Streams, log_notice
from smppcore.errors import NotSent
from smppcore.esme import BindMode, Esme, connect, throttle_of
from smppcore.held import Held
from smppcore.keeper import BindKeeper
from smppcore.link_event import LinkEvent, LinkState
from smppcore.log import log
from smppcore.notice import Finished, Notice, StateChange
from smppcore.outgoing_calls import not_sent
from smppcore.password import Password
from smppcore.pdu import EnquireLink, EnquireLinkResp, Pdu, Request, Response
from smppcore.quarantine import Quarantine
from smppcore.requests import EsmeRequests
from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.throttle import Throttle, ThrottleSettings
from smppcore.url import SmppUrl

R = TypeVar("R", bound=Response)


class Link(EsmeRequests):
    """``async with Link("smpp://id:password@host:2775") as link:`` and send; or ``await link.start()`` and ``close()``.

    The options from ``bind`` to ``quarantine`` are those of ``connect``, but that handlers are called with the Link,
    which can send where the connection that brought the PDU cannot any more. ``throttle`` and ``quarantine`` last over
    all connections; the password and the address are looked up anew for each.

    ``backoff`` says how long to wait between attempts to bind. ``retry`` is the policy for calls that name none. At
    most ``queue`` calls wait while the link is down; ``fail_fast`` lets them end in NotSent at once, as ``expiry=0``
    does for one call. After a failure of a kind in ``give_up_on`` the link closes for good; by default it goes on
    trying, slowly and loudly. ``on_event`` is called with each LinkEvent.

    The requests are those of an Esme, and each ends in one verdict: ``timeout`` covers waiting for the link as well,
    what was not sent goes on to the next connection in its place, and only a Retry policy sends anything twice.
    Raises ValueError for a bad URL or option.
    """

    def __init__(
        self,
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
        backoff: BackoffSettings | None = None,
        retry: Retry | None = None,
        queue: int = 10_000,
        fail_fast: bool = False,
        give_up_on: Collection[Failure] = (),
        on_event: Callable[[LinkEvent], None] | None = None,
    ) -> None:
        target = SmppUrl.parse(url)
        self.name = f"{target.system_id}@{target.host}:{target.port}"
        self.settings = settings or Settings()
        self.state = LinkState.DOWN
        self.last_event = LinkEvent(LinkState.DOWN, "not started")
        self.throttle: Throttle | None = None
        self._connect = partial(
            connect,
            url,
            bind=bind,
            window=window,
            handlers=handlers,
            settings=self.settings,
            codec=codec,
            on_notice=self._noticed,
            system_type=system_type,
            interface_version=interface_version,
            addr_ton=addr_ton,
            addr_npi=addr_npi,
            address_range=address_range,
            ssl=ssl,
            server_hostname=server_hostname,
            local_address=local_address,
            password=password,
            quarantine=quarantine,
        )
        self._connect()  # refuses what is wrong with the options here and now
        self._asked_throttle = throttle
        self._timeout = self.settings.response_timeout
        self._retry = retry
        self._streams = Streams(dict(handlers or {}))
        self._on_notice = on_notice or log_notice
        self._backoff = backoff or BackoffSettings()
        self._held = Held(queue)
        self._fail_fast = fail_fast
        self._give_up_on = frozenset(give_up_on)
        self._on_event = on_event
        self._keepers: list[BindKeeper] = []
        self._settled = asyncio.Event()
        self._closed = asyncio.Event()
        self._started = False
        self._begin = self._refuse

    def __repr__(self) -> str:
        return f"<Link {self.name} {self.state}>"

    # -- the life of the link

    async def start(self) -> None:
        """Begin to connect, and return at once; ``wait_up`` waits for the bind. Raises RuntimeError the second time."""
        if self._started or self._closed.is_set():
            raise RuntimeError(f"the link {self.name} was started or closed before; make another one")
        self._started = True
        self._ended = asyncio.get_running_loop().create_future()
        self.throttle = throttle_of(self._asked_throttle)
        self._begin = self._hold
        self._keepers.append(BindKeeper(self._open, self._backoff, self._give_up_on, self._changed))

    async def _open(self) -> Esme:
        connecting = self._connect(throttle=self.throttle)
        return await connecting.open(lambda esme: esme.serve(self, self._streams))

    async def close(self) -> None:
        """Refuse new calls, let what is in flight be answered, unbind, close: within close_timeout, in every state.

        Calls that wait end in NotSent. Cancelled, it aborts at once. May be called again.
        """
        self._end("the link is closed")
        try:
            for keeper in self._keepers:
                await keeper.close()
        finally:
            if not self._closed.is_set():
                self._enter(LinkEvent(LinkState.CLOSED, "closed"))

    def abort(self) -> None:
        """Drop the connection at once, without unbind, and close for good."""
        self._end("the link is aborted")
        for keeper in self._keepers:
            keeper.abort()
        if not self._closed.is_set():
            self._enter(LinkEvent(LinkState.CLOSED, "aborted"))

    def _end(self, reason: str) -> None:
        """From now on nothing is sent, and nobody waits."""
        self._begin = self._refuse
        self._held.fail(reason)
        self._streams.end()
        if self._sends:
            self._ended.set_result(None)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def wait_up(self, timeout: float | None = None) -> Esme:
        """Wait until it is bound; returns the Esme of the moment.

        Raises TimeoutError after ``timeout`` seconds; ConnectionError, with the last error as its cause, if the link is
        closed.
        """
        async with asyncio.timeout(timeout):
            while self.esme is None:
                if self._closed.is_set():
                    raise ConnectionError(f"{self.name}: {self.last_event.reason}") from self.last_event.error
                self._settled.clear()
                await self._settled.wait()
            return self.esme

    async def wait_closed(self) -> str:
        """Wait until the link is closed for good, and say why it is."""
        await self._closed.wait()
        return self.last_event.reason

    # -- what an operator wants to know

    @property
    def esme(self) -> Esme | None:
        """The bound Esme of the moment; None while there is none."""
        return next((keeper.esme for keeper in self._keepers if keeper.esme is not None), None)

    @property
    def bound_since(self) -> datetime | None:
        """Since when it has been bound (UTC); None while it is not."""
        return next((keeper.bound_since for keeper in self._keepers if keeper.bound_since is not None), None)

    @property
    def attempts(self) -> int:
        """How often it has tried to bind since it was started."""
        return sum(keeper.attempts for keeper in self._keepers)

    @property
    def binds(self) -> int:
        """How often it was bound."""
        return sum(keeper.binds for keeper in self._keepers)

    @property
    def in_flight(self) -> int:
        """How many requests wait for their answer."""
        return self.esme.in_flight if self.esme is not None else 0

    @property
    def waiting(self) -> int:
        """How many requests wait for the link, for room in the window, or for the throttle."""
        return len(self._held) + (self.esme.waiting if self.esme is not None else 0)

    @property
    def rate(self) -> float | None:
        """How many segments per second may leave at present; None where nothing limits that."""
        return None if self.throttle is None else self.throttle.rate(asyncio.get_running_loop().time())

    # -- requests

    async def enquire_link(self, *, timeout: float | None = None) -> EnquireLinkResp:
        """Ask whether the SMSC is there (section 4.11); it waits neither for the window nor for the link."""
        if self.esme is None:
            raise NotSent(self._obstacle(), EnquireLink())
        return await self.esme.enquire_link(timeout=timeout)

    def _hold(self, pdu: Request[R], timeout: float | None, expiry: float | None = None, /) -> "asyncio.Future[R]":
        """Begin a call while the link is down."""
        if not isinstance(pdu, Request):
            raise TypeError(f"a request is a PDU with an answer, not {type(pdu).__name__}")
        call = _call(pdu, timeout, expiry)
        if self._fail_fast or expiry == 0:
            not_sent(call, self._obstacle())
        elif self._held.full:
            not_sent(call, f"{self._obstacle()}, and {len(self._held)} calls wait for it already")
        else:
            self._held.put(call)
        return call[1]

    def _refuse(self, pdu: Request[R], timeout: float | None, expiry: float | None = None, /) -> "asyncio.Future[R]":
        """Begin a call while there is no hope of a connection."""
        call = _call(pdu, timeout, expiry)
        not_sent(call, "the link is closed" if self._started else "the link was not started")
        return call[1]

    def _unsent(self, call: Call, reason: str) -> None:
        """A connection ends before this call has left: the next one goes on with it."""
        if not self._sends or self._fail_fast or latest(call) <= asyncio.get_running_loop().time():
            not_sent(call, reason)
        else:
            self._held.put(call)

    @property
    def _sends(self) -> bool:
        """Whether calls have a chance: started, and not about to close."""
        return self._started and not self._ended.done()

    def _obstacle(self) -> str:
        event = self.last_event
        return f"the link is {event.state}" + (f" ({event.reason})" if event.reason else "")

    # -- what comes in

    def incoming(self, *classes: type[Pdu]) -> Incoming:
        """As ``esme.incoming()``, and it goes on over all connections; it ends when the link is closed.

        What came over a connection that is gone, and was not asked for, is left out: the SMSC delivers it again.
        """
        return self._streams.incoming(classes or Esme.incoming_classes)

    def answer(self, pdu: Pdu, answer: Answer = None) -> None:
        """Answer a request of the SMSC by hand, once; nothing happens where its connection is gone."""
        for keeper in self._keepers:
            if keeper.esme is not None and keeper.esme.owes(pdu):
                keeper.esme.answer(pdu, answer)

    # -- what becomes of it

    def _noticed(self, notice: Notice) -> None:
        if isinstance(notice, StateChange | Finished):
            self._route()
        self._on_notice(notice)

    def _changed(self, keeper: BindKeeper, event: LinkEvent) -> None:
        """A keeper has another state."""
        if keeper.esme is not None:
            keeper.esme.take_over(self._held.take(), self._unsent)
        if event.state is LinkState.CLOSED:
            self._end(event.reason)
        self._route()
        self._enter(event)

    def _route(self) -> None:
        """Let calls go to an Esme that sends, or let them wait; once closed, neither."""
        if not self._sends:
            return
        esme = self.esme
        # As long as calls wait on a connection that ends, later ones go behind them, and so to the next one in order.
        self._begin = self._hold if esme is None or (esme.ending and not esme.waiting) else esme._begin

    def _enter(self, event: LinkEvent) -> None:
        self.state, self.last_event = event.state, event
        self._held.obstacle = self._obstacle()
        if event.state is LinkState.CLOSED:
            self._closed.set()
        if event.state in (LinkState.UP, LinkState.CLOSED):
            self._settled.set()
        self._report(event)
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception as error:
                log.error("on_event failed", link=self.name, state=str(event.state), exc_info=error)

    def _report(self, event: LinkEvent) -> None:
        """One line in the log; loud where somebody has to mend something."""
        text = f"link is {event.state}"
        if event.failure is None:
            (log.debug if event.state is LinkState.CONNECTING else log.info)(text, link=self.name)
            return
        loud = event.failure in LOUD or event.state is LinkState.CLOSED
        (log.error if loud else log.warning)(
            text,
            link=self.name,
            failure=str(event.failure),
            reason=event.reason,
            attempt=event.attempt,
            wait=round(event.wait, 3),
        )


def _call(pdu: Request[R], timeout: float | None, expiry: float | None) -> Call:
    loop = asyncio.get_running_loop()
    return pdu, loop.create_future(), loop.time(), timeout, expiry
