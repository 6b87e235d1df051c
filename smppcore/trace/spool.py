"""The files of a trace: written by a thread of their own, one after the other, and the oldest taken away.

The event loop makes the octets and hands them over; the thread only writes, which keeps no loop waiting and takes
hardly any time of the interpreter. What waits for the thread is bounded. Where the file system fails, what was handed
over is counted as lost, the file is cut back to what is complete in it, and a new one is tried after a while.
"""

import atexit
import os
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, Final

from smppcore.log import log

LINGER: Final = 0.1
"""Seconds that the thread waits for more before it writes: ten writes a second, however small the chunks are."""
RETRY: Final = 5.0
"""Seconds from a failure until a new file is tried."""
_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"
_STAMPED: Final = r"-[0-9]{8}T[0-9]{6}\.[0-9]{6}Z"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Batch = list[tuple[bytes, int, int]]
Item = tuple[bytes, int, int] | Path | None
"""What is to be written, as ``put`` has got it; the file to go on with; or the end."""


def open_file(path: Path) -> BinaryIO:
    """A new file, for its owner's eyes. Raises FileExistsError where there is one: a trace is never written over."""
    return open(path, "xb", buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600))


class Spool:
    """The files of one trace. All methods but those of the thread are called by one thread, the event loop's.

    ``path`` is the file; with ``size`` (octets) or ``seconds``, after which the next one begins, the time at which
    each file begins is put in front of its suffix, and so their names sort. ``keep`` is how many of them stay, those
    of earlier runs included. ``buffer`` is how many octets may wait to be written.
    """

    def __init__(self, path: Path, size: int | None, seconds: float | None, keep: int | None, buffer: int) -> None:
        self._path = path
        self._size = size
        self._seconds = seconds
        self._keep = keep
        self._buffer = buffer
        self._rotates = size is not None or seconds is not None
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()
        # Each of these is changed by one thread only.
        self._put = 0
        self._in_file = 0
        self._began = 0
        self._retry_at = 0.0
        self._stamp = _EPOCH
        self._file: BinaryIO | None = None
        self._whole = 0
        self._done = 0
        self._silent = False
        self.closed = False
        self.files = 0
        """How many files were begun."""
        self.failure = ""
        """Why nothing can be written at present; empty if it can."""
        self.lost = 0
        """Octets of connections that were handed over, and could not be written."""
        self.untold = 0
        """These, and those that a note which could not be written would have told of."""

    # -- what the event loop asks and does

    @property
    def waiting(self) -> int:
        """Octets that are not written yet."""
        return self._put - self._done

    @property
    def obstacle(self) -> str:
        """Why nothing more is taken now; empty if it is."""
        if self.closed:
            return "the trace is closed"
        if self.failure and time.monotonic() < self._retry_at:
            return self.failure
        return "the disk is too slow" if self.waiting > self._buffer else ""

    def wants_file(self, now: int) -> bool:
        """Whether the next octets begin a new file."""
        if not self.files or self.failure:
            return True
        if self._size is not None and self._in_file >= self._size:
            return True
        return self._seconds is not None and now - self._began >= self._seconds * 1e9

    def begin_file(self, now: int) -> None:
        """Go on with the next file. After a failure this is an attempt, and what fails again is tried later."""
        self._retry_at = time.monotonic() + RETRY
        self.failure = ""
        self._in_file, self._began = 0, now
        self.files += 1
        self._queue.put(self._next_path(now))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="smppcore trace", daemon=True)
            self._thread.start()
            atexit.register(self.finish)

    def put(self, octets: bytes, recorded: int = 0, told: int = 0) -> None:
        """Hand over what is to be written: it records so many octets of a connection, or tells of so many lost."""
        self._put += len(octets)
        self._in_file += len(octets)
        self._queue.put((octets, recorded, told))

    def finish(self, timeout: float | None = None) -> bool:
        """Write all that waits, and end; whether that was done in time. Blocks."""
        if not self.closed:
            self.closed = True
            self._queue.put(None)
            self._hurry.set()
        if self._thread is not None:
            self._thread.join(timeout)
            atexit.unregister(self.finish)
            return not self._thread.is_alive()
        return True

    def _next_path(self, now: int) -> Path:
        path = self._path
        if not self._rotates and self.files == 1:
            return path
        self._stamp = max(_EPOCH + timedelta(microseconds=now // 1000), self._stamp + timedelta(microseconds=1))
        return path.with_name(f"{path.stem}-{self._stamp.strftime(_STAMP)}{path.suffix}")

    # -- what the thread does

    def _run(self) -> None:
        while True:
            batch: Batch = []
            for item in self._take():
                if isinstance(item, tuple):
                    batch.append(item)
                    continue
                self._write(batch)
                batch = []
                self._close()
                if item is None:
                    return
                self._open(item)
            self._write(batch)

    def _take(self) -> list[Item]:
        """What waits, after waiting for it."""
        queue = self._queue
        items = [queue.get()]
        if items[0] is not None:
            self._hurry.wait(LINGER)
        while items[-1] is not None and not queue.empty():
            items.append(queue.get())
        return items

    def _open(self, path: Path) -> None:
        try:
            self._file = open_file(path)
        except OSError as error:
            self._failed(path, error)
            return
        self._whole = 0
        if self._silent:
            log.info("the trace goes on", file=path.name, lost_octets=self.lost)
        self._silent, self.failure = False, ""
        if self._keep is not None:
            self._take_away(path)

    def _write(self, batch: Batch) -> None:
        octets = b"".join(each[0] for each in batch)
        try:
            if self._file is not None:
                _write_all(self._file, octets)
                self._whole += len(octets)
            else:
                self._lose(batch)
        except OSError as error:
            self._lose(batch)
            self._cut_back()
            self._failed(self._path, error)
        self._done += len(octets)

    def _lose(self, batch: Batch) -> None:
        self.lost += sum(recorded for _, recorded, _ in batch)
        self.untold += sum(recorded + told for _, recorded, told in batch)

    def _failed(self, path: Path, error: OSError) -> None:
        """Say it once, however often it is tried again."""
        self._close()
        self.failure = error.strerror or type(error).__name__
        if not self._silent:
            log.error("the trace cannot be written", file=path.name, error=self.failure)
        self._silent = True

    def _cut_back(self) -> None:
        """Leave nothing half written; a full disk allows that."""
        if self._file is not None:
            try:
                self._file.truncate(self._whole)
            except OSError as error:
                log.debug("the end of a trace is broken", error=str(error))

    def _close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as error:  # a file system of the network may say only now what it thinks of a write
                log.error("the trace may be incomplete", file=self._path.name, error=error.strerror)

    def _take_away(self, newest: Path) -> None:
        """Remove the oldest files of this trace, those of earlier runs included."""
        ours = re.compile(re.escape(self._path.stem) + _STAMPED + re.escape(self._path.suffix))
        files = sorted(each for each in newest.parent.iterdir() if ours.fullmatch(each.name))
        for file in files[: -self._keep] if self._keep else []:
            try:
                file.unlink()
            except OSError as error:
                log.error("an old trace cannot be removed", file=file.name, error=error.strerror)


def _write_all(file: BinaryIO, octets: bytes) -> None:
    """An unbuffered file may take less than it was given."""
    left = memoryview(octets)
    while left:
        left = left[file.write(left) or 0 :]
