"""Sessions over HTTP: see them, drop them, slow them down; and messages from handsets."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from simulator.clients import Inbox

from smppcore.constants import CommandStatus

from .room import LIMIT, Room, room

TWO: dict[str, Any] = {"accounts": {"shop": {"password": "x", "numbers": ["12345"]}, "b[*]k": "x"}}
MESSAGE: dict[str, Any] = {"to": "12345", "source": "+393331234567", "text": "STOP"}


async def seen(here: Room) -> list[Any]:
    sessions: list[Any] = (await here.get("/api/sessions"))["sessions"]
    return sessions


async def test_sessions_are_shown_in_the_order_in_which_they_were_seen() -> None:
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(room(**TWO))
        await stack.enter_async_context(here.esme(account="shop:x"))
        await seen(here)
        await stack.enter_async_context(here.esme(account="b%5B*%5Dk:x", bind="transmitter"))
        found = await here.get("/api/sessions")
        assert found["total"] == 2
        first, second = found["sessions"]
        assert (first["account"], first["state"], first["interface_version"]) == ("shop", "BOUND_TRX", 0x34)
        assert (second["account"], second["state"], second["host"]) == ("b[*]k", "BOUND_TX", "127.0.0.1")
        assert first["id"] != second["id"]
        assert (await here.get("/api/sessions?offset=1&limit=1"))["sessions"] == [second]
        for query, key in (("offset=-1", "offset"), ("limit=0", "limit"), ("limit=1001", "limit"), ("x=1", "x")):
            wrong = await here.call("GET", f"/api/sessions?{query}")
            assert (wrong.status, wrong.value["key"]) == (400, key)
        assert (await here.call("GET", "/api/sessions?limit=1&limit=2")).value == {
            "error": "is there twice",
            "key": "limit",
        }


async def test_one_session_is_dropped_and_the_other_stays() -> None:
    async with room() as here, here.esme() as one:
        (first,) = await seen(here)
        other = await here.esme()
        dropped = await here.call("DELETE", f"/api/sessions/{first['id']}")
        assert (dropped.status, dropped.value) == (200, {"dropped": 1})
        async with asyncio.timeout(LIMIT):
            await one.wait_closed()
        await other.enquire_link()
        await other.close()
        assert (await here.call("DELETE", f"/api/sessions/{first['id']}")).status == 404
        assert (await here.call("DELETE", "/api/sessions/x")).status == 404


async def test_all_sessions_of_an_account_are_dropped() -> None:
    async with room(**TWO) as here, here.esme(account="b%5B*%5Dk:x") as one, here.esme(account="b%5B*%5Dk:x") as two:
        async with here.esme(account="shop:x") as other:
            dropped = await here.call("DELETE", "/api/accounts/b%5B*%5Dk/sessions")
            assert (dropped.status, dropped.value) == (200, {"dropped": 2})
            async with asyncio.timeout(LIMIT):
                await one.wait_closed()
                await two.wait_closed()
            await other.enquire_link()
        assert (await here.call("DELETE", "/api/accounts/nobody/sessions")).status == 404


async def test_an_account_is_slowed_down_and_no_other() -> None:
    async with room(**TWO) as here, here.esme(account="b%5B*%5Dk:x") as slow, here.esme(account="shop:x") as other:
        found = await here.call("PUT", "/api/accounts/b%5B*%5Dk/latency", {"seconds": 0.2})
        assert (found.status, found.value) == (200, {"account": "b[*]k", "seconds": 0.2})
        assert {each["account"]: each["slowed"] for each in await seen(here)} == {"b[*]k": 0.2, "shop": 0.0}
        loop = asyncio.get_running_loop()
        began = loop.time()
        await other.send("fast", to="+393331234567")
        assert here.simulator.faults["slow b[*]k"].hits == 0
        await slow.send("late", to="+393331234567")
        assert here.simulator.faults["slow b[*]k"].hits == 1
        assert loop.time() - began > 0.19


async def test_another_latency_takes_the_place_of_the_first_and_0_ends_it() -> None:
    async with room() as here:
        for seconds, expected in ((5, [5.0]), (7, [7.0]), (0, []), (0, [])):
            assert (await here.call("PUT", "/api/accounts/smppclient1/latency", {"seconds": seconds})).status == 200
            assert [each.config.seconds for each in here.simulator.faults] == expected
        assert (await here.call("PUT", "/api/accounts/nobody/latency", {"seconds": 1})).status == 404
        for body, key in (({}, "seconds"), ({"seconds": 3601}, "seconds"), ({"seconds": 1, "of": 2}, "of")):
            wrong = await here.call("PUT", "/api/accounts/smppclient1/latency", body)
            assert (wrong.status, wrong.value["key"]) == (400, key)


async def test_a_message_from_a_handset_reaches_the_esme() -> None:
    inbox = Inbox()
    async with room(**TWO) as here, here.esme(inbox, account="shop:x"):
        found = await here.call("POST", "/api/deliveries", MESSAGE | {"text": "Già fatto €", "wait": 10})
        assert (found.status, found.value) == (
            200,
            {"account": "shop", "parts": 1, "taken": 1, "done": True, "error": None},
        )
        (pdu,) = inbox.pdus
        assert (pdu.source_addr, pdu.destination_addr, pdu.source_addr_ton) == ("393331234567", "12345", 1)
        assert pdu.short_message == "Già fatto €".encode("gsm0338")


async def test_a_long_one_goes_in_parts() -> None:
    inbox = Inbox()
    async with room(**TWO) as here, here.esme(inbox, account="shop:x"):
        found = await here.call("POST", "/api/deliveries", MESSAGE | {"text": "x" * 400, "wait": 10})
        assert (found.value["parts"], found.value["taken"]) == (3, 3)
        assert len(inbox.pdus) == 3


async def test_without_a_receiver_it_waits() -> None:
    async with room(**TWO) as here:
        for more in ({}, {"wait": 0.01}):
            found = await here.call("POST", "/api/deliveries", MESSAGE | more)
            assert (found.status, found.value["done"], found.value["taken"]) == (202, False, 0)
        inbox = Inbox()
        async with here.esme(inbox, account="shop:x"):
            await inbox.wait(2)


async def test_a_refusal_is_told() -> None:
    inbox = Inbox(CommandStatus.ESME_RX_P_APPN)
    async with room(**TWO) as here, here.esme(inbox, account="shop:x"):
        found = await here.call("POST", "/api/deliveries", MESSAGE | {"wait": 10})
        assert (found.status, found.value["done"], found.value["taken"]) == (200, True, 0)
        assert "ESME_RX_P_APPN" in found.value["error"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"text": None}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"to": "+12"}, "to"),
        ({"to": "99999"}, "to"),
        ({"to": 12345}, "to"),
        ({"source": "+12"}, "source"),
        ({"account": "nobody"}, "account"),
        ({"wait": 61}, "wait"),
        ({"wiat": 1}, "wiat"),
    ],
)
async def test_a_message_that_cannot_be(change: dict[str, Any], key: str) -> None:
    async with room(**TWO) as here:
        wrong = await here.call("POST", "/api/deliveries", MESSAGE | change)
        assert (wrong.status, wrong.value["key"]) == (400, key), wrong
        assert here.simulator.mobile_originated == 0


@pytest.mark.parametrize("key", ["to", "text"])
async def test_a_message_that_lacks_something(key: str) -> None:
    async with room(**TWO) as here:
        wrong = await here.call("POST", "/api/deliveries", {name: MESSAGE[name] for name in MESSAGE if name != key})
        assert (wrong.status, wrong.value) == (400, {"error": "is missing", "key": key})


async def test_no_more_may_wait_than_there_is_room_for() -> None:
    async with room(capacity=1, **TWO) as here:
        assert (await here.call("POST", "/api/deliveries", MESSAGE)).status == 202
        full = await here.call("POST", "/api/deliveries", MESSAGE)
        assert (full.status, full.value["error"]) == (409, "more than 1 messages wait for shop")
