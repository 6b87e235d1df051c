"""What became of a text that was sent: one verdict per segment, and one for the whole."""

from dataclasses import dataclass, field

from smppcore.errors import SmppError
from smppcore.outcome import Outcome, ReceiptWatch
from smppcore.pdu import SubmitSm, SubmitSmResp


@dataclass(frozen=True, slots=True)
class SentPart:
    """One segment: its request, and either the response of the SMSC or the error that it ended with."""

    request: SubmitSm
    response: SubmitSmResp | None = None
    error: SmppError | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The segments of one text in their order. A text has arrived at the SMSC only if all of them have."""

    parts: tuple[SentPart, ...]
    watch: ReceiptWatch | None = field(default=None, repr=False, compare=False)

    @property
    def accepted(self) -> bool:
        """Whether the SMSC took every segment."""
        return all(part.response is not None for part in self.parts)

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The message_id of each segment that was taken, in order."""
        return tuple(part.response.message_id for part in self.parts if part.response is not None)

    @property
    def errors(self) -> tuple[SmppError, ...]:
        """The errors of the segments that were not taken, in order."""
        return tuple(part.error for part in self.parts if part.error is not None)

    async def receipt(self, timeout: float | None = None) -> Outcome:
        """Wait for the last delivery receipt of every segment; the outcome of all of them.

        Only what was sent through a Link with a Correlation, and asked for receipts, has one: else it raises
        RuntimeError. Segments that were refused, or of which no answer has come, are not waited for. Without
        ``timeout`` it ends at the latest when the receipts have expired or the link closes; raises TimeoutError after
        ``timeout`` seconds, and may be called again then.
        """
        if self.watch is None:
            raise RuntimeError("no receipt can be waited for: none was asked for, or the link has no correlation")
        return await self.watch.wait(timeout)
