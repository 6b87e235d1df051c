"""The simulator under load, in process: no sockets, so that two runs can be compared.

usage: python -m benchmarks.simulator [MESSAGES]

One bound ESME submits messages of 100 octets, 64 at a time, first without receipts and then with; every receipt is
answered. Prints microseconds of CPU per message, medians of five rounds with their spread, beside those of an Smsc
whose handler only answers.
"""

import asyncio
import gc
import itertools
import sys
import time
from collections.abc import Callable
from typing import Final

from benchmarks.line import WINDOW, Line, submits
from benchmarks.section import Pace, Section, Table
from benchmarks.spread import Spread
from smppcore import Peer, Smsc, SubmitSm, SubmitSmResp
from smppcore.pdu import BindTransceiver
from smppcore.simulator import Simulator, VirtualClock

ROUNDS: Final = 5
ACCOUNTS: Final = {"smppclient1": "password"}


def cpu(smsc: Smsc, pieces: list[bytes], advance: Callable[[], object]) -> float:
    """Microseconds of CPU per message."""
    line, total = Line(), 0.0
    smsc._clock = asyncio.get_running_loop().time
    connection = smsc.new_peer()._connection
    connection.connection_made(line)
    connection.data_received(BindTransceiver(system_id="smppclient1", password="password").encode(1))  # noqa: S106
    for piece in pieces:
        line.written.clear()
        began = time.process_time()
        connection.data_received(piece)
        advance()
        connection._flush()
        total += time.process_time() - began
        while answers := line.answers():
            began = time.process_time()
            connection.data_received(answers)
            total += time.process_time() - began
    return total / (len(pieces) * WINDOW) * 1e6


def bare(pieces: list[bytes]) -> float:
    ids = map(str, itertools.count(1))

    def on_submit_sm(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        return SubmitSmResp(message_id=next(ids))

    return cpu(Smsc(accounts=ACCOUNTS, handlers={SubmitSm: on_submit_sm}), pieces, lambda: None)


def simulated(pieces: list[bytes]) -> float:
    simulator = Simulator(accounts=ACCOUNTS, delay=0.001, clock=VirtualClock())
    return cpu(simulator.smsc, pieces, lambda: simulator.advance(0.001))


KINDS: Final[dict[str, tuple[Callable[[list[bytes]], float], int]]] = {
    "an Smsc that only answers": (bare, 0),
    "the simulator": (simulated, 0),
    "the simulator, with receipts": (simulated, 1),
}
"""What is measured, and the registered_delivery of its messages."""


async def measure(count: int, rounds: int) -> Table:
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    pieces = [submits(count, registered_delivery) for registered_delivery in (0, 1)]
    found: dict[str, list[float]] = {name: [] for name in KINDS}
    for _ in range(rounds):
        for name, (run, registered_delivery) in KINDS.items():
            found[name].append(run(pieces[registered_delivery]))
    first = next(iter(found.values()))
    rows = [[name, Spread.of(each).text(), Spread.ratio(each, first).text()] for name, each in found.items()]
    return Table(["", "CPU per message, us", "to the first"], rows)


def section(pace: Pace) -> Section:
    return Section(
        "Simulator, with receipts",
        "In process, without sockets, 64 messages at a time; with receipts each message is followed by a deliver_sm and"
        " its answer (`python -m benchmarks.simulator`). Beside it an `Smsc` whose handler only answers.",
        [asyncio.run(measure(32_000, pace.rounds))],
    )


if __name__ == "__main__":
    print(asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 64_000, ROUNDS)).markdown())
