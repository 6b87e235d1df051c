"""Results as runs would give them, made by hand."""

from collections import Counter
from typing import Any

from smppcore.load import Plan, Result, Second
from smppcore.load.latencies import Histogram

URL = "smpp://id:secret@127.0.0.1:2775"


def histogram(*milliseconds: float) -> Histogram:
    found = Histogram()
    for each in milliseconds:
        found.record(round(each * 1e3))
    return found


def second(index: int, accepted: int = 100, latency: float = 5.0, **more: Any) -> Second:
    """A second in which so many messages were accepted, each after so many milliseconds."""
    found = Second(index, sent=accepted, accepted=accepted, samples=100, in_flight=50.0, **more)
    found.responses.record(round(latency * 1e3), accepted)
    return found


def result(*seconds: Second, **plan: Any) -> Result:
    found = Result(Plan(url=URL, seconds=float(len(seconds)), **plan))
    for each in seconds:
        found.add(each)
    found.ended = float(len(seconds))
    return found


def errors(index: int, accepted: int, **counts: int) -> Second:
    return second(index, accepted, errors=Counter(counts))
