"""A process of a run. What it is told comes in as lines of JSON, and so does it report.

It reads {"plan", "share"}, and tells "bound" or "failed"; {"start"} begins, {"claim"} brings receipts that others could
not use, {"stop"} ends early, {"finish"} lets it unbind. It tells each "second", "strays", "event", "settled", and at
last "ended". When nobody writes to it any more, it ends.
"""

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from smppcore.errors import SmppError
from smppcore.load.awaited import Stray
from smppcore.load.generator import Generator
from smppcore.load.plan import Plan

GIVE_AWAY: Final = 0.25
"""Seconds from one look at receipts of others to the next."""
READ: Final = 1024 * 1024
HANG_UP: Final = 5.0
"""Seconds for the end of a run that nobody listens to any more."""


class Worker:
    """``tell`` writes one line."""

    def __init__(self, plan: Plan, share: int, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self._alone = plan.processes == 1
        self.generator = Generator(
            plan, share, lambda second: tell({"second": second.to_json()}), lambda event: tell({"event": event})
        )
        self._binding: asyncio.Task[None] | None = None
        self._start: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """From the binds to the end."""
        self._binding = asyncio.ensure_future(self.generator.bind())
        await asyncio.wait((self._binding,))
        if self._binding.cancelled():
            self._tell({"failed": "it was stopped before it was bound"})
            return
        try:
            self._binding.result()
        except (SmppError, OSError, ValueError) as error:
            self._tell({"failed": str(error) or type(error).__name__})
            return
        self._tell({"bound": True})
        start = await self._start
        if start is None:
            await self.generator.close()
            return
        giving = asyncio.ensure_future(self._give_away())
        settling = asyncio.ensure_future(self._settle())
        try:
            ended = await self.generator.run(start)
        finally:
            for task in (giving, settling):
                task.cancel()
            await asyncio.gather(giving, settling, return_exceptions=True)
        self._tell({"ended": ended})

    async def _settle(self) -> None:
        await self.generator.wait_settled()
        self._tell({"settled": True})

    async def _give_away(self) -> None:
        while True:
            if self._alone:
                self.generator.look_thoroughly(time.perf_counter())
            elif strays := self.generator.give_away():
                self._tell({"strays": strays})
            await asyncio.sleep(GIVE_AWAY)

    def told(self, line: dict[str, Any]) -> None:
        """Do what a line says."""
        if "start" in line and not self._start.done():
            self._start.set_result(line["start"])
        elif "claim" in line:
            self.generator.claim([Stray(*each) for each in line["claim"]])
        elif "stop" in line:
            if self._binding is not None and not self._binding.done():
                self._binding.cancel()
            elif not self._start.done():
                self._start.set_result(None)
            else:
                self.generator.stop()
        elif "finish" in line:
            self.generator.finish()


async def work(lines: "asyncio.Queue[str]", tell: Callable[[dict[str, Any]], None]) -> None:
    """One run, told by the lines of the queue; an empty one is the end of them."""
    first = json.loads(await lines.get() or "null")
    if first is None:
        return
    worker = Worker(Plan.from_json(first["plan"]), first["share"], tell)
    running = asyncio.ensure_future(worker.run())
    listening = asyncio.ensure_future(_listen(worker, lines))
    await asyncio.wait((running, listening), return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        # Whoever began this run is gone: what is in flight is let go.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(running, HANG_UP)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    with contextlib.suppress(asyncio.CancelledError):  # it was given up above
        await running


async def _listen(worker: Worker, lines: "asyncio.Queue[str]") -> None:
    while line := await lines.get():
        worker.told(json.loads(line))
    worker.told({"stop": True})
    worker.told({"stop": True})
    worker.told({"finish": True})


def main(
    run_loop: Callable[[Coroutine[Any, Any, None]], None],
    work: Callable[["asyncio.Queue[str]", Callable[[dict[str, Any]], None]], Coroutine[Any, Any, None]] = work,
) -> None:
    """Do ``work`` on standard input and output. Signals are for whoever began the run: a Ctrl-C reaches all of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = sys.stdout

    def tell(line: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):  # nobody listens: the end of the input tells so as well
            output.write(json.dumps(line, separators=(",", ":")) + "\n")
            output.flush()

    async def begin() -> None:
        lines: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def read() -> None:
            # Not through sys.stdin: Python could not end while a thread holds its buffer.
            with contextlib.suppress(RuntimeError):  # the loop has ended before the input
                rest = b""
                while octets := os.read(0, READ):
                    *whole, rest = (rest + octets).split(b"\n")
                    for line in whole:
                        loop.call_soon_threadsafe(lines.put_nowait, line.decode())
                loop.call_soon_threadsafe(lines.put_nowait, "")

        threading.Thread(target=read, daemon=True).start()
        await work(lines, tell)

    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)  # a pause of the collector would look like one of the target
    run_loop(begin())
