"""The command line as processes of their own: one that ends by itself, and a simulator that is ended by its pid."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

LIMIT = 30.0
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "SMPPCORE_URL"} | {
    "COLUMNS": "200",
    "PYTHONWARNINGS": "error",
}
TRACEBACK = "Traceback (most recent call last)"


def run_command(
    *arguments: str, text: str | None = None, limit: float = LIMIT, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run ``smppcore`` to its end. Whatever happens, it shows no traceback."""
    result = subprocess.run(
        [sys.executable, "-m", "smppcore", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=limit,
        env=ENVIRONMENT | environment,
        check=False,
    )
    assert TRACEBACK not in result.stderr, result.stderr
    return result


class Process:
    """A command that runs until it is told to end."""

    def __init__(self, *arguments: str) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "smppcore", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
        self.pid = self._popen.pid

    def readline(self) -> str:
        """The next line of its output, without the line end; empty where it has ended or is silent for too long."""
        assert self._popen.stdout is not None
        watch = threading.Timer(LIMIT, self._popen.kill)
        watch.start()
        try:
            return self._popen.stdout.readline().rstrip("\n")
        finally:
            watch.cancel()
            watch.join()

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send it a signal; returns exit status, and what was left of its output and errors."""
        if self._popen.poll() is None:
            os.kill(self.pid, number)
        output, errors = self._popen.communicate(timeout=LIMIT)
        return self._popen.returncode, output, errors

    def kill(self) -> None:
        if self._popen.poll() is None:
            self._popen.kill()
        self._popen.communicate()


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[Process]:
    process = Process(*arguments)
    try:
        yield process
    finally:
        process.kill()


@contextlib.contextmanager
def simulator(*arguments: str) -> Iterator[tuple[Process, int]]:
    """A simulator as a process, and its port."""
    with running("simulate", "--port", "0", *arguments) as process:
        ready = process.readline()
        assert ready.startswith("ready 127.0.0.1:"), ready
        yield process, int(ready.rpartition(":")[2])
