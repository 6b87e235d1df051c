"""What is said on one connection, and who still owes an answer: the sending half of a session (section 2).

The requests of ours that are in flight, those of the other end that are not answered, the state, what may be sent in
it, and the octets that are to leave. What arrives, and time, are the matter of session.py.
"""

from typing import Any, Final

from smppcore.codec import Codec
from smppcore.constants import RESPONSE_BIT, SEQUENCE_MAX, CommandId, InterfaceVersion
from smppcore.errors import NotSent, OutcomeUnknown, StateError, Verdict
from smppcore.notice import Ended, Finished, Notice, StateChange
from smppcore.pdu import Bind, GenericNack, Pdu, Request, UnbindResp
from smppcore.settings import Settings
from smppcore.state import (
    BINDS,
    BOUND,
    ENDING,
    NOTHING_ALLOWED,
    TRANSITIONS,
    Role,
    SessionState,
    allowed_when_bound,
)
from smppcore.timers import NEVER, Timers
from smppcore.version import for_3_3
from smppcore.window import InFlight, Window

STANDARD_COMMANDS: Final = frozenset(int(each) for each in CommandId)
OWN: Final = object()
"""The token of our own enquire_link and unbind, whose answers concern nobody else."""
RARE: Final = 0
"""The response_id in the window of requests whose answers change the state, or are ours: no response has it."""


class Exchange:
    """The requests and answers of one connection that was made at ``now``."""

    def __init__(self, role: Role, codec: Codec, settings: Settings, now: float) -> None:
        self.role = role
        self.codec = codec
        self.settings = settings
        self.state = SessionState.OPEN
        self.notices: list[Notice] = []
        self.window = Window()
        self.unanswered: dict[int, Pdu] = {}
        self._in_flight = self.window.entries
        self.output: list[bytes] = []
        """What take_output will return, PDU by PDU; to be looked at, not changed."""
        self._epoch = 0
        self._next_number = 1
        self._unbind: Pdu | None = None
        self.timers = Timers(settings, now)
        self.own_version = int(InterfaceVersion.V3_4)
        """Of an SMSC, the version that it has been configured to speak; an ESME says in its bind which that is."""
        self.interface_version = int(InterfaceVersion.V3_4)
        """The version that both ends speak, known once a bind is answered or, at an SMSC, has arrived."""
        self._speaks_3_3 = False
        self._finished = False
        self._binding = False
        self._may_send, self._may_receive = NOTHING_ALLOWED
        vendor = frozenset(
            command_id
            for command_id, each in codec.registry.commands.items()
            if command_id not in STANDARD_COMMANDS and issubclass(each, Request)
        )
        self._allowed = allowed_when_bound(role, vendor)

    # -- what we send

    def request(self, pdu: Pdu, token: Any, now: float, timeout: float | None) -> int:
        """Queue a request; its answer, or its verdict among the notices, will carry ``token``.

        ``now`` is when the call was made and ``timeout`` how long it may take from then on (None: for ever). Returns
        the sequence_number. Raises StateError where the state does not allow it, EncodeError where a field does not
        fit; neither holds a slot of the window. The size of the window is not checked here: whoever calls waits for
        room.
        """
        expected = self._may_send.get(pdu.command_id, RARE)
        if not expected:
            self._check_rare(pdu.command_id)
        number, in_flight = self._next_number, self._in_flight
        while number in in_flight:
            number = number + 1 if number < SEQUENCE_MAX else 1
        output = self.output
        octets = (for_3_3(pdu) if self._speaks_3_3 else pdu).encode(number)
        self._next_number = number + 1 if number < SEQUENCE_MAX else 1
        if timeout is None:
            in_flight[number] = (token, expected, pdu, NEVER, self._epoch, len(output))
        else:
            in_flight[number] = (token, expected, pdu, now + timeout, self._epoch, len(output))
            if expected:
                window = self.window
                if timeout != window.timeout:
                    window.choose_queue(timeout)
                window.queue.append(number)
        output.append(octets)
        if not expected:
            self._sent_rarely(pdu.command_id, number)
        return number

    @property
    def requests_sent(self) -> int:
        """How many requests of ours there were, by their sequence_numbers, which count from 1."""
        return self._next_number - 1

    def number_next(self, sequence_number: int) -> None:
        """Send the next request under this number, or the next one that no request in flight has (section 5.1.4).

        Raises ValueError where it is none: from 1 to 0x7FFFFFFF.
        """
        if not 1 <= sequence_number <= SEQUENCE_MAX:
            raise ValueError(f"a sequence_number is from 1 to {SEQUENCE_MAX}, not {sequence_number}")
        self._next_number = sequence_number

    def _check_rare(self, command_id: int) -> None:
        """Whether a request that is not part of the ordinary traffic may be sent now. Raises StateError."""
        allowed = False
        if command_id in BINDS:
            allowed = self.role is Role.ESME and (self.state, command_id) in TRANSITIONS
        elif command_id == CommandId.ENQUIRE_LINK:
            allowed = self.state not in ENDING
        elif command_id == CommandId.UNBIND:
            allowed = self.state in BOUND
        if not allowed or self._finished:
            name = self.codec.registry.command_name(command_id)
            raise StateError(f"{name} cannot be sent by this {self.role} in state {self.state}")

    def _sent_rarely(self, command_id: int, number: int) -> None:
        self.window.expect_apart(number)
        after = TRANSITIONS.get((self.state, command_id))
        if after is not None:
            self._enter(after)

    def send(self, pdu: Pdu, now: float) -> int:
        """Queue a PDU that is never answered: alert_notification or outbind. Raises StateError, EncodeError."""
        bound = self.state in (SessionState.BOUND_RX, SessionState.BOUND_TRX)
        alert = pdu.command_id == CommandId.ALERT_NOTIFICATION and bound
        outbind = pdu.command_id == CommandId.OUTBIND and self.state is SessionState.OPEN
        if self.role is not Role.SMSC or not (alert or outbind):
            raise StateError(f"{pdu.command} cannot be sent by this {self.role} in state {self.state}")
        number = self._next_number
        while number in self._in_flight:
            number = number + 1 if number < SEQUENCE_MAX else 1
        self.output.append((for_3_3(pdu) if self._speaks_3_3 else pdu).encode(number))
        self._next_number = number + 1 if number < SEQUENCE_MAX else 1
        if outbind:
            self._enter(SessionState.OUTBOUND)
        return number

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Answer a request that was handed out, under its number, whatever that is.

        Raises StateError if it was answered before, never handed out, or if this is no answer to it; EncodeError if a
        field does not fit, after which the request still waits for its answer.
        """
        unanswered, key = self.unanswered, id(request)
        if key not in unanswered:
            raise StateError(f"{request.command} {request.sequence_number} waits for no answer")
        if response.command_id != request.command_id | RESPONSE_BIT and type(response) is not GenericNack:
            raise StateError(f"{response.command} is no answer to {request.command}")
        if self._speaks_3_3 and not _may_tell_version(request):
            response = for_3_3(response)
        self.output.append(response.encode(request.sequence_number))
        del unanswered[key]
        if self._binding and request.command_id in BINDS:
            self._apply_response(response)
        if self._unbind is not None and not unanswered:
            self._answer_unbind()

    def take_output(self) -> bytes:
        """The octets to be sent. What is taken counts as sent: the line between NotSent and OutcomeUnknown."""
        octets = b"".join(self.output)
        self.output.clear()
        self._epoch += 1
        self.window.sweep()
        return octets

    @property
    def ending(self) -> bool:
        """Whether no request will be sent any more, because the connection is about to end or has ended."""
        return self._finished or self.state in ENDING

    @property
    def pending_output(self) -> bool:
        """Whether take_output would return anything."""
        return bool(self.output)

    # -- what becomes of requests, and of the session

    def _answer_unbind(self) -> None:
        if self._unbind is not None:
            self.output.append(UnbindResp().encode(self._unbind.sequence_number))
            self._unbind = None
            self.timers.unbind = NEVER
            self._enter(SessionState.UNBOUND)

    def _lost_verdict(self, entry: InFlight, reason: str) -> Verdict:
        if entry.epoch != self._epoch:
            return OutcomeUnknown(reason, entry.request, entry.number)
        self.output[entry.slot] = b""
        return NotSent(reason, entry.request)

    def _end(self, entry: InFlight, error: Verdict) -> None:
        if entry.token is not OWN:
            self.notices.append(Ended(entry.token, error))

    def _apply_response(self, response: Pdu) -> None:
        """The state change that a response brings: its own if it is good, back to OPEN for a bind that was refused."""
        after = TRANSITIONS.get((self.state, response.command_id))
        if response.command_id == CommandId.UNBIND_RESP:
            self._unbound()
        elif self.state is SessionState.BINDING and (response.command_status or after is None):
            self._enter(SessionState.OPEN)
        elif after is not None:
            self._enter(after)

    def _unbound(self) -> None:
        """Our unbind has its answer, whatever that says (section 10.4): nothing more is to come."""
        self._finish(Finished("unbound", abort=False))
        self._enter(SessionState.UNBOUND)

    def _enter(self, state: SessionState) -> None:
        before, self.state = self.state, state
        self._binding = state is SessionState.BINDING
        if state in BOUND and not self._finished:
            self._may_send, self._may_receive = self._allowed[state]
        elif state is SessionState.UNBINDING:
            self._may_send = NOTHING_ALLOWED[0]
        else:
            self._may_send, self._may_receive = NOTHING_ALLOWED
        if before is not state:
            self.notices.append(StateChange(before, state))

    def _finish(self, finished: Finished) -> None:
        if not self._finished:
            self._finished = True
            self._may_send, self._may_receive = NOTHING_ALLOWED
            self.notices.append(finished)


def _may_tell_version(request: Pdu) -> bool:
    """Whether the answer may have sc_interface_version, by which alone an ESME of 3.4 learns that an SMSC is of 3.3."""
    return isinstance(request, Bind) and request.interface_version >= InterfaceVersion.V3_4
