"""All of it: ``python -m benchmarks`` measures for some seven minutes and writes RESULTS.md and its plots.

usage: python -m benchmarks [SECTION ...] [--out DIR] [--rounds N] [--seconds N]

Needs Linux and the extra bench; of the peers those are measured that are installed (python -m
benchmarks.peers --install).
"""

import argparse
import datetime
import sys
import textwrap
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from benchmarks import codec, latency, link, loopback, session, simulator, tls
from benchmarks.machine import machine
from benchmarks.peers import table as peers
from benchmarks.plot import draw
from benchmarks.process import ROOT, Failure
from benchmarks.section import Pace, Section

PLOTS: Final = "plots"
SECTIONS: Final[dict[str, Callable[[Pace], Section]]] = {
    "peers": lambda pace: peers.section(pace._replace(seconds=2 * pace.seconds)),  # node compiles while it runs
    "loops": loopback.loops,
    "window": loopback.window,
    "size": loopback.size,
    "sessions": loopback.sessions,
    "tls": tls.section,
    "link": link.section,
    "latency": latency.section,
    "simulator": simulator.section,
    "session": session.section,
    "codec": codec.section,
}
HEAD: Final = (
    "Measured by `python -m benchmarks` on {day}: {machine}. The run took {minutes:.1f} minutes with {rounds} rounds of"
    " about {seconds:g} s; load average {before:.1f} before it{busy}. Figures are medians, in brackets the smallest and"
    " the largest of the rounds, which are interleaved. What is compared ran in one run on one machine; figures of two"
    " runs are not to be compared. CPU is that of the measured process, user and system, all threads. What is measured,"
    " and how, says [docs/benchmarks.md](../docs/benchmarks.md)."
)
FAILED: Final = "This failed:"
BUSY: Final = ", so others were using the machine: read the ratios, not the rates"


def measure(names: Iterable[str], pace: Pace) -> list[Section]:
    """One after the other; a section that fails says why in place of its tables."""
    found = []
    for name in names:
        began = time.monotonic()
        try:
            found.append(SECTIONS[name](pace))
        except Failure as failure:
            found.append(Section(name, f"{FAILED} {failure}"))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return found


def write(directory: Path, head: str, sections: list[Section]) -> None:
    """RESULTS.md and the plots."""
    (directory / PLOTS).mkdir(parents=True, exist_ok=True)
    for section in sections:
        for plot in section.plots:
            draw(plot, directory / PLOTS)
    text = "\n\n".join(["# Results", textwrap.fill(head, 120), *(section.markdown(PLOTS) for section in sections)])
    (directory / "RESULTS.md").write_text(f"{text}\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures, and writes RESULTS.md.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; default all")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks", metavar="DIR", help="default: benchmarks/")
    parser.add_argument("--rounds", type=int, default=Pace().rounds)
    parser.add_argument("--seconds", type=float, default=Pace().seconds)
    options = parser.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    began, before = time.monotonic(), load_average()
    found = measure(options.sections or SECTIONS, Pace(options.rounds, options.seconds))
    head = HEAD.format(
        day=datetime.datetime.now(datetime.UTC).date(),
        machine=machine(),
        minutes=(time.monotonic() - began) / 60,
        rounds=options.rounds,
        seconds=options.seconds,
        before=before,
        busy=BUSY if before > 1 else "",
    )
    write(options.out, head, found)
    return 1 if any(each.text.startswith(FAILED) for each in found) else 0


def load_average() -> float:
    """Of the last minute."""
    return float(Path("/proc/loadavg").read_text("ascii").split()[0])


if __name__ == "__main__":
    sys.exit(main())
