"""A trace as JSON lines: a PDU a line, and whatever came is there."""

import asyncio
import json
import pathlib
import tempfile
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from smppcore.pdu import BindTransceiver, SubmitSm
from smppcore.privacy import Privacy
from smppcore.state import Role
from smppcore.trace import read_recording
from traces.events import Made, record

SUBMIT = SubmitSm(destination_addr="39333444555", short_message=b"hello").encode(2)
ENDS = ("127.0.0.1", 40_000), ("127.0.0.1", 2775)


def lines(path: pathlib.Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


async def test_each_pdu_is_a_line_with_time_link_bind_direction_and_octets(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "t.jsonl"
    bind = BindTransceiver(system_id="shop", password="s3cr3t").encode(1)
    await record(path, [Made("carrier", "rx", Role.ESME, *ENDS, [(True, bind + SUBMIT), (False, SUBMIT)])])
    trace, opened, first, second, third, closed = lines(path)
    assert (trace["event"], trace["version"], trace["note"]) == ("trace", 1, "masked: passwords")
    assert (opened["event"], opened["local"], opened["role"]) == ("opened", list(ENDS[0]), "esme")
    assert (first["command"], first["fields"]["password"]) == ("bind_transceiver", "******")
    assert (second["link"], second["bind"], second["direction"]) == ("carrier", "rx", "sent")
    assert (second["hex"], second["text"]) == (SUBMIT.hex(), "hello")
    assert third["direction"] == "received"
    assert second["time"].startswith("2027-01-15T08:00:00.")
    assert second["time"].endswith("Z")
    assert (closed["event"], closed["reason"]) == ("closed", "the test is over")
    assert b"s3cr3t" not in path.read_bytes()


async def test_what_is_malformed_or_not_complete_stands_there_as_it_is(tmp_path: pathlib.Path) -> None:
    path, cut_off = tmp_path / "t.jsonl", (20).to_bytes(4, "big") + SUBMIT[4:20]
    await record(path, [Made("l", "", Role.ESME, *ENDS, [(True, cut_off + SUBMIT[:30]), (False, b"HTTP/1.1 400 Bad")])])
    found = {each["hex"]: each for each in lines(path) if "hex" in each}
    assert found[cut_off.hex()]["result"] == "error"
    assert found[cut_off.hex()]["error_class"] == "body_truncated"
    assert found[SUBMIT[:30].hex()]["result"] == "incomplete"
    assert found[b"HTTP/1.1 400 Bad".hex()]["error_class"] == "bad_command_length"


async def test_text_and_numbers_are_asterisks_if_asked_for(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "t.jsonl"
    await record(path, [Made("l", "", Role.ESME, *ENDS, [(True, SUBMIT)])], privacy=Privacy())  # type: ignore[arg-type]
    [first] = [each for each in lines(path) if "hex" in each]
    assert (first["fields"]["destination_addr"], first["text"]) == ("********555", "*****")
    assert lines(path)[0]["note"] == "masked: passwords, text, numbers"


@settings(max_examples=50)
@given(chunks=st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=80)), max_size=10))
def test_octets_that_mean_nothing_raise_nothing(chunks: list[tuple[bool, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "t.jsonl")
        trace, _ = asyncio.run(record(path, [Made("l", "b", Role.SMSC, *ENDS, chunks)]))
        found = [bytes.fromhex(each["hex"]) for each in lines(path) if "hex" in each]
        assert sum(map(len, found)) == sum(len(octets) for _, octets in chunks)
        assert trace.recorded == sum(len(octets) for _, octets in chunks)
        assert read_recording(path).faults == []


def test_a_line_that_is_none_is_named(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"event":"trace"}\n{"direction":"sent"}\n', "utf-8")
    assert read_recording(path).faults[0].startswith("t.jsonl: line 2: no line of a trace")
