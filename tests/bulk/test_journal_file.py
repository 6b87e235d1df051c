"""The journal as a file: held against a model, through crashes, and against other runs and other files."""

import contextlib
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from smppcore.bulk import Decide, Intend, PartVerdict, RecipientVerdict
from smppcore.bulk.journal_file import EARLIER, IN_FLIGHT, JournalFile
from smppcore.bulk.steps import Receive, Step, TakeBack
from smppcore.errors import StoreError

ROWS = st.integers(0, 3)
TO = "393331234567"


@dataclass(frozen=True)
class Kept:
    """What the model knows of a recipient."""

    sending: bool = False
    verdict: RecipientVerdict | None = None
    reason: str = ""
    attempt: int = 0
    states: tuple[str, ...] = ()
    """Of the segments of this attempt, the last that was heard."""
    earlier: tuple[str, ...] = ()
    """The same of the attempt before."""


class JournalMachine(RuleBasedStateMachine):
    """Steps in any order that a run can take them in; a crash is a copy of the file at that moment, opened again."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.generation = 0
        self.file = self.opened()
        self.model: dict[int, Kept] = {}
        self.now = 0.0

    def opened(self) -> JournalFile:
        return JournalFile(self.directory / str(self.generation), synchronous="off")

    def carry_out(self, step: Step) -> bool | None:
        self.now += 1
        (outcome,) = self.file.carry_out([step])
        return outcome

    @rule(row=ROWS)
    def intend(self, row: int) -> None:
        kept = self.model.get(row, Kept())
        if not kept.sending and kept.verdict in (None, RecipientVerdict.UNKNOWN):
            self.carry_out(Intend(row, self.now))
            self.model[row] = replace(kept, sending=True, attempt=kept.attempt + 1, states=(), earlier=kept.states)

    @rule(row=ROWS, verdict=st.sampled_from(list(RecipientVerdict)))
    def decide(self, row: int, verdict: RecipientVerdict) -> None:
        kept = self.model.get(row, Kept())
        if kept.sending:
            taken = verdict in (RecipientVerdict.ACCEPTED, RecipientVerdict.PARTLY)
            part = PartVerdict(taken, f"{row}-{kept.attempt}" if taken else "")
            self.carry_out(Decide(row, verdict, "why", TO, (part,), self.now))
            doubtful = verdict is RecipientVerdict.REFUSED and kept.verdict is RecipientVerdict.UNKNOWN
            self.model[row] = Kept(
                False,
                RecipientVerdict.UNKNOWN if doubtful else verdict,
                f"{EARLIER}why" if doubtful else "why",
                kept.attempt,
                ("",),
            )

    @rule(row=ROWS)
    def take_back(self, row: int) -> None:
        kept = self.model.get(row, Kept())
        if kept.sending:
            self.carry_out(TakeBack(row))
            self.model[row] = replace(kept, sending=False, attempt=kept.attempt - 1, states=kept.earlier)
            if kept.verdict is None:
                del self.model[row]

    @rule(row=ROWS, attempt=st.integers(1, 2), state=st.sampled_from([("ACCEPTD", False), ("DELIVRD", True)]))
    def receive(self, row: int, attempt: int, state: tuple[str, bool]) -> None:
        kept = self.model.get(row, Kept())
        found = self.carry_out(Receive(f"{row}-{attempt}", TO, *state, self.now))
        known = kept.verdict in (RecipientVerdict.ACCEPTED, RecipientVerdict.PARTLY) and kept.attempt == attempt
        assert found == known
        if known and kept.states != ("DELIVRD",):
            self.model[row] = replace(kept, states=(state[0],))

    @rule(halfway=st.booleans())
    def crash(self, halfway: bool) -> None:
        """The system has what was written, and nothing of what was not committed."""
        if halfway:
            self.file._connection.execute("BEGIN")
            self.file._carry_out(Intend(99, self.now))
        before, self.generation = self.generation, self.generation + 1
        for suffix in ("", "-wal"):
            source = self.directory / f"{before}{suffix}"
            if source.exists():
                shutil.copy(source, self.directory / f"{self.generation}{suffix}")
        self.file.close()
        self.file = self.opened()
        lost = sorted(row for row, kept in self.model.items() if kept.sending)
        assert self.file.resume() == lost
        for row in lost:
            kept = self.model[row]
            self.model[row] = Kept(False, RecipientVerdict.UNKNOWN, IN_FLIGHT, kept.attempt, kept.states)

    @precondition(lambda self: self.model)
    @invariant()
    def the_file_is_as_the_model(self) -> None:
        kept = {
            each.row: (each.verdict, each.reason if each.verdict else "", tuple(part.state for part in each.parts))
            for each in self.file.recipients()
        }
        assert kept == {
            row: (None if each.sending else each.verdict, "" if each.sending else each.reason, each.states)
            for row, each in self.model.items()
        }
        assert self.file.done() == {row for row, each in self.model.items() if each.verdict is not None}

    def teardown(self) -> None:
        self.file.close()
        shutil.rmtree(self.directory)


TestJournal = JournalMachine.TestCase
TestJournal.settings = settings(max_examples=25, stateful_step_count=25)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_a_second_run_is_kept_away_until_the_first_has_ended(path: Path) -> None:
    first = JournalFile(path)
    with pytest.raises(StoreError, match="another run is at work"):
        JournalFile(path)
    first.close()
    JournalFile(path).close()


@pytest.mark.parametrize("content", ["text", "database"])
def test_a_file_of_somebody_else_is_not_touched(path: Path, content: str) -> None:
    if content == "text":
        path.write_text("this is no database, and longer than the header of one\n" * 10)
    else:
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE theirs (x)")
        connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError):
        JournalFile(path)
    assert [table for table in ("recipients", "parts") if table.encode() in path.read_bytes()] == []
    assert content == "database" or path.read_bytes() == before


def test_a_journal_of_a_later_version_is_refused(path: Path) -> None:
    file = JournalFile(path)
    file._connection.execute("PRAGMA user_version=99")
    file.close()
    with pytest.raises(StoreError, match="schema 99"):
        JournalFile(path)


def test_a_run_begun_anew_has_forgotten_all(path: Path) -> None:
    file = JournalFile(path)
    file.begin({"a": "1"})
    part = PartVerdict(True, "id")
    file.carry_out([Intend(0, 1.0), Decide(0, RecipientVerdict.ACCEPTED, "", TO, (part,), 2.0)])
    assert (file.facts(), file.outstanding(), file.verdicts()) == ({"a": "1"}, 1, {RecipientVerdict.ACCEPTED: 1})
    file.begin({"a": "2"})
    assert (file.facts(), file.outstanding(), file.verdicts(), file.done()) == ({"a": "2"}, 0, {}, set())
    file.close()


def test_ids_are_matched_as_carriers_write_them(path: Path) -> None:
    """The response in hexadecimal, the receipt in decimal, with zeros in front."""
    file = JournalFile(path)
    parts = (PartVerdict(True, "39f99dd5"),)
    file.carry_out([Intend(0, 1.0), Decide(0, RecipientVerdict.ACCEPTED, "", TO, parts, 2.0)])
    stranger = Receive("972660182", TO, "DELIVRD", True, 3.0)
    ours = Receive("0972660181", f"+{TO}", "DELIVRD", True, 3.0)
    assert file.carry_out([stranger, ours, ours]) == [False, True, True]
    assert (file.outstanding(), file.states()) == (0, {"DELIVRD": 1})
    file.close()


def test_an_answer_that_comes_late_leaves_the_receipts_of_the_other_segments(path: Path) -> None:
    file = JournalFile(path)
    first, lost, late = PartVerdict(True, "a"), PartVerdict(False, "", "no answer"), PartVerdict(True, "b")
    file.carry_out([Intend(0, 1.0), Decide(0, RecipientVerdict.UNKNOWN, "no answer", TO, (first, lost), 2.0)])
    file.carry_out([Receive("a", TO, "DELIVRD", True, 3.0)])
    file.carry_out([Decide(0, RecipientVerdict.ACCEPTED, "", TO, (first, late), 4.0)])
    (kept,) = file.recipients()
    assert (kept.verdict, [(part.verdict.message_id, part.state) for part in kept.parts]) == (
        RecipientVerdict.ACCEPTED,
        [("a", "DELIVRD"), ("b", "")],
    )
    file.close()
