"""A task that looks round every few seconds, and sooner when somebody asks it to."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Final

from smppcore.errors import SmppError
from smppcore.log import log

_looking: Final[ContextVar["Rounds | None"]] = ContextVar("smppcore rounds", default=None)
"""Whose look this is that something is called by."""


class Rounds:
    """Calls ``look`` one after the other, and ``renew`` in between, however long a look takes.

    ``every`` is in seconds. ``look`` may fail with an SmppError; the next round comes all the same.
    """

    def __init__(self, look: Callable[[], Awaitable[None]], renew: Callable[[], None], every: float) -> None:
        self._look = look
        self._renew = renew
        self._every = every
        self._tasks: list[asyncio.Task[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0
        self._awake: asyncio.Event | None = None

    def refuse_another(self, name: str) -> None:
        """Raises RuntimeError where it goes on already: whose rounds these are works for one link."""
        if self._tasks:
            raise RuntimeError(f"a {name} works for one link at a time: make one for each, above the same store")

    def start(self, name: str) -> None:
        """Begin with the first look at once."""
        self._awake = asyncio.Event()
        self._awake.set()
        self._tasks = [asyncio.create_task(self._go(self._awake), name=name)]
        self._tick()

    async def stop(self) -> None:
        """The present look is broken off; called by that look itself, it is the last one, and is not waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        tasks, self._tasks = self._tasks, []
        if _looking.get() is self:
            self.wake()
            return
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Look again soon."""
        if self._awake is not None:
            self._awake.set()

    def wake_within(self, seconds: float) -> None:
        """Look again after that time, if not before."""
        loop = asyncio.get_running_loop()
        if self._timer is not None and self._next > loop.time() + seconds:
            self._timer.cancel()
            self._set(loop.time() + seconds)

    def _tick(self) -> None:
        self._set(asyncio.get_running_loop().time() + self._every)
        try:
            self._renew()
        except SmppError as error:
            log.error("store failed", error=str(error))
        self.wake()

    def _set(self, when: float) -> None:
        self._next = when  # a timer of uvloop that is due at once cannot tell
        self._timer = asyncio.get_running_loop().call_at(when, self._tick)

    async def _go(self, awake: asyncio.Event) -> None:
        _looking.set(self)
        while True:
            await awake.wait()
            if asyncio.current_task() not in self._tasks:
                return
            awake.clear()
            try:
                await self._look()
            except SmppError as error:
                log.error("store failed", error=str(error))
            except Exception as error:
                log.error("a look at the store failed", exc_info=error)
