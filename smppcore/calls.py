"""A call: a request of ours from the moment that somebody asked for it to its verdict.

It is one plain tuple, wherever it is: waiting for room on a connection, in flight as the token of its request, or
waiting for the next connection of a link. So it can go from one to the other with its Future and its place in time.
"""

import asyncio
from collections import deque
from typing import Any

from smppcore.errors import NotSent
from smppcore.pdu import Pdu

Call = tuple[Pdu, "asyncio.Future[Any]", float, float | None, float | None]
"""The request and its Future, when the call was made, its timeout, and its expiry, both counted from then."""

NEVER = float("inf")


def latest(call: Call) -> float:
    """The time after which the request must not leave any more."""
    _, _, since, timeout, expiry = call
    if expiry is not None and (timeout is None or expiry < timeout):
        return since + expiry
    return NEVER if timeout is None else since + timeout


def too_late(call: Call, obstacle: str) -> None:
    """End a call that has waited too long in NotSent; ``obstacle`` is what it has waited for."""
    pdu, future, since, _, _ = call
    future.set_exception(NotSent(f"{obstacle} within {latest(call) - since:g} s", pdu))


def still_waiting(calls: deque[Call], now: float, obstacle: str) -> tuple[deque[Call], float]:
    """The calls that are still of interest, in their order, and the first time at which one of them is too late.

    What was cancelled is left out; what is too late ends in NotSent.
    """
    live: deque[Call] = deque()
    earliest = NEVER
    for call in calls:
        if call[1].done():
            continue
        until = latest(call)
        if until <= now:
            too_late(call, obstacle)
        else:
            earliest = min(earliest, until)
            live.append(call)
    return live, earliest
