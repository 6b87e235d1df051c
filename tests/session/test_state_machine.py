"""(state, who, command) in long sequences, for both roles, against the tables of the specification (section 2.3).

test_states.py looks at each cell by itself; here a session lives through whole lives of binds, refusals, unbinds and
commands that are out of place, and after each step it must be where the tables say, and still do what they say there.
"""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from session.fake_wire import BINDS, answers, esme_session, smsc_session, taken
from session.sample_pdus import SAMPLES
from session.test_states import NEVER_ANSWERED, letter, other, senders, session_in
from smppcore.constants import CommandStatus
from smppcore.errors import StateError
from smppcore.notice import Finished, Misplaced, StateChange
from smppcore.pdu import Bind, EnquireLink, Outbind, Pdu, Request
from smppcore.state import BOUND, Role, SessionState

S = SessionState
BOUND_BY = {cls().command: state for state, cls in BINDS.items()}


class Life(RuleBasedStateMachine):
    """One session; its other end is the test."""

    def __init__(self) -> None:
        super().__init__()
        self.expected = S.OPEN
        self.number = 100
        self.asked: dict[str, int] = {}
        """Our bind or unbind that waits for its answer, by command."""
        self.owed: Bind[Any] | None = None

    @initialize(role=st.sampled_from(Role))
    def begin(self, role: Role) -> None:
        self.role = role
        self.session = {Role.ESME: esme_session, Role.SMSC: smsc_session}[role]()

    def _allowed(self, who: Role, command: str) -> tuple[bool, bool]:
        """Whether either table, and whether both tables let this end send that in the present state."""
        if self.expected in (S.BINDING, S.UNBINDING):
            return command == "enquire_link", command == "enquire_link" and self.expected is S.BINDING
        found = [letter(who) in each for each in senders(command, self.expected)]
        if command == "outbind" and self.expected is S.OUTBOUND:
            return False, False  # one is enough
        if command == "enquire_link":
            return True, self.expected is not S.UNBOUND
        if command == "replace_sm" and who is Role.ESME and self.expected is S.BOUND_TRX:
            return True, True  # everyone does it
        return any(found), all(found)

    # -- the other end

    @rule(command=st.sampled_from(sorted(SAMPLES)))
    def it_sends(self, command: str) -> None:
        if self.expected is S.UNBINDING and command != "enquire_link":
            return  # both ends unbind: test_states
        if self.expected is S.BINDING and self.role is Role.SMSC and command not in (*BOUND_BY, "enquire_link"):
            return  # it is held: test_binding
        pdu = SAMPLES[command]
        self.number += 1
        out = self.session.receive(pdu.encode(self.number), 1)
        sent = answers(self.session.take_output())
        if not self._allowed(other(self.role), command)[0]:
            self._refused(pdu, out, sent)
        elif command in ("enquire_link", "unbind"):
            assert (out, sent) == ([], [(pdu.command_id | 0x80000000, 0, self.number)])
            if command == "unbind":
                self.expected = S.UNBOUND
        else:
            assert (out, sent) == ([(None, pdu)], [])
            self._accepted(out[0][1])

    def _refused(self, pdu: Pdu, out: list[Any], sent: list[tuple[int, int, int]]) -> None:
        assert out == []
        bound = self.expected in BOUND or self.expected is S.BINDING
        twice = isinstance(pdu, Bind) and bound and self.role is Role.SMSC
        status = CommandStatus.ESME_RALYBND if twice else CommandStatus.ESME_RINVBNDSTS
        assert sent == ([] if pdu.command in NEVER_ANSWERED else [(pdu.command_id | 0x80000000, status, self.number)])
        [notice] = [each for each in self.session.notices if not isinstance(each, StateChange | Finished)]
        assert isinstance(notice, Misplaced)
        assert notice.state is self.expected

    def _accepted(self, pdu: Pdu) -> None:
        if isinstance(pdu, Bind):
            self.owed, self.expected = pdu, S.BINDING
        elif isinstance(pdu, Outbind):
            self.expected = S.OUTBOUND
        elif isinstance(pdu, Request):
            self.session.respond(pdu, pdu.answer())
            assert answers(self.session.take_output()) == [(pdu.command_id | 0x80000000, 0, self.number)]
            with pytest.raises(StateError):
                self.session.respond(pdu, pdu.answer())

    @rule(status=st.sampled_from([0, 0, 0x0D, 0x0E, 0x058]))
    def it_answers(self, status: int) -> None:
        if not self.asked:
            return
        command, number = self.asked.popitem()
        pdu = SAMPLES[command]
        assert isinstance(pdu, Request)
        out = self.session.receive(pdu.answer(status).encode(number), 1)
        assert [token for token, _ in out] == [command]
        if command == "unbind":
            self.expected = S.UNBOUND
        else:
            self.expected = S.OPEN if status else BOUND_BY[command]

    # -- our end

    @rule(command=st.sampled_from(sorted(SAMPLES)))
    def we_send(self, command: str) -> None:
        pdu = SAMPLES[command]
        allowed = self._allowed(self.role, command)[1]
        if self.expected is S.UNBOUND or not allowed:
            with pytest.raises(StateError):
                self._send(pdu, command)
            assert self.session.take_output() == b""
            return
        number = self._send(pdu, command)
        assert answers(self.session.take_output()) == [(pdu.command_id, 0, number)]
        if isinstance(pdu, Bind):
            self.asked, self.expected = {command: number}, S.BINDING
        elif command == "unbind":
            self.asked, self.expected = {command: number}, S.UNBINDING
        elif command == "outbind":
            self.expected = S.OUTBOUND
        elif isinstance(pdu, Request):
            out = self.session.receive(pdu.answer().encode(number), 1)
            assert [token for token, _ in out] == [command]

    def _send(self, pdu: Pdu, command: str) -> int:
        if command in NEVER_ANSWERED:
            return self.session.send(pdu, 1)
        return self.session.request(pdu, command, 1, 60)

    @rule(status=st.sampled_from([0, 0, CommandStatus.ESME_RINVPASWD]))
    def we_answer_the_bind(self, status: int) -> None:
        if self.owed is None:
            return
        bind, self.owed = self.owed, None
        self.session.respond(bind, bind.answer(status))
        assert answers(self.session.take_output()) == [(bind.command_id | 0x80000000, status, self.number_of(bind))]
        self.expected = S.OPEN if status else BOUND_BY[bind.command]

    @staticmethod
    def number_of(pdu: Pdu) -> int:
        return pdu.sequence_number

    @rule()
    def a_new_connection(self) -> None:
        if self.expected is S.UNBOUND:
            self.session.connection_lost(2)
            assert self.session.state is S.CLOSED
            assert self.session.window.entries == {}
            assert self.session.unanswered == {}
            self.begin(self.role)
            self.expected, self.asked, self.owed = S.OPEN, {}, None

    # -- what must hold

    @invariant()
    def it_is_where_the_tables_say(self) -> None:
        if hasattr(self, "session"):
            assert self.session.state is self.expected
            assert set(self.asked) <= {"unbind", *BOUND_BY}
            changes = [each for each in taken(self.session) if isinstance(each, StateChange)]
            assert not changes or changes[-1].after is self.expected


@pytest.mark.parametrize("role", Role)
def test_an_enquire_link_while_a_bind_is_not_answered_changes_nothing(role: Role) -> None:
    """Its answer is none to the bind: the session took it for one, went back to OPEN, and was never bound."""
    session = session_in(role, S.BINDING)
    number = session.request(EnquireLink(), "link", 1, 10)
    [(token, _)] = session.receive(EnquireLink().answer().encode(number), 1)
    assert token == "link"
    assert session.state is S.BINDING


class TestLife(Life.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(max_examples=100, stateful_step_count=50, deadline=None)


@pytest.mark.soak
@pytest.mark.timeout(1800)
class TestLongLife(Life.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(max_examples=1_500, stateful_step_count=150, deadline=None)
