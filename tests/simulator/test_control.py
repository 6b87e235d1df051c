"""What can be asked of a simulator while it runs: looks, pauses, cuts, a new beginning, another configuration."""

import asyncio
import pathlib
import ssl
from dataclasses import replace
from typing import Any

import pytest
import trustme

import smppcore
from simulator.clients import LIMIT, SOURCE, Inbox, esme, state_of, submit
from smppcore.constants import CommandStatus, MessageState
from smppcore.pdu import CancelSm
from smppcore.simulator import Config, ConfigError, Simulator, VirtualClock, read_config
from smppcore.simulator.life_cycle import StoredMessage


def still(**shortcuts: Any) -> Simulator:
    return Simulator(**shortcuts, clock=VirtualClock())


async def test_statistics() -> None:
    inbox = Inbox()
    rules = {"no": {"destination": "000", "status": "ESME_RINVDSTADR"}}
    outcomes = {"delivered": 1}
    async with still(delay=1, rules=rules, outcomes=outcomes) as simulator, esme(simulator, inbox) as client:
        await submit(client)
        cancelled = await submit(client, 0)
        await client.cancel_sm(CancelSm(message_id=cancelled, source_addr=SOURCE))
        with pytest.raises(smppcore.Refused):
            await submit(client, destination_addr="000")
        simulator.advance(2)
        await inbox.wait(1)
        await client.enquire_link()
        found = simulator.statistics.to_json()
    assert found == {
        "accepted": 2,
        "refused": {"ESME_RINVDSTADR": 1},
        "states": {"DELIVERED": 1, "DELETED": 1},
        "kept": 2,
        "receipts_delivered": 1,
        "receipts_refused": 0,
        "receipts_waiting": 0,
        "mobile_originated": 0,
        "mobile_originated_taken": 0,
        "sessions": 1,
        "seconds": 2.0,
    }


async def test_whoever_watches_sees_each_message_twice_and_then_no_more() -> None:
    seen = list[tuple[str, StoredMessage, int]]()
    async with still(delay=1) as simulator, esme(simulator) as client:
        end = simulator.watch(
            on_message=lambda message: seen.append(("came", message, message.state)),
            on_state=lambda message: seen.append(("ended", message, message.state)),
        )
        message_id = await submit(client, 0)
        simulator.advance(1)
        end()
        await submit(client, 0)
        simulator.advance(1)
    assert [(what, message.message_id, state) for what, message, state in seen] == [
        ("came", message_id, MessageState.ENROUTE),
        ("ended", message_id, MessageState.DELIVERED),
    ]
    message = seen[0][1]
    assert (message.text, message.source.addr, message.destination.ton) == ("hello", SOURCE, 1)


async def test_paused_it_sends_nothing_of_its_own() -> None:
    inbox = Inbox()
    async with still(delay=1) as simulator, esme(simulator, inbox) as client:
        simulator.pause()
        message_id = await submit(client)
        simulator.deliver("hi", to="72404")
        simulator.advance(1)
        assert await state_of(client, message_id) == MessageState.DELIVERED
        assert (inbox.pdus, simulator.paused, simulator.receipts.waiting) == ([], True, 2)
        simulator.resume()
        await inbox.wait(2)
        assert not simulator.paused


async def test_a_session_is_dropped_and_its_receipts_wait() -> None:
    accounts = {"smppclient1": "password", "other": "password"}
    async with still(delay=0, accounts=accounts) as simulator:
        first, second = await esme(simulator), await esme(simulator)
        third = await esme(simulator, account="other:password")
        await submit(first)
        assert simulator.drop("smppclient1") == 2
        async with asyncio.timeout(LIMIT):
            await asyncio.gather(first.wait_closed(), second.wait_closed())
        simulator.advance(0)
        assert simulator.receipts.waiting == 1
        (peer,) = simulator.sessions
        assert simulator.drop(peer) == 1
        async with asyncio.timeout(LIMIT):
            await third.wait_closed()
        assert simulator.drop("nobody") == 0
        for each in (first, second, third):
            await each.close()


async def test_a_new_beginning() -> None:
    """After reset the same chance comes again; sessions stay, and nothing else."""
    inbox = Inbox()
    options: dict[str, Any] = {"seed": 1, "delay": {"uniform": [0, 100]}, "rules": {"one": {"source": SOURCE}}}
    async with still(**options) as simulator, esme(simulator, inbox) as client:
        ends = []
        for _ in range(2):
            began = simulator.clock.now()
            for _ in range(5):
                await submit(client)
            ends.append([round(message.ends - began, 6) for message in simulator.messages])
            assert simulator.rules["one"].hits == 5
            simulator.rules.enable("one", False)
            simulator.reset()
            assert (len(simulator.messages), simulator.accepted, simulator.rules["one"].hits) == (0, 0, 0)
            assert simulator.rules["one"].enabled
        assert ends[0] == ends[1]
        simulator.advance(1_000)
        await client.enquire_link()
        assert inbox.pdus == []


async def test_another_configuration_while_it_runs() -> None:
    inbox = Inbox()
    async with still(delay=10, accounts={"smppclient1": "password"}) as simulator, esme(simulator, inbox) as client:
        await submit(client)
        config = read_config(
            {
                "delay": 1,
                "accounts": {"smppclient1": {"password": "password", "dialect": "short"}, "new": "secret"},
                "rules": {"no": {"destination": "000", "status": 8}},
                "faults": {"busy": {"kind": "throttled", "nth": 2}},
                "capacity": 7,
                "seed": 9,
                "listeners": [{"port": 0}],
            }
        )
        assert simulator.reload(config) == [
            "capacity: cannot change while the simulator runs",
            "seed: cannot change while the simulator runs",
        ]
        assert simulator.config.capacity == Config().capacity
        with pytest.raises(smppcore.Refused) as caught:
            await submit(client, destination_addr="000")
        assert caught.value.status == CommandStatus.ESME_RSYSERR
        with pytest.raises(smppcore.Refused) as caught:
            await submit(client)
        assert caught.value.status == CommandStatus.ESME_RTHROTTLED
        late = await submit(client)
        simulator.advance(1)
        (receipt,) = await inbox.receipts(1)
        assert (receipt.message_id, receipt.fields.sub) == (late, None)
        async with esme(simulator, account="new:secret") as other:
            assert await submit(other, 0)
        assert simulator.reload(replace(simulator.config, rules=(), faults=())) == []
        assert await submit(client, destination_addr="000")


async def test_a_listener_that_is_moved_is_told() -> None:
    async with still() as simulator:
        assert simulator.reload(read_config({"listeners": [{"port": 0, "host": "::1"}]})) == [
            "listeners: cannot change while the simulator runs"
        ]
        assert simulator.host == "127.0.0.1"


async def test_two_listeners() -> None:
    inbox = Inbox()
    listeners = [{"port": 0}, {"port": 0}]
    async with still(listeners=listeners, delay=0) as simulator:
        first, second = simulator.smscs
        assert first.port != second.port
        url = "smpp://smppclient1:password@127.0.0.1:"
        async with (
            smppcore.connect(f"{url}{first.port}", bind="transmitter") as sender,
            smppcore.connect(f"{url}{second.port}", bind="receiver", handlers={smppcore.DeliverSm: inbox}),
        ):
            message_id = await submit(sender)
            simulator.advance(0)
            assert [each.message_id for each in await inbox.receipts(1)] == [message_id]
            assert len(simulator.sessions) == 2


async def test_a_listener_with_tls(tmp_path: pathlib.Path) -> None:
    authority = trustme.CA()
    server, ca = tmp_path / "server.pem", tmp_path / "ca.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(server))
    authority.cert_pem.write_to_path(str(ca))
    listeners = [{"port": 0}, {"port": 0, "certificate": str(server)}]
    async with still(listeners=listeners) as simulator:
        context = ssl.create_default_context(cafile=str(ca))
        url = f"smpps://smppclient1:password@127.0.0.1:{simulator.smscs[1].port}"
        async with smppcore.connect(url, ssl=context) as client:
            assert await submit(client)
        assert simulator.accepted == 1


@pytest.mark.parametrize(
    ("account", "mode", "status"),
    [
        ({"modes": ["transmitter"]}, "transceiver", CommandStatus.ESME_RBINDFAIL),
        ({"networks": ["10.0.0.0/8"]}, "transceiver", CommandStatus.ESME_RBINDFAIL),
        ({"binds": 1}, "transceiver", CommandStatus.ESME_RALYBND),
    ],
)
async def test_the_limits_of_an_account(account: dict[str, Any], mode: Any, status: int) -> None:
    async with still(accounts={"shop": {"password": "secret"} | account}) as simulator:
        first = await esme(simulator, account="shop:secret") if "binds" in account else None
        with pytest.raises(smppcore.BindRefused) as caught:
            await esme(simulator, account="shop:secret", bind=mode)
        assert caught.value.status == status
        if first is not None:
            await first.close()


async def test_the_rate_of_an_account() -> None:
    accounts = {"shop": {"password": "secret", "rate": 5}}
    async with still(accounts=accounts) as simulator, esme(simulator, account="shop:secret") as client:
        results = await asyncio.gather(*(submit(client, 0) for _ in range(20)), return_exceptions=True)
    refused = [each for each in results if isinstance(each, smppcore.Refused)]
    assert 10 <= len(refused) <= 15
    assert {each.status for each in refused} == {CommandStatus.ESME_RTHROTTLED}


def test_shortcuts_are_the_keys_of_the_file() -> None:
    with pytest.raises(ConfigError, match=r"^dealy: is not known; did you mean delay"):
        Simulator(dealy=1)
    assert read_config({"delay": 1}).delay.fixed == 1
