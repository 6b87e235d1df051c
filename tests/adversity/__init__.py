"""The library under adversity; the books that its tests keep explain themselves when they do not agree."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.ledger", f"{__name__}.loops", f"{__name__}.traffic")
