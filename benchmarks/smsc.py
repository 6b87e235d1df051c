"""An SMSC under load, through the public API.

usage: python -m benchmarks.smsc PORT [asyncio]     uvloop unless told otherwise; prints "ready" when listening

Accepts smppclient1:password; a handler reads both addresses of each submit_sm and answers with a fresh message id.
"""

import asyncio
import itertools
import sys

from smppcore import Peer, Smsc, SubmitSm, SubmitSmResp


async def main(port: int) -> None:
    ids = map(str, itertools.count(1))

    def on_submit_sm(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        _addresses = pdu.source_addr, pdu.destination_addr
        return SubmitSmResp(message_id=next(ids))

    async with Smsc(port=port, accounts={"smppclient1": "password"}, handlers={SubmitSm: on_submit_sm}):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        asyncio.run(main(int(sys.argv[1])))
    else:
        import uvloop

        uvloop.run(main(int(sys.argv[1])))
