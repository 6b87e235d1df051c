"""The process beside a Locust process in which its users' generators run, and the pipe between the two.

gevent and asyncio do not go together in one process. All users of a Locust process share one generator process, which
begins with the first of them and ends with Locust, however that ends: it reads the end of its input.
"""

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import gevent
from gevent import subprocess
from gevent.lock import RLock
from gevent.queue import Queue

from smppcore.load.child_command import child_command
from smppcore.load.plan import Plan

COMMAND: Final = child_command("smppcore.cli.locust_worker")
LONGEST_END: Final = 10.0
"""Seconds for the process to end by itself."""

Line = dict[str, Any]


class GeneratorLost(Exception):
    """The generator process has ended before its time."""


class Shift:
    """One user's generator, from its bind to its end. To iterate is to hear what it tells; the last is its end."""

    def __init__(self, generators: "Generators", number: int, plan: Plan) -> None:
        self._generators = generators
        self._number = number
        self._heard: Queue[Line] = Queue()
        self.plan = plan
        self.ended = False

    def __iter__(self) -> Iterator[Line]:
        while not self.ended:
            line = self._heard.get()
            self.ended = not line.keys().isdisjoint(("ended", "failed", "lost"))
            yield line

    def hear(self, line: Line) -> None:
        self._heard.put(line)

    def stop(self) -> None:
        """Send nothing more, drain, unbind; asked for again, wait for nothing."""
        self._generators.tell(user=self._number, stop=True)

    def close(self) -> None:
        """Nobody listens any more."""
        self._generators.leave(self._number)


class Generators:
    """The generator process of this Locust process. ``pass_on`` gets receipts of messages that others have sent."""

    def __init__(self) -> None:
        self._process: Any = None
        self._lock = RLock()
        """Others have their turn while a process begins, and while a line is written: there is one, and it is whole."""
        self._shifts: dict[int, Shift] = {}
        self._numbers = itertools.count(1)
        self.pass_on: Callable[[list[Any]], None] = lambda strays: None
        self.draining = False
        """The test is over: nobody is to begin anything."""

    @property
    def pid(self) -> int | None:
        """Of the generator process; None where there is none."""
        return None if self._process is None else self._process.pid

    def begin(self, plan: Plan) -> Shift:
        """A generator for one user."""
        with self._lock:
            if self._process is None:
                self._begin_process()
        number = next(self._numbers)
        shift = self._shifts[number] = Shift(self, number, plan)
        self.tell(user=number, plan=plan.to_json())
        if self.draining:  # others had their turn meanwhile, and the end of the test may have been one of them
            shift.stop()
        return shift

    def leave(self, number: int) -> None:
        self._shifts.pop(number, None)

    def claim(self, strays: list[Any]) -> None:
        """Receipts that came to another Locust process."""
        self.tell(claim=strays)

    def drain(self, limit: float) -> bool:
        """Stop all, and wait until all that they tell is counted; False where it takes more than ``limit`` seconds."""
        if not self.draining:  # Ctrl-C in a terminal reaches master and workers: to be told twice is not to hurry
            self.draining = True
            for shift in list(self._shifts.values()):
                shift.stop()
        with gevent.Timeout(limit, False):
            while self._shifts:
                gevent.sleep(0.02)
        return not self._shifts

    def close(self) -> None:
        """End the process; one that does not end by itself is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        process.stdin.close()
        try:
            process.wait(LONGEST_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    # -- the pipe

    def _begin_process(self) -> None:
        self._process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        gevent.spawn(self._read, self._process)

    def tell(self, **line: Any) -> None:
        """One line to the process; one that has ended reads none."""
        with self._lock, contextlib.suppress(BrokenPipeError):  # its output has ended as well: users hear of that
            if self._process is not None:
                self._process.stdin.write(json.dumps(line).encode() + b"\n")
                self._process.stdin.flush()

    def _read(self, process: Any) -> None:
        for line in process.stdout or ():
            told = json.loads(line)
            if "strays" in told:
                self.pass_on(told["strays"])
            elif told["user"] in self._shifts:
                self._shifts[told["user"]].hear(told)
        for shift in self._shifts.values():
            shift.hear({"lost": True})
        if self._process is process:  # it has ended by itself
            self._process = None
            process.wait()
