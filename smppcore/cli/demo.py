"""``smppcore demo``: a simulator in a process of its own, real messages to it, and their receipts back."""

import argparse
import asyncio
import contextlib
import importlib.resources
import itertools
import json
import pathlib
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import smppcore
from smppcore.address import Address
from smppcore.cli.loop import run_loop
from smppcore.cli.tally import Tally
from smppcore.pdu import DeliverSm
from smppcore.state import BOUND
from smppcore.text import segments

SILENCE = 30.0
"""Seconds without a single receipt after which the missing ones are given up."""


START = 30.0
"""Seconds for the simulator to begin to listen."""


class DemoError(Exception):
    """Why there was nothing to count."""


class Notification(NamedTuple):
    """One message of the sample file."""

    source: str
    destination: str
    text: str


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=20_000, help="how many messages (default: %(default)s)")
    parser.add_argument("--window", type=int, default=100, help="unanswered requests at once (default: %(default)s)")
    parser.add_argument(
        "--receipt-delay",
        type=float,
        default=0.1,
        metavar="SECONDS",
        help="how long the simulator takes to deliver a message (default: %(default)s)",
    )
    parser.add_argument("--file", type=pathlib.Path, help="messages to send instead: JSON lines with from, to, text")
    parser.add_argument("--json", action="store_true", help="print the result as JSON instead of a table")


def run(options: argparse.Namespace) -> int:
    if options.count < 1 or options.window < 1:
        raise SystemExit("smppcore demo: --count and --window are at least 1")
    try:
        import rich  # noqa: F401  # only to say early and clearly that it is missing
    except ImportError:
        raise SystemExit("smppcore demo needs rich: pip install 'smppcore[cli]'") from None
    try:
        return run_loop(demo(options))
    except (DemoError, smppcore.SmppError) as error:
        raise SystemExit(f"smppcore demo: {error}") from None


def notifications(path: pathlib.Path | None) -> list[Notification]:
    """The messages of a file, by default of the one shipped with the package. Raises DemoError."""
    source = path or importlib.resources.files("smppcore.cli") / "notifications.jsonl"
    try:
        lines = source.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise DemoError(f"cannot read {path}: {error}") from None
    found = [_notification(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise DemoError(f"{path} has no messages")
    return found


def _notification(path: pathlib.Path | None, number: int, line: str) -> Notification:
    try:
        row = json.loads(line)
        found = Notification(row["from"], row["to"], row["text"])
        Address.sender(found.source)
        Address.destination(found.destination)
        segments(found.text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise DemoError(f"{path}, line {number}: {reason}; each line is JSON with from, to and text") from None
    return found


@contextlib.asynccontextmanager
async def simulator_process(receipt_delay: float) -> AsyncIterator[tuple[int, int]]:
    """A simulator as a process of its own; yields its port and pid, and ends it by its pid."""
    process = await _start("simulate", "--port", "0", "--receipt-delay", str(receipt_delay))
    try:
        yield await _port(process), process.pid
    finally:
        await _end(process)


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(sys.executable, "-m", "smppcore", *arguments, stdout=asyncio.subprocess.PIPE)
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _end(await starting)
        raise


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
        process.terminate()
    await process.wait()


async def _port(process: asyncio.subprocess.Process) -> int:
    """The port that it says it listens on. Raises DemoError."""
    assert process.stdout is not None  # noqa: S101  # it was asked for above
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), START)).decode().strip()
    except TimeoutError:
        raise DemoError(f"the simulator did not start within {START:g} s") from None
    if not line.startswith("ready "):
        raise DemoError(f"the simulator did not start: {line or 'it ended'}")
    return int(line.rpartition(":")[2])


class Demo:
    """One run: workers that take the next message each, and a count of what comes back."""

    def __init__(self, texts: list[Notification], count: int) -> None:
        self.tally = Tally()
        self.count = count
        self.memory: dict[str, list[int]] = {"esme": [], "simulator": []}
        self._texts = itertools.islice(itertools.cycle(texts), count)
        self._arrived = datetime.now(UTC).replace(tzinfo=None)

    def on_deliver_sm(self, _: smppcore.Esme, pdu: DeliverSm) -> None:
        self.tally.on_deliver_sm(pdu, time.perf_counter(), self._arrived)

    async def run(self, esme: smppcore.Esme, simulator_pid: int, workers: int) -> None:
        """Send everything, then wait for the receipts that are still missing."""
        self._half = self.count // 2
        self._simulator_pid = simulator_pid
        await asyncio.gather(*(self._worker(esme) for _ in range(workers)))
        await self._receipts(esme)
        self._measure()

    async def _worker(self, esme: smppcore.Esme) -> None:
        tally = self.tally
        for source, destination, text in self._texts:
            tally.messages += 1
            if tally.messages == self._half:
                self._measure()
            began = time.perf_counter()
            try:
                sent = await esme.send(text, to=destination, source=source, receipt=True)
            except smppcore.SmppError as error:
                tally.failed(error)
            else:
                tally.sent(sent, began, time.perf_counter())

    async def _receipts(self, esme: smppcore.Esme) -> None:
        last, seen = time.perf_counter(), -1
        while self.tally.missing and time.perf_counter() - last < SILENCE and esme.state in BOUND:
            if self.tally.receipts.count != seen:
                last, seen = time.perf_counter(), self.tally.receipts.count
            await asyncio.sleep(0.02)

    def _measure(self) -> None:
        for name, pid in (("esme", "self"), ("simulator", str(self._simulator_pid))):
            size = resident_size(pid)
            if size is not None:
                self.memory[name].append(size)


def resident_size(pid: str) -> int | None:
    """Resident memory of a process in octets, where the platform tells (Linux)."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text("ascii", errors="replace")
    except OSError:
        return None
    kilobytes = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")), None)
    return int(kilobytes) * 1024 if kilobytes else None


async def demo(options: argparse.Namespace) -> int:
    """Run it and print the result; 0 only if every message was accepted and every receipt came."""
    run = Demo(notifications(options.file), options.count)
    async with simulator_process(options.receipt_delay) as (port, pid):
        url = f"smpp://smppclient1:password@127.0.0.1:{port}"
        async with smppcore.connect(url, window=options.window, handlers={DeliverSm: run.on_deliver_sm}) as esme:
            with progress(run.tally, options.count):
                began = time.perf_counter()
                await run.run(esme, pid, workers=options.window)
                seconds = time.perf_counter() - began
            if esme.state not in BOUND:
                print(f"smppcore demo: the connection ended early: {await esme.wait_closed()}", file=sys.stderr)
    result = run.tally.summary() | {
        "seconds": round(seconds, 3),
        "messages_per_second": round(run.tally.messages / seconds),
        "segments_per_second": round(run.tally.segments / seconds),
        "memory": run.memory,
        "complete": run.tally.complete,
    }
    if options.json:
        print(json.dumps(result))
    else:
        show(result, options.receipt_delay)
    return 0 if run.tally.complete else 1


@contextlib.contextmanager
def progress(tally: Tally, count: int) -> Iterator[None]:
    """Live bars on standard error, drawn from the tally ten times a second."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        messages = bars.add_task("messages", total=count)
        receipts = bars.add_task("receipts", total=None)
        loop = asyncio.get_running_loop()
        handle: asyncio.TimerHandle | None = None

        def draw() -> None:
            nonlocal handle
            bars.update(messages, completed=sum(tally.verdicts.values()))
            bars.update(receipts, completed=tally.receipts.count, total=tally.receipts.count + tally.missing)
            handle = loop.call_later(0.1, draw)

        draw()
        try:
            yield
        finally:
            draw()
            if handle is not None:
                handle.cancel()


def show(result: dict[str, Any], receipt_delay: float) -> None:
    """The result as a table on standard output."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="smppcore demo", show_header=False, title_justify="left")
    for name, value in rows(result, receipt_delay):
        table.add_row(name, value)
    Console().print(table)


def rows(result: dict[str, Any], receipt_delay: float) -> Iterator[tuple[str, str]]:
    """The lines of the table."""
    yield "messages", f"{result['messages']:,} in {result['seconds']:.1f} s, {_counts(result['verdicts'])}"
    yield "segments", _counts(result["segments"])
    yield "rate", f"{result['messages_per_second']:,} messages/s, {result['segments_per_second']:,} segments/s"
    yield "response to a message", _latency(result["response_ms"])
    yield f"receipt ({receipt_delay:g} s delay included)", _latency(result["receipt_ms"])
    yield "receipts", _counts(result["receipts"]) or "none"
    if all(result["memory"].values()):
        memory = (f"{name} {_mebibytes(sizes)}" for name, sizes in result["memory"].items())
        yield "memory half-way and at the end", ", ".join(memory)
    lost = (result["without_verdict"], result["receipts_missing"], result["receipts_unexpected"])
    if result["complete"]:
        yield "missing", "nothing"
    else:
        yield "missing", f"{lost[0]} verdicts, {lost[1]} receipts; {lost[2]} receipts nobody asked for"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _latency(percentiles: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f} ms" for name, value in percentiles.items())


def _mebibytes(sizes: list[int]) -> str:
    return " -> ".join(f"{size / 2**20:.1f} MiB" for size in sizes)
