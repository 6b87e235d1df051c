"""As in tests/wire: coroutines run on the plain loop and on uvloop, with nothing left behind."""

from wire.conftest import (  # noqa: F401  # fixtures and a hook, found by their names
    _cheap_collections,
    nothing_left_behind,
    pytest_asyncio_loop_factories,
)
