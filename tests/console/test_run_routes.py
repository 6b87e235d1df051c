"""The simulator as a whole, over HTTP: its numbers, pause, reset, virtual time, and the look that the page takes."""

from typing import Any

import pytest
from simulator.clients import Inbox

from smppcore.console.history import History
from smppcore.simulator import VirtualClock

from .room import room

ACTIONS = ("/api/pause", "/api/resume", "/api/reset")


async def test_statistics_are_those_of_the_simulator() -> None:
    async with room() as here:
        await here.send("one", "two")
        found = await here.get("/api/statistics")
        own = here.simulator.statistics.to_json()
        assert {key: found[key] for key in own if key != "seconds"} == {k: v for k, v in own.items() if k != "seconds"}
        assert found["accepted"] == found["kept"] == 2
        assert (found["capacity"], found["paused"], found["virtual"]) == (50_000, False, False)
        assert set(found["rates"]) == {"messages", "refused", "receipts", "mobile_originated"}


async def test_one_look_shows_everything() -> None:
    rules: dict[str, Any] = {"no": {"text": "STOP", "status": "ESME_RSYSERR"}}
    async with room(rules=rules, faults={"late": {"kind": "latency", "enabled": False}}) as here:
        async with here.esme() as client:
            sent = await client.send("hello", to="+393331234567")
            live = await here.get("/api/live")
            assert [each["account"] for each in live["sessions"]] == ["smppclient1"]
        assert live["accounts"] == ["smppclient1"]
        assert live["statistics"]["accepted"] == 1
        assert [each["message_id"] for each in live["messages"]] == list(sent.message_ids)
        assert [each["name"] for each in live["rules"]] == ["no"]
        assert [each["name"] for each in live["faults"]] == ["late"]


async def test_a_look_shows_the_latest_first_and_no_more_than_asked_for() -> None:
    async with room() as here:
        sent = await here.send("one", "two", "three")
        for count, expected in ((0, []), (2, [sent[2], sent[1]]), (100, sent[::-1])):
            live = await here.get(f"/api/live?messages={count}")
            assert [each["message_id"] for each in live["messages"]] == expected


async def test_a_look_tells_the_samples_since_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    histories: list[History] = []
    begin = History.start

    def start(self: History) -> None:
        histories.append(self)
        begin(self)

    monkeypatch.setattr(History, "start", start)
    async with room() as here:
        (history,) = histories
        await here.send("one")
        for second in range(3):
            history.sample(history._then + 1.0 + second)
        samples = (await here.get("/api/live?after=1"))["samples"]
        assert [each["number"] for each in samples] == [2, 3]
        assert (await here.get("/api/live?after=3"))["samples"] == []


async def test_the_clock_samples_each_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smppcore.console.history.INTERVAL", 0.01)
    async with room() as here:
        after = 0
        while after < 3:
            samples = (await here.get(f"/api/live?after={after}"))["samples"]
            after = samples[-1]["number"] if samples else after


@pytest.mark.parametrize("query", ["messages=101", "messages=-1", "messages=x", "after=x", "after=-1", "more=1"])
async def test_a_look_that_makes_no_sense(query: str) -> None:
    async with room() as here:
        wrong = await here.call("GET", f"/api/live?{query}")
        assert (wrong.status, wrong.value["key"]) == (400, query.partition("=")[0])


async def test_pause_holds_messages_back_until_resume() -> None:
    inbox = Inbox()
    async with room() as here, here.esme(inbox):
        assert (await here.call("POST", "/api/pause")).value == {"paused": True}
        assert (await here.get("/api/statistics"))["paused"]
        here.simulator.deliver("hello", to="12345", source="+393331234567")
        assert (await here.get("/api/statistics"))["receipts_waiting"] == 1
        assert inbox.pdus == []
        assert (await here.call("POST", "/api/resume")).value == {"paused": False}
        await inbox.wait(1)


async def test_reset_forgets_messages_and_puts_rules_back() -> None:
    async with room(rules={"no": {"text": "STOP", "status": 8}}) as here:
        await here.send("one")
        here.simulator.rules.enable("no", False)
        found = await here.call("POST", "/api/reset", {})
        assert (found.status, found.value["accepted"], found.value["kept"]) == (200, 0, 0)
        assert here.simulator.rules["no"].enabled


@pytest.mark.parametrize("path", ACTIONS)
async def test_actions_take_no_keys(path: str) -> None:
    async with room() as here:
        wrong = await here.call("POST", path, {"now": True})
        assert (wrong.status, wrong.value["key"]) == (400, "now")
        assert wrong.value["error"] == "is not known; there are none"


async def test_virtual_time_goes_on() -> None:
    async with room(clock=VirtualClock(), delay=60.0) as here:
        await here.send("hello")
        began = here.simulator.clock.now()
        assert (await here.get("/api/statistics"))["virtual"]
        found = await here.call("POST", "/api/advance", {"seconds": 61})
        assert (found.status, found.value["now"]) == (200, began + 61)
        assert [each["state"] for each in (await here.get("/api/messages"))["messages"]] == ["DELIVERED"]


@pytest.mark.parametrize("body", [{}, {"seconds": -1}, {"seconds": "1"}, {"seconds": 1e9}, {"seconds": True}])
async def test_time_that_cannot_pass(body: dict[str, Any]) -> None:
    async with room(clock=VirtualClock()) as here:
        wrong = await here.call("POST", "/api/advance", body)
        assert (wrong.status, wrong.value["key"]) == (400, "seconds")


async def test_real_time_cannot_be_set_forward() -> None:
    async with room() as here:
        assert (await here.call("POST", "/api/advance", {"seconds": 1})).status == 409


async def test_what_is_not_there_and_what_cannot_be_done_to_it() -> None:
    async with room() as here:
        missing = await here.call("GET", "/api/nothing")
        assert (missing.status, missing.value) == (404, {"error": "Not Found", "key": ""})
        wrong = await here.call("DELETE", "/api/pause")
        assert (wrong.status, wrong.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("octets", [b"{", b"[]", b"[" * 60_000])
async def test_a_body_that_is_no_json_object(octets: bytes) -> None:
    async with room() as here:
        wrong = await here.call("POST", "/api/pause", data=octets, headers={"Content-Type": "application/json"})
        assert wrong.status == 400
        assert wrong.value["error"].startswith("the body must be")


async def test_a_body_that_is_too_long() -> None:
    async with room() as here:
        headers = {"Content-Type": "application/json"}
        assert (await here.call("POST", "/api/pause", data=b" " * 70_000, headers=headers)).status == 413
