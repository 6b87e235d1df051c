"""The window of a connection in every interleaving: calls with mixed timeouts and expiries, answers in any order,
repeated and late ones, cancellation at any point, time, a transport that is full, a throttle, and every way to end.

Items 4, 15 and 17 of the field's complaints: every call ends in exactly one verdict, slots are always freed, nobody is
overtaken, and what is said not to have been sent was never written.
"""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from session.fake_wire import frames, header
from session.virtual_loop import Kept, VirtualLoop
from smppcore.calls import latest
from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import NotSent, OutcomeUnknown, Refused
from smppcore.notice import LateAnswer, Notice
from smppcore.pdu import BindTransceiver, BindTransceiverResp, EnquireLink, SubmitSm, Unbind
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import Role
from smppcore.throttle import GRAIN, Throttle, ThrottleSettings
from smppcore.transport import Connection

TIMEOUTS = st.sampled_from([0.0, 0.5, 0.5, 3.0, 3.0, 20.0, None])
EXPIRIES = st.sampled_from([None, None, None, 0.0, 0.3, 2.0])
RATE, BURST = 4.0, 2
OTHERS = (CommandId.ENQUIRE_LINK, CommandId.UNBIND, CommandId.BIND_TRANSCEIVER)


class CallsOnAConnection(RuleBasedStateMachine):
    """A call's number stands in its destination_addr, so that what was written can be told from what was not."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.calls: list[asyncio.Future[Any]] = []
        self.latest: list[float] = []
        self.begun: list[float] = []
        self.written: list[int] = []
        """Calls in the order in which they were written."""
        self.numbers: dict[int, int] = {}
        self.links: dict[int, asyncio.Future[Any]] = {}
        self.link_numbers: list[int] = []
        self.answered: Counter[int] = Counter()
        self.withdrawn: set[int] = set()
        self.fed = 0
        self.ended: Counter[int] = Counter()
        self.notices: list[Notice] = []

    @initialize(window=st.integers(1, 4), throttled=st.booleans())
    def bind(self, window: int, throttled: bool) -> None:
        chosen = Settings(
            window=window, enquire_link_interval=None, suspect_after=None, write_buffer=200, close_timeout=5.0
        )
        throttle = Throttle(ThrottleSettings(rate=RATE, burst=BURST), self.loop.now) if throttled else None
        self.window, self.throttled, self.since = window, throttled, self.loop.now
        self.session = Session(Role.ESME, Codec(tolerate=ESME_TOLERANCE), chosen, self.loop.now)
        self.connection = Connection(self.session, chosen, self.loop, lambda pdu: None, self.notices.append, throttle)
        self.transport = Kept(self.loop, self.connection, self._on_write)
        self.connection.connection_made(self.transport)
        bound = self.connection.request_now(BindTransceiver(system_id="id"), 10.0)
        self.loop.settle()
        self.connection.data_received(BindTransceiverResp(system_id="smsc").encode(1))
        assert bound.result().system_id == "smsc"
        self.loop.settle()

    def _on_write(self, octets: bytes) -> None:
        found, rest = frames(octets)
        assert rest == b""
        for each in found:
            command_id = int.from_bytes(each[4:8])
            if command_id == CommandId.SUBMIT_SM:
                pdu = SubmitSm.decode(each)
                index = int(pdu.destination_addr)
                assert self.loop.now <= self.latest[index], "it left too late"
                assert index not in self.withdrawn, "it was withdrawn"
                self.written.append(index)
                self.numbers[index] = pdu.sequence_number
            elif command_id == CommandId.ENQUIRE_LINK:
                self.link_numbers.append(int.from_bytes(each[12:16]))

    def _waiting(self) -> list[int]:
        """The calls that wait for room and are still wanted, in their order."""
        return [int(call[0].destination_addr) for call in self.connection._waiting if not call[1].done()]  # type: ignore[attr-defined]

    # -- what may happen

    @rule(timeout=TIMEOUTS, expiry=EXPIRIES, count=st.sampled_from([1, 1, 3]))
    def call(self, timeout: float | None, expiry: float | None, count: int) -> None:
        for _ in range(count):
            index = len(self.calls)
            self.begun.append(self.loop.now)
            self.latest.append(float("inf"))
            pdu = SubmitSm(destination_addr=str(index))
            future = self.connection.request(pdu, timeout, expiry)
            self.latest[index] = latest((pdu, future, self.loop.now, timeout, expiry))
            future.add_done_callback(lambda _, index=index: self.ended.update([index]))  # type: ignore[misc]
            self.calls.append(future)

    @rule(which=st.integers(0, 50))
    def cancel(self, which: int) -> None:
        live = [index for index, future in enumerate(self.calls) if not future.done()]
        if live:
            index = live[which % len(live)]
            if index in self._waiting():
                self.withdrawn.add(index)
            self.calls[index].cancel()

    @rule(which=st.integers(0, 50), how=st.sampled_from(["ok", "ok", "error", "throttled", "nack"]))
    def answer(self, which: int, how: str) -> None:
        """Any request that was written and is not answered yet; also one that was cancelled or has expired."""
        open_ones = [index for index in self.written if not self.answered[index]]
        if open_ones:
            index = open_ones[which % len(open_ones)]
            self._feed(index, "ok" if self.calls[index].done() and how == "nack" else how)

    @rule(which=st.integers(0, 50))
    def answer_again(self, which: int) -> None:
        done = sorted(self.answered)
        if done:
            self._feed(done[which % len(done)], "ok")

    def _feed(self, index: int, how: str) -> None:
        if self.transport.is_closing():
            return
        self.answered[index] += 1
        self.fed += 1
        number = self.numbers[index]
        self.connection.data_received(
            {
                "ok": header(CommandId.SUBMIT_SM_RESP, number),
                "error": header(CommandId.SUBMIT_SM_RESP, number, 8),
                "throttled": header(CommandId.SUBMIT_SM_RESP, number, CommandStatus.ESME_RTHROTTLED),
                "nack": header(CommandId.GENERIC_NACK, number, 3),
            }[how]
        )

    @rule(timeout=st.sampled_from([0.5, 5.0]))
    def enquire_link(self, timeout: float) -> None:
        """It never waits: whatever stands in the window, it is written in the same turn."""
        before = len(self.link_numbers)
        link = self.connection.request_now(EnquireLink(), timeout)
        link.add_done_callback(lambda done: done.exception())
        self.loop.turn()
        if not link.done():
            assert len(self.link_numbers) == before + 1
            self.links[self.link_numbers[-1]] = link

    @rule(which=st.integers(0, 50))
    def answer_link(self, which: int) -> None:
        if self.link_numbers and not self.transport.is_closing():
            number = self.link_numbers.pop(which % len(self.link_numbers))
            link = self.links[number]
            late = link.done()
            self.fed += late
            self.connection.data_received(header(CommandId.ENQUIRE_LINK_RESP, number))
            assert link.done()

    @rule()
    def block(self) -> None:
        self.transport.blocked = True

    @rule()
    def unblock(self) -> None:
        self.transport.unblock()

    @rule(seconds=st.sampled_from([0.001, 0.1, 0.25, 1.0, 4.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.loop.settle()
        self.loop.now += seconds
        self.loop.settle()
        self.settled()

    @rule(seconds=st.sampled_from([0.3, 2.5]))
    def the_loop_is_held_up(self, seconds: float) -> None:
        """Time passes between two turns, and what has arrived meanwhile comes before the timers."""
        self.loop.settle()
        self.loop.now += seconds

    @rule()
    def turns(self) -> None:
        self.loop.settle()
        self.settled()

    @rule(how=st.sampled_from(["lost", "error", "abort", "close", "peer unbinds", "frame"]))
    @precondition(lambda self: len(self.calls) > 5)
    def end(self, how: str) -> None:
        if self.transport.is_closing():
            return
        if how in ("lost", "error"):
            self.transport.lose(ConnectionResetError() if how == "error" else None)
        elif how == "abort":
            self.connection.abort("aborted")
        elif how == "close":
            self.connection.begin_close()
        else:
            self.connection.data_received(Unbind().encode(9) if how == "peer unbinds" else b"\0\0\0\1")

    # -- what must hold

    @invariant()
    def the_window_is_kept(self) -> None:
        entries = getattr(self, "session", None) and self.session.window.entries
        if entries:
            assert sum(entry[2].command_id not in OTHERS for entry in entries.values()) <= self.window

    @invariant()
    def nobody_is_overtaken_and_nothing_is_written_twice(self) -> None:
        assert self.written == sorted(set(self.written))

    @invariant()
    def the_throttle_is_kept(self) -> None:
        if getattr(self, "throttled", False):
            assert len(self.written) <= BURST + RATE * (self.loop.now - self.since + GRAIN) + 1e-6

    def settled(self) -> None:
        """A turn is over: what is neither written nor ended waits, in order, and only where there is no room."""
        waiting = self._waiting()
        assert waiting == sorted(waiting)
        unwritten = [
            index for index, future in enumerate(self.calls) if not future.done() and index not in self.numbers
        ]
        assert waiting == unwritten
        assert self.connection.waiting >= len(waiting)
        if waiting and not self.throttled and self.connection._writable:
            assert len(self.session.window.entries) >= self.window
        for index in waiting:
            assert self.latest[index] >= self.loop.now - 0.01
        late = sum(isinstance(notice, LateAnswer) for notice in self.notices)
        assert self.fed == late + sum(self._was_answered(future) for future in self.calls)

    @staticmethod
    def _was_answered(future: "asyncio.Future[Any]") -> bool:
        return (
            future.done()
            and not future.cancelled()
            and (future.exception() is None or isinstance(future.exception(), Refused))
        )

    def teardown(self) -> None:
        try:
            if hasattr(self, "session"):
                self._end_of_everything()
        finally:
            self.loop.close()

    def _end_of_everything(self) -> None:
        self.loop.settle()
        self.transport.lose(None)
        self.loop.settle()
        for context in self.loop.reported:
            raise AssertionError(str(context)) from context.get("exception")
        assert self.connection.closed.done()
        assert self.session.window.entries == {}
        assert self.connection.waiting == 0
        assert self.session.output == []
        assert [timer for timer in self.loop._scheduled if not timer.cancelled()] == []  # type: ignore[attr-defined]
        assert set(self.ended) == set(range(len(self.calls)))
        assert set(self.ended.values()) <= {1}
        for index, future in enumerate(self.calls):
            if not future.cancelled():
                assert (index in self.numbers) == (not isinstance(future.exception(), NotSent))
                assert isinstance(future.exception(), NotSent | OutcomeUnknown | Refused | None)
        for link in self.links.values():
            assert link.done()


class TestCallsOnAConnection(CallsOnAConnection.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


@pytest.mark.soak
@pytest.mark.timeout(1800)
class TestCallsOnAConnectionAtLength(CallsOnAConnection.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(max_examples=2_000, stateful_step_count=100, deadline=None)


def test_a_call_whose_time_was_up_before_it_takes_no_other_with_it() -> None:
    """In a loop that was held up, an answer that has arrived meanwhile is still read before the timers run."""
    state = CallsOnAConnection()
    state.bind(window=1, throttled=False)
    state.enquire_link(timeout=0.5)
    state.the_loop_is_held_up(seconds=2.5)
    state.call(count=1, expiry=None, timeout=0.0)
    state.answer_link(which=0)
    state.turns()
    assert not any(isinstance(notice, LateAnswer) for notice in state.notices)
    assert isinstance(state.calls[0].exception(), NotSent)
    state.teardown()
