"""Latencies, counted in buckets so that a long run takes no more memory than a short one."""

from collections import Counter

DIGITS = 3
"""Buckets keep three significant digits of the microseconds: at most 1 % wide."""


class Latencies:
    """How often each latency occurred."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0

    def add(self, seconds: float) -> None:
        """Count one latency."""
        microseconds = int(seconds * 1e6)
        excess = len(str(microseconds)) - DIGITS
        if excess > 0:
            scale = 10**excess
            microseconds = microseconds // scale * scale
        self._buckets[microseconds] += 1
        self.count += 1

    def percentile(self, percent: float) -> float:
        """The latency in seconds that this share of all did not exceed; 0.0 if there were none."""
        wanted = self.count * percent / 100
        seen = 0
        for microseconds, count in sorted(self._buckets.items()):
            seen += count
            if seen >= wanted:
                return microseconds / 1e6
        return 0.0
