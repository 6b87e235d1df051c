"""Every malformed PDU of conformance/pdu_vectors.json, sent raw to the simulator, gets a listed reply."""

import json
import pathlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulator.clients import RawClient
from smppcore.pdu import Pdu
from smppcore.simulator import Simulator

Vector = dict[str, Any]

PATH = pathlib.Path(__file__).parents[2] / "conformance" / "pdu_vectors.json"
MALFORMED: list[Vector] = [
    vector for vector in json.loads(PATH.read_text("utf-8"))["vectors"] if vector["expect"]["result"] == "error"
]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


def test_there_are_malformed_vectors() -> None:
    assert len(MALFORMED) >= 18


@pytest.mark.parametrize("vector", MALFORMED, ids=[vector["id"] for vector in MALFORMED])
@pytest.mark.parametrize("bound", [True, False], ids=["bound", "unbound"])
async def test_malformed(simulator: Simulator, vector: Vector, bound: bool) -> None:
    async with RawClient(simulator.port) as client:
        if bound:
            await client.bind()
        client.send(bytes.fromhex(vector["hex"]))
        expected = vector["expect"]
        if expected["reply"] is not None:
            assert_listed(await client.read(), expected)
        if expected["close_connection"]:
            assert await client.read_end() == b""
        else:
            assert await client.lives()


def assert_listed(answer: Pdu, expected: Vector) -> None:
    reply = expected["reply"]
    commands = {reply["command"]}
    if expected.get("alternative_reply", "").startswith("generic_nack"):
        commands.add("generic_nack")
    assert answer.command in commands
    assert answer.command_status in [int(status, 16) for status in reply["acceptable_status"]]
    assert reply["sequence_number"] in (None, answer.sequence_number)
