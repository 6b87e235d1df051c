"""Two results beside each other: what differs by more than chance, and what says nothing."""

import json
import pathlib
import random

import pytest

from load.results import errors, result, second
from smppcore.load import Result
from smppcore.load.comparison import compare, rank_test, read_result, share_test, warnings


def run(seed: int, latency: float, accepted: int = 1_000, failed: int = 0, count: int = 20) -> Result:
    chance = random.Random(seed)
    seconds = []
    for index in range(count):
        each = errors(index, accepted + chance.randrange(20), ESME_RSYSERR=failed)
        each.responses.add(second(index, 10, latency * chance.uniform(0.9, 1.1)).responses)
        each.responses.record(round(latency * chance.uniform(900, 1_100)), 5_000)
        seconds.append(each)
    return result(*seconds, profile="rate:1000")


def verdicts(a: Result, b: Result) -> dict[str, str]:
    return {row.name: row.verdict for row in compare(a.view(), b.view())}


def test_two_runs_of_one_kind_are_alike() -> None:
    found = verdicts(run(1, 10), run(2, 10))
    assert (found["rate"], found["errors"], found["response p50"]) == ("alike", "alike", "alike")


def test_slower_responses_and_more_errors_are_found() -> None:
    a, b = run(1, 10).view(), run(2, 13, failed=3).view()
    found = {row.name: row for row in compare(a, b)}
    assert found["response p50"].verdict == "higher"
    assert found["response p50"].change == pytest.approx(0.3, abs=0.06)
    assert found["errors"].verdict == "higher"
    assert found["errors"].change is None  # there were none before
    assert found["receipt p50"].a is None if "receipt p50" in found else True
    assert {row.name: row.verdict for row in compare(b, a)}["response p50"] == "lower"


def test_what_is_sure_and_small_does_not_matter() -> None:
    assert verdicts(run(1, 10), run(2, 10.1))["response p50"] == "alike"


def test_short_runs_say_nothing() -> None:
    a, b = run(1, 10, count=5), run(2, 30, count=5)
    assert verdicts(a, b)["response p50"] == ""
    assert any("fewer than 8" in line for line in warnings(a.view(), b.view()))


def test_what_makes_a_comparison_doubtful_is_said() -> None:
    a = result(*(second(index, cpu_most=0.99) for index in range(10)))
    b = result(*(second(index) for index in range(10)), window=50)
    b.stopped = "stopped by hand"
    said = warnings(a.view(), b.view())
    assert any(line.startswith("A says little of its target") for line in said)
    assert "B is no whole run: stopped by hand" in said
    assert "window differs: 10 in A, 50 in B" in said


def test_ranks_against_known_values() -> None:
    # By hand: U = 0 of 8 and 8 different values, z = (32 - 0.5) / sqrt(64 * 17 / 12).
    assert rank_test(range(8), range(8, 16)) == pytest.approx(0.00094, abs=1e-5)
    assert rank_test([1.0] * 8, [1.0] * 8) == 1.0
    assert rank_test([1, 2, 3, 4], [1, 2, 3, 4]) == 1.0
    chance = random.Random(3)
    false = sum(
        rank_test([chance.random() for _ in range(20)], [chance.random() for _ in range(20)]) < 0.05
        for _ in range(1_000)
    )
    assert 20 < false < 80


def test_shares_against_known_values() -> None:
    assert share_test(50, 1_000, 50, 1_000) == 1.0
    assert share_test(0, 1_000, 0, 1_000) == 1.0
    assert share_test(10, 1_000, 30, 1_000) == pytest.approx(0.00142, abs=1e-4)


def test_files_that_are_no_result(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "a.json"
    for text, said in (("{", "no JSON"), ("[]", "no result"), ("{}", "no result")):
        file.write_text(text)
        with pytest.raises(ValueError, match=said):
            read_result(str(file))
    view = run(1, 10).view()
    file.write_text(json.dumps(view | {"format": 99}))
    with pytest.raises(ValueError, match="format 99"):
        read_result(str(file))
    file.write_text(json.dumps(view))
    assert read_result(str(file)) == json.loads(json.dumps(view))
