"""What became of a text that was sent: one verdict per segment, and one for the whole."""

from dataclasses import dataclass

from smppcore.errors import SmppError
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
