"""Runs at one rate after the other, to find the highest at which a target keeps its expectations."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from smppcore.load.crew import LoadError
from smppcore.load.expectation import Expectation, Outcome, parse_expectation
from smppcore.load.plan import Plan
from smppcore.load.quantity import rate_text
from smppcore.load.result import Result
from smppcore.load.saturation import saturation
from smppcore.load.search import Search

REACHED: Final = parse_expectation("rate>=98%")
"""What every trial is held against as well: a rate that is not reached is not kept."""


@dataclass(slots=True)
class Trial:
    """One run of the search."""

    rate: float
    result: Result
    outcomes: list[Outcome]
    saturated: str

    @property
    def passed(self) -> bool:
        complete = not self.result.stopped and not self.result.broken
        return complete and all(outcome.kept for outcome in self.outcomes)


@dataclass(slots=True)
class Found:
    """``best`` is the trial at the highest good rate; ``limit`` says why there may be more, or is empty.

    ``failed``: a trial could not begin.
    """

    trials: list[Trial]
    best: Trial | None
    limit: str
    failed: bool = False


async def find_max(
    plan: Plan,
    expectations: Sequence[Expectation],
    search: Search,
    run: Callable[[Plan], Awaitable[Result]],
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> Found:
    """Try what ``search`` asks for with ``run``, until it ends, somebody stops it, or the generator is the limit.

    Raises LoadError where the first trial cannot begin; where a later one cannot, that is the end of the search.
    """
    trials: list[Trial] = []
    best: Trial | None = None
    while (rate := search.next_rate()) is not None:
        try:
            result = await run(replace(plan, profile=f"rate:{rate_text(rate)}"))
        except LoadError as error:
            if not trials:
                raise
            return Found(trials, best, f"no run at {rate:,.6g}/s: {error}", failed=True)
        outcomes = [each.check(result) for each in (*expectations, REACHED)]
        trial = Trial(rate, result, outcomes, saturation(result.rows, plan.processes))
        trials.append(trial)
        on_trial(trial)
        if result.by_hand:
            return Found(trials, best, "the search was stopped by hand")
        if not trial.passed and trial.saturated:
            return Found(trials, best, trial.saturated)
        search.record(rate, trial.passed)
        if trial.passed and (best is None or rate > best.rate):
            best = trial
    capped = best is not None and best.rate >= search.ceiling
    return Found(trials, best, "the rate cap was reached, and kept" if capped else "")
