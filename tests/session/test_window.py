"""Requests in flight: deadlines, sweeping, late answers, and memory that does not grow."""

import random
import sys
import tracemalloc

import pytest

from session.fake_wire import bound_esme, bound_smsc, header, of, taken, verdicts
from smppcore.constants import CommandId
from smppcore.errors import OutcomeUnknown
from smppcore.notice import Ended, LateAnswer
from smppcore.pdu import EnquireLink, SubmitSm
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.window import SWEEP_FROM, Window

QUIET = Settings(enquire_link_interval=None, suspect_after=None)
SUBMIT = SubmitSm(destination_addr="1")


def quiet() -> Session:
    return bound_esme(settings=QUIET)


def submit(session: Session, token: object, now: float, timeout: float | None) -> int:
    return session.request(SUBMIT, token, now, timeout)


def answer(session: Session, number: int, now: float = 0) -> list[object]:
    return [token for token, _ in session.receive(header(CommandId.SUBMIT_SM_RESP, number), now)]


def test_a_deadline_counts_from_the_call() -> None:
    session = quiet()
    submit(session, "a", 5, 10)
    session.take_output()
    assert session.next_deadline() == 15
    session.tick(14.9)
    assert verdicts(session) == {}
    session.tick(15)
    assert list(verdicts(session)) == ["a"]
    assert session.window.entries == {}
    assert session.next_deadline() == float("inf")


def test_mixed_timeouts_expire_each_at_its_time() -> None:
    session = quiet()
    timeouts = {"a": 30.0, "b": 5.0, "c": 30.0, "d": None, "e": 7.5, "f": 0.0, "g": 5.0}
    for now, (token, timeout) in enumerate(timeouts.items()):
        submit(session, token, now, timeout)
    session.take_output()
    expired = {}
    while (deadline := session.next_deadline()) != float("inf"):
        session.tick(deadline)
        for notice in taken(session):
            assert isinstance(notice, Ended)
            expired[notice.token] = deadline
    assert expired == {"f": 5, "b": 6, "g": 11, "e": 11.5, "a": 30, "c": 32}
    assert [entry[0] for entry in session.window.entries.values()] == ["d"]


def test_an_answered_request_does_not_expire() -> None:
    session = quiet()
    number = submit(session, "a", 0, 10)
    submit(session, "b", 1, 10)
    assert answer(session, number) == ["a"]
    assert session.next_deadline() == 11
    session.tick(100)
    assert list(verdicts(session)) == ["b"]


def test_a_late_answer_is_a_notice() -> None:
    session = quiet()
    number = submit(session, "a", 0, 10)
    session.take_output()
    session.tick(10)
    assert isinstance(verdicts(session)["a"], OutcomeUnknown)
    taken(session)
    assert answer(session, number, 11) == []
    [late] = of(session, LateAnswer)
    assert late.response.sequence_number == number


def test_a_duplicate_answer_is_a_notice() -> None:
    """P18."""
    session = quiet()
    number = submit(session, "a", 0, 10)
    assert answer(session, number) == ["a"]
    assert answer(session, number) == []
    assert len(of(session, LateAnswer)) == 1


def test_an_answer_of_another_class_leaves_the_request_in_flight() -> None:
    session = quiet()
    number = submit(session, "a", 0, 10)
    session.receive(header(CommandId.DELIVER_SM_RESP, number), 0)
    assert len(of(session, LateAnswer)) == 1
    assert answer(session, number) == ["a"]


def test_an_enquire_link_ahead_of_older_calls_does_not_delay_their_deadlines() -> None:
    """enquire_link does not wait for the window: it overtakes calls that were made earlier with the same timeout."""
    session = quiet()
    session.request(EnquireLink(), "link", 59, 60)
    submit(session, "older", 0, 60)
    session.take_output()
    assert session.next_deadline() == 60
    session.tick(60)
    assert list(verdicts(session)) == ["older"]
    session.tick(119)
    assert list(verdicts(session)) == ["older", "link"]


def test_memory_is_bounded_with_one_request_in_a_hundred_never_answered() -> None:
    """Row 20 of 2.B: 100,000 requests at a window of 100; the silent ones expire, and nothing stays behind."""
    session = quiet()
    chance, now = random.Random(1), 0.0
    silent: set[object] = set()
    expired: set[object] = set()
    in_flight: list[int] = []
    for token in range(100_000):
        now += 0.001
        number = submit(session, token, now, 5)
        if chance.random() < 0.01:
            silent.add(token)
        else:
            in_flight.append(number)
        if len(in_flight) >= 50:
            answer(session, in_flight.pop(chance.randrange(len(in_flight))), now)
            session.take_output()
        if session.next_deadline() <= now:
            session.tick(now)
            expired.update(notice.token for notice in taken(session) if isinstance(notice, Ended))
        assert len(session.window.entries) < 200
    for number in in_flight:
        answer(session, number, now)
    session.tick(now + 5)
    expired.update(verdicts(session))
    assert expired == silent
    assert session.window.entries == {}
    assert session.window._queues == {}
    assert session.window._apart == []


def expect(window: Window, number: int, timeout: float) -> None:
    """What Session.request and take_output do with a window."""
    if timeout != window.timeout:
        window.choose_queue(timeout)
    window.queue.append(number)
    window.sweep()


def test_memory_is_bounded_without_a_tick() -> None:
    window = Window()
    for number in range(100_000):
        window.entries[number] = (None, 4, SUBMIT, 60.0, 0, 0)
        expect(window, number, 60.0)
        del window.entries[number]
    assert sum(map(len, window._queues.values())) <= SWEEP_FROM + 1


def test_memory_is_bounded_where_every_call_has_its_own_timeout() -> None:
    window = Window()
    for number in range(20_000):
        window.entries[number] = (None, 4, SUBMIT, 60.0, 0, 0)
        expect(window, number, 60.0 + number / 1e6)
        if number >= 10:
            del window.entries[number - 10]
    assert len(window._queues) <= SWEEP_FROM + 12
    assert window.next_deadline() == 60.0
    assert len(window.expire(60.0)) == 10


def test_memory_is_bounded_with_enquire_links_only() -> None:
    session = quiet()
    for _ in range(20_000):
        number = session.request(EnquireLink(), "link", 0, 60)
        session.receive(header(CommandId.ENQUIRE_LINK_RESP, number), 0)
        session.take_output()
    assert len(session.window._apart) <= SWEEP_FROM + 1


def test_what_a_request_costs_does_not_depend_on_the_size_of_the_window() -> None:
    """Row 16 of 2.B, without a clock: the lines that run for 1,000 requests with 10 and with 10,000 in flight."""

    def lines(in_flight: int) -> int:
        window = Window()
        for number in range(in_flight):
            window.entries[number] = (None, 4, SUBMIT, 60.0, 0, 0)
            expect(window, number, 60.0)
        count = 0

        def trace(frame: object, event: str, argument: object) -> object:
            nonlocal count
            count += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)  # type: ignore[arg-type]
        try:
            for number in range(in_flight, in_flight + 1_000):
                window.entries[number] = (None, 4, SUBMIT, 60.0, 0, 0)
                expect(window, number, 60.0)
                del window.entries[number]
                window.next_deadline()
        finally:
            sys.settrace(before)
        return count

    assert lines(10_000) < 2 * lines(10)


@pytest.mark.soak
def test_a_million_requests_leave_no_memory_behind() -> None:
    session = bound_smsc(settings=QUIET)
    request = EnquireLink()

    def rounds(count: int) -> None:
        for each in range(count):
            number = session.request(request, each, each / 1000, 5)
            if each % 100:
                session.receive(header(CommandId.ENQUIRE_LINK_RESP, number), each / 1000)
            if each % 1000 == 0:
                session.take_output()
                session.tick(each / 1000)
                taken(session)

    rounds(100_000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    rounds(1_000_000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 1_000_000
