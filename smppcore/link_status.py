"""What an operator wants to know of a link and of each of its binds, at one moment."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from smppcore.esme import Esme
from smppcore.held import Held
from smppcore.keeper import BindKeeper
from smppcore.link_event import LinkEvent, LinkState


@dataclass(frozen=True, slots=True, kw_only=True)
class BindStatus:
    """One bind. Ages are in seconds, None where there is nothing to tell.

    ``requests`` is how many were sent over all of its connections, binds and enquire_links included. ``oldest`` is for
    how long the oldest request in flight has waited for its answer; ``heard`` and ``sent`` are how long ago octets last
    came, and a PDU last went; ``standby`` tells that it is on a standby host.
    """

    name: str
    host: str
    mode: str
    standby: bool
    state: LinkState
    reason: str
    attempts: int
    binds: int
    requests: int
    bound_since: datetime | None = None
    interface_version: int | None = None
    in_flight: int = 0
    waiting: int = 0
    oldest: float | None = None
    heard: float | None = None
    sent: float | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """A link. ``held`` is how many calls wait for it, by lane (one without lanes has the lane ""); ``rate`` is in
    segments per second; ``last_error`` tells what went wrong last on any bind.
    """

    name: str
    state: LinkState
    reason: str
    attempts: int
    binds: tuple[BindStatus, ...]
    held: dict[str, int]
    in_flight: int
    waiting: int
    rate: float | None
    last_error: str | None


class _Link(Protocol):
    name: str
    lanes: tuple[str, ...]

    @property
    def state(self) -> LinkState: ...
    @property
    def last_event(self) -> LinkEvent: ...
    @property
    def attempts(self) -> int: ...
    @property
    def in_flight(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    @property
    def rate(self) -> float | None: ...


def status_of(link: _Link, keepers: Iterable[BindKeeper], held: Held) -> LinkStatus:
    """The status of a link whose binds these keepers keep, and whose calls wait in ``held``."""
    now = asyncio.get_running_loop().time()
    binds = tuple(_bind_status(keeper, now) for keeper in keepers)
    return LinkStatus(
        name=link.name,
        state=link.state,
        reason=link.last_event.reason,
        attempts=link.attempts,
        binds=binds,
        held=dict(zip(link.lanes or ("",), held.by_lane, strict=True)),
        in_flight=link.in_flight,
        waiting=link.waiting,
        rate=link.rate,
        last_error=_last_error(keepers),
    )


def _bind_status(keeper: BindKeeper, now: float) -> BindStatus:
    place, event = keeper.place, keeper.event
    told = BindStatus(
        name=place.name,
        host=place.host,
        mode=place.mode,
        standby=place.standby,
        state=event.state,
        reason=event.reason,
        attempts=keeper.attempts,
        binds=keeper.binds,
        requests=keeper.requests,
        bound_since=keeper.bound_since,
        last_error=None if keeper.last_error is None else str(keeper.last_error),
    )
    return told if keeper.esme is None else _with_traffic(told, keeper.esme, now)


def _with_traffic(told: BindStatus, esme: Esme, now: float) -> BindStatus:
    return replace(
        told,
        interface_version=esme.interface_version,
        in_flight=esme.in_flight,
        waiting=esme.waiting,
        oldest=esme.oldest(now),
        heard=now - esme.heard,
        sent=now - esme.sent,
    )


def _last_error(keepers: Iterable[BindKeeper]) -> str | None:
    failed = [keeper for keeper in keepers if keeper.last_error is not None]
    return str(max(failed, key=lambda each: each.failed_at).last_error) if failed else None
