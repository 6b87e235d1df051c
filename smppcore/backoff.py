"""How long to wait before the next attempt to bind: exponential, with jitter, and different by kind of failure.

Pure: chance and durations come in as arguments. A carrier that sees hundreds of links come back at the same moment
refuses them all (a reconnect storm), which is why every wait is spread. A bind that is cut off again and again is a
failure too, so the waiting starts anew only after one that has lasted.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from smppcore.constants import CommandStatus
from smppcore.errors import BindRefused, TlsError, TlsFault, Verdict


class Failure(StrEnum):
    """What keeps a link from being bound.

    UNREACHABLE: no connection. LOST: there was one, and it ended. ALREADY_BOUND: ESME_RALYBND, the SMSC still holds the
    last session. THROTTLED: the SMSC refused the bind for now. CREDENTIALS: it does not know us, or not this password.
    TLS: a certificate or the like is not right. CONFIGURATION: something is wrong on our side, such as a password that
    cannot be read. REFUSED: any other status.
    """

    UNREACHABLE = "unreachable"
    LOST = "lost"
    ALREADY_BOUND = "already bound"
    THROTTLED = "throttled"
    CREDENTIALS = "credentials"
    TLS = "tls"
    CONFIGURATION = "configuration"
    REFUSED = "refused"


LOUD: Final = frozenset({Failure.CREDENTIALS, Failure.TLS, Failure.CONFIGURATION})
"""What somebody has to mend: trying again seldom helps, and too often locks the account."""

_STATUSES: Final[dict[int, Failure]] = {
    CommandStatus.ESME_RALYBND: Failure.ALREADY_BOUND,
    CommandStatus.ESME_RTHROTTLED: Failure.THROTTLED,
    CommandStatus.ESME_RMSGQFUL: Failure.THROTTLED,
    CommandStatus.ESME_RINVPASWD: Failure.CREDENTIALS,
    CommandStatus.ESME_RINVSYSID: Failure.CREDENTIALS,
    CommandStatus.ESME_RBINDFAIL: Failure.CREDENTIALS,
    CommandStatus.ESME_RINVSYSTYP: Failure.CREDENTIALS,
}
_PASSING: Final = frozenset({TlsFault.TIMEOUT, TlsFault.BROKEN_OFF})
"""What a TLS terminator does while the SMSC behind it restarts."""


def failure_of(error: Exception) -> Failure:
    """The kind of failure that an error of ``connect`` is. For wrong credentials SMSCs use one of four statuses."""
    if isinstance(error, BindRefused):
        return _STATUSES.get(error.status, Failure.REFUSED)
    if isinstance(error, TlsError):
        return Failure.UNREACHABLE if error.fault in _PASSING else Failure.TLS
    if isinstance(error, Verdict):
        return Failure.LOST
    return Failure.UNREACHABLE if isinstance(error, OSError) else Failure.CONFIGURATION


@dataclass(frozen=True, slots=True, kw_only=True)
class BackoffSettings:
    """Seconds between two attempts to bind.

    ``first`` doubles with every failure in a row up to ``longest``; each wait is spread over its upper half. A bind
    that has lasted ``lasting`` ends the row. ``already_bound``, ``throttled`` and ``hopeless`` are the least for their
    kinds of failure, spread over a quarter more: an SMSC that still holds the old session answers ESME_RALYBND for up
    to two minutes; wrong credentials, certificates and our own mistakes (``hopeless``) want a human.
    """

    first: float = 1.0
    longest: float = 60.0
    lasting: float = 10.0
    already_bound: float = 30.0
    throttled: float = 10.0
    hopeless: float = 60.0

    def __post_init__(self) -> None:
        if not 0 < self.first <= self.longest:
            raise ValueError(f"first: {self.first} is not above 0, or above longest: {self.longest}")
        for name in ("lasting", "already_bound", "throttled", "hopeless"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: {getattr(self, name)} is below 0")

    def least(self, failure: Failure) -> float:
        """The least wait after a failure of this kind."""
        if failure in LOUD:
            return self.hopeless
        if failure is Failure.ALREADY_BOUND:
            return self.already_bound
        return self.throttled if failure is Failure.THROTTLED else 0.0


class Backoff:
    """Counts failures in a row (``failures``) and says how long to wait."""

    __slots__ = ("_random", "_settings", "failures")

    def __init__(self, settings: BackoffSettings, random: Random) -> None:
        self._settings = settings
        self._random = random
        self.failures = 0

    def failed(self, failure: Failure, lasted: float | None = None) -> float:
        """Count a failure, of a bind that had ``lasted`` so long if there was one; returns the seconds to wait."""
        settings, chance = self._settings, self._random.random
        if lasted is not None and lasted >= settings.lasting:
            self.failures = 0
        wait = min(settings.longest, settings.first * 2.0 ** min(self.failures, 64)) * (0.5 + chance() / 2)
        self.failures += 1
        return max(wait, settings.least(failure) * (1 + chance() / 4))
