"""A link to a carrier: one bind or many that come back by themselves, with the API of an Esme.

What an Esme never does, a Link does: it connects again after a loss, waits differently for different failures, holds
calls made while it is down, and sends what was not sent on another connection. A call keeps its Future and its place
on that way, so nobody is overtaken. While a link of one bind is up, a call is one of its Esme, without anything in
between; several binds have one queue in front of them (pool.py).
"""

import asyncio
import ssl as tls
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from smppcore.backoff import BackoffSettings, Failure
from smppcore.binds import Binds
from smppcore.codec import Codec
from smppcore.correlation import Correlation
from smppcore.dial import LocalAddress
from smppcore.dispatch import Answer, Handler, log_notice
from smppcore.errors import NotSent
from smppcore.esme import Esme, connect, throttle_of
from smppcore.gathering import Gathering
from smppcore.incoming import Incoming, Streams
from smppcore.keeper import BindKeeper
from smppcore.lifetime import Lifetime
from smppcore.link_calls import LinkCalls
from smppcore.link_event import LinkEvent, LinkState
from smppcore.link_news import LinkNews
from smppcore.link_status import LinkStatus, status_of
from smppcore.link_trace import LinkTrace
from smppcore.middleware import Hooks, Middleware
from smppcore.notice import Finished, Notice, StateChange
from smppcore.password import Password
from smppcore.pdu import EnquireLink, EnquireLinkResp, Pdu, Response
from smppcore.place import LinkMode, Place, places
from smppcore.quarantine import Quarantine
from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.throttle import Throttle, ThrottleSettings
from smppcore.trace import Trace
from smppcore.url import SmppUrl

R = TypeVar("R", bound=Response)


class Link(LinkCalls, Lifetime):
    """``async with Link("smpp://id:password@host:2775") as link:`` and send; or ``await link.start()`` and ``close()``.

    ``urls`` is the URL of the host, or of several that are bound to alike, ``binds`` times each; ``standby`` are bound
    to only while none of those is up, and drained once one has been back for ``fail_back_after`` seconds. ``bind`` is a
    mode, or "pair" for a transmitter and a receiver each. Requests go to the bind with the least to do; the segments of
    one ``send`` leave on one bind, in order. ``window`` is for each bind, ``throttle`` for all of them.

    ``lanes`` are names of priorities, the most urgent first: ``link.lane("urgent").send(...)`` goes before all that
    waits in lanes after it; calls without a lane take the last.

    The options from ``handlers`` to ``quarantine`` are those of ``connect``, but that handlers are called with the
    Link, which can send where the connection that brought the PDU cannot any more. ``throttle`` and ``quarantine`` last
    over all connections; the password and the address are looked up anew for each.

    ``backoff`` says how long to wait between attempts to bind. ``retry`` is the policy for calls that name none. At
    most ``queue`` calls wait while the link is down; ``fail_fast`` lets them end in NotSent at once, as ``expiry=0``
    does for one call. A bind that fails in a way that is in ``give_up_on`` is not tried again, and where none is left
    the link closes for good; by default it goes on trying, slowly and loudly. ``on_event`` is called with each
    LinkEvent.

    ``middleware`` looks at what is sent and what comes in, the first nearest to the application. With a ``correlation``
    receipts find their messages, and ``(await link.send(...)).receipt()`` waits for them; a ``gathering`` joins the
    segments of what comes in over any of the binds. Both are for this link alone; they are opened with it and closed
    with it. Into ``trace`` goes a copy of all octets, from the first bind on; ``link.trace`` switches that.

    The requests are those of an Esme, and each ends in one verdict: ``timeout`` covers waiting for the link as well,
    what was not sent goes on to another connection in its place, and only a Retry policy sends anything twice.
    Raises ValueError for a bad URL or option.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        *,
        standby: str | Sequence[str] = (),
        bind: LinkMode = "transceiver",
        binds: int = 1,
        fail_back_after: float = 10.0,
        lanes: Sequence[str] = (),
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
        middleware: Sequence[Middleware] = (),
        correlation: Correlation | None = None,
        gathering: Gathering | None = None,
        trace: Trace | None = None,
    ) -> None:
        hosts, others = _hosts(urls), _hosts(standby)
        if not hosts:
            raise ValueError("a link needs the URL of a host")
        self.name = f"{SmppUrl.parse(hosts[0][0]).system_id}@{hosts[0][1]}"
        self._places = places(bind, binds, hosts, others)
        super().__init__(
            LinkNews(self.name, on_event),
            settings or Settings(),
            several=len(self._places) > 1,
            lanes=lanes,
            queue=queue,
            fail_fast=fail_fast,
            retry=retry,
            hooks=Hooks(middleware),
            correlation=correlation,
        )
        self._gathering = gathering
        self._starting = self._over = False
        self._stores = AsyncExitStack()
        """Closes what ``start`` has opened, once, and all of it though one of them fails."""
        self._trace = LinkTrace(self.name, trace)
        self._connect = partial(
            connect,
            window=window,
            handlers=self._all_handlers(handlers or {}),
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
        for place in self._places:
            self._connect(place.url, bind=place.mode)  # refuses what is wrong with the options here and now
        self._asked_throttle = throttle
        self._streams = Streams(dict(handlers or {}))
        self._on_notice = on_notice or log_notice
        self._binds = Binds(
            self._places,
            self._open,
            backoff or BackoffSettings(),
            frozenset(give_up_on),
            self._changed,
            fail_back_after,
        )

    def __repr__(self) -> str:
        return f"<Link {self.name} {self.state}>"

    # -- the life of the link

    async def start(self) -> None:
        """Begin to connect, and return at once; ``wait_up`` waits for the bind.

        Raises RuntimeError the second time, and where it is closed meanwhile; StoreError, after which it may be tried
        again, where a store cannot be opened.
        """
        if self._starting or self._over:
            raise RuntimeError(f"the link {self.name} was started or closed before; make another one")
        self._starting = True
        try:
            await self._open_stores()
        except BaseException:
            self._starting = False
            await self._stores.aclose()
            raise
        self._begin_sending(throttle_of(self._asked_throttle))
        self._binds.start()

    async def _open_stores(self) -> None:
        for layer in self._stored:
            await layer.open(self, self._hooks)
            self._stores.push_async_callback(layer.close)
        if self._over:
            raise RuntimeError(f"the link {self.name} was closed while it opened its store")

    @property
    def _stored(self) -> list[Correlation | Gathering]:
        """What keeps something in a store, and is opened and closed with the link."""
        return [layer for layer in (self._correlation, self._gathering) if layer is not None]

    def _all_handlers(self, own: Mapping[type[Any], Handler]) -> Mapping[type[Any], Handler]:
        for layer in reversed(self._stored):
            own = layer.handlers(own)
        return own

    async def _open(self, place: Place) -> Esme:
        connecting = self._connect(place.url, bind=place.mode, throttle=self.throttle)
        return await connecting.open(partial(self._prepare, place))

    def _prepare(self, place: Place, esme: Esme) -> None:
        """Before it connects."""
        esme.serve(self, self._streams, self._hooks, place.name)
        if self._pool is not None:
            esme.share(self._pool.send)
        self._trace.connecting(place, esme)

    async def close(self) -> None:
        """Refuse new calls, let what is in flight be answered, unbind, close: within close_timeout, in every state.

        Calls that wait end in NotSent. Cancelled, it aborts at once. May be called again.
        """
        self._end("the link is closed")
        try:
            await self._binds.close()
        finally:
            try:
                await self._stores.aclose()
            finally:
                if not self._news.closed:
                    self._close_for_good("closed")

    def abort(self) -> None:
        """Drop the connection at once, without unbind, and close for good."""
        self._end("the link is aborted")
        self._binds.abort()
        self._close_for_good("aborted")

    def _close_for_good(self, reason: str) -> None:
        if self._correlation is not None:
            self._correlation.end()
        if self._news.closed:
            return
        event = LinkEvent(LinkState.CLOSED, reason)
        self._news.note(event)
        self._news.tell(event)

    def _end(self, reason: str) -> None:
        self._over = True
        super()._end(reason)
        self._streams.end()

    def _senders(self) -> Iterator[Esme]:
        return self._binds.senders()

    async def wait_up(self, timeout: float | None = None) -> Esme:
        """Wait until it is bound; returns the Esme of the moment.

        Of a pair, the transmitter has to be bound. Raises TimeoutError after ``timeout`` seconds; ConnectionError, with
        the last error as its cause, if the link is closed.
        """
        async with asyncio.timeout(timeout):
            while (esme := self.esme) is None or self.state is not LinkState.UP:
                if self._news.closed:
                    raise ConnectionError(f"{self.name}: {self.last_event.reason}") from self.last_event.error
                await self._news.wait_settled()
            return esme

    async def wait_closed(self) -> str:
        """Wait until the link is closed for good, and say why it is."""
        return await self._news.wait_closed()

    # -- what an operator wants to know

    @property
    def state(self) -> LinkState:
        """Whether it can send just now; one bind that can is enough."""
        return self.last_event.state

    @property
    def last_event(self) -> LinkEvent:
        """What was told last of the link as a whole."""
        return self._news.event

    @property
    def esme(self) -> Esme | None:
        """A bound Esme of the moment, one that can send if there is any; None while there is none."""
        return next(self._binds.up(), None)

    @property
    def esmes(self) -> list[Esme]:
        """All that are bound at the moment."""
        return list(self._binds.up())

    @property
    def bound_since(self) -> datetime | None:
        """Since when it has been bound without a gap, as far as the binds of the moment tell (UTC); None while down."""
        return min((since for keeper in self._binds.keepers if (since := keeper.bound_since)), default=None)

    @property
    def attempts(self) -> int:
        """How often it has tried to bind since it was started."""
        return self._binds.attempts

    @property
    def binds(self) -> int:
        """How often it was bound."""
        return self._binds.binds

    @property
    def in_flight(self) -> int:
        """How many requests wait for their answer."""
        return sum(esme.in_flight for esme in self._binds.all_esmes())

    @property
    def waiting(self) -> int:
        """How many requests wait for the link, for room in a window, or for the throttle."""
        return len(self._held) + sum(esme.waiting for esme in self._binds.all_esmes())

    @property
    def rate(self) -> float | None:
        """How many segments per second may leave at present; None where nothing limits that."""
        return None if self.throttle is None else self.throttle.rate(asyncio.get_running_loop().time())

    def trace(self, trace: Trace | None) -> None:
        """Record into this trace from now on, on all binds; with None, record no more."""
        self._trace.switch(trace)

    def status(self) -> LinkStatus:
        """What an operator wants to know of it, all at once."""
        return status_of(self, self._binds.keepers, self._held)

    # -- requests

    async def enquire_link(self, *, timeout: float | None = None) -> EnquireLinkResp:
        """Ask whether the SMSC is there (section 4.11); it waits neither for the window nor for the link."""
        if self.esme is None:
            raise NotSent(self._news.obstacle, EnquireLink())
        return await self.esme.enquire_link(timeout=timeout)

    # -- what comes in

    def incoming(self, *classes: type[Pdu]) -> Incoming:
        """As ``esme.incoming()``, and it goes on over all connections; it ends when the link is closed.

        What came over a connection that is gone, and was not asked for, is left out: the SMSC delivers it again.
        """
        return self._streams.incoming(classes or Esme.incoming_classes)

    def answer(self, pdu: Pdu, answer: Answer = None) -> None:
        """Answer a request of the SMSC by hand, once; nothing happens where its connection is gone."""
        for esme in self._binds.all_esmes():
            if esme.owes(pdu):
                esme.answer(pdu, answer)

    # -- what becomes of it

    def _noticed(self, notice: Notice) -> None:
        if isinstance(notice, StateChange | Finished):
            self._route()
        if self._correlation is not None:
            self._correlation.noticed(notice)
        self._on_notice(notice)

    def _changed(self, keeper: BindKeeper, event: LinkEvent) -> None:
        """A keeper has another state."""
        if event.state is LinkState.UP and keeper.esme is not None:
            keeper.esme.take_over(self._held.take() if self._pool is None else (), self._unsent)
        if len(self._places) > 1:
            self._news.tell(replace(event, bind=keeper.place.name))
            if self._news.closed:
                return  # whoever was told has aborted it
            event = replace(event, state=self._binds.state, bind="")
        if event.state is LinkState.CLOSED:
            self._end(event.reason)
            if self._correlation is not None:
                self._correlation.end()
        changed = event.state is not self.state or len(self._places) == 1
        if changed:
            self._news.note(event)
        self._route()  # whoever is told may send
        if changed:
            self._news.tell(event)


def _hosts(urls: str | Sequence[str]) -> list[tuple[str, str]]:
    """Each URL with the name of its host. Raises ValueError for one that cannot be read."""
    given = [urls] if isinstance(urls, str) else list(urls)
    return [(url, f"{target.host}:{target.port}") for url in given for target in [SmppUrl.parse(url)]]
