"""What a simulator keeps: bounds, deadlines, and what is forgotten. Time is a number."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from smppcore.constants import MessageState
from smppcore.pdu import SubmitSm
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.simulator.messages import Messages


def stored(
    message_id: str = "1",
    registered_delivery: int = 0,
    *,
    due: float = 1.0,
    destination: str = "222",
    service_type: str = "",
) -> StoredMessage:
    request = SubmitSm(
        service_type=service_type,
        source_addr="111",
        destination_addr=destination,
        registered_delivery=registered_delivery,
        short_message=b"text",
    )
    message = StoredMessage(message_id, "account", request, 1000.0)
    message.due = message.ends = due
    return message


def filled(capacity: int, registered_delivery: int = 0) -> tuple[Messages, list[StoredMessage]]:
    messages = Messages(capacity)
    kept = [stored(str(number), registered_delivery, due=float(number)) for number in range(capacity)]
    for message in kept:
        messages.add_plain(message)
    return messages, kept


# -- final states


@pytest.mark.parametrize(
    ("registered_delivery", "state", "owed"),
    [
        (0, MessageState.DELIVERED, False),
        (0, MessageState.DELETED, False),
        (1, MessageState.DELIVERED, True),
        (1, MessageState.DELETED, True),
        (2, MessageState.DELIVERED, False),
        (2, MessageState.DELETED, True),
        (3, MessageState.DELIVERED, True),
        (3, MessageState.DELETED, False),
        (0x10, MessageState.DELIVERED, False),  # only an intermediate notification was asked for
        (0x0C, MessageState.DELIVERED, False),  # only acknowledgements of the SME
        (0x1D, MessageState.DELIVERED, True),
    ],
)
def test_which_receipts_are_owed(registered_delivery: int, state: int, owed: bool) -> None:
    message = stored(registered_delivery=registered_delivery)
    assert message.pending
    message.finish(state, 1005.0)
    assert (message.pending, message.state, message.finished, message.owed) == (False, state, 1005.0, owed)


@pytest.mark.parametrize("add", [Messages.add, Messages.add_plain])
def test_tick_delivers_what_is_due_in_the_order_of_its_time(add: Callable[[Messages, StoredMessage], None]) -> None:
    messages = Messages(10)
    late, early, never = stored("late", due=3.0), stored("early", due=2.0), stored("never", due=99.0)
    for message in (late, early, never):
        add(messages, message)
    assert messages.next_deadline() == 2.0
    assert messages.tick(1.9) == []
    assert messages.tick(3.5) == [early, late]
    assert early.state == late.state == MessageState.DELIVERED
    assert (early.finished, late.finished) == (2.0, 3.0)
    assert never.pending
    assert messages.next_deadline() == 99.0


def test_equal_times_keep_the_order_of_submission() -> None:
    messages = Messages(100)
    kept = [stored(str(number)) for number in range(100)]
    for message in kept:
        messages.add_plain(message)
    assert messages.tick(1.0) == kept


def test_a_delay_that_becomes_shorter_holds_nobody_up() -> None:
    messages = Messages(10)
    slow, quick = stored("slow", due=1_000.0), stored("quick", due=2.0)
    messages.add_plain(slow)
    messages.add_plain(quick)
    assert messages.next_deadline() == 2.0
    assert messages.tick(2.0) == [quick]
    assert messages.tick(1_000.0) == [slow]


def test_nothing_is_due_where_nothing_is_pending() -> None:
    messages = Messages(1)
    assert messages.next_deadline() == float("inf")
    assert messages.tick(1e9) == []


def test_a_cancelled_message_is_not_delivered() -> None:
    messages = Messages(2)
    message = stored()
    messages.add_plain(message)
    messages.finish(message, MessageState.DELETED, 5.0)
    assert messages.tick(2.0) == []
    assert (message.state, message.finished) == (MessageState.DELETED, 5.0)


def test_what_was_scheduled_anew_steps_at_its_new_time_and_once() -> None:
    messages = Messages(2)
    message = stored()
    messages.add_plain(message)
    message.due = message.ends = 5.0
    messages.schedule(message)
    assert messages.tick(4.9) == []
    assert messages.tick(5.0) == [message]
    assert messages.tick(9.0) == []


def test_what_another_replaces_is_gone_without_a_state() -> None:
    messages = Messages(2)
    message = stored()
    messages.add_plain(message)
    messages.discard(message)
    assert (len(messages), list(messages), messages.tick(9.0), sum(messages.states)) == (0, [], [], 0)


# -- looking up


def test_find_compares_account_and_source() -> None:
    messages = Messages(2)
    message = stored("7")
    messages.add_plain(message)
    assert messages.find("7", "account", "111") == [message]
    assert messages.find("8", "account", "111") == []
    assert messages.find("7", "other", "111") == []
    assert messages.find("7", "account", "112") == []


def test_find_pending_compares_everything_and_keeps_the_order() -> None:
    messages = Messages(10)
    first, second = stored("1"), stored("2", service_type="WAP")
    elsewhere, done = stored("3", destination="333"), stored("4")
    for message in (first, second, elsewhere, done):
        messages.add_plain(message)
    messages.finish(done, MessageState.DELETED, 0.0)
    assert messages.find_pending("account", "111", "222", None) == [first, second]
    assert messages.find_pending("account", "111", "222", "WAP") == [second]
    assert messages.find_pending("other", "111", "222", None) == []


# -- bounds


def test_what_was_done_first_is_forgotten_first() -> None:
    messages, kept = filled(4)
    messages.finish(kept[2], MessageState.DELETED, 0.0)
    messages.tick(0.0)
    assert messages.make_room(1)
    assert list(messages) == [kept[0], kept[1], kept[3]]
    assert messages.make_room(2)
    assert list(messages) == [kept[1], kept[3]]


def test_pending_messages_are_never_forgotten() -> None:
    messages, kept = filled(3)
    assert not messages.make_room(1)
    assert list(messages) == kept


def test_messages_that_owe_a_receipt_are_never_forgotten() -> None:
    messages, kept = filled(3, registered_delivery=1)
    messages.tick(9.0)
    assert not messages.make_room(1)
    messages.settle(kept[1])
    assert messages.make_room(1)
    assert list(messages) == [kept[0], kept[2]]


def test_room_is_found_behind_any_number_of_pending_messages() -> None:
    messages, kept = filled(5_000)
    messages.finish(kept[-1], MessageState.DELETED, 0.0)
    assert messages.make_room(1)
    assert len(messages) == 4_999


def test_more_than_the_capacity_never_fits() -> None:
    messages = Messages(3)
    assert messages.make_room(3)
    assert not messages.make_room(4)


def test_one_of_several_with_the_same_id_is_forgotten_alone() -> None:
    messages = Messages(2)
    one, other = stored("1"), stored("1", destination="333")
    messages.add_plain(one)
    messages.add_plain(other)
    messages.finish(one, MessageState.DELETED, 0.0)
    assert messages.make_room(1)
    assert messages.find("1", "account", "111") == [other]


def test_cancelled_messages_do_not_pile_up_until_their_time_comes() -> None:
    messages = Messages(10)
    for number in range(10_000):
        assert messages.make_room(1)
        message = stored(str(number), due=1e9)
        messages.add_plain(message)
        messages.finish(message, MessageState.DELETED, 0.0)
    assert len(messages) <= 10
    assert len(messages._queue) == len(messages._times) <= 2 * 10 + 257
    assert len(messages._done) <= 10


class Life(RuleBasedStateMachine):
    """Any order of submits, cancels, replaced wishes, answers to receipts, and time."""

    capacity = 8

    def __init__(self) -> None:
        super().__init__()
        self.messages = Messages(self.capacity)
        self.now = 0.0
        self.number = 0
        self.kept: dict[int, StoredMessage] = {}

    def _where(self, wanted: str) -> list[StoredMessage]:
        return [message for message in self.kept.values() if getattr(message, wanted)]

    @rule(delay=st.integers(0, 5), wish=st.integers(0, 3), count=st.integers(1, 3), plain=st.booleans())
    def submit(self, delay: int, wish: int, count: int, plain: bool) -> None:
        live = len(self._where("pending")) + len(self._where("owed"))
        fits = self.messages.make_room(count)
        assert fits == (live + count <= self.capacity)
        remembered = set(map(id, self.messages))
        self.kept = {key: message for key, message in self.kept.items() if key in remembered or not self._done(message)}
        if not fits:
            return
        self.number += 1
        for _ in range(count):
            message = stored(str(self.number), wish, due=self.now + delay)
            (self.messages.add_plain if plain else self.messages.add)(message)
            self.kept[id(message)] = message

    @staticmethod
    def _done(message: StoredMessage) -> bool:
        return not message.pending and not message.owed

    @precondition(lambda self: self._where("pending"))
    @rule(choice=st.integers(0, 100))
    def cancel(self, choice: int) -> None:
        pending = self._where("pending")
        self.messages.finish(pending[choice % len(pending)], MessageState.DELETED, self.now)

    @precondition(lambda self: self._where("pending"))
    @rule(choice=st.integers(0, 100), wish=st.integers(0, 3))
    def replace(self, choice: int, wish: int) -> None:
        pending = self._where("pending")
        pending[choice % len(pending)].request.registered_delivery = wish

    @precondition(lambda self: self._where("owed"))
    @rule(choice=st.integers(0, 100))
    def take_receipt(self, choice: int) -> None:
        owed = self._where("owed")
        self.messages.settle(owed[choice % len(owed)])

    @rule(seconds=st.integers(0, 3))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        due = [message for message in self._where("pending") if message.due <= self.now]
        delivered = self.messages.tick(self.now)
        assert sorted(map(id, delivered)) == sorted(map(id, due))
        assert all(message.state == MessageState.DELIVERED for message in due)
        assert [step.due for step in delivered if isinstance(step, StoredMessage)] == sorted(each.due for each in due)
        assert self.messages.next_deadline() > self.now

    @invariant()
    def never_above_capacity(self) -> None:
        assert len(self.messages) == len(list(self.messages)) <= self.capacity

    @invariant()
    def nothing_pending_or_owed_is_forgotten(self) -> None:
        remembered = set(map(id, self.messages))
        assert remembered >= {id(message) for message in self.kept.values() if not self._done(message)}

    @invariant()
    def every_pending_message_has_its_time(self) -> None:
        waiting = [*self.messages._queue, *(entry[2] for entry in self.messages._heap)]
        assert set(map(id, waiting)) >= {id(each) for each in self._where("pending")}

    @invariant()
    def the_times_are_in_order(self) -> None:
        times, heap = list(self.messages._times), self.messages._heap
        assert times == sorted(times)
        assert all(heap[(place - 1) // 2][:2] <= heap[place][:2] for place in range(1, len(heap)))

    @invariant()
    def what_can_be_forgotten_is_kept_once(self) -> None:
        done = [id(message) for message in self.messages._done]
        assert len(done) == len(set(done))
        assert set(done) == {id(message) for message in self.messages if self._done(message)}


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
