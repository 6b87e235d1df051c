"""The fast tier on the other Pythons that we support, each in an environment of its own."""

import pathlib

import pytest

from .interpreters import interpreter
from .runs import ROOT, run, run_tests

INSTALLING = 300.0
TESTING = 900.0


@pytest.mark.soak
@pytest.mark.alone
@pytest.mark.timeout(INSTALLING + TESTING + 60)
@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_the_fast_tier_on_another_python(version: str, tmp_path: pathlib.Path) -> None:
    python = interpreter(version)
    run([python, "-m", "venv", str(tmp_path / "venv")], INSTALLING)
    own = str(tmp_path / "venv" / "bin" / "python")
    run([own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", f"{ROOT}[dev]"], INSTALLING)
    assert run_tests("tests", "-n", "2", python=own, limit=TESTING) > 5_000
