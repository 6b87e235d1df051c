"""Every test of a store runs on the plain loop and on uvloop, and leaves no task behind."""

import asyncio
import pathlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import uvloop

from store.places import KINDS, Clock, Place, place
from store.redis_server import RedisServer


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis"), "--appendonly", "yes", "--appendfsync", "no") as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=[*KINDS[:-1], pytest.param(KINDS[-1], marks=pytest.mark.soak)])
def stores(request: pytest.FixtureRequest, tmp_path: pathlib.Path, clock: Clock) -> Place:
    """Makes stores at one place, of each kind in turn."""
    return place(request.param, tmp_path, lambda: str(request.getfixturevalue("redis_server").url), clock)


@pytest.fixture(autouse=True)
async def nothing_left_behind() -> AsyncIterator[None]:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    yield
    for _ in range(5):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert reported == []
