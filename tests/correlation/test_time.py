"""What never comes, what comes too late, and what a process that died has left: all of it reaches somebody, once."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.correlation import DAY
from smppcore.correlation.held_receipt import HeldReceipt
from smppcore.correlation.tracked import Entry, TrackedMessage, wait_for, write_new
from smppcore.errors import StoreError
from smppcore.gathering.kept_parts import KeptParts
from smppcore.pdu import DataSm, DeliverSm
from smppcore.tlv import QOS_TIME_TO_LIVE

from .desk import NUMBER, MakeStore, Process, message, receipt, until


async def test_a_message_whose_receipt_never_comes_is_handed_over_once(make_store: MakeStore) -> None:
    async with Process(make_store, keep=100) as process:
        await process.taken("a1", tag="order-17")
        await process.pass_time(99)
        assert process.expired == []
        for _ in range(3):
            await process.pass_time(60)
    assert [(each.message_id, each.tag) for each in process.expired] == [("a1", "order-17")]


async def test_a_message_that_has_its_last_receipt_does_not_expire(make_store: MakeStore) -> None:
    async with Process(make_store, keep=100, remember=50) as process:
        for message_id, state in (("a1", 2), ("a2", 1)):
            await process.taken(message_id)
            await process.deliver(receipt(message_id, state))
        await process.pass_time(101)
        await process.pass_time(101)
        assert await process.store.count("carrier", "message") == 0
    assert [each.message_id for each in process.expired] == ["a2"]


async def test_an_expiry_that_could_not_be_handed_over_comes_again(make_store: MakeStore) -> None:
    async with Process(make_store, keep=100) as process:
        await process.taken("a1")
        process.failing = RuntimeError("the database is away")
        await process.pass_time(101)
        process.failing = None
        await process.pass_time(1)
        assert process.expired == []
        await process.pass_time(60)
    assert [each.message_id for each in process.expired] == ["a1"]


async def test_an_expiry_that_can_never_be_handed_over_is_given_up(make_store: MakeStore) -> None:
    async with Process(make_store, keep=100) as process:
        await process.taken("a1")
        process.failing = RuntimeError("the database is away")
        for _ in range(25):
            await process.pass_time(4000)
        assert await process.store.count("carrier", "lapsed") == 0


async def test_expiries_of_one_link_do_not_come_to_another(make_store: MakeStore) -> None:
    async with Process(make_store, keep=100) as one, Process(make_store, keep=100, name="other") as other:
        await one.taken("a1")
        await other.pass_time(200)
        assert other.expired == []
        await one.pass_time(0)
    assert len(one.expired) == 1


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({}, 3 * DAY),
        ({"validity_period": "000000000500000R"}, 3 * DAY),
        ({"validity_period": "000005000000000R"}, 5 * DAY + 3600),
        ({"validity_period": "261201000000000+"}, 0.0),
        ({"schedule_delivery_time": "000002000000000R"}, 5 * DAY),
        ({"schedule_delivery_time": "000002000000000R", "validity_period": "000007000000000R"}, 9 * DAY + 3600),
        ({"validity_period": "no time at all"}, 3 * DAY),
    ],
)
def test_a_receipt_is_waited_for_at_least_as_long_as_its_message_is_valid(fields: Any, seconds: float) -> None:
    now = 1795394299.0  # 2026-11-23 00:38:19 UTC
    absolute = 1796083200.0 - now + 3600  # 2026-12-01
    assert wait_for(message(**fields), 3 * DAY, now) == pytest.approx(seconds or absolute)


def test_data_sm_says_how_long_it_is_valid_in_a_tlv() -> None:
    assert wait_for(DataSm(tlvs=[QOS_TIME_TO_LIVE(7 * 86400)]), 3 * DAY, 0.0) == 7 * DAY + 3600
    assert wait_for(DataSm(), 3 * DAY, 0.0) == 3 * DAY


# -- receipts of no message


async def test_a_receipt_of_no_message_is_answered_and_handed_over_in_the_end(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        assert await process.deliver(receipt("zz")) == 0
        await process.pass_time(59)
        assert process.unmatched == []
        for _ in range(3):
            await process.pass_time(60)
        assert await process.store.count("carrier", "receipt") == 0
    assert [pdu.short_message for pdu in process.unmatched] == [receipt("zz").short_message]


async def test_a_receipt_of_no_message_goes_to_the_handler_that_would_have_had_it(make_store: MakeStore) -> None:
    async with Process(make_store, on_unmatched=None) as process:
        own: list[DeliverSm] = []
        process.correlation.handlers({DeliverSm: lambda _, pdu: own.append(pdu)})
        await process.deliver(receipt("zz"))
        await process.pass_time(61)
    assert [pdu.short_message for pdu in own] == [receipt("zz").short_message]


async def test_where_nobody_takes_it_a_receipt_waits_as_long_as_a_message_would(
    make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    async with Process(make_store, on_unmatched=None, keep=1000) as process:
        await process.deliver(receipt("zz"))
        await process.pass_time(900)
        await process.taken("zz")
        await until(lambda: process.states == [("zz", 2)])
        await process.deliver(receipt("yy"))
        await process.pass_time(1001)
    assert "a receipt of no message" in caplog.text


async def test_hold_0_hands_a_receipt_of_no_message_over_as_it_comes(make_store: MakeStore) -> None:
    async with Process(make_store, hold=0) as process:
        await process.deliver(receipt("zz"))
        assert len(process.unmatched) == 1
    async with Process(make_store, hold=0, on_unmatched=None) as process:
        assert await process.deliver(receipt("zz")) is None  # it goes to an iterator, or is refused


async def test_a_handler_that_fails_on_a_receipt_of_no_message_gets_it_again(make_store: MakeStore) -> None:
    calls: list[DeliverSm] = []

    def on_unmatched(_: Any, pdu: DeliverSm) -> None:
        calls.append(pdu)
        if len(calls) == 1:
            raise RuntimeError("the database is away")

    async with Process(make_store, on_unmatched=on_unmatched) as process:
        await process.deliver(receipt("zz"))
        for _ in range(4):
            await process.pass_time(61)
    assert len(calls) == 2


# -- processes that die


async def test_a_receipt_in_the_hands_of_a_process_that_dies_is_handed_over_by_another(make_store: MakeStore) -> None:
    one = Process(make_store)
    await one.correlation.open(one.link)
    await one.taken("a1", tag="order-17")
    one.held_up = asyncio.Event()
    dying = asyncio.ensure_future(one.deliver(receipt("a1")))
    await until_claimed(one)
    one.correlation._leases._held.clear()  # so that it renews nothing any more
    async with Process(make_store) as other:
        assert await other.deliver(receipt("a1")) == 0  # the SMSC sends it again, since nobody has answered
        assert other.receipts == []
        await other.pass_time(31)
        await other.pass_time(31)
        assert [(told.tag, told.redelivered) for told in other.receipts] == [("order-17", True)]
        assert await other.store.count("carrier", "receipt") == 0
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await one.correlation._rounds.stop()
    await one.store.close()


async def until_claimed(process: Process) -> None:
    """Until the record of the only message says that somebody works on it."""
    while True:
        [record] = await process.store.find("carrier", "message", ["a1"])
        if b"DELIVRD" in record.data:
            return
        await asyncio.sleep(0)


async def test_a_handler_that_takes_long_keeps_its_claim(make_store: MakeStore) -> None:
    async with Process(make_store) as one, Process(make_store) as other:
        await one.taken("a1")
        one.held_up = asyncio.Event()
        slow = asyncio.ensure_future(one.deliver(receipt("a1")))
        await until_claimed(one)
        for _ in range(5):
            one.clock.ahead += 20
            one.correlation._leases.renew()
            await asyncio.sleep(0)
            await one.store.count("carrier", "message")  # the renewal is committed before
            await other.correlation.look()
        one.held_up.set()
        assert await slow == 0
        assert (one.states, other.receipts) == ([("a1", 2)], [])


async def test_what_was_sent_and_what_came_is_known_after_a_restart(make_store: MakeStore) -> None:
    async with Process(make_store) as first:
        await first.taken("a1", tag="order-17")
        await first.taken("a2")
        await first.deliver(receipt("a2"))
    async with Process(make_store) as second:
        for message_id in ("a1", "a2", "a1"):
            assert await second.deliver(receipt(message_id)) == 0
    assert [(told.message_id, told.tag) for told in second.receipts] == [("a1", "order-17")]


async def test_a_handler_that_fails_after_a_take_over_is_called_again(make_store: MakeStore) -> None:
    async with Process(make_store) as one, Process(make_store) as other:
        await one.taken("a1")
        one.held_up = asyncio.Event()
        slow = asyncio.ensure_future(one.deliver(receipt("a1")))
        await until_claimed(one)
        one.correlation._leases._held.clear()
        other.failing = RuntimeError("the database is away")
        await other.pass_time(31)
        other.failing = None
        for _ in range(3):
            await other.pass_time(130)
        assert other.states == [("a1", 2)]
        slow.cancel()
        with pytest.raises((asyncio.CancelledError, KeyError)):
            await slow


@given(st.text(), st.text(), st.floats(0, 1e12), st.integers(1, 255), st.booleans())
def test_the_short_way_to_write_a_record_gives_what_the_long_one_gives(
    name: str, message_id: str, now: float, part: int, flag: bool
) -> None:
    fields = (name, message_id, "Shop", NUMBER, now, now + 1, "tag", part, 255, flag, not flag)
    entry = Entry.read(write_new(fields, now + 2))
    assert entry == Entry(TrackedMessage(*fields), now + 2)
    assert entry.write() == write_new(fields, now + 2)


def test_a_record_of_a_later_version_is_refused_by_name() -> None:
    with pytest.raises(StoreError, match="has version 2"):
        Entry.read(b"[2]")
    with pytest.raises(StoreError, match="has version 2"):
        HeldReceipt.read(b'[2,"",0]')
    with pytest.raises(StoreError, match="has version 2"):
        KeptParts.read(b"[2,[]]")
