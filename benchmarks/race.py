"""ESMEs and SMSCs in turns, each alone with a far end: rate, CPU per message, memory.

CPU is that of the measured process with all its threads, from the moment in which it is bound to that in which only the
last answer is missing; its start and its end are not in it. The far end counts and checks; a wrong count, a wrong text,
a refusal and an exit status other than 0 fail an entry, with the reason.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from benchmarks.process import Child, Failure, cpu_of, free_port, memory_of, module
from benchmarks.section import Pace
from benchmarks.spread import Spread
from benchmarks.work import Work

WARM_UP: Final = 1_000
"""Messages of the run before the rounds, which shows how many a round takes; and the least of a round."""
MOST: Final = 300_000
LEAST_EACH: Final = 10
"""A round has so many windows full of messages at least, so that its ends do not count."""

Role = Literal["esme", "smsc"]


class Contestant(NamedTuple):
    """Who is measured: ``command`` gets PORT COUNT WINDOW WORKERS and the words of the work, an SMSC PORT and words."""

    name: str
    role: Role
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


def _ours(name: str, role: Role, path: str) -> Contestant:
    return Contestant(name, role, (sys.executable, "-m", path))


FLOOR_ESME: Final = _ours("floor", "esme", "benchmarks.floors.esme")
FLOOR_SMSC: Final = _ours("floor", "smsc", "benchmarks.floors.smsc")
ESME: Final = _ours("smppcore", "esme", "benchmarks.esme")
SMSC: Final = _ours("smppcore", "smsc", "benchmarks.smsc")
FLOORS: Final = {"esme": FLOOR_ESME, "smsc": FLOOR_SMSC}
OURS: Final = (FLOOR_ESME, ESME, FLOOR_SMSC, SMSC)


class Figures(NamedTuple):
    """Of one run: messages per second, microseconds of CPU per message, octets of memory when all are bound."""

    rate: float
    cpu: float
    memory: int


class Entry(NamedTuple):
    contestant: Contestant
    work: Work


@dataclass(slots=True)
class Race:
    """``found`` has the figures of every round, in their order; ``failures`` why an entry has none."""

    found: dict[Entry, list[Figures]] = field(default_factory=dict)
    failures: dict[Entry, str] = field(default_factory=dict)

    def spread(self, entry: Entry, figure: str) -> Spread:
        return Spread.of(getattr(each, figure) for each in self.found[entry])

    def ratio(self, entry: Entry, base: Entry, figure: str = "cpu") -> Spread:
        """To another one, round by round."""
        return Spread.ratio(*([getattr(each, figure) for each in self.found[one]] for one in (entry, base)))

    def check(self) -> "Race":
        """Raises Failure where any entry has failed."""
        for entry, reason in self.failures.items():
            raise Failure(f"{entry.contestant.role} {entry.contestant.name}: {reason}")
        return self


def run(entry: Entry, count: int) -> Figures:
    """One run of so many messages. Raises Failure."""
    return (_run_esme if entry.contestant.role == "esme" else _run_smsc)(entry, count)


def _run_esme(entry: Entry, count: int) -> Figures:
    contestant, work, port = entry.contestant, entry.work, free_port()
    with module("benchmarks.far_ends.sink", port, count, *work.words) as sink:
        sink.expect("ready")
        command = (*contestant.command, port, count, work.window, work.window, *work.words)
        with Child(command, contestant.environment) as esme:
            try:
                figures = _watch(sink, esme, count)
                if status := esme.wait():
                    raise Failure(f"exit status {status}: {esme.last_words()}")
            except Failure as failure:
                if esme.process.poll():  # its own reason tells more than what the far end saw of it
                    raise Failure(esme.last_words()) from failure
                raise
    return figures


def _run_smsc(entry: Entry, count: int) -> Figures:
    contestant, work, port = entry.contestant, entry.work, free_port()
    with Child((*contestant.command, port, *work.words), contestant.environment) as smsc:
        smsc.expect("ready")
        with module("benchmarks.far_ends.blaster", port, count, work.window, *work.words) as blaster:
            return _watch(blaster, smsc, count)


def _watch(far_end: Child, measured: Child, count: int) -> Figures:
    _marked(far_end, "bound", measured)
    pid = measured.process.pid
    memory, before = memory_of(pid), cpu_of(pid)
    far_end.go_on()
    told = _marked(far_end, "done", measured)
    used = cpu_of(pid) - before
    far_end.go_on()
    if told["count"] != count or told["bad"] or told["different"] != count:
        raise Failure(f"the far end saw {told}, not {count} right messages")
    return Figures(told["rate"], used / count * 1e6, memory)


def _marked(far_end: Child, name: str, measured: Child) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(far_end.read_line(measured))
    if line.get("mark") != name:
        raise Failure(f"the far end said {line}, not {name}")
    return line


def race(entries: Iterable[Entry], pace: Pace, count: int | None = None) -> Race:
    """All entries in turn, in each round; a round of an entry takes about as long as the pace says, or ``count``."""
    found = Race()
    counts: dict[Entry, int] = {}
    for entry in entries:
        try:
            rate = run(entry, max(WARM_UP, entry.work.window)).rate
        except Failure as failure:
            found.failures[entry] = str(failure)
            continue
        least = max(WARM_UP, LEAST_EACH * entry.work.window * entry.work.sessions)
        counts[entry] = count or min(max(int(rate * pace.seconds), least), MOST)
    for _ in range(pace.rounds):
        for entry, count in counts.items():
            if entry in found.failures:
                continue
            try:
                found.found.setdefault(entry, []).append(run(entry, count))
            except Failure as failure:
                found.found.pop(entry, None)
                found.failures[entry] = str(failure)
    return found


def against_floors(contestants: Sequence[Contestant], works: Iterable[Work], pace: Pace) -> Race:
    """Contestants of ours with each work. Raises Failure."""
    return race([Entry(contestant, work) for work in works for contestant in contestants], pace).check()
