"""The report: sections, plots, peers and the gate, with so few messages that nothing is learnt but that they run."""

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from benchmarks import __main__ as whole
from benchmarks import gate, latency, link, loopback, middleware, observe
from benchmarks.machine import machine
from benchmarks.peers import install
from benchmarks.peers import table as peers
from benchmarks.plot import draw
from benchmarks.process import ROOT, Failure
from benchmarks.race import ESME, SMSC, Contestant, Entry, Figures, Race
from benchmarks.section import Pace, Plot, Section, Table
from benchmarks.spread import Spread
from benchmarks.work import Work

QUICK = Pace(1, 0.0)


def test_a_report_has_its_sections_and_says_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(pace: Pace) -> Section:
        raise Failure("nobody was there")

    monkeypatch.setitem(whole.SECTIONS, "tls", fails)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "session", "tls", "--rounds", "1", "--out", str(tmp_path)])
    assert whole.main() == 1
    text = (tmp_path / "RESULTS.md").read_text("utf-8")
    assert "\n## Session without sockets\n" in text
    assert "| SMSC: submit_sm and its response |" in text
    assert "\n## tls\n\nThis failed: nobody was there\n" in text
    assert machine() in text.replace("\n", " ")


def test_an_unknown_section_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "sesion"])
    with pytest.raises(SystemExit):
        whole.main()
    assert "no such section: sesion" in capsys.readouterr().err


def test_the_same_figures_make_the_same_plot(tmp_path: Path) -> None:
    plot = Plot("windows", "Windows", "window", "us", {"ESME": [(1, Spread(2, 1, 3)), (10, Spread(1, 1, 1))]})
    first = draw(plot, tmp_path).read_bytes()
    assert draw(plot, tmp_path).read_bytes() == first
    assert b"Windows" in first
    assert b"ESME" in first


def test_a_table_is_markdown() -> None:
    assert Table(["a", "b"], [["x", "1"]]).markdown() == "| a | b |\n| --- | ---: |\n| x | 1 |"
    assert Spread.of([3.0, 1.0, 2.0]).text() == "2.00 (1.00 to 3.00)"


def test_a_sweep_has_a_row_for_each_end_and_a_plot(monkeypatch: pytest.MonkeyPatch) -> None:
    def against_floors(contestants: Iterable[Contestant], works: Iterable[Work], pace: Pace) -> Race:
        return Race({Entry(one, work): [Figures(1, 2, work.sessions << 10)] for one in contestants for work in works})

    monkeypatch.setattr(loopback, "against_floors", against_floors)
    section = loopback.sessions(QUICK, counts=(1, 2))
    rows = [row[0] for row in section.tables[0].rows]
    assert rows == ["ESME, sessions 1", "ESME, sessions 2", "SMSC, sessions 1", "SMSC, sessions 2"]
    assert [row[0] for row in section.tables[1].rows] == [
        *("ESME, floor", "ESME, smppcore", "SMSC, floor", "SMSC, smppcore")
    ]
    assert [row[-1] for row in section.tables[1].rows] == ["1.0"] * 4
    assert set(section.plots[0].lines) == {"ESME, floor", "ESME, smppcore", "SMSC, floor", "SMSC, smppcore"}


def test_latency_is_measured_at_the_rate_that_was_asked_for() -> None:
    result = latency.run("benchmarks.smsc", 200, 1.5)
    assert result.total.failed == 0
    assert result.total.accepted > 50


def test_the_ways_to_send_take_turns(capsys: pytest.CaptureFixture[str]) -> None:
    found = link.main(100, 4, 2, kinds=["lanes"])
    assert [row[0] for row in found.rows] == ["Esme", "lanes"]
    middleware.main(100, 4, 1)
    assert "| three that alter |" in capsys.readouterr().out
    observe.main(100, 4, 1)
    assert capsys.readouterr().out.count("| access log |") == 2


def test_what_is_above_its_limit_is_measured_again_before_the_gate_shuts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = {(ESME, Work(64)): 2.0, (SMSC, Work(64)): 3.0}
    measured = []

    def ratios(keys: object, pace: Pace) -> dict[object, Spread]:
        measured.append((list(keys), pace.rounds))  # type: ignore[call-overload]
        ratio = next(given)
        return {key: Spread(ratio, ratio, ratio) for key in measured[-1][0]}

    monkeypatch.setattr(gate, "ratios", ratios)
    given = iter([2.5, 1.9])
    assert gate.gate(limits, Pace(3))
    assert measured == [(list(limits), 3), ([(ESME, Work(64))], 6)]
    given = iter([2.5, 2.1])
    assert not gate.gate(limits, Pace(3))
    assert "ABOVE: ESME, window 64: 2.10 (2.10 to 2.10) times the floor, limit 2.0" in capsys.readouterr().out


def test_the_gate_measures() -> None:
    key = (SMSC, Work(10))
    assert set(gate.ratios([key], QUICK)) == {key}


def test_peers_that_are_missing_stand_in_the_table_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "NOTE", tmp_path / "failures.json")
    asked: list[Entry] = []

    def race(entries: list[Entry], pace: Pace) -> Race:
        asked.extend(entries)
        return Race(failures=dict.fromkeys(entries, f"{install.FOLDER}/bin/python | failed"))

    monkeypatch.setattr(peers, "race", race)
    text = peers.section(QUICK).markdown("plots")
    assert {entry.contestant.name for entry in asked} == {"floor", "smppcore"}
    assert "| ESME: naz | not installed: python -m benchmarks.peers --install |" in text
    assert "failed: .peers/benchmarks/bin/python / failed" in text
    install.NOTE.write_text('{"naz": "no such version"}', "utf-8")
    assert install.failures()["naz"] == "no such version"
    assert "smpplib" not in install.failures()


def test_the_table_of_the_readme_is_that_of_the_results() -> None:
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text("utf-8")
    table = results.partition("\n## Peers\n")[2].partition("\n## ")[0].partition("\n|")[2].rstrip()
    assert table.count("\n") == 12
    assert f"\n|{table}\n" in (ROOT / "README.md").read_text("utf-8")
