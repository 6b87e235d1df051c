"""What is measured has really been done: the far ends count, check, and fail whoever does something else."""

import sys
from pathlib import Path

import pytest

from benchmarks.process import Child, Failure, cpu_of, memory_of, module
from benchmarks.race import ESME, FLOOR_ESME, FLOOR_SMSC, SMSC, Contestant, Entry, Figures, race, run
from benchmarks.section import Pace
from benchmarks.tls import made_pem
from benchmarks.work import Work

BY_ITSELF = (
    "import sys, benchmarks.floors.esme as e; from benchmarks.work import Work\np, c, w, n = map(int, sys.argv[1:5])"
)
OTHER_TEXT = "text = e.text_of(100).replace(b'aa', b'bb'); e.text_of = lambda _: text"
RUN = "Work().run(e.main(p, {count}, n, Work(w)))"


def script(*lines: str) -> Contestant:
    return Contestant("strange", "esme", (sys.executable, "-c", "\n".join(lines)))


@pytest.mark.parametrize(
    ("contestant", "work"),
    [
        (ESME, Work(2, size=1_000, sessions=3, loop="asyncio")),
        (SMSC, Work(2, size=1_000, sessions=3)),
        (FLOOR_ESME, Work(2, size=1_000, sessions=3)),
        (FLOOR_SMSC, Work(2, sessions=3, loop="asyncio")),
    ],
)
def test_everybody_does_the_whole_work(contestant: Contestant, work: Work) -> None:
    figures = run(Entry(contestant, work), 60)
    assert figures.rate > 0
    assert 0 < figures.cpu < 1e6
    assert figures.memory > 1 << 20


def test_tls_is_the_same_work() -> None:
    with made_pem() as pem:
        for contestant in (ESME, SMSC):
            assert run(Entry(contestant, Work(8, pem=pem)), 30).cpu > 0


def test_who_sends_other_texts_has_no_figures() -> None:
    with pytest.raises(Failure, match=r"'bad': 50, .* not 50 right messages"):
        run(Entry(script(BY_ITSELF, OTHER_TEXT, RUN.format(count="c")), Work(4)), 50)


def test_who_sends_too_little_has_no_figures() -> None:
    with pytest.raises(Failure, match="ended"):
        run(Entry(script(BY_ITSELF, RUN.format(count="c - 1")), Work(4)), 50)


def test_who_cannot_start_says_why_at_once() -> None:
    for role in ("esme", "smsc"):
        absent = script("raise SystemExit('no such library')")._replace(role=role)
        with pytest.raises(Failure, match="no such library"):
            run(Entry(absent, Work(4)), 50)


def test_a_failure_costs_the_others_nothing() -> None:
    absent, present = Entry(script("raise SystemExit('no such library')"), Work(4)), Entry(FLOOR_ESME, Work(4))
    found = race([absent, present], Pace(1, 0.0), count=50)
    assert found.failures == {absent: "no such library"}
    assert len(found.found[present]) == 1
    with pytest.raises(Failure, match="esme strange: no such library"):
        found.check()


def test_cpu_and_memory_are_those_of_the_other_process() -> None:
    busy = "import sys, time\nwhile time.process_time() < 0.3: pass\n"
    busy += "print(time.process_time(), flush=True)\nsys.stdin.read()"
    with Child([sys.executable, "-c", busy]) as child:
        told = float(child.read_line())
        assert told <= cpu_of(child.process.pid) < told + 0.2
        assert 1 << 20 < memory_of(child.process.pid) < 1 << 30


def test_a_process_that_ends_early_is_told_with_its_last_words() -> None:
    with module("benchmarks.smsc", "no port") as child, pytest.raises(Failure, match="invalid literal"):
        child.expect("ready")
    with Child(["sh", "-c", "echo other"]) as child, pytest.raises(Failure, match="said 'other', not 'ready'"):
        child.expect("ready")


def test_ratios_are_of_one_round_each() -> None:
    found = race([], Pace())
    ours, floor = Entry(ESME, Work()), Entry(FLOOR_ESME, Work())
    found.found[ours] = [Figures(1, 2.0, 0), Figures(1, 40.0, 0), Figures(1, 6.0, 0)]
    found.found[floor] = [Figures(1, 1.0, 0), Figures(1, 10.0, 0), Figures(1, 2.0, 0)]
    assert found.ratio(ours, floor) == (3.0, 2.0, 4.0)


def test_words_come_back_as_the_work_they_were() -> None:
    for work in (Work(7), Work(7, 254, 3, "asyncio", str(Path("a") / "b.pem"))):
        assert Work.read(work.words, 7) == work
    with pytest.raises(ValueError, match="no such word: tsl=x"):
        Work.read(["tsl=x"])
