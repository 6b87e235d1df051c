"""``smppcore demo``: what it shows when all goes well, and that it fails loudly when something is missing."""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import re
import signal
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import smppcore
from cli.processes import LIMIT, TRACEBACK, run_command, running
from smppcore.address import Address
from smppcore.cli import demo
from smppcore.cli.latencies import Latencies
from smppcore.cli.main import main
from smppcore.cli.tally import Tally
from smppcore.constants import CommandStatus, MessageState
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp
from smppcore.receipt import build_text
from smppcore.sent import Sent, SentPart
from smppcore.simulator import Profile, Simulator
from smppcore.simulator.arrivals import Entry
from smppcore.smsc import Peer, Smsc
from smppcore.text import segments
from smppcore.tlv import MESSAGE_STATE, RECEIPTED_MESSAGE_ID

Run = Callable[..., Any]

# -- when all goes well, as a process


def test_the_table() -> None:
    result = run_command("demo", "--count", "640", "--receipt-delay", "0.01")
    assert result.returncode == 0, result.stderr
    rows = dict(re.findall(r"│ (\S.*?) +│ (\S.*?) +│", result.stdout))
    assert re.fullmatch(r"640 in \d+\.\d s, 640 accepted", rows["messages"])
    found = re.fullmatch(r"([\d,]+) \S+.*, ([\d,]+) \S.*", rows["segments"])
    assert found
    total = sum(int(number.replace(",", "")) for number in found.groups())
    assert {"UCS-2", "GSM"} <= set(re.findall(r"UCS-2|GSM", rows["segments"]))
    assert re.fullmatch(r"[\d,]+ messages/s, [\d,]+ segments/s", rows["rate"])
    percentiles = r"p50 \d+\.\d\d ms, p95 \d+\.\d\d ms, p99 \d+\.\d\d ms"
    assert re.fullmatch(percentiles, rows["response to a message"])
    assert re.fullmatch(percentiles, rows["receipt (0.01 s delay included)"])
    assert rows["receipts"] == f"{total:,} DELIVRD"
    assert rows["missing"] == "nothing"


def test_json() -> None:
    result = run_command("demo", "--count", "50", "--window", "5", "--receipt-delay", "0", "--json")
    assert result.returncode == 0, result.stderr
    (line,) = result.stdout.splitlines()
    found = json.loads(line)
    assert set(found) == {
        *("messages", "verdicts", "without_verdict", "segments", "response_ms", "receipt_ms", "receipts"),
        *("receipts_missing", "receipts_unexpected", "seconds", "messages_per_second", "segments_per_second"),
        *("memory", "complete"),
    }
    assert (found["messages"], found["verdicts"], found["complete"]) == (50, {"accepted": 50}, True)
    assert (found["without_verdict"], found["receipts_missing"], found["receipts_unexpected"]) == (0, 0, 0)
    assert found["receipts"] == {"DELIVRD": sum(found["segments"].values())}
    for latency in ("response_ms", "receipt_ms"):
        assert 0 < found[latency]["p50"] <= found[latency]["p95"] <= found[latency]["p99"]
    assert set(found["memory"]) == {"esme", "simulator"}
    assert all(len(sizes) == 2 and min(sizes) > 2**20 for sizes in found["memory"].values())


def test_a_file_of_ones_own(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"from": "Me", "to": "+393330000001", "text": "ciao"}\n\n', "utf-8")
    result = run_command("demo", "--count", "1", "--file", str(path), "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["segments"] == {"GSM 03.38": 1}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "has no messages"),
        ("nonsense", "line 1: "),
        ("[1]", "line 1: "),
        ('{"from": "Me", "to": "+393330000001"}', "line 1: no 'text'"),
        ('{"from": "Me", "to": "nobody", "text": "x"}', "line 1: address 'nobody'"),
        ('{"from": "Me", "to": "1234567", "text": 5}', "line 1: "),
        ('{"from": "Me", "to": "1234567", "text": "\\ud800"}', "line 1: "),
        (None, "cannot read"),
    ],
)
def test_a_file_that_is_of_no_use(content: str | None, named: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "bad.jsonl"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--file", str(path)])
    assert str(ended.value.code).startswith("smppcore demo: ")
    assert named in str(ended.value.code)
    assert "\n" not in str(ended.value.code)


@pytest.mark.parametrize("arguments", [["--count", "0"], ["--window", "0"], ["--count", "-5"]])
def test_numbers_that_are_of_no_use(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="at least 1"):
        main(["demo", *arguments])


def test_a_simulator_that_does_not_start() -> None:
    result = run_command("demo", "--count", "1", "--receipt-delay", "-1")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == "smppcore demo: the simulator did not start: it ended"


def test_interrupted_it_ends_with_130_and_takes_the_simulator_along() -> None:
    with running("demo", "--count", "10000000") as process:
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (found := children.read_text("ascii").split()):
            os.sched_yield()
        status, output, errors = process.end(signal.SIGINT)
        assert (status, output) == (130, "")
        assert TRACEBACK not in errors
        assert not pathlib.Path(f"/proc/{found[0]}").exists()


# -- when something is missing, in this process


@pytest.fixture
def run_demo(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the demo against an SMSC in this process, which has ``port``."""
    monkeypatch.setattr(demo, "SILENCE", 1.0)

    async def run(port: int, count: int = 20, window: int = 5) -> int:
        @contextlib.asynccontextmanager
        async def here(receipt_delay: float) -> AsyncIterator[tuple[int, int]]:
            yield port, os.getpid()

        monkeypatch.setattr(demo, "simulator_process", here)
        async with asyncio.timeout(LIMIT):
            return await demo.demo(options(count, window))

    return run


def options(count: int, window: int = 100) -> argparse.Namespace:
    return argparse.Namespace(count=count, window=window, receipt_delay=0.0, file=None, json=True)


def result_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


async def test_nothing_missing(run_demo: Run, capsys: pytest.CaptureFixture[str]) -> None:
    async with Simulator(Profile(receipt_delay=0)) as simulator:
        assert await run_demo(simulator.port) == 0
    assert result_of(capsys)["complete"] is True


async def test_one_receipt_missing(
    run_demo: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Simulator(Profile(receipt_delay=0)) as simulator:
        deliver = simulator.receipts.deliver_arrivals
        lost = list[Entry]()

        def lose_one(entries: list[Entry]) -> None:
            lost.extend(entries[: 1 - len(lost)])
            deliver(each for each in entries if each not in lost)

        monkeypatch.setattr(simulator.receipts, "deliver_arrivals", lose_one)
        assert await run_demo(simulator.port) == 1
    found = result_of(capsys)
    assert (found["complete"], found["receipts_missing"], found["without_verdict"]) == (False, 1, 0)


async def test_one_receipt_too_many(
    run_demo: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Simulator(Profile(receipt_delay=0)) as simulator:
        deliver = simulator.receipts.deliver_arrivals
        doubled = list[Entry]()

        def double_one(entries: list[Entry]) -> None:
            twice = entries[: 1 - len(doubled)]
            doubled.extend(twice)
            deliver([*twice, *entries])

        monkeypatch.setattr(simulator.receipts, "deliver_arrivals", double_one)
        assert await run_demo(simulator.port) == 1
    found = result_of(capsys)
    assert (found["complete"], found["receipts_missing"], found["receipts_unexpected"]) == (False, 0, 1)


async def test_one_message_refused(run_demo: Run, capsys: pytest.CaptureFixture[str]) -> None:
    async with Simulator(Profile(receipt_delay=3600, capacity=1)) as simulator:
        assert await run_demo(simulator.port, count=3) == 1
    found = result_of(capsys)
    assert found["complete"] is False
    assert found["verdicts"]["Refused"] >= 1


async def test_a_connection_that_is_cut(run_demo: Run, capsys: pytest.CaptureFixture[str]) -> None:
    received = []

    def on_submit(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        received.append(pdu)
        if len(received) == 10:
            peer.abort()
        return SubmitSmResp(message_id=str(len(received)))

    smsc = Smsc(accounts={"smppclient1": "password"}, handlers={SubmitSm: on_submit})
    async with smsc:
        assert await run_demo(smsc.port) == 1
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert (found["messages"], found["complete"], found["without_verdict"]) == (20, False, 0)
    assert set(found["verdicts"]) <= {"accepted", "partly accepted", "OutcomeUnknown", "NotSent"}
    assert found["verdicts"]["NotSent"] > 0
    assert "smppcore demo: the connection ended early: " in shown.err


async def test_the_table_when_something_is_missing(
    run_demo: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    smsc = Smsc(accounts={"smppclient1": "password"}, handlers={SubmitSm: lambda *_: CommandStatus.ESME_RSYSERR})
    async with smsc:
        await run_demo(smsc.port, count=4)
        demo.show(result_of(capsys), 0.1)
    shown = capsys.readouterr().out
    assert "4 Refused" in shown
    assert "0 verdicts, 0 receipts; 0 receipts nobody asked for" in shown


async def test_the_simulator_dies_in_the_middle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real one, killed after the first receipts: the run ends at once, and not well."""
    started = demo.simulator_process

    @contextlib.asynccontextmanager
    async def doomed(receipt_delay: float) -> AsyncIterator[tuple[int, int]]:
        async with started(receipt_delay) as (port, pid):
            deadly.append(pid)
            yield port, pid

    deadly: list[int] = []
    on_deliver_sm = demo.Demo.on_deliver_sm

    def kill(self: demo.Demo, esme: smppcore.Esme, pdu: DeliverSm) -> None:
        on_deliver_sm(self, esme, pdu)
        if deadly and self.tally.receipts.count > 100:
            os.kill(deadly.pop(), signal.SIGKILL)

    monkeypatch.setattr(demo, "simulator_process", doomed)
    monkeypatch.setattr(demo.Demo, "on_deliver_sm", kill)
    async with asyncio.timeout(LIMIT / 2):  # less than SILENCE
        assert await demo.demo(options(5_000)) == 1
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found["complete"] is False
    assert found["messages"] == sum(found["verdicts"].values()) == 5_000
    assert "the connection ended early" in shown.err
    assert TRACEBACK not in shown.err


# -- counting


def sent(*message_ids: str) -> Sent:
    parts = (
        SentPart(SubmitSm(), SubmitSmResp(message_id=each))
        if each
        else SentPart(SubmitSm(), error=smppcore.NotSent("closed", SubmitSm()))
        for each in message_ids
    )
    return Sent(tuple(parts))


def receipt(message_id: str, state: int = MessageState.DELIVERED) -> DeliverSm:
    text = build_text(message_id, dlvrd=1, submit_date="2311151200", done_date="2311151200", stat=state)
    tlvs = [RECEIPTED_MESSAGE_ID(message_id), MESSAGE_STATE(state)]
    return DeliverSm(esm_class=4, short_message=text.encode("ascii"), tlvs=tlvs)


ARRIVED = datetime(2023, 11, 15)


def test_a_receipt_may_come_before_or_after_the_response() -> None:
    tally = Tally()
    tally.messages = 2
    tally.on_deliver_sm(receipt("early"), 1.0, ARRIVED)
    assert not tally.complete
    tally.sent(sent("early"), 0.5, 1.5)
    tally.sent(sent("late"), 2.0, 2.5)
    assert (tally.missing, tally.complete) == (1, False)
    tally.on_deliver_sm(receipt("late"), 4.0, ARRIVED)
    assert (tally.missing, tally.complete) == (0, True)
    assert (tally.receipts.percentile(50), tally.receipts.percentile(100)) == (0.5, 2.0)
    assert (tally.responses.percentile(50), tally.responses.percentile(100)) == (0.5, 1.0)


@pytest.mark.parametrize(
    "stray",
    [
        receipt("unknown"),
        receipt("1"),
        receipt("1", MessageState.ENROUTE),
        DeliverSm(short_message=b"an ordinary message"),
        DeliverSm(esm_class=4, short_message=b"unreadable"),
    ],
)
def test_what_nobody_asked_for_is_noted(stray: DeliverSm) -> None:
    tally = Tally()
    tally.messages = 1
    tally.sent(sent("1"), 0.0, 1.0)
    tally.on_deliver_sm(receipt("1"), 2.0, ARRIVED)
    assert tally.complete
    tally.on_deliver_sm(stray, 3.0, ARRIVED)
    assert not tally.complete
    assert tally.summary()["receipts_unexpected"] == 1


def test_a_message_without_a_verdict_is_noted() -> None:
    tally = Tally()
    tally.messages = 2
    tally.sent(sent("1"), 0.0, 1.0)
    tally.on_deliver_sm(receipt("1"), 2.0, ARRIVED)
    assert (tally.without_verdict, tally.complete) == (1, False)


def test_a_message_that_was_taken_in_part_is_not_complete() -> None:
    tally = Tally()
    tally.messages = 1
    tally.sent(sent("1", ""), 0.0, 1.0)
    tally.on_deliver_sm(receipt("1"), 2.0, ARRIVED)
    assert (tally.summary()["verdicts"], tally.complete) == ({"partly accepted": 1}, False)


def test_a_message_that_failed_is_not_complete() -> None:
    tally = Tally()
    tally.messages = 1
    tally.failed(smppcore.OutcomeUnknown("lost", SubmitSm()))
    assert (tally.summary()["verdicts"], tally.complete) == ({"OutcomeUnknown": 1}, False)


def test_states_are_counted_by_their_words() -> None:
    tally = Tally()
    tally.sent(sent("1", "2", "3"), 0.0, 1.0)
    for number, state in ("1", MessageState.DELIVERED), ("2", MessageState.EXPIRED), ("3", MessageState.DELIVERED):
        tally.on_deliver_sm(receipt(number, state), 2.0, ARRIVED)
    assert tally.summary()["receipts"] == {"DELIVRD": 2, "EXPIRED": 1}


@given(st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=300), st.integers(1, 100))
def test_percentiles_are_exact_to_a_hundredth(latencies: list[float], percent: int) -> None:
    found = Latencies()
    for each in latencies:
        found.add(each)
    exact = sorted(latencies)[-(-len(latencies) * percent // 100) - 1]
    assert found.percentile(percent) <= exact <= found.percentile(percent) * 1.01 + 2e-6


def test_latencies_take_no_more_memory_than_their_buckets() -> None:
    found = Latencies()
    for number in range(100_000):
        found.add(number * 1e-4)
    assert len(found._buckets) < 7_000
    assert Latencies().percentile(50) == 0.0


# -- the sample file


def test_the_notifications_are_sane() -> None:
    path = pathlib.Path(demo.__file__).with_name("notifications.jsonl")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert {row["language"] for row in rows} == {"en", "it", "fr", "bg", "uk"}
    assert len(rows) >= 200
    texts = [row["text"] for row in rows]
    assert len(set(texts)) == len(texts)
    sizes = [segments(text).parts for text in texts]
    assert set(sizes) == {1, 2, 3, 4, 5}
    assert {segments(text).coding for text in texts} == {"gsm0338", "utf-16-be"}
    for wanted in ("€", "https://", "🇪🇸"):
        assert any(wanted in text for text in texts)
    for row in rows:
        assert Address.sender(row["from"]).addr
        assert Address.destination(row["to"]).ton == 1
        assert row["text"] == row["text"].strip()
    assert len(demo.notifications(None)) == len(rows)


# -- full counts


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_200_000_messages_with_receipts() -> None:
    result = run_command("demo", "--count", "200000", "--json", limit=590)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["complete"] is True
    assert found["verdicts"] == {"accepted": 200_000}
    assert found["receipts"] == {"DELIVRD": sum(found["segments"].values())}
    assert (found["without_verdict"], found["receipts_missing"], found["receipts_unexpected"]) == (0, 0, 0)
    for name in ("esme", "simulator"):
        half, end = found["memory"][name]
        assert end < half * 1.05, f"{name} grew from {half} to {end}"
