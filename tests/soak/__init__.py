"""The tests themselves under other conditions: other Pythons, and asyncio's debug mode."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.runs")
