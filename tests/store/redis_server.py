"""A real Redis server, Debian's, that a test starts, kills and starts again; it listens on a socket of its own."""

import pathlib
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

SECONDS = 30


class RedisServer:
    """What it keeps stays in ``directory``. Without a ``port`` it listens on a Unix socket there."""

    def __init__(self, directory: pathlib.Path, *options: str, port: int = 0) -> None:
        program = shutil.which("redis-server")
        assert program is not None, "the tests of RedisStore need redis-server: apt-get install redis-server"
        directory.mkdir(exist_ok=True)
        self._socket = directory / "redis.sock"
        self.url = f"redis://127.0.0.1:{port}" if port else f"unix://{self._socket}"
        where = ["--port", str(port), "--unixsocket", str(self._socket), "--dir", str(directory)]
        self._command = [program, *where, "--save", "", "--bind", "127.0.0.1", *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it is ready."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = self._process.stdout
        assert output is not None
        said = b""
        for line in output:
            said += line
            if b"Ready to accept connections" in line or b"now ready to accept connections" in line:
                break
        else:
            self.kill()
            raise AssertionError(said.decode())
        threading.Thread(target=output.read, daemon=True).start()  # a full pipe would stop it

    def kill(self) -> None:
        """SIGKILL, for it and nobody else."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(SECONDS)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    @contextmanager
    def client(self) -> Iterator[Any]:
        """A plain client, to look at what is there."""
        client = redis.Redis.from_url(self.url)
        yield client
        client.close()

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
