"""Reading recordings: traces of ours, and captures of tcpdump and Wireshark."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from smppcore.state import Role
from smppcore.trace.layers import segment_of
from smppcore.trace.pcap import read_packets
from smppcore.trace.pcapng import BadCapture, Statement
from smppcore.trace.recording import RecordedChunk, RecordedConnection
from smppcore.trace.tcp import Streams


@dataclass(slots=True)
class Recording:
    """What was found in files: connections that may be SMPP, in the order in which they begin.

    ``others`` are how many connections are something else, ``foreign`` how many packets are no TCP that we can read,
    ``dropped`` how many losses the files tell of; ``notes`` are what they say; ``faults`` where files are broken: what
    stands before is there.
    """

    connections: list[RecordedConnection] = field(default_factory=list)
    others: int = 0
    foreign: int = 0
    dropped: int = 0
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_recording(*paths: str | PathLike[str]) -> Recording:
    """What is in these files: of one trace, in the order of their names. Raises OSError."""
    recording = Recording()
    streams, lines = Streams(), _Lines(recording)
    for path in map(Path, paths):
        try:
            with path.open("rb") as file:
                if file.read(1) == b"{":
                    file.seek(0)
                    lines.read(file)
                else:
                    file.seek(0)
                    for packet in read_packets(file):
                        _add(recording, streams, packet)
        except BadCapture as error:
            recording.faults.append(f"{path.name}: {error}")
    streams.end()
    found = [*streams.connections, *lines.connections]
    recording.connections = [each for each in found if each.is_smpp()]
    recording.others = len(found) - len(recording.connections)
    return recording


def _add(recording: Recording, streams: Streams, packet: Any) -> None:
    if isinstance(packet, Statement):
        recording.notes += packet.comments
        recording.dropped += packet.dropped
        return
    segment = segment_of(packet)
    if segment is None:
        recording.foreign += 1
    else:
        streams.add(packet, segment)


class _Lines:
    """Connections out of JSON lines."""

    def __init__(self, recording: Recording) -> None:
        self.connections: list[RecordedConnection] = []
        self._recording = recording
        self._open: dict[tuple[str, str, int], RecordedConnection] = {}
        self._lost: dict[tuple[str, str, int], set[bool]] = {}

    def read(self, lines: Iterable[bytes]) -> None:
        for number, line in enumerate(lines, 1):
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise BadCapture(f"line {number}: no line of a trace: {type(error).__name__}: {error}") from None

    def _take(self, said: dict[str, Any]) -> None:
        event = said.get("event")
        if event is None:
            self._octets(said)
        elif "connection" in said:
            self._event(event, said, (said["link"], said["bind"], said["connection"]))
        elif event == "loss":
            self._recording.dropped += 1
            self._recording.notes.append(f"not recorded: {said['octets']} octets ({said['reason']})")
        elif event == "trace":
            self._recording.notes.append(said.get("note", ""))

    def _event(self, event: str, said: dict[str, Any], key: tuple[str, str, int]) -> None:
        if event == "opened" or key not in self._open:
            local, remote = (tuple(each) if each else None for each in (said.get("local"), said.get("remote")))
            link, bind, number = key
            role = Role(said["role"]) if "role" in said else None
            connection = RecordedConnection(local, remote, link, bind, number, role)
            self._open[key] = connection
            self._lost[key] = set()
            self.connections.append(connection)
        if event == "loss":
            self._open[key].notes.append(f"not recorded: {said['octets']} octets ({said['reason']})")
            self._lost[key] = {True, False}
        elif "reason" in said:
            self._open[key].notes.append(f"{event}: {said['reason']}")

    def _octets(self, said: dict[str, Any]) -> None:
        key = said["link"], said["bind"], said["connection"]
        sent = said["direction"] == "sent"
        lost = sent in self._lost[key]
        self._lost[key].discard(sent)
        chunk = RecordedChunk(said["time_ns"], sent, bytes.fromhex(said["hex"]), -1 if lost else 0)
        self._open[key].chunks.append(chunk)
