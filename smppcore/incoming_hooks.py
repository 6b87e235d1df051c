"""Hooks between a connection and its dispatcher: requests pass them on their way in, answers on their way out."""

import asyncio
from collections.abc import Sequence
from copy import copy
from typing import Protocol

from smppcore.dispatch import Dispatcher
from smppcore.hook import Answered, Drop, Inbound, tell
from smppcore.log import log
from smppcore.pdu import Pdu, Request, Response
from smppcore.requests import Requests
from smppcore.transport import Connection

_Arrival = tuple[list[Pdu], float, list[tuple[Answered, Pdu]]]
"""A request that was dispatched: itself and what hooks made of it, when that was, and whom it has passed."""


class Receiver(Protocol):
    """What takes the requests of the other end: a Dispatcher, or hooks in front of it."""

    def dispatch(self, pdu: Pdu) -> None:
        """Take one request, and answer it now or later."""


class IncomingHooks:
    """Between a connection and its dispatcher: requests pass it on their way in, answers on their way out."""

    __slots__ = ("_arrived", "_connection", "_dispatcher", "_end", "_steps")

    def __init__(
        self,
        end: Requests,
        dispatcher: Dispatcher,
        connection: Connection,
        steps: "Sequence[tuple[Inbound | None, Answered | None]]",
    ) -> None:
        self._end = end
        self._dispatcher = dispatcher
        self._connection = connection
        self._steps = steps
        self._arrived: dict[int, _Arrival] = {}
        """By the id of each PDU in it, until it is answered; those of a lost connection go with this object."""
        dispatcher.connection = self

    def dispatch(self, pdu: Pdu) -> None:
        end, came = self._end, pdu
        passed: list[tuple[Answered, Pdu]] = []
        if isinstance(pdu, Request):
            self._arrived[id(pdu)] = ([pdu], asyncio.get_running_loop().time(), passed)
        for inbound, answered in self._steps:
            if answered is not None:
                passed.append((answered, pdu))
            if inbound is None:
                continue
            try:
                decision = inbound(end, pdu)
                if decision is None or decision is pdu:
                    continue
                if not _is_answer(pdu, decision):
                    pdu = self._alter(came, decision)
                    continue
            except Exception as error:
                self._dispatcher.fail(pdu, error, "middleware failed")
            else:
                self._answer(pdu, decision)
            return
        self._dispatcher.dispatch(pdu)

    def _alter(self, came: Pdu, altered: Pdu) -> Pdu:
        """What goes on in place of a request; for the connection it stays the one that came."""
        if id(altered) in self._arrived:
            altered = copy(altered)  # the hook gives the same PDU for several, and each has an answer of its own
        arrival = self._arrived.get(id(came))
        if arrival is not None:
            arrival[0].append(altered)
            self._arrived[id(altered)] = arrival
        return altered

    def _answer(self, pdu: Pdu, decision: Response | int | Drop) -> None:
        if isinstance(decision, Drop):
            log.debug("dropped", command=pdu.command, reason=decision.reason)
        self._dispatcher.answer(pdu, None if isinstance(decision, Drop) else decision)

    # -- in place of the connection

    def owes(self, request: Pdu) -> bool:
        """Whether this request, or the one that it was made of, still waits for its answer."""
        arrival = self._arrived.get(id(request))
        return self._connection.owes(request if arrival is None else arrival[0][0])

    def respond(self, request: Pdu, response: Response) -> None:
        """As Connection.respond; then tell those that the request has passed."""
        now = asyncio.get_running_loop().time()
        came, since, passed = self._arrived.get(id(request)) or self._refused_before(request, now)
        owed = self._connection.owes(came[0])
        self._connection.respond(came[0], response)
        for each in came:
            self._arrived.pop(id(each), None)
        if owed:  # else the connection is gone, and nothing was sent
            for answered, pdu in reversed(passed):
                tell(answered, self._end, pdu, response, now - since)

    def _refused_before(self, request: Pdu, now: float) -> _Arrival:
        """A request that the limits of its account have refused: it has passed nobody, and all are told."""
        return [request], now, [(answered, request) for _, answered in self._steps if answered is not None]


def _is_answer(pdu: Pdu, decision: object) -> bool:
    """Whether a hook has answered a PDU, or altered it. Raises TypeError where it has done neither."""
    if isinstance(decision, Response | int | Drop):
        return True
    if isinstance(decision, Pdu) and decision.command_id == pdu.command_id:
        return False
    raise TypeError(
        f"a hook answers {pdu.command} with a response, a command_status, another {pdu.command} or a Drop, "
        f"not {type(decision).__name__}"
    )
