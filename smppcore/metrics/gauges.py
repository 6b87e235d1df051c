"""How links and servers are doing at the moment they are asked, as numbers with labels: nothing is counted for it.

What is asked belongs to the thread of its event loop. Somebody in another thread, such as the server of
prometheus_client, has the loop answer, and gets nothing from one that does not within a second.
"""

import asyncio
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Final

from smppcore.link import Link
from smppcore.link_event import LinkState
from smppcore.log import log
from smppcore.metrics.tally import Labels
from smppcore.smsc import Smsc

Row = tuple[str, Labels, float]
"""Which gauge, its labels in the order of GAUGES, and its value."""

_LINK: Final = ("link",)
_BIND: Final = ("link", "bind")
_PEER: Final = ("link", "account")
GAUGES: Final[dict[str, tuple[str, Labels]]] = {
    "link_up": ("Whether the link can send: 1 if one of its binds is up", _LINK),
    "link_held": ("Calls that wait for the link, by priority lane", ("link", "lane")),
    "link_rate": ("Segments per second that may leave at present", _LINK),
    "bind_up": ("Whether the bind is up: 1 if it is", _BIND),
    "bind_in_flight": ("Requests on the bind that wait for their answer", _BIND),
    "bind_waiting": ("Requests that wait for room in the window of the bind", _BIND),
    "bind_oldest_request_seconds": ("For how long the oldest request in flight has waited; 0 without one", _BIND),
    "bind_heard_seconds": ("Seconds since the last octet from the SMSC", _BIND),
    "bind_attempts": ("How often binding was tried since the link was started", _BIND),
    "bind_requests": ("Requests sent on the bind since the link was started, binds and enquire_links included", _BIND),
    "bind_successes": ("How often it was bound since the link was started", _BIND),
    "smsc_peers": ("Bound ESMEs of the server", _PEER),
    "smsc_in_flight": ("Requests to these ESMEs that wait for their answer", _PEER),
    "smsc_waiting": ("Requests to these ESMEs that wait for room in a window", _PEER),
    "smsc_unanswered": ("Requests of these ESMEs that wait for our answer", _PEER),
}
"""Each gauge: what it says, and its labels. ``bind`` is the name that link.status() has for it."""


def link_rows(link: Link) -> Iterator[Row]:
    """The gauges of a link, from what link.status() tells."""
    status = link.status()
    name = (status.name,)
    yield "link_up", name, float(status.state is LinkState.UP)
    for lane, held in status.held.items():
        yield "link_held", (status.name, lane), held
    if status.rate is not None:
        yield "link_rate", name, status.rate
    for bind in status.binds:
        labels = (status.name, bind.name)
        yield "bind_up", labels, float(bind.bound_since is not None)
        yield "bind_in_flight", labels, bind.in_flight
        yield "bind_waiting", labels, bind.waiting
        yield "bind_oldest_request_seconds", labels, bind.oldest or 0.0
        yield "bind_attempts", labels, bind.attempts
        yield "bind_successes", labels, bind.binds
        yield "bind_requests", labels, bind.requests
        if bind.heard is not None:
            yield "bind_heard_seconds", labels, bind.heard


def smsc_rows(smsc: Smsc, label: Callable[[str], str]) -> Iterator[Row]:
    """The gauges of a server: the sums over the ESMEs of each account. ``label`` says how to call an account."""
    sums: dict[str, Counter[str]] = {}
    for peer in smsc.peers:
        of_account = sums.setdefault(label(peer.system_id), Counter())
        of_account["smsc_peers"] += 1
        of_account["smsc_in_flight"] += peer.in_flight
        of_account["smsc_waiting"] += peer.waiting
        of_account["smsc_unanswered"] += peer.unanswered
    for account, gauges in sums.items():
        for gauge, value in gauges.items():
            yield gauge, (smsc.system_id, account), value


class Watched:
    """Links and servers whose gauges are wanted. It keeps none of them alive; one that is gone has no gauges."""

    def __init__(self, label: Callable[[str], str], patience: float = 1.0) -> None:
        self._label = label
        self._patience = patience
        self._ends: list[tuple[weakref.ref[Link | Smsc], asyncio.AbstractEventLoop]] = []

    def add(self, end: Link | Smsc) -> None:
        """Watch this end of the running event loop; once is enough, and more often is the same."""
        if all(known() is not end for known, _ in self._ends):
            self._ends.append((weakref.ref(end), asyncio.get_running_loop()))

    def rows(self) -> list[Row]:
        """The gauges of all, from whichever thread."""
        self._ends = [(end, loop) for end, loop in self._ends if end() is not None]
        found: list[Row] = []
        for end, loop in self._ends:
            if asyncio._get_running_loop() is loop:
                found += self._read(end)
            else:
                found += self._asked(loop, end)
        return found

    def _read(self, end: "weakref.ref[Link | Smsc]") -> list[Row]:
        there = end()
        rows: Iterable[Row] = ()
        if isinstance(there, Link):
            rows = link_rows(there)
        elif there is not None:
            rows = smsc_rows(there, self._label)
        return list(rows)

    def _asked(self, loop: asyncio.AbstractEventLoop, end: "weakref.ref[Link | Smsc]") -> list[Row]:
        """As read in the thread of its loop."""
        answer: Future[list[Row]] = Future()

        def read() -> None:
            if answer.set_running_or_notify_cancel():
                try:
                    answer.set_result(self._read(end))
                except Exception as error:
                    answer.set_exception(error)

        try:
            loop.call_soon_threadsafe(read)
        except RuntimeError:
            return []  # the loop is closed, and whatever it ran
        try:
            return answer.result(self._patience)
        except TimeoutError:
            answer.cancel()
            log.warning("no gauges", reason=f"the event loop did not answer within {self._patience:g} s")
            return []


def of_one(rows: Iterable[Row], gauge: str) -> list[tuple[Labels, Any]]:
    """The rows of one gauge."""
    return [(labels, value) for name, labels, value in rows if name == gauge]
