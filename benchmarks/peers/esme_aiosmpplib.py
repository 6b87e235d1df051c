"""aiosmpplib as the ESME, on uvloop, fed through its broker, a window by hand. usage: PORT COUNT WINDOW WORKERS ..."""

import asyncio
import logging
import sys
from typing import Any

import uvloop
from aiosmpplib import ESME, AbstractHook, PhoneNumber, SubmitSm, SubmitSmResp

SOURCE = PhoneNumber("12345")


class Hook(AbstractHook):
    """Each answer makes room for the next message."""

    def __init__(self, count: int) -> None:
        self.count, self.sent, self.answered = count, 0, 0
        self.ended = asyncio.Event()

    async def sending(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        pass

    async def received(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        if isinstance(smpp_message, SubmitSmResp):
            self.answered += 1
            await self.fill(1)
            if self.answered == self.count:
                self.ended.set()

    async def send_error(self, smpp_message: Any, error: Exception, client_id: str) -> None:
        raise SystemExit(f"a message was not sent: {error!r}")

    async def fill(self, room: int) -> None:
        for _ in range(min(room, self.count - self.sent)):
            to = PhoneNumber(str(31_600_000_000 + self.sent))
            message = SubmitSm(short_message="a" * 100, source=SOURCE, destination=to, log_id=str(self.sent))
            self.sent += 1
            await self.esme.broker.enqueue(message)


async def main(port: int, count: int, window: int) -> None:
    hook = Hook(count)
    hook.esme = esme = ESME("127.0.0.1", port, "smppclient1", "password", hook=hook, log_level=logging.CRITICAL)
    await hook.fill(window)
    running = asyncio.create_task(esme.start())
    await hook.ended.wait()
    await esme.stop()
    await running


uvloop.run(main(*map(int, sys.argv[1:4])))
