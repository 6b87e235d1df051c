"""Thousands of binds that only keep alive: FIELD.md's gateways with one process per hundred customers."""

import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from .crowd import Crowd
from .resources import need_descriptors, need_proc
from .server import Cost, Server

PER_BIND = 8 * 1024
"""Octets of resident size over base; the socket buffers are the kernel's."""
SHARE = 0.05
"""Of one core, for 10,000 binds that are asked every 30 s."""
WARM_UP = 100


@contextlib.asynccontextmanager
async def idle(loop: str, binds: int, interval: float) -> AsyncIterator[tuple[Server, Crowd, Cost]]:
    """So many binds to one Smsc process, and what that cost before the first of them."""
    need_proc()
    need_descriptors(binds)
    with Server(loop, interval) as server:
        crowd = Crowd(server.port)
        await crowd.bind(WARM_UP)
        await crowd.leave()
        base = server.empty()
        await crowd.bind(binds)
        yield server, crowd, base
        await crowd.leave()
        assert crowd.unexpected == 0
        assert server.empty().gone == WARM_UP + binds


async def keep_alive(loop: str, binds: int, interval: float, share: float) -> None:
    """Memory before the first enquire_link and after, and the CPU of one whole round of them."""
    async with idle(loop, binds, interval) as (server, crowd, base):
        bound = server.cost()
        assert bound.bound == binds
        await crowd.all_asked(1)
        since, before = time.monotonic(), server.cpu()
        await crowd.all_asked(2)
        used = (server.cpu() - before) / (time.monotonic() - since)
        after = server.cost()
        assert crowd.wrong == []
        assert after.bound == binds
        for cost in (bound, after):
            assert (cost.resident - base.resident) / binds < PER_BIND
        assert used < share


async def test_an_idle_bind_costs_little_memory_and_hardly_any_time(smsc_loop: str) -> None:
    """As often per second as 10,000 binds with 30 s between; on a machine that does other things, twice the time."""
    await keep_alive(smsc_loop, 500, 1.5, 2 * SHARE)


@pytest.mark.soak
@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_ten_thousand_idle_binds_to_one_process(smsc_loop: str) -> None:
    await keep_alive(smsc_loop, 10_000, 30.0, SHARE)
