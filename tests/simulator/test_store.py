"""Messages that outlive their simulator."""

import asyncio
import contextlib
import os
import pathlib
import signal
import sqlite3
import sys
from typing import Any

import pytest

from simulator.clients import DESTINATION, LIMIT, SOURCE, Inbox, RawClient, esme, state_of, submit
from smppcore.constants import MessageState
from smppcore.pdu import BindReceiver, CancelSm, DataSm, SubmitSm
from smppcore.simulator import Simulator, VirtualClock
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.simulator.store import SqliteStore
from smppcore.tlv import MESSAGE_PAYLOAD, USER_MESSAGE_REFERENCE


def kept(store: pathlib.Path, clock: VirtualClock, **shortcuts: Any) -> Simulator:
    return Simulator(store=store, clock=clock, **({"delay": 10} | shortcuts))


async def test_a_killed_simulator_still_owes_its_receipts(tmp_path: pathlib.Path) -> None:
    """SIGKILL with receipts in flight, receipts waiting, and messages on their way: what was answered is not lost."""
    store = tmp_path / "messages.db"
    script = pathlib.Path(__file__).with_name("killed.py")
    process = await asyncio.create_subprocess_exec(sys.executable, script, str(store), stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(2 * LIMIT):
        port = int(await process.stdout.readline())
    ids: list[str] = []
    async with RawClient(port) as client:
        await client.bind()
        for number in range(2, 102):
            client.send(SubmitSm(destination_addr=DESTINATION, registered_delivery=1).encode(number))
        while len(ids) < 100:
            pdu: Any = await client.read()
            if pdu.command == "submit_sm_resp":
                ids.append(pdu.message_id)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    inbox = Inbox()
    async with Simulator(store=store, delay=0.05) as simulator, esme(simulator, inbox):
        await inbox.wait(100)
        assert set(inbox.ids) == set(ids)


async def test_messages_go_on_where_they_were(tmp_path: pathlib.Path) -> None:
    store, clock = tmp_path / "messages.db", VirtualClock()
    async with kept(store, clock) as simulator, esme(simulator, bind="transmitter") as client:
        pending = await submit(client)
        cancelled = await submit(client, 0)
        await client.cancel_sm(CancelSm(message_id=cancelled, source_addr=SOURCE))
        owed = await submit(client, schedule_delivery_time="")
        simulator.advance(5)
    inbox = Inbox()
    async with kept(store, clock) as simulator, esme(simulator, inbox) as client:
        assert await state_of(client, pending) == MessageState.ENROUTE
        assert await state_of(client, cancelled) == MessageState.DELETED
        simulator.advance(4.9)
        assert simulator.receipts.delivered == 0
        simulator.advance(0.1)
        assert [each.message_id for each in await inbox.receipts(2)] == [pending, owed]
        await client.enquire_link()
        new = await submit(client)
        assert new not in (pending, cancelled, owed)
    async with kept(store, clock) as simulator, esme(simulator, inbox) as client:
        assert await state_of(client, owed) == MessageState.DELIVERED
        assert simulator.receipts.waiting == 0


async def test_what_is_forgotten_is_forgotten_for_good(tmp_path: pathlib.Path) -> None:
    store, clock = tmp_path / "messages.db", VirtualClock()
    async with kept(store, clock, capacity=3, delay=0) as simulator, esme(simulator) as client:
        for _ in range(10):
            await submit(client, 0)
            simulator.advance(0)
    with contextlib.closing(sqlite3.connect(store)) as connection, connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (3,)
    connection.close()


async def test_a_receipt_does_not_overtake_the_answer_that_waits_for_the_file(tmp_path: pathlib.Path) -> None:
    async with Simulator(store=tmp_path / "messages.db", delay=0) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        known: set[str] = set()
        client.send(b"".join(SubmitSm(destination_addr="1", registered_delivery=1).encode(n) for n in range(2, 52)))
        receipts = 0
        while receipts < 50:
            pdu: Any = await client.read()
            if pdu.command == "submit_sm_resp":
                known.add(pdu.message_id)
            else:
                receipts += 1
                assert pdu.short_message.split()[0].decode().removeprefix("id:") in known


@pytest.mark.parametrize("long", [False, True])
async def test_every_field_comes_back(tmp_path: pathlib.Path, long: bool) -> None:
    store = SqliteStore(tmp_path / "messages.db")
    request = SubmitSm(
        service_type="WAP",
        source_addr_ton=5,
        source_addr="Shop",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr="9" * (60 if long else 12),
        esm_class=0x40,
        registered_delivery=0x11,
        data_coding=8,
        short_message=b"\x05\x00\x03\x07\x02\x01hi" * (50 if long else 1),
        tlvs=[USER_MESSAGE_REFERENCE(77)],
    )
    message = StoredMessage("id1", "shop", request, 1000.5)
    message.due, message.ends, message.outcome, message.error, message.dialect = 1001.5, 1002.5, 5, "021", "short"
    await asyncio.shield(store.save(message))
    message.finish(MessageState.UNDELIVERABLE, 1002.5)
    await asyncio.shield(store.save(message))
    (loaded,) = store.load()
    await store.close()
    for name in StoredMessage.__slots__:
        assert getattr(loaded, name) == getattr(message, name), name
    assert loaded.owed is True


async def test_a_file_that_is_no_store(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "messages.db"
    path.write_bytes(b"something else altogether" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        SqliteStore(path)


async def test_a_data_sm_with_a_long_payload_is_kept(tmp_path: pathlib.Path) -> None:
    store, clock = tmp_path / "messages.db", VirtualClock()
    async with kept(store, clock) as simulator, esme(simulator) as client:
        pdu = DataSm(destination_addr="5" * 64, registered_delivery=1, tlvs=[MESSAGE_PAYLOAD(b"x" * 3_000)])
        message_id = (await client.data_sm(pdu)).message_id
    inbox = Inbox()
    async with kept(store, clock) as simulator, esme(simulator, inbox):
        simulator.advance(10)
        assert [each.message_id for each in await inbox.receipts(1)] == [message_id]


async def test_a_receiver_that_binds_late_gets_what_an_earlier_life_owed(tmp_path: pathlib.Path) -> None:
    store, clock = tmp_path / "messages.db", VirtualClock()
    async with kept(store, clock, delay=0) as simulator, esme(simulator, bind="transmitter") as client:
        message_id = await submit(client)
        simulator.advance(0)
    async with kept(store, clock) as simulator, RawClient(simulator.port) as receiver:
        assert simulator.receipts.waiting == 1
        await receiver.bind(BindReceiver)
        pdu: Any = await receiver.read()
        assert message_id.encode() in pdu.short_message
