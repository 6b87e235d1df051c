"""What the simulator keeps has a bound, and what it does per message does not grow with it."""

import asyncio
import pathlib
from typing import Any

import pytest

import smppcore
from simulator.clients import LIMIT, NEVER, SOURCE, Inbox, esme, final_state, message, state_of, submit
from smppcore.constants import CommandStatus, MessageState
from smppcore.fields import SmeAddress
from smppcore.pdu import CancelSm, DataSm, SubmitMulti
from smppcore.simulator import Profile, Simulator


async def refused_as_full(call: Any) -> None:
    with pytest.raises(smppcore.Refused) as caught:
        await call
    assert caught.value.status == CommandStatus.ESME_RMSGQFUL


async def test_the_oldest_finished_is_forgotten() -> None:
    async with Simulator(Profile(receipt_delay=0, capacity=3)) as simulator, esme(simulator) as client:
        ids = []
        for _ in range(5):
            ids.append(await submit(client, 0))
            await final_state(client, ids[-1])
        for forgotten in ids[:2]:
            with pytest.raises(smppcore.Refused):
                await state_of(client, forgotten)
        assert [await state_of(client, each) for each in ids[2:]] == [MessageState.DELIVERED] * 3
        assert len(simulator.messages) == 3


async def test_full_of_pending_messages() -> None:
    async with Simulator(Profile(receipt_delay=NEVER, capacity=3)) as simulator, esme(simulator) as client:
        ids = [await submit(client, 0) for _ in range(3)]
        await refused_as_full(client.submit_sm(message()))
        await refused_as_full(client.data_sm(DataSm(destination_addr="1234567")))
        await refused_as_full(client.submit_multi(SubmitMulti(dest_addresses=[SmeAddress("1234567", 1, 1)])))
        await client.cancel_sm(CancelSm(message_id=ids[1], source_addr=SOURCE))
        ids.append(await submit(client, 0))
        assert [await state_of(client, each) for each in (ids[0], *ids[2:])] == [MessageState.ENROUTE] * 3
        await refused_as_full(client.submit_sm(message()))


async def test_full_of_owed_receipts_until_somebody_takes_them() -> None:
    inbox = Inbox()
    async with (
        Simulator(Profile(receipt_delay=0, capacity=10)) as simulator,
        esme(simulator, bind="transmitter") as sender,
    ):
        ids = [await submit(sender) for _ in range(10)]
        await final_state(sender, ids[-1])
        await refused_as_full(sender.submit_sm(message()))
        async with esme(simulator, inbox, bind="receiver") as receiver:
            assert [each.message_id for each in await inbox.receipts(10)] == ids
            await receiver.enquire_link()  # behind the answers, on the same connection
        ids.append(await submit(sender, 0))
        assert len(simulator.messages) == 10


async def test_a_submit_multi_beyond_the_capacity_keeps_nothing() -> None:
    everyone = [SmeAddress(f"39333000000{digit}", 1, 1) for digit in range(4)]
    async with Simulator(Profile(receipt_delay=NEVER, capacity=3)) as simulator, esme(simulator) as client:
        await refused_as_full(client.submit_multi(SubmitMulti(dest_addresses=list(everyone))))
        assert len(simulator.messages) == 0
        await client.submit_multi(SubmitMulti(dest_addresses=list(everyone[:3])))
        assert len(simulator.messages) == 3


async def test_many_more_messages_than_the_capacity() -> None:
    inbox = Inbox()
    async with (
        Simulator(Profile(receipt_delay=0, capacity=100)) as simulator,
        esme(simulator, inbox, window=20) as client,
    ):
        ids = []
        for _ in range(50):
            ids += await asyncio.gather(*(submit(client) for _ in range(40)))
            await inbox.wait(len(ids))
        assert sorted(each or "" for each in inbox.ids) == sorted(ids)
        messages = simulator.messages
        assert len(messages) <= 100
        assert len(messages._by_id) <= 100
        assert len(messages._queue) + len(messages._heap) + len(messages._done) <= 200


async def test_a_message_costs_no_task() -> None:
    async with Simulator(Profile(receipt_delay=0)) as simulator, esme(simulator, Inbox(), window=50) as client:
        factory_calls = []
        loop = asyncio.get_running_loop()
        pending = [client._connection.request(message(), 5.0) for _ in range(50)]

        def count(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> "asyncio.Task[Any]":
            factory_calls.append(coroutine)
            return asyncio.Task(coroutine, loop=loop, **options)

        loop.set_task_factory(count)
        for each in pending:
            await each
        async with asyncio.timeout(LIMIT):
            while simulator.receipts.delivered < 50:
                await client.enquire_link()
        loop.set_task_factory(None)
        assert factory_calls == []


@pytest.mark.soak
@pytest.mark.alone
async def test_memory_is_bounded_under_a_load_of_receipts() -> None:
    inbox_count = 0

    def take(_: object, pdu: smppcore.DeliverSm) -> None:
        nonlocal inbox_count
        inbox_count += 1

    url_options: dict[str, Any] = {"handlers": {smppcore.DeliverSm: take}, "settings": smppcore.Settings(window=64)}
    async with Simulator(Profile(receipt_delay=0.01, capacity=5_000)) as simulator:
        url = f"smpp://smppclient1:password@127.0.0.1:{simulator.port}"
        async with smppcore.connect(url, bind="transceiver", **url_options) as client:
            sizes = []
            for sent in range(2_000, 202_000, 2_000):
                await asyncio.gather(*(client.submit_sm(message()) for _ in range(2_000)))
                async with asyncio.timeout(LIMIT):
                    while inbox_count < sent:
                        await client.enquire_link()
                sizes.append(resident())
            await client.enquire_link()  # behind the answers, on the same connection
            arrivals = simulator.messages.arrivals
            assert len(simulator.messages) <= 5_000
            assert (len(arrivals.owed), len(arrivals.waiting), simulator.receipts.waiting) == (0, 0, 0)
            assert sizes[-1] < sizes[len(sizes) // 2] * 1.05


def resident() -> int:
    """Resident size of this process, in pages."""
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1])
