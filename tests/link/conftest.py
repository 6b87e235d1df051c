"""As in tests/wire: on the plain loop and on uvloop, with nothing left behind; neither calls that a link held."""

import gc
from collections.abc import Iterator

import pytest
from wire.conftest import (  # noqa: F401  # fixtures and a hook, found by their names
    _cheap_collections,
    nothing_left_behind,
    pytest_asyncio_loop_factories,
)

from smppcore.held import Held


@pytest.fixture(autouse=True)
def no_call_left(nothing_left_behind: None) -> Iterator[None]:  # noqa: F811
    """No link holds calls or a timer for them."""
    yield
    gc.collect()
    assert [held for held in gc.get_objects() if type(held) is Held and (len(held) or held._timer is not None)] == []
