"""``smppcore simulate`` as a process of its own, for what is to be killed, or to be shared by several processes."""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from smppcore.pytest_plugin.scenario import Scenario, to_toml

LONGEST_START: Final = 30.0
LONGEST_END: Final = 10.0
LOOK_AGAIN: Final = 0.005
OPTIONS: Final = {"seed": "--seed", "system_id": "--system-id", "capacity": "--capacity", "store": "--store"}
"""The keys that may go before those of a file."""


class SmscProcess:
    """A process of ``smppcore simulate``: ``with SmscProcess(tmp_path, Scenario(keys={"delay": 0})) as process``.

    ``directory`` is for its output and its configuration. It listens on a free port of loopback, and again on the same
    one when it is started again after ``kill`` or ``stop``. Raises ConfigError and OSError for a configuration that
    cannot be, TypeError for what a process cannot have.
    """

    def __init__(self, directory: Path, scenario: Scenario | None = None) -> None:
        scenario = scenario or Scenario()
        if scenario.virtual_time:
            raise TypeError("a process has no virtual time: use smpp_smsc")
        self._config = scenario.config()
        self._directory = directory
        self._arguments = _arguments(scenario, directory)
        self._process: subprocess.Popen[bytes] | None = None
        self.host = "127.0.0.1"
        self.port = 0

    # -- where it is

    @property
    def pid(self) -> int:
        """Raises RuntimeError while it does not run."""
        return self._running.pid

    @property
    def system_id(self) -> str:
        """That of the first account."""
        return next(iter(self._config.accounts))

    @property
    def password(self) -> str:
        """That of the first account."""
        return self._config.accounts[self.system_id].password

    def url(self, account: str = "") -> str:
        """What ``connect`` takes, for the first account or the one named. Raises KeyError."""
        chosen = self._config.accounts[account or self.system_id]
        scheme = "smpp" if self._config.listeners[0].certificate is None else "smpps"
        return f"{scheme}://{chosen.system_id}:{chosen.password}@{self.host}:{self.port}"

    @property
    def output(self) -> str:
        """What it has printed since it was started last."""
        return self._path("output").read_text("utf-8")

    @property
    def errors(self) -> str:
        """What it has written to standard error since then."""
        return self._path("errors").read_text("utf-8")

    def _path(self, name: str) -> Path:
        return self._directory / f"smppcore-simulate.{name}"

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError("the process does not run")
        return self._process

    # -- begin and end

    def start(self) -> None:
        """Start it, and wait until it listens. Raises RuntimeError with its errors where it does not."""
        if self._process is not None:
            raise RuntimeError("the process runs already")
        command = [sys.executable, "-m", "smppcore", "simulate", "--host", self.host, "--port", str(self.port)]
        with self._path("output").open("wb") as output, self._path("errors").open("wb") as errors:
            # S603: our own command, with a configuration that the test has written.
            self._process = subprocess.Popen([*command, *self._arguments], stdout=output, stderr=errors)  # noqa: S603
        try:
            self.port = self._wait_ready()
        except BaseException:
            self.kill()
            raise

    def _wait_ready(self) -> int:
        """The port that it says it listens on."""
        deadline = time.monotonic() + LONGEST_START
        while not (line := self.output.partition("\n"))[1]:
            if self._running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"smppcore simulate does not start: {self.errors or self.output or 'it is silent'}")
            time.sleep(LOOK_AGAIN)
        return int(line[0].rpartition(":")[2])

    def stop(self) -> None:
        """Let it unbind everyone and end. Raises RuntimeError where it ends badly, or has written errors."""
        if self._process is None:
            return
        process = self._process
        process.terminate()
        try:
            status = process.wait(LONGEST_END)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"smppcore simulate does not end within {LONGEST_END:g} s") from None
        self._process = None
        if status or self.errors:
            raise RuntimeError(f"smppcore simulate ended with status {status}: {self.errors or 'it is silent'}")

    def kill(self) -> None:
        """End it at once, as a crash does: without unbind, and with whatever it keeps in memory."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _arguments(scenario: Scenario, directory: Path) -> list[str]:
    """The command line that says what the scenario says; keys without a file go into one of their own."""
    if scenario.file is not None:
        return ["--config", str(scenario.file.absolute()), *_options(scenario.keys)]
    file = directory / "smppcore-simulate.toml"
    file.write_text(to_toml(scenario.keys), "utf-8")
    return ["--config", str(file)]


def _options(keys: Mapping[str, Any]) -> list[str]:
    strange = [key for key in keys if key not in OPTIONS]
    if strange:
        raise TypeError(f"beside a file a process takes {', '.join(OPTIONS)}, not {strange[0]}")
    return [word for key, value in keys.items() for word in (OPTIONS[key], str(value))]
