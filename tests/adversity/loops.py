"""Runs a coroutine on one of the loops, within a limit, and looks afterwards at what it left behind."""

import asyncio
import gc
import os
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import uvloop

from smppcore.relay import Passage, Relay
from smppcore.transport import Connection

T = TypeVar("T")
LoopFactory = Callable[[], asyncio.AbstractEventLoop]
LOOPS: Final[dict[str, LoopFactory]] = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
SETTLING: Final = 5.0
"""How long (seconds) sockets may take to close after a test."""


class Run:
    """``run(coroutine, limit)``: its result, after checks that nothing leaked and no callback failed.

    ``limit`` is in seconds. What is looked for afterwards: tasks, open descriptors, live connections of the library
    and of the relay, and whatever the loop's exception handler was told.
    """

    def __init__(self, factory: LoopFactory) -> None:
        self._factory = factory

    def __call__(self, main: Coroutine[Any, Any, T], limit: float = 30.0) -> T:
        gc.freeze()  # what earlier tests left is not looked at again
        try:
            with asyncio.Runner(loop_factory=self._factory) as runner:
                result = runner.run(_watched(main, limit))
            assert live() == []
        finally:
            gc.unfreeze()
        return result


async def _watched(main: Coroutine[Any, Any, T], limit: float) -> T:
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    await _warm_up()
    before = _descriptors()
    async with asyncio.timeout(limit):
        result = await main
    async with asyncio.timeout(SETTLING):
        await until(lambda: _descriptors() <= before)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    gc.collect()
    assert failures == []
    return result


async def _warm_up() -> None:
    """Let the loop open what it keeps for itself."""
    async with Relay("127.0.0.1", 1) as relay:
        _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        await gone(relay)
        writer.close()
        await writer.wait_closed()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something is so; the limit is the one of the test."""
    while not condition():  # noqa: ASYNC110  # what is waited for has no event
        await asyncio.sleep(0)


async def gone(relay: Relay) -> None:
    """Wait until every connection through the relay has ended."""
    await until(lambda: not relay.connections)


def live() -> list[object]:
    """Connections that somebody still holds."""
    gc.collect()
    return [each for each in gc.get_objects() if type(each) is Connection or type(each) is Passage]


def _descriptors() -> int:
    return len(os.listdir("/dev/fd"))
