"""Processes that are killed with SIGKILL, and processes that share one store."""

import asyncio
import os
import pathlib
import random
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from smppcore.store import SqliteStore, Store, StoreError
from smppcore.store.redis import RedisStore
from store.places import add, record
from store.redis_server import RedisServer
from store.two_processes import EXPIRING, REMOVED, SWAPPED

HERE = pathlib.Path(__file__).parent
SECONDS = 40
CALLERS = 20


@pytest.fixture
def server(tmp_path: pathlib.Path) -> Iterator[RedisServer]:
    """A server that has lost nothing of what it has answered, even when it is killed."""
    with RedisServer(tmp_path / "redis", "--appendonly", "yes", "--appendfsync", "always") as server:
        yield server


@pytest.fixture(params=["full", "normal", pytest.param("redis", marks=pytest.mark.soak)])
def where(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> tuple[str, str]:
    """A kind of store and the place of its records, as a process is told."""
    if request.param == "redis":
        return "redis", str(request.getfixturevalue("server").url)
    return request.param, str(tmp_path / "records.db")


@asynccontextmanager
async def opened(kind: str, place: str) -> AsyncIterator[Store]:
    store: Store = RedisStore(place) if kind == "redis" else SqliteStore(place)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def process(script: str, *arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])}
    return await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / script), *arguments, stdin=pipe, stdout=pipe, env=environment
    )


async def killed_while_it_adds(kind: str, place: str, after: int) -> set[str]:
    """Kills it when it has told of so many; returns the ids of all that it told of."""
    writer = await process("writer.py", kind, place)
    assert writer.stdout is not None
    async with asyncio.timeout(SECONDS):
        told = [await writer.stdout.readline() for _ in range(after)]
        writer.kill()
        told += (await writer.stdout.read()).splitlines()
        await writer.wait()
    return {line.decode().strip() for line in told if line.strip().isdigit()}


async def survives(kind: str, place: str, moments: int) -> None:
    chance = random.Random(f"{kind}{moments}")
    for _ in range(moments):
        told = await killed_while_it_adds(kind, place, chance.randrange(1, 3000))
        async with opened(kind, place) as store:
            found = await store.find("acme", "message", [f"id:{number}" for number in told])
            assert {each.id for each in found} == told
            assert all(each.data.decode() == each.id for each in found)
            await store.remove("acme", told)  # the next one uses the same numbers


async def test_what_was_committed_outlives_a_killed_process(where: tuple[str, str]) -> None:
    await survives(*where, 1)


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_what_was_committed_outlives_a_process_killed_at_ten_moments(where: tuple[str, str]) -> None:
    await survives(*where, 10)


async def test_each_record_goes_to_one_of_two_processes(where: tuple[str, str]) -> None:
    async with opened(*where) as store:
        await add(store, *(record(id_, data=b"free") for id_ in (*REMOVED, *SWAPPED)))
        await add(store, *(record(id_, expires=float(n % 7)) for n, id_ in enumerate(EXPIRING)))
        claimers = [await process("claimer.py", *where, seed) for seed in ("one", "two")]
        async with asyncio.timeout(SECONDS):
            for claimer in claimers:
                assert claimer.stdout is not None
                assert await claimer.stdout.readline() == b"ready\n"
            told = await asyncio.gather(*(claimer.communicate(b"\n") for claimer in claimers))
        assert [claimer.returncode for claimer in claimers] == [0, 0]
        got = [output.decode().split() for output, _ in told]
        assert sorted(got[0] + got[1]) == sorted(REMOVED + EXPIRING + SWAPPED)
        assert all(got), "both of them got some"
        assert await store.count("acme", "message") == len(SWAPPED)


async def test_two_processes_may_open_a_new_file_at_once(tmp_path: pathlib.Path) -> None:
    stores = [SqliteStore(tmp_path / "records.db") for _ in range(8)]
    await asyncio.gather(*(store.open() for store in stores))
    await asyncio.gather(*(add(store, record(str(n), "all")) for n, store in enumerate(stores)))
    assert len(await stores[0].find("acme", "message", ["all"])) == 8
    await asyncio.gather(*(store.close() for store in stores))


async def server_is_killed(server: RedisServer, after: int, first: int) -> int:
    """Kills it with SIGKILL after so many adds and starts it again; the same store goes on. Returns the next number."""
    store = RedisStore(server.url)
    await store.open()
    kept: list[str] = []
    failed: list[str] = []
    numbers = iter(range(first, first + 1_000_000))

    async def caller() -> None:
        while not failed:
            id_ = str(next(numbers))
            try:
                await add(store, record(id_, f"id:{id_}"))
            except StoreError:
                failed.append(id_)
            else:
                kept.append(id_)
                if len(kept) == after:
                    server.kill()

    async with asyncio.timeout(SECONDS):
        await asyncio.gather(*(caller() for _ in range(CALLERS)))
    with pytest.raises(StoreError):
        await store.count("acme", "message")
    server.start()
    found = await store.find("acme", "message", [f"id:{id_}" for id_ in kept])
    assert [each.id for each in found] == sorted(kept, key=int)
    await store.close()
    return next(numbers)


@pytest.mark.soak
async def test_what_was_committed_outlives_a_killed_server(server: RedisServer) -> None:
    await server_is_killed(server, 300, 0)


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_what_was_committed_outlives_a_server_killed_at_ten_moments(server: RedisServer) -> None:
    chance, first = random.Random(10), 0
    for _ in range(10):
        first = await server_is_killed(server, chance.randrange(1, 3000), first)
