"""Plain messages are kept as they came until somebody asks; nobody can tell the difference but by the speed."""

import asyncio
from typing import Any

import pytest

import smppcore
from simulator.clients import LIMIT, SOURCE, Inbox, esme, message, state_of, submit
from smppcore.constants import MessageState
from smppcore.pdu import CancelSm, DeliverSm, SubmitSmResp
from smppcore.simulator import Simulator, VirtualClock
from smppcore.simulator.arrivals import Arrival, Arrivals, Entry
from smppcore.simulator.dialects import STANDARD
from smppcore.simulator.life_cycle import DELIVERED
from smppcore.simulator.receipt_pdu import ArrivalReceipt, receipt_in
from smppcore.simulator.reception import ReadyAnswer

ACCOUNTS = {"smppclient1": "password"}
NOON = 1_700_049_600.0


def simulator(**shortcuts: Any) -> Simulator:
    return Simulator(accounts=ACCOUNTS, clock=VirtualClock(), **shortcuts)


def arrival(number: int = 1, submitted: float = NOON, due: float = NOON + 1, **fields: Any) -> Entry:
    given: dict[str, Any] = dict.fromkeys(Arrival._fields, 0) | {
        "number": number,
        "account": "acme",
        "message_id": b"id%d\0" % number,
        "submitted": submitted,
        "due": due,
        "service_type": "",
        "source_addr": "Shop",
        "destination_addr": "393330000001",
        "registered_delivery": 1,
        "short_message": b"hello",
    }
    return tuple(Arrival(**(given | fields)))  # type: ignore[return-value]  # it has the form of an entry


# -- the octets are those of the long way


@pytest.mark.parametrize("message_id", ["1", "00ff", "x" * 64])
def test_an_answer_that_is_written_at_once_is_the_answer(message_id: str) -> None:
    ready = ReadyAnswer()
    ready.octets = message_id.encode() + b"\0"
    assert ready.encode(77) == SubmitSmResp(message_id=message_id).encode(77)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"source_addr": "", "source_addr_ton": 5, "dest_addr_npi": 1},
        {"submitted": NOON + 59.9, "due": NOON + 60.1},
        {"submitted": NOON - 3600.0},
        {"short_message": b"a" * 19 + b"\x1b\x65"},
        {"short_message": b""},
        {"message_id": b"x" * 64 + b"\0"},
    ],
)
def test_a_receipt_that_is_written_at_once_is_the_receipt(fields: dict[str, Any]) -> None:
    entry = arrival(**fields)
    stored = Arrivals(lambda: NOON).stored(entry)
    stored.finish(DELIVERED, stored.ends)
    expected = receipt_in(STANDARD, stored, 0x34)
    octets = ArrivalReceipt(entry).encode(77)
    assert DeliverSm.decode(octets) == expected
    assert octets == expected.encode(77)


# -- looking


async def test_messages_reach_their_state_though_nobody_looks() -> None:
    async with simulator(delay=5) as running, esme(running) as client:
        for _ in range(3):
            await submit(client, 0)
        assert (running.accepted, len(running.messages)) == (3, 3)
        assert running.statistics.states == {}
        running.advance(5)
        assert running.statistics.states == {"DELIVERED": 3}
        assert len(running.messages.arrivals.entries) == 3
        assert running.alarm.at == float("inf")  # not even a timer


async def test_a_message_that_was_asked_for_is_the_same_ever_after() -> None:
    async with simulator(delay=5) as running, esme(running) as client:
        message_id = await submit(client, 0)
        (kept,) = running.messages
        assert (kept.message_id, kept.pending, kept.text) == (message_id, True, "hello")
        assert kept.request == message(0)
        running.advance(5)
        assert kept.state == MessageState.DELIVERED
        assert running.messages.all_of(message_id) == [kept]
        assert (running.accepted, running.statistics.states) == (1, {"DELIVERED": 1})


async def test_the_latest_are_shown_without_taking_anything_in() -> None:
    async with simulator(delay=5) as running, esme(running) as client:
        first = await submit(client, 0)
        await client.query_sm(smppcore.QuerySm(message_id=first, source_addr=SOURCE))
        later = [await submit(client, 0) for _ in range(2)]
        running.advance(4)
        assert [(each.message_id, each.state) for each in reversed(running.messages)] == [
            (each, MessageState.ENROUTE) for each in (later[1], later[0], first)
        ]
        running.advance(1)
        assert {each.state for each in reversed(running.messages)} == {MessageState.DELIVERED}
        assert len(running.messages.arrivals.entries) == 2


async def test_a_receipt_comes_once_whether_anybody_asks_or_not() -> None:
    inbox = Inbox()
    async with simulator(delay=5) as running, esme(running, inbox) as client:
        ids = [await submit(client) for _ in range(4)]
        assert await state_of(client, ids[1]) == MessageState.ENROUTE
        ids.append(await submit(client))
        running.advance(5)
        assert [each.message_id for each in await inbox.receipts(5)] == ids
        await client.enquire_link()
        running.advance(60)
        assert not any(each.owed for each in running.messages)
        assert (running.receipts.delivered, len(inbox.pdus)) == (5, 5)


async def test_a_receipt_that_is_in_flight_is_owed_until_it_is_taken() -> None:
    answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    inbox = Inbox(answer)
    async with simulator(delay=0) as running, esme(running, inbox) as client:
        message_id = await submit(client)
        running.advance(0)
        await inbox.wait(1)
        (kept,) = running.messages.all_of(message_id)
        assert (kept.state, kept.owed) == (MessageState.DELIVERED, True)
        answer.set_result(0)
        await settled(running, client, 1)
        assert not kept.owed


async def test_an_answer_after_a_reset_hurts_nobody() -> None:
    answers: list[asyncio.Future[int]] = [asyncio.get_running_loop().create_future() for _ in range(2)]
    inbox = Inbox(*answers)
    async with simulator(delay=0, capacity=1) as running, esme(running, inbox) as client:
        await submit(client)
        running.advance(0)
        await inbox.wait(1)
        running.reset()
        await submit(client)
        running.advance(0)
        await inbox.wait(2)
        _ = list(running.messages)
        running.reset()
        for answer in answers:
            answer.set_result(0)
        await settled(running, client, 2)
        for _ in range(3):
            await submit(client, 0)
        assert len(running.messages) == 1


async def settled(running: Simulator, client: smppcore.Esme, count: int) -> None:
    async with asyncio.timeout(LIMIT):
        while running.receipts.delivered < count:
            await client.enquire_link()


async def test_what_was_asked_for_and_what_was_not_step_in_their_order() -> None:
    async with simulator(delay=5) as running, esme(running, inbox := Inbox()) as client:
        later = [await submit(client, validity_period="000000000009000R")]
        for _ in range(3):
            running.advance(0.9)
            later.append(await submit(client))
            running.advance(0.7)  # so that no two are due at once
            later.append(await submit(client, schedule_delivery_time="000000000001000R"))
        assert await state_of(client, later[-1]) == MessageState.ENROUTE
        later.append(await submit(client))
        running.advance(60)
        expected = sorted(running.messages, key=lambda each: each.ends)
        assert [each.message_id for each in await inbox.receipts(8)] == [each.message_id for each in expected]


async def test_what_was_cancelled_gets_no_other_state() -> None:
    async with simulator(delay=5) as running, esme(running) as client:
        ids = [await submit(client, 0) for _ in range(2)]
        await client.cancel_sm(CancelSm(message_id=ids[0], source_addr=SOURCE))
        running.advance(5)
        assert running.statistics.states == {"DELETED": 1, "DELIVERED": 1}


async def test_who_begins_to_watch_is_told_of_those_on_their_way() -> None:
    seen: list[str] = []
    async with simulator(delay=5) as running, esme(running) as client:
        ids = [await submit(client, 0)]
        end = running.watch(on_state=lambda each: seen.append(each.message_id))
        ids.append(await submit(client, 0))
        running.advance(5)
        assert seen == ids
        end()
        await submit(client, 0)
        assert len(running.messages.arrivals.entries) == 1


async def test_a_delay_that_changes_holds_for_what_comes_then() -> None:
    async with simulator(delay=100) as running, esme(running, inbox := Inbox()) as client:
        slow = await submit(client)
        running.reload(smppcore.simulator.read_config({"accounts": ACCOUNTS, "delay": 1}))
        quick = await submit(client)
        running.advance(1)
        assert [each.message_id for each in await inbox.receipts(1)] == [quick]
        running.advance(99)
        assert [each.message_id for each in await inbox.receipts(2)] == [quick, slow]


# -- forgetting


def full(*entries: Entry, now: float = NOON + 100) -> Arrivals:
    arrivals = Arrivals(lambda: now)
    arrivals.entries.extend(entries)
    return arrivals


def test_the_oldest_are_forgotten_many_at_once() -> None:
    arrivals = full(*(arrival(number) for number in range(10)))
    arrivals.forget(1, 4)
    assert ([entry[0] for entry in arrivals.entries], arrivals.forgotten) == ([4, 5, 6, 7, 8, 9], 4)
    arrivals.forget(7, 4)
    assert (list(arrivals.entries), arrivals.forgotten) == ([], 10)
    arrivals.forget(1, 4)
    assert arrivals.forgotten == 10


def test_neither_pending_nor_owed_ones_are_forgotten() -> None:
    arrivals = full(arrival(1), arrival(2), arrival(3, due=NOON + 200))
    arrivals.forget(3, 1)
    assert [entry[0] for entry in arrivals.entries] == [3]
    arrivals = full(arrival(1), arrival(2), arrival(3))
    arrivals.owed.add(2)
    arrivals.forget(3, 1)
    assert [entry[0] for entry in arrivals.entries] == [2, 3]


async def test_room_is_found_behind_one_that_owes_its_receipt() -> None:
    async with simulator(delay=0, capacity=3) as running, esme(running, bind="transmitter") as client:
        owing = await submit(client)
        others = [await submit(client, 0) for _ in range(2)]
        running.advance(0)
        others.append(await submit(client, 0))
        assert [each.message_id for each in running.messages] == [owing, *others[1:]]


# -- default_encoding


async def test_a_rule_reads_the_text_in_the_encoding_of_the_account() -> None:
    accounts = {"smppclient1": {"password": "password", "default_encoding": "latin-1"}}
    rules = {"price": {"text": "€|£", "status": "ESME_RSUBMITFAIL"}}
    async with Simulator(accounts=accounts, rules=rules) as running, esme(running) as client:
        await submit(client, short_message=b"\x01 in GSM 03.38 is a pound")
        with pytest.raises(smppcore.Refused):
            await submit(client, short_message=b"\xa3 in Latin-1")


async def test_a_receipt_repeats_the_text_in_the_encoding_of_the_account() -> None:
    accounts = {"smppclient1": {"password": "password", "default_encoding": "latin-1"}}
    async with Simulator(accounts=accounts, delay=0) as running, esme(running, inbox := Inbox()) as client:
        await submit(client, data_coding=8, short_message="£ 5".encode("utf-16-be"))
        await submit(client, short_message=b"\xa3 5")
        assert [pdu.short_message.endswith(b" text:\xa3 5") for pdu in await inbox.wait(2)] == [True, True]
        assert [each.text for each in running.messages] == ["£ 5", "£ 5"]


# -- limits over all listeners


async def test_binds_count_over_all_listeners() -> None:
    accounts = {"smppclient1": {"password": "password", "binds": 1}}
    async with Simulator(accounts=accounts, listeners=[{"port": 0}, {"port": 0}]) as running, esme(running):
        with pytest.raises(smppcore.BindRefused):
            await smppcore.connect(f"smpp://smppclient1:password@127.0.0.1:{running.smscs[1].port}")
