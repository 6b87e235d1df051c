"""A run of several processes as one: they begin together, their seconds are added up, and they end together."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from smppcore.load.budget import Budget
from smppcore.load.child_command import child_command
from smppcore.load.plan import Plan
from smppcore.load.result import BY_HAND, Result
from smppcore.load.second import Second

COMMAND: Final = child_command("smppcore.cli.load_worker")
HEAD_START: Final = 0.2
"""Seconds from the moment when all are bound to the beginning of the run."""
LONGEST_LINE: Final = 64 * 1024 * 1024


class LoadError(Exception):
    """Why there was no run: what a process said, such as the reason for which it could not bind."""


class _Member:
    """One process, as the crew sees it. ``through``: the last second that it has told of."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.bound: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.through = -1
        self.settled = False
        self.ended: float | None = None
        self.gone = False

    def tell(self, **line: Any) -> None:
        """One line to it; a process that has ended reads none."""
        if self.process.stdin is not None and not self.process.stdin.is_closing():
            self.process.stdin.write(json.dumps(line).encode() + b"\n")


class Crew:
    """One run of ``plan``. ``on_second`` gets each second of the whole, when all processes have told of it."""

    def __init__(
        self,
        plan: Plan,
        on_second: Callable[[Second], None] = lambda _: None,
        *,
        budget: Budget | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._plan = plan.check()
        self._on_second = on_second
        self._budget = budget or Budget()
        self._command = command
        self._members: list[_Member] = []
        self._seconds: dict[int, Second] = {}
        self._told = 0
        self._stops = 0
        self._planned = False
        """Whether the processes know what they are for: before, they understand nothing else."""
        self._result = Result(plan)

    async def run(self) -> Result:
        """Bind, send, measure, unbind. Raises LoadError where it cannot begin; what comes later is in the result."""
        try:
            for _ in range(self._plan.processes):
                self._members.append(await self._begin_process())
            readers = [asyncio.ensure_future(self._read(member)) for member in self._members]
            try:
                await self._run(readers)
            finally:
                for reader in readers:
                    reader.cancel()
                await asyncio.gather(*readers, return_exceptions=True)
        finally:
            await self._end_processes()
        self._tell_seconds(whole=False)
        return self._finished()

    async def _begin_process(self) -> _Member:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, limit=LONGEST_LINE, env=dict(os.environ)
        )
        return _Member(process)

    async def _run(self, readers: list["asyncio.Task[None]"]) -> None:
        for share, member in enumerate(self._members):
            member.tell(plan=self._plan.to_json(), share=share)
        self._planned = True
        if self._stops:
            self._tell_all(stop=True)
        try:
            await asyncio.gather(*(member.bound for member in self._members))
        except LoadError:
            self._tell_all(stop=True)
            await asyncio.gather(*readers)
            raise
        if self._stops:
            await asyncio.gather(*readers)
            raise LoadError("it was stopped before it began")
        self._result.began = datetime.now(UTC)
        self._tell_all(start=time.perf_counter() + HEAD_START)
        await asyncio.gather(*readers)

    def stop(self) -> None:
        """Send nothing more, drain, unbind, and report; asked for again, wait for nothing."""
        self._result.by_hand = True
        self._stop(BY_HAND)

    def _stop(self, reason: str) -> None:
        self._stops += 1
        self._result.stopped = self._result.stopped or reason
        if self._planned:
            self._tell_all(stop=True)

    def _tell_all(self, **line: Any) -> None:
        for member in self._members:
            member.tell(**line)

    # -- what they tell

    async def _read(self, member: _Member) -> None:
        stdout = member.process.stdout
        assert stdout is not None  # noqa: S101  # it was asked for above
        while line := await stdout.readline():
            self._hear(member, json.loads(line))
        member.gone = True
        if not member.bound.done():
            member.bound.set_exception(LoadError("a process of the run has ended before it was bound"))
        elif member.ended is None and not member.bound.exception():
            self._result.events.append((self._at(), "a process of the run has ended before its time"))
            self._result.broken = True
        self._go_on()

    def _at(self) -> float:
        began = self._result.began
        return 0.0 if began is None else max((datetime.now(UTC) - began).total_seconds() - HEAD_START, 0.0)

    def _hear(self, member: _Member, told: dict[str, Any]) -> None:
        if "second" in told:
            self._add(member, Second.from_json(told["second"]))
        elif "strays" in told:
            for other in self._members:
                if other is not member:
                    other.tell(claim=told["strays"])
        elif "event" in told:
            self._result.events.append((self._at(), told["event"]))
        elif "bound" in told:
            member.bound.set_result(None)
        elif "failed" in told:
            member.bound.set_exception(LoadError(told["failed"]))
        elif "settled" in told:
            member.settled = True
            self._go_on()
        elif "ended" in told:
            member.ended = told["ended"]

    def _add(self, member: _Member, second: Second) -> None:
        member.through = second.index
        whole = self._seconds.setdefault(second.index, Second(second.index))
        whole.add(second)
        self._tell_seconds(whole=True)

    def _tell_seconds(self, *, whole: bool) -> None:
        """Those seconds of which every process has told; without ``whole`` all that there are."""
        through = min((member.through for member in self._members if not member.gone), default=-1)
        for index in sorted(self._seconds):
            if whole and index > through:
                break
            second = self._seconds.pop(index)
            self._result.add(second)
            self._on_second(second)
            if self._budget.spent(second) and not self._stops:
                self._stop(f"the budget of errors is spent: {self._budget}")

    def _go_on(self) -> None:
        """Once every process has all that it will get, all may end."""
        if all(member.settled or member.gone for member in self._members):
            self._tell_all(finish=True)

    # -- the end

    def _finished(self) -> Result:
        ends = [member.ended for member in self._members if member.ended is not None]
        self._result.ended = max(ends, default=self._result.seconds_seen)
        return self._result

    async def _end_processes(self) -> None:
        """Each ends by itself once nobody writes to it any more; one that does not is killed."""
        for member in self._members:
            process = member.process
            if process.stdin is not None:
                process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()
