"""An Smsc in a process of its own, which says what it costs.

usage: python smsc_process.py asyncio|uvloop ENQUIRE_LINK_INTERVAL

It writes its port, then answers each line of its standard input with one line of JSON: "cpu" with the seconds of CPU so
far, "cost" with what it costs altogether. It ends with the input. Each submit_sm is answered with its own text as
message_id, and counted.
"""

import asyncio
import gc
import json
import os
import sys
import time

import uvloop

from smppcore import Peer, Settings, Smsc, SubmitSm, SubmitSmResp

PAGE = os.sysconf("SC_PAGE_SIZE")
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Measured:
    def __init__(self, interval: float) -> None:
        self.received = 0
        self.gone = 0
        self.smsc = Smsc(
            accounts={"id": "secret"},
            handlers={SubmitSm: self.on_submit_sm},
            settings=Settings(enquire_link_interval=interval, enquire_link_timeout=20.0),
            on_gone=self.on_gone,
        )

    def on_submit_sm(self, _: Peer, pdu: SubmitSm) -> SubmitSmResp:
        self.received += 1
        return SubmitSmResp(message_id=pdu.short_message.decode("ascii"))

    def on_gone(self, _: Peer) -> None:
        self.gone += 1

    def cost(self) -> dict[str, int]:
        """Resident octets with garbage collected, and what there is."""
        gc.collect()
        with open("/proc/self/statm", encoding="ascii") as statm:
            resident = int(statm.read().split()[1]) * PAGE
        return {
            "resident": resident,
            "bound": len(self.smsc.peers),
            "connections": len(self.smsc.connections),
            "gone": self.gone,
            "objects": sum(isinstance(each, Peer) for each in gc.get_objects()),
            "received": self.received,
        }

    async def serve(self) -> None:
        """Until the end of the input."""
        loop = asyncio.get_running_loop()
        questions = asyncio.StreamReader()
        pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
        async with self.smsc:
            say(self.smsc.port)
            while question := await questions.readline():
                say(time.process_time() if question == b"cpu\n" else self.cost())
        pipe.close()


def say(answer: object) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=LOOPS[sys.argv[1]]) as runner:
        runner.run(Measured(float(sys.argv[2])).serve())
