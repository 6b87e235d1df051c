"""How far a campaign is, for whoever looks; that nobody does is no reason to end it."""

import sys

import pytest

from smppcore.bulk import RecipientVerdict
from smppcore.bulk.steps import Outcome
from smppcore.cli.send_file_progress import Progress


class Gone:
    """What a terminal is that was closed, or a pipe whose reader has seen enough."""

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def test_a_campaign_goes_on_when_nobody_reads_any_more_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end with a window of recipients who are unknown for no reason."""
    monkeypatch.setattr(sys, "stderr", Gone())
    progress = Progress(2)
    with progress.shown():
        for _ in range(2):
            progress.decided(Outcome(RecipientVerdict.ACCEPTED))
