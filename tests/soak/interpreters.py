"""Finds a Python of another version on this machine, on PATH or among those of pyenv."""

import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

import pytest


def interpreter(version: str) -> str:
    """The path of a Python of that version, such as "3.12"; fails where there is none."""
    looked_at = list(_candidates(version))
    for path in looked_at:
        if _version_of(path) == version:
            return path
    pytest.fail(
        f"there is no Python {version} here: install it so that python{version} is on PATH, or with pyenv "
        f"(looked at: {', '.join(looked_at) or 'nothing'})"
    )


def _candidates(version: str) -> Iterator[str]:
    on_path = shutil.which(f"python{version}")
    if on_path is not None:
        yield on_path
    root = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    for prefix in sorted(root.glob(f"versions/{version}*")):
        yield str(prefix / "bin" / "python")


def _version_of(path: str) -> str | None:
    """What it says of itself; None for one that does not run, as a shim of pyenv for a version that is not chosen."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        result = subprocess.run([path, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None
