"""What the store in memory does at its limit."""

import pytest

from smppcore.store import MemoryStore, StoreError
from store.places import Clock, record


async def filled(limit: int, count: int, clock: Clock) -> MemoryStore:
    store = MemoryStore(limit, clock=clock)
    await store.open()
    for number in range(count):
        store.add(record(str(number), "all", expires=clock.now + 100))
    return store


async def test_what_is_above_the_limit_is_handed_over_early_and_nothing_is_lost(clock: Clock) -> None:
    store = await filled(10, 13, clock)
    store.add(record("soon", expires=clock.now + 1))
    clock.now += 2
    assert len(await store.find("acme", "message", ["all"])) == 13
    assert [each.id for each in await store.expired("acme", clock.now, limit=3)] == ["0", "1", "2"]
    assert [each.id for each in await store.expired("acme", clock.now)] == ["3", "soon"]
    assert await store.expired("acme", clock.now) == []
    assert await store.count("acme", "message") == 9


async def test_a_store_that_nobody_empties_says_so_and_keeps_what_it_has(clock: Clock) -> None:
    store = await filled(10, 20, clock)
    with pytest.raises(StoreError, match="full"):
        store.add(record("one too many"))
    store.add(record("7", data=b"replaces one"))
    store.add(record("another link has room", link="beta"))
    assert await store.count("acme", "message") == 20
    assert len(await store.expired("acme", clock.now)) == 10
    store.add(record("room again"))


async def test_the_log_tells_that_the_limit_is_reached(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    await filled(10, 15, clock)
    (told,) = caplog.records
    assert (told.getMessage(), told.__dict__["link"]) == ("store has reached its limit", "acme")


async def test_records_that_come_and_go_leave_nothing(clock: Clock) -> None:
    """Receipts come long before their records expire: the queue of expiry must not keep what is gone."""
    store = await filled(1000, 0, clock)
    for number in range(50_000):
        store.add(record(str(number), f"k{number}", expires=clock.now + 86_400))
        store.change(record(str(number), expires=clock.now + 90_000))
        if number >= 100:
            await store.remove("acme", [str(number - 100)])
    shelf = store._shelves["acme"]
    assert len(shelf.held) == len(shelf.index) == 100
    assert len(shelf._queue) < 2000


def test_a_limit_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        MemoryStore(0)
