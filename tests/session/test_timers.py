"""The timers of smpp34.md section 11; time is a number. None of them may make a driver turn in circles."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session.fake_wire import (
    answers,
    bound_esme,
    bound_smsc,
    esme_session,
    header,
    of,
    smsc_session,
    taken,
    verdicts,
)
from smppcore.constants import CommandId
from smppcore.errors import NotSent, OutcomeUnknown, SmppError
from smppcore.notice import Finished
from smppcore.pdu import (
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    EnquireLink,
    Outbind,
    Pdu,
    Request,
    SubmitSm,
    Unbind,
)
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import SessionState

NEVER = float("inf")
OFF = Settings(enquire_link_interval=None, session_init_timeout=None, partial_pdu_timeout=None)


def finished(session: Session) -> Finished:
    [notice] = of(session, Finished)
    return notice


class TestEnquireLink:
    def test_is_sent_after_silence(self) -> None:
        session = bound_esme()
        assert session.next_deadline() == 30
        session.tick(29.9)
        assert session.take_output() == b""
        session.tick(30)
        [(command_id, _, number)] = answers(session.take_output())
        assert command_id == CommandId.ENQUIRE_LINK
        session.tick(31)
        assert session.take_output() == b"", "one at a time"
        assert session.receive(header(CommandId.ENQUIRE_LINK_RESP, number), 32) == []
        assert session.notices == []
        assert session.next_deadline() == 62

    def test_any_octet_puts_it_off(self) -> None:
        session = bound_esme()
        session.receive(b"\0", 20)
        assert session.timers.partial == 30
        session.receive(EnquireLink().encode(1)[1:], 21)
        session.take_output()
        session.tick(30)
        assert session.take_output() == b""
        assert session.next_deadline() == 51

    def test_without_any_answer_the_connection_is_dead(self) -> None:
        session = bound_esme()
        session.request(SubmitSm(destination_addr="1"), "a", 0, 600)
        session.tick(30)
        session.take_output()
        assert session.next_deadline() == 40
        session.tick(40)
        assert finished(session) == Finished("no answer to enquire_link", abort=True)
        assert session.next_deadline() == NEVER
        session.connection_lost(40)
        assert isinstance(verdicts(session)["a"], OutcomeUnknown)

    def test_any_octet_counts_as_life(self) -> None:
        session = bound_esme()
        session.tick(30)
        session.take_output()
        session.receive(DeliverSm().encode(5), 35)
        session.tick(40)
        assert of(session, Finished) == []
        assert session.next_deadline() == 65

    def test_a_peer_that_refuses_enquire_link_lives(self) -> None:
        session = bound_esme()
        session.tick(30)
        [(_, _, number)] = answers(session.take_output())
        session.receive(header(CommandId.GENERIC_NACK, number, 3), 35)
        session.tick(45)
        assert session.notices == []
        assert session.next_deadline() == 65

    def test_an_answer_that_cannot_be_read_is_life(self) -> None:
        """P14 and row 13 of 2.A, as seen by a strict SMSC: enquire_link_resp with one octet of body."""
        session = bound_smsc()
        session.tick(30)
        [(_, _, number)] = answers(session.take_output())
        session.receive(header(CommandId.ENQUIRE_LINK_RESP, number, length=17) + b"\0", 31)
        assert session.take_output() == b""
        session.tick(50)
        assert of(session, Finished) == []

    def test_one_that_the_application_asked_for_closes_nothing(self) -> None:
        session = bound_esme()
        session.request(EnquireLink(), "mine", 0, 5)
        session.take_output()
        session.tick(5)
        assert isinstance(verdicts(session)["mine"], OutcomeUnknown)
        assert of(session, Finished) == []

    def test_off(self) -> None:
        session = bound_esme(settings=OFF)
        assert session.next_deadline() == NEVER
        session.tick(1e9)
        assert session.take_output() == b""

    def test_not_while_unbinding(self) -> None:
        session = bound_esme()
        session.close(29)
        session.take_output()
        session.tick(31)
        assert session.take_output() == b""


class TestSessionInit:
    def test_closes_a_connection_that_does_not_bind(self) -> None:
        session = smsc_session(now=100)
        assert session.next_deadline() == 110
        session.receive(EnquireLink().encode(1), 109)
        session.tick(110)
        assert finished(session).reason == "not bound within 10.0 s"

    def test_covers_an_authenticator_that_does_not_decide(self) -> None:
        session = smsc_session()
        session.receive(BindTransceiver().encode(1), 1)
        session.tick(10)
        assert len(of(session, Finished)) == 1

    def test_covers_an_outbind_that_is_not_followed_by_a_bind(self) -> None:
        session = smsc_session()
        session.send(Outbind(), 0)
        session.tick(10)
        assert len(of(session, Finished)) == 1

    def test_goes_on_after_a_refused_bind(self) -> None:
        session = smsc_session()
        [(_, bind)] = session.receive(BindTransceiver().encode(1), 1)
        assert isinstance(bind, BindTransceiver)
        session.respond(bind, bind.answer(0x0D))
        assert session.next_deadline() == 10

    def test_ends_with_the_bind(self) -> None:
        assert bound_smsc().next_deadline() == 30

    def test_is_not_for_an_esme(self) -> None:
        assert esme_session().next_deadline() == NEVER

    def test_off(self) -> None:
        assert smsc_session(OFF).next_deadline() == NEVER


class TestInactivity:
    SETTINGS = Settings(inactivity_timeout=100, enquire_link_interval=30)

    def test_enquire_link_is_no_activity(self) -> None:
        session = bound_smsc(settings=self.SETTINGS)
        for now in range(20, 100, 20):
            session.receive(EnquireLink().encode(1), now)
            session.tick(now)
        session.tick(100)
        assert finished(session).reason == "no traffic for 100 s"

    def test_a_request_is(self) -> None:
        session = bound_smsc(settings=self.SETTINGS)
        session.receive(SubmitSm(destination_addr="1").encode(1), 90)
        session.tick(100)
        assert of(session, Finished) == []

    def test_an_answer_is(self) -> None:
        session = bound_smsc(settings=self.SETTINGS)
        number = session.request(DeliverSm(), "a", 0, None)
        session.receive(header(CommandId.DELIVER_SM_RESP, number), 90)
        session.tick(100)
        assert of(session, Finished) == []

    def test_a_close_after_it_does_not_raise(self) -> None:
        """The driver closes what has finished; there is no unbind any more, and no StateError either."""
        session = bound_smsc(settings=self.SETTINGS)
        session.tick(100)
        session.close(100)
        assert session.state is SessionState.UNBOUND


class TestPartialPdu:
    def test_a_pdu_that_does_not_go_on(self) -> None:
        session = bound_smsc()
        session.receive(EnquireLink().encode(1)[:7], 5)
        assert session.next_deadline() == 15
        session.tick(15)
        assert finished(session) == Finished("a PDU is not complete after 10.0 s", abort=True)

    def test_one_octet_at_a_time_does_not_put_it_off(self) -> None:
        session = bound_smsc()
        for now, octet in enumerate(SubmitSm(destination_addr="1").encode(1)[:9]):
            session.receive(bytes([octet]), now)
        assert session.next_deadline() == 10

    def test_the_next_pdu_has_its_own_time(self) -> None:
        session = bound_smsc()
        octets = EnquireLink().encode(1)
        session.receive(octets[:7], 5)
        session.receive(octets[7:] + octets[:3], 14)
        assert session.next_deadline() == 24
        session.receive(octets[3:], 20)
        assert session.next_deadline() == 50

    def test_before_the_bind_too(self) -> None:
        session = smsc_session(now=0)
        session.receive(b"\0", 2)
        session.tick(12)
        assert of(session, Finished)[0].abort is False, "the session init timer was first"


class TestUnbind:
    def test_ours_that_is_not_answered(self) -> None:
        """P20."""
        session = bound_esme()
        session.close(1)
        session.take_output()
        assert session.next_deadline() == 6
        session.tick(6)
        assert finished(session).reason == "no answer to unbind"

    def test_one_of_the_application_that_is_not_answered(self) -> None:
        session = bound_esme()
        session.request(Unbind(), "mine", 1, 5)
        session.take_output()
        session.tick(6)
        assert isinstance(verdicts(session)["mine"], OutcomeUnknown)
        assert finished(session).reason == "no answer to unbind"

    def test_a_bind_that_could_not_be_sent(self) -> None:
        session = esme_session()
        session.request(BindTransceiver(), "bind", 0, 5)
        session.tick(5)
        assert isinstance(verdicts(session)["bind"], NotSent)
        assert finished(session).reason == "no answer to the bind"


def test_a_session_that_has_finished_does_nothing_more() -> None:
    session = bound_smsc()
    session.receive(b"\0\0\0\0", 1)
    assert len(of(session, Finished)) == 1
    session.take_output()
    for now in range(2, 200):
        session.tick(now)
    assert session.take_output() == b""
    assert len(of(session, Finished)) == 1


EVENTS: list[Any] = [
    b"\0",
    b"\0\0\0",
    EnquireLink().encode(3),
    Unbind().encode(4),
    BindTransceiver().encode(5),
    SubmitSm(destination_addr="1").encode(6),
    DeliverSm().encode(7),
    BindTransceiverResp().encode(1),
    header(CommandId.ENQUIRE_LINK_RESP, 2),
    header(CommandId.UNBIND_RESP, 2),
    header(CommandId.GENERIC_NACK, 2, 3),
    header(CommandId.SUBMIT_SM_RESP, 2, length=18) + b"ab",
    b"\0\0\0\1",
    "answer",
    "request",
    "link",
    "close",
    "unbind",
    "take",
]
SOME_SETTINGS = st.builds(
    Settings,
    enquire_link_interval=st.sampled_from([None, 0.5, 30.0]),
    enquire_link_timeout=st.sampled_from([0.25, 10.0]),
    session_init_timeout=st.sampled_from([None, 10.0]),
    inactivity_timeout=st.sampled_from([None, 5.0, 100.0]),
    partial_pdu_timeout=st.sampled_from([None, 10.0]),
    close_timeout=st.sampled_from([0.5, 5.0]),
)
START: dict[str, Callable[..., Session]] = {
    "esme": esme_session,
    "smsc": smsc_session,
    "bound esme": bound_esme,
    "bound smsc": bound_smsc,
}


def happen(session: Session, event: Any, now: float) -> None:
    if isinstance(event, bytes):
        session.receive(event, now)
    elif event == "answer":
        for pdu in list(session.unanswered.values()):
            assert isinstance(pdu, Request)
            session.respond(pdu, pdu.answer())
        session.receive(b"", now)
    elif event == "close":
        session.close(now)
    elif event == "take":
        session.take_output()
    else:
        ours: dict[str, Pdu] = {"request": SubmitSm(destination_addr="1"), "link": EnquireLink(), "unbind": Unbind()}
        try:
            session.request(ours[event], "token", now, 7)
        except SmppError:
            return


def run_timeline(session: Session, timeline: list[tuple[float, Any]]) -> None:
    now = 0.0
    for passed, event in timeline:
        now += passed
        turns = 0
        while (deadline := session.next_deadline()) <= now:
            session.tick(deadline)
            turns += 1
            assert session.next_deadline() > deadline, "a driver that waits for it would turn in circles"
            assert turns < 5_000
        happen(session, event, now)
        session.tick(now)
        assert session.next_deadline() > now
        taken(session)


def _start(name: str, chosen: Settings) -> Session:
    return START[name](settings=chosen)


TIMELINES = st.lists(st.tuples(st.sampled_from([0, 0.1, 1, 4.9, 29, 61]), st.sampled_from(EVENTS)), max_size=25)


@settings(max_examples=250, deadline=None)
@given(name=st.sampled_from(list(START)), chosen=SOME_SETTINGS, timeline=TIMELINES)
def test_the_next_deadline_is_never_in_the_past(name: str, chosen: Settings, timeline: list[tuple[float, Any]]) -> None:
    run_timeline(_start(name, chosen), timeline)


@pytest.mark.soak
@pytest.mark.timeout(900)
@settings(max_examples=10_000, deadline=None)
@given(name=st.sampled_from(list(START)), chosen=SOME_SETTINGS, timeline=TIMELINES)
def test_the_next_deadline_is_never_in_the_past_at_length(
    name: str, chosen: Settings, timeline: list[tuple[float, Any]]
) -> None:
    run_timeline(_start(name, chosen), timeline)
