"""Counters, histograms and gauges of links, ESMEs and servers for Prometheus, through prometheus_client.

The hooks add to plain numbers; families and samples are made of them when a registry is scraped. The labels: ``link``
is the name of the Link or Esme, or the system_id of the Smsc; ``account`` is the system_id of the ESME at an Smsc, and
empty on our side of a link. Nothing that is in a message becomes a label.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from smppcore.correlation.receipted import Receipted
from smppcore.correlation.tracked import TrackedMessage
from smppcore.errors import Refused
from smppcore.link import Link
from smppcore.message import is_receipt
from smppcore.metrics.gauges import GAUGES, Row, Watched, of_one
from smppcore.metrics.labels import OTHER, outcome_label, status_label
from smppcore.metrics.tally import Distribution, Labels, Tally
from smppcore.middleware import Middleware, Outcome
from smppcore.pdu import Pdu, Request, Response, SubmitSm
from smppcore.peer import Peer
from smppcore.receipt import STATE_WORDS
from smppcore.requests import Requests
from smppcore.smsc import Smsc
from smppcore.throttle import segments

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

RESPONSE_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds to a response: 5 ms in a data centre, 60 s is the default of response_timeout."""
RECEIPT_BUCKETS: Final = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 2 * 86400, 3 * 86400, 604800)
"""Seconds from submit to receipt: a telephone that is on, one that is off for the night, a validity period of days."""
HANDLER_BUCKETS: Final = (0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0)
"""Seconds to our own answer."""

_END: Final = ("link", "account")
COUNTERS: Final[dict[str, tuple[str, Labels]]] = {
    "requests": ("Attempts to send a request, by how they ended", (*_END, "command", "verdict")),
    "bind_answers": ("Answers that came over a bind, by their status", ("link", "bind", "command", "status")),
    "segments": ("Segments of messages that the other end took", (*_END, "command")),
    "received": ("Requests of the other end, by the status of our answer", (*_END, "command", "status")),
    "receipts_received": ("Receipts that came and were answered, those that fitted no message included", ("link",)),
    "receipts": ("Receipts that fitted a message, by its state", ("link", "state", "match")),
    "receipts_expired": ("Messages whose receipt has not come in time", ("link",)),
}
HISTOGRAMS: Final[dict[str, tuple[str, Labels, Sequence[float]]]] = {
    "response_seconds": ("From the call to the response of the other end", (*_END, "command"), RESPONSE_BUCKETS),
    "bind_response_seconds": ("From the call to the response over this bind", ("link", "bind"), RESPONSE_BUCKETS),
    "receipt_seconds": ("From the submit to its receipt", ("link", "state"), RECEIPT_BUCKETS),
    "handler_seconds": ("From a request of the other end to our answer", (*_END, "command"), HANDLER_BUCKETS),
}
"""Names without the prefix smppcore_, words, and labels."""


class Metrics(Middleware):
    """One for a process: a middleware of any number of links, ESMEs and servers.

    ``registry`` is the CollectorRegistry of prometheus_client, its REGISTRY by default. At most ``accounts`` system_ids
    get a label of their own, later ones are counted together as "other". ``link`` and ``smsc`` add gauges.

    Raises ImportError without the extra `metrics`, ValueError where the registry has such a collector already.
    """

    def __init__(self, registry: "CollectorRegistry | None" = None, *, accounts: int = 1000) -> None:
        client, self._core = _client()
        self._registry = client.REGISTRY if registry is None else registry
        self._most_accounts = accounts
        self._accounts: set[str] = set()
        self._watched = Watched(self.account_label)
        self._counters = {name: Tally() for name in COUNTERS}
        self._distributions = {name: Distribution(bounds) for name, (_, _, bounds) in HISTOGRAMS.items()}
        self._by_key: dict[tuple[str, str, str], _Numbers] = {}
        try:
            self._registry.register(self)
        except ValueError as error:
            raise ValueError("the registry has the metrics of smppcore already: share one Metrics") from error

    def link(self, link: Link) -> None:
        """Gauges of this link as well, in the running event loop; it counts only if Metrics is in its middleware."""
        self._watched.add(link)

    def smsc(self, smsc: Smsc) -> None:
        """Gauges of the ESMEs at this server as well, summed by account."""
        self._watched.add(smsc)

    def close(self) -> None:
        """Leave the registry, so that another Metrics can take the place. May be repeated."""
        registry, self._registry = self._registry, None
        if registry is not None:
            registry.unregister(self)

    def account_label(self, system_id: str) -> str:
        """What an account is called in labels."""
        if system_id not in self._accounts:
            if len(self._accounts) >= self._most_accounts:
                return OTHER
            self._accounts.add(system_id)
        return system_id

    # -- hooks

    def verdict(self, end: Requests, pdu: Request[Any], verdict: Outcome, seconds: float) -> None:
        numbers = self._numbers(end, pdu)
        if isinstance(verdict, Response) and not verdict.command_status:
            numbers.ok.value += 1
            numbers.responses.add(seconds)
            numbers.segments.value += segments(pdu) if pdu.tlvs or not isinstance(pdu, SubmitSm) else 1
            return
        self._counters["requests"].add((*numbers.labels, outcome_label(verdict)))
        if isinstance(verdict, Response | Refused):
            numbers.responses.add(seconds)

    def answer_came(self, end: Requests, bind: str, pdu: Request[Any], response: Pdu, seconds: float) -> None:
        link, status = getattr(end, "name", ""), response.command_status
        labels = (link, bind, pdu.command, status_label(status) if status else "ok")
        self._counters["bind_answers"].add(labels)
        self._distributions["bind_response_seconds"].add(labels[:2], seconds)

    def answered(self, end: Requests, pdu: Pdu, response: Response, seconds: float) -> None:
        numbers = self._numbers(end, pdu)
        numbers.handlers.add(seconds)
        if response.command_status:
            self._counters["received"].add((*numbers.labels, status_label(response.command_status)))
        else:
            numbers.taken.value += 1
        if is_receipt(pdu):
            self._counters["receipts_received"].add(numbers.labels[:1])

    def _numbers(self, end: Requests, pdu: Pdu) -> "_Numbers":
        """Where to count what goes between us and that end."""
        if isinstance(end, Peer):
            key = end.smsc.system_id, end.system_id, pdu.command
        else:
            key = getattr(end, "name", ""), "", pdu.command
        numbers = self._by_key.get(key)
        if numbers is None:
            labels = key[0], self.account_label(key[1]), key[2]
            numbers = _Numbers(labels, self._counters, self._distributions)
            if labels == key:
                self._by_key[key] = numbers  # not for every account that is "other": there may be many
        return numbers

    def receipt(self, end: Requests, receipted: Receipted) -> None:
        link = getattr(end, "name", "")
        state = OTHER if receipted.state is None else STATE_WORDS.get(receipted.state, OTHER)
        self._counters["receipts"].add((link, state, "duplicate" if receipted.duplicate else "matched"))
        if not receipted.duplicate:
            self._distributions["receipt_seconds"].add((link, state), receipted.seconds)

    def expired(self, end: Requests, record: TrackedMessage) -> None:
        self._counters["receipts_expired"].add((getattr(end, "name", ""),))

    # -- what prometheus_client calls, in a thread of its own or in that of the event loop

    def describe(self) -> "list[Metric]":
        """The names of all families, for the registry."""
        return list(self._families([]))

    def collect(self) -> "list[Metric]":
        """All families with their samples."""
        return list(self._families(self._watched.rows()))

    def _families(self, rows: list[Row]) -> "Iterator[Metric]":
        core = self._core
        for name, (words, labels) in COUNTERS.items():
            counter = core.CounterMetricFamily(f"smppcore_{name}", words, labels=labels)
            for values, count in self._counters[name].rows():
                counter.add_metric(values, count)
            yield counter
        for name, (words, labels, _) in HISTOGRAMS.items():
            histogram = core.HistogramMetricFamily(f"smppcore_{name}", words, labels=labels)
            bounds = [*map(_bound, self._distributions[name].bounds), "+Inf"]
            for values, counts, total in self._distributions[name].rows():
                buckets = list(zip(bounds, accumulate(counts), strict=True))
                histogram.add_metric(values, buckets, total)
            yield histogram
        for name, (words, labels) in GAUGES.items():
            gauge = core.GaugeMetricFamily(f"smppcore_{name}", words, labels=labels)
            for values, value in of_one(rows, name):
                gauge.add_metric(values, value)
            yield gauge


class _Numbers:
    """What is counted for nearly every request of one command between us and one end, found with one look."""

    __slots__ = ("handlers", "labels", "ok", "responses", "segments", "taken")

    def __init__(
        self, labels: tuple[str, str, str], counters: dict[str, Tally], distributions: dict[str, Distribution]
    ) -> None:
        self.labels = labels
        self.ok = counters["requests"].count((*labels, "ok"))
        self.taken = counters["received"].count((*labels, "ok"))
        self.segments = counters["segments"].count(labels)
        self.responses = distributions["response_seconds"].spread(labels)
        self.handlers = distributions["handler_seconds"].spread(labels)


def _bound(bound: float) -> str:
    return repr(float(bound))


def _client() -> tuple[Any, Any]:
    """prometheus_client and its part that makes families."""
    try:
        import prometheus_client
        from prometheus_client import metrics_core
    except ImportError as error:
        text = "metrics need the package prometheus-client: pip install 'smppcore[metrics]'"
        raise ImportError(text, name="prometheus_client") from error
    return prometheus_client, metrics_core
