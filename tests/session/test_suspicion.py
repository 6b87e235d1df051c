"""When requests have no answer: one alone means nothing, several in a row make us ask, and only then we give up.

Rows 6 and 8 of 2.A of the field, and item 10 of 1.12: one late response closed the session, its messages went back into
the queue, and the next late one closed it again.
"""

import pytest

from session.fake_wire import answers, bound_esme, bound_smsc, header, of, taken, verdicts
from smppcore.constants import CommandId
from smppcore.errors import OutcomeUnknown
from smppcore.notice import Ended, Finished, LateAnswer, Suspect
from smppcore.pdu import DeliverSm, Pdu, SubmitSm, SubmitSmResp
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import Role, SessionState

SUBMIT, DELIVER = SubmitSm(destination_addr="1"), DeliverSm()
CHOSEN = Settings(enquire_link_interval=None, suspect_after=5, enquire_link_timeout=10)
GIVEN_UP = "enquire_link is answered, but no other request is"


def unanswered(session: Session, count: int, now: float, pdu: Pdu = SUBMIT) -> list[int]:
    """Requests made at ``now`` that had no answer a second later, when time has come that far."""
    numbers = [session.request(pdu, f"{now} {each}", now, 1) for each in range(count)]
    session.take_output()
    session.tick(now + 1)
    return numbers


def links(session: Session) -> list[int]:
    """The numbers of the enquire_links that it wants to send."""
    return [number for command, _, number in answers(session.take_output()) if command == CommandId.ENQUIRE_LINK]


def answer_link(session: Session, now: float) -> None:
    [number] = links(session)
    session.receive(header(CommandId.ENQUIRE_LINK_RESP, number), now)


def suspicious() -> Session:
    """An ESME that has asked after five requests without an answer, and has heard that the other end is there."""
    session = bound_esme(settings=CHOSEN)
    unanswered(session, 5, 0)
    answer_link(session, 1.5)
    taken(session)
    return session


@pytest.mark.parametrize("suspect_after", [2, 5, 100])
def test_never_because_of_one_late_answer(suspect_after: int) -> None:
    """Hour after hour one request in two is answered late: each fails alone, and nothing is suspected."""
    settings = Settings(enquire_link_interval=None, suspect_after=suspect_after)
    session = bound_esme(settings=settings)
    for hour in range(100):
        now = hour * 3_600.0
        late = session.request(SUBMIT, "late", now, 60)
        session.tick(now + 60)
        session.receive(SubmitSmResp().encode(late), now + 61)
        prompt = session.request(SUBMIT, "prompt", now + 100, 60)
        session.receive(SubmitSmResp().encode(prompt), now + 101)
    found = taken(session)
    assert [type(notice) for notice in found].count(Ended) == 100
    assert [type(notice) for notice in found].count(LateAnswer) == 100
    assert not any(isinstance(notice, Suspect | Finished) for notice in found)
    assert session.state is SessionState.BOUND_TRX


def test_four_in_a_row_are_not_five() -> None:
    session = bound_esme(settings=CHOSEN)
    for now in range(0, 100, 10):
        [*_, last] = unanswered(session, 4, now)
        number = session.request(SUBMIT, "answered", now + 1, 60)
        session.receive(SubmitSmResp().encode(number), now + 2)
        assert last != number
    assert of(session, Suspect) == []


def test_five_in_a_row_make_us_ask_and_nothing_more() -> None:
    session = bound_esme(settings=CHOSEN)
    unanswered(session, 5, 0)
    assert of(session, Suspect) == [Suspect()]
    assert of(session, Finished) == []
    assert len(links(session)) == 1


def test_a_window_that_expires_in_one_moment_asks_once() -> None:
    """Ten at once are twice five; but nobody has had the chance to answer the question yet."""
    session = bound_esme(settings=CHOSEN)
    unanswered(session, 10, 0)
    assert len(of(session, Suspect)) == 1
    assert of(session, Finished) == []
    assert len(links(session)) == 1
    unanswered(session, 10, 2)
    assert of(session, Finished) == [], "while we wait for the answer nothing is counted"


def test_without_an_answer_to_the_question_the_connection_is_dead() -> None:
    session = bound_esme(settings=CHOSEN)
    unanswered(session, 5, 0)
    session.take_output()
    session.tick(11)
    assert of(session, Finished) == [Finished("no answer to enquire_link", abort=True)]


def test_given_up_after_as_many_again() -> None:
    session = suspicious()
    unanswered(session, 4, 2)
    assert of(session, Finished) == []
    unanswered(session, 1, 4)
    assert of(session, Finished) == [Finished(GIVEN_UP, abort=False)]
    session.connection_lost(6)
    assert all(isinstance(error, OutcomeUnknown) for error in verdicts(session).values())


def test_the_answer_to_the_question_alone_restores_no_trust() -> None:
    """Nor do an enquire_link of the other end, its messages, or the same answer once more."""
    session = suspicious()
    session.receive(header(CommandId.ENQUIRE_LINK, 77), 2)
    session.receive(DeliverSm().encode(78), 2)
    session.receive(header(CommandId.ENQUIRE_LINK_RESP, 6), 2)
    unanswered(session, 5, 2)
    assert [notice.reason for notice in of(session, Finished)] == [GIVEN_UP]


@pytest.mark.parametrize("how", ["answer", "error", "late", "nack"])
def test_any_answer_to_a_request_restores_it(how: str) -> None:
    session = suspicious()
    [late, *_] = unanswered(session, 4, 2)
    number = session.request(SUBMIT, "asked", 4, 60)
    session.receive(
        {
            "answer": SubmitSmResp().encode(number),
            "error": header(CommandId.SUBMIT_SM_RESP, number, 0x58),
            "late": SubmitSmResp().encode(late),
            "nack": header(CommandId.GENERIC_NACK, number, 3),
        }[how],
        4,
    )
    taken(session)
    unanswered(session, 4, 5)
    assert of(session, Suspect) == []
    assert of(session, Finished) == []
    unanswered(session, 1, 7)
    assert of(session, Suspect) == [Suspect()], "from the beginning: we ask again"
    assert of(session, Finished) == []


def test_an_smsc_never_gives_up_an_esme_that_way() -> None:
    """An ESME that leaves deliver_sm unanswered still submits."""
    session = bound_smsc(settings=CHOSEN)
    for now in range(0, 1_000, 10):
        unanswered(session, 10, now, DELIVER)
        for number in links(session):
            session.receive(header(CommandId.ENQUIRE_LINK_RESP, number), now + 2)
    assert of(session, Finished) == []
    assert session.state is SessionState.BOUND_TRX


@pytest.mark.parametrize("role", Role)
def test_off(role: Role) -> None:
    off = Settings(enquire_link_interval=None, suspect_after=None)
    session = bound_esme(settings=off) if role is Role.ESME else bound_smsc(settings=off)
    for now in range(0, 1_000, 10):
        unanswered(session, 10, now, SUBMIT if role is Role.ESME else DELIVER)
    assert of(session, Suspect) == []
    assert of(session, Finished) == []


def test_one_that_suspects_at_once_still_asks_first() -> None:
    session = bound_esme(settings=Settings(enquire_link_interval=None, suspect_after=1))
    unanswered(session, 3, 0)
    assert len(of(session, Suspect)) == 1
    assert of(session, Finished) == []


class TestMisses:
    """enquire_link_misses: how many questions in a row may have no answer."""

    THREE = Settings(enquire_link_interval=30, enquire_link_timeout=10, enquire_link_misses=3)

    def test_three(self) -> None:
        session = bound_esme(settings=self.THREE)
        asked = []
        while not of(session, Finished):
            now = session.next_deadline()
            session.tick(now)
            asked += [now] * len(links(session))
        assert asked == [30, 40, 50]
        assert of(session, Finished) == [Finished("no answer to enquire_link", abort=True)]
        assert session.next_deadline() == float("inf")

    def test_a_sign_of_life_in_between_counts_from_the_beginning(self) -> None:
        session = bound_esme(settings=self.THREE)
        for round_trip in range(20):
            start = session.next_deadline()
            session.tick(start)
            session.tick(start + 10)
            session.take_output()
            session.receive(header(CommandId.ENQUIRE_LINK, round_trip), start + 15)
            session.tick(start + 20)
            session.take_output()
        assert of(session, Finished) == []

    def test_off(self) -> None:
        off = Settings(enquire_link_interval=None, enquire_link_misses=3)
        assert bound_esme(settings=off).next_deadline() == float("inf")


@pytest.mark.parametrize("role", Role)
def test_with_every_timer_off_a_session_waits_for_ever(role: Role) -> None:
    off = Settings(
        response_timeout=None,
        enquire_link_interval=None,
        suspect_after=None,
        session_init_timeout=None,
        inactivity_timeout=None,
        partial_pdu_timeout=None,
    )
    session = bound_esme(settings=off) if role is Role.ESME else bound_smsc(settings=off)
    session.request(SUBMIT if role is Role.ESME else DELIVER, "asked", 0, None)
    session.receive(b"\0\0\0", 1)
    assert session.next_deadline() == float("inf")
    session.tick(1e9)
    assert of(session, Ended) == []
    assert of(session, Finished) == []
