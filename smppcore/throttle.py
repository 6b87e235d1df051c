"""How fast requests may leave, or come in: a token bucket in segments, and a rate that follows what the SMSC says.

Pure: time comes in as an argument. One token is one segment, as carriers count, so every part of a long message costs
one (``segments``). The rate adapts by additive increase and multiplicative decrease, as TCP's does: it falls at once
when the SMSC says "too fast", and climbs back slowly, so that it settles just below what the SMSC takes.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Final

from smppcore.constants import CommandStatus
from smppcore.pdu import DataSm, SubmitMulti, SubmitSm
from smppcore.tlv import MESSAGE_PAYLOAD

SLOW_DOWN: Final = frozenset({int(CommandStatus.ESME_RTHROTTLED)})
"""With these an SMSC says that we send too fast. Some carriers use others as well, so the set can be chosen."""
CONGESTED: Final = 90
"""From this congestion_state on (0 to 100) a peer of 5.0 is near its limit and we slow down (5.0 section 4.8.4.18)."""
SEGMENT: Final = 140
"""Octets that one segment carries at most."""
GRAIN: Final = 0.02
"""Seconds by which a timer may come too late: what could have left meanwhile still may, beyond the burst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleSettings:
    """``rate``: segments per second; ``burst``: how many may leave at once after a pause.

    ``adaptive``: on a status in ``slow_down``, or on congestion, the rate is multiplied by ``decrease``, but at most
    once in ``settle`` seconds, because a whole window of refusals is one event. Then it grows by ``increase`` of the
    full rate per second until it is reached again; it never falls below ``lowest`` of it.
    """

    rate: float
    burst: float = 1.0
    adaptive: bool = True
    decrease: float = 0.5
    increase: float = 0.05
    lowest: float = 0.01
    settle: float = 1.0
    slow_down: frozenset[int] = field(default=SLOW_DOWN)

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"rate: {self.rate} is not above 0")
        if not self.burst >= 1:
            raise ValueError(f"burst: {self.burst} is below 1")
        if not 0 < self.decrease < 1:
            raise ValueError(f"decrease: {self.decrease} is not between 0 and 1")
        if not 0 < self.lowest <= 1:
            raise ValueError(f"lowest: {self.lowest} is not above 0, or above 1")
        if self.increase < 0 or self.settle < 0:
            raise ValueError(f"increase: {self.increase}, or settle: {self.settle}, is below 0")


class Throttle:
    """A token bucket whose rate adapts. Several connections may share one; ``now`` is the time of any one clock."""

    __slots__ = ("_at", "_capacity", "_rate", "_slowed", "_tokens", "settings")

    def __init__(self, settings: ThrottleSettings, now: float) -> None:
        self.settings = settings
        self._capacity = settings.burst + settings.rate * GRAIN
        self._rate = settings.rate
        self._tokens = settings.burst
        self._at = now
        self._slowed = float("-inf")

    def rate(self, now: float) -> float:
        """The present rate in segments per second."""
        self._advance(now)
        return self._rate

    def take(self, now: float, cost: int = 1) -> bool:
        """Whether something of ``cost`` segments may go now; if so, it counts as gone.

        What costs more than the burst goes when the bucket is full, and leaves it in debt.
        """
        self._advance(now)
        if self._tokens < min(cost, self.settings.burst):
            return False
        self._tokens -= cost
        return True

    def book(self, now: float, cost: int = 1) -> float:
        """Take in advance what cannot be had now; returns when it may go.

        Whoever books first goes first: asking again and again, one of two that share a throttle may never get any.
        """
        free = self.next_free(now, cost)
        self._tokens -= cost
        return free

    def give_back(self, cost: int) -> None:
        """What was booked does not go after all."""
        self._tokens = min(self._capacity, self._tokens + cost)

    def next_free(self, now: float, cost: int = 1) -> float:
        """When something of ``cost`` segments may go."""
        self._advance(now)
        missing = min(cost, self.settings.burst) - self._tokens
        return now if missing <= 0 else now + self._seconds_for(missing)

    def _seconds_for(self, tokens: float) -> float:
        """How long until so many have come in. A lowered rate grows meanwhile: far less than at the present one."""
        full, rate = self.settings.rate, self._rate
        if rate >= full:
            return tokens / full
        growth = self.settings.increase * full
        seconds = 2 * tokens / (rate + math.sqrt(rate * rate + 2 * growth * tokens))
        if rate + growth * seconds <= full:
            return seconds
        growing = (full - rate) / growth
        return growing + (tokens - growing * (rate + full) / 2) / full

    def answered(self, status: int, now: float) -> None:
        """The SMSC has answered with this status: slow down if it is one of those that say so."""
        if status in self.settings.slow_down:
            self.slow_down(now)

    def slow_down(self, now: float) -> None:
        """Multiplicative decrease, once per ``settle`` seconds; what was saved up for a burst is gone."""
        settings = self.settings
        self._advance(now)
        if settings.adaptive and now - self._slowed >= settings.settle:
            self._slowed = now
            self._rate = max(self._rate * settings.decrease, settings.rate * settings.lowest)
            self._tokens = min(self._tokens, 0.0)

    def _advance(self, now: float) -> None:
        """Let time pass: tokens come in, and a lowered rate recovers (additive increase)."""
        passed = now - self._at
        if passed <= 0:
            return
        self._at = now
        before, full = self._rate, self.settings.rate
        growing = 0.0
        if before < full:
            growth = self.settings.increase * full
            growing = min(passed, (full - before) / growth) if growth else passed
            self._rate = full if growing < passed else min(full, before + growing * growth)
        came = growing * (before + self._rate) / 2 + (passed - growing) * full
        self._tokens = min(self._capacity, self._tokens + came)


def segments(pdu: Any) -> int:
    """How many segments a request costs: one, but for each destination, and for each 140 octets of message_payload.

    The SMSC splits a message_payload as it likes, so this is the least that it can count. What makes no sense counts as
    one: it cannot be encoded, and whoever sends it is told so when it is its turn.
    """
    if not isinstance(pdu, SubmitSm | DataSm | SubmitMulti):
        return 1
    try:
        return _segments(pdu)
    except (TypeError, ValueError):
        return 1


def _segments(pdu: SubmitSm | DataSm | SubmitMulti) -> int:
    parts = 1
    if pdu.tlvs:
        payload = pdu.get(MESSAGE_PAYLOAD)
        if payload is not None and len(payload) > SEGMENT:
            parts = -(-len(payload) // SEGMENT)
    return parts * len(pdu.dest_addresses) if isinstance(pdu, SubmitMulti) else parts
