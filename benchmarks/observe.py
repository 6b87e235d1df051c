"""Metrics and access log: CPU per message of an ESME with them and without, through the public API, in one run.

usage: python -m benchmarks.observe [COUNT] [WINDOW]

COUNT submit_sm (20,000) as those of benchmarks.esme go to benchmarks.smsc with WINDOW (64) in flight, by turns from an
Esme and from a Link, plain, with Metrics, and with an AccessLog that writes JSON lines; three rounds, of each the
smallest counts. Handshake and start of the process are taken off by a run with one message.
"""

import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.tls import cpu_of, free_port, start
from smppcore import Link, SubmitSm, connect
from smppcore.access_log import AccessLog, JsonLines
from smppcore.metrics import Metrics
from smppcore.middleware import Middleware

ROUNDS = 3
ENDS = ("esme", "link")
KINDS = ("plain", "metrics", "access")


def middleware_of(kind: str, directory: str) -> list[Middleware]:
    if kind == "metrics":
        from prometheus_client import CollectorRegistry

        return [Metrics(CollectorRegistry())]
    return [AccessLog(JsonLines(Path(directory) / "access.jsonl"))] if kind == "access" else []


async def client(port: int, count: int, window: int, end: str, kind: str, directory: str) -> None:
    """One process: send so many, and unbind."""
    numbers, text, url = iter(range(count)), b"a" * 100, f"smpp://smppclient1:password@127.0.0.1:{port}"
    middleware = middleware_of(kind, directory)
    made = (connect if end == "esme" else Link)(url, window=window, middleware=middleware)
    async with made as sender:

        async def worker() -> None:
            for number in numbers:
                await sender.submit_sm(
                    SubmitSm(source_addr="12345", destination_addr=str(31_600_000_000 + number), short_message=text)
                )

        await asyncio.gather(*(worker() for _ in range(window)))
    for each in middleware:
        if isinstance(each, AccessLog):
            each.close()


def run(count: int, window: int, end: str, kind: str) -> float:
    """CPU seconds of one client."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory, start("benchmarks.smsc", port) as smsc:
        if smsc.stdout is None or smsc.stdout.readline() != "ready\n":
            raise SystemExit("the SMSC did not start")
        with start("benchmarks.observe", "client", port, count, window, end, kind, directory) as process:
            seconds = cpu_of(process)
        smsc.send_signal(signal.SIGTERM)
        cpu_of(smsc)
        return seconds


def main(count: int = 20_000, window: int = 64) -> None:
    runs: dict[tuple[str, str, int], list[float]] = {
        (end, kind, length): [] for end in ENDS for kind in KINDS for length in (count, 1)
    }
    for _ in range(ROUNDS):
        for (end, kind, length), measured in runs.items():
            measured.append(run(length, window, end, kind))
    least = {each: min(measured) for each, measured in runs.items()}
    for end in ENDS:
        spent = {kind: (least[end, kind, count] - least[end, kind, 1]) / (count - 1) * 1e6 for kind in KINDS}
        told = ", ".join(f"{kind} {spent[kind]:.2f} us ({spent[kind] / spent['plain']:.2f})" for kind in KINDS)
        print(f"{end}: {told} per message")


if __name__ == "__main__":
    if sys.argv[1:2] == ["client"]:
        import uvloop

        port, count, window = map(int, sys.argv[2:5])
        uvloop.run(client(port, count, window, *sys.argv[5:8]))
    else:
        main(*map(int, sys.argv[1:3]))
