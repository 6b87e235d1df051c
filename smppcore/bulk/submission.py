"""One text to one recipient over a Link, and what that means for the recipient."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from smppcore import smpptime
from smppcore.address import Address
from smppcore.bulk.campaign import Recipient
from smppcore.bulk.late_answers import LateAnswers
from smppcore.bulk.steps import NOT_SENT, Outcome, PartVerdict, RecipientVerdict, reason_of, verdict_of
from smppcore.errors import AnyPdu, NotSent, OutcomeUnknown, Refused, SmppError, StateError, Verdict
from smppcore.link import Link
from smppcore.link_event import LinkState
from smppcore.pdu import SubmitSm
from smppcore.retry import TEMPORARY, Retry
from smppcore.sent import SentPart


@dataclass(frozen=True, slots=True, kw_only=True)
class UntilEnding(Retry):
    """A Retry for the link that tries nothing again once ``ending`` says that the run ends."""

    ending: Callable[[], bool]

    def covers(self, error: Refused | OutcomeUnknown) -> bool:
        """Whether a verdict like this is worth another attempt now."""
        return not self.ending() and Retry.covers(self, error)


class Submission:
    """Sends over ``link``, and waits at most ``patience`` seconds for a link that is down.

    ``source``, ``receipt``, ``languages``, ``transliterate`` and ``fields`` are as in ``link.send``; ``timeout`` is for
    each segment. ``deliver_at`` (aware) is filled in as schedule_delivery_time until it is over. What is refused for
    now is tried again by the Retry of the link. ``late`` is told what had no answer.
    """

    def __init__(
        self,
        link: Link,
        *,
        source: str | Address = "",
        receipt: bool = False,
        timeout: float | None = None,
        patience: float | None = None,
        languages: Sequence[int] | None = None,
        transliterate: bool | None = None,
        deliver_at: datetime | None = None,
        fields: Mapping[str, Any] | None = None,
        late: LateAnswers | None = None,
    ) -> None:
        self._link = link
        self._late = late
        self._patience = patience
        self._deliver_at = deliver_at
        self._choices: dict[str, Any] = {
            "source": source,
            "receipt": receipt or None,
            "timeout": timeout,
            "languages": languages,
            "transliterate": transliterate or None,
            **(fields or {}),
        }
        self.ending = False
        """Whether the run ends, so that what was refused only for now is left to the next one."""

    @property
    def is_up(self) -> bool:
        """Whether the link is bound so that it can send: of a pair, the transmitter."""
        return self._link.state is LinkState.UP

    async def wait_up(self) -> None:
        """Wait until it is bound. Raises ConnectionError where it never will be, TimeoutError when patience is over."""
        try:
            await self._link.wait_up(self._patience)
        except TimeoutError:
            raise TimeoutError(f"the link has been down for {self._patience:g} s") from None

    async def submit(self, recipient: Recipient) -> Outcome:
        """Send; what became of each segment, and of the whole. Raises StateError if this link cannot send messages."""
        try:
            sent = await self._link.send(
                recipient.text, to=recipient.to, data_coding=recipient.data_coding, **self._choices, **self._schedule()
            )
        except StateError:
            raise
        except SmppError as error:
            return self._failed(recipient, error)
        return self._outcome(recipient, sent.parts)

    def _schedule(self) -> dict[str, Any]:
        """An SMSC may refuse a moment that is over."""
        if self._deliver_at is None or self._deliver_at <= datetime.now(UTC):
            return {}
        return {"schedule_delivery_time": smpptime.format_absolute(self._deliver_at)}

    def _failed(self, recipient: Recipient, error: SmppError) -> Outcome:
        """None of the segments was taken, as far as is known."""
        parts = error.parts if isinstance(error, Verdict) else ()
        if all(self._is_for_later(each) for each in ([part.error for part in parts] or [error])):
            return NOT_SENT
        if not parts and isinstance(error, Verdict) and isinstance(error.request, SubmitSm):
            parts = (SentPart(error.request, error=error),)
        if parts:
            return self._outcome(recipient, parts)
        return outcome_of((PartVerdict(False, reason=str(error)),) * recipient.segments, [error])

    def _is_for_later(self, error: SmppError) -> bool:
        """Whether it was refused only for now, and the run or the link ended before it could be tried again."""
        if not isinstance(error, Refused):
            return isinstance(error, NotSent)
        return _cut_short(error) or (self.ending and error.status in TEMPORARY)

    def _outcome(self, recipient: Recipient, parts: Sequence[SentPart]) -> Outcome:
        outcome = outcome_of(part_verdicts(parts), [part.error for part in parts])
        unanswered: dict[int, AnyPdu] = {
            number: part.error.request for number, part in enumerate(parts) if isinstance(part.error, OutcomeUnknown)
        }
        if self._late is None or not unanswered:
            return outcome
        return self._late.expect(recipient, outcome, unanswered)


def _cut_short(error: Refused) -> bool:
    """Whether it was to be tried again, and the link was not there for that (Requests: the most careful verdict)."""
    return isinstance(error.__cause__, NotSent)


def part_verdicts(parts: Sequence[SentPart]) -> tuple[PartVerdict, ...]:
    """Each segment of a text."""
    return tuple(
        PartVerdict(False, reason=str(part.error))
        if part.response is None
        else PartVerdict(True, part.response.message_id)
        for part in parts
    )


def outcome_of(parts: tuple[PartVerdict, ...], errors: Sequence[SmppError | None]) -> Outcome:
    """The whole: unknown if any segment is, and nothing has left if of none anything has."""
    if any(isinstance(error, OutcomeUnknown) for error in errors):
        return Outcome(RecipientVerdict.UNKNOWN, reason_of(parts), parts)
    if all(isinstance(error, NotSent) for error in errors):
        return NOT_SENT
    return Outcome(verdict_of(parts), reason_of(parts), parts)
