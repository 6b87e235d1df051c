"""Which PDU in which state: every state, role and command against both tables 2-1 (smpp34.md section 10.2)."""

from typing import Any

import pytest

from session.fake_wire import (
    BINDS,
    answers,
    bound_esme,
    bound_smsc,
    esme_session,
    header,
    of,
    smsc_session,
    state,
    taken,
)
from session.sample_pdus import SAMPLES, SPECIFIED_34, SPECIFIED_50
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import StateError
from smppcore.notice import LateAnswer, Misplaced, StateChange
from smppcore.pdu import (
    STANDARD_PDUS,
    Bind,
    BindTransceiver,
    Outbind,
    Pdu,
    Request,
    Response,
    SubmitSm,
    SubmitSmResp,
    Unbind,
)
from smppcore.session import Session
from smppcore.state import BOUND, Role, SessionState

STATES = [state for state in SessionState if state is not SessionState.CLOSED]
TABLED = [state for state in STATES if state not in (SessionState.BINDING, SessionState.UNBINDING)]
NEVER_ANSWERED = ("alert_notification", "outbind")


def session_in(role: Role, state: SessionState) -> Session:
    """A session in that state that has nothing to send and no notices."""
    make = {Role.ESME: esme_session, Role.SMSC: smsc_session}[role]
    if state in BOUND:
        session = {Role.ESME: bound_esme, Role.SMSC: bound_smsc}[role](state)
    elif state in (SessionState.UNBINDING, SessionState.UNBOUND):
        session = session_in(role, SessionState.BOUND_TRX)
        session.close(0)
        if state is SessionState.UNBOUND:
            session.receive(header(CommandId.UNBIND_RESP, next(iter(session.window.entries))), 0)
    else:
        session = make()
        if state is SessionState.OUTBOUND and role is Role.SMSC:
            session.send(Outbind(), 0)
        elif state is SessionState.OUTBOUND:
            session.receive(Outbind().encode(1), 0)
        elif state is SessionState.BINDING and role is Role.ESME:
            session.request(BindTransceiver(), "bind", 0, 60)
        elif state is SessionState.BINDING:
            session.receive(BindTransceiver().encode(1), 0)
    session.take_output()
    taken(session)
    assert session.state is state
    return session


def senders(command: str, state: SessionState) -> tuple[str, str]:
    """Who may send that by 3.4 and by 5.0; a table without the command or the state does as the other."""
    in_50 = SPECIFIED_50[command][state]
    # 3.4 counts OUTBOUND as OPEN, and once unbound the connection is closed.
    old = {SessionState.OUTBOUND: "OPEN", SessionState.UNBOUND: ""}.get(state, str(state))
    return SPECIFIED_34.get(command, {}).get(old, in_50), in_50


def letter(role: Role) -> str:
    return {Role.ESME: "E", Role.SMSC: "S"}[role]


def other(role: Role) -> Role:
    return Role.SMSC if role is Role.ESME else Role.ESME


@pytest.mark.parametrize("command", SAMPLES)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", TABLED)
def test_accepted_from_a_peer_is_what_one_of_the_tables_allows(state: SessionState, role: Role, command: str) -> None:
    session = session_in(role, state)
    pdu = SAMPLES[command]
    out = session.receive(pdu.encode(0x77), 1)
    accepted = any(letter(other(role)) in each for each in senders(command, state))
    if command == "outbind" and state is SessionState.OUTBOUND:
        accepted = False  # one is enough
    sent = answers(session.take_output())
    if not accepted:
        assert out == []
        bound_already = isinstance(pdu, Bind) and state in BOUND
        status = CommandStatus.ESME_RALYBND if bound_already and role is Role.SMSC else CommandStatus.ESME_RINVBNDSTS
        answered = None if command in NEVER_ANSWERED else status
        assert sent == ([] if answered is None else [(pdu.command_id | 0x80000000, status, 0x77)])
        [misplaced] = of(session, Misplaced)
        assert (misplaced.request, misplaced.state, misplaced.answered) == (pdu, state, answered)
        assert session.state is state
    elif command in ("enquire_link", "unbind"):
        assert out == []
        assert sent == [(pdu.command_id | 0x80000000, 0, 0x77)]
    else:
        assert out == [(None, pdu)]
        assert sent == []


@pytest.mark.parametrize("command", SAMPLES)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", TABLED)
def test_sent_is_only_what_both_tables_allow(state: SessionState, role: Role, command: str) -> None:
    session = session_in(role, state)
    allowed = all(letter(role) in each for each in senders(command, state))
    if command == "replace_sm" and role is Role.ESME and state is SessionState.BOUND_TRX:
        allowed = True  # everyone does it
    if command == "enquire_link":
        allowed = state is not SessionState.UNBOUND  # before the bind only if somebody asks for it
    if command == "outbind" and state is SessionState.OUTBOUND:
        allowed = False
    pdu = SAMPLES[command]
    if allowed:
        _send(session, pdu)
        assert len(answers(session.take_output())) == 1
    else:
        with pytest.raises(StateError):
            _send(session, pdu)
        assert session.take_output() == b""
        assert session.state is state
        assert session.window.entries == {}


def _send(session: Session, pdu: Pdu) -> None:
    if pdu.command in NEVER_ANSWERED:
        session.send(pdu, 1)
    else:
        session.request(pdu, "token", 1, 60)


@pytest.mark.parametrize("response", [each for each in STANDARD_PDUS if issubclass(each, Response)])
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", STATES)
def test_a_response_that_nobody_waits_for_is_a_notice(
    state: SessionState, role: Role, response: type[Response]
) -> None:
    session = session_in(role, state)
    pdu = response()
    assert session.receive(pdu.encode(0x7777), 1) == []
    assert session.take_output() == b""
    assert taken(session) == [LateAnswer(pdu)]
    assert session.state is state


def test_a_late_answer_tells_what_it_answers() -> None:
    session = session_in(Role.ESME, SessionState.BOUND_TRX)
    first, second = SubmitSm(destination_addr="1"), SubmitSm(destination_addr="2")
    numbers = [session.request(pdu, "token", 1, 5) for pdu in (first, second)]
    session.take_output()
    session.tick(7)
    taken(session)
    for number in (*reversed(numbers), numbers[0]):
        session.receive(SubmitSmResp(message_id="a1").encode(number), 8)
    assert [each.request for each in of(session, LateAnswer)] == [second, first, None]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", STATES)
def test_the_loss_of_the_connection_closes_every_state(state: SessionState, role: Role) -> None:
    session = session_in(role, state)
    session.connection_lost(1)
    assert session.state is SessionState.CLOSED
    assert session.next_deadline() == float("inf")
    assert [each.after for each in of(session, StateChange)] == [SessionState.CLOSED]
    with pytest.raises(StateError):
        session.request(SAMPLES["enquire_link"], "token", 1, 60)


@pytest.mark.parametrize("state", [SessionState.BINDING, SessionState.UNBINDING])
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("command", [each for each in SAMPLES if each not in ("enquire_link", *NEVER_ANSWERED)])
def test_no_requests_while_a_bind_or_an_unbind_is_not_answered(command: str, role: Role, state: SessionState) -> None:
    session = session_in(role, state)
    with pytest.raises(StateError, match=command):
        session.request(SAMPLES[command], "token", 1, 60)


def test_no_new_request_of_any_kind_after_unbind() -> None:
    session = session_in(Role.ESME, SessionState.UNBINDING)
    with pytest.raises(StateError):
        session.request(SAMPLES["enquire_link"], "token", 1, 60)


@pytest.mark.parametrize("bind", BINDS.values())
def test_an_esme_is_not_bound_to_by_its_peer(bind: type[Bind[Any]]) -> None:
    session = esme_session()
    assert session.receive(bind().encode(5), 0) == []
    assert session.state is SessionState.OPEN
    assert answers(session.take_output()) == [(bind.command_id | 0x80000000, CommandStatus.ESME_RINVBNDSTS, 5)]


class TestUnbinding:
    def test_our_unbind(self) -> None:
        session = bound_esme()
        session.close(1)
        assert session.state is SessionState.UNBINDING
        [(command_id, status, number)] = answers(session.take_output())
        assert (command_id, status) == (CommandId.UNBIND, 0)
        session.receive(header(CommandId.UNBIND_RESP, number), 1)
        assert state(session) is SessionState.UNBOUND

    @pytest.mark.parametrize("status", [0x08, 0x04])
    def test_an_error_in_answer_to_our_unbind_ends_it_too(self, status: int) -> None:
        session = bound_esme()
        session.close(1)
        [(_, _, number)] = answers(session.take_output())
        session.receive(header(CommandId.UNBIND_RESP, number, status), 1)
        assert state(session) is SessionState.UNBOUND

    def test_a_nack_in_answer_to_our_unbind_ends_it_too(self) -> None:
        session = bound_esme()
        session.close(1)
        [(_, _, number)] = answers(session.take_output())
        session.receive(header(CommandId.GENERIC_NACK, number, 3), 1)
        assert state(session) is SessionState.UNBOUND

    def test_an_unreadable_answer_to_our_unbind_ends_it_too(self) -> None:
        session = bound_smsc()
        session.close(1)
        [(_, _, number)] = answers(session.take_output())
        session.receive(header(CommandId.UNBIND_RESP, number, length=17) + b"\0", 1)
        assert state(session) is SessionState.UNBOUND

    def test_the_peer_is_still_answered_after_our_unbind(self) -> None:
        session = bound_esme()
        session.close(1)
        session.take_output()
        [(_, pdu)] = session.receive(SAMPLES["deliver_sm"].encode(9), 1)
        assert isinstance(pdu, Request)
        session.respond(pdu, pdu.answer())
        assert answers(session.take_output()) == [(CommandId.DELIVER_SM_RESP, 0, 9)]

    def test_the_peers_unbind_waits_for_what_is_owed(self) -> None:
        session = bound_smsc()
        [(_, submit)] = session.receive(SAMPLES["submit_sm"].encode(2) + Unbind().encode(3), 1)
        assert session.state is SessionState.UNBINDING
        assert session.take_output() == b""
        assert isinstance(submit, Request)
        session.respond(submit, submit.answer())
        assert answers(session.take_output()) == [(CommandId.SUBMIT_SM_RESP, 0, 2), (CommandId.UNBIND_RESP, 0, 3)]
        assert state(session) is SessionState.UNBOUND

    def test_no_requests_behind_the_peers_unbind(self) -> None:
        session = bound_smsc()
        session.receive(SAMPLES["submit_sm"].encode(2) + Unbind().encode(3), 1)
        assert session.receive(SAMPLES["submit_sm"].encode(4), 1) == []
        assert answers(session.take_output()) == [(CommandId.SUBMIT_SM_RESP, CommandStatus.ESME_RINVBNDSTS, 4)]
        with pytest.raises(StateError):
            session.request(SAMPLES["deliver_sm"], "token", 1, 60)

    def test_the_peers_unbind_is_answered_at_the_deadline_at_the_latest(self) -> None:
        session = bound_smsc()
        session.receive(SAMPLES["submit_sm"].encode(2) + Unbind().encode(3), 1)
        assert session.next_deadline() == 1 + session.settings.close_timeout
        session.tick(session.next_deadline())
        assert answers(session.take_output()) == [(CommandId.UNBIND_RESP, 0, 3)]
        assert state(session) is SessionState.UNBOUND

    def test_a_second_unbind_does_not_swallow_the_first(self) -> None:
        session = bound_smsc()
        [(_, submit)] = session.receive(SAMPLES["submit_sm"].encode(2) + Unbind().encode(3) + Unbind().encode(4), 1)
        assert isinstance(submit, Request)
        session.respond(submit, submit.answer())
        numbers = [number for command_id, _, number in answers(session.take_output()) if command_id == 0x80000006]
        assert sorted(numbers) == [3, 4]

    def test_both_ends_at_the_same_time(self) -> None:
        esme, smsc = bound_esme(), bound_smsc()
        esme.close(1)
        smsc.close(1)
        to_smsc, to_esme = esme.take_output(), smsc.take_output()
        esme.receive(to_esme, 1)
        smsc.receive(to_smsc, 1)
        assert esme.state is smsc.state is SessionState.UNBOUND
        to_smsc, to_esme = esme.take_output(), smsc.take_output()
        esme.receive(to_esme, 1)
        smsc.receive(to_smsc, 1)
        assert esme.window.entries == smsc.window.entries == {}
        assert esme.state is smsc.state is SessionState.UNBOUND

    def test_an_unbind_that_the_application_sends_ends_the_session_too(self) -> None:
        session = bound_esme()
        number = session.request(Unbind(), "mine", 1, 60)
        assert session.state is SessionState.UNBINDING
        [(token, _)] = session.receive(header(CommandId.UNBIND_RESP, number), 2)
        assert token == "mine"
        assert state(session) is SessionState.UNBOUND
