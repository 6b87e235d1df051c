"""An ESME under load, through the public API.

usage: python -m benchmarks.esme PORT COUNT WINDOW WORKERS [asyncio] [tls=PEM] [size=N] [sessions=N]

Binds as smppclient1:password, sends COUNT submit_sm of 100 octets to the destinations 31600000000 + n, each a fresh
PDU, from WORKERS tasks with WINDOW in flight, and unbinds. Garbage collection, timers and deadlines are as users have
them; uvloop unless told otherwise. The far end does the counting. With tls= it speaks TLS to a far end whose
certificate, for localhost, is PEM. With sessions= each of so many binds has WINDOW in flight and WORKERS tasks.
"""

import asyncio
import contextlib
import sys

import smppcore
from benchmarks.traffic import send
from benchmarks.work import Work


async def main(port: int, count: int, workers: int, work: Work) -> None:
    context = smppcore.client_context(work.pem) if work.pem else None
    server = f"s://smppclient1:password@localhost:{port}" if work.pem else f"://smppclient1:password@127.0.0.1:{port}"
    esmes = [await smppcore.connect(f"smpp{server}", window=work.window, ssl=context) for _ in range(work.sessions)]
    async with contextlib.AsyncExitStack() as stack:
        for esme in esmes:
            stack.push_async_exit(esme)
        await send(esmes, count, workers, size=work.size)
        await asyncio.gather(*(esme.close() for esme in esmes))


if __name__ == "__main__":
    port, count, window, workers = map(int, sys.argv[1:5])
    work = Work.read(sys.argv[5:], window)
    work.run(main(port, count, workers, work))
