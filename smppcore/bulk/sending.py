"""The order of things: intend, commit, send, commit the verdict. Nothing in here knows a socket.

As many recipients as fit in a window are on their way at a time, each in one place. A place commits the verdict of its
last recipient and the intent of its next in one step, so that at no moment more intents than places are without a
verdict: that many recipients at most are unknown after a kill, and all others are certain.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from smppcore.bulk.campaign import Recipient
from smppcore.bulk.journal import Journal
from smppcore.bulk.steps import NOT_SENT, Decide, Intend, Outcome, Step, TakeBack
from smppcore.errors import StateError, StoreError


class Submitter(Protocol):
    """Whatever sends one text to one recipient."""

    async def submit(self, recipient: Recipient) -> Outcome:
        """Send, and tell what became of it. Raises StateError where nothing can be sent at all."""

    @property
    def is_up(self) -> bool:
        """Whether it can send just now."""

    async def wait_up(self) -> None:
        """Wait until it can. Raises OSError, TimeoutError where there is no hope."""


class Sending:
    """``await Sending(journal, submitter, places=10).run(recipients)``; ``clock`` gives seconds since the epoch.

    ``on_decided`` is called with each recipient and outcome after the verdict was committed.
    """

    def __init__(
        self,
        journal: Journal,
        submitter: Submitter,
        *,
        places: int,
        clock: Callable[[], float] = time.time,
        on_decided: Callable[[Recipient, Outcome], None] | None = None,
    ) -> None:
        if places < 1:
            raise ValueError(f"places: {places} is below 1")
        self._journal = journal
        self._submitter = submitter
        self._places = places
        self._clock = clock
        self._on_decided = on_decided or (lambda *_: None)
        self._again: list[Recipient] = []
        self._open: dict[int, asyncio.Future[None]] = {}
        self._stopped = asyncio.Event()
        self.error: Exception | None = None
        """Why it ended before its time."""

    @property
    def stopping(self) -> bool:
        """Whether no more recipients are begun with."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Begin with no more recipients; those that are on their way go on to their verdict."""
        self._stopped.set()

    async def run(self, recipients: Iterable[Recipient]) -> None:
        """Send to all of them, or until `stop`. What went wrong is in ``error``; the journal tells what is left."""
        rest = iter(recipients)
        async with asyncio.TaskGroup() as places:
            for _ in range(self._places):
                places.create_task(self._place(rest))

    async def settled(self) -> bool:
        """Wait until all that are on their way now have their verdict in the journal; False if there are none."""
        futures = list(self._open.values())
        if futures:
            await asyncio.wait(futures)
        return bool(futures)

    async def _place(self, rest: Iterator[Recipient]) -> None:
        last: tuple[Recipient, Outcome] | None = None
        try:
            while (recipient := self._next(rest)) is not None or last is not None:
                if recipient is None or not self._submitter.is_up:
                    await self._settle(last)  # what was not sent is there to be taken again after this
                    last = None
                    if recipient is None:
                        continue
                    if not await self._up():
                        return
                await self._settle(last, Intend(recipient.row, self._clock()))
                self._open[recipient.row] = asyncio.get_running_loop().create_future()
                last = (recipient, NOT_SENT)
                last = (recipient, await self._submit(recipient))
        except (StoreError, OSError, TimeoutError) as error:
            self._fail(error)
        finally:
            if last is not None:
                self._close(last[0])

    async def _submit(self, recipient: Recipient) -> Outcome:
        try:
            return await self._submitter.submit(recipient)
        except StateError as error:
            self._fail(error)
            return NOT_SENT

    def _fail(self, error: Exception) -> None:
        self.error = self.error or error
        self.stop()

    def _next(self, rest: Iterator[Recipient]) -> Recipient | None:
        if self.stopping:
            return None
        return self._again.pop() if self._again else next(rest, None)

    async def _up(self) -> bool:
        """Wait until it can be sent; False if it is to stop before."""
        up = asyncio.ensure_future(self._submitter.wait_up())
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({up, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if self.stopping:
                return False
            await up
            return True
        finally:
            up.cancel()
            stopped.cancel()
            await asyncio.gather(up, stopped, return_exceptions=True)

    async def _settle(self, last: tuple[Recipient, Outcome] | None, *more: Step) -> None:
        """Commit what became of the last recipient of a place, together with what it does next."""
        steps = [*([self._step(*last)] if last else []), *more]
        if steps:
            await self._journal.write(*steps)
        if last is not None:
            self._close(last[0])
            if last[1].verdict is None:
                self._again.append(last[0])
            else:
                self._on_decided(*last)

    def _step(self, recipient: Recipient, outcome: Outcome) -> Step:
        if outcome.verdict is None:
            return TakeBack(recipient.row)
        return Decide(recipient.row, outcome.verdict, outcome.reason, recipient.to.addr, outcome.parts, self._clock())

    def _close(self, recipient: Recipient) -> None:
        future = self._open.pop(recipient.row, None)
        if future is not None:
            future.set_result(None)
