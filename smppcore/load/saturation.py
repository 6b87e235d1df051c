"""Whether the generator was the limit of a run. Then its figures say nothing of the target."""

from collections.abc import Sequence
from typing import Any, Final

CPU: Final = 0.9
"""Of a core, for each process: beyond this what is measured is our own queue."""
LAG_MS: Final = 20.0
"""Milliseconds by which the event loop came back late, at worst in a second."""
SHARE: Final = 0.1
"""Of the seconds of a run in which one of these must have been so."""


def saturation(rows: Sequence[dict[str, Any]], processes: int) -> str:
    """What was short, in words; empty where the generator had room. ``rows`` are the seconds of a result."""
    measured = [row for row in rows if not row["warm_up"] and row["sent"]]
    if not measured:
        return ""
    busy = sum(row["cpu_most"] > CPU for row in measured)
    if busy > SHARE * len(measured):
        return (
            f"in {busy} of {len(measured)} s a process of the generator used more than {CPU:.0%} of a core; "
            f"it is the limit, not the target: try --processes {processes + 1}"
        )
    late = sum(row["lag_most_ms"] > LAG_MS for row in measured)
    if late > max(SHARE * len(measured), 1):  # a single second may be the machine's own affair
        return (
            f"in {late} of {len(measured)} s the generator's event loop was late by more than {LAG_MS:g} ms; "
            "this machine is the limit, not the target: it has other work"
        )
    return ""
