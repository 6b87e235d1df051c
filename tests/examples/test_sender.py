"""What the gateway claims is sent once, also where the answer of the store is slow, or lost."""

import asyncio
import pathlib
from collections.abc import AsyncIterator, Sequence

import pytest
from gateway.message import Message
from gateway.sender import Sender
from gateway.sqlite_desk import SqliteDesk

from smppcore import Link
from smppcore.simulator import Simulator

LEASE = 0.03
"""Seconds; a third of it lies between two looks for what was left behind."""


class TroubledDesk(SqliteDesk):
    """Once, the answer to a claim comes only after several looks at what is being sent, and is lost if ``loses``."""

    def __init__(self, path: pathlib.Path, *, loses: bool) -> None:
        super().__init__(path)
        self._loses = loses
        self._beats = 0
        self._healthy = False
        self._looked = asyncio.Condition()

    async def beat(self, owner: str, seconds: float) -> set[str]:
        self._beats += 1
        async with self._looked:
            self._looked.notify_all()
        return await super().beat(owner, seconds)

    async def claim(self, owner: str, lanes: Sequence[str], most: int) -> list[Message]:
        claimed = await super().claim(owner, lanes, most)
        if self._healthy or not claimed:
            return claimed
        self._healthy, wanted = True, self._beats + 5
        async with self._looked:
            await self._looked.wait_for(lambda: self._beats >= wanted)
        self.meanwhile = await self.message(claimed[0].id)
        if self._loses:
            raise ConnectionError("the answer was lost")
        return claimed


@pytest.fixture
async def smsc() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.mark.parametrize("loses", [False, True])
async def test_a_claim_whose_answer_is_late_or_lost_is_sent_once(
    smsc: Simulator, tmp_path: pathlib.Path, loses: bool
) -> None:
    desk = TroubledDesk(tmp_path / "gateway.db", loses=loses)
    await desk.open()
    taken = asyncio.Event()
    async with Link(f"smpp://smppclient1:password@127.0.0.1:{smsc.port}", lanes=("normal",)) as link:
        sender = Sender(link, desk, hands=4, resend=False, lease=LEASE, noted=taken.set)
        kept = await desk.accept(Message(to="393331234567", text="Hello", lane="normal"))
        await link.wait_up(10)
        await sender.start()
        await asyncio.wait_for(taken.wait(), 20)
        await sender.stop(10)
    assert desk.meanwhile is not None
    assert desk.meanwhile.state == "sending"  # nobody else can claim it
    message = await desk.message(kept.id)
    assert message is not None
    assert (message.state, smsc.statistics.accepted) == ("sent", 1)
    await desk.close()
