"""Two results side by side, and which of their differences are more than chance.

Latencies and rates are compared second by second: the values of one run against those of the other by their ranks
(Mann-Whitney), which asks nothing of how they are distributed. Shares are compared as shares. A difference counts as
significant below P and from LEAST on: what is surely there may still be too small to matter. Seconds that follow each
other are not independent, so this is a guide, and a second pair of runs is better.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final

from smppcore.load.result import FORMAT

P: Final = 0.01
LEAST: Final = 0.02
"""A relative difference below this matters to nobody."""
FEWEST: Final = 8
"""Seconds of each run below which nothing is said."""
LATENCIES: Final = ("p50", "p90", "p99", "p99.9", "max", "mean")
_ALIKE: Final = ("profile", "binds", "window", "texts", "mix", "receipts", "rate_cap")
"""What two runs should have had in common."""
_SERIES: Final = {"p50": "p50", "p99": "p99", "max": "max"}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both runs. ``verdict``: "higher", "lower" or "alike" as B is to A; empty: nothing can be said."""

    name: str
    unit: str
    a: float | None
    b: float | None
    verdict: str = ""

    @property
    def change(self) -> float | None:
        """Of B against A, as a share of A."""
        return None if self.a is None or self.b is None or not self.a else (self.b - self.a) / self.a


def read_result(path: str) -> dict[str, Any]:
    """A result that was written as JSON. Raises ValueError, OSError."""
    try:
        view = json.loads(Path(path).read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if not isinstance(view, dict) or "series" not in view or "response_ms" not in view:
        raise ValueError(f"{path} is no result of smppcore load")
    if view.get("format") != FORMAT:
        raise ValueError(f"{path} has format {view.get('format')}, and this version reads {FORMAT}")
    return view


def compare(a: dict[str, Any], b: dict[str, Any]) -> list[Row]:
    """The figures of two results (Result.view), and what to make of them."""
    rows = [Row("rate", "/s", a["rate"], b["rate"], _by_seconds(a, b, "accepted", a["rate"], b["rate"]))]
    rows.append(_share("errors", a, b, lambda view: view["messages"]["failed"]))
    for part in ("response", "receipt"):
        found_a, found_b = a[f"{part}_ms"] or {}, b[f"{part}_ms"] or {}
        for name in LATENCIES if found_a or found_b else ():
            one, other = found_a.get(name), found_b.get(name)
            verdict = _by_seconds(a, b, f"{part}_{_SERIES[name]}_ms", one, other) if name in _SERIES else ""
            rows.append(Row(f"{part} {name}", "ms", one, other, verdict))
    if a["receipts"] and b["receipts"]:
        rows.append(_share("receipts missing", a, b, lambda view: view["receipts"]["missing"]))
    rows.append(Row("throttled", "s", a["throttled_seconds"], b["throttled_seconds"]))
    rows.append(_cpu(a, b))
    return rows


def warnings(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """What makes the comparison a doubtful one."""
    found = []
    for name, view in (("A", a), ("B", b)):
        if view["generator"]["saturated"]:
            found.append(f"{name} says little of its target: {view['generator']['saturated']}")
        if view["stopped"] or view["broken"]:
            found.append(f"{name} is no whole run: {view['stopped'] or 'a process was lost'}")
        if len(_measured(view)) < FEWEST:
            found.append(f"{name} has fewer than {FEWEST} measured seconds: nothing is called significant")
    differing = (key for key in _ALIKE if a["plan"][key] != b["plan"][key])
    return [*found, *(f"{key} differs: {a['plan'][key]} in A, {b['plan'][key]} in B" for key in differing)]


def _measured(view: dict[str, Any]) -> list[dict[str, Any]]:
    """The whole seconds behind the warm-up in which the run was sending."""
    last = math.floor(view["seconds"])
    return [row for row in view["series"] if not row["warm_up"] and row["second"] < last]


def _by_seconds(a: dict[str, Any], b: dict[str, Any], key: str, one: float | None, other: float | None) -> str:
    if one is None or other is None:
        return ""
    values_a = [row[key] for row in _measured(a) if row[key] is not None]
    values_b = [row[key] for row in _measured(b) if row[key] is not None]
    if len(values_a) < FEWEST or len(values_b) < FEWEST:
        return ""
    if abs(other - one) < LEAST * abs(one) or rank_test(values_a, values_b) >= P:
        return "alike"
    return "higher" if other > one else "lower"


def _share(name: str, a: dict[str, Any], b: dict[str, Any], count: Any) -> Row:
    parts, wholes = [], []
    for view in (a, b):
        parts.append(count(view))
        wholes.append(view["messages"]["accepted"] + (view["messages"]["failed"] if name == "errors" else 0))
    if not all(wholes):
        return Row(name, "%", None, None)
    shares = [part / whole for part, whole in zip(parts, wholes, strict=True)]
    verdict = "alike"
    if share_test(parts[0], wholes[0], parts[1], wholes[1]) < P:
        verdict = "higher" if shares[1] > shares[0] else "lower"
    return Row(name, "%", shares[0] * 100, shares[1] * 100, verdict)


def _cpu(a: dict[str, Any], b: dict[str, Any]) -> Row:
    return Row("generator CPU", "us/message", _cpu_of(a), _cpu_of(b))


def _cpu_of(view: dict[str, Any]) -> float | None:
    accepted = view["messages"]["accepted"]
    return view["generator"]["cpu_seconds"] / accepted * 1e6 if accepted else None


def rank_test(a: Sequence[float], b: Sequence[float]) -> float:
    """The chance of a difference like this, or a larger one, between samples of one kind (Mann-Whitney)."""
    ranks, ties = _ranks([*a, *b])
    n, m = len(a), len(b)
    u = sum(ranks[:n]) - n * (n + 1) / 2
    spread = n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1)))
    if spread <= 0:
        return 1.0
    z = max(abs(u - n * m / 2) - 0.5, 0.0) / math.sqrt(spread)
    return 2 * (1 - NormalDist().cdf(z))


def _ranks(values: Sequence[float]) -> tuple[list[float], float]:
    """The rank of each, equal ones in the middle, and the sum of t^3 - t over the sizes of ties."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, ties, first = [0.0] * len(values), 0.0, 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for place in range(first, last + 1):
            ranks[order[place]] = (first + last) / 2 + 1
        size = last - first + 1
        ties += size**3 - size
        first = last + 1
    return ranks, ties


def share_test(part_a: int, whole_a: int, part_b: int, whole_b: int) -> float:
    """The same for two shares."""
    both = (part_a + part_b) / (whole_a + whole_b)
    spread = both * (1 - both) * (1 / whole_a + 1 / whole_b)
    if spread <= 0:
        return 1.0
    return 2 * (1 - NormalDist().cdf(abs(part_a / whole_a - part_b / whole_b) / math.sqrt(spread)))
