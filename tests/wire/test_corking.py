"""What is queued in one turn of the loop leaves in one write."""

import asyncio
from collections import Counter
from typing import Any

from smppcore.pdu import DeliverSm, SubmitSm
from smppcore.settings import Settings
from smppcore.transport import Connection
from wire.ends import SUBMIT, pair

WIDE = Settings(window=64, close_timeout=0.5)


class CountedTransport:
    """Counts the writes by the turn of the loop in which they are made."""

    def __init__(self, connection: Connection) -> None:
        self.writes: Counter[int] = Counter()
        self._turn = 0
        self._counting = True
        self._transport: Any = connection._transport
        self._loop = asyncio.get_running_loop()
        connection._transport = self  # type: ignore[assignment]
        self._next_turn()

    def _next_turn(self) -> None:
        self._turn += 1
        if self._counting:
            self._loop.call_soon(self._next_turn)

    def stop(self) -> None:
        self._counting = False

    def write(self, octets: bytes) -> None:
        self.writes[self._turn] += 1
        self._transport.write(octets)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def accept(peer: object, pdu: SubmitSm) -> None: ...


async def test_the_requests_of_one_turn_and_their_answers() -> None:
    async with pair(smsc={SubmitSm: accept}, settings=WIDE) as ends:
        asking, answering = CountedTransport(ends.esme._connection), CountedTransport(ends.peer._connection)
        await asyncio.gather(*(ends.esme.submit_sm(SUBMIT) for _ in range(60)))
        assert asking.writes.total() == 1
        assert answering.writes.total() == 1
        asking.stop()
        answering.stop()


async def test_requests_and_answers_share_a_write() -> None:
    """A deliver_sm that is answered by a handler which also asks something: one write for both."""

    async def on_deliver(esme: Any, pdu: DeliverSm) -> None:
        asked.append(esme._connection.request(SUBMIT, 5))

    asked: list[Any] = []
    async with pair(smsc={SubmitSm: accept}, esme={DeliverSm: on_deliver}, settings=WIDE) as ends:
        counted = CountedTransport(ends.esme._connection)
        await asyncio.gather(*(ends.peer.deliver_sm(DeliverSm()) for _ in range(10)))
        await asyncio.gather(*asked)
        assert counted.writes.total() == 1
        counted.stop()


async def test_under_load_there_are_few_writes() -> None:
    """At most two in a turn: what the turn before queued, and what the octets of this turn brought about."""
    async with pair(smsc={SubmitSm: accept}, settings=WIDE, smsc_settings=WIDE) as ends:
        asking, answering = CountedTransport(ends.esme._connection), CountedTransport(ends.peer._connection)
        numbers = iter(range(2_000))

        async def worker() -> None:
            for _ in numbers:
                await ends.esme.submit_sm(SUBMIT)

        await asyncio.gather(*(worker() for _ in range(100)))
        for counted in (asking, answering):
            assert max(counted.writes.values()) <= 2
            assert counted.writes.total() < 300
            counted.stop()


async def test_no_timer_and_no_task_per_request() -> None:
    loop = asyncio.get_running_loop()
    async with pair(smsc={SubmitSm: accept}, settings=WIDE) as ends:
        await ends.esme.enquire_link()
        before = len(asyncio.all_tasks())
        calls = [ends.esme._connection.request(SUBMIT, 30 + each / 10) for each in range(60)]
        assert len(asyncio.all_tasks()) == before
        ours = [
            timer
            for timer in getattr(loop, "_scheduled", ())
            if not timer.cancelled() and getattr(timer._callback, "__self__", None) is ends.esme._connection
        ]
        assert len(ours) <= 1
        await asyncio.gather(*calls)
