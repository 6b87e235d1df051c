"""Runs the tests of this project in a process of their own."""

import os
import pathlib
import re
import subprocess
import sys
from typing import Final

ROOT: Final = pathlib.Path(__file__).parent.parent.parent
TAIL: Final = 6_000
"""So much of the output of a run that failed is shown."""


def run(command: list[str], limit: float, **environment: str) -> str:
    """What a command writes, in the project's directory; it has to succeed within ``limit`` seconds."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=limit,
        check=False,
    )
    assert result.returncode == 0, f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout[-TAIL:]}"
    return result.stdout


def run_tests(*arguments: str, python: str = sys.executable, limit: float, **environment: str) -> int:
    """Run these tests to their end; returns how many passed. None may fail, and none may be left out."""
    options = ["-q", "-p", "no:cacheprovider", "--color=no"]
    output = run([python, "-m", "pytest", *options, *arguments], limit, **environment)
    last = output.rstrip().rpartition("\n")[2]
    passed = re.search(r"(\d+) passed", last)
    assert passed is not None, last
    assert "skipped" not in last
    return int(passed[1])
