"""What has sockets runs on the plain loop and on uvloop, and must leave nothing behind."""

from wire.conftest import nothing_left_behind, pytest_asyncio_loop_factories

__all__ = ["nothing_left_behind", "pytest_asyncio_loop_factories"]
