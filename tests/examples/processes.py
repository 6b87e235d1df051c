"""Programs that a test starts as processes of their own, and ends by their id."""

import asyncio
import json
import os
import pathlib
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp

ROOT = pathlib.Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "docs" / "examples"
SECONDS = 30


class Program:
    """``python -m`` something, until it is killed; what it prints is kept for the test that fails."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self.said: list[str] = []

    async def start(self, *ready: str) -> list[str]:
        """Wait for a line with each of these words, in order; returns the lines."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-u", "-m", *self._arguments),
            cwd=EXAMPLES,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=2**20,
        )
        async with asyncio.timeout(SECONDS):
            found = [await self._line_with(word) for word in ready]
        self._reading = asyncio.create_task(self._read_all())
        return found

    async def _line_with(self, word: str) -> str:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.said.append(line.decode())
            if word in self.said[-1]:
                return self.said[-1]
        raise AssertionError("".join(self.said))

    async def _read_all(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.said.append(line.decode())

    async def kill(self) -> None:
        """SIGKILL, for it and nobody else."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; returns its exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self.wait()

    async def wait(self) -> int:
        """Until it has ended; returns its exit status."""
        async with asyncio.timeout(SECONDS):
            status = await self._process.wait()
            await self._reading
        return status


class Carrier:
    """A simulator, and its control API."""

    def __init__(self, program: Program, port: int, url: str, session: aiohttp.ClientSession) -> None:
        self.program = program
        self.port = port
        self._url = url
        self._session = session

    def smpp(self, account: str) -> str:
        """The URL of one of its accounts."""
        return f"smpp://{account}:secret@127.0.0.1:{self.port}"

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        async with self._session.request(method, f"{self._url}api/{path}", json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def taken(self, text: str = "") -> list[str]:
        """The texts of all segments with this text in them that it has accepted."""
        texts: list[str] = []
        while True:
            found = await self.ask("GET", f"messages?limit=500&offset={len(texts)}&text={text}")
            texts += [each["text"] for each in found["messages"]]
            if len(texts) >= found["total"]:
                return texts

    async def deliver(self, account: str, source: str, text: str) -> None:
        """A message from a telephone, until the gateway has taken it."""
        body = {"account": account, "to": "72404", "source": source, "text": text, "wait": 20}
        delivered = await self.ask("POST", "deliveries", body)
        assert delivered["done"], delivered
        assert delivered["error"] is None


@asynccontextmanager
async def carrier(directory: pathlib.Path, configuration: str) -> AsyncIterator[Carrier]:
    """A simulator with this configuration in TOML."""
    file = directory / "carrier.toml"
    file.write_text(configuration)
    program = Program("smppcore", "simulate", "--port", "0", "--console", "127.0.0.1:0", "--config", str(file))
    ready, console = await program.start("ready", "console")
    async with aiohttp.ClientSession() as session:
        try:
            yield Carrier(program, int(ready.rpartition(":")[2]), console.split()[1], session)
        finally:
            await program.kill()


class Gateway:
    """The gateway as a process. What it keeps outlives it."""

    def __init__(self, directory: pathlib.Path, configuration: str, session: aiohttp.ClientSession) -> None:
        self._file = directory / "gateway.toml"
        self._file.write_text(configuration)
        self._session = session

    async def start(self) -> Self:
        self.program = Program("gateway", str(self._file))
        [ready] = await self.program.start('"ready"')
        self.url = f"http://127.0.0.1:{json.loads(ready)['port']}"
        return self

    async def post(self, **body: str) -> tuple[int, Any]:
        async with self._session.post(f"{self.url}/messages", json=body) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else {}

    async def accepted(self, **body: str) -> str:
        """Have a message accepted; returns its id."""
        status, answer = await self.post(**body)
        assert status == 202, answer
        message_id: str = answer["id"]
        return message_id

    async def get(self, path: str, token: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._session.get(f"{self.url}/{path}", headers=headers) as answer:
            return answer.status, await (answer.json() if path != "metrics" else answer.text())

    async def message(self, message_id: str) -> Any:
        status, message = await self.get(f"messages/{message_id}")
        assert status == 200
        return message
