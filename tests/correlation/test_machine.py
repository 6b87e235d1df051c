"""Any order of responses, receipts, repeats, failures, restarts and deaths, over two processes on one store.

Whatever happens: every receipt of a message that was taken reaches on_receipt with the right message, each state once;
what is handed over a second time after a process has died says so.
"""

import asyncio
import pathlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from smppcore.errors import StoreError
from smppcore.pdu import DeliverSm, SubmitSmResp

from .desk import STORES, MakeStore, Process, message, receipt, until

SPELLINGS: dict[str, Callable[[int], tuple[str, str]]] = {
    "equal": lambda number: (f"m-{number}", f"m-{number}"),
    "hex_to_decimal": lambda number: (f"{number + 0xA0000000:X}", f"{number + 0xA0000000:012d}"),
    "case": lambda number: (f"Ab-{number}-F", f"AB-{number}-F"),
}


class Mortal:
    """A store, until its process dies: then what the process still tries fails."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        if self.dead:
            raise StoreError("this process is dead")
        return getattr(self.store, name)


@dataclass
class Message:
    """One that was sent: its id in the response and in receipts; ``gone`` if the process died before the response."""

    number: int
    in_response: str
    in_receipt: str
    process: Process
    wire: "asyncio.Future[Any]"
    response: "asyncio.Future[Any]"
    answered: bool = False
    gone: bool = False
    receipts: set[int] = field(default_factory=set)

    @property
    def destination(self) -> str:
        return f"39333{self.number:07d}"


class Carrier(RuleBasedStateMachine):
    """The rules are what the world does; the model is what was sent, and which receipts the SMSC emitted."""

    store_kind = "memory"

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.directory = pathlib.Path(tempfile.mkdtemp())
        self.make_store = STORES[self.store_kind](self.directory)
        self.spelling = SPELLINGS["equal"]
        self.messages: list[Message] = []
        self.unanswered: list[DeliverSm] = []
        self.told: list[tuple[str, str, int | None, bool]] = []
        self.deaths = 0
        self.dead: list[tuple[Process, Mortal, asyncio.Task[Any]]] = []
        self.processes = [self.run(self.begin_process()) for _ in range(2)]

    def run(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(coroutine, 30))

    async def begin_process(self) -> tuple[Process, Mortal]:
        mortal = Mortal(self.make_store())
        made: MakeStore = lambda: mortal  # noqa: E731
        process = Process(made, hold=1e6, keep=1e9, remember=1e6)
        process.clock.ahead += 1
        return await process.__aenter__(), mortal

    def collect(self) -> None:
        for process, _ in [*self.processes, *((process, mortal) for process, mortal, _ in self.dead)]:
            for told in process.receipts:
                self.told.append((told.tag, told.message_id, told.state, told.redelivered))
            process.receipts.clear()

    # -- what happens

    @precondition(lambda self: not self.messages)
    @rule(name=st.sampled_from(sorted(SPELLINGS)))
    def choose_spelling(self, name: str) -> None:
        self.spelling = SPELLINGS[name]

    @rule(at=st.integers(0, 1))
    def submit(self, at: int) -> None:
        number, (process, _) = len(self.messages), self.processes[at]
        in_response, in_receipt = self.spelling(number)

        async def begin() -> Message:
            response = process.submit(message(to=f"39333{number:07d}"), tag=f"tag-{number}")
            [(_, wire)] = await process.link.until_asked()
            return Message(number, in_response, in_receipt, process, wire, response)

        self.messages.append(self.run(begin()))

    @precondition(lambda self: any(not each.answered and not each.gone for each in self.messages))
    @rule(data=st.data())
    def respond(self, data: st.DataObject) -> None:
        waiting = [each for each in self.messages if not each.answered and not each.gone]
        self.run(self.answer(data.draw(st.sampled_from(waiting))))

    async def answer(self, sent: Message) -> None:
        sent.wire.set_result(SubmitSmResp(message_id=sent.in_response))
        await sent.response
        sent.answered = True

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), at=st.integers(0, 1), state=st.sampled_from([1, 2, 5]), fails=st.booleans())
    def deliver(self, data: st.DataObject, at: int, state: int, fails: bool) -> None:
        sent = data.draw(st.sampled_from(self.messages))
        sent.receipts.add(state)
        process, _ = self.processes[at]
        process.failing = RuntimeError("not now") if fails else None
        self.run(self.bring(process, receipt(sent.in_receipt, state, sent.destination)))
        process.failing = None

    async def bring(self, process: Process, pdu: DeliverSm) -> None:
        try:
            await process.deliver(pdu)
        except RuntimeError:
            self.unanswered.append(pdu)  # it was answered with a temporary error: it comes again

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), state=st.sampled_from([1, 2, 5]))
    def deliver_to_both_at_the_same_time(self, data: st.DataObject, state: int) -> None:
        sent = data.draw(st.sampled_from(self.messages))
        sent.receipts.add(state)
        pdu = receipt(sent.in_receipt, state, sent.destination)

        async def both() -> None:
            await asyncio.gather(*(self.bring(process, pdu) for process, _ in (*self.processes, *self.processes)))

        self.run(both())

    @rule(at=st.integers(0, 1))
    def restart(self, at: int) -> None:
        process, _ = self.processes[at]
        self.lose_calls(process)
        self.run(process.__aexit__())
        self.collect()
        self.processes[at] = self.run(self.begin_process())

    @precondition(lambda self: self.messages and self.deaths < 2)
    @rule(data=st.data(), at=st.integers(0, 1), state=st.sampled_from([1, 2, 5]))
    def die_with_a_receipt_in_hand(self, data: st.DataObject, at: int, state: int) -> None:
        sent = data.draw(st.sampled_from(self.messages))
        sent.receipts.add(state)
        process, mortal = self.processes[at]
        pdu = receipt(sent.in_receipt, state, sent.destination)
        process.held_up = asyncio.Event()

        async def die() -> "asyncio.Task[Any]":
            dying: asyncio.Task[Any] = asyncio.ensure_future(process.deliver(pdu))
            await until(lambda: dying.done() or bool(process.correlation._leases._held))
            for _ in range(3):
                await asyncio.sleep(0)
            mortal.dead = True
            return dying

        dying = self.run(die())
        self.deaths += 1
        self.unanswered.append(pdu)
        self.lose_calls(process)
        self.dead.append((process, mortal, dying))
        self.processes[at] = self.run(self.begin_process())

    @rule(at=st.integers(0, 1), seconds=st.sampled_from([0, 5, 40]))
    def time_passes(self, at: int, seconds: int) -> None:
        self.run(self.pass_time(self.processes[at][0], seconds))

    async def pass_time(self, process: Process, seconds: int) -> None:
        """No process stands still for longer than its lease while it works: it would lose its claims."""
        for each, _ in self.processes:
            await until(lambda each=each: not each.correlation._leases._held)  # type: ignore[misc]
        await process.pass_time(seconds)

    def lose_calls(self, process: Process) -> None:
        for sent in self.messages:
            sent.gone = sent.gone or (sent.process is process and not sent.answered)

    # -- how it ends

    def teardown(self) -> None:
        try:
            self.run(self.settle())
            self.check()
        finally:
            self.run(self.end())
            self.loop.close()
            shutil.rmtree(self.directory)

    async def settle(self) -> None:
        for sent in self.messages:
            if not sent.answered and not sent.gone:
                await self.answer(sent)
        process = self.processes[0][0]
        for _ in range(2):
            again, self.unanswered = self.unanswered, []
            for pdu in again:
                await self.bring(process, pdu)
            for each, _ in self.processes * 6:
                await self.pass_time(each, 20)
                await each.store.count("carrier", "message")
        self.collect()

    def check(self) -> None:
        expected = Counter(
            (f"tag-{sent.number}", sent.in_response, state)
            for sent in self.messages
            if not sent.gone
            for state in sent.receipts
        )
        told = Counter((tag, message_id, state) for tag, message_id, state, _ in self.told)
        first = Counter((tag, message_id, state) for tag, message_id, state, again in self.told if not again)
        assert set(told) == set(expected)
        assert not first or max(first.values()) == 1
        assert sum(told.values()) <= sum(expected.values()) + self.deaths

    async def end(self) -> None:
        for process, _, dying in self.dead:
            dying.cancel()
            await asyncio.gather(dying, return_exceptions=True)
            await process.correlation._rounds.stop()
        for process, mortal in self.processes:
            await process.correlation._rounds.stop()
            await mortal.close()
        for _, mortal, _ in self.dead:
            mortal.dead = False
            await mortal.store.close()
        for sent in self.messages:
            for future in (sent.wire, sent.response):
                future.cancel()
        for _ in range(3):
            await asyncio.sleep(0)


def check_all(kind: str, examples: int, steps: int) -> None:
    machine = type("Machine", (Carrier,), {"store_kind": kind})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


@pytest.mark.parametrize(("kind", "examples"), [("memory", 60), ("sqlite", 15)])
def test_every_receipt_finds_the_right_message_once(kind: str, examples: int) -> None:
    check_all(kind, examples, 25)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("kind", "examples"), [("memory", 3000), ("sqlite", 500)])
def test_every_receipt_finds_the_right_message_once_many_times(kind: str, examples: int) -> None:
    check_all(kind, examples, 60)
