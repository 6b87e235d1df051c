"""How requests end, in one word each: for counters and records, of which there must not be too many kinds."""

import asyncio
from typing import Final

from smppcore.constants import CommandStatus
from smppcore.errors import NotSent, OutcomeUnknown, Refused, StoreError
from smppcore.middleware import Outcome
from smppcore.pdu import Response

OTHER: Final = "other"
"""The label of what would make too many."""

_STATUS_LABELS: Final = {int(status): status.name for status in CommandStatus} | {0: "ok"}
_OF_CARRIERS: Final = range(0x400, 0x500)  # section 5.1.3: reserved for vendor specific errors


def status_label(status: int) -> str:
    """The name of a command_status, "ok" for success; a carrier's own as a number, and "other" for what is reserved."""
    label = _STATUS_LABELS.get(status)
    if label is None:
        return f"0x{status:08X}" if status in _OF_CARRIERS else OTHER
    return label


def outcome_label(outcome: Outcome) -> str:
    """How an attempt ended: "ok", the name of a status, "not_sent", "unknown", "cancelled", "error" for all else.

    "store_error": the other end took it, but its receipt may not be matched.
    """
    if isinstance(outcome, Response):
        return status_label(outcome.command_status)
    if isinstance(outcome, Refused):
        return status_label(outcome.status)
    if isinstance(outcome, NotSent):
        return "not_sent"
    if isinstance(outcome, OutcomeUnknown):
        return "unknown"
    if isinstance(outcome, StoreError):
        return "store_error"
    return "cancelled" if isinstance(outcome, asyncio.CancelledError) else "error"
