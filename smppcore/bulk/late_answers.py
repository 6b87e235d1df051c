"""Answers that come after their requests were given up: they make a recipient certain who was unknown."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from smppcore.bulk.campaign import Recipient
from smppcore.bulk.journal import Journal
from smppcore.bulk.steps import Decide, Outcome, PartVerdict, RecipientVerdict, reason_of, verdict_of
from smppcore.errors import AnyPdu, status_name
from smppcore.notice import LateAnswer, Notice
from smppcore.pdu import SubmitSmResp


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

    def expect(self, recipient: Recipient, outcome: Outcome, requests: Mapping[int, AnyPdu]) -> None:
        """These segments have had no answer."""
        doubt = _Doubt(recipient, list(outcome.parts), set(requests))
        for part, request in requests.items():
            self._expected[id(request)] = (request, part, doubt)

    def noticed(self, notice: Notice) -> None:
        """Something rare has happened on the link."""
        if not isinstance(notice, LateAnswer) or id(notice.request) not in self._expected:
            return
        _, part, doubt = self._expected.pop(id(notice.request))
        status = notice.response.command_status
        if status or not isinstance(notice.response, SubmitSmResp):
            doubt.parts[part] = PartVerdict(False, reason=f"submit_sm was answered {status_name(status)}, late")
        else:
            doubt.parts[part] = PartVerdict(True, notice.response.message_id)
        doubt.missing.discard(part)
        self._decide(doubt)

    def _decide(self, doubt: _Doubt) -> None:
        recipient, parts = doubt.recipient, tuple(doubt.parts)
        verdict = RecipientVerdict.UNKNOWN if doubt.missing else verdict_of(parts)
        step = Decide(recipient.row, verdict, reason_of(parts), recipient.to.addr, parts, self._clock())
        # Where it cannot be kept the recipient stays unknown, and the run ends by the next step that fails.
        self._journal.write(step).add_done_callback(lambda done: done.cancelled() or done.exception())
