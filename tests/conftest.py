"""The two tiers: fast by default, full counts with --soak."""

import signal

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure; the time limit of each test bounds what an example may take. Each run has the same
# examples: what fails fails again, and whoever changed nothing breaks nothing. --hypothesis-profile=others has others.
settings.register_profile("others", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ours", settings.get_profile("others"), derandomize=True)
settings.load_profile("ours")

SOAK_LIMIT = 600.0
"""Seconds for a test with full counts that names no limit of its own; for all others pyproject.toml has one."""


def pytest_configure() -> None:
    """A shell script that runs the tests with ``&`` has them ignore SIGINT, and so would all programs they begin."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run only the tests with full counts")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test is in one tier or the other; the one that is not asked for is deselected, not skipped."""
    soak = config.getoption("--soak")
    others = [item for item in items if (item.get_closest_marker("soak") is not None) != soak]
    if others:
        config.hook.pytest_deselected(items=others)
        left_out = set(others)
        items[:] = [item for item in items if item not in left_out]
    for item in items:
        if soak and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SOAK_LIMIT))
