"""Takes work from the desk as long as it has free hands, and does so much of it at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from gateway.log import log

T = TypeVar("T")


class Crew(Generic[T]):
    """``take(most)`` gets work, ``do(work)`` does one of them; both may raise, which is logged.

    At most ``hands`` are done at once. Where there is nothing to take it looks again when it is woken, and after
    ``pause`` seconds, because other processes and the passing of time make work too.
    """

    def __init__(
        self,
        name: str,
        take: Callable[[int], Awaitable[Sequence[T]]],
        do: Callable[[T], Awaitable[None]],
        *,
        hands: int,
        pause: float,
    ) -> None:
        if hands < 1:
            raise ValueError(f"{name}: must have one hand at least, not {hands}")
        self._name = name
        self._take = take
        self._do = do
        self._hands = hands
        self._pause = pause
        self._woken = asyncio.Event()
        self._stopping = False
        self._at_work: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to work."""
        self._looking = asyncio.create_task(self._look(), name=f"gateway {self._name}")

    def wake(self) -> None:
        """There may be work."""
        self._woken.set()

    async def stop(self, patience: float) -> None:
        """Take no more, and give what is under way so many seconds. What is not done then is cancelled."""
        self._stopping = True
        self._woken.set()
        await self._looking  # what is just being taken is done as well
        if self._at_work:
            _, late = await asyncio.wait(self._at_work, timeout=patience)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=patience)

    async def _look(self) -> None:
        while not self._stopping:
            self._woken.clear()
            for work in await self._taken():
                task = asyncio.create_task(self._done(work), name=f"gateway {self._name}")
                self._at_work.add(task)
                task.add_done_callback(self._finished)
            await self._wait()

    async def _taken(self) -> Sequence[T]:
        free = self._hands - len(self._at_work)
        if not free:
            return ()
        try:
            taken = await self._take(free)
        except Exception as error:
            log.error("nothing could be taken from the desk", crew=self._name, exc_info=error)
            return ()
        if len(taken) == free:
            self._woken.set()  # there may be more
        return taken

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._pause):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _done(self, work: T) -> None:
        try:
            await self._do(work)
        except Exception as error:
            log.error("work was not done", crew=self._name, exc_info=error)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        self._woken.set()
