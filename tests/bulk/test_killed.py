"""A campaign that was killed goes on where it was: real processes, and the simulator counts what it has taken."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.processes import Process, running

from .killing_relay import Ended, run_until
from .lists import number, result, taken, wanted, write_list

WINDOW = 10
UNKNOWN = "unknown"


class Campaign:
    """The same command again and again, at a simulator that keeps what it takes in a file."""

    def __init__(self, directory: Path, count: int, simulator: Process, port: int) -> None:
        self.count = count
        self.list = write_list(directory / "people.csv", count)
        self.result = directory / "people.result.csv"
        self._store = directory / "simulator"
        self._simulator = simulator
        self._port = port

    def run(self, *more: str, number: signal.Signals | None = None, after: int = 0) -> Ended:
        words = ("send", "--file", str(self.list), "--from", "Shop", "--receipt", "--json", "--window", str(WINDOW))
        return asyncio.run(run_until(self._port, (*words, *more), number, after))

    def unknown(self) -> list[dict[str, str]]:
        return [row for row in result(self.result) if row["verdict"] == UNKNOWN]

    def check(self, unknown: set[str]) -> None:
        """The simulator has taken what was to be sent, each segment once; of the unknown ones at most that."""
        assert self._simulator.end()[0] == 0
        counted, planned = taken(self._store), wanted(self.count)
        assert {to: counted[to] for to in planned if to not in unknown} == {
            to: parts for to, parts in planned.items() if to not in unknown
        }
        assert all(counted[to] <= planned[to] for to in unknown)
        assert set(counted) <= set(planned)


def campaign_of(directory: Path, count: int) -> Iterator[Campaign]:
    store = str(directory / "simulator")
    with running("simulate", "--port", "0", "--receipt-delay", "0.05", "--store", store) as process:
        yield Campaign(directory, count, process, int(process.readline().rpartition(":")[2]))


@pytest.fixture
def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Campaign]:
    yield from campaign_of(tmp_path, request.param)


COUNTS = [pytest.param(200, id="fast"), pytest.param(5_000, id="5,000", marks=pytest.mark.soak)]


@pytest.mark.parametrize("campaign", COUNTS, indirect=True)
def test_ended_by_sigint_and_by_sigkill_nobody_gets_it_twice(campaign: Campaign) -> None:
    third = campaign.count // 3
    interrupted = campaign.run(number=signal.SIGINT, after=third)
    assert interrupted.status == 130, interrupted.err
    assert "the same command goes on with them" in interrupted.err
    counts = json.loads(interrupted.out)
    # What was on its way has got its verdict.
    assert (counts["unknown"], counts["accepted"] + counts["not sent"]) == (0, campaign.count)
    assert 0 < counts["accepted"] < campaign.count
    assert [row["verdict"] for row in result(campaign.result)].count("not sent") == counts["not sent"]

    killed = campaign.run(number=signal.SIGKILL, after=third)
    assert (killed.status, killed.out) == (-signal.SIGKILL, "")

    last = campaign.run()
    unknown = campaign.unknown()
    assert 1 <= len(unknown) <= WINDOW
    assert last.status == 1
    for row in unknown:
        assert row["reason"] == "in flight when the run ended"
        assert f"line {row['line']}: {row['to']}\n" in last.err
    counts = json.loads(last.out)
    assert counts["accepted"] == campaign.count - len(unknown)
    assert (counts["unknown"], counts["not sent"], counts["receipts_missing"]) == (len(unknown), 0, 0)
    rows = result(campaign.result)
    assert [row["to"] for row in rows] == [number(row) for row in range(campaign.count)]
    assert {row["state"] for row in rows if row["verdict"] == "accepted"} == {"DELIVRD"}
    assert all(row["answered"] >= row["intended"] <= row["final"] for row in rows if row["verdict"] == "accepted")
    campaign.check({row["to"] for row in unknown})


@pytest.mark.parametrize("campaign", [60], indirect=True)
def test_the_unknown_are_sent_to_again_only_when_that_is_asked_for(campaign: Campaign) -> None:
    campaign.run(number=signal.SIGKILL, after=20)
    campaign.run()
    unknown = campaign.unknown()
    assert unknown
    again = campaign.run()
    assert (again.status, campaign.unknown()) == (1, unknown)
    resent = campaign.run("--resend-unknown")
    assert resent.status == 0, resent.err
    rows = result(campaign.result)
    assert {row["verdict"] for row in rows} == {"accepted"}
    assert {row["line"] for row in rows if row["attempts"] == "2"} == {row["line"] for row in unknown}
    assert {row["attempts"] for row in rows} == {"1", "2"}


@pytest.mark.soak
@pytest.mark.parametrize("campaign", [1_000], indirect=True)
def test_killed_again_and_again_it_gets_to_the_end(campaign: Campaign) -> None:
    for after in (1, 150, 77, 10, 200):
        assert campaign.run(number=signal.SIGKILL, after=after).status == -signal.SIGKILL
    campaign.run()
    unknown = campaign.unknown()
    assert len(unknown) <= 5 * WINDOW
    campaign.check({row["to"] for row in unknown})
