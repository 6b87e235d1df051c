"""Every test with a store runs on memory and on SQLite."""

import pathlib

import pytest

from .desk import STORES, MakeStore


@pytest.fixture(params=sorted(STORES))
def make_store(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> MakeStore:
    """Makes the store of a process; each process of a test has its own, and what is in them is the same."""
    return STORES[request.param](tmp_path)
