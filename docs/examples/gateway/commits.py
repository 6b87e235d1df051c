"""Transactions of SQLite in a thread of their own. What is asked for while one is committed goes into the next one.

An fsync takes as long for a hundred changes as for one, so that many callers at once share its price.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]


class Commits:
    """``await commits.run(work)`` calls ``work(connection)`` in the thread, and returns once that is on the disk."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._schema = schema
        self._thread = ThreadPoolExecutor(1, "gateway-desk")
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Raises sqlite3.Error."""
        self._connection = await self._in_thread(self._connect)

    async def close(self) -> None:
        """Carry out what was asked for, and close the file."""
        if self._committing is not None:
            await self._committing
        await self._in_thread(self._connection.close)
        self._thread.shutdown()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What ``work`` returns, once it is committed. Raises what it raises; nothing of it is kept then."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_all(), name="gateway commits")
        return await done

    async def _commit_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                outcomes = await self._in_thread(partial(self._commit, [work for work, _ in group]))
            except Exception as error:
                outcomes = [error] * len(group)
            for (_, done), outcome in zip(group, outcomes, strict=True):
                if done.done():
                    continue  # nobody waits for it any more
                if isinstance(outcome, Exception):
                    done.set_exception(outcome)
                else:
                    done.set_result(outcome)
        self._committing = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # -- in the thread

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(self._schema)
        return connection

    def _commit(self, group: list[Work]) -> list[Any]:
        """All of a group in one transaction; who fails is undone alone."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [self._alone(work) for work in group]
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return outcomes

    def _alone(self, work: Work) -> Any:
        self._connection.execute("SAVEPOINT work")
        try:
            return work(self._connection)
        except Exception as error:
            self._connection.execute("ROLLBACK TO work")
            return error
        finally:
            self._connection.execute("RELEASE work")
