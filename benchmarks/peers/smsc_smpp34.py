"""smpp34, whose core is compiled Rust, as the SMSC, on uvloop. usage: PORT ..."""

import itertools
import sys

import smpp34
import uvloop


async def main(port: int) -> None:
    server, ids = smpp34.Server(host="127.0.0.1", port=port, system_id="PEER"), itertools.count(1)
    await server.start()
    print("ready", flush=True)
    while True:
        event = await server.next()
        if isinstance(event, smpp34.SubmitSmEvent):
            event.accept(message_id=str(next(ids)))


uvloop.run(main(int(sys.argv[1])))
