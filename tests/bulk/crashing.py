"""A run without sockets: an SMSC that is a dict, and a journal that fails at a step of the test's choosing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from smppcore.address import Address
from smppcore.bulk import Journal, PartVerdict, Recipient, RecipientVerdict, Sending
from smppcore.bulk.journal_file import JournalFile
from smppcore.bulk.steps import NOT_SENT, Outcome, Step
from smppcore.errors import StoreError

ACCEPTED = Outcome(RecipientVerdict.ACCEPTED, "", (PartVerdict(True, "id"),))
REFUSED = Outcome(RecipientVerdict.REFUSED, "no", (PartVerdict(False, "", "no"),))
LOST = Outcome(RecipientVerdict.UNKNOWN, "no answer", (PartVerdict(False, "", "no answer"),))


def recipients(count: int) -> list[Recipient]:
    return [
        Recipient(row, row + 2, Address(1, 1, f"39333{row:07d}"), "text", None, 1, "gsm0338") for row in range(count)
    ]


class CrashingFile(JournalFile):
    """Dies in the middle of transaction ``at`` (from 0), or with ``after`` between its commit and whoever waits."""

    def __init__(self, path: Path, at: int, after: bool) -> None:
        super().__init__(path, synchronous="off")
        self._left = at
        self._after = after

    def carry_out(self, steps: Sequence[Step]) -> list[bool | None]:
        self._left -= 1
        if self._left == -1 and not self._after:
            with self._whole():
                for step in steps:
                    self._carry_out(step)
                raise StoreError("the machine has stopped")
        outcomes = super().carry_out(steps)
        if self._left == -1:
            raise StoreError("the machine has stopped")
        return outcomes


class Smsc:
    """Takes what it is sent; ``fates`` says what becomes of each attempt, in turn."""

    def __init__(self, fates: Iterable[Outcome]) -> None:
        self._fates = iter(fates)
        self.taken: Counter[int] = Counter()
        self.attempts: Counter[int] = Counter()
        self.is_up = True

    async def submit(self, recipient: Recipient) -> Outcome:
        self.attempts[recipient.row] += 1
        fate = next(self._fates, ACCEPTED)
        await asyncio.sleep(0)
        if fate is ACCEPTED or fate is LOST:  # what is lost is the answer
            self.taken[recipient.row] += 1
        await asyncio.sleep(0)
        return fate

    async def wait_up(self) -> None:
        raise AssertionError("it is up")


async def run(path: Path, smsc: Smsc, count: int, places: int, opener: Callable[[], JournalFile]) -> Sending:
    """One run from the opening of the journal on, as far as it comes."""
    async with Journal(path, opener=opener) as journal:
        await journal.resume()
        done = await journal.read(JournalFile.done)
        sending = Sending(journal, smsc, places=places)
        await sending.run(each for each in recipients(count) if each.row not in done)
        return sending


def verdicts(path: Path) -> dict[int, RecipientVerdict | None]:
    file = JournalFile(path, synchronous="off")
    try:
        return {kept.row: kept.verdict for kept in file.recipients()}
    finally:
        file.close()


__all__ = ["ACCEPTED", "LOST", "NOT_SENT", "REFUSED", "CrashingFile", "Smsc", "recipients", "run", "verdicts"]
