"""A simulator that keeps its messages in a file, as a process that a test kills: ``python killed.py FILE``."""

import asyncio
import sys

from smppcore.simulator import Simulator


async def main(store: str) -> None:
    accounts = {"smppclient1": "password"}
    async with Simulator(store=store, delay=0.05, accounts=accounts, capacity=1_000) as simulator:
        sys.stdout.write(f"{simulator.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


asyncio.run(main(sys.argv[1]))
