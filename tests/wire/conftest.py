"""Every test here runs on the plain loop and on uvloop, and must leave nothing behind."""

import asyncio
import gc
import logging
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import uvloop

from smppcore.transport import Connection


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session", autouse=True)
def _cheap_collections() -> Iterator[None]:
    """What is there before the first test need not be looked through after each."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
async def nothing_left_behind(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """No task, no timer, no connection, and nothing that was reported to the loop's exception handler."""
    connections: weakref.WeakSet[Connection] = weakref.WeakSet()
    make = Connection.__init__

    def remember(self: Connection, *arguments: Any) -> None:
        connections.add(self)
        make(self, *arguments)

    monkeypatch.setattr(Connection, "__init__", remember)
    logging.getLogger("smppcore").addFilter(_without_frames)
    reported: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reported.append(context))
    yield
    for _ in range(5):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert [timer for timer in getattr(loop, "_scheduled", ()) if _is_ours(timer)] == []
    gc.collect()
    assert list(connections) == []
    logging.getLogger("smppcore").removeFilter(_without_frames)
    assert reported == []


def _without_frames(record: logging.LogRecord) -> bool:
    """The log keeps the text of a traceback, not its frames, which would keep the connection."""
    if record.exc_info:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_info = None
    return True


def _is_ours(timer: asyncio.TimerHandle) -> bool:
    return not timer.cancelled() and isinstance(getattr(timer._callback, "__self__", None), Connection)  # type: ignore[attr-defined]
