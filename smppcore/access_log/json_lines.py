"""Records as JSON lines in a file: buffered, and written out within a second."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from smppcore.log import log

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_FOR_GROUP: Final = 0o640


class JsonLines:
    """Appends one line for each record to the file ``path``; to be given as the sink of an AccessLog.

    Lines are written when ``buffer`` octets of them wait, after ``delay`` seconds, and at ``close``. Where writing
    fails, the lines are kept and tried again with those that come, up to eight times ``buffer``; what is beyond that is
    counted in ``lost``. The first failure in a row is logged. A new file can be read by its owner and group. Raises
    OSError where it cannot be opened.
    """

    def __init__(self, path: str | Path, *, buffer: int = 64 * 1024, delay: float = 1.0) -> None:
        self.lost = 0
        """How many records could not be written."""
        self._path = Path(path)
        self._buffer = buffer
        self._delay = delay
        self._file: int | None = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _FOR_GROUP)
        self._lines: list[bytes] = []
        self._octets = 0
        self._timer: asyncio.TimerHandle | None = None
        self._failing = False

    def __call__(self, record: Mapping[str, Any]) -> None:
        if self._file is None:
            raise ValueError(f"{self._path} is closed")
        line = _encode(record).encode("utf-8", "replace") + b"\n"
        if self._octets + len(line) > 8 * self._buffer:
            self.lost += 1
            return
        self._lines.append(line)
        self._octets += len(line)
        if self._octets >= self._buffer:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay, self.flush)

    def flush(self) -> None:
        """Write what waits, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._lines or self._file is None:
            return
        octets = b"".join(self._lines)
        try:
            written = os.write(self._file, octets)
        except OSError as error:
            self._failed(error)
            return
        # A full disk may take a part; the rest goes first the next time.
        rest = octets[written:]
        self._lines, self._octets = ([rest] if rest else []), len(rest)
        self._failing = bool(rest)

    def _failed(self, error: OSError) -> None:
        if not self._failing:
            log.error("access log not written", path=str(self._path), error=str(error))
        self._failing = True

    def close(self) -> None:
        """Write what waits, and close the file. May be repeated."""
        if self._file is not None:
            self.flush()
            self.lost += len(self._lines)
            os.close(self._file)
            self._file = None
