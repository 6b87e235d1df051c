"""TLS against plain: CPU per message of both ends, through the public API, in one run.

usage: python -m benchmarks.tls PEM [COUNT] [WINDOW]

PEM holds a certificate for localhost and its key. COUNT submit_sm (20,000) of benchmarks.esme go to benchmarks.smsc
with WINDOW (64) in flight, by turns plain and under TLS, three rounds; of each the smallest counts, because what else
the machine does can only add to it. Handshake and start of the processes are taken off by a run with one message.
"""

import os
import signal
import socket
import subprocess
import sys
from typing import NamedTuple

ROUNDS = 3
KINDS = ("plain", "TLS")


class Seconds(NamedTuple):
    """CPU seconds of both ends of one run."""

    esme: float
    smsc: float


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def cpu_of(process: subprocess.Popen[str]) -> float:
    """CPU seconds of a process that ends, or has ended."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, -signal.SIGTERM):
        raise SystemExit(f"{process.args!r} failed")
    return usage.ru_utime + usage.ru_stime


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")


def run(count: int, window: int, options: list[str]) -> Seconds:
    """One run of both ends, each a process of its own."""
    port = free_port()
    with start("benchmarks.smsc", port, *options) as smsc:
        if smsc.stdout is None or smsc.stdout.readline() != "ready\n":
            raise SystemExit("the SMSC did not start")
        with start("benchmarks.esme", port, count, window, window, *options) as esme:
            of_esme = cpu_of(esme)
        smsc.send_signal(signal.SIGTERM)
        return Seconds(of_esme, cpu_of(smsc))


def main(pem: str, count: int = 20_000, window: int = 64) -> None:
    options = {"plain": [], "TLS": [f"tls={pem}"]}
    runs: dict[tuple[str, int], list[Seconds]] = {(kind, length): [] for kind in KINDS for length in (count, 1)}
    for _ in range(ROUNDS):
        for (kind, length), measured in runs.items():
            measured.append(run(length, window, options[kind]))
    least = {each: Seconds(*map(min, zip(*measured, strict=True))) for each, measured in runs.items()}
    for end in Seconds._fields:
        spent = (getattr(least[kind, count], end) - getattr(least[kind, 1], end) for kind in KINDS)
        plain, tls = (seconds / (count - 1) * 1e6 for seconds in spent)
        print(f"{end}: plain {plain:.2f} us, TLS {tls:.2f} us per message, TLS/plain {tls / plain:.2f}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:4]))
