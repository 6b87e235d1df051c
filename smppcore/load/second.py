"""What one process saw in one second of a run. Seconds of several processes add up to one of the whole."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from smppcore.load.latencies import Histogram

HISTOGRAMS: Final = ("responses", "services", "receipts")
_SUMS: Final = (
    "sent",
    "accepted",
    "stragglers",
    "receipts_in_time",
    "receipts_late",
    "receipts_again",
    "receipts_other",
    "receipts_forgotten",
    "incoming",
    "throttled",
    "in_flight",
    "lag",
    "samples",
    "cpu",
)
_PEAKS: Final = ("in_flight_most", "lag_most", "cpu_most")


@dataclass(slots=True)
class Second:
    """``index`` counts seconds from the beginning of the run; the second after its end and later ones count on.

    ``responses`` are latencies from the intended time of a message to its response, ``services`` from the moment when
    it left, ``receipts`` from the intended time to the final receipt. All but the receipts of other messages, and the
    figures of the process itself, are of messages that are measured: those of the warm-up only while it lasts.
    """

    index: int
    sent: int = 0
    accepted: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    stragglers: int = 0
    """Messages of the warm-up that ended after it: they count nowhere else."""
    receipts_in_time: int = 0
    receipts_late: int = 0
    receipts_again: int = 0
    receipts_other: int = 0
    """Final receipts of nothing that was sent, as far as one process knows, less those that another one knew."""
    receipts_forgotten: int = 0
    """Messages whose receipt is not waited for any more, because there were too many."""
    states: Counter[str] = field(default_factory=Counter)
    incoming: int = 0
    """Messages from the SMSC that were no final receipts."""
    throttled: float = 0.0
    """Seconds, over all binds, between an answer that says "too fast" and the next one that does not."""
    in_flight: float = 0.0
    """The sum of ``samples`` of all requests in flight; ``in_flight_most`` is the largest of them."""
    in_flight_most: int = 0
    lag: float = 0.0
    """How much later than asked for (seconds) the event loop came back, the sum of ``samples``, and the longest."""
    lag_most: float = 0.0
    samples: int = 0
    cpu: float = 0.0
    """Seconds of CPU; ``cpu_most`` is that of the busiest process, as a share of the time."""
    cpu_most: float = 0.0
    responses: Histogram = field(default_factory=Histogram)
    services: Histogram = field(default_factory=Histogram)
    receipts: Histogram = field(default_factory=Histogram)

    @property
    def failed(self) -> int:
        return sum(self.errors.values())

    def add(self, other: "Second") -> None:
        """Add the same second of another process, or another second of the same run."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _PEAKS:
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        self.errors.update(other.errors)
        self.states.update(other.states)
        for name in HISTOGRAMS:
            getattr(self, name).add(getattr(other, name))

    def to_json(self) -> dict[str, Any]:
        """All of it; histograms are encoded, and left out where they are empty."""
        view: dict[str, Any] = {name: getattr(self, name) for name in ("index", *_SUMS, *_PEAKS)}
        view |= {"errors": dict(self.errors), "states": dict(self.states)}
        return view | {name: getattr(self, name).encoded for name in HISTOGRAMS if getattr(self, name).count}

    @classmethod
    def from_json(cls, view: Mapping[str, Any]) -> Self:
        histograms = {name: Histogram(view[name]) for name in HISTOGRAMS if name in view}
        return cls(**{**view, "errors": Counter(view["errors"]), "states": Counter(view["states"])} | histograms)
