"""What a run came to, in lines for people: standard output at its end, and the head of the HTML report."""

from collections.abc import Iterator
from typing import Any, Final

from smppcore.load.expectation import Outcome
from smppcore.load.result import BY_HAND

EVENTS: Final = 20
"""Of a run that are shown; a target that comes and goes for hours makes thousands."""


def verdict(view: dict[str, Any], outcomes: list[Outcome]) -> str:
    """All of it in one line."""
    if view["generator"]["saturated"]:
        return "the generator was the limit: this says nothing of the target"
    failed = sum(not outcome.kept for outcome in outcomes)
    if failed:
        return f"{failed} of {len(outcomes)} expectations failed"
    if view["broken"]:
        return "a process of the generator was lost: figures are missing"
    if not view["messages"]["accepted"]:
        return "no message was accepted"
    if view["stopped"] and view["stopped"] != BY_HAND:
        return f"ended early: {view['stopped']}"
    return f"all {len(outcomes)} expectations were kept" if outcomes else "no expectations were given"


def rows(view: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value of each figure of a result (Result.view)."""
    plan, messages = view["plan"], view["messages"]
    yield "target", plan["target"]
    yield "load", _load(view)
    yield "messages", f"{messages['sent']:,} sent, {messages['accepted']:,} accepted, {messages['failed']:,} failed"
    yield "rate", _rate(view)
    if view["errors"]:
        yield "errors", counts(view["errors"])
    if view["response_ms"]:
        yield "response", latency_line(view["response_ms"])
    if view["service_ms"]:
        yield "response, from when it left", latency_line(view["service_ms"])
    if view["receipts"]:
        yield "receipts", _receipts(view["receipts"])
    if view["receipt_ms"]:
        yield "receipt", latency_line(view["receipt_ms"])
    if view["throttled_seconds"]:
        yield "throttled", f"{view['throttled_seconds']:.1f} s, over {plan['binds']} bind(s)"
    yield "window", f"{view['window']['mean']:.1f} of {view['window']['places']} places taken, on average"
    yield "generator", _generator(view["generator"])
    if view["stopped"]:
        yield "ended early", view["stopped"]
    for event in view["events"][:EVENTS]:
        yield f"at {event['at']:.1f} s", event["what"]
    if len(view["events"]) > EVENTS:
        yield (
            f"at {view['events'][EVENTS]['at']:.1f} s ...",
            f"and {len(view['events']) - EVENTS:,} more: the JSON has all of them",
        )


def _load(view: dict[str, Any]) -> str:
    plan = view["plan"]
    spread = ", by chance" if plan["poisson"] else ""
    warm_up = f", {plan['warm_up']} s of warm-up left out" if plan["warm_up"] else ""
    return (
        f"{plan['profile']}{spread} for {view['seconds']:.1f} s{warm_up}; "
        f"{plan['binds']} bind(s) with a window of {plan['window']}, {plan['processes']} process(es)"
    )


def _rate(view: dict[str, Any]) -> str:
    asked = view["asked_rate"]
    line = f"{view['rate']:,.1f} accepted/s"
    return line if not asked else f"{line}, {view['rate'] / asked:.2%} of the {asked:,.1f}/s asked for"


def _receipts(receipts: dict[str, Any]) -> str:
    line = f"{receipts['in_time']:,} in time ({counts(receipts['states']) or 'none'}), {receipts['missing']:,} missing"
    names = {"late": "late", "again": "for a second time", "of_others": "of other messages", "forgotten": "not awaited"}
    return ", ".join([line, *(f"{receipts[key]:,} {word}" for key, word in names.items() if receipts[key])])


def _generator(generator: dict[str, Any]) -> str:
    return (
        f"{generator['cpu_seconds']:.1f} s of CPU, busiest process {generator['busiest']:.0%} of a core in its worst "
        f"second; event loop late by {generator['lag_ms']:.2f} ms on average, {generator['lag_most_ms']:.1f} at worst"
    )


def latency_line(latencies: dict[str, float]) -> str:
    """Milliseconds of the usual percentiles."""
    names = ("mean", "p50", "p90", "p99", "p99.9", "max")
    return ", ".join(f"{name} {latencies[name]:,.2f}" for name in names) + " ms"


def counts(found: dict[str, int]) -> str:
    """``1,024 ESME_RTHROTTLED, 3 no answer``."""
    return ", ".join(f"{count:,} {name}" for name, count in found.items())
