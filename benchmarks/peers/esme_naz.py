"""naz as the ESME, on uvloop, fed through its broker with a window by hand. usage: PORT COUNT WINDOW WORKERS ..."""

import asyncio
import logging
import sys
from typing import Any

import naz
import uvloop


class Unlimited(naz.ratelimiter.BaseRateLimiter):
    async def limit(self) -> None:
        pass


class Hook(naz.hooks.BaseHook):
    """Each answer makes room for the next message."""

    def __init__(self, count: int, broker: Any) -> None:
        self.count, self.sent, self.answered, self.broker = count, 0, 0, broker
        self.ended = asyncio.Event()

    async def to_smsc(self, smpp_command: str, log_id: str, hook_metadata: str, pdu: bytes) -> None:
        pass

    async def from_smsc(self, smpp_command: str, log_id: str, hook_metadata: str, status: Any, pdu: bytes) -> None:
        if smpp_command == naz.SmppCommand.SUBMIT_SM_RESP:
            self.answered += 1
            await self.fill(1)
            if self.answered == self.count:
                self.ended.set()

    async def fill(self, room: int) -> None:
        for _ in range(min(room, self.count - self.sent)):
            message = naz.protocol.SubmitSM(
                short_message="a" * 100,
                source_addr="12345",
                destination_addr=str(31_600_000_000 + self.sent),
                log_id=str(self.sent),
                registered_delivery=0,
            )
            self.sent += 1
            await self.broker.enqueue(message)


async def main(port: int, count: int, window: int) -> None:
    broker = naz.broker.SimpleBroker(maxsize=window + 1)
    hook = Hook(count, broker)
    logger = logging.getLogger("naz")
    client = naz.Client(
        "127.0.0.1", port, "smppclient1", "password", broker, hook=hook, rate_limiter=Unlimited(), logger=logger
    )
    await hook.fill(window)
    await client.connect()
    await client.tranceiver_bind()
    running = [asyncio.create_task(each) for each in (client.dequeue_messages(), client.receive_data())]
    await hook.ended.wait()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await client.unbind()


logging.disable(logging.CRITICAL)
uvloop.run(main(*map(int, sys.argv[1:4])))
