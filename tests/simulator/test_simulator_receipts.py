"""Receipts over real connections: who gets them, when, and how often."""

import asyncio
from typing import Any

import pytest

import smppcore
from simulator.clients import DESTINATION, LIMIT, NEVER, SOURCE, Inbox, RawClient, esme, final_state, is_receipt, submit
from smppcore.constants import CommandStatus, MessageState
from smppcore.message import receipt_of
from smppcore.notice import Misplaced
from smppcore.pdu import BindReceiver, CancelSm, DataSm, DeliverSm, DeliverSmResp, QuerySm, SubmitSm, Unbind
from smppcore.simulator import Profile, Simulator
from smppcore.tlv import MESSAGE_PAYLOAD, RECEIPTED_MESSAGE_ID, USER_MESSAGE_REFERENCE

AT_ONCE = Profile(receipt_delay=0)
BOTH = Profile(receipt_delay=0, accounts={"smppclient1": "password", "other": "password"})


@pytest.fixture(autouse=True)
def _soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Simulator.__init__

    def soon(self: Simulator, *arguments: Any, **options: Any) -> None:
        made(self, *arguments, **options)
        self.receipts.retry_delay = 0.01

    monkeypatch.setattr(Simulator, "__init__", soon)


async def test_message_ids_are_unique() -> None:
    async with Simulator(AT_ONCE) as simulator, esme(simulator) as one, esme(simulator) as other:
        ids = await asyncio.gather(*(submit(client, 0) for client in (one, other) for _ in range(200)))
        async with Simulator(AT_ONCE) as later, esme(later) as client:
            ids += await asyncio.gather(*(submit(client, 0) for _ in range(200)))
    assert len(set(ids)) == 600
    assert all(0 < len(each) <= 64 for each in ids)


# -- registered_delivery


@pytest.mark.parametrize(("registered_delivery", "wanted"), [(0, False), (1, True), (2, False), (3, True)])
async def test_registered_delivery_of_a_delivered_message(registered_delivery: int, wanted: bool) -> None:
    inbox = Inbox()
    async with Simulator(AT_ONCE) as simulator, esme(simulator, inbox) as client:
        asked = await submit(client, registered_delivery)
        last = await submit(client, 1)
        assert [each.message_id for each in await inbox.receipts(1 + wanted)] == ([asked] if wanted else []) + [last]
        assert await final_state(client, asked) == MessageState.DELIVERED


@pytest.mark.parametrize(("registered_delivery", "wanted"), [(0, False), (1, True), (2, True), (3, False)])
async def test_registered_delivery_of_a_cancelled_message(registered_delivery: int, wanted: bool) -> None:
    inbox = Inbox()
    async with Simulator(Profile(receipt_delay=NEVER)) as simulator, esme(simulator, inbox) as client:
        asked = await submit(client, registered_delivery)
        last = await submit(client, 1)
        for message_id in (asked, last):
            await client.cancel_sm(CancelSm(message_id=message_id, source_addr=SOURCE))
        receipts = await inbox.receipts(1 + wanted)
        assert [each.message_id for each in receipts] == ([asked] if wanted else []) + [last]
        assert {each.fields.stat for each in receipts} == {"DELETED"}


# -- to whom


@pytest.mark.parametrize("mode", ["receiver", "transceiver"])
async def test_to_a_receiver_or_transceiver_of_the_account(mode: Any) -> None:
    inbox = Inbox()
    async with (
        Simulator(AT_ONCE) as simulator,
        esme(simulator, bind="transmitter") as sender,
        esme(simulator, inbox, bind=mode),
    ):
        message_id = await submit(sender)
        assert [each.message_id for each in await inbox.receipts(1)] == [message_id]


async def test_never_to_another_account_nor_to_a_transmitter() -> None:
    stranger, own, notices = Inbox(), Inbox(), list[Any]()
    async with Simulator(BOTH) as simulator, esme(simulator, stranger, account="other:password") as other:
        async with esme(simulator, Inbox(), bind="transmitter", on_notice=notices.append) as sender:
            ids = [await submit(sender) for _ in range(5)]
            for message_id in ids:
                await final_state(sender, message_id)
            assert simulator.receipts.waiting == 5
            async with esme(simulator, own, bind="receiver"):
                assert [each.message_id for each in await own.receipts(5)] == ids
            await other.enquire_link()
            await sender.enquire_link()
        assert stranger.pdus == []
        assert not [notice for notice in notices if isinstance(notice, Misplaced)]


async def test_kept_until_the_next_bind() -> None:
    inbox = Inbox()
    async with Simulator(AT_ONCE) as simulator:
        async with esme(simulator, bind="transmitter") as sender:
            ids = [await submit(sender) for _ in range(20)]
            await final_state(sender, ids[-1])
        async with esme(simulator, inbox):
            assert [each.message_id for each in await inbox.receipts(20)] == ids
        assert (simulator.receipts.waiting, simulator.receipts.delivered) == (0, 20)


async def test_several_esmes_of_an_account_share_them() -> None:
    inboxes = [Inbox() for _ in range(3)]
    async with (
        Simulator(AT_ONCE) as simulator,
        esme(simulator, inboxes[0]) as one,
        esme(simulator, inboxes[1]),
        esme(simulator, inboxes[2], bind="receiver"),
    ):
        ids = await asyncio.gather(*(submit(one) for _ in range(300)))
        async with asyncio.timeout(LIMIT):
            while simulator.receipts.delivered < 300:
                await one.enquire_link()
    assert sorted(each or "" for inbox in inboxes for each in inbox.ids) == sorted(ids)
    assert all(inbox.pdus for inbox in inboxes)


# -- again


@pytest.mark.parametrize("status", [CommandStatus.ESME_RX_T_APPN, CommandStatus.ESME_RTHROTTLED])
async def test_again_after_a_temporary_refusal(status: int) -> None:
    inbox = Inbox(status, status)
    async with Simulator(AT_ONCE) as simulator, esme(simulator, inbox) as client:
        message_id = await submit(client)
        assert [each.message_id for each in await inbox.receipts(3)] == [message_id] * 3
        last = await submit(client)
        assert [each.message_id for each in await inbox.receipts(4)][3] == last


@pytest.mark.parametrize("status", [CommandStatus.ESME_RX_P_APPN, CommandStatus.ESME_RX_R_APPN])
async def test_not_again_after_a_permanent_refusal(status: int) -> None:
    inbox = Inbox(status)
    async with Simulator(AT_ONCE) as simulator:
        async with esme(simulator, inbox) as client:
            refused = await submit(client)
            last = await submit(client)
            await inbox.wait(2)
        async with esme(simulator, inbox) as client:
            later = await submit(client)
            await inbox.wait(3)
        assert inbox.ids == [refused, last, later]
        assert (simulator.receipts.refused, simulator.receipts.delivered) == (1, 2)


async def test_again_after_the_connection_was_cut_before_the_answer() -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    first, second = Inbox(None, never, never), Inbox()
    async with Simulator(AT_ONCE) as simulator:
        client = await esme(simulator, first)
        ids = [await submit(client) for _ in range(3)]
        await first.wait(3)
        client.abort()
        async with esme(simulator, second):
            receipts = await second.receipts(2)
        await client.close()
    assert [each.message_id for each in receipts] == ids[1:]


async def test_none_is_lost_when_a_receiver_unbinds_with_many_waiting() -> None:
    """An answer that makes room in the window and an unbind in one segment: what waited is sent to the next one."""
    inbox = Inbox()
    async with Simulator(Profile(receipt_delay=0, window=2)) as simulator:
        async with esme(simulator, bind="transmitter") as sender:
            ids = [await submit(sender) for _ in range(10)]
            await final_state(sender, ids[-1])
        async with RawClient(simulator.port) as client:
            await client.bind(BindReceiver)
            numbers = [(await client.read()).sequence_number for _ in range(2)]
            client.send(b"".join(DeliverSmResp().encode(number) for number in numbers) + Unbind().encode(99))
            answer = await client.read()
            while answer.command == "deliver_sm":  # what was sent before the unbind was read
                answer = await client.read()
            assert answer.command == "unbind_resp"
        async with esme(simulator, inbox):
            await inbox.wait(8)
        assert sorted(each or "" for each in inbox.ids) == ids[2:]
        assert (simulator.receipts.refused, simulator.receipts.waiting) == (0, 0)


async def test_none_is_lost_when_the_sender_loses_its_frame() -> None:
    """cancel_sm and garbage in one segment: the receipt for DELETED cannot be sent on this connection any more."""
    inbox = Inbox()
    async with Simulator(Profile(receipt_delay=NEVER)) as simulator:
        async with RawClient(simulator.port) as client:
            await client.bind()
            client.send(SubmitSm(destination_addr=DESTINATION, registered_delivery=1).encode(2))
            response: Any = await client.read()
            client.send(CancelSm(message_id=response.message_id).encode(3) + bytes(16))
            await client.read_end()
        async with esme(simulator, inbox):
            assert [each.message_id for each in await inbox.receipts(1)] == [response.message_id]


# -- how it comes


async def test_it_never_overtakes_the_response() -> None:
    async with Simulator(AT_ONCE) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        submits = [SubmitSm(destination_addr=DESTINATION, registered_delivery=1).encode(n) for n in range(2, 52)]
        client.send(b"".join(submits))
        known = set[str]()
        seen = list[str]()
        while len(seen) < 50:
            pdu: Any = await client.read()
            if isinstance(pdu, DeliverSm):
                seen.append(pdu.get(RECEIPTED_MESSAGE_ID) or "")
                assert seen[-1] in known
                client.send(DeliverSmResp().encode(pdu.sequence_number))
            else:
                known.add(pdu.message_id)
        assert set(seen) == known


async def test_it_is_on_the_wire_as_the_book_has_it() -> None:
    inbox = Inbox()
    async with Simulator(AT_ONCE) as simulator, esme(simulator, inbox) as client:
        message_id = await submit(
            client,
            source_addr="Shop",
            source_addr_ton=5,
            source_addr_npi=0,
            short_message=b"Your parcel arrives tomorrow",
            tlvs=[USER_MESSAGE_REFERENCE(77)],
        )
        (pdu,) = await inbox.wait(1)
    assert is_receipt(pdu)
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (1, 1, DESTINATION)
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (5, 0, "Shop")
    assert pdu.get(USER_MESSAGE_REFERENCE) == 77
    receipt = receipt_of(pdu)
    assert receipt is not None
    assert receipt.oddities == ()
    assert (receipt.message_id, receipt.message_state) == (message_id, MessageState.DELIVERED)
    assert receipt.fields.text == "Your parcel arrives "
    assert receipt.submit_time is not None
    assert receipt.done_time is not None
    assert receipt.submit_time <= receipt.done_time


async def test_a_message_in_message_payload_has_a_preview_too() -> None:
    inbox = Inbox()
    async with Simulator(AT_ONCE) as simulator, esme(simulator, inbox) as client:
        await submit(client, short_message=b"", tlvs=[MESSAGE_PAYLOAD(b"long text " * 1000)])
        (receipt,) = await inbox.receipts(1)
        assert receipt.fields.text == "long text long text "
        (kept,) = simulator.messages
        assert len(kept.short_message) <= 254


async def test_a_text_of_several_segments_has_a_receipt_for_each() -> None:
    inbox = Inbox()
    async with Simulator(AT_ONCE) as simulator, esme(simulator, inbox) as client:
        sent = await client.send("Добър ден! " * 20, to="+359888123456", source="Bank", receipt=True)
        receipts = await inbox.receipts(len(sent.parts))
        assert len(receipts) > 3
        assert sorted(each.message_id or "" for each in receipts) == sorted(sent.message_ids)


async def test_data_sm_has_a_receipt() -> None:
    inbox = Inbox()
    async with Simulator(AT_ONCE) as simulator, esme(simulator, inbox) as client:
        response = await client.data_sm(
            DataSm(
                source_addr=SOURCE,
                destination_addr=DESTINATION,
                registered_delivery=1,
                tlvs=[MESSAGE_PAYLOAD(b"from data")],
            )
        )
        (receipt,) = await inbox.receipts(1)
        assert (receipt.message_id, receipt.fields.text) == (response.message_id, "from data")
        answer = await client.query_sm(QuerySm(message_id=response.message_id, source_addr=SOURCE))
        assert answer.message_state == MessageState.DELIVERED


async def test_data_sm_to_a_long_address_has_a_receipt() -> None:
    inbox = Inbox()
    long_address = "x" * 64
    async with Simulator(AT_ONCE) as simulator, esme(simulator, inbox) as client:
        response = await client.data_sm(DataSm(destination_addr=long_address, registered_delivery=1))
        (pdu,) = await inbox.wait(1)
        assert (pdu.command, pdu.source_addr) == ("data_sm", long_address)
        assert inbox.ids == [response.message_id]


async def test_data_sm_without_a_destination_is_refused() -> None:
    async with Simulator(AT_ONCE) as simulator, esme(simulator) as client:
        with pytest.raises(smppcore.Refused) as caught:
            await client.data_sm(DataSm(tlvs=[MESSAGE_PAYLOAD(b"x")]))
        assert caught.value.status == CommandStatus.ESME_RINVDSTADR
