"""The simulator under virtual time: nothing waits, and the same seed and the same arrivals give the same octets."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

import smppcore
from simulator.clients import DESTINATION, LIMIT, SOURCE, Inbox, RawClient, esme, state_of, submit
from smppcore.constants import CommandStatus, MessageState
from smppcore.message import receipt_of
from smppcore.pdu import DataSm, DeliverSm, DeliverSmResp, ReplaceSm, SubmitSm
from smppcore.simulator import Simulator, VirtualClock
from smppcore.smpptime import format_relative
from smppcore.tlv import MESSAGE_STATE, RECEIPTED_MESSAGE_ID


def still(**shortcuts: Any) -> Simulator:
    """A simulator whose time stands still."""
    return Simulator(**shortcuts, clock=VirtualClock())


def in_seconds(seconds: int) -> str:
    return format_relative(timedelta(seconds=seconds))


async def conversation(seed: int) -> bytes:
    """All that a simulator sends to an ESME that does the same each time."""
    simulator = still(
        seed=seed,
        delay={"exponential": 5},
        outcomes={"delivered": 3, "undeliverable": 1, "rejected": 1},
        accounts={"smppclient1": {"password": "password", "message_id": "uuid"}},
        faults={"some": {"kind": "duplicate", "probability": 0.2}},
    )
    octets = b""
    async with simulator, RawClient(simulator.port) as client:
        await client.bind()
        for number in range(2, 32):
            client.send(SubmitSm(destination_addr=str(number), registered_delivery=0x11).encode(number))
        end = smppcore.QuerySm(message_id="none").encode(99)
        client.send(end)
        octets += await _until_answered(client, 99)
        for second in range(60):
            simulator.advance(1)
            client.send(smppcore.QuerySm(message_id="none").encode(100 + second))
            octets += await _until_answered(client, 100 + second)
    return octets


async def _until_answered(client: RawClient, number: int) -> bytes:
    octets = b""
    async with asyncio.timeout(LIMIT):
        while True:
            head = await client._reader.readexactly(16)
            octets += head + await client._reader.readexactly(int.from_bytes(head[:4], "big") - 16)
            if head[7] == 5:
                client.send(DeliverSmResp().encode(int.from_bytes(head[12:], "big")))
            elif int.from_bytes(head[12:], "big") == number:
                return octets


async def test_the_same_seed_and_the_same_arrivals_give_the_same_octets() -> None:
    first = await conversation(7)
    assert first == await conversation(7)
    assert len(first) > 30 * 150
    assert first != await conversation(8)


async def test_nothing_happens_until_time_passes() -> None:
    inbox = Inbox()
    async with still(delay=10) as simulator, esme(simulator, inbox) as client:
        message_id = await submit(client)
        simulator.advance(9.99)
        assert await state_of(client, message_id) == MessageState.ENROUTE
        simulator.advance(0.01)
        assert await state_of(client, message_id) == MessageState.DELIVERED
        assert [each.message_id for each in await inbox.receipts(1)] == [message_id]


async def test_only_a_virtual_clock_can_be_advanced() -> None:
    async with Simulator() as simulator:
        with pytest.raises(TypeError, match="not virtual"):
            simulator.advance(1)
    with pytest.raises(ValueError, match="go back"):
        VirtualClock().advance(-1)


def test_calls_are_made_in_the_order_of_their_times() -> None:
    clock, made = VirtualClock(100.0), list[tuple[str, float]]()
    for name, when in (("late", 103.0), ("early", 101.0), ("past", 1.0), ("never", 200.0)):
        clock.call_at(when, lambda name=name: made.append((name, clock.now())))
    clock.call_at(102.0, made.append, ("cancelled", 0.0)).cancel()
    clock.advance(50)
    assert made == [("past", 100.0), ("early", 101.0), ("late", 103.0)]
    assert clock.now() == 150.0


async def test_an_intermediate_notification_and_then_the_receipt() -> None:
    inbox = Inbox()
    async with still(delay=10) as simulator, esme(simulator, inbox) as client:
        message_id = await submit(client, 0x11)
        simulator.advance(5)
        (notification,) = await inbox.wait(1)
        assert (notification.esm_class, notification.get(MESSAGE_STATE)) == (0x20, MessageState.ENROUTE)
        assert notification.get(RECEIPTED_MESSAGE_ID) == message_id
        simulator.advance(5)
        assert (await inbox.wait(2))[1].esm_class == 0x04


async def test_a_message_that_nobody_reaches_in_time_expires() -> None:
    inbox = Inbox()
    async with still(delay=100) as simulator, esme(simulator, inbox) as client:
        await submit(client, 2, validity_period=in_seconds(30))
        simulator.advance(30)
        (receipt,) = await inbox.receipts(1)
        assert (receipt.fields.stat, receipt.message_state) == ("EXPIRED", MessageState.EXPIRED)


async def test_a_message_that_is_scheduled_waits() -> None:
    inbox = Inbox()
    async with still(delay=1) as simulator, esme(simulator, inbox) as client:
        message_id = await submit(client, schedule_delivery_time=in_seconds(3600))
        simulator.advance(3600)
        assert await state_of(client, message_id) == MessageState.ENROUTE
        simulator.advance(1)
        assert await state_of(client, message_id) == MessageState.DELIVERED


async def test_a_validity_that_ends_before_the_schedule_is_refused() -> None:
    async with still() as simulator, esme(simulator) as client:
        with pytest.raises(smppcore.Refused) as caught:
            await submit(client, schedule_delivery_time=in_seconds(60), validity_period=in_seconds(30))
        assert caught.value.status == CommandStatus.ESME_RINVEXPIRY
        assert (simulator.accepted, len(simulator.messages)) == (0, 0)


async def test_replace_if_present_replaces_what_is_pending_between_the_two() -> None:
    inbox = Inbox()
    async with still(delay=10) as simulator, esme(simulator, inbox) as client:
        old = await submit(client, short_message=b"old")
        other = await submit(client, destination_addr="393330000002")
        new = await submit(client, short_message=b"new", replace_if_present_flag=1)
        assert new == old
        assert len(simulator.messages) == 2
        simulator.advance(10)
        found = {each.message_id: each.fields.text for each in await inbox.receipts(2)}
        assert found == {new: "new", other: "hello"}
        assert await submit(client, replace_if_present_flag=1) not in (old, other)


async def test_replace_sm_can_put_a_message_off() -> None:
    async with still(delay=1) as simulator, esme(simulator) as client:
        message_id = await submit(client, schedule_delivery_time=in_seconds(10))
        replace = ReplaceSm(message_id=message_id, source_addr=SOURCE, schedule_delivery_time=in_seconds(100))
        await client.replace_sm(replace)
        simulator.advance(100)
        assert await state_of(client, message_id) == MessageState.ENROUTE
        simulator.advance(1)
        assert await state_of(client, message_id) == MessageState.DELIVERED


async def test_rules_decide_on_state_time_error_and_dialect() -> None:
    inbox = Inbox()
    rules: dict[str, Any] = {
        "lost": {"destination": "39333*", "outcomes": "undeliverable", "delay": 5, "error": "021", "dialect": "short"},
        "full": {"text": "too much", "status": "ESME_RMSGQFUL"},
    }
    async with still(delay=1, rules=rules) as simulator, esme(simulator, inbox) as client:
        await submit(client, destination_addr="111")
        await submit(client)
        with pytest.raises(smppcore.Refused) as caught:
            await submit(client, destination_addr="111", short_message=b"this is too much")
        assert caught.value.status == CommandStatus.ESME_RMSGQFUL
        simulator.advance(1)
        assert (await inbox.receipts(1))[0].fields.stat == "DELIVRD"
        simulator.advance(4)
        lost = (await inbox.receipts(2))[1]
        assert (lost.fields.stat, lost.fields.err, lost.fields.sub) == ("UNDELIV", "021", None)
        simulator.rules.enable("lost", False)
        await submit(client)
        simulator.advance(1)
        assert (await inbox.receipts(3))[2].fields.stat == "DELIVRD"
        assert [rule.hits for rule in simulator.rules] == [1, 1]


async def test_an_account_has_its_own_dialect_and_ids() -> None:
    inbox = Inbox()
    account = {"password": "password", "dialect": "decimal-ids", "message_id": {"form": "hex", "width": 8}}
    async with still(delay=0, accounts={"smppclient1": account}) as simulator, esme(simulator, inbox) as client:
        assert await submit(client) == "00000001"
        simulator.advance(0)
        assert [each.message_id for each in await inbox.receipts(1)] == ["0000000001"]


async def test_an_esme_that_does_not_answer_is_sent_the_receipt_again_and_costs_its_window() -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    inbox = Inbox(*[never] * 10)
    simulator = Simulator(delay=0, window=2, response_timeout=0.05, retry=0.01)
    async with simulator, esme(simulator, inbox) as client:
        for _ in range(20):
            await submit(client)
        pdus = await inbox.wait(4)
        assert len({pdu.get(RECEIPTED_MESSAGE_ID) for pdu in pdus[:4]}) == 2
        assert simulator.receipts.waiting >= 16
        never.set_result(None)


async def test_receipts_by_data_sm_are_taken() -> None:
    inbox = Inbox()
    async with still(delay=0, dialect="data-sm") as simulator, esme(simulator, inbox) as client:
        message_id = await submit(client)
        simulator.advance(0)
        (pdu,) = await inbox.wait(1)
        assert isinstance(pdu, DataSm)
        receipt = receipt_of(pdu)
        assert receipt is not None
        assert receipt.message_id == message_id
        await client.enquire_link()
        assert simulator.receipts.delivered == 1


async def test_a_simulator_of_the_same_account_and_destination_keeps_receipts_apart() -> None:
    inbox = Inbox()
    async with still(delay=1) as simulator, esme(simulator, inbox) as client:
        ids = [await submit(client, destination_addr=DESTINATION) for _ in range(5)]
        simulator.advance(1)
        assert [each.message_id for each in await inbox.receipts(5)] == ids
        assert all(isinstance(pdu, DeliverSm) for pdu in inbox.pdus)
