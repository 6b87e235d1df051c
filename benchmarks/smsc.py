"""An SMSC under load, through the public API.

usage: python -m benchmarks.smsc PORT [asyncio] [tls=PEM]     uvloop unless told otherwise

Prints "ready" when listening. Accepts smppclient1:password; a handler reads both addresses of each submit_sm and
answers with a fresh message id. With tls= it speaks TLS; PEM holds its certificate and key.
"""

import asyncio
import itertools
import sys

from benchmarks.work import Work
from smppcore import Peer, Smsc, SubmitSm, SubmitSmResp, server_context


async def main(port: int, work: Work) -> None:
    ids = map(str, itertools.count(1))

    def on_submit_sm(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        _addresses = pdu.source_addr, pdu.destination_addr
        return SubmitSmResp(message_id=next(ids))

    context = server_context(work.pem) if work.pem else None
    accounts = {"smppclient1": "password"}
    async with Smsc(port=port, accounts=accounts, handlers={SubmitSm: on_submit_sm}, ssl=context):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    work = Work.read(sys.argv[2:])
    work.run(main(int(sys.argv[1]), work))
