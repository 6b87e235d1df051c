"""Installs the peers that come from PyPI and npm into ``.peers`` at the root of the project.

Debian's packages (kannel, tshark) are not installed from here: see README.md.
"""

import os
import pathlib
import shutil
import subprocess
import sys
from typing import Final

SOURCE: Final = pathlib.Path(__file__).parent
ROOT: Final = SOURCE.parent.parent
PEERS: Final = ROOT / ".peers"
PYTHON: Final = PEERS / "venv" / "bin" / "python"
NODE_MODULES: Final = PEERS / "node_smpp" / "node_modules"
SECONDS: Final = 300


def install_python() -> None:
    """The packages of requirements.txt, in a virtual environment. Raises CalledProcessError where that fails."""
    wanted = (SOURCE / "requirements.txt").read_text("utf-8") + sys.version
    if _installed(PEERS / "venv", wanted):
        return
    shutil.rmtree(PEERS / "venv", ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(PEERS / "venv")])
    _run([str(PYTHON), "-m", "pip", "install", "-q", "--no-deps", "-r", str(SOURCE / "requirements.txt")])
    _note(PEERS / "venv", wanted)


def install_node() -> None:
    """What package-lock.json names, by npm ci. Raises CalledProcessError where that fails."""
    wanted = (SOURCE / "node_smpp" / "package-lock.json").read_text("utf-8")
    folder = PEERS / "node_smpp"
    if _installed(folder, wanted):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / "node_smpp" / name, folder)
    _run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    _note(folder, wanted)


def _installed(folder: pathlib.Path, wanted: str) -> bool:
    note = folder / "installed"
    return note.exists() and note.read_text("utf-8") == wanted


def _note(folder: pathlib.Path, wanted: str) -> None:
    (folder / "installed").write_text(wanted, "utf-8")


def _run(command: list[str], folder: pathlib.Path = ROOT) -> None:
    subprocess.run(command, cwd=folder, check=True, timeout=SECONDS, stdin=subprocess.DEVNULL)


def environment() -> dict[str, str]:
    """For the scripts: Python and node find the peers, and our own package is not needed."""
    return {**os.environ, "NODE_PATH": str(NODE_MODULES), "PYTHONUNBUFFERED": "1"}
