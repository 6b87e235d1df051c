"""A trace as JSON lines: one PDU a line, with its octets, in the shape of ``smppcore decode --json``.

Every line has ``time`` (UTC, microseconds) and ``time_ns`` (nanoseconds since the epoch). A line with ``event`` tells
of a file (``trace``), of a connection (``opened``, ``continued``, ``closed``, ``removed``) or of a ``loss``; all others
are PDUs, or octets that are none, with ``direction``, ``hex`` and ``result``.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import smppcore
from smppcore.codec import Codec
from smppcore.framing import Framer
from smppcore.json_view import error_view, json_view, missing_octets
from smppcore.trace.form import About, Loss
from smppcore.trace.masking import LONGEST_PDU

VERSION: Final = 1
_NO_MORE: Final = Framer(0)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class JsonlForm:
    """``codec`` reads the PDUs; ``note`` stands in the first line of each file."""

    suffix = ".jsonl"

    def __init__(self, codec: Codec, note: str = "") -> None:
        self.codec = codec
        self._note = note

    def beginning(self, time: int, loss: Loss | None) -> bytes:
        first = {"event": "trace", "version": VERSION, "application": f"smppcore {smppcore.__version__}"}
        octets = line_of(time, {**first, "note": self._note})
        return octets if loss is None else octets + self.lost(time, loss)

    def lost(self, time: int, loss: Loss) -> bytes:
        return line_of(time, {"event": "loss", "octets": loss.octets, "reason": loss.reason})

    def line(self, about: About) -> "JsonlLine":
        return JsonlLine(self.codec, about)


class JsonlLine:
    """One connection as lines."""

    def __init__(self, codec: Codec, about: About) -> None:
        self._codec = codec
        self._about = about
        self._names = {"link": about.link, "bind": about.bind, "connection": about.number}
        self._framers = (Framer(LONGEST_PDU), Framer(LONGEST_PDU))

    def begin(self, time: int, given: tuple[bytes, bytes], loss: Loss | None, again: bool) -> bytes:
        about = self._about
        event = {"event": "continued" if again else "opened", **self._names, "role": str(about.role)}
        octets = line_of(time, {**event, "local": about.local, "remote": about.remote, "live": about.live})
        if loss is not None:
            octets += line_of(time, {"event": "loss", **self._names, "octets": loss.octets, "reason": loss.reason})
        return octets

    def chunk(self, time: int, sent: bool, octets: bytes) -> bytes:
        framer = self._framers[sent]
        if framer.fault is not None:
            return self._line(time, sent, octets, {"result": "frame_lost"})
        frames = framer.feed(octets)
        lines = [self._line(time, sent, each[0], json_view(_NO_MORE, [each], self._codec)) for each in frames]
        if framer.fault is not None:
            lines.append(self._line(time, sent, framer.tail, error_view(framer.fault, self._codec.registry)))
        return b"".join(lines)

    def skip(self, sent: bool, octets: bytes) -> None:
        self._framers[sent].feed(octets)

    def end(self, time: int, reason: str, over: bool) -> bytes:
        lines = []
        for sent in (False, True):
            framer = self._framers[sent]
            if framer.begun and framer.fault is None:
                view = {"result": "incomplete", "missing_octets": missing_octets(framer.tail)}
                lines.append(self._line(time, sent, framer.tail, view))
        event = {"event": "closed" if over else "removed", **self._names, "reason": reason}
        return b"".join([*lines, line_of(time, event)])

    def _line(self, time: int, sent: bool, octets: bytes, view: dict[str, Any]) -> bytes:
        head = {**self._names, "direction": "sent" if sent else "received", "hex": octets.hex()}
        return line_of(time, {**head, **view})


def line_of(time: int, values: dict[str, Any]) -> bytes:
    """One line, with its time in front."""
    at = _EPOCH + timedelta(microseconds=time // 1000)
    shown = {"time": at.isoformat(timespec="microseconds").replace("+00:00", "Z"), "time_ns": time}
    return json.dumps({**shown, **values}, separators=(",", ":")).encode() + b"\n"
