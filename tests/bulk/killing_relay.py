"""A relay before an SMSC that sends a signal to a process when so many submit_sm have come by."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cli.processes import ENVIRONMENT, LIMIT, TRACEBACK

from smppcore.constants import CommandId
from smppcore.framing import Framer
from smppcore.relay import Action, Filter, Passage, Relay, Write


class Ended(NamedTuple):
    status: int
    out: str
    err: str


class Signalling(Filter):
    """``after`` submit_sm go on, and before the next one the process gets the signal."""

    def __init__(self, pid: int, number: signal.Signals, after: int) -> None:
        self._pid = pid
        self._number = number
        self._left = after
        self._framer = Framer(1 << 17)

    def feed(self, octets: bytes, now: float) -> list[Action]:
        for frame in self._framer.feed(octets):
            if frame[1] == CommandId.SUBMIT_SM:
                self._left -= 1
                if self._left == -1:
                    os.kill(self._pid, self._number)
        return [Write(octets)]


async def run_until(
    port: int, arguments: Sequence[str], number: signal.Signals | None = None, after: int = 0, cwd: Path | None = None
) -> Ended:
    """Run ``smppcore`` with a URL that leads to ``port``, and end it so; without a signal it ends by itself."""
    pids: list[int] = []

    def filters(passage: Passage) -> tuple[Filter, Filter]:
        return (Filter() if number is None else Signalling(pids[0], number, after)), Filter()

    async with Relay("127.0.0.1", port, filters=filters) as relay:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "smppcore", *arguments),
            env=ENVIRONMENT | {"SMPPCORE_URL": f"smpp://smppclient1:password@127.0.0.1:{relay.port}"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=cwd,
        )
        pids.append(process.pid)
        try:
            out, err = await asyncio.wait_for(process.communicate(), LIMIT)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode is not None
    assert TRACEBACK not in err.decode(), err.decode()
    return Ended(process.returncode, out.decode(), err.decode())
