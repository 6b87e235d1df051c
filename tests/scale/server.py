"""The Smsc process, as the test sees it."""

import json
import os
import pathlib
import subprocess
import sys
import threading
from typing import Any, NamedTuple, Self

LIMIT = 60.0
PROGRAM = pathlib.Path(__file__).with_name("smsc_process.py")


class Cost(NamedTuple):
    """``resident`` in octets, ``gone`` and ``received`` since the start; ``objects`` counts the Peers in memory."""

    resident: int
    bound: int
    connections: int
    gone: int
    objects: int
    received: int


class Server:
    def __init__(self, loop: str, interval: float) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, str(PROGRAM), loop, str(interval)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONWARNINGS": "error"},
        )
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._popen.stdout is not None
        watch = threading.Timer(LIMIT, self._popen.kill)
        watch.start()
        try:
            return self._popen.stdout.readline()
        finally:
            watch.cancel()
            watch.join()

    def _ask(self, question: str) -> Any:
        assert self._popen.stdin is not None
        self._popen.stdin.write(f"{question}\n")
        self._popen.stdin.flush()
        return json.loads(self._line())

    def cost(self) -> Cost:
        """What it costs by now, garbage collected."""
        return Cost(**self._ask("cost"))

    def cpu(self) -> float:
        """Seconds of CPU since its start."""
        return float(self._ask("cpu"))

    def empty(self) -> Cost:
        """As cost, once it has noticed that everybody has left."""
        while (cost := self.cost()).connections or cost.objects:
            pass
        return cost

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.close()
        try:
            code = self._popen.wait(LIMIT)
        finally:
            self._popen.kill()
            self._popen.stdout.close()
        assert code == 0
