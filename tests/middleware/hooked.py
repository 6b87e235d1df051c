"""Two ends with middleware, and middlewares that note what they are told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wire.ends import ACCOUNTS, QUICK, url

from smppcore import Account, Esme, Middleware, Pdu, Peer, Request, Requests, Response, SmppError, Smsc, connect
from smppcore.dispatch import Handler
from smppcore.esme import BindMode
from smppcore.settings import Settings

Outcome = Response | SmppError | asyncio.CancelledError


@dataclass
class Hooked:
    smsc: Smsc
    esme: Esme
    peer: Peer


@contextlib.asynccontextmanager
async def hooked(
    *,
    esme: Sequence[Middleware] = (),
    smsc: Sequence[Middleware] = (),
    on_deliver: Mapping[type[Any], Handler] | None = None,
    on_submit: Mapping[type[Any], Handler] | None = None,
    accounts: Mapping[str, str | Account] | Mapping[str, str] = ACCOUNTS,
    settings: Settings = QUICK,
    smsc_settings: Settings = QUICK,
    bind: BindMode = "transceiver",
) -> AsyncIterator[Hooked]:
    """An Esme bound to an Smsc, each with these middlewares and handlers."""
    async with (
        Smsc(accounts=accounts, handlers=on_submit, settings=smsc_settings, middleware=smsc) as server,
        connect(url(server.port), handlers=on_deliver, settings=settings, bind=bind, middleware=esme) as client,
    ):
        [peer] = server.peers
        yield Hooked(server, client, peer)


@dataclass
class Witness(Middleware):
    """Only looks on, at everything; ``notes`` has a name for each call, ``seen`` the PDUs, ``seconds`` the times."""

    name: str = ""
    notes: list[str] = field(default_factory=list)
    seen: list[Pdu] = field(default_factory=list)
    ends: list[Requests] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def outbound(self, end: Requests, pdu: Request[Any]) -> None:
        self._note("outbound", end, pdu)

    def verdict(self, end: Requests, pdu: Request[Any], verdict: Outcome, seconds: float) -> None:
        self._note("verdict", end, pdu)
        self.outcomes.append(verdict)
        self.seconds.append(seconds)

    def inbound(self, end: Requests, pdu: Pdu) -> None:
        self._note("inbound", end, pdu)

    def answered(self, end: Requests, pdu: Pdu, response: Response, seconds: float) -> None:
        self._note("answered", end, pdu)
        self.responses.append(response)
        self.seconds.append(seconds)

    def _note(self, hook: str, end: Requests, pdu: Pdu) -> None:
        self.notes.append(f"{self.name}.{hook}" if self.name else hook)
        self.ends.append(end)
        self.seen.append(pdu)


class Going(Middleware):
    """Decides on every request of ours as it was made to: with a value, or a function of the PDU; errors are raised."""

    def __init__(self, decision: Any) -> None:
        self._decision = decision

    def outbound(self, end: Requests, pdu: Request[Any]) -> Any:
        return _done(self._decision, pdu)


class Coming(Middleware):
    """The same with everything that comes in."""

    def __init__(self, decision: Any) -> None:
        self._decision = decision

    def inbound(self, end: Requests, pdu: Pdu) -> Any:
        return _done(self._decision, pdu)


def _done(decision: Any, pdu: Pdu) -> Any:
    if callable(decision):
        decision = decision(pdu)
    if isinstance(decision, Exception):
        raise decision
    return decision
