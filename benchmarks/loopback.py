"""ESME and SMSC on loopback against their floors: loops, windows, sizes of messages, sessions and their memory.

usage: python -m benchmarks.loopback [loops|window|size|sessions ...] [--rounds N] [--seconds N]

Each of the two ends has a process of its own. Only CPU per message and its ratio to the floor say something of the
library; rates are those of both ends together, and the slower of them is often the far end.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from benchmarks.race import FLOORS, OURS, Contestant, Entry, Race, against_floors
from benchmarks.section import Pace, Plot, Section, Table
from benchmarks.spread import Spread
from benchmarks.work import Work

KIB: Final = 1024
WINDOWS: Final = (1, 10, 100, 1_000)
SIZES: Final = (20, 140, 1_000, 10_000)
SESSIONS: Final = (1, 10, 100, 1_000)
IN_FLIGHT: Final = 4
"""The window of each session, where there are several."""


def cpu(found: Race, entry: Entry) -> Spread:
    return found.spread(entry, "cpu")


def rate(found: Race, entry: Entry) -> Spread:
    return found.spread(entry, "rate")


def pairs(found: Race, work: Work) -> Iterable[tuple[Contestant, Contestant]]:
    """Each library with the floor of its role."""
    for contestant in OURS:
        if contestant not in FLOORS.values():
            yield contestant, FLOORS[contestant.role]


def row(found: Race, name: str, work: Work, floor: Contestant, library: Contestant) -> list[str]:
    ours, base = Entry(library, work), Entry(floor, work)
    costs = [cpu(found, base).text(), cpu(found, ours).text(), found.ratio(ours, base).text()]
    return [f"{library.role.upper()}, {name}", *costs, *(f"{rate(found, each).median:,.0f}" for each in (base, ours))]


HEAD: Final = (
    *("", "floor, CPU per message, us", "smppcore, CPU per message, us", "smppcore to floor", "floor/s", "smppcore/s"),
)


def table(found: Race, works: Mapping[str, Work]) -> Table:
    rows = [row(found, name, work, floor, ours) for name, work in works.items() for ours, floor in pairs(found, work)]
    return Table(HEAD, sorted(rows, key=lambda each: each[0].partition(",")[0]))


def lines(found: Race, works: Mapping[float, Work]) -> dict[str, list[tuple[float, Spread]]]:
    """CPU per message of all four."""
    return {
        f"{one.role.upper()}, {one.name}": [(x, cpu(found, Entry(one, work))) for x, work in works.items()]
        for one in OURS
    }


def swept(
    title: str, text: str, name: str, across: str, works: Mapping[float, Work], pace: Pace, *, log_up: bool = False
) -> tuple[Section, Race]:
    """A sweep over one number."""
    found = against_floors(OURS, works.values(), pace)
    named = {f"{across} {x:,g}": work for x, work in works.items()}
    plot = Plot(name, f"CPU per message by {across}", across, "us", lines(found, works), log_up=log_up)
    return Section(title, text, [table(found, named)], [plot]), found


def loops(pace: Pace) -> Section:
    works = {"uvloop": Work(), "plain loop": Work(loop="asyncio")}
    found = against_floors(OURS, works.values(), pace)
    text = (
        "An ESME sends submit_sm of 100 octets to a sink, an SMSC answers those of a blaster; both far ends are written"
        " by hand, run in a process of their own, count and check. The floor does the same as smppcore in one"
        " `asyncio.Protocol`, without states, deadlines, TLVs or errors."
    )
    return Section("ESME and SMSC on loopback, uvloop and the plain loop", text, [table(found, works)])


def window(pace: Pace, windows: Sequence[int] = WINDOWS) -> Section:
    text = "One session, 100 octets. With a larger window more PDUs share a system call, at both ends."
    return swept("Window", text, "window", "window", {each: Work(each) for each in windows}, pace)[0]


def size(pace: Pace, sizes: Sequence[int] = SIZES) -> Section:
    text = (
        "One session, window 64. Up to 254 octets travel in short_message, more in message_payload. At 10,000 octets"
        " the floors are none: they join all octets of a turn in one buffer, for which the C library gets fresh memory"
        " from the system each time (with MALLOC_MMAP_THRESHOLD_ raised, the floor of an ESME takes a third)."
    )
    works: dict[float, Work] = {each: Work(size=each) for each in sizes}
    return swept("Size of messages", text, "size", "octets", works, pace, log_up=True)[0]


def sessions(pace: Pace, counts: Sequence[int] = SESSIONS) -> Section:
    """With the memory that a session takes: what the largest number has more than one, divided by those more."""
    text = (
        f"So many sessions in one process, each with a window of {IN_FLIGHT}. Memory is what the process has more with"
        f" {counts[-1]:,} idle bound sessions than with one, for each of them; without the kernel's part."
    )
    works: dict[float, Work] = {each: Work(IN_FLIGHT, sessions=each) for each in counts}
    part, found = swept("Sessions, and their memory", text, "sessions", "sessions", works, pace)
    rows = []
    for one in OURS:
        few, many = (found.spread(Entry(one, works[each]), "memory").median for each in (counts[0], counts[-1]))
        each = (many - few) / (counts[-1] - counts[0]) / KIB
        rows.append([f"{one.role.upper()}, {one.name}", f"{few / KIB**2:.1f}", f"{many / KIB**2:.1f}", f"{each:.1f}"])
    head = ("", "1 session, MiB", f"{counts[-1]:,} sessions, MiB", "each session, KiB")
    return Section(part.title, part.text, [*part.tables, Table(head, rows)], part.plots)


KINDS: Final[dict[str, Callable[[Pace], Section]]] = {
    "loops": loops,
    "window": window,
    "size": size,
    "sessions": sessions,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loopback", description="ESME and SMSC against floors.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; default all")
    parser.add_argument("--rounds", type=int, default=Pace().rounds)
    parser.add_argument("--seconds", type=float, default=Pace().seconds)
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    for kind in options.kinds or KINDS:
        print(KINDS[kind](Pace(options.rounds, options.seconds)).markdown("plots"), end="\n\n")


if __name__ == "__main__":
    main()
