"""The fixture ``run``: a test on the plain loop and on uvloop."""

import pytest

from .loops import LOOPS, Run


@pytest.fixture(params=sorted(LOOPS))
def run(request: pytest.FixtureRequest) -> Run:
    return Run(LOOPS[request.param])
