"""What a simulator keeps: bounds, deadlines, and what is forgotten. Time is a number."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from smppcore.address import Address
from smppcore.constants import MessageState
from smppcore.simulator.messages import Messages, StoredMessage


def stored(
    message_id: str = "1", registered_delivery: int = 0, *, destination: str = "222", service_type: str = ""
) -> StoredMessage:
    return StoredMessage(
        message_id,
        "account",
        Address(1, 1, "111"),
        Address(1, 1, destination),
        service_type,
        registered_delivery,
        0,
        0,
        b"text",
        1000.0,
    )


def filled(capacity: int, registered_delivery: int = 0) -> tuple[Messages, list[StoredMessage]]:
    messages = Messages(capacity, 0.0)
    kept = [stored(str(number), registered_delivery) for number in range(capacity)]
    for number, message in enumerate(kept):
        messages.add(message, float(number))
    return messages, kept


# -- ids


def test_ids_are_unique() -> None:
    messages = Messages(1, 1_700_000_000.0)
    ids = [messages.new_id() for _ in range(1_000)]
    assert len(set(ids)) == 1_000
    assert all(0 < len(each) <= 64 and each.isalnum() for each in ids)


def test_a_simulator_started_a_moment_later_gives_other_ids() -> None:
    first, second = Messages(1, 1_700_000_000.0), Messages(1, 1_700_000_000.0001)
    assert {first.new_id() for _ in range(100)}.isdisjoint(second.new_id() for _ in range(100))


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


def test_tick_delivers_what_is_due_in_the_order_of_its_time() -> None:
    messages = Messages(10, 0.0)
    late, early, never = stored("late"), stored("early"), stored("never")
    messages.add(late, 3.0)
    messages.add(early, 2.0)
    messages.add(never, 99.0)
    assert messages.next_deadline() == 2.0
    assert messages.tick(1.9, 1001.0) == []
    assert messages.tick(3.0, 1002.0) == [early, late]
    assert early.state == late.state == MessageState.DELIVERED
    assert early.finished == 1002.0
    assert never.pending
    assert messages.next_deadline() == 99.0


def test_equal_times_keep_the_order_of_submission() -> None:
    messages = Messages(100, 0.0)
    kept = [stored(str(number)) for number in range(100)]
    for message in kept:
        messages.add(message, 1.0)
    assert messages.tick(1.0, 0.0) == kept


def test_nothing_is_due_where_nothing_is_pending() -> None:
    messages = Messages(1, 0.0)
    assert messages.next_deadline() == float("inf")
    assert messages.tick(1e9, 0.0) == []


def test_a_cancelled_message_is_not_delivered() -> None:
    messages = Messages(2, 0.0)
    message = stored()
    messages.add(message, 1.0)
    messages.finish(message, MessageState.DELETED, 5.0)
    assert messages.tick(2.0, 6.0) == []
    assert (message.state, message.finished) == (MessageState.DELETED, 5.0)


# -- looking up


def test_find_compares_account_and_source() -> None:
    messages = Messages(2, 0.0)
    message = stored("7")
    messages.add(message, 1.0)
    assert messages.find("7", "account", "111") == [message]
    assert messages.find("8", "account", "111") == []
    assert messages.find("7", "other", "111") == []
    assert messages.find("7", "account", "112") == []


def test_find_pending_compares_everything_and_keeps_the_order() -> None:
    messages = Messages(10, 0.0)
    first, second = stored("1"), stored("2", service_type="WAP")
    elsewhere, done = stored("3", destination="333"), stored("4")
    for message in (first, second, elsewhere, done):
        messages.add(message, 1.0)
    messages.finish(done, MessageState.DELETED, 0.0)
    assert messages.find_pending("account", "111", "222", "") == [first, second]
    assert messages.find_pending("account", "111", "222", "WAP") == [second]
    assert messages.find_pending("other", "111", "222", "") == []


# -- bounds


def test_what_was_done_first_is_forgotten_first() -> None:
    messages, kept = filled(4)
    messages.finish(kept[2], MessageState.DELETED, 0.0)
    messages.tick(0.0, 0.0)
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
    messages.tick(9.0, 0.0)
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
    messages = Messages(3, 0.0)
    assert messages.make_room(3)
    assert not messages.make_room(4)


def test_one_of_several_with_the_same_id_is_forgotten_alone() -> None:
    messages = Messages(2, 0.0)
    one, other = stored("1"), stored("1", destination="333")
    messages.add(one, 1.0)
    messages.add(other, 1.0)
    messages.finish(one, MessageState.DELETED, 0.0)
    assert messages.make_room(1)
    assert messages.find("1", "account", "111") == [other]


def test_cancelled_messages_do_not_pile_up_until_their_time_comes() -> None:
    messages = Messages(10, 0.0)
    for number in range(10_000):
        assert messages.make_room(1)
        message = stored(str(number))
        messages.add(message, 1e9)
        messages.finish(message, MessageState.DELETED, 0.0)
    assert len(messages) <= 10
    assert len(messages._due) <= 2 * 10 + 257
    assert len(messages._done) <= 10


class Life(RuleBasedStateMachine):
    """Any order of submits, cancels, replaced wishes, answers to receipts, and time."""

    capacity = 8

    def __init__(self) -> None:
        super().__init__()
        self.messages = Messages(self.capacity, 0.0)
        self.now = 0.0
        self.kept: dict[int, StoredMessage] = {}

    def _where(self, wanted: str) -> list[StoredMessage]:
        return [message for message in self.kept.values() if getattr(message, wanted)]

    @rule(delay=st.integers(0, 5), wish=st.integers(0, 3), count=st.integers(1, 3))
    def submit(self, delay: int, wish: int, count: int) -> None:
        live = len(self._where("pending")) + len(self._where("owed"))
        fits = self.messages.make_room(count)
        assert fits == (live + count <= self.capacity)
        remembered = set(map(id, self.messages))
        self.kept = {key: message for key, message in self.kept.items() if key in remembered or not self._done(message)}
        if not fits:
            return
        message_id = self.messages.new_id()
        for _ in range(count):
            message = stored(message_id, wish)
            self.messages.add(message, self.now + delay)
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
        pending[choice % len(pending)].registered_delivery = wish

    @precondition(lambda self: self._where("owed"))
    @rule(choice=st.integers(0, 100))
    def take_receipt(self, choice: int) -> None:
        owed = self._where("owed")
        self.messages.settle(owed[choice % len(owed)])

    @rule(seconds=st.integers(0, 3))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        due = [entry[:2] for entry in sorted(self.messages._due) if entry[0] <= self.now and entry[2].pending]
        delivered = self.messages.tick(self.now, self.now)
        assert len(delivered) == len(due)
        assert all(message.state == MessageState.DELIVERED for message in delivered)
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
        assert {id(entry[2]) for entry in self.messages._due} >= {id(each) for each in self._where("pending")}

    @invariant()
    def the_heap_is_in_order(self) -> None:
        due = self.messages._due
        assert all(due[(place - 1) // 2][:2] <= due[place][:2] for place in range(1, len(due)))

    @invariant()
    def what_can_be_forgotten_is_kept_once(self) -> None:
        done = [id(message) for message in self.messages._done]
        assert len(done) == len(set(done))
        assert set(done) == {id(message) for message in self.messages if self._done(message)}


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
