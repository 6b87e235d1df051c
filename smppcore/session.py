"""One conversation, for either role, without a socket and without a clock.

Whoever drives a session feeds it what arrived (``receive``), sends what it queues (``take_output``), calls ``tick`` at
``next_deadline`` and looks at ``notices``. Time is a number of seconds from any clock that does not go back. A
``token`` is whatever the driver wants to get back with the answer to a request: a Future, an int, a string.

enquire_link, unbind, repeated binds, requests that the state does not allow and octets that are no PDU are answered in
here; everything else is handed out, and ``respond`` answers it, once.
"""

from typing import Any, Final

from smppcore.codec import Codec
from smppcore.constants import RESPONSE_BIT, SEQUENCE_MAX, CommandId, CommandStatus
from smppcore.errors import DecodeError, NotSent, OutcomeUnknown, Refused, StateError, Verdict
from smppcore.framing import Framer
from smppcore.notice import BadPdu, Ended, Finished, LateAnswer, Misplaced, Notice, StateChange, Unanswered
from smppcore.pdu import EnquireLink, GenericNack, Pdu, Request, Unbind, UnbindResp
from smppcore.reference import HEADER
from smppcore.settings import Settings
from smppcore.state import BINDS, BOUND, ENDING, MAY_RECEIVE, MAY_SEND, TRANSITIONS, UNBOUND_YET, Role, SessionState
from smppcore.window import InFlight, Window

HELD_LIMIT: Final = 1_000
"""How many requests may be pipelined behind a bind that is not answered yet."""

STANDARD_COMMANDS: Final = frozenset(int(each) for each in CommandId)
_OWN: Final = object()
"""The token of our own enquire_link and unbind, whose answers concern nobody else."""
_NEVER: Final = float("inf")
_RARE: Final = 0
"""The response_id in the window of requests whose answers change the state, or are ours: no response has it."""


class Session:
    """The conversation on one connection (section 2). ``now`` is the time at which the connection was made."""

    def __init__(self, role: Role, codec: Codec, settings: Settings, now: float) -> None:
        self.role = role
        self.codec = codec
        self.settings = settings
        self.state = SessionState.OPEN
        self.notices: list[Notice] = []
        self.window = Window()
        self.unanswered: dict[int, Pdu] = {}
        self._in_flight = self.window.entries
        self._framer = Framer(settings.longest_pdu)
        self.output: list[bytes] = []
        """What take_output will return, PDU by PDU; to be looked at, not changed."""
        self._epoch = 0
        self._next_number = 1
        self._held: list[Pdu] = []
        self._unbind: Pdu | None = None
        self._unbind_deadline = _NEVER
        self._opened = self._heard = self._active = now
        self.partial_deadline = _NEVER
        """When the PDU that has begun to arrive must be complete; infinite while none has."""
        self._finished = False
        self._binding = False
        self._may_send: dict[int, int] = {}
        """command_id of what may be sent, and command_id of its response."""
        self._may_receive: frozenset[int] = frozenset()
        self._asked = 0
        self._vendor = frozenset(
            command_id
            for command_id, each in codec.registry.commands.items()
            if command_id not in STANDARD_COMMANDS and issubclass(each, Request)
        )

    # -- what arrives

    def receive(self, chunk: bytes, now: float) -> list[tuple[Any, Pdu]]:
        """The PDUs that these octets complete: answers with the token of their request, requests with None.

        Never raises, and delivers every whole PDU that came before a fault. After the answer to a bind has been given
        with ``respond``, a call with no octets hands out the requests that had been waiting for it.
        """
        self._heard = now
        out: list[tuple[Any, Pdu]] = []
        if self._held:
            self._release_held(out)
        in_flight, codec = self._in_flight, self.codec
        decoders = codec.decoders
        frames = self._framer.feed(chunk)
        for octets, command_id, command_status, number in frames:
            # What follows is Codec.read for the PDU that is right, without the call.
            pdu = decoders[command_id](octets, command_status, number) if command_id in decoders else None
            if pdu is None or (pdu.tlvs and not codec.tlvs_fit(pdu)):
                try:
                    pdu = codec.read(octets, command_id, command_status, number)
                except DecodeError as error:
                    self._bad_pdu(error, command_id, number)
                    continue
            if command_id & RESPONSE_BIT:
                entry = in_flight.pop(number, None)
                if entry is not None and entry[1] == command_id:
                    out.append((entry[0], pdu))
                else:
                    if entry is not None:
                        in_flight[number] = entry
                    self._rare_response(pdu, out)
            elif command_id in self._may_receive:
                self.unanswered[id(pdu)] = pdu
                out.append((None, pdu))
            else:
                self._rare_request(pdu, out)
        if out:
            self._active = now
        if not self._framer.tail:
            self.partial_deadline = _NEVER
        elif frames or self.partial_deadline == _NEVER:
            self.partial_deadline = _after(now, self.settings.partial_pdu_timeout)
        if self._framer.fault is not None and not self._finished:
            self._lost_frame(self._framer.fault)
        return out

    def _rare_response(self, pdu: Pdu, out: list[tuple[Any, Pdu]]) -> None:
        entry = self._in_flight.get(pdu.sequence_number)
        if entry is None or (entry[1] != _RARE and type(pdu) is not GenericNack):
            self.notices.append(LateAnswer(pdu))
            return
        answered = InFlight(*entry, pdu.sequence_number)
        expected = answered.request.command_id | RESPONSE_BIT
        if type(pdu) is GenericNack:
            del self._in_flight[pdu.sequence_number]
            self._end(answered, Refused(pdu, answered.request))
            if expected & ~RESPONSE_BIT in BINDS:
                self._enter(SessionState.OPEN)
            elif expected == CommandId.UNBIND_RESP:
                self._unbound()
        elif pdu.command_id != expected:
            self.notices.append(LateAnswer(pdu))
        else:
            del self._in_flight[pdu.sequence_number]
            self._apply_response(pdu)
            if answered.token is not _OWN:
                out.append((answered.token, pdu))

    def _rare_request(self, pdu: Pdu, out: list[tuple[Any, Pdu]]) -> None:
        command_id = pdu.command_id
        if command_id == CommandId.ENQUIRE_LINK:
            self.output.append(HEADER.pack(16, CommandId.ENQUIRE_LINK_RESP, 0, pdu.sequence_number))
        elif self.role is Role.SMSC and command_id in BINDS:
            self._receive_bind(pdu, out)
        elif self.state is SessionState.BINDING and self.role is Role.SMSC and len(self._held) < HELD_LIMIT:
            self._held.append(pdu)
        elif command_id == CommandId.UNBIND and self._may_unbind():
            self._receive_unbind(pdu)
        elif command_id == CommandId.ALERT_NOTIFICATION and self._may_receive_alert():
            out.append((None, pdu))
        elif command_id == CommandId.OUTBIND and self.role is Role.ESME and self.state is SessionState.OPEN:
            self._enter(SessionState.OUTBOUND)
            out.append((None, pdu))
        elif self.state in BOUND and command_id not in STANDARD_COMMANDS and not isinstance(pdu, Request):
            out.append((None, pdu))  # a carrier's own that is never answered
        else:
            self._misplaced(pdu, CommandStatus.ESME_RINVBNDSTS)

    def _may_unbind(self) -> bool:
        """Bound, or unbinding on our part only: one unbind of the peer is enough."""
        return self.state in BOUND or (self.state is SessionState.UNBINDING and self._unbind is None)

    def _may_receive_alert(self) -> bool:
        return self.role is Role.ESME and self.state in (SessionState.BOUND_RX, SessionState.BOUND_TRX)

    def _receive_bind(self, pdu: Pdu, out: list[tuple[Any, Pdu]]) -> None:
        after = TRANSITIONS.get((self.state, pdu.command_id))
        if after is None:
            bound = self.state in BOUND or self.state is SessionState.BINDING
            self._misplaced(pdu, CommandStatus.ESME_RALYBND if bound else CommandStatus.ESME_RINVBNDSTS)
            return
        self._enter(after)
        self.unanswered[id(pdu)] = pdu
        out.append((None, pdu))

    def _receive_unbind(self, pdu: Pdu) -> None:
        """Answer once all that the peer asked before has been answered, or at the deadline (section 2.2)."""
        if self.state is not SessionState.UNBINDING:
            self._enter(SessionState.UNBINDING)
            self._may_receive = frozenset()
        self._unbind = pdu
        self._unbind_deadline = self._heard + self.settings.close_timeout
        if not self.unanswered:
            self._answer_unbind()

    def _answer_unbind(self) -> None:
        if self._unbind is not None:
            self.output.append(UnbindResp().encode(self._unbind.sequence_number))
            self._unbind = None
            self._unbind_deadline = _NEVER
            self._enter(SessionState.UNBOUND)

    def _release_held(self, out: list[tuple[Any, Pdu]]) -> None:
        """Hand out what had been pipelined behind a bind, now that the bind is answered."""
        if self.state is SessionState.BINDING:
            return
        held, self._held = self._held, []
        for pdu in held:
            if pdu.command_id in self._may_receive:
                self.unanswered[id(pdu)] = pdu
                out.append((None, pdu))
            else:
                self._rare_request(pdu, out)

    def _misplaced(self, pdu: Pdu, status: CommandStatus) -> None:
        answered = self._answer_inside(pdu.command_id, pdu.sequence_number, status)
        self.notices.append(Misplaced(pdu, self.state, answered))

    def _bad_pdu(self, error: DecodeError, command_id: int, number: int) -> None:
        """Octets that are no PDU: a request is answered with what is wrong (section 5.1.3), a response never."""
        if command_id & RESPONSE_BIT:
            self._unreadable_answer(error, command_id, number)
            self.notices.append(BadPdu(error, None))
            return
        self.notices.append(BadPdu(error, self._answer_inside(command_id, number, error.status)))
        if command_id == CommandId.OUTBIND:
            self._finish(Finished(f"a malformed outbind: {error}", abort=False, error=error))

    def _unreadable_answer(self, error: DecodeError, command_id: int, number: int) -> None:
        """The request of that number will get no other answer; one with a response of another class still may."""
        entry = self._in_flight.get(number)
        if entry is None:
            return
        unreadable = InFlight(*entry, number)
        request = unreadable.request
        if command_id not in (request.command_id | RESPONSE_BIT, CommandId.GENERIC_NACK):
            return
        del self._in_flight[number]
        verdict = OutcomeUnknown(f"the answer cannot be read: {error}", request, number)
        verdict.__cause__ = error
        self._end(unreadable, verdict)
        if request.command_id in BINDS:
            self._finish(Finished(f"the answer to the bind cannot be read: {error}", abort=False, error=error))
        elif request.command_id == CommandId.UNBIND:
            self._unbound()

    def _answer_inside(self, command_id: int, number: int, status: int) -> int | None:
        """Answer with a bare header: the request's own response, or generic_nack for a command nobody knows."""
        if command_id in (CommandId.ALERT_NOTIFICATION, CommandId.OUTBIND):
            return None
        response_id = command_id | RESPONSE_BIT
        if response_id not in self.codec.registry.commands:
            response_id = CommandId.GENERIC_NACK
        self.output.append(HEADER.pack(16, response_id, status, number))
        return status

    def _lost_frame(self, error: DecodeError) -> None:
        if not error.command_id & RESPONSE_BIT:
            status, number = CommandStatus.ESME_RINVCMDLEN, error.sequence_number
            self.output.append(HEADER.pack(16, CommandId.GENERIC_NACK, status, number))
        self._finish(Finished(f"the stream has lost its frame: {error}", abort=False, error=error))

    # -- what we send

    def request(self, pdu: Pdu, token: Any, now: float, timeout: float | None) -> int:
        """Queue a request; its answer, or its verdict among the notices, will carry ``token``.

        ``now`` is when the call was made and ``timeout`` how long it may take from then on (None: for ever). Returns
        the sequence_number. Raises StateError where the state does not allow it, EncodeError where a field does not
        fit; neither holds a slot of the window. The size of the window is not checked here: whoever calls waits for
        room.
        """
        expected = self._may_send.get(pdu.command_id, _RARE)
        if not expected:
            self._check_rare(pdu.command_id)
        number, in_flight = self._next_number, self._in_flight
        while number in in_flight:
            number = number + 1 if number < SEQUENCE_MAX else 1
        output = self.output
        octets = pdu.encode(number)
        self._next_number = number + 1 if number < SEQUENCE_MAX else 1
        if timeout is None:
            in_flight[number] = (token, expected, pdu, _NEVER, self._epoch, len(output))
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
        self.output.append(pdu.encode(number))
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

    # -- time

    def tick(self, now: float) -> None:
        """Let expire what has expired by ``now``; the results are in ``notices`` and in the output."""
        for entry in self.window.expire(now):
            self._expired(entry)
        if self._unbind is not None and now >= self._unbind_deadline:
            self._answer_unbind()
        settings = self.settings
        if now >= self._init_deadline():
            self._finish(Finished(f"not bound within {settings.session_init_timeout} s", abort=False))
        elif now >= self.partial_deadline:
            self._finish(Finished(f"a PDU is not complete after {settings.partial_pdu_timeout} s", abort=True))
        elif self.state in BOUND and not self._finished:
            if now >= _after(self._active, settings.inactivity_timeout):
                self._finish(Finished(f"no traffic for {settings.inactivity_timeout} s", abort=False))
            elif now >= _after(self._heard, settings.enquire_link_interval) and not self._asking():
                self._asked = self.request(EnquireLink(), _OWN, now, settings.enquire_link_timeout)

    def next_deadline(self) -> float:
        """The time at which tick has something to do; infinite if there is no such time."""
        if self.state is SessionState.CLOSED or self._finished:
            return _NEVER
        settings = self.settings
        ends = [self.window.next_deadline(), self._unbind_deadline, self.partial_deadline, self._init_deadline()]
        if self.state in BOUND:
            ends.append(_after(self._active, settings.inactivity_timeout))
            if not self._asking():
                ends.append(_after(self._heard, settings.enquire_link_interval))
        return min(ends)

    def _init_deadline(self) -> float:
        """When an SMSC gives up a connection that does not bind (section 7.2)."""
        if self.role is Role.ESME or self.state not in UNBOUND_YET:
            return _NEVER
        return _after(self._opened, self.settings.session_init_timeout)

    def _asking(self) -> bool:
        """Whether an enquire_link of our own waits for its answer; asked only while the peer is silent."""
        return self._asked in self._in_flight

    def _expired(self, entry: InFlight) -> None:
        if entry.token is not _OWN:
            self._end(entry, self._lost_verdict(entry, "no answer in time"))
        command_id = entry.request.command_id
        if command_id in BINDS:
            self._finish(Finished("no answer to the bind", abort=False))
        elif command_id == CommandId.UNBIND:
            self._finish(Finished("no answer to unbind", abort=False))
        elif entry.token is _OWN and self._heard <= entry.deadline - self.settings.enquire_link_timeout:
            # Any octet since we asked shows that the peer lives (section 4.11), even without the response itself.
            self._finish(Finished("no answer to enquire_link", abort=True))

    # -- the end

    def close(self, now: float) -> None:
        """Begin to close: unbind if bound. The session is UNBOUND once the peer has answered, or at the deadline."""
        if self.state in BOUND and not self._finished:
            self.request(Unbind(), _OWN, now, self.settings.close_timeout)
        elif self.state not in ENDING:
            self._enter(SessionState.UNBOUND)

    def connection_lost(self, now: float) -> None:
        """The connection is gone: every request in flight and every request of the peer gets its verdict."""
        for entry in self.window.clear():
            if entry.token is not _OWN:
                self._end(entry, self._lost_verdict(entry, "the connection was lost"))
        unbind = () if self._unbind is None else (self._unbind,)
        for pdu in (*self.unanswered.values(), *self._held, *unbind):
            self.notices.append(Unanswered(pdu))
        self.unanswered.clear()
        self._held.clear()
        self.output.clear()
        self._unbind = None
        self._enter(SessionState.CLOSED)

    def _lost_verdict(self, entry: InFlight, reason: str) -> Verdict:
        if entry.epoch != self._epoch:
            return OutcomeUnknown(reason, entry.request, entry.number)
        self.output[entry.slot] = b""
        return NotSent(reason, entry.request)

    def _end(self, entry: InFlight, error: Verdict) -> None:
        if entry.token is not _OWN:
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
            # Plain integers: looking up a member of an enumeration compares it in Python.
            self._may_send = {int(each): each | RESPONSE_BIT for each in MAY_SEND[self.role][state] | self._vendor}
            self._may_receive = frozenset(map(int, MAY_RECEIVE[self.role][state] | self._vendor))
        elif state is SessionState.UNBINDING:
            self._may_send = {}
        else:
            self._may_send, self._may_receive = {}, frozenset()
        if before is not state:
            self.notices.append(StateChange(before, state))

    def _finish(self, finished: Finished) -> None:
        if not self._finished:
            self._finished = True
            self._may_send, self._may_receive = {}, frozenset()
            self.notices.append(finished)


def _after(since: float, timeout: float | None) -> float:
    return _NEVER if timeout is None else since + timeout
