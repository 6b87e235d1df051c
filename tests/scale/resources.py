"""What a test of this size needs of the machine: said in plain words where it is missing, never passed over."""

import os
import resource

import pytest

SPARE = 300
"""Descriptors for everything but the connections."""


def need_descriptors(connections: int) -> None:
    """Let this process and its children open that many connections, or fail with what is missing."""
    needed = connections + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= needed:
        if soft != resource.RLIM_INFINITY and soft < needed:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, needed))
    except (ValueError, OSError) as error:
        pytest.fail(
            f"{connections} connections need {needed} open files per process, and the hard limit is {hard} ({error}): "
            f"raise it (ulimit -Hn {needed}, or nofile in limits.conf)"
        )


def need_proc() -> None:
    """Resident size is read from /proc/self/statm, and source addresses besides 127.0.0.1 are taken for granted."""
    if not os.path.exists("/proc/self/statm"):
        pytest.fail("there is no /proc/self/statm, so the resident size cannot be read: run this tier on Linux")
