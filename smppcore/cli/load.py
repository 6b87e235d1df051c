"""``smppcore load``: load on an SMSC, honest figures of what it did, and a report that one can send to a carrier."""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from smppcore.cli.loop import run_loop
from smppcore.networks import is_loopback

try:
    from smppcore.cli import load_options
    from smppcore.cli.load_compare import run_compare
    from smppcore.load import (
        Budget,
        Crew,
        Expectation,
        LoadError,
        Outcome,
        Plan,
        Result,
        Search,
        Second,
        csv_of,
        hdr_log_of,
        html_of,
        parse_expectation,
    )
    from smppcore.load.find_max import Found, Trial, find_max
    from smppcore.load.live import Live, line_of
    from smppcore.load.summary import rows, verdict
except ImportError as error:
    raise SystemExit(f"smppcore load needs {error.name}: pip install 'smppcore[load]'") from None

FILES: Final = {"json": "result.json", "csv": "seconds.csv", "hdr": "latencies.hlog", "html": "report.html"}
"""What --out writes, by the option that writes it alone."""


def configure(parser: argparse.ArgumentParser) -> None:
    load_options.configure(parser)


def run(options: argparse.Namespace) -> int:
    if options.words[0] == "compare":
        return run_compare(options.words[1:])
    try:
        expectations = [parse_expectation(text) for text in options.expect]
        budget = Budget(options.max_errors)
        plan = load_options.plan_of(options)
        _check_expectations(expectations, plan)
        if options.find_max and plan.rate_cap is None and not is_loopback(plan.target.host):
            raise ValueError("--find-max raises the rate until something gives: cap it with --rate-cap")
        files = _files(options)
        if "html" in files:
            import bokeh  # noqa: F401  # only to say before the run that it is missing
    except (ValueError, OSError, ImportError) as error:
        print(f"smppcore load: {error}", file=sys.stderr)
        return 2
    command = LoadCommand(options, plan, expectations, budget, files)
    try:
        return run_loop(command.search() if options.find_max else command.once())
    except LoadError as error:
        print(f"smppcore load: no run: {error}\n  smppcore bind says more", file=sys.stderr)
        return 1


def _check_expectations(expectations: list[Expectation], plan: Plan) -> None:
    for each in expectations:
        if each.metric.startswith("receipt") and not plan.receipts:
            raise ValueError(f"expectation {each.text!r} needs --receipts")
        if each.metric == "rate" and each.unit == "%" and plan.shape().closed:
            raise ValueError(f"expectation {each.text!r}: a closed loop asks for no rate; give it per second")


def _files(options: argparse.Namespace) -> dict[str, Path]:
    """Where to write what. Raises OSError where that cannot be: after a long run it would be too late."""
    found = {}
    if options.out is not None:
        Path(options.out).mkdir(parents=True, exist_ok=True)
        found = {name: Path(options.out) / file for name, file in FILES.items()}
    found |= {name: Path(getattr(options, name)) for name in FILES if getattr(options, name)}
    for path in found.values():
        with path.open("a"):
            pass
    return found


class LoadCommand:
    """One call of the command."""

    def __init__(
        self,
        options: argparse.Namespace,
        plan: Plan,
        expectations: list[Expectation],
        budget: Budget,
        files: dict[str, Path],
    ) -> None:
        self._options = options
        self._plan = plan
        self._expectations = expectations
        self._budget = budget
        self._files = files
        self._unwritten: dict[Path, OSError] = {}

    async def once(self) -> int:
        """One run and its report."""
        result = await self._run(self._plan, self._budget)
        outcomes = [each.check(result) for each in self._expectations]
        self._report(result, outcomes)
        return _status(result, outcomes) or bool(self._unwritten)

    async def search(self) -> int:
        """Runs until the highest good rate is found; the report is about the best of them."""
        start = self._plan.shape().peak
        if start is None or self._plan.shape().kind != "rate" or self._plan.count is not None:
            print("smppcore load: --find-max begins at --rate, and lasts --time for each trial", file=sys.stderr)
            return 2
        search = Search(start, self._plan.rate_cap or float("inf"))

        async def trial(plan: Plan) -> Result:
            return await self._run(plan, Budget(self._options.max_errors))

        found = await find_max(self._plan, self._expectations, search, trial, _show_trial)
        return self._found(found)

    def _found(self, found: Found) -> int:
        if found.best is None:
            print(f"no rate was good{': ' if found.limit else ''}{found.limit}")
            if found.trials:
                self._report(found.trials[-1].result, found.trials[-1].outcomes)
            return 1
        at_least = "at least " if found.limit else ""
        self._report(found.best.result, found.best.outcomes)
        print(f"highest good rate: {at_least}{found.best.rate:,.1f} messages/s")
        if found.limit:
            print(f"  {found.limit}")
        return 1 if found.failed or self._unwritten else 130 if found.trials[-1].result.by_hand else 0

    async def _run(self, plan: Plan, budget: Budget) -> Result:
        """One run, drawn live; SIGINT and SIGTERM end it early, and twice at once."""
        with contextlib.ExitStack() as stack:
            crew = Crew(plan, self._live(plan, stack), budget=budget)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, crew.stop)
                stack.callback(loop.remove_signal_handler, number)
            return await crew.run()

    def _live(self, plan: Plan, stack: contextlib.ExitStack) -> Callable[[Second], None]:
        """What is called with each second."""
        wanted = self._options.live
        if wanted == "table" or (wanted == "auto" and sys.stderr.isatty()):
            return stack.enter_context(Live(plan)).show
        if wanted == "lines":
            return lambda second: print(line_of(second), file=sys.stderr, flush=True)
        return lambda second: None

    def _report(self, result: Result, outcomes: list[Outcome]) -> None:
        view = result.view() | {
            "expectations": [
                {"expectation": each.expectation, "found": each.found, "kept": each.kept} for each in outcomes
            ]
        }
        for name, path in self._files.items():
            try:
                path.write_text(_written(name, result, view, outcomes), "utf-8")
            except OSError as error:
                self._unwritten[path] = error
        _show(view, outcomes)
        for path in self._files.values():
            reason = self._unwritten.get(path)
            said = f"written: {path}" if reason is None else f"smppcore load: {path} cannot be written: {reason}"
            print(said, file=sys.stderr)


def _written(name: str, result: Result, view: dict[str, Any], outcomes: list[Outcome]) -> str:
    if name == "json":
        return json.dumps(view, indent=1) + "\n"
    if name == "csv":
        return csv_of(view)
    return hdr_log_of(result) if name == "hdr" else html_of(view, outcomes)


def _show(view: dict[str, Any], outcomes: list[Outcome]) -> None:
    lines = list(rows(view))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f"{name:{width}}  {value}")
    if view["generator"]["saturated"]:
        print(f"GENERATOR SATURATED: {view['generator']['saturated']}")
    for outcome in outcomes:
        print(outcome)
    print(verdict(view, outcomes))


def _show_trial(trial: Trial) -> None:
    failed = "; ".join(f"{each.expectation}: {each.found}" for each in trial.outcomes if not each.kept)
    print(
        f"{trial.rate:>12,.1f}/s  {'good' if trial.passed else f'not good ({failed or trial.result.stopped})'}",
        flush=True,
    )


def _status(result: Result, outcomes: list[Outcome]) -> int:
    """0 if all went well: every expectation kept, no budget spent, no process lost, anything accepted at all."""
    if not all(outcome.kept for outcome in outcomes) or result.broken or not result.total.accepted:
        return 1
    if result.stopped:
        return 130 if result.by_hand else 1
    return 0
