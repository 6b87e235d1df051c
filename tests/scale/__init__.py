"""One Smsc process and thousands of ESMEs: what each of them costs, idle and busy."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.crowd", f"{__name__}.resources", f"{__name__}.server")
