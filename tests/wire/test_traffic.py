"""Thousands of requests in both directions at once: every one ends in exactly one verdict."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from typing import Any

import pytest

from smppcore.errors import NotSent, OutcomeUnknown, Refuse, Refused
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from wire.ends import Pair, pair

WIDE = Settings(window=50, close_timeout=10, response_timeout=30)


def some_handler(seed: int) -> Any:
    """A handler that does all that a handler may do."""
    chance = random.Random(seed)

    async def later(status: int) -> int:
        await asyncio.sleep(0)
        return status

    def handler(end: Any, pdu: Any) -> Any:
        kind = chance.randrange(4)
        if kind == 0:
            raise Refuse(0x58)
        return later(0) if kind == 1 else [None, 0, 0x14, 0x8][kind]

    return handler


async def verdict(call: Awaitable[Any]) -> str:
    try:
        await call
    except (Refused, NotSent, OutcomeUnknown) as error:
        return type(error).__name__
    return "answered"


async def load(ends: Pair, count: int, workers: int = 60) -> Counter[str]:
    """Send that many in each direction, from more workers than the window has slots."""
    found: Counter[str] = Counter()
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            submit = ends.esme.submit_sm(SubmitSm(destination_addr=str(number)))
            deliver = ends.peer.deliver_sm(DeliverSm(source_addr=str(number)))
            for each in await asyncio.gather(verdict(submit), verdict(deliver)):
                found[each] += 1

    await asyncio.gather(*(worker() for _ in range(workers)))
    return found


async def test_both_directions() -> None:
    async with pair(
        smsc={SubmitSm: some_handler(1)}, esme={DeliverSm: some_handler(2)}, settings=WIDE, smsc_settings=WIDE
    ) as ends:
        found = await load(ends, 2_000)
        assert set(found) == {"answered", "Refused"}
        assert found.total() == 4_000
        assert (ends.esme.in_flight, ends.esme.waiting, ends.peer.in_flight, ends.peer.waiting) == (0, 0, 0, 0)
        assert ends.peer._connection.session.unanswered == {}


async def test_the_connection_is_lost_in_the_middle() -> None:
    seen = 0

    def on_submit(peer: Any, pdu: SubmitSm) -> SubmitSmResp:
        nonlocal seen
        seen += 1
        if seen == 700:
            peer.abort()
        return SubmitSmResp()

    async with pair(
        smsc={SubmitSm: on_submit}, esme={DeliverSm: some_handler(2)}, settings=WIDE, smsc_settings=WIDE
    ) as ends:
        found = await load(ends, 2_000)
        assert found.total() == 4_000
        assert found["OutcomeUnknown"] >= 1
        assert found["NotSent"] >= 1_000


async def test_a_graceful_close_in_the_middle_loses_nothing() -> None:
    taken: list[str] = []

    async def on_submit(peer: Any, pdu: SubmitSm) -> SubmitSmResp:
        await asyncio.sleep(0)
        taken.append(pdu.destination_addr)
        return SubmitSmResp(message_id=pdu.destination_addr)

    async with pair(smsc={SubmitSm: on_submit}, settings=WIDE, smsc_settings=WIDE) as ends:
        calls = [
            asyncio.ensure_future(verdict(ends.esme.submit_sm(SubmitSm(destination_addr=str(each)))))
            for each in range(500)
        ]
        await calls[100]
        await ends.esme.close()
        found = Counter(await asyncio.gather(*calls))
        assert found["answered"] == len(taken)
        assert found["answered"] + found["NotSent"] == 500
        assert found["OutcomeUnknown"] == 0


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_both_directions_at_length() -> None:
    async with pair(
        smsc={SubmitSm: some_handler(1)}, esme={DeliverSm: some_handler(2)}, settings=WIDE, smsc_settings=WIDE
    ) as ends:
        assert (await load(ends, 200_000)).total() == 400_000
