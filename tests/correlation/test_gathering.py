"""Long messages whose segments come over any bind, to any process, twice, or not at all."""

import asyncio
from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from smppcore.constants import CommandStatus
from smppcore.dispatch import UNHANDLED
from smppcore.errors import Refuse
from smppcore.gathering import Gathering
from smppcore.message import messages
from smppcore.pdu import DeliverSm
from smppcore.reassembly import Reassembled, Reassembly

from .desk import MakeStore, Sender, SharedMemory, receipt, until

TEXT = "0123456789" * 40  # three segments


def parts(text: str = TEXT, reference: int = 1, **options: Any) -> list[DeliverSm]:
    options = {"source": "31612345678", "destination": "1234"} | options
    return list(messages(DeliverSm, text, reference, **options))


def in_memory(*pdus: DeliverSm) -> list[str | None]:
    """What a Reassembly makes of these."""
    reassembly = Reassembly()
    return [found.text for pdu in pdus for found in reassembly.add(pdu, 0.0)]


class Host:
    """One process of ours that gathers."""

    def __init__(self, make_store: MakeStore, **options: Any) -> None:
        self.link = Sender()
        self.store = make_store()
        self.clock = self.store.test_clock  # type: ignore[attr-defined]
        self.messages: list[Reassembled] = []
        self.failing: Exception | None = None
        self.held_up: asyncio.Event | None = None
        options = {"on_message": self.on_message, "scan": 3600.0, "lease": 30.0, "clock": self.clock} | options
        self.gathering = Gathering(self.store, **options)
        self._receive: Any = self.gathering.handlers()[DeliverSm]

    async def on_message(self, _: Any, message: Reassembled) -> None:
        if self.held_up is not None:
            await self.held_up.wait()
        if self.failing is not None:
            raise self.failing
        self.messages.append(message)

    async def __aenter__(self) -> "Host":
        await self.gathering.open(self.link)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.gathering.close()

    async def deliver(self, *pdus: DeliverSm) -> int | None:
        """Bring segments in; the status of the last answer, None for unhandled."""
        answer = None
        for pdu in pdus:
            try:
                answer = self._receive(self.link, pdu)
                answer = await answer if asyncio.iscoroutine(answer) else answer
            except Refuse as refusal:
                return refusal.status
        return None if answer is UNHANDLED else 0

    async def pass_time(self, seconds: float) -> None:
        self.clock.ahead += seconds
        await self.gathering.look()

    @property
    def texts(self) -> list[str | None]:
        return [message.text for message in self.messages]


async def test_a_message_by_itself_is_handed_over_at_once(make_store: MakeStore) -> None:
    async with Host(make_store) as host:
        assert await host.deliver(*parts("hello")) == 0
        assert await host.store.count("carrier/parts", "part") == 0
    assert [(each.text, each.outcome) for each in host.messages] == [("hello", "complete")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_field_25_segments_in_any_order_at_different_processes(make_store: MakeStore, order: Any) -> None:
    async with Host(make_store) as one, Host(make_store) as other:
        for host, place in zip((one, other, one), order, strict=True):
            assert await host.deliver(parts()[place]) == 0
    assert one.texts == [TEXT]
    assert (other.messages, one.messages[0].missing, one.messages[0].redelivered) == ([], (), False)


async def test_segments_at_two_processes_at_the_same_time_make_one_message(make_store: MakeStore) -> None:
    async with Host(make_store) as one, Host(make_store) as other:
        await asyncio.gather(*(host.deliver(part) for part in parts() for host in (one, other)))
    assert one.texts + other.texts == [TEXT]


async def test_segments_that_come_to_three_processes_at_the_same_time_make_one_message(make_store: MakeStore) -> None:
    """Each process sees its own first, and may find the message complete before it sees those of the others."""
    async with Host(make_store) as one, Host(make_store) as two, Host(make_store) as three:
        hosts = (one, two, three)
        for number in range(10):
            text = f"{number}" * 400
            await asyncio.gather(*(host.deliver(part) for part in parts(text, number) for host in hosts))
        for host in hosts * 4:
            await host.pass_time(100)
        assert sorted(text or "" for host in hosts for text in host.texts) == [f"{each}" * 400 for each in range(10)]


async def test_segments_survive_a_restart(make_store: MakeStore) -> None:
    async with Host(make_store) as first:
        await first.deliver(*parts()[:2])
    async with Host(make_store) as second:
        await second.deliver(parts()[2])
    assert (first.messages, second.texts) == ([], [TEXT])


async def test_a_segment_that_comes_again_because_its_answer_was_lost_is_dropped(make_store: MakeStore) -> None:
    async with Host(make_store) as host:
        first, second, third = parts()
        await host.deliver(first, first, second, second, first, third, third, second, first)
        for _ in range(3):
            await host.pass_time(301)
        assert await host.store.count("carrier/parts", "part") == 0
    assert host.texts == [TEXT]


async def test_a_reference_that_is_used_again_begins_another_message(make_store: MakeStore) -> None:
    other = "abcdefghij" * 40
    async with Host(make_store) as host:
        one, two = parts(), parts(other)
        await host.deliver(one[0], two[0], one[1], two[1], two[2], one[2])
    assert len(host.texts) == 2
    assert host.texts == in_memory(one[0], two[0], one[1], two[1], two[2], one[2])


async def test_the_same_text_sent_again_later_is_another_message(make_store: MakeStore) -> None:
    async with Host(make_store) as host:
        await host.deliver(*parts())
        await host.pass_time(61)
        await host.deliver(*parts())
    assert host.texts == [TEXT, TEXT]


async def test_what_stays_incomplete_is_handed_over_with_the_missing_numbers(make_store: MakeStore) -> None:
    async with Host(make_store) as host:
        await host.deliver(parts()[0], parts()[2])
        await host.pass_time(299)
        assert host.messages == []
        await host.pass_time(2)
        await host.pass_time(400)
        assert await host.store.count("carrier/parts", "part") == 0
    assert [(each.outcome, each.missing, len(each.pdus)) for each in host.messages] == [("expired", (2,), 2)]


async def test_an_incomplete_message_that_could_not_be_handed_over_comes_again(make_store: MakeStore) -> None:
    async with Host(make_store) as host:
        await host.deliver(parts()[0], parts()[2])
        host.failing = RuntimeError("the database is away")
        await host.pass_time(301)
        host.failing = None
        await host.pass_time(61)
        await host.pass_time(61)
    assert [each.missing for each in host.messages] == [(2,)]


async def test_a_handler_that_fails_gets_the_message_when_the_last_segment_comes_again(make_store: MakeStore) -> None:
    async with Host(make_store) as host:
        host.failing = RuntimeError("the database is away")
        with pytest.raises(RuntimeError):
            await host.deliver(*parts())
        host.failing = None
        assert await host.deliver(parts()[2]) == 0
        await host.pass_time(400)
        await host.pass_time(400)
    assert host.texts == [TEXT]


async def test_a_message_that_failed_and_was_not_sent_again_is_handed_over_in_the_end(make_store: MakeStore) -> None:
    async with Host(make_store) as host:
        host.failing = RuntimeError("the database is away")
        with pytest.raises(RuntimeError):
            await host.deliver(*parts())
        host.failing = None
        await host.pass_time(301)
        await host.pass_time(301)
    assert [(each.text, each.outcome) for each in host.messages] == [(TEXT, "complete")]


@pytest.mark.parametrize(("status", "kept"), [(CommandStatus.ESME_RX_T_APPN, 3), (CommandStatus.ESME_RX_R_APPN, 1)])
async def test_a_handler_may_refuse_a_message_for_now_or_for_good(
    make_store: MakeStore, status: int, kept: int
) -> None:
    async with Host(make_store) as host:
        host.failing = Refuse(status)
        assert await host.deliver(*parts()) == status
        assert await host.store.count("carrier/parts", "part") == kept


async def test_a_message_in_the_hands_of_a_process_that_dies_is_handed_over_by_another(make_store: MakeStore) -> None:
    async with Host(make_store) as one, Host(make_store) as other:
        one.held_up = asyncio.Event()
        dying = asyncio.ensure_future(one.deliver(*parts()))
        await until(lambda: bool(one.gathering._leases._held))
        while len(await one.store.find("carrier/parts", "part", [key_of(one)])) != 1:  # noqa: ASYNC110
            await asyncio.sleep(0)
        one.gathering._leases._held.clear()
        assert await other.deliver(parts()[2]) == 0
        assert other.messages == []
        await other.pass_time(31)
        await other.pass_time(400)
        assert [(each.text, each.redelivered) for each in other.messages] == [(TEXT, True)]
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)


def key_of(host: Host) -> str:
    [(record, _)] = host.gathering._leases._held.values()
    return record.keys[0]


async def test_receipts_are_left_to_others(make_store: MakeStore) -> None:
    async with Host(make_store) as host:
        assert await host.deliver(receipt("a1")) is None
    assert host.messages == []


async def test_when_too_much_is_kept_new_messages_are_refused_for_now(make_store: MakeStore) -> None:
    async with Host(make_store, most=2) as host:
        await host.deliver(*parts()[:2])
        await host.gathering.look()
        assert await host.deliver(parts(reference=2)[0]) == CommandStatus.ESME_RX_T_APPN
        assert await host.deliver(parts()[2]) == 0
    assert host.texts == [TEXT]


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_what_comes_out_is_what_a_reassembly_in_memory_gives(data: st.DataObject) -> None:
    """The same segments in the same order, over two processes: the same whole messages as reassembly.py makes."""
    texts = data.draw(st.lists(st.sampled_from([TEXT, "abcdefghij" * 40, "0123456789" * 20]), min_size=1, max_size=3))
    pdus = [part for text in texts for part in parts(text, data.draw(st.integers(1, 2)))]
    stream = data.draw(st.lists(st.sampled_from(pdus), max_size=12)) + data.draw(st.permutations(pdus))
    # Repeats that make up a whole message again are forgotten there at once, and known here until they expire. So
    # when a segment comes a third time, there it may go into another message, and here it is dropped.
    assume(max(Counter(pdu.short_message for pdu in stream).values()) <= 2)
    turns = data.draw(st.lists(st.booleans(), min_size=len(stream), max_size=len(stream)))
    expected = in_memory(*stream)

    async def run() -> list[str | None]:
        store = SharedMemory()
        store.test_clock = store._clock  # type: ignore[attr-defined]
        async with Host(lambda: store) as one, Host(lambda: store) as other:
            for pdu, turn in zip(stream, turns, strict=True):
                host = one if turn else other
                await host.deliver(pdu)
                one.messages += other.messages
                other.messages.clear()
            return one.texts

    assert asyncio.run(run()) == expected
