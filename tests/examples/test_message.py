"""How a message changes, in whatever order its answer and its receipts come."""

import itertools

from gateway.message import FINAL, Message, State
from hypothesis import given
from hypothesis import strategies as st

SENT, DELIVERED, FAILED, UNKNOWN = State.SENT, State.DELIVERED, State.FAILED, State.UNKNOWN


def claimed() -> Message:
    return Message(to="393331234567", text="Hello").claimed("me")


@given(
    final=st.lists(st.sampled_from([DELIVERED, FAILED, State.EXPIRED]), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_receipts_before_and_after_the_answer_come_to_the_same(final: list[State], order: object) -> None:
    count = len(final)
    ended = set()
    for answer_at in range(count + 1):
        message = claimed()
        for number, state in enumerate(final):
            if number == answer_at:
                message = message.submitted([SENT] * count, ["id"] * count, "")
            assert message.state not in FINAL
            message = message.receipted(number + 1, count, state)
        if answer_at == count:
            message = message.submitted([SENT] * count, ["id"] * count, "")
        ended.add((message.state, message.parts))
    assert len(ended) == 1
    assert ended.pop()[1] == tuple(final)


def test_one_part_that_failed_makes_the_message_fail() -> None:
    for parts in itertools.permutations([DELIVERED, FAILED, State.EXPIRED]):
        message = claimed().submitted([SENT] * 3, ["1", "2", "3"], "")
        for number, state in enumerate(parts):
            message = message.receipted(number + 1, 3, state)
        assert message.state is FAILED


def test_only_what_is_queued_can_be_claimed() -> None:
    message = claimed()
    assert message.claimed("another") is message
    assert message.put_back("another", "") is message
    assert message.put_back("me", "the link is down").state is State.QUEUED


def test_what_a_dead_process_was_sending_is_unknown_until_its_receipt_comes() -> None:
    message = claimed().receipted(1, 2, DELIVERED).doubtful("me", "the process died")
    assert (message.state, message.parts) == (UNKNOWN, (DELIVERED, UNKNOWN))
    assert message.receipted(2, 2, DELIVERED).state is DELIVERED
    assert claimed().doubtful("me", "").receipted(1, 1, DELIVERED).state is DELIVERED


def test_a_message_that_waits_to_be_sent_again_is_not_sent_once_its_receipt_is_there() -> None:
    message = claimed().put_back("me", "no answer came").receipted(1, 1, DELIVERED)
    assert message.state is DELIVERED
    assert message.claimed("me") is message


def test_a_receipt_that_comes_twice_changes_nothing() -> None:
    message = claimed().submitted([SENT], ["1"], "").receipted(1, 1, DELIVERED)
    assert message.receipted(1, 1, FAILED) is message


def test_a_part_that_was_refused_fails_the_message_once_the_others_are_known() -> None:
    message = claimed().submitted([SENT, State.REFUSED], ["1"], "submit_sm was answered ESME_RSYSERR")
    assert message.state is SENT
    assert message.receipted(1, 2, DELIVERED).state is FAILED
