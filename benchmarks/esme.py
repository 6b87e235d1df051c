"""An ESME under load, through the public API.

usage: python -m benchmarks.esme PORT COUNT WINDOW WORKERS [asyncio] [tls=PEM]     uvloop unless told otherwise

Binds as smppclient1:password, sends COUNT submit_sm of 100 octets to the destinations 31600000000 + n, each a fresh
PDU, from WORKERS tasks with WINDOW in flight, and unbinds. Garbage collection, timers and deadlines are as users have
them. The far end does the counting. With tls= it speaks TLS to a far end whose certificate, for localhost, is PEM.
"""

import asyncio
import sys

import smppcore
from smppcore import SubmitSm


async def main(port: int, count: int, window: int, workers: int, pem: str = "") -> None:
    context = smppcore.client_context(pem) if pem else None
    server = f"s://smppclient1:password@localhost:{port}" if pem else f"://smppclient1:password@127.0.0.1:{port}"
    numbers, text = iter(range(count)), b"a" * 100
    async with smppcore.connect(f"smpp{server}", window=window, ssl=context) as esme:

        async def worker() -> None:
            for number in numbers:
                await esme.submit_sm(
                    SubmitSm(source_addr="12345", destination_addr=str(31_600_000_000 + number), short_message=text)
                )

        await asyncio.gather(*(worker() for _ in range(workers)))


if __name__ == "__main__":
    port, count, window, workers = map(int, sys.argv[1:5])
    pem = next((each.removeprefix("tls=") for each in sys.argv[5:] if each.startswith("tls=")), "")
    if "asyncio" in sys.argv[5:]:
        asyncio.run(main(port, count, window, workers, pem))
    else:
        import uvloop

        uvloop.run(main(port, count, window, workers, pem))
