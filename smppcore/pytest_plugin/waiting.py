"""Something to wait for, from synchronous and from asynchronous code alike."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from smppcore.pytest_plugin.message import Message
from smppcore.pytest_plugin.messages import Messages

T = TypeVar("T")
Begin = Callable[[], Future[T | AssertionError]]
"""Begins to wait in the thread of the simulator; an AssertionError is returned, so that it is raised in the test."""


class Waiting(Generic[T]):
    """Where no event loop of asyncio runs, it has waited when it is made. Where one runs, ``await`` it.

    ``result`` is what came. Forgotten, Python warns that it was never awaited.
    """

    def __init__(self, begin: Begin[T], name: str) -> None:
        __tracebackhide__ = True
        self._coroutine: Coroutine[Any, Any, T | AssertionError] | None = None
        self._outcome: T | AssertionError | None = None
        self._name = name
        if _loop_runs():
            self._coroutine = self._come(begin)
        else:
            self._outcome = begin().result()
            self._result()

    @property
    def result(self) -> T:
        """Raises RuntimeError where it has not been awaited."""
        __tracebackhide__ = True
        return self._result()

    def _result(self) -> T:
        __tracebackhide__ = True
        if self._coroutine is not None:
            raise RuntimeError(f"{self._name}: await it where an event loop runs")
        if isinstance(self._outcome, AssertionError):
            raise self._outcome
        return self._outcome  # type: ignore[return-value]  # it is there once the coroutine is gone

    @staticmethod  # with self it would be a cycle, and Python's warning would come late
    async def _come(begin: Begin[T]) -> T | AssertionError:
        return await asyncio.wrap_future(begin())

    def __await__(self) -> Generator[Any, None, T]:
        __tracebackhide__ = True
        if self._coroutine is not None:
            coroutine, self._coroutine = self._coroutine, None
            self._outcome = yield from coroutine.__await__()
        return self._result()


class Arrivals(Waiting[Messages], Messages):
    """The messages that were waited for."""

    @property
    def items(self) -> tuple[Message, ...]:
        return self._result().items

    @property
    def situation(self) -> str:
        return self._result().situation


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
