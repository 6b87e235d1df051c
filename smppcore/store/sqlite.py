"""Records in a file of SQLite, for one machine: nothing to install, and several processes may share it."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from smppcore.errors import StoreError
from smppcore.log import log
from smppcore.store.group import GroupStore
from smppcore.store.operation import Operation, Outcome

if TYPE_CHECKING:
    from smppcore.store.sqlite_file import SqliteFile

LARGEST_GROUP: Final = 1000
"""Operations in one transaction: more would save little, and all of them wait for its end."""


class SqliteStore(GroupStore):
    """Records in the file ``path``, which is made where it is not there; WAL, and a thread of its own for all of it.

    ``synchronous="full"``: what was committed survives the process, the kernel and a power failure. ``"normal"``: a
    kernel that dies or a power failure may take the last commits with it, though never half of one; SIGKILL takes
    nothing. It saves one fsync per commit. Where another process holds the file, a group waits ``busy_timeout`` seconds
    for it and fails with StoreError after that. ``clock`` gives seconds since the epoch.

    `open` raises StoreError for a file that cannot be had, is no database, belongs to another application, or has a
    newer schema.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        synchronous: Literal["full", "normal"] = "full",
        busy_timeout: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if synchronous not in ("full", "normal"):
            raise ValueError(f"synchronous must be full or normal, not {synchronous}")
        super().__init__(LARGEST_GROUP, clock)
        self._path = Path(path)
        self._synchronous = synchronous
        self._busy_timeout = busy_timeout

    def __repr__(self) -> str:
        return f"<SqliteStore {self._path}>"

    async def _connect(self) -> None:
        self._thread = ThreadPoolExecutor(1, "smppcore-store")
        try:
            self._file = await asyncio.get_running_loop().run_in_executor(self._thread, self._opened)
        except BaseException:
            self._thread.shutdown(wait=False)
            raise

    async def _disconnect(self) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        finally:
            self._thread.shutdown(wait=False)

    def _start(self, operations: list[Operation]) -> None:
        self._thread.submit(self._carry_out, operations)

    def _opened(self) -> "SqliteFile":
        """Not every Python has SQLite, and not every application a file: it is imported when it is needed."""
        from smppcore.store.sqlite_file import SqliteFile

        return SqliteFile(self._path, self._synchronous, self._busy_timeout)

    def _carry_out(self, operations: list[Operation]) -> None:
        """In the thread. Whatever happens, the group ends, and the loop is woken once."""
        outcomes: list[Outcome]
        try:
            outcomes = self._file.carry_out(operations)
        except BaseException as error:
            log.exception("store failed", store=repr(self))
            outcomes = [StoreError(f"{self._path}: {error!r}") for _ in operations]
        self._loop.call_soon_threadsafe(self._ended, outcomes)
