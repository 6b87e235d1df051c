"""What the store in a file does when the file, the disk or another process is in its way."""

import asyncio
import contextlib
import pathlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from smppcore.store import SqliteStore, StoreError, sqlite_file
from smppcore.store.sqlite_file import SCHEMA
from store.places import Clock, add, change, record


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "records.db"


@pytest.fixture
async def store(path: pathlib.Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, busy_timeout=0.05, clock=clock)
    await store.open()
    yield store
    await store.close()


async def in_thread(store: SqliteStore, act: Callable[[sqlite3.Connection], Any]) -> Any:
    """Do something with the connection where it lives."""
    return await asyncio.get_running_loop().run_in_executor(store._thread, lambda: act(store._file._connection))


def damage(path: pathlib.Path) -> None:
    """Overwrite all of it but the first page."""
    octets = path.read_bytes()
    path.write_bytes(octets[:4096] + b"\xaa" * (len(octets) - 4096))


def number_of(table: str) -> Callable[[sqlite3.Connection], Any]:
    return lambda connection: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608


def plan_of(statement: str) -> Callable[[sqlite3.Connection], Any]:
    values = (0,) * statement.count("?")
    return lambda connection: connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()


def pragma(name: str) -> Callable[[sqlite3.Connection], Any]:
    return lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0]


async def test_what_gathers_during_a_commit_goes_into_the_next_one(store: SqliteStore) -> None:
    statements: list[str] = []
    await in_thread(store, lambda connection: connection.set_trace_callback(statements.append))
    await asyncio.gather(*(add(store, record(str(n))) for n in range(800)))
    assert statements.count("COMMIT") <= 2
    assert await store.count("acme", "message") == 800


async def test_the_loop_runs_while_a_commit_waits(path: pathlib.Path) -> None:
    store = SqliteStore(path, busy_timeout=20)
    await store.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    future = store.add(record("1", "a"))
    for _ in range(1000):
        await asyncio.sleep(0)
    assert not future.done()
    other.execute("COMMIT")
    other.close()
    await future
    await store.close()


async def test_durability_is_what_was_asked_for(store: SqliteStore, path: pathlib.Path) -> None:
    assert await in_thread(store, pragma("journal_mode")) == "wal"
    assert await in_thread(store, pragma("synchronous")) == 2
    normal = SqliteStore(path, synchronous="normal")
    await normal.open()
    assert await in_thread(normal, pragma("synchronous")) == 1
    await normal.close()
    with pytest.raises(ValueError, match="full or normal"):
        SqliteStore(path, synchronous="off")  # type: ignore[arg-type]


async def test_a_locked_file_fails_writes_and_not_reads(store: SqliteStore, path: pathlib.Path) -> None:
    await add(store, record("1", "a"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    results: Any = await asyncio.gather(
        *(add(store, record("2", "a")), store.find("acme", "message", ["a"]), store.remove("acme", ["1"])),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [StoreError, list, StoreError]
    assert "locked" in str(results[0])
    assert results[0] is not results[2]
    other.execute("ROLLBACK")
    other.close()
    await add(store, record("2", "a"))
    assert [each.id for each in await store.find("acme", "message", ["a"])] == ["1", "2"]


async def test_a_full_disk_fails_whom_it_has_to_and_the_store_goes_on(store: SqliteStore) -> None:
    await add(store, record("1", "a"))
    pages = await in_thread(store, pragma("page_count"))
    await in_thread(store, pragma(f"max_page_count={pages + 4}"))
    results = await asyncio.gather(
        add(store, record("large", "a", data=b"x" * 100_000)),
        store.swap(record("1", data=b"changed"), b"{}"),
        add(store, record("small", "a")),
        add(store, record("large too", data=b"x" * 100_000)),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [StoreError, bool, type(None), StoreError]
    assert "full" in str(results[0])
    assert [each.id for each in await store.find("acme", "message", ["a"])] == ["1", "small"]
    await in_thread(store, pragma("max_page_count=100000"))
    await add(store, record("large", "a", data=b"x" * 100_000))
    assert await store.count("acme", "message") == 3


async def test_a_damaged_file_is_told_to_everybody(path: pathlib.Path) -> None:
    store = SqliteStore(path)
    await store.open()
    await add(store, *(record(str(n), "a", data=b"x" * 1000) for n in range(100)))
    await store.close()
    damage(path)
    await store.open()
    results = await asyncio.gather(
        store.find("acme", "message", ["a"]), add(store, record("new")), return_exceptions=True
    )
    assert [type(each) for each in results] == [StoreError, StoreError]
    await store.close()


@pytest.mark.parametrize("octets", [b"something else altogether" * 100, b"SQLite format 3\x00" + bytes(500)])
def test_a_file_that_is_no_database(path: pathlib.Path, octets: bytes) -> None:
    path.write_bytes(octets)
    with pytest.raises(StoreError, match=r"records\.db"):
        asyncio.run(SqliteStore(path).open())


async def test_a_file_that_cannot_be_had(path: pathlib.Path) -> None:
    store = SqliteStore(path / "no" / "such" / "directory.db")
    with pytest.raises(StoreError, match="unable to open"):
        await store.open()
    with pytest.raises(StoreError, match="not open"):
        store.add(record("1"))
    await store.close()


async def test_the_database_of_another_application_is_left_alone(path: pathlib.Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE customers (name TEXT)")
    with pytest.raises(StoreError, match="another application"):
        await SqliteStore(path).open()
    assert other.execute("SELECT name FROM sqlite_schema").fetchall() == [("customers",)]
    other.close()


async def test_a_newer_schema_is_refused_and_an_empty_file_is_brought_up(path: pathlib.Path) -> None:
    sqlite3.connect(path).close()
    store = SqliteStore(path)
    await store.open()
    assert await in_thread(store, pragma("user_version")) == SCHEMA
    await add(store, record("1", "a"))
    await in_thread(store, lambda connection: connection.execute(f"PRAGMA user_version={SCHEMA + 1}"))
    await store.close()
    with pytest.raises(StoreError, match=f"has schema {SCHEMA + 1}"):
        await store.open()
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        other.execute(f"PRAGMA user_version={SCHEMA}")
    other.close()
    await store.open()
    assert len(await store.find("acme", "message", ["a"])) == 1
    await store.close()


async def test_a_close_that_is_cancelled_leaves_nobody_waiting(path: pathlib.Path) -> None:
    store = SqliteStore(path, busy_timeout=20)
    await store.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    first = store.add(record("1"))
    await asyncio.sleep(0)
    second = store.add(record("2"))
    closing = asyncio.ensure_future(store.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.sleep(0)
    with pytest.raises(StoreError, match="closed"):
        await second
    other.execute("COMMIT")
    other.close()
    await first
    with pytest.raises(asyncio.CancelledError):
        await closing
    await store.close()


async def test_nothing_is_left_of_what_was_taken_out(store: SqliteStore, clock: Clock) -> None:
    await add(store, *(record(str(n), "a", f"k{n}", expires=clock.now + n % 2) for n in range(10)))
    await change(store, record("1", expires=clock.now))
    await store.expired("acme", clock.now)
    await store.remove("acme", [str(n) for n in range(10)])
    assert [await in_thread(store, number_of(table)) for table in ("records", "keys")] == [0, 0]


async def test_what_is_asked_uses_an_index(store: SqliteStore) -> None:
    """A million records that wait for their receipts must not be looked through for each."""
    for statement in (sqlite_file._FIND, sqlite_file._TAKE, sqlite_file._EXPIRED, sqlite_file._SWAP):
        plan = await in_thread(store, plan_of(statement))
        assert [step for *_, step in plan if step.startswith("SCAN")] == [], statement
