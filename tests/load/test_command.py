"""``smppcore load`` as a process, with processes of its own, against a simulator."""

import concurrent.futures
import csv
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from cli.processes import ENVIRONMENT, LIMIT, TRACEBACK, run_command, simulator
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

SATURATED = "the generator was the limit: this says nothing of the target"
"""What a run on a busy machine may say of itself."""


def url_of(port: int) -> str:
    return f"smpp://smppclient1:password@127.0.0.1:{port}"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator("--receipt-delay", "0.05") as (_, port):
        yield url_of(port)


def loaded(*arguments: str, limit: float = LIMIT) -> "subprocess.CompletedProcess[str]":
    return run_command("load", *arguments, limit=limit)


def view_of(path: pathlib.Path) -> dict[str, Any]:
    view: dict[str, Any] = json.loads(path.read_text())
    return view


def test_a_run_of_two_processes_with_all_its_files(url: str, tmp_path: pathlib.Path) -> None:
    """Receipts come over any bind of the account, so also to the process that did not send the message."""
    expectations = ["p99.9<5s", "errors==0", "receipts==100%", "rate>=99%", "receipt.p50<3s", "accepted==1500"]
    result = loaded(
        *(url, "--rate", "1k/s", "--time", "2500ms", "--warm-up", "1s", "--receipts", "--out", str(tmp_path)),
        *("--processes", "2", "--binds", "3", "--mix", "80=gsm:40,20=ucs2:30", "--shuffle"),
        *(word for text in expectations for word in ("--expect", text)),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert lines[-1] in ("all 6 expectations were kept", SATURATED)
    assert sum(line.startswith("kept: ") for line in lines) == 6
    view = view_of(tmp_path / "result.json")
    assert view["messages"] == {
        "sent": 1_500,
        "accepted": 1_500,
        "failed": 0,
        "of_warm_up": view["messages"]["of_warm_up"],
    }
    assert (view["receipts"]["in_time"], view["receipts"]["of_others"], view["receipts"]["missing"]) == (1_500, 0, 0)
    assert view["plan"]["target"] == url.replace(":password", "")
    everything = "".join(path.read_text() for path in tmp_path.iterdir())
    assert ":password@" not in everything
    check_seconds(tmp_path / "seconds.csv", view["messages"]["of_warm_up"])
    check_log(tmp_path / "latencies.hlog", view)


def test_a_short_wait_for_receipts_suffices_for_those_that_came_to_another_process(
    url: str, tmp_path: pathlib.Path
) -> None:
    """They came within a tenth of a second; only handing them on takes longer than the wait."""
    file = tmp_path / "result.json"
    words = ("--processes", "2", "--receipts", "--receipt-wait", "1s", "--rate", "100", "--time", "1s")
    result = loaded(url, *words, "--json", str(file))
    assert result.returncode == 0, result.stdout + result.stderr
    receipts = view_of(file)["receipts"]
    assert (receipts["in_time"], receipts["missing"], receipts["of_others"]) == (100, 0, 0)


def check_seconds(path: pathlib.Path, stragglers: int) -> None:
    """``stragglers``: of the warm-up, and of a busy machine some that even left only after it."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["second"]) for row in rows] == list(range(len(rows)))
    assert [row["warm_up"] for row in rows[:3]] == ["1", "0", "0"]
    assert 2_500 - stragglers <= sum(int(row["sent"]) for row in rows) <= 2_500
    assert float(rows[1]["asked"]) == 1_000
    assert float(rows[1]["response_p50_ms"]) > 0


def check_log(path: pathlib.Path, view: dict[str, Any]) -> None:
    """Another program gets the same percentiles out of the log."""
    totals: dict[str, Any] = {}
    reader = HistogramLogReader(str(path), HdrHistogram(1, 3_600_000_000, 3))
    while (interval := reader.get_next_interval_histogram()) is not None:
        if interval.get_start_time_stamp() / 1e3 - reader.start_time_sec >= 0.999:
            totals.setdefault(interval.get_tag(), HdrHistogram(1, 3_600_000_000, 3)).add(interval)
    reader.close()
    assert set(totals) == {"response", "service", "receipt"}
    for tag, key in (("response", "response_ms"), ("service", "service_ms"), ("receipt", "receipt_ms")):
        assert totals[tag].get_total_count() == 1_500
        for percent in (50, 99, 99.9):
            assert totals[tag].get_value_at_percentile(percent) / 1e3 == pytest.approx(
                view[key][f"p{percent}"], abs=0.001
            )


def test_an_expectation_that_fails_is_a_line_and_a_status(url: str) -> None:
    result = loaded(url, "--count", "200", "--expect", "p50<1us", "--expect", "errors<1%", "--expect", "max<0.5us")
    assert result.returncode == 1
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAILED: ")]
    assert [line.partition(",")[0] for line in failed] == ["FAILED: p50<1us", "FAILED: max<0.5us"]
    assert "kept: errors<1%, found 0.0000 %" in result.stdout
    assert result.stdout.splitlines()[-1] in ("2 of 3 expectations failed", SATURATED)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--expect", "p99<50"], "is no duration"),
        (["--expect", "receipts==100%"], "needs --receipts"),
        (["--expect", "rate>=99%"], "a closed loop asks for no rate"),
        (["--max-errors", "many"], "no number"),
        (["--profile", "ramp:1..5", "--rate", "5"], "not both"),
        (["--profile", "stairs"], "is one of closed"),
        (["--warm-up", "1500ms"], "whole seconds"),
        (["--time", "10"], "is no duration"),
        (["--window", "0"], "whole number of 1 at least"),
        (["--processes", "2", "--binds", "1"], "2 processes need 2 binds"),
        (["--text-file", "/nowhere/texts"], "/nowhere/texts"),
        (["--json", "/nowhere/result.json"], "/nowhere/result.json"),
        (["--password-env", "NOT_THERE"], "NOT_THERE"),
        (["another"], "one URL"),
        (["--find-max"], "--find-max begins at --rate"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_sent(arguments: list[str], said: str) -> None:
    extra = ["--profile", "spike:1..5"] if arguments == ["--find-max"] else []
    result = loaded("smpp://a:b@127.0.0.1:1", *arguments, *extra)
    assert result.returncode == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_another_machine_is_refused_before_any_connection() -> None:
    """The address is one of documentation: a connection would last for ever, and the refusal comes at once."""
    for arguments, said in (
        (["--rate", "5"], "messages cost money: --really sends them"),
        (["--really"], "cap it with --rate-cap"),
        (["--really", "--rate", "50", "--rate-cap", "20"], "above the cap of 20/s"),
        (["--really", "--rate", "5", "--find-max"], "raises the rate until something gives: cap it with --rate-cap"),
    ):
        result = loaded("smpp://id:secret@192.0.2.1:2775", *arguments)
        assert result.returncode == 2
        assert said in result.stderr
        assert "secret" not in result.stderr


def test_no_run_without_a_bind(url: str) -> None:
    refused = loaded(url.replace("password", "wrong"), "--processes", "2")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "was answered ESME_RBINDFAIL" in refused.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nobody = loaded(url_of(port))
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "connection refused" in nobody.stderr


def test_ctrl_c_drains_unbinds_and_reports(url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "result.json"
    process = begun(url, file, "--processes", "2", "--expect", "errors==0")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 130, output + errors
    assert TRACEBACK not in errors
    view = view_of(file)
    assert view["stopped"] == "stopped by hand"
    assert view["messages"]["accepted"] == view["messages"]["sent"] > 0
    assert "kept: errors==0" in output
    assert "ended early" in output


def test_ctrl_c_ends_a_bind_that_is_never_answered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = subprocess.Popen(
            [sys.executable, "-m", "smppcore", "load", url_of(silent.getsockname()[1]), "--rate", "5"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
        silent.settimeout(LIMIT)
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=LIMIT)
    assert (process.returncode, output) == (1, "")
    assert "stopped before it was bound" in errors
    assert TRACEBACK not in errors


def begun(url: str, file: pathlib.Path, *arguments: str) -> "subprocess.Popen[str]":
    """A run of an hour, after its first second."""
    words = ("--rate", "500", "--time", "1h", "--live", "lines", "--json", str(file), *arguments)
    process = subprocess.Popen(
        [sys.executable, "-m", "smppcore", "load", url, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("second "):
            return process
    raise AssertionError(f"it has ended: {process.communicate()}")


def test_a_process_that_is_killed_is_reported_and_the_rest_counts(url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "result.json"
    process = begun(url, file, "--processes", "2")
    (worker, *_) = workers_of(process.pid)
    os.kill(worker, signal.SIGKILL)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 1, output + errors
    view = view_of(file)
    assert view["broken"]
    assert any("ended before its time" in event["what"] for event in view["events"])
    assert view["messages"]["accepted"] > 0
    assert "figures are missing" in output


def workers_of(pid: int) -> list[int]:
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


def test_workers_end_when_whoever_began_them_is_killed(url: str, tmp_path: pathlib.Path) -> None:
    process = begun(url, tmp_path / "result.json", "--processes", "2")
    workers = workers_of(process.pid)
    assert len(workers) == 2
    handles = [os.pidfd_open(worker) for worker in workers]
    process.kill()
    process.communicate(timeout=LIMIT)
    for handle in handles:
        assert signal_of_end(handle)


def signal_of_end(handle: int) -> bool:
    """Whether a process that is no child of ours ends within the limit."""
    ready, _, _ = select.select([handle], [], [], LIMIT)
    os.close(handle)
    return bool(ready)


def test_a_budget_of_errors_ends_a_run(tmp_path: pathlib.Path) -> None:
    config = tmp_path / "simulator.toml"
    config.write_text('[faults.full]\nkind = "queue-full"\nafter = 0\n')
    file = tmp_path / "result.json"
    with simulator("--config", str(config)) as (_, port):
        result = loaded(url_of(port), "--rate", "200", "--time", "1h", "--max-errors", "5%", "--json", str(file))
    assert result.returncode == 1
    view = view_of(file)
    assert "the budget of errors is spent: more than 5%" in view["stopped"]
    assert set(view["errors"]) == {"ESME_RMSGQFUL"}
    assert view["throttled_seconds"] > 0.3
    assert view["response_ms"] is None


def test_a_full_disk_does_not_cost_the_summary(url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "seconds.csv"
    result = loaded(url, "--count", "50", "--json", "/dev/full", "--csv", str(file))
    assert result.returncode == 1
    assert "50 sent, 50 accepted, 0 failed" in result.stdout
    assert "/dev/full cannot be written" in result.stderr
    assert TRACEBACK not in result.stderr
    assert file.read_text().startswith("second,")


@pytest.mark.soak
@pytest.mark.alone
def test_the_highest_rate_that_an_account_allows(tmp_path: pathlib.Path) -> None:
    """The simulator answers ESME_RTHROTTLED beyond 200 a second."""
    config = tmp_path / "simulator.toml"
    config.write_text('[accounts.load]\npassword = "pw"\nrate = 200\n')
    file = tmp_path / "result.json"
    with simulator("--config", str(config)) as (_, port):
        result = loaded(
            *(f"smpp://load:pw@127.0.0.1:{port}", "--find-max", "--rate", "150", "--time", "1s"),
            *("--expect", "errors<1%", "--json", str(file)),
            limit=55,
        )
    assert result.returncode == 0, result.stdout + result.stderr
    line = next(line for line in result.stdout.splitlines() if line.startswith("highest good rate: "))
    # A burst of a second comes on top of the rate, and on a busy machine the generator may be the limit.
    assert 150 <= float(line.split()[-2].replace(",", "")) <= 420
    assert view_of(file)["messages"]["failed"] <= 5


def test_a_cap_ends_the_search(url: str) -> None:
    result = loaded(url, "--find-max", "--rate", "100", "--rate-cap", "150", "--time", "500ms")
    assert result.returncode == 0, result.stdout
    assert "highest good rate: at least 150.0 messages/s" in result.stdout


def test_a_stall_of_the_simulator_shows(tmp_path: pathlib.Path) -> None:
    config = tmp_path / "simulator.toml"
    config.write_text('[faults.pause]\nkind = "stall"\nseconds = 0.5\nnth = 600\n')
    file = tmp_path / "result.json"
    with simulator("--config", str(config)) as (_, port):
        result = loaded(url_of(port), "--rate", "500", "--time", "3s", "--json", str(file), "--expect", "rate>=99%")
    assert result.returncode == 0, result.stdout
    view = view_of(file)
    assert view["rate"] == pytest.approx(500, rel=0.01)
    # 250 of 1,500 messages fell into the stall, of which the later ones waited less.
    assert view["response_ms"]["p90"] > 100
    assert view["response_ms"]["max"] > 450
    assert view["service_ms"]["p90"] < 100
    assert view["service_ms"]["max"] > 450


def test_over_tls(tmp_path: pathlib.Path) -> None:
    pem = pathlib.Path(__file__).parent.parent / "wire" / "loopback.pem"
    config = tmp_path / "simulator.toml"
    config.write_text(f'[[listeners]]\nport = 0\ncertificate = "{pem}"\nkey = "{pem}"\n')
    with simulator("--config", str(config)) as (_, port):
        secret = tmp_path / "password"
        secret.write_text("password\n")
        words = (f"smpps://smppclient1@localhost:{port}", "--count", "300", "--password-file", str(secret))
        untrusted = loaded(*words)
        trusted = loaded(*words, "--insecure")
    assert untrusted.returncode == 1
    assert "certificate" in untrusted.stderr
    assert trusted.returncode == 0, trusted.stderr
    assert "300 sent, 300 accepted, 0 failed" in trusted.stdout


@pytest.mark.soak
@pytest.mark.alone
def test_two_real_runs_compared(url: str, tmp_path: pathlib.Path) -> None:
    config = tmp_path / "simulator.toml"
    config.write_text('[faults.slow]\nkind = "latency"\nseconds = 0.05\n')
    plain, slow = tmp_path / "plain.json", tmp_path / "slow.json"
    words = ("--rate", "100", "--time", "9s", "--window", "100", "--json")
    with simulator("--config", str(config)) as (_, port), concurrent.futures.ThreadPoolExecutor() as both:
        runs = [both.submit(loaded, url, *words, str(plain)), both.submit(loaded, url_of(port), *words, str(slow))]
        assert [run.result().returncode for run in runs] == [0, 0]
    result = loaded("compare", str(plain), str(slow))
    assert result.returncode == 0, result.stderr
    rows = {line.split("  ")[0]: line for line in result.stdout.splitlines()}
    assert rows["response p50 (ms)"].endswith("HIGHER")
    assert rows["rate (/s)"].endswith("no significant difference")
    assert "A  " in result.stdout
    assert "fewer than" not in result.stdout
    assert loaded("compare", str(plain)).returncode == 2
    assert "two files" in loaded("compare", str(plain)).stderr
    missing = loaded("compare", str(plain), str(tmp_path / "missing.json"))
    assert missing.returncode == 2
    assert "missing.json" in missing.stderr
