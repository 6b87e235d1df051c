"""smpp34, whose core is compiled Rust, as the ESME, on uvloop. usage: PORT COUNT WINDOW WORKERS ..."""

import asyncio
import os
import sys

import smpp34
import uvloop


async def main(port: int, count: int, window: int, workers: int) -> None:
    client = smpp34.Client("127.0.0.1", port, "smppclient1", "password", bind_type="TRX", window_size=window)
    smsc = await client.connect()
    text, numbers = b"a" * 100, iter(range(count))

    async def worker() -> None:
        for number in numbers:
            to = str(31_600_000_000 + number)
            await smsc.submit_sm(destination_addr=to, source_addr="12345", short_message=text)

    await asyncio.gather(*(worker() for _ in range(workers)))
    await smsc.unbind()


uvloop.run(main(*map(int, sys.argv[1:5])))
# Its threads now and then crash an interpreter that shuts down; the conversation is over, and failures have raised.
os._exit(0)
