"""A simulator that keeps its messages in a file, as a process that a test kills.

usage: python stored_simulator.py FILE PORT
"""

import asyncio
import sys

import uvloop

from smppcore.simulator import Simulator


async def main(store: str, port: int) -> None:
    async with Simulator(
        store=store,
        port=port,
        accounts={"id": "secret"},
        delay=0.2,
        retry=0.2,
        response_timeout=5.0,
        capacity=200_000,
    ) as simulator:
        sys.stdout.write(f"{simulator.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


uvloop.run(main(sys.argv[1], int(sys.argv[2])))
