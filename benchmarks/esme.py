"""An ESME under load, through the public API.

usage: python -m benchmarks.esme PORT COUNT WINDOW WORKERS [asyncio]     uvloop unless told otherwise

Binds as smppclient1:password, sends COUNT submit_sm of 100 octets to the destinations 31600000000 + n, each a fresh
PDU, from WORKERS tasks with WINDOW in flight, and unbinds. Garbage collection, timers and deadlines are as users have
them. The far end does the counting.
"""

import asyncio
import sys

import smppcore
from smppcore import SubmitSm


async def main(port: int, count: int, window: int, workers: int) -> None:
    numbers, text = iter(range(count)), b"a" * 100
    async with smppcore.connect(f"smpp://smppclient1:password@127.0.0.1:{port}", window=window) as esme:

        async def worker() -> None:
            for number in numbers:
                await esme.submit_sm(
                    SubmitSm(source_addr="12345", destination_addr=str(31_600_000_000 + number), short_message=text)
                )

        await asyncio.gather(*(worker() for _ in range(workers)))


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:5]]
    if len(sys.argv) > 5:
        asyncio.run(main(*arguments))
    else:
        import uvloop

        uvloop.run(main(*arguments))
