"""Whether and when a refused message is tried again: bounds, jitter, statuses. No clock, and chance with a seed."""

import itertools
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.constants import CommandStatus
from smppcore.errors import OutcomeUnknown, Refused
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.retry import TEMPORARY, Retry

SUBMIT = SubmitSm(destination_addr="1")


def refused(status: int) -> Refused:
    return Refused(SubmitSmResp(command_status=status), SUBMIT)


def waits(policy: Retry, seed: int = 1, each_takes: float = 0.0) -> list[float]:
    """How long one message waits between its attempts, until it is given up."""
    chance, elapsed = Random(seed), each_takes
    found: list[float] = []
    while (wait := policy.delay(len(found) + 1, elapsed, chance)) is not None:
        found.append(wait)
        elapsed += wait + each_takes
    return found


@given(
    st.integers(1, 60),
    st.floats(0.0, 1_000.0),
    st.floats(0.01, 5.0),
    st.floats(5.0, 60.0),
    st.floats(0.0, 5.0),
    st.integers(0, 1_000),
)
def test_neither_more_tries_nor_more_time_than_the_policy_allows(
    tries: int, total: float, first: float, longest: float, each_takes: float, seed: int
) -> None:
    found = waits(Retry(tries=tries, total=total, first=first, longest=longest), seed, each_takes)
    assert len(found) <= tries - 1
    assert sum(found) + each_takes * len(found) <= total + 1e-6


@given(st.integers(0, 1_000), st.floats(0.01, 5.0), st.floats(5.0, 60.0))
def test_each_wait_is_in_the_upper_half_of_a_time_that_doubles_up_to_the_longest(
    seed: int, first: float, longest: float
) -> None:
    for attempt, wait in enumerate(waits(Retry(tries=40, total=1e9, first=first, longest=longest), seed)):
        whole = min(longest, first * 2**attempt)
        assert whole / 2 <= wait <= whole


def test_refusals_of_one_moment_do_not_come_back_in_one_moment() -> None:
    """A window of refusals, each with its own chance: spread over half a second, not all at once."""
    chance = Random(5)
    found = sorted(Retry().delay(1, 0, chance) or 0 for _ in range(1_000))
    assert found[0] < 0.52
    assert found[-1] > 0.98
    assert all(after - before < 0.05 for before, after in itertools.pairwise(found))


def test_a_thousand_attempts_do_not_overflow() -> None:
    assert len(waits(Retry(tries=10_000, total=1e9))) == 9_999


def test_one_try_is_no_retry() -> None:
    assert waits(Retry(tries=1)) == []


def test_only_what_passes_is_tried_again() -> None:
    policy = Retry()
    covered = {status for status in CommandStatus if policy.covers(refused(status))}
    assert covered == TEMPORARY
    assert CommandStatus.ESME_RTHROTTLED in covered
    assert CommandStatus.ESME_RMSGQFUL in covered
    assert CommandStatus.ESME_RINVDSTADR not in covered


def test_the_statuses_of_a_carrier() -> None:
    """P30: carriers use these interchangeably, and their own."""
    policy = Retry(statuses=frozenset({0x45, 0x4FF}))
    assert policy.covers(refused(0x4FF))
    assert policy.covers(refused(CommandStatus.ESME_RSUBMITFAIL))
    assert not policy.covers(refused(CommandStatus.ESME_RTHROTTLED))


def test_an_unknown_outcome_is_left_alone_unless_asked_for() -> None:
    unknown = OutcomeUnknown("no answer in time", SUBMIT, 1)
    assert not Retry().covers(unknown)
    assert Retry(unknown=True).covers(unknown)


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"first": 0}, {"first": -1}, {"first": 2, "longest": 1}])
def test_policies_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Retry(**wrong)
