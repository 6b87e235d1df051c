"""The link of a campaign: how long it waits, so that no long text arrives in part where an SMSC is slow."""

import argparse

import pytest
from wire.ends import url

from smppcore.cli.send_file_link import BulkLink
from smppcore.profile import CarrierProfile
from smppcore.profile.access import Credentials, Hosts
from smppcore.retry import Retry
from smppcore.settings import Settings

LONGEST = 8


def link(longest: int = LONGEST, *, rate: float | None = None) -> BulkLink:
    options = argparse.Namespace(url="smpp://id@127.0.0.1:2775", window=1, binds=None, rate=rate, receipt=False)
    return BulkLink(options, None, longest)


@pytest.mark.parametrize("rate", [None, 100.0])
def test_the_last_segment_waits_as_long_as_those_before_it_may_take(rate: float | None) -> None:
    """All segments of a text are asked for at once, and with a window of one each waits for the one before it."""
    each = Settings().response_timeout
    assert each is not None
    timeout = link(rate=rate).timeout
    assert timeout is not None
    assert timeout >= LONGEST * each


def test_texts_of_one_segment_wait_for_their_own_answer_alone() -> None:
    assert link(1).timeout == Settings().response_timeout


async def test_a_profile_that_sends_again_what_is_unknown_does_not_so_in_a_campaign() -> None:
    """That takes --resend-unknown: nobody gets it twice without somebody having asked for it."""
    profile = CarrierProfile(
        hosts=Hosts(primary=("smpp://127.0.0.1:2775",)),
        credentials=Credentials(system_id="id"),
        retry=Retry(tries=7, unknown=True),
    )
    options = argparse.Namespace(url=url(2775), window=1, binds=None, rate=None, receipt=False)
    retry = BulkLink(options, profile, 1).open({}, print, lambda: False)._retry
    assert retry is not None
    assert (retry.tries, retry.unknown) == (7, False)
