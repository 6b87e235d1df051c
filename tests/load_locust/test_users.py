"""What a user refuses, and what its seconds are in Locust's statistics.

Each in a process of its own, since gevent would replace the standard library of this one.
"""

import json
import subprocess
import sys
from typing import Any

import pytest
from cli.processes import ENVIRONMENT, LIMIT

from .processes import ROOT


def printed(module: str) -> dict[str, Any]:
    """What a program beside this file prints."""
    result = subprocess.run(
        [sys.executable, "-m", f"load_locust.{module}"],
        cwd=ROOT / "tests",
        capture_output=True,
        text=True,
        timeout=LIMIT,
        env=ENVIRONMENT,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_another_machine_needs_the_same_word_and_cap_as_the_command() -> None:
    """Real messages cost money; what is refused is shown where people look."""
    told = printed("refusals")
    expected = [
        "192.0.2.1 is not this machine, and messages cost money: --really",
        "192.0.2.1 is not this machine, and messages cost money: set rate_cap",
        "192.0.2.1 is not this machine, and a closed loop sends as fast as it can",
        "a closed loop has no rate that rate_cap could count",
        "the URL must begin with smpp://",
        "",
        "",
        "users of this worker send 8/s, and 4/s more exceed 10/s",
        "",
    ]
    assert len(told["found"]) == len(expected)
    for found, begin in zip(told["found"], expected, strict=True):
        assert found.startswith(begin), found
        assert bool(found) == bool(begin), found
        assert "secret" not in found
    assert told["shown"] == [found for found in told["found"] if found]


def test_a_user_that_begins_while_the_test_ends_is_told_so() -> None:
    """It would send on, and the end of the test would wait for it as long as it may."""
    assert printed("late")["told"] == ["user plan", "user stop"]


def test_every_message_is_a_request_and_every_failure_has_its_name() -> None:
    """Requests, failures, requests without a time, shortest and longest time in milliseconds, octets."""
    told = printed("fired")
    assert told["entries"]["submit_sm"] == pytest.approx([7, 4, 2, 10, 10_000, 703], rel=5e-4)  # HDR has three digits
    assert told["entries"]["receipt"] == pytest.approx([7, 5, 4, 500, 700, 0], rel=5e-4)
    assert told["errors"] == {
        "submit_sm: ESME_RTHROTTLED": 2,
        "submit_sm: no answer": 1,
        "submit_sm: not sent before the end": 1,
        "receipt: UNDELIV": 1,
        "receipt: no receipt": 4,
    }
    assert told["log"] == ["the load generator of this worker is the limit, not the target: take more workers"]
