"""The desk in one file of SQLite: for one process, or a few of one machine."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from gateway.commits import Commits
from gateway.event import Event, read_message, reported, write_message
from gateway.message import Message

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, reference TEXT UNIQUE, lane TEXT NOT NULL, state TEXT NOT NULL,
    changed REAL NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS queue ON messages (lane, seq) WHERE state = 'queued';
CREATE INDEX IF NOT EXISTS sending ON messages (state) WHERE state = 'sending';
CREATE INDEX IF NOT EXISTS changed ON messages (changed);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, due REAL NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS subjects ON events (subject, seq);
CREATE INDEX IF NOT EXISTS due ON events (due);
CREATE TABLE IF NOT EXISTS dead (seq INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS owners (owner TEXT PRIMARY KEY, alive_until REAL NOT NULL);
"""
_DUE: Final = """
SELECT id, data FROM events AS event WHERE due <= ?
AND NOT EXISTS (SELECT 1 FROM events WHERE subject = event.subject AND seq < event.seq) ORDER BY due LIMIT ?
"""


class SqliteDesk:
    """A Desk; what it promises says desk.py."""

    def __init__(self, path: Path) -> None:
        self._commits = Commits(path, _SCHEMA)
        self.open = self._commits.open
        self.close = self._commits.close
        self._run = self._commits.run

    # -- messages

    async def accept(self, message: Message) -> Message:
        return await self._run(partial(_accept, message))

    async def message(self, message_id: str) -> Message | None:
        return await self._run(lambda database: _message(database, message_id))

    async def claim(self, owner: str, lanes: Sequence[str], most: int) -> list[Message]:
        return await self._run(partial(_claim, owner, lanes, most))

    async def update(self, message_id: str, change: Callable[[Message], Message]) -> Message | None:
        return await self._run(partial(_update, message_id, change))

    async def sending(self) -> list[Message]:
        return await self._run(_sending)

    async def beat(self, owner: str, seconds: float) -> set[str]:
        return await self._run(partial(_beat, owner, seconds))

    # -- events

    async def tell(self, event: Event) -> None:
        await self._run(partial(_tell, event))

    async def take(self, most: int, lease: float) -> list[Event]:
        return await self._run(partial(_take, most, lease))

    async def delivered(self, event: Event) -> None:
        await self._run(lambda database: _drop(database, event))

    async def postpone(self, event: Event, seconds: float) -> None:
        values = (time.time() + seconds, event.write(), event.id)
        await self._run(lambda database: database.execute("UPDATE events SET due = ?, data = ? WHERE id = ?", values))

    async def bury(self, event: Event) -> None:
        await self._run(partial(_bury, event))

    async def dead(self, most: int = 100) -> list[Event]:
        return await self._run(partial(_dead, most))

    # -- for the operator

    async def counts(self) -> dict[str, int]:
        return await self._run(_counts)

    async def forget(self, seconds: float) -> None:
        query = "DELETE FROM messages WHERE changed < ? AND state NOT IN ('queued', 'sending')"
        before = time.time() - seconds
        await self._run(lambda database: database.execute(query, (before,)))


# -- one transaction each


def _accept(message: Message, database: sqlite3.Connection) -> Message:
    found = (
        message.reference
        and database.execute("SELECT data FROM messages WHERE reference = ?", (message.reference,)).fetchone()
    )
    if found:
        return read_message(found[0])
    database.execute(
        "INSERT INTO messages (id, reference, lane, state, changed, data) VALUES (?, ?, ?, ?, ?, ?)",
        (message.id, message.reference or None, message.lane, message.state, time.time(), write_message(message)),
    )
    return message


def _message(database: sqlite3.Connection, message_id: str) -> Message | None:
    found = database.execute("SELECT data FROM messages WHERE id = ?", (message_id,)).fetchone()
    return None if found is None else read_message(found[0])


def _claim(owner: str, lanes: Sequence[str], most: int, database: sqlite3.Connection) -> list[Message]:
    found: list[str] = []
    for lane in lanes:
        rows = database.execute(
            "SELECT id FROM messages WHERE state = 'queued' AND lane = ? ORDER BY seq LIMIT ?",
            (lane, most - len(found)),
        )
        found += [row[0] for row in rows]
    claimed = [_update(each, lambda message: message.claimed(owner), database) for each in found]
    return [message for message in claimed if message is not None]


def _update(message_id: str, change: Callable[[Message], Message], database: sqlite3.Connection) -> Message | None:
    old = _message(database, message_id)
    if old is None or (new := change(old)) == old:
        return old
    new, event = reported(old, new)
    database.execute(
        "UPDATE messages SET state = ?, changed = ?, data = ? WHERE id = ?",
        (new.state, time.time(), write_message(new), new.id),
    )
    if event is not None:
        _tell(event, database)
    return new


def _sending(database: sqlite3.Connection) -> list[Message]:
    rows = database.execute("SELECT data FROM messages WHERE state = 'sending'")
    return [read_message(row[0]) for row in rows]


def _beat(owner: str, seconds: float, database: sqlite3.Connection) -> set[str]:
    now = time.time()
    database.execute("DELETE FROM owners WHERE alive_until < ?", (now,))
    database.execute("INSERT OR REPLACE INTO owners VALUES (?, ?)", (owner, now + seconds))
    return {row[0] for row in database.execute("SELECT owner FROM owners")}


def _tell(event: Event, database: sqlite3.Connection) -> None:
    database.execute(
        "INSERT OR IGNORE INTO events (id, subject, due, data) VALUES (?, ?, ?, ?)",
        (event.id, event.subject, event.created, event.write()),
    )


def _take(most: int, lease: float, database: sqlite3.Connection) -> list[Event]:
    now = time.time()
    found = database.execute(_DUE, (now, most)).fetchall()
    database.executemany("UPDATE events SET due = ? WHERE id = ?", [(now + lease, row[0]) for row in found])
    return [Event.read(row[1]) for row in found]


def _drop(database: sqlite3.Connection, event: Event) -> bool:
    return database.execute("DELETE FROM events WHERE id = ?", (event.id,)).rowcount == 1


def _bury(event: Event, database: sqlite3.Connection) -> None:
    if _drop(database, event):
        database.execute("INSERT INTO dead (data) VALUES (?)", (event.write(),))


def _dead(most: int, database: sqlite3.Connection) -> list[Event]:
    rows = database.execute("SELECT data FROM dead ORDER BY seq DESC LIMIT ?", (most,))
    return [Event.read(row[0]) for row in rows]


def _counts(database: sqlite3.Connection) -> dict[str, int]:
    counted = {
        "queued": "SELECT count(*) FROM messages WHERE state = 'queued'",
        "sending": "SELECT count(*) FROM messages WHERE state = 'sending'",
        "events": "SELECT count(*) FROM events",
        "dead": "SELECT count(*) FROM dead",
    }
    return {name: database.execute(query).fetchone()[0] for name, query in counted.items()}
