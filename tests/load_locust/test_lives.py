"""Processes that come, go and are killed in the middle of a test, and the page that starts and stops it."""

import json
import os
import pathlib
import select
import signal
from collections import Counter
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from ports import free_port

from .processes import (
    LIMIT,
    Locust,
    children_of,
    counts_of,
    failures_of,
    generators,
    locust,
    master_and_workers,
    target,
)

pytestmark = [pytest.mark.soak, pytest.mark.alone, pytest.mark.timeout(180)]
COUNTED = pathlib.Path(__file__).parent / "counted.py"


def test_a_ramp_to_its_end_by_time(tmp_path: pathlib.Path) -> None:
    """Locust gives its workers half a second at the end; receipts that take longer are counted all the same."""
    out = tmp_path / "out"
    with target("--receipt-delay", "2") as simulator:
        arguments = ("--headless", "-u", "6", "-r", "1.5", "-t", "7s", "--csv", str(out))
        with master_and_workers(simulator.url, *arguments) as (master, workers):
            assert master.ended() == 0
            assert [worker.ended() for worker in workers] == [0, 0]
        counted = simulator.counted()
    assert generators(simulator.url) == []
    assert counts_of(out, "submit_sm") == counts_of(out, "receipt") == (counted["accepted"], 0)
    assert counted["receipts_delivered"] == counted["accepted"]
    assert 0 < counted["accepted"] < 6 * 20 * 7, "six users at once would have sent that"


def test_ctrl_c_in_a_terminal_reaches_all_processes_and_nothing_is_lost(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    with target("--receipt-delay", "1") as simulator:
        arguments = ("--headless", "-u", "4", "-r", "4", "--csv", str(out))
        with master_and_workers(simulator.url, *arguments) as (master, workers):
            simulator.until(lambda counted: counted["receipts_delivered"] > 50)
            for process in (master, *workers):
                process.popen.send_signal(signal.SIGINT)
            assert master.ended() == 0
            assert [worker.ended() for worker in workers] == [0, 0]
        counted = simulator.counted()
    assert generators(simulator.url) == []
    assert counts_of(out, "submit_sm") == counts_of(out, "receipt") == (counted["accepted"], 0)
    assert counted["receipts_delivered"] == counted["accepted"]


def test_users_that_are_through_have_sent_exactly_their_count(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    with target("--receipt-delay", "0.1") as simulator:
        arguments = ("--headless", "-u", "4", "-r", "4", "--csv", str(out))
        with master_and_workers(simulator.url, *arguments, file=COUNTED) as (master, workers):
            simulator.until(lambda counted: counted["receipts_delivered"] == 600 and counted["sessions"] == 0)
            master.popen.send_signal(signal.SIGINT)
            assert master.ended() == 0
            assert [worker.ended() for worker in workers] == [0, 0]
        assert simulator.counted()["accepted"] == 600
    assert counts_of(out, "submit_sm") == counts_of(out, "receipt") == (600, 0)


def test_a_worker_that_is_told_to_end_loses_no_figures(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    with target("--receipt-delay", "0.5") as simulator:
        arguments = ("--headless", "-u", "4", "-r", "4", "--csv", str(out))
        with master_and_workers(simulator.url, *arguments) as (master, (one, other)):
            simulator.until(lambda counted: counted["accepted"] > 150)
            one.popen.terminate()
            assert one.ended() == 0
            simulator.until(lambda counted: counted["accepted"] > 300)
            master.popen.send_signal(signal.SIGINT)
            assert master.ended() == 0
            assert other.ended() == 0
        counted = simulator.counted()
    assert generators(simulator.url) == []
    assert counts_of(out, "submit_sm") == counts_of(out, "receipt") == (counted["accepted"], 0)


@pytest.mark.parametrize("who", ["worker", "master"])
def test_nothing_goes_on_sending_when_locust_is_killed(who: str) -> None:
    with (
        target() as simulator,
        master_and_workers(simulator.url, "--headless", "-u", "4", "-r", "4") as (
            master,
            workers,
        ),
    ):
        simulator.until(lambda counted: counted["accepted"] > 50)
        if who == "master":
            for each in (master, *workers):
                each.popen.kill()
            await_end(generators(simulator.url))
        else:
            await_end(killed_with_children(workers[0]))
            simulator.until(lambda counted: counted["sessions"] <= 2)
            assert len(generators(simulator.url)) == 1


def killed_with_children(process: Locust) -> list[int]:
    children = children_of(process.popen.pid)
    assert children
    process.popen.kill()
    return children


def await_end(pids: list[int]) -> None:
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ready, _, _ = select.select([handle], [], [], LIMIT)
        os.close(handle)
        assert ready, f"{pid} is still there"


def test_a_generator_that_is_killed_shows_and_users_come_back(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    with (
        target() as simulator,
        locust(simulator.url, "--headless", "-u", "2", "-r", "2", "--csv", str(out), "--only-summary") as process,
    ):
        simulator.until(lambda counted: counted["accepted"] > 50)
        (generator,) = generators(simulator.url)
        os.kill(generator, signal.SIGKILL)
        await_end([generator])
        before = simulator.counted()["accepted"]
        simulator.until(lambda counted: counted["accepted"] > before + 30 and counted["sessions"] == 2)
        process.popen.send_signal(signal.SIGINT)
        process.popen.wait(LIMIT)
    assert "the generator process has ended before its time" in process.output
    assert generators(simulator.url) == []
    assert counts_of(out, "bind_transceiver") == (4, 0)


class Page:
    """Locust's page, as a browser uses it."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, **form: Any) -> dict[str, Any]:
        data = urlencode(form).encode() if form else None
        with urlopen(f"{self._url}{path}", data, timeout=LIMIT) as response:  # noqa: S310  # loopback
            answer: dict[str, Any] = json.load(response)
        return answer

    def counts(self) -> Counter[str]:
        return Counter({row["name"]: row["num_requests"] for row in self.ask("/stats/requests")["stats"]})


def test_a_bind_that_is_refused_is_a_failure_with_its_reason(tmp_path: pathlib.Path) -> None:
    out, port = tmp_path / "out", free_port()
    with target() as simulator:
        url = simulator.url.replace("password", "wrong")
        own = ("--autostart", "--web-host", "127.0.0.1", "--web-port", str(port))
        with locust(url, "-u", "3", "-r", "3", "--csv", str(out), "--only-summary", *own) as process:
            process.said("All users spawned")
            while Page(port).counts()["bind_transceiver"] < 3:
                pass
            process.popen.terminate()
            process.popen.wait(LIMIT)
        assert simulator.counted()["accepted"] == 0
    requests, failures = counts_of(out, "bind_transceiver")
    assert requests == failures >= 3
    (reason,) = failures_of(out, "bind_transceiver")
    assert "ESME_RBINDFAIL" in reason
    assert "wrong" not in reason
    assert generators(url) == []


def test_the_page_starts_turns_down_stops_and_starts_again() -> None:
    port = free_port()
    with target("--receipt-delay", "0.2") as simulator:
        own = ("--web-host", "127.0.0.1", "--web-port", str(port))
        with master_and_workers(simulator.url, *own) as (master, _):
            master.said("(index 1) reported as ready")
            page = Page(port)
            assert page.ask("/swarm", user_count=6, spawn_rate=6)["success"]
            simulator.until(lambda counted: counted["sessions"] == 6)
            assert page.ask("/swarm", user_count=2, spawn_rate=100)["success"]
            simulator.until(lambda counted: counted["sessions"] == 2)
            assert page.ask("/stop", reason="enough")["success"]
            first = simulator.counted()
            assert (first["sessions"], first["receipts_waiting"]) == (0, 0)
            while page.counts()["receipt"] < first["accepted"]:
                pass
            assert page.counts()["submit_sm"] == page.counts()["receipt"] == first["accepted"]
            assert page.ask("/swarm", user_count=1, spawn_rate=1)["success"]
            simulator.until(lambda counted: counted["accepted"] > first["accepted"] + 20)
            assert page.ask("/stop", reason="enough")["success"]
            assert simulator.counted()["sessions"] == 0
            assert len(generators(simulator.url)) == 2
            master.popen.terminate()
            master.popen.wait(LIMIT)
