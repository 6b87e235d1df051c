"""The two tiers: fast by default, full counts with --soak."""

import pytest
from hypothesis import settings

# A busy machine is no failure; the time limit of each test bounds what an example may take.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")


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
