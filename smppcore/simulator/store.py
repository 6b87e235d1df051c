"""Keeps messages in a file as well, so that a simulator that was killed still owes their receipts when it is back.

SQLite in a thread of its own. What is to be written gathers while the thread is busy and is committed together, so that
a thousand messages cost one commit; a submit_sm_resp leaves when its message is committed.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from smppcore.errors import EncodeError
from smppcore.log import log
from smppcore.pdu import DataSm, SubmitSm, user_data
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.tlv import MESSAGE_PAYLOAD

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS messages (
    key INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL,
    account TEXT NOT NULL,
    is_data INTEGER NOT NULL,
    request BLOB NOT NULL,
    submitted REAL NOT NULL,
    due REAL NOT NULL,
    ends REAL NOT NULL,
    finished REAL NOT NULL,
    outcome INTEGER NOT NULL,
    state INTEGER NOT NULL,
    owed INTEGER NOT NULL,
    error TEXT NOT NULL,
    dialect TEXT NOT NULL
)
"""
_SAVE: Final = "INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DELETE: Final = "DELETE FROM messages WHERE key = ?"
Write = tuple[str, tuple[Any, ...]]


class SqliteStore:
    """Messages in a file of SQLite. Raises sqlite3.Error where that cannot be opened, or is no such file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(_SCHEMA)
            self._last = self._connection.execute("SELECT coalesce(max(key), 0) FROM messages").fetchone()[0]
        except sqlite3.Error:
            self._connection.close()
            raise
        self._thread = ThreadPoolExecutor(1, "smppcore-store")
        self._writes: list[Write] = []
        self._committed: asyncio.Future[None] | None = None
        self._busy = False

    def load(self) -> Iterator[StoredMessage]:
        """All that is kept, in the order in which it came."""
        for row in self._connection.execute("SELECT * FROM messages ORDER BY key"):
            key, message_id, account, is_data, octets, submitted, *rest = row
            request = as_submit_sm(DataSm.decode(octets)) if is_data else SubmitSm.decode(octets)
            message = StoredMessage(message_id, account, request, submitted)
            message.key = key
            message.due, message.ends, message.finished, message.outcome, message.state, owed = rest[:6]
            message.owed = bool(owed)
            message.error, message.dialect = rest[6:]
            yield message

    def save(self, message: StoredMessage) -> "asyncio.Future[None]":
        """Keep a message as it is now. The Future is done when it is committed; it is shared, so shield it."""
        if not message.key:
            self._last += 1
            message.key = self._last
        is_data, octets = _octets(message.request)
        values = (
            *(message.key, message.message_id, message.account, is_data, octets, message.submitted, message.due),
            *(message.ends, message.finished, message.outcome, message.state, message.owed, message.error),
            message.dialect,
        )
        return self._write(_SAVE, values)

    def forget(self, message: StoredMessage) -> None:
        """It need not be kept any longer."""
        if message.key:
            self._write(_DELETE, (message.key,))

    def clear(self) -> None:
        """Forget all."""
        self._write("DELETE FROM messages", ())

    def _write(self, statement: str, values: tuple[Any, ...]) -> "asyncio.Future[None]":
        self._writes.append((statement, values))
        if self._committed is None:
            self._committed = asyncio.get_running_loop().create_future()
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._begin)
        return self._committed

    def _begin(self) -> None:
        """Hand all that has gathered to the thread."""
        writes, self._writes = self._writes, []
        committed, self._committed = self._committed, None
        job = asyncio.get_running_loop().run_in_executor(self._thread, self._commit, writes)
        job.add_done_callback(lambda done: self._ended(done, committed))

    def _ended(self, job: "asyncio.Future[None]", committed: "asyncio.Future[None] | None") -> None:
        error = job.exception()
        if error is not None:
            log.error("messages not kept", error=str(error))
        if committed is not None and not committed.done():
            committed.set_result(None) if error is None else committed.set_exception(error)
            committed.exception()  # not everybody who saves waits for it
        self._busy = bool(self._writes)
        if self._busy:
            self._begin()

    def _commit(self, writes: list[Write]) -> None:
        connection = self._connection
        connection.execute("BEGIN")
        try:
            for statement, values in writes:
                connection.execute(statement, values)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    async def close(self) -> None:
        """Commit what is left, and close the file."""
        while self._busy:
            if self._committed is not None:
                await asyncio.wait([self._committed])
            else:
                await asyncio.get_running_loop().run_in_executor(self._thread, _nothing)
        self._thread.shutdown()
        self._connection.close()


def _nothing() -> None:
    """What a thread does that is only waited for."""


def _octets(request: SubmitSm) -> tuple[bool, bytes]:
    """A request as octets; as a data_sm where a field of it is longer than a submit_sm allows."""
    try:
        return False, request.encode(1)
    except EncodeError:
        data = DataSm(
            service_type=request.service_type,
            source_addr_ton=request.source_addr_ton,
            source_addr_npi=request.source_addr_npi,
            source_addr=request.source_addr,
            dest_addr_ton=request.dest_addr_ton,
            dest_addr_npi=request.dest_addr_npi,
            destination_addr=request.destination_addr,
            esm_class=request.esm_class,
            registered_delivery=request.registered_delivery,
            data_coding=request.data_coding,
            tlvs=[*request.tlvs, MESSAGE_PAYLOAD(request.short_message)],
        )
        return True, data.encode(1)


def as_submit_sm(data: DataSm) -> SubmitSm:
    """The submit_sm that says what a data_sm says; its addresses and user data may be longer than could be sent."""
    return SubmitSm(
        service_type=data.service_type,
        source_addr_ton=data.source_addr_ton,
        source_addr_npi=data.source_addr_npi,
        source_addr=data.source_addr,
        dest_addr_ton=data.dest_addr_ton,
        dest_addr_npi=data.dest_addr_npi,
        destination_addr=data.destination_addr,
        esm_class=data.esm_class,
        registered_delivery=data.registered_delivery,
        data_coding=data.data_coding,
        short_message=user_data(data),
        tlvs=[tlv for tlv in data.tlvs if tlv[0] != MESSAGE_PAYLOAD.tag],
    )
