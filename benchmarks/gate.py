"""The gate of CI: CPU per message against the floors written by hand, never a time. Exit status 1 where it is too much.

usage: python -m benchmarks.gate [--rounds N] [--seconds N]

ESME and SMSC and their floors take turns, each in a process of its own; of the ratios of the rounds the median counts.
CPU is that of the process, so that others on the machine can slow it down but hardly make it dearer. A limit stands
about a third above what was measured on a busy machine, and whoever is above it is measured once more, in twice as many
rounds, before it fails: the gate catches a step backwards, not the weather.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from typing import Final

from benchmarks.race import ESME, FLOORS, SMSC, Contestant, Entry, race
from benchmarks.section import Pace
from benchmarks.spread import Spread
from benchmarks.work import Work

LIMITS: Final[dict[tuple[Contestant, Work], float]] = {
    (ESME, Work(64)): 2.9,
    (ESME, Work(10)): 2.5,
    (SMSC, Work(64)): 3.3,
    (SMSC, Work(10)): 2.6,
}
PACE: Final = Pace(rounds=7, seconds=0.4)


def ratios(keys: Iterable[tuple[Contestant, Work]], pace: Pace) -> dict[tuple[Contestant, Work], Spread]:
    """CPU per message, divided by that of the floor of the same role with the same work."""
    pairs = [(Entry(contestant, work), Entry(FLOORS[contestant.role], work)) for contestant, work in keys]
    found = race([entry for pair in pairs for entry in pair], pace).check()
    return {(entry.contestant, entry.work): found.ratio(entry, floor) for entry, floor in pairs}


def gate(limits: Mapping[tuple[Contestant, Work], float], pace: Pace) -> bool:
    """Whether all limits hold; a line for each measurement."""
    above = report(ratios(limits, pace), limits)
    if above:
        print("once more, in twice as many rounds:")
        above = report(ratios(above, Pace(2 * pace.rounds, pace.seconds)), limits)
    return not above


def report(
    found: Mapping[tuple[Contestant, Work], Spread], limits: Mapping[tuple[Contestant, Work], float]
) -> list[tuple[Contestant, Work]]:
    """Those that are above their limit."""
    for (contestant, work), ratio in found.items():
        limit = limits[contestant, work]
        name = f"{contestant.role.upper()}, window {work.window}"
        print(f"{'kept' if ratio.median <= limit else 'ABOVE'}: {name}: {ratio.text()} times the floor, limit {limit}")
    return [key for key, ratio in found.items() if ratio.median > limits[key]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description="CPU against floors.")
    parser.add_argument("--rounds", type=int, default=PACE.rounds)
    parser.add_argument("--seconds", type=float, default=PACE.seconds)
    options = parser.parse_args()
    return 0 if gate(LIMITS, Pace(options.rounds, options.seconds)) else 1


if __name__ == "__main__":
    sys.exit(main())
