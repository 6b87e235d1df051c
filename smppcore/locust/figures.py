"""The seconds of a generator in Locust's statistics: one request for each message, and one for each receipt."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from smppcore.load.generator import OVERDUE
from smppcore.load.lane import LASTED
from smppcore.load.latencies import Histogram
from smppcore.load.saturation import CPU, LAG_MS, SHARE
from smppcore.load.second import Second
from smppcore.log import log

REQUEST_TYPE: Final = "SMPP"
DELIVERED: Final = "DELIVRD"
TIMED: Final = LASTED | {OVERDUE}
"""Failures that are among the times, with how long they were waited for."""
FEW: Final = 10
"""Seconds of a generator below which nothing is said of its own limits."""


class Figures:
    """``fire`` is that of Locust's event ``request``; ``context`` goes with each.

    Locust has one time for each request, and tells failures only by name. What took which time among those of one
    second is not known, and does not show: its statistics keep counts of times, and counts of failures. A refused
    message has no time, as nothing is known of it; Locust leaves it out of its percentiles.
    """

    def __init__(self, fire: Callable[..., None], context: dict[str, Any]) -> None:
        self._fire = fire
        self._context = context

    def second(self, second: Second, octets: int) -> None:
        """``octets``: of the texts that have left. They are divided evenly, as Locust shows their mean."""
        answered = second.accepted + second.failed
        each, rest = divmod(octets, answered) if answered else (0, 0)
        times = _milliseconds(second.responses)
        for number in range(second.accepted):
            self._count("submit_sm", next(times, None), each + (number < rest))
        number = second.accepted
        for name, count in sorted(second.errors.items(), key=lambda item: item[0] not in TIMED):
            for _ in range(count):
                self._count("submit_sm", next(times, None), each + (number < rest), name)
                number += 1
        self._receipts(second)

    def _receipts(self, second: Second) -> None:
        times = _milliseconds(second.receipts)
        for state, count in second.states.items():
            for _ in range(count):
                self._count("receipt", next(times, None), failure=None if state == DELIVERED else state)

    def missing(self, count: int) -> None:
        """Receipts that did not come as long as they were waited for."""
        for _ in range(count):
            self._count("receipt", None, failure="no receipt")

    def bound(self, mode: str, seconds: float | None, failure: str | None = None) -> None:
        """A bind, one that failed, or one that was lost."""
        self._count(f"bind_{mode}", None if seconds is None else seconds * 1e3, failure=failure)

    def _count(self, name: str, milliseconds: float | None, octets: int = 0, failure: str | None = None) -> None:
        self._fire(
            request_type=REQUEST_TYPE,
            name=name,
            response_time=milliseconds,
            response_length=octets,
            response=None,
            context=self._context,
            exception=failure,
        )


def _milliseconds(histogram: Histogram) -> Iterator[float]:
    """Each time that was counted, shortest first."""
    if histogram.count:
        for seconds, count in histogram.buckets():
            for _ in range(count):
                yield seconds * 1e3


class Limits:
    """Whether the generator process was the limit. Locust looks only after its own process."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another test."""
        self._seconds = self._busy = 0
        self._said = False

    def second(self, second: Second) -> None:
        """Says once, in the log, that the figures tell nothing of the target."""
        self._seconds += 1
        self._busy += second.cpu_most > CPU or second.lag_most * 1e3 > LAG_MS
        if not self._said and self._seconds >= FEW and self._busy > SHARE * self._seconds:
            self._said = True
            log.warning(
                "the load generator of this worker is the limit, not the target: take more workers",
                cpu=round(second.cpu_most, 2),
                lag_ms=round(second.lag_most * 1e3, 1),
            )
