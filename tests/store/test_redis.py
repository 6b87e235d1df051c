"""What the store in Redis does with a server that is away, comes back, or will not do."""

import asyncio
import pathlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from ports import free_port

from smppcore.store import StoreError
from smppcore.store.redis import RedisStore
from smppcore.store.redis_script import SCHEMA
from store.places import Clock, add, record
from store.redis_server import RedisServer

pytestmark = pytest.mark.soak
"""Needs a redis-server, and the fast tier needs nothing but Python."""


@pytest.fixture
def server(tmp_path: pathlib.Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis", "--appendonly", "yes", "--appendfsync", "always") as server:
        yield server


@pytest.fixture
async def store(server: RedisServer, clock: Clock) -> AsyncIterator[RedisStore]:
    store = RedisStore(server.url, clock=clock)
    await store.open()
    yield store
    await store.close()


async def test_all_adds_of_a_turn_are_one_call(store: RedisStore, server: RedisServer) -> None:
    await add(store, record("1"))
    with server.client() as client:
        client.config_resetstat()
        await asyncio.gather(*(add(store, record(str(n), "a", "b")) for n in range(400)))
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == 1
    assert await store.count("acme", "message") == 400


async def test_a_server_that_was_restarted_is_told_the_script_again(store: RedisStore, server: RedisServer) -> None:
    await add(store, record("1", "a"))
    server.kill()
    server.start()
    results = await asyncio.gather(
        add(store, record("2", "a")), store.find("acme", "message", ["a"]), store.count("acme", "message")
    )
    assert [each.id for each in results[1]] == ["1", "2"]
    assert results[2] == 2


async def test_a_server_that_is_away_fails_operations_and_the_store_goes_on(
    store: RedisStore, server: RedisServer
) -> None:
    await add(store, record("1", "a"))
    server.kill()
    results = await asyncio.gather(
        *(add(store, record("2")), store.find("acme", "message", ["a"]), store.remove("acme", ["1"])),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [StoreError] * 3
    assert len({id(each) for each in results}) == 3
    server.start()
    assert await store.remove("acme", ["1"]) == {"1"}


async def test_a_server_that_does_not_answer_fails_operations_in_time(clock: Clock) -> None:
    connections: list[asyncio.StreamWriter] = []

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        store = RedisStore(f"redis://user:secret-word@127.0.0.1:{port}", timeout=0.05, clock=clock)
        with pytest.raises(StoreError) as raised:
            await store.open()
        assert "secret-word" not in f"{raised.value!s}{raised.value!r}{store!r}"
        for each in connections:
            each.close()
            await each.wait_closed()


async def test_a_server_that_is_not_there() -> None:
    store = RedisStore(f"redis://127.0.0.1:{free_port()}")
    with pytest.raises(StoreError, match="Redis"):
        await store.open()
    with pytest.raises(StoreError, match="no URL"):
        await RedisStore("http://example.com").open()


async def test_a_wrong_password_is_told_and_not_shown(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    with RedisServer(tmp_path / "redis", "--requirepass", "right-word", port=free_port()) as server:
        url = server.url.replace("redis://", "redis://:wrong-word@")
        with pytest.raises(StoreError, match=r"(?i)password") as raised:
            await RedisStore(url).open()
        assert "wrong-word" not in str(raised.value)
        store = RedisStore(url.replace("wrong-word", "right-word"))
        await store.open()
        await add(store, record("1"))
        await store.close()
        assert caplog.messages == ["redis server keeps no log of what it is told (appendonly no)"]
        assert "right-word" not in str([each.__dict__ for each in caplog.records])


async def test_a_server_that_may_evict_records_is_refused(tmp_path: pathlib.Path) -> None:
    options = ("--appendonly", "yes", "--maxmemory", "50mb", "--maxmemory-policy")
    with RedisServer(tmp_path / "evicting", *options, "volatile-lru") as server:
        store = RedisStore(server.url)
        with pytest.raises(StoreError, match="volatile-lru, not noeviction"):
            await store.open()
    with RedisServer(tmp_path / "refusing", *options, "noeviction") as server:
        store = RedisStore(server.url)
        await store.open()
        await add(store, record("1", "a"))
        with server.client() as client:
            client.config_set("maxmemory", 1)
        with pytest.raises(StoreError, match="maxmemory"):
            await add(store, record("2", "a"))
        assert [each.id for each in await store.find("acme", "message", ["a"])] == ["1"]
        await store.close()


async def test_a_newer_schema_is_refused(store: RedisStore, server: RedisServer) -> None:
    with server.client() as client:
        assert client.get("smppcore:schema") == b"%d" % SCHEMA
        client.set("smppcore:schema", SCHEMA + 1)
    with pytest.raises(StoreError, match=f"is {SCHEMA + 1}"):
        await RedisStore(server.url).open()


async def test_prefixes_do_not_see_each_other(store: RedisStore, server: RedisServer) -> None:
    other = RedisStore(server.url, prefix="staging")
    await other.open()
    await add(store, record("1", "a"))
    assert await other.find("acme", "message", ["a"]) == []
    await other.close()


async def test_a_link_that_nobody_asks_about_is_gone_after_the_grace(server: RedisServer, clock: Clock) -> None:
    """Nothing of it stays in the server for ever, be it an index or a counter; and nothing goes before `expired` could
    have taken it, though it came late.
    """
    store = RedisStore(server.url, grace=100, clock=clock)
    await store.open()
    await add(store, record("1", "a", expires=clock.now + 50), record("2", "a", expires=clock.now + 500))
    await add(store, record("3", "a", expires=clock.now + 70), record("4", expires=clock.now - 10_000))
    with server.client() as client:
        lives = {key.decode(): client.ttl(key) for key in client.keys("smppcore:{acme}*")}
    tagged = {key.removeprefix("smppcore:{acme}:"): round(life, -1) for key, life in lives.items()}
    assert {key: tagged.pop(f"r:{key}") for key in "1234"} == {"1": 150, "2": 600, "3": 170, "4": 100}
    assert {key for key, life in tagged.items() if 600 < life <= 4200} == {"k:message:a", "e:message", "kinds", "seq"}
    await store.close()


async def test_what_the_server_has_dropped_is_swept_from_the_indexes(
    store: RedisStore, server: RedisServer, clock: Clock
) -> None:
    await add(store, record("1", "a", expires=clock.now + 5), record("2", "a", expires=clock.now + 5))
    with server.client() as client:
        client.delete("smppcore:{acme}:r:1")
        assert [each.id for each in await store.find("acme", "message", ["a"])] == ["2"]
        assert client.zcard("smppcore:{acme}:k:message:a") == 1
        assert [each.id for each in await store.expired("acme", clock.now + 5)] == ["2"]
        assert client.keys("smppcore:{acme}:[rke]:*") == []


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server that has all slots of a cluster; it takes two seconds to believe so."""
    options = ("--appendonly", "yes", "--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    with RedisServer(tmp_path_factory.mktemp("cluster"), *options, port=free_port()) as server:
        with server.client() as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            while "cluster_state:ok" not in str(client.execute_command("CLUSTER", "INFO")):
                time.sleep(0.05)
        yield server


async def test_a_cluster_has_all_of_a_link_in_one_slot(cluster: RedisServer, clock: Clock) -> None:
    """A cluster refuses a script that touches keys of several slots."""
    store = RedisStore(cluster.url, clock=clock)
    await store.open()
    for link in ("acme", "", "} {odd}", "beta"):
        await add(store, *(record(str(n), "a", f"k{n}", link=link, expires=clock.now + n) for n in range(5)))
        assert len(await store.find(link, "message", ["k3", "a"])) == 4
        assert len(await store.remove(link, ["1", "2"])) == 2
        assert len(await store.expired(link, clock.now + 9)) == 3
    await store.close()


def test_without_redis_py_only_this_store_is_missing() -> None:
    program = (
        "import sys; sys.modules['redis'] = None; import smppcore, smppcore.store\n"
        "try: import smppcore.store.redis\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert "pip install 'smppcore[redis]'" in done.stdout
