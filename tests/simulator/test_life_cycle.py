"""What becomes of a message, and when. Time and chance are arguments."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from smppcore import smpptime
from smppcore.constants import CommandStatus, MessageState
from smppcore.errors import Refuse
from smppcore.pdu import SubmitSm
from smppcore.simulator.delays import LONGEST_DELAY, Delay, Exponential, Fixed, Normal, Spike, Uniform
from smppcore.simulator.life_cycle import (
    OUTCOMES,
    OWED,
    VALIDITY,
    Course,
    Notification,
    Outcomes,
    StoredMessage,
    plan,
    replan,
)
from smppcore.simulator.message_ids import MessageIdForm, MessageIds
from smppcore.simulator.messages import Messages

NOON = 1_700_049_600.0
DELIVERED, EXPIRED, UNDELIVERABLE = MessageState.DELIVERED, MessageState.EXPIRED, MessageState.UNDELIVERABLE


def planned(course: Course | None = None, seed: int = 1, **fields: Any) -> StoredMessage:
    message = StoredMessage("1", "account", SubmitSm(destination_addr="222", **fields), NOON)
    plan(message, course or Course(Fixed(10)), Random(seed), NOON)
    return message


def in_seconds(seconds: float) -> str:
    return smpptime.format_relative(timedelta(seconds=seconds))


def at(seconds: float) -> str:
    return smpptime.format_absolute(datetime.fromtimestamp(NOON + seconds, UTC))


# -- courses


def test_a_plain_message_is_delivered_after_the_delay() -> None:
    message = planned()
    assert (message.due, message.ends, message.outcome) == (NOON + 10, NOON + 10, DELIVERED)


@pytest.mark.parametrize("name", sorted(set(OUTCOMES) - {"ENROUTE"}))
def test_each_final_state_can_be_the_outcome(name: str) -> None:
    message = planned(Course(Fixed(10), Outcomes({OUTCOMES[name]: 1})))
    assert (message.outcome, message.ends) == (MessageState[name], NOON + 10)


def test_a_message_that_never_gets_there_expires() -> None:
    course = Course(Fixed(10), Outcomes({MessageState.ENROUTE: 1}))
    message = planned(course)
    assert (message.outcome, message.ends) == (EXPIRED, NOON + VALIDITY)
    message = planned(course, validity_period=in_seconds(60))
    assert (message.outcome, message.ends) == (EXPIRED, NOON + 60)


def test_outcomes_come_by_their_weights() -> None:
    random = Random(1)
    outcomes = Outcomes({DELIVERED: 90, UNDELIVERABLE: 10, EXPIRED: 0})
    found = Counter(outcomes.draw(random) for _ in range(10_000))
    assert set(found) == {DELIVERED, UNDELIVERABLE}
    assert 900 < found[UNDELIVERABLE] < 1_100


def test_the_error_is_for_those_that_fail() -> None:
    assert planned(Course(Fixed(1), Outcomes({UNDELIVERABLE: 1}), "021")).error == "021"
    assert planned(Course(Fixed(1), error="021")).error == ""


@pytest.mark.parametrize(
    "weights", [{}, {DELIVERED: 0}, {DELIVERED: -1}, {MessageState.SKIPPED: 1}, {DELIVERED: float("inf")}]
)
def test_weights_that_cannot_be(weights: dict[int, float]) -> None:
    with pytest.raises(ValueError, match=r"weight|state"):
        Outcomes(weights)


@pytest.mark.parametrize(
    ("delay", "mean", "lowest", "highest"),
    [
        (Fixed(2), 2, 2, 2),
        (Uniform(1, 3), 2, 1, 3),
        (Normal(2, 0.5), 2, 0, 5),
        (Normal(0, 1), 0.4, 0, 5),
        (Exponential(2), 2, 0, 40),
        (Spike(1, 11, 0.1), 2, 1, 11),
    ],
)
def test_delays_are_as_their_distribution_says(delay: Delay, mean: float, lowest: float, highest: float) -> None:
    random = Random(1)
    drawn = [delay.draw(random) for _ in range(10_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(mean, rel=0.05)
    assert lowest <= min(drawn) <= max(drawn) <= highest
    assert delay.fixed == (2 if isinstance(delay, Fixed) else None)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), LONGEST_DELAY + 1])
def test_delays_that_cannot_be(seconds: float) -> None:
    for make in (Fixed, Exponential, lambda s: Uniform(0, s), lambda s: Normal(s, 1), lambda s: Spike(s, 1, 0.5)):
        with pytest.raises(ValueError, match="is not between"):
            make(seconds)
    with pytest.raises(ValueError, match="above high"):
        Uniform(3, 1)


# -- schedule and validity


@pytest.mark.parametrize("schedule", [in_seconds(3600), at(3600)])
def test_a_scheduled_message_begins_then(schedule: str) -> None:
    assert planned(schedule_delivery_time=schedule).ends == NOON + 3610


def test_a_schedule_that_is_past_is_now() -> None:
    assert planned(schedule_delivery_time=at(-3600)).ends == NOON + 10


@pytest.mark.parametrize("validity", [in_seconds(5), at(5)])
def test_what_takes_longer_than_its_validity_expires_then(validity: str) -> None:
    message = planned(validity_period=validity)
    assert (message.outcome, message.ends) == (EXPIRED, NOON + 5)


@pytest.mark.parametrize("validity", [in_seconds(11), at(11)])
def test_what_is_quicker_than_its_validity_does_not(validity: str) -> None:
    assert planned(validity_period=validity).outcome == DELIVERED


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"validity_period": at(-1)}, CommandStatus.ESME_RINVEXPIRY),
        ({"validity_period": in_seconds(60), "schedule_delivery_time": in_seconds(61)}, CommandStatus.ESME_RINVEXPIRY),
        ({"validity_period": "251332000000000+"}, CommandStatus.ESME_RINVEXPIRY),
        ({"schedule_delivery_time": "251332000000000+"}, CommandStatus.ESME_RINVSCHED),
    ],
)
def test_times_that_cannot_be_are_refused(fields: dict[str, str], status: int) -> None:
    with pytest.raises(Refuse) as caught:
        planned(None, 1, **fields)
    assert caught.value.status == status


def test_a_new_schedule_moves_the_course() -> None:
    message = planned(schedule_delivery_time=in_seconds(100))
    replan(message, in_seconds(300), "", NOON + 50)
    assert (message.due, message.ends, message.outcome) == (NOON + 360, NOON + 360, DELIVERED)


def test_a_new_validity_may_let_it_expire_and_none_leaves_it() -> None:
    message = planned()
    replan(message, "", "", NOON + 1)
    assert message.ends == NOON + 10
    replan(message, "", in_seconds(3), NOON + 1)
    assert (message.outcome, message.ends) == (EXPIRED, NOON + 4)


# -- intermediate notifications


def test_an_intermediate_notification_comes_half_way_if_asked_for() -> None:
    messages, message = Messages(1), planned(registered_delivery=0x11)
    messages.add(message)
    assert messages.next_deadline() == NOON + 5
    (step,) = messages.tick(NOON + 9)
    assert isinstance(step, Notification)
    assert (step.message, step.state, step.date, message.pending) == (message, MessageState.ENROUTE, NOON + 5, True)
    assert messages.tick(NOON + 10) == [message]


def test_a_cancelled_message_has_no_notification() -> None:
    messages, message = Messages(1), planned(registered_delivery=0x11)
    messages.add(message)
    messages.finish(message, MessageState.DELETED, NOON + 1)
    assert messages.tick(NOON + 100) == []


# -- which receipts are owed


def test_success_and_failure() -> None:
    successes = {MessageState.DELIVERED, MessageState.ACCEPTED}
    for state in range(2, 9):
        assert [OWED[wish][state] for wish in range(4)] == [False, True, state not in successes, state in successes]


# -- ids


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        (MessageIdForm(), "[0-9a-f]{20}"),
        (MessageIdForm(upper=True), "[0-9A-F]{20}"),
        (MessageIdForm(width=8), "0000000[1-9a-f]"),
        (MessageIdForm(form="decimal"), "[0-9]{24}"),
        (MessageIdForm(form="decimal", width=10), "000000000[0-9]|0000000010"),
        (MessageIdForm(form="prefix", prefix="SAR-"), "SAR-[0-9]{24}"),
        (MessageIdForm(form="uuid"), "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ],
)
def test_forms_of_message_ids(form: MessageIdForm, pattern: str) -> None:
    import re

    ids = MessageIds(form, NOON, Random(1))
    written = [ids.write(number) for number in range(1, 11)]
    assert all(re.fullmatch(pattern, each) for each in written)
    assert len(set(written)) == 10


@pytest.mark.parametrize(
    "fields",
    [{"form": "octal"}, {"width": 0}, {"width": 65}, {"prefix": "x"}, {"form": "prefix", "prefix": "x" * 60}],
)
def test_forms_that_cannot_be(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{list(fields)[-1]} is"):
        MessageIdForm(**fields)


def test_a_restarted_simulator_gives_other_ids() -> None:
    for form in ("hex", "decimal", "prefix"):
        one, other = (MessageIds(MessageIdForm(form=form), NOON + later, Random()) for later in (0, 0.001))
        assert {one.write(number) for number in range(99)}.isdisjoint(other.write(number) for number in range(99))


# -- any order of events


class Life(RuleBasedStateMachine):
    """Whatever happens to messages: each has one final state at most, and its receipts are those that it asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = Messages(1_000)
        self.random = Random(1)
        self.now = NOON
        self.all: list[StoredMessage] = []
        self.ends: dict[int, list[int]] = {}
        self.notified: Counter[int] = Counter()

    @rule(
        wish=st.integers(0, 31),
        schedule=st.sampled_from([0, 0, 3, 20]),
        validity=st.sampled_from([0, 0, 25, 60]),
        delay=st.sampled_from([Fixed(0), Fixed(7), Uniform(0, 30), Exponential(5)]),
        outcome=st.sampled_from(sorted(OUTCOMES.values())),
    )
    def submit(self, wish: int, schedule: int, validity: int, delay: Delay, outcome: int) -> None:
        request = SubmitSm(
            destination_addr="222",
            registered_delivery=wish,
            schedule_delivery_time=in_seconds(schedule) if schedule else "",
            validity_period=in_seconds(validity) if validity else "",
        )
        message = StoredMessage(str(len(self.all)), "account", request, self.now)
        plan(message, Course(delay, Outcomes({outcome: 1})), self.random, self.now)
        assert self.now <= message.due <= message.ends
        assert not validity or message.ends <= self.now + validity
        self.messages.add(message)
        self.all.append(message)

    def _pending(self) -> list[StoredMessage]:
        return [message for message in self.all if message.pending]

    @precondition(lambda self: self._pending())
    @rule(choice=st.integers(0, 100))
    def cancel(self, choice: int) -> None:
        pending = self._pending()
        message = pending[choice % len(pending)]
        self.messages.finish(message, MessageState.DELETED, self.now)
        self.ends.setdefault(id(message), []).append(message.state)

    @precondition(lambda self: self._pending())
    @rule(choice=st.integers(0, 100), schedule=st.sampled_from([0, 5]), validity=st.sampled_from([0, 10]))
    def replace(self, choice: int, schedule: int, validity: int) -> None:
        pending = self._pending()
        message = pending[choice % len(pending)]
        replan(message, in_seconds(schedule) if schedule else "", in_seconds(validity) if validity else "", self.now)
        self.messages.schedule(message)

    @rule(seconds=st.integers(0, 12))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        for step in self.messages.tick(self.now):
            if isinstance(step, Notification):
                self.notified[id(step.message)] += 1
                assert step.message.registered_delivery & 0x10
            else:
                self.ends.setdefault(id(step), []).append(step.state)
                assert step.finished <= self.now
        assert self.messages.next_deadline() > self.now

    @invariant()
    def at_most_one_final_state(self) -> None:
        for message in self.all:
            ends = self.ends.get(id(message), [])
            assert ends == ([] if message.pending else [message.state])
            assert self.notified[id(message)] <= 1

    @invariant()
    def receipts_exactly_as_asked(self) -> None:
        for message in self.all:
            success = message.state in (MessageState.DELIVERED, MessageState.ACCEPTED)
            wish = message.registered_delivery & 3
            wanted = {0: False, 1: True, 2: not success, 3: success}[wish]
            assert message.owed == (wanted and not message.pending)

    @invariant()
    def states_are_counted(self) -> None:
        assert sum(self.messages.states) == sum(map(len, self.ends.values()))


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(seed=st.integers(0, 2**32), count=st.integers(1, 30))
@settings(max_examples=30)
def test_the_same_seed_and_the_same_messages_fare_alike(seed: int, count: int) -> None:
    course = Course(Exponential(5), Outcomes({DELIVERED: 3, UNDELIVERABLE: 1}))

    def fates() -> list[tuple[float, int]]:
        random = Random(seed)
        messages = [StoredMessage(str(number), "account", SubmitSm(), NOON) for number in range(count)]
        for message in messages:
            plan(message, course, random, NOON)
        return [(message.ends, message.outcome) for message in messages]

    assert fates() == fates()
