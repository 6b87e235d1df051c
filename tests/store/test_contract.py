"""What every store does, whatever it keeps its records in."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from smppcore import errors
from smppcore.store import MemoryStore, Store, StoreError
from store.places import Clock, Place, add, change, record


@pytest.fixture
async def store(stores: Place) -> AsyncIterator[Store]:
    store = stores()
    await store.open()
    yield store
    await store.close()


async def test_what_was_added_is_found_by_any_of_its_keys(store: Store) -> None:
    kept = record("1", "id:7", "to:39333", data=json.dumps({"v": 1, "tag": "order-17"}).encode())
    await add(store, kept)
    assert await store.find("acme", "message", ["to:39333"]) == [kept]
    assert await store.find("acme", "message", ["id:8", "to:39333", "id:7"]) == [kept]
    assert await store.find("acme", "message", ["id:8"]) == []
    assert await store.find("acme", "message", []) == []


async def test_links_and_kinds_do_not_see_each_other(store: Store) -> None:
    mine, other = record("1", "k"), record("1", "k", link="beta")
    receipt = record("2", "k", kind="receipt")
    await add(store, mine, other, receipt)
    assert await store.find("acme", "message", ["k"]) == [mine]
    assert await store.find("beta", "message", ["k"]) == [other]
    assert await store.find("acme", "receipt", ["k"]) == [receipt]
    assert await store.remove("beta", ["1", "2"]) == {"1"}
    assert [await store.count("acme", kind) for kind in ("message", "receipt", "part")] == [1, 1, 0]


async def test_every_text_and_every_octet_comes_back(store: Store) -> None:
    odd = record(
        "{a}:r:b", "k:1", "", 'quo"te', "\u00e9\U0001f600", "\x00", link="} {", kind="k:\u00e9", data=bytes(range(256))
    )
    await add(store, odd)
    assert await store.find("} {", "k:\u00e9", ["\u00e9\U0001f600"]) == [odd]
    assert await store.find("} {", "k:\u00e9", [""]) == [odd]
    assert await store.find("} {", "k", ["\u00e9:k:1"]) == []
    assert await store.remove("} {", ["{a}:r:b"]) == {"{a}:r:b"}


async def test_they_are_found_in_the_order_in_which_they_were_added(store: Store) -> None:
    await add(store, *(record(str(n), "all", f"k{n % 3}") for n in range(20)))
    await add(store, record("4", "all", "k2"))
    found = await store.find("acme", "message", ["k2", "k1", "all"])
    assert [each.id for each in found] == [*(str(n) for n in range(20) if n != 4), "4"]


async def test_a_record_that_is_added_again_is_replaced(store: Store) -> None:
    await add(store, record("1", "a", "b", data=b"old"))
    await add(store, record("1", "b", "c", kind="receipt", data=b"new"))
    assert await store.find("acme", "message", ["a", "b"]) == []
    assert [each.data for each in await store.find("acme", "receipt", ["b", "c"])] == [b"new"]
    assert (await store.count("acme", "message"), await store.count("acme", "receipt")) == (0, 1)


async def test_a_change_gives_other_data_and_keeps_place_and_keys(store: Store) -> None:
    await add(store, record("1", "a"), record("2", "a"))
    await change(store, record("1", data=b"more", expires=4_100_000_000.0))
    assert await store.find("acme", "message", ["a"]) == [
        record("1", "a", data=b"more", expires=4_100_000_000.0),
        record("2", "a"),
    ]


async def test_what_somebody_has_claimed_does_not_come_back_by_a_change(store: Store) -> None:
    await add(store, record("1", "a"))
    assert await store.remove("acme", ["1"]) == {"1"}
    await change(store, record("1", "a", data=b"more"))
    assert await store.swap(record("1", "a", data=b"more"), b"{}") is False
    assert await store.find("acme", "message", ["a"]) == []
    assert await store.count("acme", "message") == 0


async def test_of_several_who_swap_from_the_same_data_one_does(store: Store) -> None:
    await add(store, record("1", "a", data=b"enroute"))
    wishes = [b"delivered", b"failed", b"enroute"]
    done = await asyncio.gather(*(store.swap(record("1", data=wish), b"enroute") for wish in wishes))
    assert done == [True, False, False]
    assert [each.data for each in await store.find("acme", "message", ["a"])] == [b"delivered"]


async def test_each_record_is_claimed_once(store: Store) -> None:
    await add(store, *(record(str(n)) for n in range(10)))
    ids = [str(n) for n in range(12)]
    taken = await asyncio.gather(*(store.remove("acme", ids[first:]) for first in (5, 0, 3)))
    assert taken == [set(ids[5:10]), set(ids[:5]), set()]


async def test_what_has_expired_is_not_found_and_handed_over_once(store: Store, clock: Clock) -> None:
    soon, later = record("1", "a", expires=clock.now + 5), record("2", "a", expires=clock.now + 10.5)
    await add(store, later, soon)
    clock.now += 5
    assert await store.find("acme", "message", ["a"]) == [later]
    assert await store.count("acme", "message") == 2
    assert await store.expired("beta", clock.now) == []
    assert await store.expired("acme", clock.now - 0.001) == []
    assert await store.expired("acme", clock.now) == [soon]
    assert await store.expired("acme", clock.now) == []
    assert await store.count("acme", "message") == 1


async def test_expired_records_come_in_order_and_in_portions(store: Store, clock: Clock) -> None:
    times = [7, 3, 9, 1, 5]
    kinds = ["message", "part", "message", "receipt", "part"]
    await add(store, *(record(str(t), kind=k, expires=clock.now + t) for t, k in zip(times, kinds, strict=True)))
    portions = [await store.expired("acme", clock.now + 8, limit=3) for _ in range(3)]
    assert [[each.id for each in portion] for portion in portions] == [["1", "3", "5"], ["7"], []]


async def test_what_expired_and_was_not_finished_is_handed_over_once_more(store: Store, clock: Clock) -> None:
    await add(store, *(record(str(n), "a", expires=clock.now + n) for n in range(3)))
    clock.now += 2
    taken = await store.expired("acme", clock.now, 1000, clock.now + 30)
    assert [(each.id, each.expires) for each in taken] == [(str(n), clock.now - 2 + n) for n in range(3)]
    assert await store.expired("acme", clock.now, 1000, clock.now + 30) == []
    assert await store.find("acme", "message", ["a"]) == []
    assert await store.count("acme", "message") == 3
    assert await store.remove("acme", ["0"]) == {"0"}
    await add(store, record("1", "b", expires=clock.now + 60))
    assert [each.id for each in await store.find("acme", "message", ["a", "b"])] == ["1"]
    clock.now += 30
    again = await store.expired("acme", clock.now)
    assert [(each.id, each.keys, each.data) for each in again] == [("2", ("a",), b"{}")]
    clock.now += 30
    assert [each.id for each in await store.expired("acme", clock.now)] == ["1"]
    assert await store.count("acme", "message") == 0


async def test_an_expiry_can_be_moved(store: Store, clock: Clock) -> None:
    await add(store, record("1", "a", expires=clock.now + 5), record("2", "a", expires=clock.now + 5))
    await change(store, record("1", expires=clock.now + 50))
    assert [each.id for each in await store.expired("acme", clock.now + 5)] == ["2"]
    assert [each.id for each in await store.expired("acme", clock.now + 50)] == ["1"]


async def test_what_never_expires_stays(store: Store, clock: Clock) -> None:
    await add(store, record("1", "a", expires=float("inf")))
    assert await store.expired("acme", clock.now + 1e9) == []
    assert await store.find("acme", "message", ["a"]) == [record("1", "a", expires=float("inf"))]


async def test_an_add_counts_although_nobody_has_waited_for_it(store: Store) -> None:
    futures = [store.add(record(str(n), "a", data=b"%d" % n)) for n in range(50)]
    assert len(await store.find("acme", "message", ["a"])) == 50
    assert all(future is None or future.done() for future in futures)


async def test_what_is_kept_is_there_when_it_is_opened_again(store: Store, stores: Place) -> None:
    future = store.add(record("1", "a"))
    await store.close()
    assert future is None or future.done()
    again = stores()
    await again.open()
    assert await again.find("acme", "message", ["a"]) == [record("1", "a")]
    await again.close()


async def test_a_store_that_is_not_open_says_so(store: Store) -> None:
    await store.open()
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="not open"):
        store.add(record("1"))
    with pytest.raises(errors.SmppError):
        await store.find("acme", "message", ["a"])


async def test_what_a_cancelled_claim_has_taken_is_put_back(store: Store, clock: Clock) -> None:
    """An application that is being closed must not take expired messages with it."""
    if isinstance(store, MemoryStore):
        return  # it has taken nothing, or it has returned
    await add(store, *(record(str(n), "a", expires=clock.now + n) for n in range(1, 9)))
    expired = asyncio.ensure_future(store.expired("acme", clock.now + 4))
    removed = asyncio.ensure_future(store.remove("acme", ["7", "8"]))
    for _ in range(2):
        await asyncio.sleep(0)  # now they are on their way
    expired.cancel()
    removed.cancel()
    await store.count("acme", "message")  # they have been carried out
    assert (expired.cancelled(), removed.cancelled()) == (True, True)
    left = await store.find("acme", "message", ["a"])
    assert [each.id for each in left] == ["5", "6", "1", "2", "3", "4", "7", "8"]


async def test_a_cancelled_add_is_kept(store: Store) -> None:
    """Who waits for a commit may be cancelled; the message was accepted all the same."""
    future = store.add(record("1", "a"))
    if future is not None:
        future.cancel()
    assert [each.id for each in await store.find("acme", "message", ["a"])] == ["1"]


async def test_a_text_that_cannot_be_kept_fails_only_its_own_add(store: Store) -> None:
    if isinstance(store, MemoryStore):
        return
    futures = [store.add(record(id_, key)) for id_, key in (("1", "a"), ("2", "\ud800"), ("3", "a"))]
    assert all(future is not None for future in futures)
    results = await asyncio.gather(*(future for future in futures if future), return_exceptions=True)
    assert [type(each) for each in results] == [type(None), StoreError, type(None)]
    assert [each.id for each in await store.find("acme", "message", ["a"])] == ["1", "3"]
