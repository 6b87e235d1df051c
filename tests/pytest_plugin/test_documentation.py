"""The tests in docs/testing.md and the README are run: tests/test_docs.py only looks whether blocks can be executed."""

import pathlib
import re

import pytest

import smppcore.pytest_plugin  # so that the runs do not import it again and again

pytest_plugins = "pytester"

ROOT = pathlib.Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "testing.md").read_text("utf-8")
EVERY = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8") + TEXT, re.MULTILINE | re.DOTALL)
BLOCKS = [block for block in EVERY if "def test_" in block]


@pytest.mark.parametrize("block", BLOCKS, ids=[re.findall(r"def (test_\w+)", block)[-1] for block in BLOCKS])
def test_the_tests_in_the_documentation_pass(pytester: pytest.Pytester, block: str) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(block)
    result = pytester.runpytest_inprocess("-W", "error", "--strict-markers", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=len(re.findall(r"def test_", block)))


def test_every_assertion_and_fixture_is_documented() -> None:
    names = {name for name in dir(smppcore.pytest_plugin.SimulatedSmsc) if not name.startswith("_")}
    undocumented = {name for name in names if not re.search(rf"\bsmsc\.{name}\b|`{name}`", TEXT)}
    assert undocumented <= {"start", "close", "simulator"}
    fields = set(smppcore.pytest_plugin.Message.__dataclass_fields__)
    assert {name for name in fields if not re.search(rf"`{name}`|\b{name}=|message\.{name}", TEXT)} == set()
