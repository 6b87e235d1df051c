"""PDUs on standard output as they pass: what ``smppcore proxy --print`` shows."""

import sys
import time
from collections.abc import Callable

from smppcore.cli.people_view import people_error, people_view
from smppcore.cli.recording_check import clock
from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, Codec
from smppcore.errors import DecodeError
from smppcore.framing import Framer
from smppcore.json_view import error_view
from smppcore.privacy import Privacy
from smppcore.tap import Opening, Tap
from smppcore.trace.form import About
from smppcore.trace.jsonl_form import JsonlForm
from smppcore.trace.masking import LONGEST_PDU, Masker


class Printed(Tap):
    """One connection, for people or as the lines of a trace; ``stop`` is called when nobody reads that any more."""

    def __init__(self, number: int, privacy: Privacy, as_json: bool, stop: Callable[[], None]) -> None:
        self._number = number
        self._stop = stop
        self._gone = False
        # The answers to an ESME are read as it reads them, its requests as an SMSC does.
        self._codecs = (Codec(tolerate=ESME_TOLERANCE), Codec(tolerate=SMSC_TOLERANCE))
        self._maskers = tuple(Masker(privacy, codec.registry) for codec in self._codecs)
        self._framers = (Framer(LONGEST_PDU), Framer(LONGEST_PDU))
        self._form = JsonlForm(self._codecs[True]) if as_json else None

    def opened(self, opening: Opening) -> None:
        if self._form is not None:
            about = About(self._number, "proxy", str(self._number), opening.role, opening.local, opening.remote)
            self._line = self._form.line(about)
            self._write(self._line.begin(time.time_ns(), (b"", b""), None, False).decode())

    def received(self, octets: bytes) -> None:
        self._take(False, octets)

    def sent(self, octets: bytes) -> None:
        self._take(True, octets)

    def closed(self, reason: str) -> None:
        for sent in (False, True):
            for at, octets in self._maskers[sent].flush():
                self._show(at, sent, octets)
        if self._form is not None:
            self._write(self._line.end(time.time_ns(), reason, True).decode())

    def _take(self, sent: bool, octets: bytes) -> None:
        for at, masked in self._maskers[sent].feed(time.time_ns(), octets):
            self._show(at, sent, masked)

    def _show(self, at: int, sent: bool, octets: bytes) -> None:
        if self._form is not None:
            self._write(self._line.chunk(at, sent, octets).decode())
            return
        framer, codec = self._framers[sent], self._codecs[sent]
        if framer.fault is not None:
            return
        sender = "ESME to SMSC" if sent else "SMSC to ESME"
        for frame in framer.feed(octets):
            try:
                lines = people_view(codec.read(*frame), len(frame[0]))
            except DecodeError as error:
                reply = error_view(error, codec.registry)["reply"]
                lines = people_error(codec.registry.command_name(frame[1]), error, reply)
            self._write("\n".join([f"connection {self._number}, {sender}, {clock(at)}", *lines, "", ""]))
        if framer.fault is not None:
            self._write(f"connection {self._number}, {sender}: the stream has lost its frame: {framer.fault}\n\n")

    def _write(self, text: str) -> None:
        if self._gone:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            self._gone = True
            self._stop()
