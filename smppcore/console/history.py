"""How much went through a simulator in the last minutes: a sample a second, whether anyone looks or not."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from smppcore.simulator.statistics import Statistics

LENGTH: Final = 180
"""Samples that are kept: three minutes."""
INTERVAL: Final = 1.0
"""Seconds from one sample to the next."""


class Sample(NamedTuple):
    """Per second, since the sample before: messages taken and refused, receipts taken by ESMEs, mobile-originated
    messages taken by ESMEs. ``waiting``: what waits for an ESME. ``number`` counts samples."""

    number: int
    messages: float = 0.0
    refused: float = 0.0
    receipts: float = 0.0
    mobile_originated: float = 0.0
    waiting: int = 0


class History:
    """Samples what ``statistics`` gives."""

    def __init__(self, statistics: Callable[[], Statistics]) -> None:
        self._statistics = statistics
        self._samples: deque[Sample] = deque([Sample(0)], maxlen=LENGTH)
        self._before = (0, 0, 0, 0)
        self._then = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def latest(self) -> Sample:
        return self._samples[-1]

    def after(self, number: int) -> list[dict[str, Any]]:
        """The samples that came after that one, as plain values; all of them where it is from an earlier life."""
        if number > self.latest.number:
            number = 0
        newer = min(self.latest.number - number, len(self._samples))
        return [self._samples[place]._asdict() for place in range(len(self._samples) - newer, len(self._samples))]

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._then = loop.time()
        self._before = _counts(self._statistics())
        self._timer = loop.call_later(INTERVAL, self._on_timer)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self.sample(loop.time())
        self._timer = loop.call_later(INTERVAL, self._on_timer)

    def sample(self, now: float) -> None:
        """Take a sample at ``now``, in seconds of the clock of ``start``."""
        statistics = self._statistics()
        counts = _counts(statistics)
        elapsed = max(now - self._then, 1e-3)
        # Counts that have shrunk were reset in between.
        rates = [
            round((count - before if count >= before else count) / elapsed, 1)
            for count, before in zip(counts, self._before, strict=True)
        ]
        messages, refused, receipts, mobile_originated = rates
        number, waiting = self.latest.number + 1, statistics.receipts_waiting
        self._samples.append(Sample(number, messages, refused, receipts, mobile_originated, waiting))
        self._before, self._then = counts, now


def _counts(statistics: Statistics) -> tuple[int, int, int, int]:
    return (
        statistics.accepted,
        sum(statistics.refused.values()),
        statistics.receipts_delivered,
        statistics.mobile_originated_taken,
    )
