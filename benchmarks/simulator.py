"""The simulator under load, in process: no sockets, so that two runs can be compared.

usage: python -m benchmarks.simulator [MESSAGES]

One bound ESME submits messages of 100 octets, 64 at a time, first without receipts and then with; every receipt is
answered. Prints microseconds of CPU per message, the best of five rounds, beside those of an Smsc whose handler only
answers.
"""

import asyncio
import gc
import itertools
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from smppcore import Peer, Smsc, SubmitSm, SubmitSmResp
from smppcore.constants import CommandId
from smppcore.pdu import BindTransceiver, DeliverSmResp
from smppcore.reference import HEADER
from smppcore.simulator import Simulator, VirtualClock

WINDOW: Final = 64
ROUNDS: Final = 5
ACCOUNTS: Final = {"smppclient1": "password"}


class Line(asyncio.Transport):
    """A transport to nowhere that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """It has no buffer."""

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """It is never open."""

    def answers(self) -> bytes:
        """What an ESME answers to the deliver_sm among what was written."""
        octets, found, offset = b"".join(self.written), [], 0
        self.written.clear()
        while offset < len(octets):
            length, command_id, _, number = HEADER.unpack_from(octets, offset)
            if command_id == CommandId.DELIVER_SM:
                found.append(DeliverSmResp().encode(number))
            offset += length
        return b"".join(found)


def submits(count: int, registered_delivery: int) -> list[bytes]:
    """What an ESME sends, in the pieces in which it arrives."""
    pdu = SubmitSm(source_addr="12345", registered_delivery=registered_delivery, short_message=b"a" * 100)
    pieces = []
    for first in range(0, count, WINDOW):
        octets = []
        for number in range(first + 2, first + 2 + WINDOW):
            pdu.destination_addr = f"31600{number % 1_000_000:06d}"
            octets.append(pdu.encode(number))
        pieces.append(b"".join(octets))
    return pieces


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


async def main(count: int) -> None:
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    plain, with_receipts = submits(count, 0), submits(count, 1)
    kinds: list[tuple[str, Callable[[list[bytes]], float], list[bytes]]] = [
        ("an Smsc that only answers", bare, plain),
        ("the simulator", simulated, plain),
        ("the simulator, with receipts", simulated, with_receipts),
    ]
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, run, pieces in kinds:
            best[name] = min(run(pieces), best.get(name, float("inf")))
    for name, microseconds in best.items():
        print(f"{name:30} {microseconds:6.2f} us/message")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 64_000))
