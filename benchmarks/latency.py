"""Latency at fixed rates: the load generator against an Smsc and against the floor of one, each in its own process.

usage: python -m benchmarks.latency [SECONDS] [RATE ...]

`smppcore load` sends at a fixed rate and counts from the time at which a message is meant to leave, so a stall shows in
the percentiles. Up to a millisecond of it is the generator's own tick; "from when it left" is without it.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import Final

from benchmarks.process import Failure, free_port, module
from benchmarks.race import FLOOR_SMSC, SMSC
from benchmarks.section import Pace, Plot, Section, Table
from benchmarks.spread import Spread
from smppcore.load import Crew, Plan, Result
from smppcore.load.latencies import Histogram

RATES: Final = (1_000, 5_000, 10_000)
SECONDS: Final = 4.0
HEAD: Final = (
    *("rate asked for", "to", "sent/s", "p50, ms", "p99, ms", "largest, ms"),
    *("from when it left: p50, ms", "p99, ms", "generator's CPU, % of a core"),
)


def run(path: str, rate: int, seconds: float) -> Result:
    """One run of the load generator; its first second counts in no figure."""
    port = free_port()
    with module(path, port) as smsc:
        smsc.expect("ready")
        url = f"smpp://smppclient1:password@127.0.0.1:{port}"
        plan = Plan(url=url, profile=f"rate:{rate}", seconds=seconds, warm_up=1, window=100, texts=("a" * 100,))
        result = asyncio.run(Crew(plan).run())
    if result.total.failed or not result.total.accepted:
        raise Failure(f"at {rate}/s: {result.total.accepted} accepted, {result.total.failed} failed")
    return result


def milliseconds(latencies: Histogram) -> list[float]:
    """Median, 99th percentile, largest."""
    return [1e3 * each for each in latencies.percentiles([50, 99, 100])]


def section(pace: Pace, rates: Sequence[int] = RATES, seconds: float = SECONDS) -> Section:
    rows, lines = [], dict[str, list[tuple[float, Spread]]]()
    for rate in rates:
        for smsc in (FLOOR_SMSC, SMSC):
            result = run(smsc.command[-1], rate, seconds)
            total = result.total
            response, service = (milliseconds(each) for each in (total.responses, total.services))
            busy = 100 * total.cpu / result.measured
            figures = [f"{each:.2f}" for each in (*response, *service[:2])]
            rows.append([f"{rate:,}", smsc.name, f"{result.rate:,.0f}", *figures, f"{busy:.0f}"])
            for percent, value in zip((50, 99), service, strict=False):
                spread = Spread(value, value, value)
                lines.setdefault(f"{smsc.name}, p{percent}", []).append((rate, spread))
    plot = Plot("latency", "Response time, from when a message left", "messages per second", "ms", lines, log_up=True)
    text = (
        f"`smppcore load` at a fixed rate for {seconds:g} s, of which the first does not count, against"
        " `benchmarks.smsc` and against the floor, uvloop, one bind, window 100. Latency counts from the time at which"
        " a message is meant to leave; up to a millisecond of it is the generator's tick (`python -m"
        " benchmarks.latency`)."
    )
    return Section("Latency at fixed rates", text, [Table(HEAD, rows)], [plot])


if __name__ == "__main__":
    given = sys.argv[1:]
    rates = [int(each) for each in given[1:]] or RATES
    print(section(Pace(), rates, float(given[0]) if given else SECONDS).markdown("plots"))
