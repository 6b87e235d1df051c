"""Installs the peers into ``.peers`` at the root of the project: one that cannot be installed is left out, with why."""

import json
import shutil
import subprocess
import sys
from typing import Final

from conformance.peers.install import NODE_MODULES, PEERS, SECONDS, install_node
from conformance.peers.install import SOURCE as CONFORMANCE

FOLDER: Final = PEERS / "benchmarks"
PYTHON: Final = FOLDER / "bin" / "python"
NOTE: Final = FOLDER / "failures.json"
PACKAGES: Final = {
    "smpplib": ("smpplib", "six"),
    "aiosmpplib": ("aiosmpplib",),
    "smpp34": ("smpp34",),
    "naz": ("naz==0.8.1",),
}
"""Versions that the conformance tests name as well are theirs."""
NODE: Final = "node-smpp"
NOT_INSTALLED: Final = "not installed: python -m benchmarks.peers --install"


def install() -> dict[str, str]:
    """Install all; why some could not be, by name."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True, timeout=SECONDS)
    found = {name: _pip(*packages) for name, packages in PACKAGES.items()} | {NODE: _npm()}
    failures = {name: reason for name, reason in found.items() if reason}
    if reason := _pip("uvloop"):
        failures |= dict.fromkeys(PACKAGES, f"uvloop: {reason}")
    NOTE.write_text(json.dumps(failures), "utf-8")
    return failures


def _pip(*packages: str) -> str:
    command = [str(PYTHON), "-m", "pip", "install", "-q", "--no-deps", "-c", str(CONFORMANCE / "requirements.txt")]
    done = subprocess.run([*command, *packages], capture_output=True, encoding="utf-8", timeout=SECONDS)
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return "" if not done.returncode else (errors or [f"pip ended with {done.returncode}"])[0].removeprefix("ERROR: ")


def _npm() -> str:
    try:
        install_node()
    except (OSError, subprocess.SubprocessError) as error:
        return f"npm: {error}"
    return ""


def failures() -> dict[str, str]:
    """Why peers are missing, by name."""
    if not NOTE.exists():
        return dict.fromkeys((*PACKAGES, NODE), NOT_INSTALLED)
    found: dict[str, str] = json.loads(NOTE.read_text("utf-8"))
    if not NODE_MODULES.exists():
        found.setdefault(NODE, NOT_INSTALLED)
    return found


def version(name: str) -> str:
    """Of a peer that is installed."""
    if name == NODE:
        return str(json.loads((NODE_MODULES / "smpp" / "package.json").read_text("utf-8"))["version"])
    command = [str(PYTHON), "-c", f"import importlib.metadata as m; print(m.version({name!r}))"]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.strip()
