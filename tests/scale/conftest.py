"""The Smsc runs on the plain loop and on uvloop; the crowd on uvloop always, because it is not what is measured."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"crowd": uvloop.new_event_loop}


@pytest.fixture(params=["asyncio", "uvloop"])
def smsc_loop(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
