"""A store that fails at any moment: no message, receipt or segment is lost by it, and nobody is left waiting."""

import asyncio
import contextlib
import itertools
import math
from collections import Counter
from typing import Any

import pytest

from smppcore.constants import EsmClass
from smppcore.correlation import Correlation
from smppcore.errors import NotSent, StoreError
from smppcore.gathering import Gathering
from smppcore.pdu import DeliverSm, SubmitSmResp
from smppcore.store import MemoryStore

from .desk import NUMBER, MakeStore, Process, Sender, receipt
from .failing_store import FailingStore, When
from .test_gathering import TEXT, Host, parts

OPERATIONS = ["add", "change", "swap", "find", "remove", "expired"]
MOST_CALLS = 200


async def until_answered(process: Process | Host, *pdus: Any) -> None:
    """Deliver each again, as an SMSC does, until it is answered with success."""
    for pdu in pdus:
        for _ in range(5):
            with contextlib.suppress(StoreError):
                if await process.deliver(pdu) == 0:
                    break
            await pass_time(process, 1)
        else:
            raise AssertionError("it is refused again and again")


async def pass_time(process: Process | Host, *seconds: float) -> None:
    """Rounds go on after an error of the store, and so does this."""
    for each in seconds:
        with contextlib.suppress(StoreError):
            await process.pass_time(each)


async def life_of_four_messages(process: Process) -> bool:
    """One with its receipt, one whose receipt comes first, one without, and a receipt without a message.

    Tells whether the caller of one of them was told that its record is in doubt.
    """
    in_doubt = False
    for message_id in ("a1", "b1", "c1"):
        if message_id == "b1":
            await until_answered(process, receipt("b1"))
            await pass_time(process, 31)  # another process would look now
        try:
            await process.taken(message_id)
        except StoreError:
            in_doubt = True
        if message_id == "a1":
            await until_answered(process, receipt("a1"))
    await until_answered(process, receipt("zz"))
    await pass_time(process, *[40.0] * 8, *[200.0] * 8)
    return in_doubt


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_whatever_fails_once_receipts_and_expiries_come_all_the_same(
    make_store: MakeStore, operation: str, when: When
) -> None:
    for number in itertools.count(1):
        store = FailingStore(make_store(), operation, number, when)
        async with Process(lambda each=store: each, name=f"carrier{number}", keep=1000) as process:  # type: ignore[misc]
            in_doubt = await life_of_four_messages(process)
            if store.failed is None:
                break
            handed = Counter(process.states)
            if not in_doubt:
                assert set(handed) == {("a1", 2), ("b1", 2)}, store.failed
                assert {each.message_id for each in process.expired} == {"c1"}, store.failed
                assert {pdu.short_message for pdu in process.unmatched} == {receipt("zz").short_message}, store.failed
            told = [(each.message_id, each.redelivered) for each in process.receipts]
            assert all(told.count((each, False)) <= 1 for each in ("a1", "b1"))
            left = [await process.store.count(f"carrier{number}", kind) for kind in ("message", "receipt", "lapsed")]
            assert left == [0, 0, 0]
    assert 1 < number < MOST_CALLS


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_whatever_fails_once_long_messages_come_all_the_same(
    make_store: MakeStore, operation: str, when: When
) -> None:
    for number in itertools.count(1):
        store = FailingStore(make_store(), operation, number, when)
        async with Host(lambda each=store: each, name=f"carrier{number}") as host:  # type: ignore[misc]
            await until_answered(host, *parts(reference=1), *parts(reference=2)[:2])
            await pass_time(host, *[60.0] * 20)
            if store.failed is None:
                break
            assert {(message.text, message.missing) for message in host.messages} == {(TEXT, ()), (TEXT[:306], (3,))}
            assert sum(not message.redelivered for message in host.messages) <= 2
            assert await store.count(f"carrier{number}/parts", "part") == 0
    assert number < MOST_CALLS


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_renewal_never_undoes_what_was_marked_meanwhile(make_store: MakeStore, when: When) -> None:
    """The handler took long, so its claim is due to be renewed just while the mark is on its way."""
    async with Process(make_store) as process:
        await process.taken("a1")
        swap = process.store.swap

        async def renewed_meanwhile(record: Any, was: bytes) -> bool:
            process.clock.ahead += 20
            if when == "before":
                process.correlation._leases.renew()
            swapping = asyncio.ensure_future(swap(record, was))
            await asyncio.sleep(0)
            if when == "after":
                process.correlation._leases.renew()
            return await swapping

        process.store.swap = renewed_meanwhile  # type: ignore[method-assign]
        assert await process.deliver(receipt("a1")) == 0
        process.store.swap = swap  # type: ignore[method-assign]
        assert await process.deliver(receipt("a1")) == 0
        await pass_time(process, 31, 31)
        assert [each.redelivered for each in process.receipts] == [False]


async def test_a_receipt_that_another_process_has_settled_is_not_looked_after_for_ever(make_store: MakeStore) -> None:
    """Its hold ended there. A later message with its id would get it."""
    async with Process(make_store) as one, Process(make_store) as other:
        assert await one.deliver(receipt("zz")) == 0
        await pass_time(other, 31, 31)
        assert len(other.unmatched) == 1
        await pass_time(one, 1, 1)
        assert len(one.correlation._early) == 0
        await one.taken("zz")
        await pass_time(one, 1, 40)
        assert one.receipts == []


async def test_who_waits_is_told_when_another_process_has_collected_the_expiry(make_store: MakeStore) -> None:
    async with Process(make_store, keep=100) as one, Process(make_store, keep=100) as other:
        one.correlation._submissions.at_once = False
        sending = asyncio.ensure_future(one.link.send("Hello", to=NUMBER, receipt=True))
        [(_, wire)] = await one.link.until_asked()
        wire.set_result(SubmitSmResp(message_id="a1"))
        waiting = asyncio.ensure_future((await sending).receipt())
        await pass_time(one, 50)
        assert not waiting.done()
        await pass_time(other, 51)
        await pass_time(one, 31, 31)
        assert (await asyncio.wait_for(waiting, 1)).state == "unknown"
        assert len(other.expired) == 1


async def test_where_middleware_has_answered_nobody_waits_for_a_receipt(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        begin = process.link._begin

        def answering(pdu: Any, timeout: Any, expiry: Any = None, /) -> Any:
            if pdu.short_message.endswith(b"answer me"):
                answered = asyncio.get_running_loop().create_future()
                answered.set_result(SubmitSmResp(message_id="mine"))
                return answered
            return begin(pdu, timeout, expiry)

        process.link._begin = answering
        sent = await process.link.send("answer me", to=NUMBER, receipt=True)
        assert (await sent.receipt(timeout=5)).state == "unknown"


async def test_a_text_of_which_a_segment_was_taken_does_not_look_like_one_that_was_refused(
    make_store: MakeStore,
) -> None:
    store = FailingStore(make_store(), "add", 1, "after")
    async with Process(lambda: store) as process:
        sending = asyncio.ensure_future(process.link.send("0123456789" * 20, to=NUMBER, receipt=True))
        [(first_pdu, first), (_, second)] = await process.link.until_asked(2)
        first.set_exception(NotSent("the link is down", first_pdu))
        second.set_result(SubmitSmResp(message_id="2"))
        with pytest.raises(StoreError) as raised:
            await sending
        assert raised.value.response is not None


@pytest.mark.parametrize("name", ["keep", "hold", "remember", "lease", "scan"])
@pytest.mark.parametrize("seconds", [math.inf, math.nan])
def test_times_that_no_record_can_hold_are_refused(name: str, seconds: float) -> None:
    options: dict[str, Any] = {name: seconds}
    with pytest.raises(ValueError, match="correlation"):
        Correlation(MemoryStore(), **options)
    if name in ("remember", "lease", "scan"):
        with pytest.raises(ValueError, match="gathering"):
            Gathering(MemoryStore(), on_message=lambda *_: None, **options)


async def test_receipts_of_no_message_above_the_limit_of_a_store_in_memory_are_let_go() -> None:
    store = MemoryStore(100)
    correlation = Correlation(store, on_receipt=lambda *_: None)
    link = Sender()
    await correlation.open(link)
    receive: Any = correlation.handlers()[DeliverSm]
    for number in range(300):
        await receive(link, receipt(f"zz{number}"))
        await correlation.look()
    assert await store.count("carrier", "receipt") <= 101
    await correlation.close()


async def test_a_receipt_without_an_id_goes_where_receipts_of_no_message_go(make_store: MakeStore) -> None:
    nameless = DeliverSm(source_addr=NUMBER, esm_class=EsmClass.DELIVERY_RECEIPT, short_message=b"stat:DELIVRD")
    async with Process(make_store) as process:
        process._receive(process.link, nameless)
        assert process.unmatched == [nameless]
        own: list[DeliverSm] = []
        process.correlation.handlers({DeliverSm: lambda _, pdu: own.append(pdu)})
        process._receive(process.link, nameless)
        assert own == [nameless]
