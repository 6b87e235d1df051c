"""What all hooks have in common: what they may say, and what becomes of those that fail."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from smppcore.errors import SmppError
from smppcore.log import log
from smppcore.pdu import Pdu, Request, Response
from smppcore.requests import Requests

Outcome = Response | SmppError | asyncio.CancelledError
"""How an attempt ended: with a good response, with the error that its caller gets, or because nobody wanted it more."""
Outbound = Callable[[Requests, Request[Any]], Any]
Verdict = Callable[[Requests, Request[Any], Outcome, float], None]
Inbound = Callable[[Requests, Pdu], Any]
Answered = Callable[[Requests, Pdu, Response, float], None]


@dataclass(frozen=True, slots=True)
class Drop:
    """What a hook returns to hold a PDU back: a request of ours ends in NotSent with this reason, one of the other end
    is answered with success and goes no further."""

    reason: str


def tell(hook: Callable[..., None], *arguments: Any) -> None:
    """Call one that only looks on: what it raises is logged, and nothing else."""
    try:
        hook(*arguments)
    except Exception as error:
        complain(hook, error)


def complain(hook: Callable[..., Any], error: Exception) -> None:
    log.error("middleware failed", hook=name_of(hook), exc_info=error)


def name_of(hook: Callable[..., Any]) -> str:
    return str(getattr(hook, "__qualname__", type(hook).__name__))
