"""asyncio's debug mode finds calls from the wrong thread, coroutines that nobody awaits, and transports left open."""

import pytest

from .runs import run_tests

LIMIT = 600.0


@pytest.mark.soak
@pytest.mark.timeout(LIMIT + 10)
def test_the_wire_the_link_and_the_session_in_debug_mode() -> None:
    """Warnings are errors there as they are here."""
    assert run_tests("tests/session", "tests/wire", "tests/link", limit=LIMIT, PYTHONASYNCIODEBUG="1") > 1_000
