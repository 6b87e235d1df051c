"""What the console costs at full load: CPU of `smppcore simulate` per message, with the page attached and without.

usage: python -m benchmarks.console [COUNT [ROUNDS]]     200,000 messages in each of 5 rounds unless told otherwise

Two simulators take turns, one without a console, one with a console and a scripted client that reads once a second what
the page reads. An ESME in a process of its own sends as fast as it can. Prints the medians and what they differ by.
"""

import contextlib
import http.client
import json
import statistics
import sys
import threading
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.process import Failure, cpu_of, module

INTERVAL = 1.0
WINDOW = 100
MINUTE = 60.0


class Target(NamedTuple):
    """A simulator as a process; ``page`` is where its console is, empty without one."""

    pid: int
    port: int
    page: str = ""


class Costs(NamedTuple):
    """Microseconds of CPU per message, medians of all rounds; ``looks`` that the client has taken."""

    without: float
    attached: float
    looks: int

    @property
    def ratio(self) -> float:
        return self.attached / self.without


@contextlib.contextmanager
def simulator(*arguments: str) -> Iterator[Target]:
    with module("smppcore", "simulate", "--port", "0", *arguments) as child:
        port = int(child.read_line().rpartition(":")[2])
        page = child.read_line().split()[1] if arguments else ""
        yield Target(child.process.pid, port, page)


class Watcher:
    """Reads what the page reads, once a second, in a thread."""

    def __init__(self, page: str) -> None:
        self._host = urlsplit(page).netloc
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.looks = 0

    def _run(self) -> None:
        connection = http.client.HTTPConnection(self._host, timeout=30)
        with contextlib.closing(connection):
            after = 0
            while True:
                connection.request("GET", f"/api/live?after={after}")
                samples = json.loads(connection.getresponse().read())["samples"]
                after = samples[-1]["number"] if samples else after
                self.looks += 1
                if self._ended.wait(INTERVAL):
                    return

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def load(target: Target, count: int) -> float:
    """Send so many messages; returns the microseconds of CPU that each has cost the simulator."""
    before = cpu_of(target.pid)
    with module("benchmarks.esme", target.port, count, WINDOW, WINDOW) as esme:
        if esme.wait(MINUTE):
            raise Failure(f"the ESME failed: {esme.last_words()}")
    return (cpu_of(target.pid) - before) / count * 1e6


def measure(count: int, rounds: int) -> Costs:
    """Both in turns, after a round of each that does not count."""
    without: list[float] = []
    attached: list[float] = []
    with simulator() as plain, simulator("--console", "0") as watched, Watcher(watched.page) as watcher:
        for _ in range(rounds + 1):
            without.append(load(plain, count))
            attached.append(load(watched, count))
    return Costs(statistics.median(without[1:]), statistics.median(attached[1:]), watcher.looks)


if __name__ == "__main__":
    costs = measure(*([int(each) for each in sys.argv[1:3]] + [200_000, 5][len(sys.argv[1:3]) :]))
    print(f"without console   {costs.without:6.2f} us of CPU per message")
    print(f"page attached     {costs.attached:6.2f} us of CPU per message, {costs.looks} looks")
    print(f"difference        {100 * (costs.ratio - 1):+6.2f} %")
