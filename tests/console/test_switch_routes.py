"""Rules and faults over HTTP: seen, added, changed, switched, removed, and at work at once."""

from typing import Any

import pytest

import smppcore
from smppcore.simulator.fault_kinds import KINDS

from .room import Room, room

STOP: dict[str, Any] = {"text": "STOP", "status": "ESME_RSYSERR"}
BUSY: dict[str, Any] = {"kind": "throttled"}
BOTH = pytest.mark.parametrize(("kind", "settings"), [("rules", STOP), ("faults", BUSY)])


def only(kind: str, tables: dict[str, Any]) -> dict[str, Any]:
    """The configuration with nothing but these rules, or faults."""
    return {kind: tables}


async def refusal(here: Room, text: str = "STOP") -> int:
    """The status that a text is answered with."""
    async with here.esme() as client:
        try:
            await client.send(text, to="+393331234567")
        except smppcore.Refused as error:
            return error.status
        return 0


@BOTH
async def test_it_is_added_works_is_switched_and_removed(kind: str, settings: dict[str, Any]) -> None:
    async with room() as here:
        added = await here.call("POST", f"/api/{kind}", {"name": "a/b c", **settings})
        assert (added.status, added.value["name"], added.value["enabled"], added.value["hits"]) == (
            201,
            "a/b c",
            True,
            0,
        )
        assert added.value["settings"] == settings
        assert await refusal(here) != 0
        path = f"/api/{kind}/a%2Fb%20c"
        assert [each["hits"] for each in (await here.get(f"/api/{kind}"))[kind]] == [1]
        assert (await here.call("PATCH", path, {"enabled": False})).value["enabled"] is False
        assert await refusal(here) == 0
        assert (await here.call("PATCH", path, {"enabled": True})).value["enabled"] is True
        assert await refusal(here) != 0
        assert (await here.call("DELETE", path)).value == {"removed": "a/b c"}
        assert await refusal(here) == 0
        assert (await here.get(f"/api/{kind}"))[kind] == []


@BOTH
async def test_a_change_keeps_its_place(kind: str, settings: dict[str, Any]) -> None:
    async with room(**only(kind, dict.fromkeys(("one", "two", "three"), settings))) as here:
        changed = await here.call("PUT", f"/api/{kind}/two", {**settings, "probability": 0.25})
        assert (changed.status, changed.value["settings"]["probability"]) == (200, 0.25)
        assert [each["name"] for each in (await here.get(f"/api/{kind}"))[kind]] == ["one", "two", "three"]


@BOTH
async def test_what_is_shown_can_be_put_back(kind: str, settings: dict[str, Any]) -> None:
    async with room(**only(kind, {"one": settings})) as here:
        await refusal(here)
        (before,) = (await here.get(f"/api/{kind}"))[kind]
        after = await here.call("PUT", f"/api/{kind}/one", before["settings"])
        assert after.value == before
        assert before["hits"] == 1
        off = await here.call("PUT", f"/api/{kind}/one", {**before["settings"], "enabled": False})
        assert off.value["enabled"] is False


@BOTH
async def test_the_first_place(kind: str, settings: dict[str, Any]) -> None:
    async with room(**only(kind, {"one": settings})) as here:
        await here.call("POST", f"/api/{kind}", {"name": "last", **settings})
        await here.call("POST", f"/api/{kind}", {"name": "first", "first": True, **settings})
        assert [each["name"] for each in (await here.get(f"/api/{kind}"))[kind]] == ["first", "one", "last"]


@BOTH
@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"first": 1}, "first"),
        ({"probability": 2}, "probability"),
        ({"probability": "1"}, "probability"),
        ({"probabilty": 1}, "probabilty"),
        ({"status": "ESME_RTHROTLED"}, "status"),
        ({"enabled": 1}, "enabled"),
    ],
)
async def test_settings_that_cannot_be(kind: str, settings: dict[str, Any], change: dict[str, Any], key: str) -> None:
    async with room(**only(kind, {"one": settings})) as here:
        wrong = await here.call("POST", f"/api/{kind}", {"name": "two", **settings, **change})
        assert (wrong.status, wrong.value["key"]) == (400, key)
        assert len((await here.get(f"/api/{kind}"))[kind]) == 1
        if key not in ("name", "first"):
            wrong = await here.call("PUT", f"/api/{kind}/one", {**settings, **change})
            assert (wrong.status, wrong.value["key"]) == (400, key)
            assert (await here.get(f"/api/{kind}"))[kind][0]["settings"] == settings


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"delay": {"unifrom": [1, 2]}}, "delay.unifrom"),
        ({"outcomes": {"gone": 1}}, "outcomes.gone"),
        ({"text": "("}, "text"),
        ({"fault": "nothing"}, "fault"),
        ({"dialect": "klingon"}, "dialect"),
    ],
)
async def test_rules_that_cannot_be(change: dict[str, Any], key: str) -> None:
    async with room() as here:
        wrong = await here.call("POST", "/api/rules", {"name": "two", **change})
        assert (wrong.status, wrong.value["key"]) == (400, key)


@pytest.mark.parametrize(("change", "key"), [({}, "kind"), ({"kind": "x"}, "kind"), ({**BUSY, "on": ["unbind"]}, "on")])
async def test_faults_that_cannot_be(change: dict[str, Any], key: str) -> None:
    async with room() as here:
        wrong = await here.call("POST", "/api/faults", {"name": "two", **change})
        assert (wrong.status, wrong.value["key"]) == (400, key)


@BOTH
async def test_names_that_are_taken_or_not_there(kind: str, settings: dict[str, Any]) -> None:
    async with room(**only(kind, {"one": settings})) as here:
        taken = await here.call("POST", f"/api/{kind}", {"name": "one", **settings})
        assert taken.status == 409
        for method, body in (("PUT", settings), ("PATCH", {"enabled": True}), ("DELETE", None)):
            missing = await here.call(method, f"/api/{kind}/two", body)
            assert (missing.status, missing.value["key"]) == (404, "")
        for body, key in (({}, "enabled"), ({"enabled": "no"}, "enabled"), ({"enabled": True, "x": 1}, "x")):
            wrong = await here.call("PATCH", f"/api/{kind}/one", body)
            assert (wrong.status, wrong.value["key"]) == (400, key)
        assert (await here.call("GET", f"/api/{kind}?x=1")).status == 400


async def test_a_rule_may_name_a_fault_that_was_added_and_keeps_it() -> None:
    async with room() as here:
        await here.call("POST", "/api/faults", {"name": "busy", "standing": False, **BUSY})
        rule = await here.call("POST", "/api/rules", {"name": "x", "text": "STOP", "fault": "busy"})
        assert rule.status == 201
        assert await refusal(here) == smppcore.CommandStatus.ESME_RTHROTTLED
        kept = await here.call("DELETE", "/api/faults/busy")
        assert (kept.status, kept.value["error"]) == (409, "the rule 'x' names it")
        await here.call("DELETE", "/api/rules/x")
        assert (await here.call("DELETE", "/api/faults/busy")).status == 200


async def test_the_catalogue_has_every_kind() -> None:
    async with room() as here:
        kinds = (await here.get("/api/fault-kinds"))["kinds"]
        assert [each["kind"] for each in kinds] == list(KINDS)
        assert all(each["description"] and set(each["usual"]) <= set(each["possible"]) for each in kinds)
