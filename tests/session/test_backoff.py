"""Waiting before the next attempt to bind: longer each time, spread, and as the failure asks for."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.backoff import LOUD, Backoff, BackoffSettings, Failure, failure_of
from smppcore.constants import CommandStatus
from smppcore.errors import (
    BindRefused,
    EncodeError,
    NotSent,
    OutcomeUnknown,
    StateError,
    TlsError,
    TlsFault,
)
from smppcore.password import PasswordError
from smppcore.pdu import BindTransceiver, BindTransceiverResp

BIND = BindTransceiver()
PASSING = sorted(set(Failure) - LOUD - {Failure.ALREADY_BOUND, Failure.THROTTLED})


def refused(status: int) -> BindRefused:
    return BindRefused(BindTransceiverResp(command_status=status), BIND)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectionRefusedError(), Failure.UNREACHABLE),
        (TimeoutError(), Failure.UNREACHABLE),
        (NotSent("the connection was lost", BIND), Failure.LOST),
        (OutcomeUnknown("the connection was lost", BIND), Failure.LOST),
        (refused(CommandStatus.ESME_RALYBND), Failure.ALREADY_BOUND),
        (refused(CommandStatus.ESME_RTHROTTLED), Failure.THROTTLED),
        (refused(CommandStatus.ESME_RMSGQFUL), Failure.THROTTLED),
        (refused(CommandStatus.ESME_RINVPASWD), Failure.CREDENTIALS),
        (refused(CommandStatus.ESME_RINVSYSID), Failure.CREDENTIALS),
        (refused(CommandStatus.ESME_RBINDFAIL), Failure.CREDENTIALS),
        (refused(CommandStatus.ESME_RSYSERR), Failure.REFUSED),
        (refused(0x0400), Failure.REFUSED),
        (TlsError(TlsFault.UNKNOWN_CA, ""), Failure.TLS),
        (TlsError(TlsFault.WRONG_HOST, ""), Failure.TLS),
        (TlsError(TlsFault.TIMEOUT, ""), Failure.UNREACHABLE),
        (TlsError(TlsFault.BROKEN_OFF, ""), Failure.UNREACHABLE),
        (PasswordError("no such file"), Failure.CONFIGURATION),
        (EncodeError("bind_transceiver.password", "8", "123456789"), Failure.CONFIGURATION),
        (StateError(), Failure.CONFIGURATION),
        (KeyError(), Failure.CONFIGURATION),
    ],
)
def test_each_error_is_of_a_kind(error: Exception, failure: Failure) -> None:
    assert failure_of(error) is failure


@given(seed=st.integers(), failure=st.sampled_from(PASSING), times=st.integers(1, 100))
def test_waits_double_from_first_to_longest_within_their_upper_half(seed: int, failure: Failure, times: int) -> None:
    settings = BackoffSettings(first=1, longest=60)
    backoff = Backoff(settings, Random(seed))
    for number in range(times):
        full = min(60, 2**number)
        assert full / 2 <= backoff.failed(failure) <= full
    assert backoff.failures == times


@given(seed=st.integers(), times=st.integers(0, 20))
def test_some_failures_have_a_least_wait(seed: int, times: int) -> None:
    backoff = Backoff(BackoffSettings(), Random(seed))
    for _ in range(times):
        backoff.failed(Failure.LOST)
    assert 30 <= backoff.failed(Failure.ALREADY_BOUND) <= 60
    assert 10 <= backoff.failed(Failure.THROTTLED) <= 60
    for failure in LOUD:
        assert 60 <= backoff.failed(failure) <= 75


def test_two_hundred_links_do_not_wait_equally_long() -> None:
    for failure in Failure:
        waits = sorted(Backoff(BackoffSettings(), Random(seed)).failed(failure) for seed in range(200))
        assert len(set(waits)) == 200
        assert max(sum(wait <= other < wait * 1.05 for other in waits) for wait in waits) < 80


def test_only_a_bind_that_lasted_ends_the_row() -> None:
    backoff = Backoff(BackoffSettings(first=1, longest=60, lasting=10), Random(1))
    waits = [backoff.failed(Failure.LOST, lasted=9.9) for _ in range(6)]
    assert all(before < after for before, after in pairwise(waits))
    assert backoff.failed(Failure.LOST, lasted=10) <= 1
    assert backoff.failures == 1


def test_that_there_was_no_bind_does_not_count_as_one_that_lasted() -> None:
    backoff = Backoff(BackoffSettings(lasting=0), Random(1))
    for _ in range(5):
        backoff.failed(Failure.UNREACHABLE)
    assert backoff.failures == 5


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"first": 0}, "first"),
        ({"first": 2, "longest": 1}, "longest"),
        ({"lasting": -1}, "lasting"),
        ({"already_bound": -1}, "already_bound"),
        ({"throttled": -1}, "throttled"),
        ({"hopeless": -1}, "hopeless"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_name(values: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        BackoffSettings(**values)
