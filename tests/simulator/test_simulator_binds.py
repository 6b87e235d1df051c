"""Who may bind to the simulator, and what ends with it."""

import asyncio
from typing import Any

import pytest

import smppcore
from simulator.clients import LIMIT, NEVER, Inbox, RawClient, esme, submit
from smppcore.constants import CommandStatus
from smppcore.pdu import BindReceiver, BindTransceiver, BindTransmitter
from smppcore.simulator import Profile, Simulator
from smppcore.tlv import SC_INTERFACE_VERSION

TWO_ACCOUNTS = Profile(accounts={"one": "secret", "two": "", "smppclient1": "password"})


@pytest.mark.parametrize("account", ["one:secret", "two:", "smppclient1:password"])
@pytest.mark.parametrize("mode", ["transceiver", "transmitter", "receiver"])
async def test_known_accounts_bind(account: str, mode: Any) -> None:
    async with Simulator(TWO_ACCOUNTS) as simulator, esme(simulator, bind=mode, account=account) as client:
        assert client.smsc_system_id == "smppcore"
        assert client.smsc_interface_version == 0x34
        assert [peer.system_id for peer in simulator.smsc.peers] == [account.partition(":")[0]]


@pytest.mark.parametrize(
    "account", ["nobody:secret", "one:wrong", "one:", "two:secret", ":", ":secret", "ONE:secret", "one:secret%20"]
)
async def test_others_do_not(account: str) -> None:
    async with Simulator(TWO_ACCOUNTS) as simulator:
        with pytest.raises(smppcore.BindRefused) as caught:
            async with esme(simulator, account=account):
                pass
        assert caught.value.status == CommandStatus.ESME_RBINDFAIL
        assert simulator.smsc.peers == []


async def test_a_refused_connection_can_bind_again() -> None:
    async with Simulator() as simulator, RawClient(simulator.port) as client:
        strangers: list[smppcore.Bind[Any]] = [BindReceiver("nobody", "password"), BindTransmitter("smppclient1", "no")]
        for number, bad in enumerate(strangers, 1):
            client.send(bad.encode(number))
            answer = await client.read()
            assert (answer.command_status, answer.sequence_number) == (CommandStatus.ESME_RBINDFAIL, number)
        client.send(BindTransceiver("smppclient1", "password").encode(3))
        answer = await client.read()
        assert (answer.command, answer.command_status) == ("bind_transceiver_resp", 0)
        assert await client.lives()


async def test_an_account_may_bind_more_than_once() -> None:
    async with Simulator() as simulator, esme(simulator), esme(simulator), esme(simulator, bind="receiver"):
        assert len(simulator.smsc.peers_of("smppclient1")) == 3


async def test_version_33_is_sent_no_tlvs_and_short_ids() -> None:
    async with Simulator() as simulator, RawClient(simulator.port) as client:
        answer = await client.bind(version=0x33)
        assert (answer.command_status, answer.get(SC_INTERFACE_VERSION)) == (0, None)
        client.send(smppcore.SubmitSm(destination_addr="1234567").encode(2))
        response: Any = await client.read()
        assert 0 < len(response.message_id) <= 8


async def test_close_unbinds_everyone() -> None:
    async with Simulator() as simulator:
        first, second = await esme(simulator), await esme(simulator, bind="receiver")
        await simulator.close()
        async with asyncio.timeout(LIMIT):
            assert await first.wait_closed() == await second.wait_closed() == "the peer unbound"
        with pytest.raises(ConnectionError):
            await esme(simulator)


async def test_close_twice_and_close_unopened() -> None:
    simulator = Simulator()
    await simulator.close()
    async with Simulator() as simulator:
        await simulator.close()


async def test_close_with_receipts_in_flight_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    loop = asyncio.get_running_loop()
    never: asyncio.Future[None] = loop.create_future()
    inbox = Inbox(*[never] * 5)
    settings = smppcore.Settings(close_timeout=0.2, window=100)
    simulator = Simulator(Profile(receipt_delay=0), settings=settings)
    await simulator.start()
    client = await esme(simulator, inbox)
    for _ in range(5):
        await submit(client)
    await inbox.wait(5)
    await submit(client, 0)
    await simulator.close()
    async with asyncio.timeout(LIMIT):
        await client.wait_closed()
    await client.close()
    await asyncio.sleep(0)  # the handlers of the client have been cancelled
    assert simulator.alarm.at == float("inf")
    assert all(box.retry is None for box in simulator.receipts._boxes.values())
    assert simulator.receipts.waiting == 5
    assert asyncio.all_tasks() == before


async def test_close_with_messages_pending_leaves_no_timer() -> None:
    async with Simulator(Profile(receipt_delay=NEVER)) as simulator, esme(simulator) as client:
        await submit(client)
        assert simulator.alarm.at < float("inf")
        await simulator.close()
        assert simulator.alarm.at == float("inf")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"receipt_delay": -1.0}, "receipt_delay"),
        ({"receipt_delay": float("nan")}, "receipt_delay"),
        ({"receipt_delay": float("inf")}, "receipt_delay"),
        ({"capacity": 0}, "capacity"),
        ({"window": 0}, "window"),
        ({"system_id": "sixteen letters!"}, "system_id"),
        ({"system_id": "prénom"}, "system_id"),
    ],
)
def test_a_profile_that_cannot_be(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        Profile(**fields)
