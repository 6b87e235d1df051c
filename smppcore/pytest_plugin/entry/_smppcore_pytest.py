"""What pytest loads of smppcore in every run: the fixtures and the mark, and nothing else.

It is no part of the package, because importing anything in there imports all of it: that would take time in each run of
everybody who has smppcore installed, and would hide the import from tools that measure coverage. The work is in
``smppcore.pytest_plugin``, which is imported when a fixture is used.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from smppcore import Esme
    from smppcore.pytest_plugin import SimulatedSmsc, SmscProcess

LOOP_SCOPES = ("function", "class", "module", "package", "session")
"""Of pytest-asyncio: whose event loop a test runs in."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, and the fixtures for the event loops of pytest-asyncio where that is there."""
    config.addinivalue_line(
        "markers",
        "smpp(file, virtual_time=False, **keys): what the simulator of smpp_smsc and smpp_smsc_process does: "
        "a TOML file of smppcore simulate, and its keys, such as accounts, delay, rules, faults, seed",
    )
    plugin = sys.modules.get("pytest_asyncio")
    if (
        plugin is not None
        and config.pluginmanager.has_plugin("asyncio")
        and "loop_scope" in inspect.signature(plugin.fixture).parameters
    ):
        config.pluginmanager.register(_fixtures_of(plugin), "smppcore-asyncio")


def _fixtures_of(plugin: Any) -> types.ModuleType:
    """A fixture for each loop that a test may run in: an Esme can be used in the loop that it was made in only."""
    module = types.ModuleType("smppcore-asyncio")
    for scope in LOOP_SCOPES:

        async def esme(smpp_smsc: SimulatedSmsc) -> AsyncIterator[Esme]:
            async for each in _bound(smpp_smsc):
                yield each

        setattr(module, f"esme_{scope}", plugin.fixture(esme, loop_scope=scope, name=f"_smpp_esme_{scope}"))
    return module


async def _bound(smsc: SimulatedSmsc) -> AsyncIterator[Esme]:
    from smppcore import connect

    async with connect(smsc.url()) as esme:
        yield esme


@pytest.fixture
async def _smpp_esme_anyio(smpp_smsc: SimulatedSmsc) -> AsyncIterator[Esme]:
    """For tests that anyio runs."""
    async for each in _bound(smpp_smsc):
        yield each


@pytest.fixture
def smpp_smsc(request: pytest.FixtureRequest) -> Iterator[SimulatedSmsc]:
    """A simulator in this process, on a free port, in a thread of its own; the mark smpp says what it does."""
    from smppcore.pytest_plugin import SimulatedSmsc, scenario_of

    with SimulatedSmsc(scenario_of(request)) as smsc:
        yield smsc


@pytest.fixture
def smpp_smsc_factory(request: pytest.FixtureRequest) -> Iterator[Callable[..., SimulatedSmsc]]:
    """Makes further simulators: smpp_smsc_factory(file, virtual_time=False, **keys). They end with the test."""
    from smppcore.pytest_plugin import Scenario, SimulatedSmsc

    with contextlib.ExitStack() as stack:

        def make(file: Any = None, /, **keys: Any) -> SimulatedSmsc:
            return stack.enter_context(SimulatedSmsc(Scenario.of(file, keys, request.path.parent)))

        yield make


@pytest.fixture
def smpp_smsc_process(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmscProcess]:
    """A process of smppcore simulate, on a free port; the mark smpp says what it does."""
    from smppcore.pytest_plugin import SmscProcess, scenario_of

    with SmscProcess(tmp_path_factory.mktemp("smpp_smsc"), scenario_of(request)) as process:
        yield process


@pytest.fixture
def smpp_esme(request: pytest.FixtureRequest) -> Esme:
    """An Esme that is bound to smpp_smsc, in the event loop of the test."""
    esme: Esme = request.getfixturevalue(_esme_fixture(request))
    return esme


def _esme_fixture(request: pytest.FixtureRequest) -> str:
    """The name of the fixture that binds in the loop in which the test runs."""
    function = getattr(request.node, "obj", None)
    test = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    if not inspect.iscoroutinefunction(test):
        pytest.fail("smpp_esme is for asynchronous tests; others take smpp_smsc.url()", pytrace=False)
    if "anyio_backend" in request.fixturenames:
        return "_smpp_esme_anyio"
    if not request.config.pluginmanager.has_plugin("smppcore-asyncio"):
        pytest.fail("smpp_esme needs pytest-asyncio (0.24 or later) or anyio", pytrace=False)
    return f"_smpp_esme_{_loop_scope(request)}"


def _loop_scope(request: pytest.FixtureRequest) -> str:
    mark = request.node.get_closest_marker("asyncio")
    given = mark.kwargs.get("loop_scope") if mark is not None else None
    if given is None:
        with contextlib.suppress(ValueError):  # an older pytest-asyncio has no such option
            given = request.config.getini("asyncio_default_test_loop_scope")
    return str(given or "function")
