"""What a simulator has done so far, as numbers."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """A snapshot. Counts are since the start or the last reset.

    ``accepted``: messages taken, each destination of a submit_multi counts. ``refused``: answers with an error status
    to them, by name of the status. ``states``: messages that reached a final state, by its name. ``kept``: messages in
    memory. ``receipts_delivered``, ``receipts_refused`` (for good) and ``receipts_waiting``, which counts whatever
    waits for an ESME. ``mobile_originated``: messages to ESMEs, and ``mobile_originated_taken`` those they have taken.
    ``sessions``: bound ESMEs. ``seconds``: since the start.
    """

    accepted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    kept: int = 0
    receipts_delivered: int = 0
    receipts_refused: int = 0
    receipts_waiting: int = 0
    mobile_originated: int = 0
    mobile_originated_taken: int = 0
    sessions: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """A dict for json.dumps, with the names of the fields."""
        return asdict(self)
