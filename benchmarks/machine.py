"""What figures were measured on, in a line that names no host."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import smppcore


def processor() -> str:
    """The model's name as Linux tells it, else the architecture."""
    lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names and names[0] not in ("", "unknown") else platform.machine()


def machine() -> str:
    return (
        f"smppcore {smppcore.__version__}, {platform.python_implementation()} {platform.python_version()},"
        f" uvloop {version('uvloop')}, {platform.system()} {platform.release().partition('-')[0]},"
        f" {os.cpu_count()} cores of {processor()}"
    )
