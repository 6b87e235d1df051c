"""Thresholds: what a run must reach, in a grammar of one line, and what it reached.

An expectation is a metric, a comparison (<, <=, >, >=, ==) and a value: ``p99<50ms``, ``receipt.p95<2s``,
``errors<0.1%``, ``rate>=98%``, ``receipts==100%``.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from smppcore.load.latencies import Histogram
from smppcore.load.quantity import number_of, seconds_of
from smppcore.load.result import Result

_FORM: Final = re.compile(r"\s*([a-z0-9_.]+)\s*(<=|>=|==|<|>)\s*(\S+)\s*")
_LATENCY: Final = re.compile(r"(receipt\.|service\.)?(?:p(\d{1,2}(?:\.\d{1,3})?)|(max|mean))")
_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_COUNTS: Final = ("errors", "receipts", "rate", "accepted", "throttled")
METRICS: Final = (
    "p0.1 to p99.999, max and mean of the responses, the same with receipt. or service. in front, "
    "errors, receipts, accepted (each a count or %), rate (per second or % of what was asked for), "
    "throttled (seconds or %)"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``found`` is what was reached, as text; ``kept`` whether that is what was expected."""

    expectation: str
    found: str
    kept: bool

    def __str__(self) -> str:
        return f"{'kept' if self.kept else 'FAILED'}: {self.expectation}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One threshold; ``unit`` is "s", "%" or empty for a number."""

    text: str
    metric: str
    comparison: str
    value: float
    unit: str

    def check(self, result: Result) -> Outcome:
        """Hold a result against it. Where there is nothing to measure, it is not kept."""
        found = self._latency(result) if _LATENCY.fullmatch(self.metric) else self._figure(result)
        if found is None:
            return Outcome(self.text, "nothing to measure", False)
        return Outcome(self.text, self._shown(found), _OPERATORS[self.comparison](found, self.value))

    def _shown(self, found: float) -> str:
        if self.unit == "s":
            return f"{found * 1e3:.3f} ms" if self.metric != "throttled" else f"{found:.3f} s"
        return f"{found:.4f} %" if self.unit == "%" else f"{found:,.6g}"

    def _latency(self, result: Result) -> float | None:
        match = _LATENCY.fullmatch(self.metric)
        prefix, percent, word = match.groups() if match else ("", "", "")
        histogram = _histogram(result, prefix or "")
        if not histogram.count:
            return None
        if word == "mean":
            return histogram.mean
        return histogram.percentiles([100.0 if word == "max" else float(percent)])[0]

    def _figure(self, result: Result) -> float | None:
        total, share = result.total, self.unit == "%"
        if self.metric == "rate":
            return result.rate if not share else _percent(result.rate, result.asked)
        if self.metric == "throttled":
            whole = result.measured * result.plan.binds
            return _percent(total.throttled, whole) if share else total.throttled
        if self.metric == "receipts":
            if not result.plan.receipts:
                return None
            return _percent(total.receipts_in_time, total.accepted) if share else float(total.receipts_in_time)
        figure = total.failed if self.metric == "errors" else total.accepted
        return _percent(figure, total.failed + total.accepted) if share else float(figure)


def _histogram(result: Result, prefix: str) -> Histogram:
    total = result.total
    if prefix == "receipt.":
        return total.receipts
    if prefix == "service." and total.services.count:
        return total.services
    return total.responses


def _percent(part: float, whole: float | None) -> float | None:
    return part * 100 / whole if whole else None


def parse_expectation(text: str) -> Expectation:
    """Read one. Raises ValueError that says what is wrong with it."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"expectation {text!r}: it is written METRIC<VALUE, such as p99<50ms or errors<0.1%")
    metric, comparison, value = match.groups()
    latency = _LATENCY.fullmatch(metric)
    if latency is None and metric not in _COUNTS:
        raise ValueError(f"expectation {text!r}: there is no {metric!r}; there are {METRICS}")
    if latency is not None and latency[2] is not None and not 0 < float(latency[2]) < 100:
        raise ValueError(f"expectation {text!r}: a percentile is above 0 and below 100; p100 is max")
    try:
        number, unit = _value(metric, value, latency is not None)
    except ValueError as error:
        raise ValueError(f"expectation {text!r}: {error}") from None
    return Expectation(text.strip(), metric, comparison, number, unit)


def _value(metric: str, text: str, is_latency: bool) -> tuple[float, str]:
    if is_latency:
        return seconds_of(text), "s"
    if text.endswith("%"):
        return number_of(text.removesuffix("%")), "%"
    if metric == "throttled":
        return seconds_of(text), "s"
    return number_of(text.removesuffix("/s") if metric == "rate" else text), ""
