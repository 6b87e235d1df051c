"""Ctrl-C once and twice, and what is to be delivered later: the command as a process, the SMSC in the test."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from cli.processes import ENVIRONMENT, LIMIT
from wire.ends import ACCOUNTS, url

from smppcore import smpptime
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.smsc import Peer, Smsc

from .lists import result, write_list


class Command:
    """``smppcore send --file`` at an SMSC; ``line`` are lines of its standard error."""

    def __init__(self, port: int, people: Path, *more: str) -> None:
        self._words = ("send", "--url", url(port), "--file", str(people), *more)
        self.process: asyncio.subprocess.Process

    async def __aenter__(self) -> "Command":
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "smppcore", *self._words),
            env=ENVIRONMENT,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()

    def interrupt(self) -> None:
        os.kill(self.process.pid, signal.SIGINT)

    async def line(self, wanted: str) -> str:
        """The next line with this in it."""
        assert self.process.stderr is not None
        async with asyncio.timeout(LIMIT):
            while (line := (await self.process.stderr.readline()).decode()) and wanted not in line:
                pass
        return line


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


def test_ctrl_c_twice_drops_what_is_on_its_way_and_says_whom_it_was_for(tmp_path: Path) -> None:
    people = write_list(tmp_path / "people.csv", 20)

    async def main() -> None:
        asked = asyncio.Event()

        async def never(peer: Peer, pdu: SubmitSm) -> None:
            asked.set()
            await asyncio.Event().wait()

        async with (
            Smsc(accounts=ACCOUNTS, handlers={SubmitSm: never}) as smsc,
            Command(smsc.port, people, "--window", "3") as command,
        ):
            await asyncio.wait_for(asked.wait(), LIMIT)
            async with Command(smsc.port, people, "--window", "3") as second:
                assert await second.line("another run is at work with this journal")
                assert await asyncio.wait_for(second.process.wait(), LIMIT) == 1
            command.interrupt()
            assert await command.line("once more drops it")
            command.interrupt()
            assert await asyncio.wait_for(command.process.wait(), LIMIT) == 130

    run(main())
    verdicts = [row["verdict"] for row in result(tmp_path / "people.result.csv")]
    assert verdicts == ["unknown"] * 3 + ["not sent"] * 17


def test_what_is_to_be_delivered_later_keeps_its_moment_over_all_runs(tmp_path: Path) -> None:
    people = write_list(tmp_path / "people.csv", 20)
    moments: list[str] = []

    async def main() -> None:
        commands: list[Command] = []

        def on_submit(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
            moments.append(pdu.schedule_delivery_time)
            if len(moments) == 5:
                commands[0].interrupt()
            return SubmitSmResp(message_id=f"id{len(moments)}")

        async with Smsc(accounts=ACCOUNTS, handlers={SubmitSm: on_submit}) as smsc:
            for status in (130, 0):
                async with Command(smsc.port, people, "--window", "2", "--at", "2h") as command:
                    commands.append(command)
                    assert await asyncio.wait_for(command.process.wait(), LIMIT) == status

    run(main())
    assert len(set(moments)) == 1
    assert re.fullmatch(r"\d{12}\d00\+", moments[0])
    assert smpptime.parse(moments[0]) is not None


@pytest.mark.parametrize("moment", ["2020-01-01T00:00"])
def test_a_moment_that_is_over_means_at_once(tmp_path: Path, moment: str) -> None:
    people = write_list(tmp_path / "people.csv", 1)
    moments: list[str] = []

    def on_submit(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        moments.append(pdu.schedule_delivery_time)
        return SubmitSmResp(message_id="id")

    async def main() -> None:
        async with (
            Smsc(accounts=ACCOUNTS, handlers={SubmitSm: on_submit}) as smsc,
            Command(smsc.port, people, "--at", moment) as command,
        ):
            assert await command.line("the moment of --at is over: delivered at once")
            assert await asyncio.wait_for(command.process.wait(), LIMIT) == 0

    run(main())
    assert moments == [""]
