"""Runs the peers by name, or all: ``python -m conformance.peers [NAME ...]``.

One line per step; the exit status is 0 only if every step of every peer really happened. What is missing on this
machine fails: nothing is skipped.
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from conformance.peers import install
from conformance.peers.controls import CONTROLS, Steps
from conformance.peers.run import PASSWORD, SENDER, SYSTEM_ID, TEXT, converse, order_for
from conformance.peers.steps import STEPS
from smppcore import SmppError
from smppcore.simulator import Profile, Simulator

MESSAGES: Final = 10


@dataclass(frozen=True, slots=True)
class Program:
    """How a peer is installed, and the command that runs its script."""

    install: Callable[[], None]
    command: list[str]


def _python(name: str) -> Program:
    return Program(install.install_python, [str(install.PYTHON), "-m", f"conformance.peers.{name}"])


PROGRAMS: Final = {
    "smpplib": _python("smpplib_peer"),
    "aiosmpplib": _python("aiosmpplib_peer"),
    "smpp34": _python("smpp34_peer"),
    "node-smpp": Program(install.install_node, ["node", str(install.SOURCE / "node_smpp" / "peer.js")]),
    "kannel": Program(lambda: None, [sys.executable, "-m", "conformance.peers.kannel.peer"]),
}


async def run_peer(name: str) -> Steps:
    """Run one peer against the simulator: its steps, each with what is wrong."""
    program = PROGRAMS[name]
    program.install()
    texts = tuple(f"message {number} by {name}" for number in range(1, MESSAGES + 1))
    # No delay at all: each receipt is due in the moment in which its message is accepted.
    async with Simulator(Profile(accounts={SYSTEM_ID: PASSWORD}, receipt_delay=0.0)) as simulator:
        order = order_for(name, simulator.port, texts)
        send = partial(simulator.deliver, TEXT, to=order.source, source=SENDER)
        talk = await converse(order, program.command, MESSAGES, send)
    version = next((line["version"] for line in talk.told_of("started")), "never started")
    print(f"{name} {version}; {len(talk.reading.pdus)} PDUs", flush=True)
    return [(step, "; ".join(check(talk))) for step, check in STEPS.items()]


def _report(name: str, steps: Steps) -> int:
    failed = 0
    for step, fault in steps:
        failed += bool(fault)
        print(f"  {'FAILED' if fault else 'passed'} {step}{': ' + fault if fault else ''}", flush=True)
    if failed:
        print(f"  look into {install.PEERS / 'runs' / name}", flush=True)
    return failed


def main() -> int:
    """Run what was asked for and print it; the number of faults decides the exit status."""
    parser = argparse.ArgumentParser(prog="python -m conformance.peers", description="Real clients against us.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join([*PROGRAMS, *CONTROLS])}; default all")
    names = parser.parse_args().names or [*PROGRAMS, *CONTROLS]
    if unknown := [name for name in names if name not in PROGRAMS and name not in CONTROLS]:
        parser.error(f"no such peer: {', '.join(unknown)}")
    failed = passed = 0
    for name in names:
        try:
            steps = asyncio.run(run_peer(name) if name in PROGRAMS else CONTROLS[name]())
        except (OSError, ValueError, SmppError, subprocess.SubprocessError) as error:
            steps = [("start", f"{type(error).__name__}: {error}")]
            print(name, flush=True)
        bad = _report(name, steps)
        failed, passed = failed + bad, passed + len(steps) - bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
