"""Turns: one after the other per key, in the order of coming, however calls are cancelled or fail."""

import asyncio
import random

import pytest

from smppcore.turns import Turns


class Calls:
    """Calls with turns; each stays in its turn until it is let go."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.begun: list[int] = []
        self.inside: dict[str, int] = {}
        self.gates: dict[int, asyncio.Event] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}

    def call(self, number: int, key: str = "key") -> None:
        self.gates[number] = asyncio.Event()
        self.tasks[number] = asyncio.ensure_future(self._take_turn(number, key))

    async def _take_turn(self, number: int, key: str) -> None:
        async with self.turns.turn(key):
            assert key not in self.inside, "two at once"
            self.inside[key] = number
            self.begun.append(number)
            try:
                await self.gates[number].wait()
            finally:
                del self.inside[key]

    async def settle(self) -> None:
        for _ in range(4 * len(self.tasks) + 4):
            await asyncio.sleep(0)

    async def end(self) -> None:
        for gate in self.gates.values():
            gate.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        await self.settle()
        assert len(self.turns) == 0


async def test_first_come_first_served_and_keys_do_not_wait_for_each_other() -> None:
    calls = Calls()
    for number in range(6):
        calls.call(number, "even" if number % 2 == 0 else "odd")
    await calls.settle()
    assert calls.begun == [0, 1]
    for number in (1, 3, 5):
        calls.gates[number].set()
    await calls.settle()
    assert calls.begun == [0, 1, 3, 5]
    assert len(calls.turns) == 1
    await calls.end()
    assert calls.begun == [0, 1, 3, 5, 2, 4]


async def test_one_that_fails_passes_its_turn_on() -> None:
    calls = Calls()

    async def fail() -> None:
        async with calls.turns.turn("key"):
            raise RuntimeError("failed")

    failing = asyncio.ensure_future(fail())
    await asyncio.sleep(0)
    calls.call(1)
    with pytest.raises(RuntimeError):
        await failing
    await calls.settle()
    assert calls.begun == [1]
    await calls.end()


async def test_the_present_one_is_cancelled() -> None:
    calls = Calls()
    for number in range(3):
        calls.call(number)
    await calls.settle()
    calls.tasks[0].cancel()
    await calls.settle()
    assert calls.begun == [0, 1]
    await calls.end()
    assert calls.begun == [0, 1, 2]


async def test_one_that_waits_is_cancelled_and_overtakes_nobody_behind_it() -> None:
    calls = Calls()
    for number in range(4):
        calls.call(number)
    await calls.settle()
    calls.tasks[1].cancel()
    await calls.settle()
    assert calls.begun == [0], "the first one still has its turn"
    calls.gates[0].set()
    await calls.settle()
    assert calls.begun == [0, 2]
    await calls.end()
    assert calls.begun == [0, 2, 3]


async def test_cancelled_in_the_moment_in_which_its_turn_comes() -> None:
    calls = Calls()
    for number in range(3):
        calls.call(number)
    await calls.settle()
    calls.gates[0].set()
    await calls.tasks[0]
    calls.tasks[1].cancel()
    await calls.settle()
    assert calls.begun[:1] == [0]
    assert calls.begun[-1] == 2
    await calls.end()


async def test_a_thousand_that_wait_are_cancelled_at_once() -> None:
    calls = Calls()
    for number in range(1_000):
        calls.call(number)
    await asyncio.sleep(0)
    for number in range(1, 999):
        calls.tasks[number].cancel()
    await calls.end()
    assert calls.begun == [0, 999]


@pytest.mark.parametrize("seed", range(30))
async def test_any_order_of_coming_leaving_and_cancelling(seed: int) -> None:
    """What begins, begins in the order of coming, one at a time per key, and nothing is kept in the end."""
    chance, calls = random.Random(seed), Calls()
    keys: dict[int, str] = {}
    for number in range(60):
        keys[number] = chance.choice("abc")
        calls.call(number, keys[number])
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        if chance.random() < 0.4:
            calls.tasks[chance.choice(list(calls.tasks))].cancel()
        if chance.random() < 0.5:
            calls.gates[chance.choice(list(calls.gates))].set()
    await calls.end()
    for key in "abc":
        begun = [number for number in calls.begun if keys[number] == key]
        assert begun == sorted(begun)
    for number, task in calls.tasks.items():
        assert task.cancelled() or number in calls.begun
