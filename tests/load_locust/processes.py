"""A Locust master and its workers as processes of their own, and what the simulator has counted meanwhile."""

import contextlib
import csv
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.request import urlopen

from cli.processes import ENVIRONMENT, TRACEBACK, running
from ports import free_port

ROOT = pathlib.Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "docs" / "examples" / "locustfile.py"
GENERATOR = b"smppcore.cli.locust_worker"
LIMIT = 60.0
"""Seconds for whatever Locust does: it is up to six processes, each of which imports half of PyPI."""
T = TypeVar("T")


class Target:
    """A simulator with its console: where it is, and what it has counted."""

    def __init__(self, url: str, console: str) -> None:
        self.url = url
        self._console = console

    def counted(self) -> dict[str, Any]:
        with urlopen(f"{self._console}api/statistics", timeout=LIMIT) as response:  # noqa: S310  # loopback
            counted: dict[str, Any] = json.load(response)
        return counted

    def until(self, enough: Callable[[dict[str, Any]], bool]) -> None:
        """Ask again and again until it has counted enough; the time limit of the test bounds that."""
        while not enough(self.counted()):
            time.sleep(0.05)  # asked without a pause, it would have no time for the traffic


@contextlib.contextmanager
def target(*arguments: str) -> Iterator[Target]:
    with running("simulate", "--port", "0", "--console", "0", *arguments) as process:
        ready, console = process.readline(), process.readline()
        assert ready.startswith("ready "), ready
        port = ready.rpartition(":")[2]
        yield Target(f"smpp://smppclient1:password@127.0.0.1:{port}", console.removeprefix("console "))


class Locust:
    """One Locust process; ``lines`` are what it has said so far."""

    def __init__(self, file: pathlib.Path, url: str, *arguments: str, **environment: str) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(file), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=ENVIRONMENT | environment | {"SMPPCORE_URL": url},
        )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def said(self, words: str) -> None:
        """Wait until it has said this."""
        with self._news:
            assert self._news.wait_for(lambda: words in self.output or not self._reader.is_alive(), LIMIT), self.output
        assert words in self.output, self.output

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def ended(self) -> int:
        """Its exit status, once it has ended. It shows no traceback."""
        status = self.popen.wait(LIMIT)
        self._reader.join()
        assert TRACEBACK not in self.output, self.output
        return status

    def end(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        self._reader.join()
        assert self.popen.stdout is not None
        self.popen.stdout.close()


@contextlib.contextmanager
def locust(url: str, *arguments: str, file: pathlib.Path = EXAMPLE, **environment: str) -> Iterator[Locust]:
    process = Locust(file, url, *arguments, **environment)
    try:
        yield process
    finally:
        process.end()


@contextlib.contextmanager
def master_and_workers(
    url: str, *arguments: str, workers: int = 2, file: pathlib.Path = EXAMPLE
) -> Iterator[tuple[Locust, list[Locust]]]:
    """A master that has all its workers; ``arguments`` are its own."""
    port = str(free_port())
    with contextlib.ExitStack() as stack:
        begun = [
            stack.enter_context(locust(url, "--worker", "--master-host", "127.0.0.1", "--master-port", port, file=file))
            for _ in range(workers)
        ]
        own = ("--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port)
        wanted = ("--expect-workers", str(workers), "--only-summary")
        yield stack.enter_context(locust(url, *own, *wanted, *arguments, file=file)), begun


def generators(url: str) -> list[int]:
    """The generator processes that are there for this target, by what they were begun with."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile, or is not ours
            ours = f"SMPPCORE_URL={url}".encode() in (path / "environ").read_bytes().split(b"\0")
            if ours and GENERATOR in (path / "cmdline").read_bytes():
                found.append(int(path.name))
    return found


def rows_of(prefix: pathlib.Path) -> dict[str, dict[str, str]]:
    """The statistics that the master has written, by name."""
    with pathlib.Path(f"{prefix}_stats.csv").open(newline="") as file:
        return {row["Name"]: row for row in csv.DictReader(file)}


def counts_of(prefix: pathlib.Path, name: str) -> tuple[int, int]:
    """Requests and failures of a name."""
    row = rows_of(prefix).get(name, {"Request Count": "0", "Failure Count": "0"})
    return int(row["Request Count"]), int(row["Failure Count"])


def failures_of(prefix: pathlib.Path, name: str) -> Counter[str]:
    """How often which failure, of a name."""
    with pathlib.Path(f"{prefix}_failures.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return Counter({row["Error"]: int(row["Occurrences"]) for row in rows if row["Name"] == name})


def children_of(pid: int) -> list[int]:
    """Of all its threads."""
    found: list[int] = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, path.read_text().split())
    return found


def open_handle(pid: int) -> int:
    """With which the end of a process that is no child of ours can be awaited."""
    return os.pidfd_open(pid)
