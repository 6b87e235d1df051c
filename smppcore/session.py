"""One conversation, for either role, without a socket and without a clock.

Whoever drives a session feeds it what arrived (``receive``), sends what it queues (``take_output``), calls ``tick`` at
``next_deadline`` and looks at ``notices``. Time is a number of seconds from any clock that does not go back. A
``token`` is whatever the driver wants to get back with the answer to a request: a Future, an int, a string.

enquire_link, unbind, repeated binds, requests that the state does not allow and octets that are no PDU are answered in
here; everything else is handed out, and ``respond`` answers it, once.
"""

from typing import Any, Final

from smppcore.codec import Codec
from smppcore.constants import RESPONSE_BIT, CommandId, CommandStatus, InterfaceVersion
from smppcore.errors import DecodeError, FramingError, OutcomeUnknown, Refused
from smppcore.exchange import OWN, RARE, STANDARD_COMMANDS, Exchange
from smppcore.framing import Framer
from smppcore.notice import BadPdu, Finished, LateAnswer, Misplaced, Suspect, Unanswered
from smppcore.pdu import Bind, BindResponse, EnquireLink, EnquireLinkResp, GenericNack, Pdu, Request, Unbind
from smppcore.reference import HEADER
from smppcore.settings import Settings
from smppcore.state import (
    BINDS,
    BOUND,
    ENDING,
    NOTHING_ALLOWED,
    TRANSITIONS,
    UNBOUND_YET,
    Role,
    SessionState,
)
from smppcore.timers import NEVER, Stage, Suspicion
from smppcore.tlv import SC_INTERFACE_VERSION
from smppcore.version import agreed_version
from smppcore.window import InFlight

HELD_LIMIT: Final = 1_000
HELD_OCTETS: Final = 256 * 1024
"""How many requests, of how many octets in all, may be pipelined behind a bind that is not answered yet."""

GIVEN_UP_LIMIT: Final = 1_000
"""So many requests that had no answer in time are remembered, because their answers may come late."""


class Session(Exchange):
    """The conversation on one connection (section 2). ``now`` is the time at which the connection was made."""

    def __init__(self, role: Role, codec: Codec, settings: Settings, now: float) -> None:
        super().__init__(role, codec, settings, now)
        self._framer = Framer(settings.longest_pdu)
        self._held: list[Pdu] = []
        self._held_octets = 0
        self._asked = 0
        self._given_up: dict[int, Pdu] | tuple[()] = ()

    # -- what arrives

    @property
    def fault(self) -> FramingError | None:
        """What made the stream lose its frame, with the octets that stood there; None while it has not."""
        return self._framer.fault

    @property
    def begun(self) -> bytes:
        """What has arrived of a PDU that is not complete yet."""
        return self._framer.tail

    def receive(self, chunk: bytes, now: float) -> list[tuple[Any, Pdu]]:
        """The PDUs that these octets complete: answers with the token of their request, requests with None.

        Never raises, and delivers every whole PDU that came before a fault. After the answer to a bind has been given
        with ``respond``, a call with no octets hands out the requests that had been waiting for it.
        """
        timers = self.timers
        timers.heard = now
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
                self._rare_request(pdu, out, len(octets))
        if out:
            timers.active = now
            if timers.timeouts or timers.suspected:
                self._trust(out)
        if not self._framer.begun:
            timers.partial = NEVER
        elif frames or timers.partial == NEVER:
            timers.frame_begun(now)
        if self._framer.fault is not None and not self._finished:
            self._lost_frame(self._framer.fault)
        return out

    def _trust(self, out: list[tuple[Any, Pdu]]) -> None:
        """An answer to anything but enquire_link shows that the other end still does its work."""
        if any(token is not None and type(pdu) is not EnquireLinkResp for token, pdu in out):
            self.timers.trust()

    def _rare_response(self, pdu: Pdu, out: list[tuple[Any, Pdu]]) -> None:
        entry = self._in_flight.get(pdu.sequence_number)
        if entry is None or (entry[1] != RARE and type(pdu) is not GenericNack):
            given_up = self._given_up.pop(pdu.sequence_number, None) if self._given_up and entry is None else None
            self.notices.append(LateAnswer(pdu, given_up))
            if type(pdu) is not EnquireLinkResp:
                self.timers.trust()
            return
        answered = InFlight(*entry, pdu.sequence_number)
        expected = answered.request.command_id | RESPONSE_BIT
        if type(pdu) is GenericNack:
            del self._in_flight[pdu.sequence_number]
            self._end(answered, Refused(pdu, answered.request))
            if answered.response_id != RARE:
                self.timers.trust()
            if expected & ~RESPONSE_BIT in BINDS:
                self._enter(SessionState.OPEN)
            elif expected == CommandId.UNBIND_RESP:
                self._unbound()
        elif pdu.command_id != expected:
            self.notices.append(LateAnswer(pdu))
        else:
            del self._in_flight[pdu.sequence_number]
            if isinstance(pdu, BindResponse) and isinstance(answered.request, Bind):
                self._agree(answered.request.interface_version, pdu.get(SC_INTERFACE_VERSION))
            if type(pdu) is not EnquireLinkResp:
                self._apply_response(pdu)
            if answered.token is not OWN:
                out.append((answered.token, pdu))

    def _agree(self, configured: int, announced: int | None) -> None:
        self.interface_version = agreed_version(configured, announced)
        self._speaks_3_3 = self.interface_version == InterfaceVersion.V3_3

    def _rare_request(self, pdu: Pdu, out: list[tuple[Any, Pdu]], length: int) -> None:
        command_id = pdu.command_id
        if command_id == CommandId.ENQUIRE_LINK:
            self.output.append(HEADER.pack(16, CommandId.ENQUIRE_LINK_RESP, 0, pdu.sequence_number))
        elif self.role is Role.SMSC and command_id in BINDS:
            self._receive_bind(pdu, out)
        elif self.state is SessionState.BINDING and self.role is Role.SMSC and self._may_hold(length):
            self._held.append(pdu)
            self._held_octets += length
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

    def _may_hold(self, length: int) -> bool:
        """Whether one more request may wait for the answer to the bind; beyond that it is refused."""
        return len(self._held) < HELD_LIMIT and self._held_octets + length <= HELD_OCTETS

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
        if isinstance(pdu, Bind):
            self._agree(self.own_version, pdu.interface_version)
        self.unanswered[id(pdu)] = pdu
        out.append((None, pdu))

    def _receive_unbind(self, pdu: Pdu) -> None:
        """Answer once all that the peer asked before has been answered, or at the deadline (section 2.2)."""
        if self.state is not SessionState.UNBINDING:
            self._enter(SessionState.UNBINDING)
            self._may_receive = NOTHING_ALLOWED[1]
        self._unbind = pdu
        self.timers.unbind = self.timers.heard + self.settings.close_timeout
        if not self.unanswered:
            self._answer_unbind()

    def _release_held(self, out: list[tuple[Any, Pdu]]) -> None:
        """Hand out what had been pipelined behind a bind, now that the bind is answered."""
        if self.state is SessionState.BINDING:
            return
        held, self._held, self._held_octets = self._held, [], 0
        for pdu in held:
            if pdu.command_id in self._may_receive:
                self.unanswered[id(pdu)] = pdu
                out.append((None, pdu))
            else:
                self._rare_request(pdu, out, 0)

    def _misplaced(self, pdu: Pdu, status: CommandStatus) -> None:
        answered = self._answer_inside(pdu.command_id, pdu.sequence_number, status)
        self.notices.append(Misplaced(pdu, self.state, answered))

    def _bad_pdu(self, error: DecodeError, command_id: int, number: int) -> None:
        """Octets that are no PDU: a request is answered with what is wrong (section 5.1.3), a response never."""
        error.__traceback__ = None  # its frames hold the octets, and those of a bind its password
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

    @property
    def longest_pdu(self) -> int:
        """Octets of the longest PDU that is accepted; at first the setting. An Smsc sets less until it is bound."""
        return self._framer.limit

    @longest_pdu.setter
    def longest_pdu(self, octets: int) -> None:
        self._framer.limit = octets

    # -- time

    def tick(self, now: float) -> None:
        """Let expire what has expired by ``now``; the results are in ``notices`` and in the output."""
        for entry in self.window.expire(now):
            self._expired(entry, now)
        timers, stage = self.timers, self._stage()
        if self._unbind is not None and now >= timers.unbind:
            self._answer_unbind()
        overdue = timers.overdue(now, stage)
        if overdue is not None:
            self._finish(overdue)
        elif stage is Stage.BOUND and timers.silent(now):
            self._ask(now)

    def expire_last(self, token: Any, now: float) -> None:
        """Let the request that was made last expire, if it is ``token``'s; the others wait for tick."""
        entry = self.window.take_last(token)
        if entry is not None:
            self._expired(entry, now)

    def _ask(self, now: float) -> None:
        """Send an enquire_link of our own, unless one is in flight."""
        self.timers.asked = now
        if not self._asking():
            self._asked = self.request(EnquireLink(), OWN, now, self.settings.enquire_link_timeout)

    def next_deadline(self) -> float:
        """The time at which tick has something to do; infinite if there is no such time."""
        if self.state is SessionState.CLOSED or self._finished:
            return NEVER
        return min(self.window.next_deadline(), self.timers.next_deadline(self._stage(), self._asking()))

    def _stage(self) -> Stage:
        if self.state in BOUND and not self._finished:
            return Stage.BOUND
        return Stage.UNBOUND if self.role is Role.SMSC and self.state in UNBOUND_YET else Stage.NEITHER

    def _asking(self) -> bool:
        """Whether an enquire_link of our own waits for its answer; asked only while the peer is silent."""
        return self._asked in self._in_flight

    def _expired(self, entry: InFlight, now: float) -> None:
        if entry.token is not OWN:
            self._end(entry, self._lost_verdict(entry, "no answer in time"))
            self._give_up(entry)
        command_id = entry.request.command_id
        if command_id in BINDS:
            self._finish(Finished("no answer to the bind", abort=False))
        elif command_id == CommandId.UNBIND:
            self._finish(Finished("no answer to unbind", abort=False))
        elif entry.token is OWN:
            if self.timers.enquire_link_missed(entry.deadline):
                self._finish(Finished("no answer to enquire_link", abort=True))
        elif entry.response_id and self.state in BOUND and not self._finished:
            self._suspect(now)

    def _give_up(self, entry: InFlight) -> None:
        """Its answer may still come: so that it can be told what it answers, the latest ones are remembered."""
        if not self._given_up:
            self._given_up = {}
        self._given_up[entry.number] = entry.request
        if len(self._given_up) > GIVEN_UP_LIMIT:
            del self._given_up[next(iter(self._given_up))]

    def _suspect(self, now: float) -> None:
        """A request had no answer; one alone means nothing."""
        suspicion = self.timers.request_missed(self._asking())
        if suspicion is Suspicion.ASK:
            self.notices.append(Suspect())
            self._ask(now)
        elif suspicion is Suspicion.GIVE_UP and self.role is Role.ESME:
            # So that it lets go of this session before the next bind comes; its answer is not waited for.
            self.request(Unbind(), OWN, now, self.settings.close_timeout)
            self._finish(Finished("enquire_link is answered, but no other request is", abort=False))

    # -- the end

    def close(self, now: float) -> None:
        """Begin to close: unbind if bound. The session is UNBOUND once the peer has answered, or at the deadline."""
        if self.state in BOUND and not self._finished:
            self.request(Unbind(), OWN, now, self.settings.close_timeout)
        elif self.state not in ENDING:
            self._enter(SessionState.UNBOUND)

    def connection_lost(self, now: float) -> None:
        """The connection is gone: every request in flight and every request of the peer gets its verdict."""
        for entry in self.window.clear():
            if entry.token is not OWN:
                self._end(entry, self._lost_verdict(entry, "the connection was lost"))
        unbind = () if self._unbind is None else (self._unbind,)
        for pdu in (*self.unanswered.values(), *self._held, *unbind):
            self.notices.append(Unanswered(pdu))
        self.unanswered.clear()
        self._held.clear()
        self.output.clear()
        self._unbind = None
        self._enter(SessionState.CLOSED)
