"""The journal beside the event loop: steps that gather while a commit runs are committed together with the next one.

An fsync takes about as long as an answer of the SMSC. With a group of steps in each of them a campaign waits for the
disk hardly more than for the network, and the loop never does.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from smppcore.bulk.journal_file import JournalFile
from smppcore.bulk.steps import Receive, RecipientVerdict, Step
from smppcore.errors import StoreError
from smppcore.message_id import Rule

T = TypeVar("T")
Opener = Callable[[], JournalFile]


class _Asked(NamedTuple):
    steps: tuple[Step, ...]
    done: "asyncio.Future[list[bool | None]]"


class Journal:
    """``async with Journal(path) as journal:`` and write steps; the file is locked meanwhile.

    ``rule`` says how the SMSC writes message ids in receipts. Whatever fails fails for good: when something could not
    be written nothing may be sent any more, so all that is asked for later fails as well. ``opener`` opens another file
    than the one at ``path``.
    """

    def __init__(self, path: Path, *, rule: Rule | None = None, opener: Opener | None = None) -> None:
        self.path = path
        self._opener: Opener = opener or (lambda: JournalFile(path, rule=rule))
        self._thread = ThreadPoolExecutor(1, "smppcore-journal")
        self._waiting: list[_Asked] = []
        self._busy = False
        self._idle = asyncio.Event()
        self._error: StoreError | None = None

    async def __aenter__(self) -> "Journal":
        """Raises StoreError: another run has the file, it is no journal, it cannot be had."""
        self._loop = asyncio.get_running_loop()
        try:
            self._file = await self._loop.run_in_executor(self._thread, self._opener)
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what was asked for, and let go of the file."""
        try:
            while self._busy:
                self._idle.clear()
                await self._idle.wait()
        finally:
            await self._loop.run_in_executor(self._thread, self._file.close)
            self._thread.shutdown(wait=False)

    def write(self, *steps: Step) -> "asyncio.Future[list[bool | None]]":
        """All of these steps or none; the Future is done when they are on the disk, with what each gives."""
        done: asyncio.Future[list[bool | None]] = self._loop.create_future()
        if self._error is not None:
            done.set_exception(self._error)
            return done
        self._waiting.append(_Asked(steps, done))
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._begin)
        return done

    async def received(self, step: Receive) -> bool:
        """Whether the message of a receipt is one of ours; if so, that stands in the journal now."""
        (found,) = await self.write(step)
        return bool(found)

    async def read(self, question: Callable[[JournalFile], T]) -> T:
        """What ``question`` finds out, asked in the thread that has the file."""
        return await self._loop.run_in_executor(self._thread, question, self._file)

    async def begin(self, facts: Mapping[str, str]) -> None:
        """A run begins anew, and nothing else is kept."""
        await self.read(lambda file: file.begin(facts))

    async def facts(self) -> dict[str, str]:
        """What the run in the file is about; empty in a new one."""
        return await self.read(JournalFile.facts)

    async def resume(self) -> list[int]:
        """Go on with the run in the file; returns the rows that were in flight when the last one ended."""
        return await self.read(JournalFile.resume)

    async def verdicts(self) -> dict[RecipientVerdict, int]:
        """How many recipients have which verdict."""
        return await self.read(JournalFile.verdicts)

    def _begin(self) -> None:
        group, self._waiting = self._waiting, []
        steps = [step for asked in group for step in asked.steps]
        job = self._loop.run_in_executor(self._thread, self._file.carry_out, steps)
        job.add_done_callback(lambda done: self._ended(group, done))

    def _ended(self, group: list[_Asked], job: "asyncio.Future[list[bool | None]]") -> None:
        error = job.exception()
        if error is None:
            outcomes = iter(job.result())
            for asked in group:
                if not asked.done.done():
                    asked.done.set_result([next(outcomes) for _ in asked.steps])
        else:
            self._fail(group, error)
        self._busy = bool(self._waiting)
        if self._busy:
            self._begin()
        else:
            self._idle.set()

    def _fail(self, group: list[_Asked], error: BaseException) -> None:
        self._error = error if isinstance(error, StoreError) else StoreError(f"{self.path}: {error!r}")
        self._error.__cause__ = error if error is not self._error else error.__cause__
        failed, self._waiting = [*group, *self._waiting], []
        for asked in failed:
            if not asked.done.done():
                asked.done.set_exception(self._error)
