"""The report as one HTML file that opens anywhere without a network: tables and plots, the plotting library inside."""

import html
import importlib.resources
from typing import Any, Final

from smppcore.load.expectation import Outcome
from smppcore.load.latencies import Histogram
from smppcore.load.summary import rows, verdict

MOST_POINTS: Final = 1_200
"""Of a line; longer runs are drawn with several seconds in each point."""
WIDTH: Final = 1040
HEIGHT: Final = 300
COLOURS: Final = ("#2563eb", "#d97706", "#dc2626", "#059669", "#7c3aed", "#0891b2", "#be185d", "#4b5563")


def html_of(view: dict[str, Any], outcomes: list[Outcome]) -> str:
    """The report on a result (Result.view). Raises ImportError without the extra ``load``."""
    from bokeh.embed import components
    from bokeh.resources import Resources

    plots = Plots(view)
    figures = {name: figure for name, figure in plots.all() if figure is not None}
    script, places = components(figures)
    library = Resources(mode="inline", components=["bokeh"]).render()
    sections = "\n".join(f"<section><h2>{html.escape(name)}</h2>{place}</section>" for name, place in places.items())
    page = importlib.resources.files("smppcore.load").joinpath("report.html").read_text("utf-8")
    parts = {
        "TITLE": f"Load test of {html.escape(view['plan']['target'])}",
        "BEGAN": html.escape(view["began"] or ""),
        "VERDICT": html.escape(verdict(view, outcomes)),
        "SATURATED": f'<p class="bad">{html.escape(saturated)}</p>' if (saturated := _saturated(view)) else "",
        "SUMMARY": _table(list(rows(view))),
        "EXPECTATIONS": _expectations(outcomes),
        "PLOTS": sections,
        "LIBRARY": library,
        "SCRIPT": script,
    }
    # In one pass: what is put in may have the name of another place in it.
    head, *rest = page.split("{{")
    return head + "".join(parts[name] + after for name, after in (each.split("}}", 1) for each in rest))


def _saturated(view: dict[str, Any]) -> str:
    return str(view["generator"]["saturated"])


def _table(lines: list[tuple[str, str]]) -> str:
    cells = (f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in lines)
    return f"<table>{''.join(cells)}</table>"


def _expectations(outcomes: list[Outcome]) -> str:
    if not outcomes:
        return ""
    cells = (
        f'<tr class="{"good" if each.kept else "bad"}"><th>{html.escape(each.expectation)}</th>'
        f"<td>{'kept' if each.kept else 'failed'}</td><td>{html.escape(each.found)}</td></tr>"
        for each in outcomes
    )
    return f"<h2>Expectations</h2><table>{''.join(cells)}</table>"


class Plots:
    """The plots of one result."""

    def __init__(self, view: dict[str, Any]) -> None:
        self._view = view
        self._rows = thinned(view["series"])
        self._seconds = [row["second"] for row in self._rows]

    def all(self) -> list[tuple[str, Any]]:
        """Name and figure of each; None where there is nothing to show."""
        receipts = self._view["receipts"] is not None
        return [
            ("Rate over time", self._rate()),
            ("Response over time", self._latency("response")),
            ("Response by percentile", self._percentiles()),
            ("Errors over time", self._errors()),
            ("Receipts over time", self._lines("messages/s", receipts=("receipts", 3)) if receipts else None),
            ("Time to the receipt", self._latency("receipt") if receipts else None),
            ("Requests in flight", self._lines("requests", in_flight=("in flight", 0))),
            ("Generator: share of a core", self._lines("busiest process", cpu_most=("busiest process", 7))),
            ("Generator: event loop late", self._lines("ms", lag_most_ms=("at worst", 1), lag_ms=("on average", 0))),
        ]

    def _figure(self, unit: str, **more: Any) -> Any:
        from bokeh.plotting import figure

        found = figure(
            width=WIDTH,
            height=HEIGHT,
            x_axis_label="s",
            y_axis_label=unit,
            tools="pan,wheel_zoom,box_zoom,reset,save,hover",
            active_scroll=None,
            sizing_mode="stretch_width",
            **more,
        )
        found.toolbar.logo = None
        return found

    def _lines(self, unit: str, figure: Any = None, **series: tuple[str, int]) -> Any:
        """A line for each series, with its name in the legend and the number of its colour."""
        found = figure or self._figure(unit)
        for key, (name, colour) in series.items():
            values = [float("nan") if row[key] is None else row[key] for row in self._rows]
            found.line(self._seconds, values, legend_label=name, color=COLOURS[colour], line_width=1.6)
            found.scatter(self._seconds, values, color=COLOURS[colour], size=3)
        self._mark_warm_up(found)
        return _with_legend(found)

    def _mark_warm_up(self, found: Any) -> None:
        from bokeh.models.annotations import BoxAnnotation

        warm_up = self._view["plan"]["warm_up"]
        if warm_up:
            found.add_layout(BoxAnnotation(right=warm_up, fill_alpha=0.12, fill_color="#6b7280"))

    def _rate(self) -> Any:
        asked = {} if self._view["asked_rate"] is None else {"asked": ("asked for", 7)}
        return self._lines("messages/s", **asked, sent=("sent", 0), accepted=("accepted", 3), failed=("failed", 2))

    def _latency(self, part: str) -> Any:
        figure = self._figure("ms", y_axis_type="log")
        wanted = {f"{part}_{name}_ms": (name, colour) for name, colour in (("p50", 3), ("p99", 1), ("max", 2))}
        return self._lines("ms", figure, **wanted)

    def _percentiles(self) -> Any:
        """Latency against the share of messages that took longer: both axes logarithmic, tails to the right."""
        found = self._figure("ms", y_axis_type="log", x_axis_type="log")
        found.xaxis.axis_label = "1 in so many messages took longer"
        names = (("responses", "response", 0), ("services", "from when it left", 3), ("receipts", "receipt", 1))
        drawn = False
        for key, name, colour in names:
            encoded = self._view["histograms"].get(key)
            if encoded:
                odds, values = tail(Histogram(encoded))
                found.step(odds, values, legend_label=name, color=COLOURS[colour], line_width=1.8, mode="after")
                drawn = True
        return _with_legend(found) if drawn else None

    def _errors(self) -> Any:
        names = list(self._view["errors"])
        if not names:
            return None
        found = self._figure("messages/s")
        for number, name in enumerate(names):
            values = [row["errors"].get(name, 0) for row in self._rows]
            found.line(self._seconds, values, legend_label=name, color=COLOURS[(number + 2) % 8], line_width=1.6)
        return _with_legend(found)


def _with_legend(found: Any) -> Any:
    if found.legend:
        found.legend.click_policy = "hide"
        found.legend.orientation = "horizontal"
        found.legend.border_line_color = None
        found.add_layout(found.legend[0], "above")
    return found


def tail(histogram: Histogram) -> tuple[list[float], list[float]]:
    """For each bucket: one in how many messages took longer than its lower end, and its latency in milliseconds."""
    odds, values, seen = [], [], 0
    for upper, count in histogram.buckets():
        odds.append(histogram.count / (histogram.count - seen))
        values.append(upper * 1e3)
        seen += count
    return odds, values


def thinned(series: list[dict[str, Any]], most: int = MOST_POINTS) -> list[dict[str, Any]]:
    """No more than so many rows: several seconds become one, with their mean, and the largest of peaks."""
    width = -(-len(series) // most) if series else 1
    if width == 1:
        return series
    return [_mean(series[first : first + width]) for first in range(0, len(series), width)]


def _mean(part: list[dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {"errors": {}}
    for each in part:
        for name, count in each["errors"].items():
            row["errors"][name] = row["errors"].get(name, 0) + count / len(part)
    for key in part[0].keys() - {"errors"}:
        values = [each[key] for each in part if each[key] is not None]
        peak = "max" in key or "most" in key or "p99" in key
        row[key] = None if not values else max(values) if peak else sum(values) / len(values)
    return row
