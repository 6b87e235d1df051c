"""The trace itself: where recorded connections come together, and the files that they go to."""

import asyncio
import time
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.log import log
from smppcore.privacy import Privacy
from smppcore.tap import Opening, Tap
from smppcore.trace.form import About, Form, Line, Loss
from smppcore.trace.jsonl_form import JsonlForm
from smppcore.trace.masking import Chunk, Masker
from smppcore.trace.pcapng_form import PcapngForm
from smppcore.trace.spool import Spool

PASSWORDS_ONLY: Final = Privacy(text=False, numbers=False)
_NEVER: Final = -1


class Trace:
    """``async with Trace("carrier.pcapng") as trace:`` and ``esme.tap(trace.connection("carrier"))``.

    The suffix of ``path`` says what is written: ``.pcapng`` for Wireshark, or ``.jsonl``, a PDU a line. A file that is
    there already is never written over.

    With ``size`` (octets) or ``seconds`` a new file begins when either is reached, at the next octets that come; the
    time at which each file begins is in its name (``carrier-20270131T180000.000000Z.pcapng``), so names sort, and
    ``keep`` is how many stay. Every file can be read alone.

    Passwords of binds and outbinds are asterisks in every trace. Text and numbers are recorded, because a trace is for
    finding out what happened; ``privacy`` masks them too.

    A thread writes. At most ``buffer`` octets wait for it: when they are reached, and when the disk fails, octets of
    connections are left out, the error is logged once, the connections live on, and what is missing is said in the
    trace as soon as it goes on. ``lost`` counts it.

    ``port`` is written in place of the SMSC's port (pcapng), for readers that know 2775 only. ``codec`` reads PDUs
    (JSON lines) and knows a carrier's own; by default it tolerates what an Esme does. Raises ValueError for a bad
    suffix or option, FileExistsError, and FileNotFoundError where there is no such directory.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        size: int | None = None,
        seconds: float | None = None,
        keep: int | None = None,
        buffer: int = 16 * 1024 * 1024,
        privacy: Privacy = PASSWORDS_ONLY,
        port: int | None = None,
        codec: Codec | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.path = Path(path)
        self.codec = codec or Codec(tolerate=ESME_TOLERANCE)
        self.privacy = privacy
        self.form = _form(self.path, self.codec, port, _note(privacy))
        _check(self.path, size, seconds, keep, buffer)
        self._spool = Spool(self.path, size, seconds, keep, buffer)
        self._clock = clock
        self._recorders: set[_Recorder] = set()
        self._made = 0
        self._dropped = 0
        self._told = 0
        self._reason = ""
        self._generation = 0
        self.recorded = 0
        """Octets of connections that were handed to the files."""

    @property
    def lost(self) -> int:
        """Octets of connections that are not in the trace, because of the disk."""
        return self._dropped + self._spool.lost

    @property
    def closed(self) -> bool:
        """Whether it was closed, so that nothing is recorded any more."""
        return self._spool.closed

    @property
    def failure(self) -> str:
        """Why nothing can be recorded at present; empty if it can."""
        return self._spool.obstacle

    @property
    def waiting(self) -> int:
        """Octets that are not written yet."""
        return self._spool.waiting

    def connection(self, link: str, bind: str = "") -> Tap:
        """What records one connection, under the name of its link and of its bind: ``esme.tap`` takes it, once.

        After the trace was closed it records nothing.
        """
        self._made += 1
        return _Recorder(self, self._made, link, bind)

    async def close(self, timeout: float = 10.0) -> None:
        """Write what waits, and close the file; connections that are recorded live on without it.

        Raises TimeoutError where the disk has not taken it after ``timeout`` seconds. May be called again.
        """
        for recorder in list(self._recorders):
            recorder.stop("the trace is closed")
        if not await asyncio.to_thread(self._spool.finish, timeout):
            raise TimeoutError(f"{self.path.name}: {self.waiting} octets are not written after {timeout:g} s")
        if self.lost:
            log.warning("the trace is not complete", file=self.path.name, lost_octets=self.lost)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- what its recorders call

    def now(self) -> int:
        return self._clock()

    def follow(self, recorder: "_Recorder", on: bool) -> None:
        (self._recorders.add if on else self._recorders.discard)(recorder)

    def ready(self, now: int) -> int:
        """The number of the stretch of recording that what comes now belongs to; 0 if it cannot be recorded.

        A new file is a new stretch.
        """
        spool = self._spool
        obstacle = spool.obstacle
        if obstacle:
            self._reason = obstacle
            return 0
        if spool.wants_file(now):
            self._reason = spool.failure or self._reason
            spool.begin_file(now)
            self._generation += 1
            loss = self._untold()
            spool.put(self.form.beginning(now, loss), told=0 if loss is None else loss.octets)
        elif self._dropped + spool.untold != self._told:
            loss = self._untold()
            if loss is not None:
                spool.put(self.form.lost(now, loss), told=loss.octets)
        return self._generation

    def write(self, octets: bytes, recorded: int = 0) -> None:
        self.recorded += recorded
        self._spool.put(octets, recorded)

    def drop(self, octets: int) -> str:
        """So many octets are left out; returns why."""
        self._dropped += octets
        return self._reason

    def _untold(self) -> Loss | None:
        """What is missing, and nothing in the files says so yet."""
        missing = self._dropped + self._spool.untold - self._told
        self._told += missing
        return Loss(missing, self._reason) if missing else None


class _Recorder(Tap):
    """One connection of a trace."""

    def __init__(self, trace: Trace, number: int, link: str, bind: str) -> None:
        self._trace = trace
        self._number = number
        self._names = link, bind
        self._line: Line | None = None
        self._maskers = (Masker(trace.privacy, trace.codec.registry), Masker(trace.privacy, trace.codec.registry))
        self._stretch = _NEVER
        self._again = False
        self._missed = 0
        self._why = ""

    def opened(self, opening: Opening) -> None:
        if self._trace.closed:
            return
        about = About(self._number, *self._names, opening.role, opening.local, opening.remote, opening.live)
        self._line = self._trace.form.line(about)
        self._trace.follow(self, True)
        self._ready(self._line, self._trace.now())
        if opening.begun:
            self.received(opening.begun)

    def received(self, octets: bytes) -> None:
        self._take(False, octets)

    def sent(self, octets: bytes) -> None:
        self._take(True, octets)

    def closed(self, reason: str) -> None:
        self.stop(reason, over=True)

    def removed(self) -> None:
        self.stop("switched off")

    def stop(self, reason: str, *, over: bool = False) -> None:
        """Record what is still held, and no more."""
        line, now = self._line, self._trace.now()
        if line is None:
            return
        ready = self._ready(line, now)
        for sent in (False, True):
            self._put(line, ready, sent, self._maskers[sent].flush())
        if ready:
            self._trace.write(line.end(now, reason, over))
        self._line = None
        self._trace.follow(self, False)

    def _take(self, sent: bool, octets: bytes) -> None:
        line = self._line
        if line is not None:
            now = self._trace.now()
            ready = self._ready(line, now)
            self._put(line, ready, sent, self._maskers[sent].feed(now, octets))

    def _ready(self, line: Line, now: int) -> bool:
        """Whether what comes now can be recorded; in a new stretch the connection begins anew."""
        stretch = self._trace.ready(now)
        if not stretch:
            self._stretch = _NEVER
        elif stretch != self._stretch:
            self._stretch = stretch
            loss = Loss(self._missed, self._why) if self._missed else None
            self._missed = 0
            received, sent = (masker.given for masker in self._maskers)
            self._trace.write(line.begin(now, (sent, received), loss, self._again))
            self._again = True
        return stretch > 0

    def _put(self, line: Line, ready: bool, sent: bool, chunks: list[Chunk]) -> None:
        for time_of_it, octets in chunks:
            if ready:
                self._trace.write(line.chunk(time_of_it, sent, octets), len(octets))
            else:
                line.skip(sent, octets)
                self._missed += len(octets)
                self._why = self._trace.drop(len(octets))


def _form(path: Path, codec: Codec, port: int | None, note: str) -> Form:
    if path.suffix == JsonlForm.suffix:
        return JsonlForm(codec, note)
    if path.suffix != PcapngForm.suffix:
        raise ValueError(f"a trace is a file .pcapng or .jsonl, not {path.name}")
    if port is not None and not 0 < port <= 65_535:
        raise ValueError(f"port: {port} is none")
    return PcapngForm(port, note)


def _note(privacy: Privacy) -> str:
    masked = ["passwords", *(["text"] if privacy.text else []), *(["numbers"] if privacy.numbers else [])]
    return f"masked: {', '.join(masked)}"


def _check(path: Path, size: int | None, seconds: float | None, keep: int | None, buffer: int) -> None:
    for name, value in (("size", size), ("seconds", seconds), ("keep", keep), ("buffer", buffer)):
        if value is not None and value <= 0:
            raise ValueError(f"{name}: {value} is not above 0")
    if keep is not None and size is None and seconds is None:
        raise ValueError("keep: without size or seconds there is one file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no directory {path.parent}")
    if size is None and seconds is None and path.exists():
        raise FileExistsError(f"{path} is there already; a trace is never written over")
