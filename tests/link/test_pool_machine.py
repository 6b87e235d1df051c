"""Calls of a link of several binds that come and go, in every order that hypothesis can think of; time is a number."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from session.fake_wire import frames, header
from session.virtual_loop import Kept, VirtualLoop

from smppcore.calls import Call, latest
from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import NotSent, OutcomeUnknown, Refused
from smppcore.link_calls import LinkCalls
from smppcore.link_event import LinkEvent, LinkState
from smppcore.link_news import LinkNews
from smppcore.middleware import NO_HOOKS
from smppcore.pdu import BindTransceiver, BindTransceiverResp, SubmitSm, Unbind
from smppcore.pool import Pin
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import Role
from smppcore.throttle import GRAIN, Throttle, ThrottleSettings
from smppcore.transport import Connection

T = TypeVar("T")
LANES = ("code", "news", "campaign")
RATE, BURST = 4.0, 2


class OneBind:
    """What stands for an Esme: a connection over a transport that keeps what is written."""

    def __init__(self, machine: "CallsOnALink", window: int) -> None:
        self._machine = machine
        chosen = Settings(window=window, enquire_link_interval=None, suspect_after=None, close_timeout=5.0)
        loop = machine.loop
        self.session = Session(Role.ESME, Codec(tolerate=ESME_TOLERANCE), chosen, loop.now)
        self._connection = Connection(
            self.session, chosen, loop, lambda pdu: None, lambda _: machine.link.route(), machine.throttle
        )
        self._connection.share(lambda: machine.link.pump())
        self.transport = Kept(loop, self._connection, self._on_write)
        self._connection.connection_made(self.transport)
        self._connection.request_now(BindTransceiver(system_id="id"), 10.0)
        self.open: dict[int, int] = {}
        """The calls that were written here and not answered yet, with their numbers."""

    def bound(self) -> None:
        self._connection.data_received(BindTransceiverResp(system_id="smsc").encode(1))
        self._connection.on_unsent = self._machine.link._unsent
        self._connection.take_over(())

    def _on_write(self, octets: bytes) -> None:
        for each in frames(octets)[0]:
            if int.from_bytes(each[4:8]) == CommandId.SUBMIT_SM:
                pdu = SubmitSm.decode(each)
                self._machine.has_left(int(pdu.destination_addr), self)
                self.open[int(pdu.destination_addr)] = pdu.sequence_number

    @property
    def ending(self) -> bool:
        return self._connection.ending

    @property
    def waiting(self) -> int:
        return self._connection.waiting


class TheLink(LinkCalls):
    def __init__(self, several: bool) -> None:
        super().__init__(
            LinkNews("test", None),
            Settings(),
            several=several,
            lanes=LANES,
            queue=50,
            fail_fast=False,
            retry=None,
            hooks=NO_HOOKS,
            correlation=None,
        )
        self.ends: list[OneBind] = []

    def _senders(self) -> Iterator[Any]:
        return (each for each in self.ends if each._connection._transport is not None)

    def route(self) -> None:
        self._route()

    def pump(self) -> None:
        assert self._pool is not None
        self._pool.send()


class CallsOnALink(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.calls: list[asyncio.Future[Any]] = []
        self.lanes: list[int] = []
        self.pins: list[Pin | None] = []
        self.latest: list[float] = []
        self.deadlines: list[float] = []
        self.written: dict[int, OneBind] = {}
        self.order: list[int] = []
        self.withdrawn: set[int] = set()
        self.ended: Counter[int] = Counter()
        self.losses = 0

    def inside(self, act: Callable[[], T]) -> T:
        """Do something in a turn of the loop, as an application does."""
        result: list[T] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                result.append(act())
            except BaseException as error:
                failed.append(error)

        self.loop.call_soon(run)
        self.loop.turn()
        if failed:
            raise failed[0]
        return result[0]

    @initialize(window=st.integers(1, 3), throttled=st.booleans(), binds=st.integers(0, 3))
    def start(self, window: int, throttled: bool, binds: int) -> None:
        self.window, self.throttled, self.since = window, throttled, self.loop.now
        self.throttle = Throttle(ThrottleSettings(rate=RATE, burst=BURST), self.loop.now) if throttled else None
        self.link = self.inside(lambda: TheLink(several=True))
        self.inside(lambda: self.link._begin_sending(self.throttle))
        for _ in range(binds):
            self.bind()

    # -- what may happen

    @rule()
    @precondition(lambda self: len(self.link.ends) < 4)
    def bind(self) -> None:
        end = self.inside(lambda: OneBind(self, self.window))
        self.loop.settle()
        self.link.ends.append(end)

        def up() -> None:
            end.bound()
            self.link._news.note(LinkEvent(LinkState.UP))
            self.link.route()

        self.inside(up)

    @rule(
        lane=st.integers(0, 2),
        timeout=st.sampled_from([0.0, 0.5, 3.0, 20.0, None]),
        expiry=st.sampled_from([None, None, None, 0.0, 0.3, 2.0]),
        count=st.sampled_from([1, 1, 3]),
        pinned=st.booleans(),
    )
    def call(self, lane: int, timeout: float | None, expiry: float | None, count: int, pinned: bool) -> None:
        pin = Pin() if pinned else None

        def begin() -> None:
            way = self.link._way(lane, None, pin)
            for _ in range(count):
                index = len(self.calls)
                self.lanes.append(lane)
                self.pins.append(pin)
                self.latest.append(float("inf"))
                self.deadlines.append(float("inf") if timeout is None else self.loop.now + timeout)
                pdu = SubmitSm(destination_addr=str(index))
                future = way(pdu, timeout, expiry)
                self.latest[index] = latest((pdu, future, self.loop.now, timeout, expiry))
                future.add_done_callback(lambda _, index=index: self.ended.update([index]))  # type: ignore[misc]
                self.calls.append(future)

        self.inside(begin)

    @rule(which=st.integers(0, 50))
    def cancel(self, which: int) -> None:
        live = [index for index, future in enumerate(self.calls) if not future.done()]
        if live:
            index = live[which % len(live)]
            if index in self._held():
                self.withdrawn.add(index)
            self.inside(self.calls[index].cancel)

    @rule(which=st.integers(0, 50), how=st.sampled_from(["ok", "ok", "ok", "error", "throttled"]))
    def answer(self, which: int, how: str) -> None:
        waiting = [(end, index) for end in self.link.ends for index in end.open if not end.transport.is_closing()]
        if waiting:
            end, index = waiting[which % len(waiting)]
            number = end.open.pop(index)
            status = {"ok": 0, "error": 8, "throttled": CommandStatus.ESME_RTHROTTLED}[how]
            self.inside(lambda: end._connection.data_received(header(CommandId.SUBMIT_SM_RESP, number, status)))

    @rule(which=st.integers(0, 3), how=st.sampled_from(["lost", "abort", "close", "peer unbinds", "frame"]))
    @precondition(lambda self: self.link.ends)
    def end(self, which: int, how: str) -> None:
        end = self.link.ends[which % len(self.link.ends)]
        if end.transport.is_closing():
            return
        self.losses += 1
        act: dict[str, Callable[[], Any]] = {
            "lost": lambda: end.transport.lose(ConnectionResetError()),
            "abort": end._connection.abort,
            "close": end._connection.begin_close,
            "peer unbinds": lambda: end._connection.data_received(Unbind().encode(9)),
            "frame": lambda: end._connection.data_received(b"\0\0\0\1"),
        }
        self.inside(act[how])

    @rule()
    def forget_the_dead(self) -> None:
        self.loop.settle()
        self.link.ends = [end for end in self.link.ends if not end._connection.closed.done()]
        self.inside(self.link.route)

    @rule(seconds=st.sampled_from([0.001, 0.1, 0.25, 1.0, 4.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.loop.settle()
        self.loop.now += seconds
        self.loop.settle()
        self.settled()

    def _held(self) -> set[int]:
        """The calls that wait for any bind and are still wanted."""
        return _wanted(call for lane in self.link._held._lanes for call in lane)

    # -- what must hold

    def has_left(self, index: int, end: OneBind) -> None:
        assert index not in self.written, "it left twice"
        assert index not in self.withdrawn, "it was withdrawn"
        assert self.loop.now <= self.latest[index], "it left too late"
        pin = self.pins[index]
        if pin is not None and not self.losses:
            others = {self.written[other] for other in self.order if self.pins[other] is pin}
            assert others <= {end}, "segments of one message went different ways"
        self.written[index] = end
        self.order.append(index)

    @invariant()
    def windows_are_kept(self) -> None:
        for end in (getattr(self, "link", None) and self.link.ends) or ():
            mine = [entry for entry in end.session.window.entries.values() if isinstance(entry[2], SubmitSm)]
            assert len(mine) <= self.window

    @invariant()
    def nobody_is_overtaken_in_a_lane(self) -> None:
        if not self.losses:
            for lane in range(len(LANES)):
                mine = [index for index in self.order if self.lanes[index] == lane and self.pins[index] is None]
                by_end = [[index for index in mine if self.written[index] is end] for end in self.written.values()]
                assert all(each == sorted(each) for each in by_end)

    @invariant()
    def the_throttle_is_kept(self) -> None:
        if getattr(self, "throttled", False) and not self.losses:
            assert len(self.written) <= BURST + RATE * (self.loop.now - self.since + GRAIN) + 1e-6

    def settled(self) -> None:
        """What is neither written nor ended waits, and only where there is no room."""
        unwritten = {i for i, future in enumerate(self.calls) if not future.done() and i not in self.written}
        held = self._held()
        waiting = _wanted(call for end in self.link.ends for call in end._connection._waiting)
        assert held | waiting == unwritten
        assert all(self.pins[index] is not None for index in waiting)
        if held and not self.throttled:
            assert not [end for end in self.link.ends if end._connection.has_room]
        for index in held:
            assert self.latest[index] >= self.loop.now - 0.03
        for index, future in enumerate(self.calls):
            assert future.done() or self.deadlines[index] >= self.loop.now - 0.03, "its time was up long ago"

    def teardown(self) -> None:
        try:
            if hasattr(self, "link"):
                self._end_of_everything()
        finally:
            self.loop.close()

    def _end_of_everything(self) -> None:
        self.loop.settle()
        self.settled()
        self.inside(lambda: self.link._end("closed"))
        for end in self.link.ends:
            end.transport.lose(None)
        self.loop.settle()
        for context in self.loop.reported:
            raise AssertionError(str(context)) from context.get("exception")
        assert [timer for timer in self.loop._scheduled if not timer.cancelled()] == []  # type: ignore[attr-defined]
        assert set(self.ended) == set(range(len(self.calls)))
        assert set(self.ended.values()) <= {1}
        for index, future in enumerate(self.calls):
            if not future.cancelled():
                assert (index in self.written) == (not isinstance(future.exception(), NotSent))
                assert isinstance(future.exception(), NotSent | OutcomeUnknown | Refused | None)


def _wanted(calls: Iterable[Call]) -> set[int]:
    return {int(call[0].destination_addr) for call in calls if not call[1].done()}  # type: ignore[attr-defined]


class TestCallsOnALink(CallsOnALink.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


@pytest.mark.soak
@pytest.mark.timeout(1800)
class TestCallsOnALinkAtLength(CallsOnALink.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(max_examples=1_500, stateful_step_count=100, deadline=None)
