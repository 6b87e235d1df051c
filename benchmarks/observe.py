"""Metrics and access log: CPU per message of an ESME with them and without, through the public API, in one run.

usage: python -m benchmarks.observe [COUNT] [WINDOW] [ROUNDS]

COUNT submit_sm (20,000) as those of benchmarks.esme go to benchmarks.smsc with WINDOW (64) in flight, by turns from an
Esme and from a Link, plain, with Metrics, and with an AccessLog that writes JSON lines, in ROUNDS (3) rounds.
"""

import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.turns import Client, Way, measure, table
from smppcore import Link, connect
from smppcore.access_log import AccessLog, JsonLines
from smppcore.metrics import Metrics
from smppcore.requests import EsmeRequests

Make = Callable[..., Any]
ENDS: Final[dict[str, Make]] = {"Esme": connect, "Link": Link}


def plain(make: Make, url: str, window: int) -> Client:
    client: Client = make(url, window=window)
    return client


@contextlib.asynccontextmanager
async def metered(make: Make, url: str, window: int) -> AsyncIterator[EsmeRequests]:
    from prometheus_client import CollectorRegistry

    async with make(url, window=window, middleware=[Metrics(CollectorRegistry())]) as end:
        yield end


@contextlib.asynccontextmanager
async def logged(make: Make, url: str, window: int) -> AsyncIterator[EsmeRequests]:
    with tempfile.TemporaryDirectory() as directory:
        log = AccessLog(JsonLines(Path(directory) / "access.jsonl"))
        with contextlib.closing(log):
            async with make(url, window=window, middleware=[log]) as end:
                yield end


def ways(make: Make) -> dict[str, Way]:
    return {"plain": partial(plain, make), "metrics": partial(metered, make), "access log": partial(logged, make)}


def main(count: int = 20_000, window: int = 64, rounds: int = 3) -> None:
    for end, make in ENDS.items():
        print(f"{end}\n\n{table(measure(ways(make), count, window, rounds), count).markdown()}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
