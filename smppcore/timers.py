"""When a session has something to do although nothing arrives (section 7.2), as plain numbers.

A timer that is off, or not running, stands at infinity. Who may ask, and what follows, is the session's matter; here is
only what was heard when, and how much doubt there is about the other end.
"""

from enum import Enum, auto
from typing import Final

from smppcore.notice import Finished
from smppcore.settings import Settings

NEVER: Final = float("inf")


class Stage(Enum):
    """Which of the timers run: those of a connection that has to bind, of a bound one, or neither."""

    UNBOUND = auto()
    BOUND = auto()
    NEITHER = auto()


class Suspicion(Enum):
    """What follows from one more request without an answer."""

    NONE = auto()
    ASK = auto()
    GIVE_UP = auto()


class Timers:
    """The times of one connection that was made at ``now``."""

    __slots__ = (
        "_opened",
        "_settings",
        "active",
        "asked",
        "heard",
        "missed",
        "misses",
        "partial",
        "suspected",
        "timeouts",
        "unbind",
    )

    def __init__(self, settings: Settings, now: float) -> None:
        self._settings = settings
        self._opened = self.heard = self.active = now
        """``heard``: the last octet of the other end; ``active``: the last PDU other than enquire_link."""
        self.partial = NEVER
        """When the PDU that has begun to arrive must be complete."""
        self.unbind = NEVER
        """When an unbind of the other end is answered though requests of it are still unanswered."""
        self.asked = now
        """When we last sent an enquire_link, or would have if one had not been in flight."""
        self.misses = 0
        self.missed = now
        self.timeouts = 0
        """Requests in a row that had no answer."""
        self.suspected = False

    # -- what arrives

    def frame_begun(self, now: float) -> None:
        """Octets of an incomplete PDU wait; called for each chunk that leaves some behind a complete one."""
        self.partial = after(now, self._settings.partial_pdu_timeout)

    def trust(self) -> None:
        """A request of ours was answered: whatever had no answer before counts no more."""
        self.timeouts = 0
        self.suspected = False

    # -- deadlines

    def next_deadline(self, stage: Stage, asking: bool) -> float:
        """The earliest of all, ``asking`` meaning that an enquire_link of ours is in flight.

        Whoever drives the session does not look again when the answer arrives, so while we ask, the interval goes on:
        else a longer enquire_link_timeout would take its place.
        """
        ends = [self.partial, self.unbind]
        if stage is Stage.UNBOUND:
            ends.append(after(self._opened, self._settings.session_init_timeout))
        elif stage is Stage.BOUND:
            ends.append(after(self.active, self._settings.inactivity_timeout))
            since = max(self.asked, self.heard) if asking else self.heard
            ends.append(after(since, self._settings.enquire_link_interval))
        return min(ends)

    def overdue(self, now: float, stage: Stage) -> Finished | None:
        """Why the connection has to end by now, if it has to."""
        settings = self._settings
        if stage is Stage.UNBOUND and now >= after(self._opened, settings.session_init_timeout):
            return Finished(f"not bound within {settings.session_init_timeout} s", abort=False)
        if now >= self.partial:
            return Finished(f"a PDU is not complete after {settings.partial_pdu_timeout} s", abort=True)
        if stage is Stage.BOUND and now >= after(self.active, settings.inactivity_timeout):
            return Finished(f"no traffic for {settings.inactivity_timeout} s", abort=False)
        return None

    def silent(self, now: float) -> bool:
        """Whether nothing was heard for so long that we have to ask."""
        return now >= after(self.heard, self._settings.enquire_link_interval)

    # -- doubt

    def enquire_link_missed(self, deadline: float) -> bool:
        """An enquire_link of ours had no answer by ``deadline``; tells whether that is one too many.

        Any octet since we asked shows that the other end lives (section 4.11), even without the response itself.
        """
        if self.heard > deadline - self._settings.enquire_link_timeout:
            self.misses = 0
            return False
        if self.heard > self.missed:
            self.misses = 0
        self.misses += 1
        self.missed = deadline
        return self.misses >= self._settings.enquire_link_misses

    def request_missed(self, asking: bool) -> Suspicion:
        """A request had no answer in time: at first we ask, and if as many again have none, we give up."""
        limit = self._settings.suspect_after
        if limit is None or (self.suspected and asking):
            return Suspicion.NONE
        self.timeouts += 1
        if self.timeouts < limit:
            return Suspicion.NONE
        self.timeouts = 0
        if self.suspected:
            return Suspicion.GIVE_UP
        self.suspected = True
        return Suspicion.ASK


def after(since: float, timeout: float | None) -> float:
    """``timeout`` seconds after ``since``; never, if there is no timeout."""
    return NEVER if timeout is None else since + timeout
