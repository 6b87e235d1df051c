"""Answers that come after their requests were given up: they make a recipient certain who was unknown."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from smppcore.bulk.campaign import Recipient
from smppcore.bulk.journal import Journal
from smppcore.bulk.steps import Decide, Outcome, PartVerdict, RecipientVerdict, reason_of, verdict_of
from smppcore.errors import AnyPdu, status_name
from smppcore.notice import LateAnswer, Notice
from smppcore.pdu import SubmitSm, SubmitSmResp


class _Doubt(NamedTuple):
    """A recipient of whom something is unknown: its segments so far, and which of them have no answer."""

    recipient: Recipient
    parts: list[PartVerdict]
    missing: set[int]


class LateAnswers:
    """Writes into ``journal`` what becomes known late; ``noticed`` is to be called with each notice of the link."""

    def __init__(self, journal: Journal, *, clock: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._clock = clock
        self._expected: dict[int, tuple[AnyPdu, int, _Doubt]] = {}
        """By the id of a request, which is kept so that no other object gets that id."""
        self._early: dict[int, LateAnswer] = {}
        """Answers of which nobody has said yet that they are expected, by the same."""

    def expect(self, recipient: Recipient, outcome: Outcome, requests: Mapping[int, AnyPdu]) -> Outcome:
        """These segments had no answer in time; what is known of all, with the answers that have come since."""
        doubt = _Doubt(recipient, list(outcome.parts), set(requests))
        for part, request in requests.items():
            early = self._early.pop(id(request), None)
            if early is None:
                self._expected[id(request)] = (request, part, doubt)
            else:
                _answered(doubt, part, early)
        return Outcome(_verdict(doubt), reason_of(doubt.parts), tuple(doubt.parts))

    def noticed(self, notice: Notice) -> None:
        """Something rare has happened on the link."""
        if not isinstance(notice, LateAnswer) or not isinstance(notice.request, SubmitSm):
            return
        if id(notice.request) not in self._expected:
            self._early[id(notice.request)] = notice  # another segment of the text is still waited for
            return
        _, part, doubt = self._expected.pop(id(notice.request))
        _answered(doubt, part, notice)
        self._decide(doubt)

    def _decide(self, doubt: _Doubt) -> None:
        recipient, parts = doubt.recipient, tuple(doubt.parts)
        step = Decide(recipient.row, _verdict(doubt), reason_of(parts), recipient.to.addr, parts, self._clock())
        # Where it cannot be kept the recipient stays unknown, and the run ends by the next step that fails.
        self._journal.write(step).add_done_callback(lambda done: done.cancelled() or done.exception())


def _answered(doubt: _Doubt, part: int, notice: LateAnswer) -> None:
    status = notice.response.command_status
    if status or not isinstance(notice.response, SubmitSmResp):
        doubt.parts[part] = PartVerdict(False, reason=f"submit_sm was answered {status_name(status)}, late")
    else:
        doubt.parts[part] = PartVerdict(True, notice.response.message_id)
    doubt.missing.discard(part)


def _verdict(doubt: _Doubt) -> RecipientVerdict:
    return RecipientVerdict.UNKNOWN if doubt.missing else verdict_of(doubt.parts)
