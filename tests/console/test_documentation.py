"""docs/control-api.md lists every route, and nothing else; each example is answered as it says."""

import contextlib
import json
import pathlib
import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from smppcore.console.control import api_routes
from smppcore.console.history import History
from smppcore.simulator import Simulator, VirtualClock

from .room import Room, room

FILE = pathlib.Path(__file__).parent.parent.parent / "docs" / "control-api.md"
SECTION = re.compile(r"^### `([A-Z]+) (/api/\S*)`$(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(
    r"^`(?P<method>[A-Z]+) (?P<path>/api/\S*)`"
    r"(?: with\n\n```json\n(?P<body>.*?)```\n\n| )answers (?P<status>\d+):\n\n```(?P<kind>\w+)\n(?P<answer>.*?)```$",
    re.MULTILINE | re.DOTALL,
)
ID = "60e4c0ffee0000000001"
"""The message_id of the document."""


class Example(NamedTuple):
    route: tuple[str, str]
    found: re.Match[str]


SECTIONS = SECTION.findall(FILE.read_text("utf-8")) if FILE.exists() else []
EXAMPLES = [Example((method, path), each) for method, path, text in SECTIONS for each in EXAMPLE.finditer(text)]


@contextlib.asynccontextmanager
async def stage() -> AsyncIterator[tuple[Room, str]]:
    """What the examples are about: an ESME that is bound, a message, a rule and a fault."""
    configuration: dict[str, Any] = {
        "accounts": {"shop": {"password": "secret", "numbers": ["12345"]}},
        "rules": {"promotions": {"text": "(?i)sale|offer", "outcomes": "rejected"}},
        "faults": {"busy hour": {"kind": "throttled", "probability": 0.1, "enabled": False}},
    }
    async with (
        room(clock=VirtualClock(), delay=60.0, loopback=False, **configuration) as here,
        here.esme(lambda *_: None, account="shop:secret") as client,  # type: ignore[arg-type]  # it takes all
    ):
        sent = await client.send("Your parcel arrives today", to="+393331234567", source="Shop", receipt=True)
        await here.get("/api/sessions")
        yield here, sent.message_ids[0]


async def test_every_route_is_documented_once_and_nothing_else() -> None:
    simulator = Simulator()
    routes = [(each.method, each.path) for each in api_routes(simulator, History(lambda: simulator.statistics))]
    documented = [(method, path) for method, path, _ in SECTIONS]
    assert sorted(documented) == sorted(routes)
    await simulator.close()


def test_every_route_has_an_example() -> None:
    assert {example.route for example in EXAMPLES} == {(method, path) for method, path, _ in SECTIONS}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: " ".join(each.route))
async def test_examples_are_answered_as_documented(example: Example) -> None:
    found = example.found
    assert re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(example.route[1])), found["path"].partition("?")[0])
    async with stage() as (here, message_id):
        body = json.loads(found["body"]) if found["body"] else None
        answer = await here.call(found["method"], found["path"].replace(ID, message_id), body)
        assert answer.status == int(found["status"]), answer.text
        if found["kind"] == "json":
            assert alike(answer.value, json.loads(found["answer"])), answer.text
        else:
            lines = found["answer"].replace(ID, message_id).splitlines()
            times = re.compile(r"17\d{8}\.\d+")
            assert [times.sub("", each) for each in answer.text.splitlines()] == [times.sub("", each) for each in lines]


def alike(one: Any, other: Any) -> bool:
    """Whether two values have the same keys and types; of lists the first elements count, if both have one."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return all(alike(*pair) for pair in list(zip(one, other, strict=False))[:1])
    return type(one) is type(other)
