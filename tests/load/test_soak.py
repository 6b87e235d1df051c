"""A minute at ten thousand a second, through a stall."""

import json
import pathlib

import pytest
from cli.processes import run_command, simulator


@pytest.mark.soak
@pytest.mark.alone
@pytest.mark.timeout(180)
def test_ten_thousand_a_second_for_a_minute_through_a_stall(tmp_path: pathlib.Path) -> None:
    config, file = tmp_path / "simulator.toml", tmp_path / "result.json"
    config.write_text('[faults.pause]\nkind = "stall"\nseconds = 2.0\nnth = 300000\n')
    with simulator("--config", str(config)) as (_, port):
        result = run_command(
            *("load", f"smpp://smppclient1:password@127.0.0.1:{port}", "--rate", "10k", "--time", "60s"),
            *("--window", "100", "--json", str(file), "--expect", "errors==0", "--expect", "rate>=99%"),
            limit=120,
        )
    assert result.returncode == 0, result.stdout + result.stderr
    view = json.loads(file.read_text())
    assert view["messages"]["accepted"] == 600_000
    assert view["rate"] == pytest.approx(10_000, rel=0.01)
    before = [row["accepted"] for row in view["series"][1:29]]
    assert sum(before) / len(before) == pytest.approx(10_000, rel=0.01)
    # Of 60 s two were stalled: 3.3 % of all messages waited, evenly up to 2 s, and 2.5 % more than half a second.
    assert view["response_ms"]["p99"] > 1_000
    assert view["response_ms"]["max"] > 1_900
    assert view["response_ms"]["p90"] < 500
    # Only a window of messages was in flight meanwhile: who looks at these alone sees next to nothing.
    assert view["service_ms"]["p99.9"] < 500
    assert view["service_ms"]["max"] > 1_900
