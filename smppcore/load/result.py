"""What came of a run: the whole of its measured part, every second of it, and who was the limit."""

import platform
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from smppcore.load.generator import OVERDUE
from smppcore.load.plan import Plan
from smppcore.load.saturation import saturation
from smppcore.load.second import HISTOGRAMS, Second

PERCENTILES: Final = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0)
SERIES_PERCENTILES: Final = (50.0, 99.0, 100.0)
BY_HAND: Final = "stopped by hand"
FORMAT: Final = 1
"""Of the JSON; it changes when a reader would have to."""


@dataclass(slots=True)
class Result:
    """``total`` is the sum of all seconds behind the warm-up, ``rows`` have the figures of each second from the first.

    ``ended`` is the length in seconds of the sending, warm-up included. ``stopped``: why it ended early, empty where it
    did not. ``by_hand``: somebody asked for that. ``broken``: a process was lost, so that figures are missing.
    """

    plan: Plan
    began: datetime | None = None
    ended: float = 0.0
    stopped: str = ""
    by_hand: bool = False
    broken: bool = False
    total: Second = field(default_factory=lambda: Second(0))
    rows: list[dict[str, Any]] = field(default_factory=list)
    encoded: list[dict[str, str]] = field(default_factory=list)
    """The histograms of each row, as HDR encodes them."""
    events: list[tuple[float, str]] = field(default_factory=list)

    def add(self, second: Second) -> None:
        """The next second of the whole run."""
        if second.index >= self.plan.warm_up:
            self.total.add(second)
        self.rows.append(self._row(second))
        self.encoded.append({name: getattr(second, name).encoded for name in HISTOGRAMS if getattr(second, name).count})

    def _row(self, second: Second) -> dict[str, Any]:
        shape = self.plan.shape()
        asked = None if shape.closed else shape.due(second.index + 1) - shape.due(second.index)
        samples = max(second.samples, 1)
        row: dict[str, Any] = {
            "second": second.index,
            "warm_up": second.index < self.plan.warm_up,
            "asked": asked if asked is None else round(asked, 3),
            "sent": second.sent,
            "accepted": second.accepted,
            "failed": second.failed,
            "errors": dict(second.errors),
            "throttled": round(second.throttled, 3),
            "receipts": second.receipts_in_time + second.receipts_late,
            "in_flight": round(second.in_flight / samples * self.plan.processes, 2),
            "cpu": round(second.cpu, 4),
            "cpu_most": round(second.cpu_most, 4),
            "lag_ms": round(second.lag / samples * 1e3, 3),
            "lag_most_ms": round(second.lag_most * 1e3, 3),
        }
        for name, histogram in (("response", second.responses), ("receipt", second.receipts)):
            values = histogram.percentiles(SERIES_PERCENTILES) if histogram.count else [None] * len(SERIES_PERCENTILES)
            for percent, value in zip(("p50", "p99", "max"), values, strict=True):
                row[f"{name}_{percent}_ms"] = None if value is None else round(value * 1e3, 3)
        return row

    @property
    def seconds_seen(self) -> float:
        """As far as seconds were told of."""
        return float(self.rows[-1]["second"] + 1) if self.rows else 0.0

    @property
    def measured(self) -> float:
        """Seconds of the measured part, from the end of the warm-up to the end of the sending."""
        return max(self.ended - self.plan.warm_up, 0.0)

    @property
    def rate(self) -> float:
        """Accepted messages per second of the measured part."""
        return self.total.accepted / self.measured if self.measured else 0.0

    @property
    def asked(self) -> float | None:
        """Messages per second that the profile asked for in the measured part; None in a closed loop.

        With arrivals by chance it is how many have become due.
        """
        shape, warm_up = self.plan.shape(), self.plan.warm_up
        if shape.closed or not self.measured:
            return None
        until = min(self.ended, shape.seconds)
        if self.plan.poisson:
            # What chance has asked for, not its mean: of a hundred messages that is now 85 and now 115.
            due = self.total.sent + self.total.errors[OVERDUE]
            return due / (until - warm_up) if until > warm_up else None
        if self.plan.count is not None:
            until = min(until, next(shape.times((float(self.plan.count),)), until))
        return (shape.due(until) - shape.due(warm_up)) / (until - warm_up) if until > warm_up else None

    @property
    def missing(self) -> int:
        """Receipts that never came, of messages that were accepted and asked for one."""
        total = self.total
        if not self.plan.receipts:
            return 0
        came = total.receipts_in_time + total.receipts_late + total.receipts_forgotten
        return max(total.accepted - came, 0)

    def view(self) -> dict[str, Any]:
        """All of it as JSON has it; what every report is made from."""
        total, samples = self.total, max(self.total.samples, 1)
        return {
            "format": FORMAT,
            "plan": self.plan.view(),
            "began": None if self.began is None else self.began.isoformat(timespec="seconds"),
            "machine": {"python": platform.python_version(), "system": platform.platform()},
            "stopped": self.stopped,
            "broken": self.broken,
            "seconds": round(self.ended, 3),
            "measured_seconds": round(self.measured, 3),
            "messages": {
                "sent": total.sent,
                "accepted": total.accepted,
                "failed": total.failed,
                "of_warm_up": total.stragglers,
            },
            "rate": round(self.rate, 3),
            "asked_rate": None if self.asked is None else round(self.asked, 3),
            "errors": dict(total.errors.most_common()),
            "response_ms": latencies(total, "responses"),
            "service_ms": latencies(total, "services"),
            "receipt_ms": latencies(total, "receipts"),
            "receipts": self._receipts(),
            "throttled_seconds": round(total.throttled, 3),
            "window": {
                "places": self.plan.window * self.plan.binds,
                "mean": round(self._in_flight(), 2),
            },
            "generator": {
                "cpu_seconds": round(total.cpu, 3),
                "busiest": round(total.cpu_most, 3),
                "lag_ms": round(total.lag / samples * 1e3, 3),
                "lag_most_ms": round(total.lag_most * 1e3, 3),
                "saturated": saturation(self.rows, self.plan.processes),
            },
            "histograms": {name: getattr(total, name).encoded for name in HISTOGRAMS if getattr(total, name).count},
            "events": [{"at": round(at, 3), "what": what} for at, what in self.events],
            "series": self.rows,
        }

    def _in_flight(self) -> float:
        """The mean of the measured seconds in which something was sent."""
        means = [row["in_flight"] for row in self.rows if not row["warm_up"] and row["sent"]]
        return sum(means) / len(means) if means else 0.0

    def _receipts(self) -> dict[str, Any] | None:
        if not self.plan.receipts:
            return None
        total = self.total
        return {
            "in_time": total.receipts_in_time,
            "late": total.receipts_late,
            "again": total.receipts_again,
            "of_others": max(total.receipts_other, 0),
            "forgotten": total.receipts_forgotten,
            "missing": self.missing,
            "states": dict(total.states.most_common()),
        }


def latencies(total: Second, name: str) -> dict[str, float] | None:
    """Percentiles, mean and maximum in milliseconds; None where there was nothing to measure."""
    histogram = getattr(total, name)
    if not histogram.count:
        return None
    values = histogram.percentiles(PERCENTILES)
    named = {
        f"p{percent:g}" if percent < 100 else "max": value for percent, value in zip(PERCENTILES, values, strict=True)
    }
    return {each: round(value * 1e3, 3) for each, value in named.items()} | {"mean": round(histogram.mean * 1e3, 3)}
