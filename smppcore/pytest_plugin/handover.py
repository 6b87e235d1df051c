"""A mobile-originated message on its way to the application under test."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

from smppcore.pytest_plugin.loop_thread import LoopThread
from smppcore.pytest_plugin.waiting import Waiting
from smppcore.simulator.mobile_originated import Delivery


class Handover:
    """What ``smsc.deliver`` returns: the message is queued, and leaves when an ESME can receive it.

    ``await`` it, or ``wait`` for it, to know that the ESME has taken all its parts. Nobody needs to: an application
    that reads in the same thread as the test must not be waited for before it reads.
    """

    def __init__(self, thread: LoopThread, delivery: Delivery, situation: Callable[[], str]) -> None:
        self._thread = thread
        self._delivery = delivery
        self._situation = situation

    @property
    def parts(self) -> int:
        """How many deliver_sm it is."""
        return self._delivery.parts

    @property
    def taken(self) -> int:
        """How many of them the ESME has answered well."""
        return self._delivery.taken

    @property
    def done(self) -> bool:
        """Whether every part was taken, or refused for good."""
        return self._delivery.done

    def wait(self, timeout: float = 5.0) -> Waiting[None]:
        """Wait until the ESME has taken it; where an event loop runs, ``await`` what this returns.

        Raises Refused where the ESME refuses it for good, AssertionError where nobody has taken it within ``timeout``
        seconds.
        """
        __tracebackhide__ = True
        return Waiting(lambda: self._thread.submit(self._taken(timeout)), "Handover.wait")

    def __await__(self) -> Generator[Any, None, None]:
        __tracebackhide__ = True
        return self.wait().__await__()

    async def _taken(self, timeout: float) -> AssertionError | None:
        try:
            async with asyncio.timeout(timeout):
                await self._delivery
        except TimeoutError:
            return AssertionError(
                f"{self.taken} of {self.parts} parts for account {self._delivery.account} taken within {timeout:g} s\n"
                + self._situation()
            )
        return None
