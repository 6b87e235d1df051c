"""One bind of a run and its places: each place carries one message after the other, without a task or a Future."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from smppcore.errors import NotSent, OutcomeUnknown, Refused, SmppError, status_name
from smppcore.esme import Esme
from smppcore.load.meter import TOO_FAST, Meter
from smppcore.load.pacing import Pacing
from smppcore.pdu import SubmitSm, SubmitSmResp

NO_ANSWER = "no answer"
LOST = f"{NO_ANSWER}: the connection was lost"
NOT_SENT = "not sent"
LASTED = frozenset({NO_ANSWER, LOST, NOT_SENT})
"""Failures that are among the latencies, with how long they were waited for."""


class Run(Protocol):
    """What the lanes of a process have in common."""

    pacing: Pacing
    meter: Meter
    messages: Iterator[SubmitSm]


class Place:
    """One of the requests that may be in flight; what the connection gives the answer to.

    ``since`` is when its message was meant to leave, ``left`` when it did.
    """

    __slots__ = ("_lane", "left", "message", "set_result", "since")

    def __init__(self, lane: "Lane") -> None:
        self._lane = lane
        self.set_result = partial(lane.accepted, self)  # not a method: that would be one more call for each message
        self.since = self.left = 0.0
        self.message: SubmitSm

    def done(self) -> bool:
        """Whether nobody waits for the answer: never, it is taken as soon as it comes."""
        return False

    def set_exception(self, error: Exception) -> None:
        self._lane.failed(self, error)


class Lane:
    """A bind, while it lasts, and the places that are free. ``clock`` is time.perf_counter."""

    __slots__ = (
        "_awaited",
        "_begin",
        "_clock",
        "_due",
        "_esme",
        "_meter",
        "_next",
        "_places",
        "_throttled",
        "_timeout",
        "free",
    )

    def __init__(self, run: Run, window: int, timeout: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._meter = run.meter
        self._awaited = run.meter.awaited
        self._due = run.pacing.due
        self._next = run.messages.__next__
        self._timeout = timeout
        self._clock = clock
        self._places = [Place(self) for _ in range(window)]
        self._throttled: float | None = None
        self._esme: Esme | None = None
        self._begin: Callable[..., object]
        self.free: list[Place] = list(self._places)

    def opened(self, esme: Esme) -> None:
        """There is a bind to send over, until it ends."""
        self._begin = esme.begin_request
        self._esme = esme

    @property
    def open(self) -> bool:
        """Whether there is a bind, and requests can leave over it."""
        return self._esme is not None and not self._esme.ending

    @property
    def in_flight(self) -> int:
        return len(self._places) - len(self.free)

    # -- out

    def send(self, place: Place, since: float, now: float) -> None:
        """Let a message leave on a place that is not free any more."""
        place.since, place.left = since, now
        place.message = message = self._next()
        self._meter.sent(since, now)
        self._begin(message, timeout=self._timeout, waiter=place)

    def fill(self, now: float) -> bool:
        """Let leave what may, as long as there are places; tells whether there are some left."""
        free, due = self.free, self._due
        # Not "as long as any is free": what cannot be sent at all gives its place back at once.
        for _ in range(len(free) if self.open else 0):
            since = due(now)
            if since is None:
                return True
            self.send(free.pop(), since, now)
        return False

    def fill_one(self, now: float) -> bool:
        """Let one message leave, if one may."""
        if not self.free or not self.open:
            return False
        since = self._due(now)
        if since is None:
            return False
        self.send(self.free.pop(), since, now)
        return True

    # -- back

    def accepted(self, place: Place, response: SubmitSmResp) -> None:
        now = self._clock()
        since = place.since
        self._meter.accepted(since, place.left, now)
        if self._awaited is not None:
            self._awaited.expect(response.message_id, place.message.destination_addr, since, now)
        if self._throttled is not None:
            self._relieve(now)
        self._go_on(place, now)

    def _go_on(self, place: Place, now: float) -> None:
        """An answer has come, and there is room for what waits for it."""
        intended = self._due(now)
        if intended is None:
            self.free.append(place)
        else:
            self.send(place, intended, now)

    def failed(self, place: Place, error: Exception) -> None:
        """Without an answer the place stays free until the next tick: what cannot be sent comes back at once."""
        now = self._clock()
        name = error_name(error)
        self._meter.failed(name, place.since, now, lasted=name in LASTED)
        if isinstance(error, Refused):
            if error.status in TOO_FAST:
                self._throttled = now if self._throttled is None else self._throttled
            elif self._throttled is not None:
                self._relieve(now)
            self._go_on(place, now)
        else:
            self.free.append(place)

    def _relieve(self, now: float) -> None:
        if self._throttled is not None:
            self._meter.throttled(now - self._throttled)
            self._throttled = None

    def finish(self, now: float) -> None:
        """Every message has its answer: what comes after it is no throttled time."""
        self._relieve(now)


def error_name(error: Exception) -> str:
    """What an error counts as: the name of a status, or in which way there was no answer. Raises what is no verdict."""
    if isinstance(error, Refused):
        return status_name(error.status)
    if isinstance(error, OutcomeUnknown):
        return NO_ANSWER if "in time" in error.reason else LOST
    if isinstance(error, NotSent):
        return NOT_SENT
    if isinstance(error, SmppError):
        return type(error).__name__
    raise error
