"""A recorded connection sent again: bound anew, the ESME's requests in order, and what becomes of them now."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from smppcore.codec import SMSC_TOLERANCE, Codec
from smppcore.constants import RESPONSE_BIT, CommandId
from smppcore.errors import DecodeError, EncodeError, Refused, SmppError, status_name
from smppcore.esme import BindMode, Connecting, Esme
from smppcore.pdu import Bind, BindReceiver, BindTransmitter, Pdu, Request
from smppcore.trace import RecordedConnection, RecordedPdu, Trace

OWN: Final = frozenset({CommandId.ENQUIRE_LINK, CommandId.UNBIND})
"""Requests that a session makes by itself, when it is time for them."""
NO_ANSWER: Final = "no answer"


@dataclass(slots=True)
class Replayed:
    """What became of one connection. Outcomes are names of statuses, or what happened instead of an answer."""

    sent: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    """Requests that ended otherwise than recorded, that were left out, or that left with other octets."""
    unanswered_then: int = 0
    """Requests without an answer in the recording: there is nothing to compare with."""

    def view(self) -> dict[str, Any]:
        """For JSON."""
        outcomes = dict(self.outcomes)
        return {
            "sent": self.sent,
            "outcomes": outcomes,
            "differences": self.differences,
            "unanswered_then": self.unanswered_then,
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One request: when it was sent, as what, and how it was answered then."""

    time: int
    recorded: RecordedPdu
    pdu: Request[Any]
    answer: str
    same: bool
    """Whether it is encoded to the octets that it had."""


@dataclass(slots=True)
class Script:
    """What is to be done again of one connection: how it was bound, and what was asked."""

    bind: Bind[Any] | None = None
    begins: int = 0
    steps: list[Step] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def mode(self) -> BindMode:
        if isinstance(self.bind, BindReceiver):
            return "receiver"
        return "transmitter" if isinstance(self.bind, BindTransmitter) else "transceiver"


def script_of(connection: RecordedConnection) -> Script:
    """The requests of the ESME in their order, each with the answer of then."""
    script = Script()
    codec, answers = Codec(tolerate=SMSC_TOLERANCE), _answers(connection)
    for recorded in connection.pdus():
        script.begins = script.begins or recorded.time
        if not recorded.from_esme or recorded.command_id in OWN:
            continue
        if recorded.fault:
            script.left_out.append(f"{len(recorded.octets)} octets at {recorded.offset} are left out: {recorded.fault}")
        elif not recorded.command_id & RESPONSE_BIT:
            _add(script, recorded, codec, answers)
    return script


def _add(script: Script, recorded: RecordedPdu, codec: Codec, answers: dict[int, str]) -> None:
    try:
        pdu: Pdu = codec.decode(recorded.octets)
        same = pdu.encode(recorded.sequence_number) == recorded.octets
    except (DecodeError, EncodeError) as error:
        script.left_out.append(f"a PDU at octet {recorded.offset} is left out: {error}")
        return
    if isinstance(pdu, Bind):
        script.bind = script.bind or pdu
    elif isinstance(pdu, Request):
        script.steps.append(Step(recorded.time, recorded, pdu, answers.get(recorded.offset, NO_ANSWER), same))


def _answers(connection: RecordedConnection) -> dict[int, str]:
    """The status of each answer, by the offset of its request."""
    waiting: dict[int, RecordedPdu] = {}
    answers: dict[int, str] = {}
    for pdu in connection.pdus():
        if pdu.fault:
            continue
        if pdu.from_esme and not pdu.command_id & RESPONSE_BIT:
            waiting[pdu.sequence_number] = pdu
        elif not pdu.from_esme and pdu.command_id & RESPONSE_BIT:
            request = waiting.pop(pdu.sequence_number, None)
            if request is not None:
                answers[request.offset] = status_name(int.from_bytes(pdu.octets[8:12], "big"))
    return answers


class Replay:
    """Sends scripts. ``speed`` is how many times faster than then, None as fast as the ``window`` allows.

    ``connect`` makes a connection for a script; ``trace`` records it.
    """

    def __init__(
        self,
        connect: Callable[[Script], Connecting],
        *,
        speed: float | None,
        window: int,
        trace: Trace | None = None,
    ) -> None:
        self._connect = connect
        self._speed = speed
        self._window = window
        self._trace = trace

    async def run(self, connections: list[RecordedConnection]) -> list[Replayed]:
        """All of them, each beginning when it did. Raises what connecting and binding raise."""
        scripts = [script_of(connection) for connection in connections]
        first = min((script.begins for script in scripts), default=0)
        loop = asyncio.get_running_loop()
        start = loop.time()
        tasks = [
            loop.create_task(self._replay(connection, script, start, first))
            for connection, script in zip(connections, scripts, strict=True)
        ]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until(self, time: int, start: float, first: int) -> None:
        """Wait for the moment that this time of then is now."""
        if self._speed is not None:
            due = start + (time - first) / 1e9 / self._speed
            await asyncio.sleep(max(due - asyncio.get_running_loop().time(), 0))

    async def _replay(self, connection: RecordedConnection, script: Script, start: float, first: int) -> Replayed:
        result = Replayed(differences=list(script.left_out))
        await self._until(script.begins, start, first)

        def prepare(esme: Esme) -> None:
            if self._trace is not None:
                esme.tap(self._trace.connection(connection.link or "replay", connection.bind))

        esme = await self._connect(script).open(prepare)
        try:
            room = asyncio.Semaphore(self._window)
            for place, step in enumerate(script.steps):
                await self._until(step.time, start, first)
                await room.acquire()
                if esme.ending:
                    left = len(script.steps) - place
                    result.differences.append(f"the connection has ended, {left} requests were not sent")
                    room.release()
                    break
                answer = self._send(esme, step, result, room)
                if esme.waiting:  # it can leave only later, and so must not be overtaken by the number of the next
                    await asyncio.wait([answer])
            for _ in range(self._window):
                await room.acquire()
        finally:
            await esme.close()
        return result

    def _send(self, esme: Esme, step: Step, result: Replayed, room: asyncio.Semaphore) -> "asyncio.Future[Any]":
        number = step.recorded.sequence_number
        if not step.same:
            result.differences.append(f"{_name(step)} is sent with other octets than recorded")
        try:
            esme.number_next(number)
        except ValueError as error:
            result.differences.append(f"{_name(step)}: {error}")
        result.sent += 1

        def ended(future: "asyncio.Future[Any]") -> None:
            room.release()
            outcome = _outcome(future)
            result.outcomes[outcome] += 1
            if step.answer == NO_ANSWER:
                result.unanswered_then += 1
            elif outcome != step.answer:
                result.differences.append(f"{_name(step)}: {outcome}, recorded {step.answer}")

        answer = esme.begin_request(step.pdu)
        answer.add_done_callback(ended)
        return answer


def _name(step: Step) -> str:
    return f"{step.pdu.command} {step.recorded.sequence_number} at octet {step.recorded.offset}"


def _outcome(future: "asyncio.Future[Any]") -> str:
    error = None if future.cancelled() else future.exception()
    if isinstance(error, Refused):
        return status_name(error.status)
    if isinstance(error, SmppError):
        return f"{type(error).__name__} ({error})"
    if error is not None:
        raise error
    return status_name(0)
