"""An event loop in a thread of its own: what runs there goes on while a test blocks, or has no event loop at all."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

T = TypeVar("T")
LONGEST_END: Final = 10.0
"""Seconds after which a thread that does not end is an error."""


class LoopThread:
    """Runs functions and coroutines in its loop, for any thread. ``errors`` is what went wrong there without a caller.

    That is what the loop's exception handler gets, and what the library logs as an error from this thread.
    """

    def __init__(self, name: str) -> None:
        self.errors: list[Exception] = []
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._failed)
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._log = _ErrorLog(self._thread, self.errors)

    def start(self) -> None:
        logging.getLogger("smppcore").addHandler(self._log)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
        """Let a coroutine run there; the Future gets what it returns or raises."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Let a coroutine run there, and block until it has. Raises TimeoutError."""
        return self.submit(coroutine).result(timeout)

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function there, and block until it has returned; from that thread itself, call it at once."""
        if threading.get_ident() == self._thread.ident:
            return function(*arguments)

        async def once() -> T:
            return function(*arguments)

        return self.run(once())

    def close(self) -> None:
        """Cancel what still runs there, and end loop and thread. Raises TimeoutError where they do not end."""
        try:
            self.run(_cancel_tasks(), LONGEST_END)
            self.run(self._loop.shutdown_asyncgens(), LONGEST_END)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(LONGEST_END)
            logging.getLogger("smppcore").removeHandler(self._log)
        if self._thread.is_alive():
            raise TimeoutError(f"the thread {self._thread.name} does not end")
        self._loop.close()

    def _failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.errors.append(error if isinstance(error, Exception) else RuntimeError(str(context["message"])))


class _ErrorLog(logging.Handler):
    """Collects what is logged as an error from one thread."""

    def __init__(self, thread: threading.Thread, errors: list[Exception]) -> None:
        super().__init__(logging.ERROR)
        self._watched = thread
        self._errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._watched.ident:
            error = record.exc_info[1] if record.exc_info else None
            self._errors.append(error if isinstance(error, Exception) else RuntimeError(record.getMessage()))


async def _cancel_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
