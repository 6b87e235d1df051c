"""A file of SQLite with records in it. Everything here blocks, and belongs to one thread."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from smppcore.errors import StoreError
from smppcore.store.operation import WRITES, Add, Change, Count, Expired, Find, Operation, Outcome, Remove
from smppcore.store.record import Record

SCHEMA: Final = 1
"""The version of what `_STEPS` make, kept as the file's user_version."""

OLDEST: Final = (3, 35)
"""The first SQLite that knows RETURNING."""

_STEPS: Final = (
    (
        "CREATE TABLE records (seq INTEGER PRIMARY KEY, link TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,"
        " keys TEXT NOT NULL, expires REAL NOT NULL, data BLOB NOT NULL, UNIQUE (link, id))",
        "CREATE INDEX expiry ON records (link, expires)",
        "CREATE TABLE keys (link TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL,"
        " PRIMARY KEY (link, kind, key, seq)) WITHOUT ROWID",
        "CREATE TABLE counts (link TEXT NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL,"
        " PRIMARY KEY (link, kind)) WITHOUT ROWID",
    ),
)
"""What makes a file of schema n one of schema n + 1. The tables of another application are never touched."""

_COLUMNS: Final = "seq, link, id, kind, keys, expires, data"
_INSERT: Final = (
    "INSERT INTO records (link, id, kind, keys, expires, data) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_INSERT_KEY: Final = "INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)"
_CHANGE: Final = "UPDATE records SET data = ?, expires = ? WHERE link = ? AND id = ?"
_SWAP: Final = f"{_CHANGE} AND data = ?"
_FIND: Final = (
    f"SELECT {_COLUMNS} FROM records WHERE expires > ? AND seq IN"  # noqa: S608  # nothing in it comes from outside
    " (SELECT seq FROM keys WHERE link = ? AND kind = ? AND key = ?)"
)
_TAKE: Final = f"DELETE FROM records WHERE link = ? AND id = ? RETURNING {_COLUMNS}"  # noqa: S608
_EXPIRED: Final = (
    f"SELECT {_COLUMNS} FROM records WHERE link = ?"  # noqa: S608
    " AND expires <= ? ORDER BY expires, seq LIMIT ?"
)
_HIDE: Final = "UPDATE records SET expires = ? WHERE seq = ?"
_DROP: Final = "DELETE FROM records WHERE seq = ?"
_TAKE_KEY: Final = "DELETE FROM keys WHERE link = ? AND kind = ? AND key = ? AND seq = ?"
_ADD_COUNT: Final = "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number"
_COUNT: Final = "SELECT number FROM counts WHERE link = ? AND kind = ?"
_PAUSE: Final = 0.001
"""Seconds between two attempts to get the lock."""

T = TypeVar("T")
Row = tuple[int, str, str, str, str, float, bytes]


class SqliteFile:
    """Opens the file, and makes it where it is not there. Raises StoreError."""

    def __init__(self, path: Path, synchronous: str, busy_timeout: float) -> None:
        self._path = path
        self._counts: dict[tuple[str, str], int] = {}
        self._busy_timeout = busy_timeout
        if sqlite3.sqlite_version_info < OLDEST:
            raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old, 3.35 is needed")
        with self._errors():
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            with self._errors():
                self._prepare(synchronous)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Raises StoreError where even that fails."""
        with self._errors():
            self._connection.close()

    def carry_out(self, operations: Sequence[Operation]) -> list[Outcome]:
        """All of a group in one transaction. If that fails, each for itself, so that it fails only who has to."""
        try:
            return self._patiently(partial(self._transaction, operations))
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                return [self._alone(operation) for operation in operations]
            # Each for itself would wait as long again; what only reads needs no lock.
            return [self._error(error) if isinstance(each, WRITES) else self._alone(each) for each in operations]
        except Exception:
            return [self._alone(operation) for operation in operations]

    def _alone(self, operation: Operation) -> Outcome:
        try:
            return self._patiently(partial(self._transaction, (operation,)))[0]
        except Exception as error:
            return self._error(error)

    def _transaction(self, operations: Sequence[Operation]) -> list[Outcome]:
        """IMMEDIATE where something is to be written: who waits for another process waits here, with nothing done."""
        writes = any(isinstance(each, WRITES) for each in operations)
        self._connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
        try:
            self._counts.clear()
            outcomes = [self._carry_out(each) for each in operations]
            self._connection.executemany(_ADD_COUNT, [(*of, number) for of, number in self._counts.items() if number])
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite ends it itself after some errors
                self._connection.execute("ROLLBACK")
            raise
        return outcomes

    def _carry_out(self, operation: Operation) -> Outcome:
        match operation:
            case Add(record):
                self._add(record)
                return None
            case Change(record, was):
                return self._change(record, was)
            case Find(link, kind, keys, now):
                return self._find(link, kind, keys, now)
            case Remove(link, ids):
                return [record for id_ in ids for record in self._take(link, id_)]
            case Expired(link, now, limit, until):
                return self._expired(link, now, limit, until)
            case Count(link, kind):
                found = self._connection.execute(_COUNT, (link, kind)).fetchone()
                return self._counts.get((link, kind), 0) + (int(found[0]) if found else 0)

    def _add(self, record: Record) -> None:
        values = (record.link, record.id, record.kind, json.dumps(record.keys), record.expires, record.data)
        cursor = self._connection.execute(_INSERT, values)
        if not cursor.rowcount:
            self._take(record.link, record.id)
            cursor = self._connection.execute(_INSERT, values)
        rows = [(record.link, record.kind, key, cursor.lastrowid) for key in record.keys]
        self._connection.executemany(_INSERT_KEY, rows)
        self._counted(record.link, record.kind, 1)

    def _change(self, record: Record, was: bytes | None) -> bool:
        values = (record.data, record.expires, record.link, record.id)
        cursor = self._connection.execute(*((_CHANGE, values) if was is None else (_SWAP, (*values, was))))
        return cursor.rowcount == 1

    def _find(self, link: str, kind: str, keys: Sequence[str], now: float) -> list[Record]:
        found: dict[int, Row] = {}
        for key in keys:
            found.update((row[0], row) for row in self._connection.execute(_FIND, (now, link, kind, key)))
        return [_record(found[seq]) for seq in sorted(found)]

    def _take(self, link: str, id_: str) -> list[Record]:
        rows: list[Row] = self._connection.execute(_TAKE, (link, id_)).fetchall()
        return [self._forgotten(row, -1) for row in rows]

    def _expired(self, link: str, now: float, limit: int, until: float | None) -> list[Record]:
        rows: list[Row] = self._connection.execute(_EXPIRED, (link, now, limit)).fetchall()
        if until is None:
            self._connection.executemany(_DROP, [(row[0],) for row in rows])
        else:
            self._connection.executemany(_HIDE, [(until, row[0]) for row in rows])
        return [self._forgotten(row, -1 if until is None else 0) for row in rows]

    def _forgotten(self, row: Row, number: int) -> Record:
        """A record that is not found any more; there are so many more of its kind now."""
        seq, link, _, kind, keys, _, _ = row
        self._connection.executemany(_TAKE_KEY, [(link, kind, key, seq) for key in json.loads(keys)])
        self._counted(link, kind, number)
        return _record(row)

    def _counted(self, link: str, kind: str, number: int) -> None:
        self._counts[link, kind] = self._counts.get((link, kind), 0) + number

    def _prepare(self, synchronous: str) -> None:
        self._patiently(lambda: self._connection.execute("PRAGMA journal_mode=WAL"))
        self._connection.execute(f"PRAGMA synchronous={synchronous}")
        self._patiently(lambda: self._connection.execute("BEGIN IMMEDIATE"))
        try:
            self._migrate()
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _patiently(self, act: Callable[[], T]) -> T:
        """Wait for another process that has the lock, in small steps: SQLite's own grow to 100 ms, so that whoever
        commits without a break is hardly ever interrupted; and it does not wait where a new file is switched to WAL.
        """
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                return act()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            time.sleep(_PAUSE)

    def _migrate(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            raise StoreError(f"{self._path} has schema {version}, and this version of smppcore knows up to {SCHEMA}")
        if version == 0 and self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise StoreError(f"{self._path} belongs to another application")
        for statements in _STEPS[version:]:
            for statement in statements:
                self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version={SCHEMA}")

    def _error(self, error: Exception) -> StoreError:
        kept = StoreError(f"{self._path}: {error}")
        kept.__cause__ = error
        return kept

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from error


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Another process has the lock: SQLITE_BUSY or SQLITE_LOCKED, in any of their variants."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _record(row: Row) -> Record:
    _, link, id_, kind, keys, expires, data = row
    return Record(id_, link, kind, tuple(json.loads(keys)), expires, data)
