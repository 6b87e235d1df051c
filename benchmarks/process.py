"""Processes that are measured or that measure: starting them, their CPU and their memory. Linux only."""

import contextlib
import os
import pathlib
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

ROOT: Final = pathlib.Path(__file__).parent.parent
SECONDS: Final = 10
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
CPUCLOCK_SCHED: Final = 2


class Failure(Exception):
    """A process did not do its part; the text says what it did instead, in one line."""


class Child(contextlib.AbstractContextManager["Child"]):
    """A process of ours from its start to its end; what it writes to standard error is kept for the ``Failure``."""

    def __init__(self, command: Sequence[object], environment: Sequence[tuple[str, str]] = ()) -> None:
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self.process = subprocess.Popen(
            [str(each) for each in command],
            cwd=ROOT,
            env=os.environ | dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
        )

    def _stream(self, stream: IO[str] | None) -> IO[str]:
        if stream is None:
            raise Failure("a stream of a process is missing")
        return stream

    def read_line(self, beside: "Child | None" = None) -> str:
        """The next line of its output, without the newline. Raises Failure where it, or ``beside``, ended before."""
        stdout = self._stream(self.process.stdout)
        if beside is not None:
            beside.lives_until_readable(stdout)
        line = stdout.readline()
        if not line:
            self.wait()
            raise Failure(f"it ended early: {self.last_words()}")
        return line.rstrip("\n")

    def lives_until_readable(self, stream: IO[str]) -> None:
        """Wait until the stream has a line. Raises Failure where this process ended before."""
        ended = os.pidfd_open(self.process.pid)
        try:
            waited_for: list[Any] = [stream, ended]
            readable, _, _ = select.select(waited_for, [], [])
        finally:
            os.close(ended)
        if stream not in readable:
            self.wait()
            raise Failure(f"it ended early: {self.last_words()}")

    def expect(self, line: str) -> None:
        """Wait for this line. Raises Failure where another comes."""
        found = self.read_line()
        if found != line:
            raise Failure(f"it said {found!r}, not {line!r}")

    def go_on(self) -> None:
        """Release a process that waits at a mark."""
        stdin = self._stream(self.process.stdin)
        with contextlib.suppress(BrokenPipeError):  # then the next read_line says what happened
            stdin.write("\n")
            stdin.flush()

    def wait(self, seconds: float = SECONDS) -> int:
        """Its exit status. Raises Failure where it has none in time."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"it did not end within {seconds:g} s") from None

    def last_words(self) -> str:
        """The last line of its standard error."""
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1][:200] if lines else f"exit status {self.process.returncode}"

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def module(name: str, *arguments: object) -> Child:
    """A module of ours as a process."""
    return Child([sys.executable, "-m", name, *arguments])


@contextlib.contextmanager
def smsc(*words: object) -> Iterator[tuple[Child, int]]:
    """``benchmarks.smsc`` as a process, listening, and its port."""
    port = free_port()
    with module("benchmarks.smsc", port, *words) as child:
        child.expect("ready")
        yield child, port


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def cpu_of(pid: int) -> float:
    """Seconds of CPU, user and system, that a process and all its threads have used so far (clock_getcpuclockid(3))."""
    return time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED)


def memory_of(pid: int) -> int:
    """Octets of a process that are in memory (proc_pid_statm(5))."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE


@contextlib.contextmanager
def redis_server(directory: pathlib.Path, *options: str) -> Iterator[str]:
    """A Redis server on a Unix socket; gives its URL. Raises Failure where none is installed or none answers."""
    path = directory / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", path, "--dir", directory, "--save", "", *options]
    command += ["--logfile", directory / "redis.log"]  # nobody reads its output
    try:
        child = Child(command)
    except FileNotFoundError:
        raise Failure("redis-server is not installed") from None
    with child:
        until_open(path)
        yield f"unix://{path}"


def until_open(path: pathlib.Path) -> None:
    """Wait until somebody listens on a Unix socket. Raises Failure."""
    deadline = time.monotonic() + SECONDS
    while True:
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            client.connect(str(path))
            return
        if time.monotonic() > deadline:
            raise Failure("redis-server did not start")
        time.sleep(0.01)
