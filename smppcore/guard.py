"""Whom an Smsc lets in: networks, connections and bind attempts per address, connections that do not bind.

Pure: time comes in as an argument. What is kept per address is bounded and forgotten, so that addresses which nobody
uses twice cannot fill the memory. Binds per account are the accounts' matter (account.py).
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from smppcore.networks import Networks, origin_of

REPORT_PERIOD: Final = 60.0
"""Seconds in which refusals of one address are told once."""
LONGEST_HEADER: Final = 16


class Refusal(StrEnum):
    """Why an Smsc refused a connection, a bind or a request."""

    NETWORK = "network"
    CONNECTIONS = "connections"
    UNBOUND = "unbound"
    PROXY_HEADER = "proxy_header"
    TLS = "tls"
    BIND_ATTEMPTS = "bind_attempts"
    FAILED_BINDS = "failed_binds"
    AUTHENTICATION = "authentication"
    ACCOUNT_NETWORK = "account_network"
    MODE = "mode"
    BINDS = "binds"
    WINDOW = "window"
    RATE = "rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """What an Smsc lets in; None means no limit. An IPv6 address counts with its whole network of 64 bits.

    ``networks``: who may connect, such as ``("10.0.0.0/8",)``; nobody where it is empty. ``connections``: most
    connections at once from one address. ``unbound``: most connections at once, from anywhere, that have not bound.
    ``bind_attempts``: binds from one address, good ones included, and ``failed_binds``: those that were refused, both
    within ``bind_period`` seconds and evened out: after a burst of that many, one more each time its part of the period
    has passed. ``binds``: most binds at once of one account, unless its Account says another number.
    ``longest_unbound_pdu``: octets, the longest PDU before the bind is answered; a bind has about 100, and its TLVs.
    ``addresses``: how many addresses are remembered; beyond it the one that was silent longest is forgotten.
    """

    networks: tuple[str, ...] | None = None
    connections: int | None = None
    unbound: int | None = 1_000
    bind_attempts: int | None = None
    failed_binds: int | None = None
    bind_period: float = 60.0
    binds: int | None = None
    longest_unbound_pdu: int | None = 4_096
    addresses: int = 10_000

    def __post_init__(self) -> None:
        Networks(self.networks or ())
        for name in ("connections", "unbound", "bind_attempts", "failed_binds", "binds", "addresses"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name}: {value} is below 1")
        if not self.bind_period > 0:
            raise ValueError(f"bind_period: {self.bind_period} is not above 0")
        if self.longest_unbound_pdu is not None and self.longest_unbound_pdu < LONGEST_HEADER:
            raise ValueError(f"longest_unbound_pdu: {self.longest_unbound_pdu} is below {LONGEST_HEADER}, a header")


class Attempts:
    """How often something may happen per origin: ``limit`` times in ``period`` seconds; for at most ``origins``.

    A bucket per origin, kept as one number: the time at which it will be full again. One that is full is forgotten.
    """

    __slots__ = ("_full_at", "_interval", "_limit", "_origins", "_period")

    def __init__(self, limit: int | None, period: float, origins: int) -> None:
        self._limit = limit
        self._period = period
        self._interval = period / (limit or 1)
        self._origins = origins
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, origin: str, now: float) -> bool:
        """Whether it may happen once more now; if so, it counts."""
        if self._limit is None:
            return True
        full_at = max(self._full_at.get(origin, now), now)
        # The tolerance is for the rounding of sums of intervals.
        if full_at - now > self._period - self._interval * (1 - 1e-6):
            return False
        self._remember(origin, full_at + self._interval)
        self._forget(now)
        return True

    def give_back(self, origin: str) -> None:
        """What was taken shall not count."""
        if origin in self._full_at:
            self._full_at[origin] -= self._interval

    def _remember(self, origin: str, full_at: float) -> None:
        self._full_at[origin] = full_at
        self._full_at.move_to_end(origin)
        if len(self._full_at) > self._origins:
            self._full_at.popitem(last=False)

    def _forget(self, now: float) -> None:
        """Two at a time, as one comes in: the table shrinks when the flood ends, and no call pays for all of it."""
        for _ in range(2):
            oldest = next(iter(self._full_at))
            if self._full_at[oldest] > now:
                return
            del self._full_at[oldest]
            if not self._full_at:
                return


class Guard:
    """Decides on connections and bind attempts, counts what it refuses, and says what of it is worth a line in the log.

    ``connect`` admits a connection, ``bound`` and ``left`` tell what became of it: each connection admitted must leave.
    """

    __slots__ = ("_attempts", "_connections", "_failures", "_networks", "_reports", "refusals", "settings", "unbound")

    def __init__(self, settings: GuardSettings) -> None:
        self.settings = settings
        self.unbound = 0
        self.refusals: Counter[str] = Counter()
        self._networks = None if settings.networks is None else Networks(settings.networks)
        self._connections: Counter[str] = Counter()
        self._attempts = Attempts(settings.bind_attempts, settings.bind_period, settings.addresses)
        self._failures = Attempts(settings.failed_binds, settings.bind_period, settings.addresses)
        self._reports = Attempts(1, REPORT_PERIOD, settings.addresses)

    def connect(self, host: str) -> Refusal | None:
        """Admit a connection, or say why not; what was admitted counts until ``left``."""
        settings = self.settings
        if self._networks is not None and host not in self._networks:
            return Refusal.NETWORK
        if settings.unbound is not None and self.unbound >= settings.unbound:
            return Refusal.UNBOUND
        if settings.connections is not None:
            origin = origin_of(host)
            if self._connections[origin] >= settings.connections:
                return Refusal.CONNECTIONS
            self._connections[origin] += 1
        self.unbound += 1
        return None

    def try_bind(self, host: str, now: float) -> Refusal | None:
        """Whether a bind may be tried from there. It counts as failed until ``bind_accepted``."""
        if self.settings.bind_attempts is None and self.settings.failed_binds is None:
            return None
        origin = origin_of(host)
        if not self._attempts.take(origin, now):
            return Refusal.BIND_ATTEMPTS
        if not self._failures.take(origin, now):
            return Refusal.FAILED_BINDS
        return None

    def bind_accepted(self, host: str) -> None:
        """The bind that was tried from there is good: the connection is no unbound one any more."""
        self.unbound -= 1
        if self.settings.failed_binds is not None:
            self._failures.give_back(origin_of(host))

    def left(self, host: str, *, bound: bool) -> None:
        """A connection that was admitted has ended."""
        if not bound:
            self.unbound -= 1
        if self.settings.connections is not None:
            origin = origin_of(host)
            self._connections[origin] -= 1
            if not self._connections[origin]:
                del self._connections[origin]

    def refused(self, host: str, reason: Refusal, now: float) -> bool:
        """Count a refusal; tells whether to log it: once per address and minute, so that a scan cannot fill the log."""
        self.refusals[reason] += 1
        return self._reports.take(origin_of(host), now)
