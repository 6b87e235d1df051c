"""A run as it goes, for people: a table, or a line for each second. It is drawn by the process that only adds up."""

from types import TracebackType
from typing import Any, Self

from smppcore.load.latencies import Histogram
from smppcore.load.plan import Plan
from smppcore.load.second import Second
from smppcore.load.summary import counts

LINES = 10
"""The latest seconds that are shown."""


class Live:
    """``with Live(plan) as live`` and ``live.show(second)`` for each second. Raises ImportError without rich."""

    def __init__(self, plan: Plan) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._plan = plan
        self._shape = plan.shape()
        self._lines: list[tuple[str, ...]] = []
        self._sent = self._accepted = self._failed = self._receipts = 0
        self._live = RichLive(self._table(), console=Console(stderr=True), auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, second: Second) -> None:
        """Another second is over."""
        self._sent += second.sent
        self._accepted += second.accepted
        self._failed += second.failed
        self._receipts += second.receipts_in_time + second.receipts_late
        asked = self._shape.rate(second.index + 0.5)
        self._lines.append(
            (
                f"{second.index + 1}{' *' if second.index < self._plan.warm_up else ''}",
                "" if asked is None else f"{asked:,.0f}",
                f"{second.sent:,}",
                f"{second.accepted:,}",
                counts(dict(second.errors.most_common(2))),
                *latency_cells(second.responses),
                f"{second.receipts_in_time + second.receipts_late:,}" if self._plan.receipts else "",
                f"{second.in_flight / max(second.samples, 1) * self._plan.processes:.0f}",
                f"{second.cpu_most:.0%}",
                f"{second.lag_most * 1e3:.0f}",
            )
        )
        del self._lines[:-LINES]
        self._live.update(self._table(), refresh=True)

    def _table(self) -> Any:
        from rich.table import Table

        target = self._plan.view()["target"]
        whole = (
            f"{self._sent:,} sent, {self._accepted:,} accepted, {self._failed:,} failed, {self._receipts:,} receipts"
        )
        table = Table(title=f"{self._plan.profile} to {target}: {whole}", title_justify="left", caption="* warm-up")
        for name in ("s", "asked/s", "sent", "accepted", "errors", "p50 ms", "p99 ms", "max ms", "receipts"):
            table.add_column(name, justify="left" if name == "errors" else "right")
        for name in ("in flight", "CPU", "lag ms"):
            table.add_column(name, justify="right")
        for line in self._lines:
            table.add_row(*line)
        return table


def latency_cells(histogram: Histogram) -> tuple[str, str, str]:
    """p50, p99 and the longest in milliseconds; empty where there was nothing."""
    if not histogram.count:
        return ("", "", "")
    p50, p99, longest = (f"{value * 1e3:,.2f}" for value in histogram.percentiles((50, 99, 100)))
    return p50, p99, longest


def line_of(second: Second) -> str:
    """A second in one line, where there is no terminal."""
    p50, p99, longest = latency_cells(second.responses)
    latency = f", p50 {p50}, p99 {p99}, max {longest} ms" if p50 else ""
    errors = f" ({counts(dict(second.errors))})" if second.errors else ""
    return (
        f"second {second.index + 1}: {second.sent:,} sent, {second.accepted:,} accepted, "
        f"{second.failed:,} failed{errors}{latency}"
    )
