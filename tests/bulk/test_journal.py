"""The journal beside the event loop: groups, and what happens when the disk does not play along."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from smppcore.bulk import Intend, Journal
from smppcore.bulk.journal_file import JournalFile
from smppcore.bulk.steps import Receive, Step
from smppcore.errors import StoreError

from .crashing import CrashingFile


class CountingFile(JournalFile):
    commits = 0

    def carry_out(self, steps: Sequence[Step]) -> list[bool | None]:
        self.commits += 1
        return super().carry_out(steps)


async def test_a_thousand_steps_at_once_are_a_commit_or_two(tmp_path: Path) -> None:
    file = CountingFile(tmp_path / "journal")
    async with Journal(tmp_path / "journal", opener=lambda: file) as journal:
        await asyncio.gather(*(journal.write(Intend(row, 1.0)) for row in range(1_000)))
        assert file.commits <= 2
        assert await journal.read(lambda kept: len(list(kept.recipients()))) == 1_000


async def test_steps_give_their_outcomes_to_whoever_asked(tmp_path: Path) -> None:
    unheard = Receive("id", "1", "DELIVRD", True, 1.0)
    async with Journal(tmp_path / "journal") as journal:
        both, one = journal.write(Intend(0, 1.0), unheard), journal.write(Intend(1, 1.0))
        assert (await both, await one) == ([None, False], [None])


async def test_what_was_asked_for_is_written_before_it_closes(tmp_path: Path) -> None:
    async with Journal(tmp_path / "journal") as journal:
        asked = journal.write(Intend(0, 1.0))
        cancelled = journal.write(Intend(1, 1.0))
        cancelled.cancel()
    assert asked.done()
    async with Journal(tmp_path / "journal") as journal:
        assert await journal.resume() == [0, 1]


async def test_after_a_failure_nothing_is_written_any_more(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    async with Journal(path, opener=lambda: CrashingFile(path, 1, False)) as journal:
        await journal.write(Intend(0, 1.0))
        failed = [journal.write(Intend(1, 1.0)), journal.write(Intend(2, 1.0))]
        for future in failed:
            with pytest.raises(StoreError, match="the machine has stopped"):
                await future
        with pytest.raises(StoreError, match="the machine has stopped"):
            await journal.write(Intend(3, 1.0))
    async with Journal(path) as journal:
        assert await journal.resume() == [0]


async def test_a_journal_that_cannot_be_had_leaves_nothing_behind(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere" / "journal", tmp_path):
        with pytest.raises(StoreError, match=str(path)):
            async with Journal(path):
                pass
