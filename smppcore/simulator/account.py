"""What the simulator is told: who may bind, and how it treats messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_ACCOUNTS = {"smppclient1": "password"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a simulator behaves.

    ``accounts``: system_id to password; nobody else may bind. ``receipt_delay``: seconds from a message to its final
    state. ``capacity``: how many messages are kept for query_sm and the like; beyond it the oldest that are done with
    are forgotten, and while none is, submit_sm is answered ESME_RMSGQFUL. ``window``: receipts in flight per ESME.
    """

    accounts: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_ACCOUNTS))
    receipt_delay: float = 0.1
    capacity: int = 50_000
    window: int = 100
    system_id: str = "smppcore"

    def __post_init__(self) -> None:
        if self.receipt_delay < 0:
            raise ValueError(f"receipt_delay: {self.receipt_delay} s is below 0")
        if self.capacity < 1:
            raise ValueError(f"capacity: {self.capacity} is below 1")
