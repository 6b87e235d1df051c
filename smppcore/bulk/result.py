"""The result of a campaign as a CSV file: a row for each recipient, in the order of the list."""

import csv
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from smppcore.bulk.campaign import Bad, Entry
from smppcore.bulk.journal_file import IN_FLIGHT, KeptPart, KeptRecipient
from smppcore.bulk.steps import RecipientVerdict

COLUMNS: Final = (
    "line",
    "to",
    "verdict",
    "reason",
    "segments",
    "taken",
    "message_ids",
    "state",
    "attempts",
    "intended",
    "answered",
    "final",
)
"""``line`` is that of the list; ``to`` the number as it was sent; ``taken`` how many segments the SMSC has taken.

``message_ids`` are those of the segments, with blanks between them. ``state`` is what the last receipts say: one word
where all segments have the same, else one for each, ``-`` for none. Times are UTC: when the intent was committed, when
the answer came, and when the last receipt.
"""
NOT_SENT: Final = "not sent"
SKIPPED: Final = "skipped"


def write_result(path: Path, entries: Iterable[Entry], kept: Iterable[KeptRecipient]) -> None:
    """Write the file, or leave the old one as it is; who has no verdict now, at the end, is unknown. Raises OSError."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.touch(0o600)
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_rows(entries, iter(kept)))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _rows(entries: Iterable[Entry], kept: Iterator[KeptRecipient]) -> Iterator[tuple[object, ...]]:
    """Both come in the order of the list; what is kept leaves out those that were never begun."""
    next_kept = next(kept, None)
    for entry in entries:
        found = None
        if next_kept is not None and next_kept.row == entry.row:
            found, next_kept = next_kept, next(kept, None)
        yield _row(entry, found)


def _row(entry: Entry, kept: KeptRecipient | None) -> tuple[object, ...]:
    if isinstance(entry, Bad):
        return (entry.line, entry.given, SKIPPED, entry.reason, 0, 0, "", "", 0, "", "", "")
    if kept is None:
        return (entry.line, entry.to.addr, NOT_SENT, "", entry.segments, 0, "", "", 0, "", "", "")
    return (
        entry.line,
        entry.to.addr,
        kept.verdict or RecipientVerdict.UNKNOWN,
        kept.reason if kept.verdict else IN_FLIGHT,
        entry.segments,
        sum(part.verdict.taken for part in kept.parts),
        " ".join(part.verdict.message_id for part in kept.parts if part.verdict.message_id),
        _state(kept.parts),
        kept.attempt,
        _time(kept.intended),
        _time(kept.answered),
        _final(kept),
    )


def _state(parts: tuple[KeptPart, ...]) -> str:
    states = [part.state or "-" for part in parts]
    if not any(part.state for part in parts):
        return ""
    return states[0] if len(set(states)) == 1 else " ".join(states)


def _final(kept: KeptRecipient) -> str:
    """The time of the last receipt, once each segment that was taken has one."""
    taken = [part for part in kept.parts if part.verdict.taken]
    if kept.verdict is RecipientVerdict.REFUSED or not taken or not all(part.final for part in taken):
        return ""
    return _time(max(part.at or 0.0 for part in taken))


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
