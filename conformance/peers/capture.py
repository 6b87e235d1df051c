"""Records what crosses one port of loopback (dumpcap), and what tshark makes of it.

tshark is the witness: its SMPP dissector shares nothing with smppcore.
"""

import pathlib
import secrets
import socket
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

HOST: Final = "127.0.0.1"
SECONDS: Final = 20.0
"""How long dumpcap may take to start, and to write down what has been sent."""
PAUSE: Final = 0.02
SEVERE: Final = 0x00800000
"""The severity "error" of tshark's expert information; within SMPP a warning is one too many already."""
WARNING: Final = 0x00600000
SYN: Final = 0x02
SYN_OR_ACK: Final = 0x12


@dataclass(frozen=True, slots=True)
class WirePdu:
    """One PDU as tshark read it. ``from_peer``: it went towards the port; ``fields``: tshark's names without smpp."""

    from_peer: bool
    command_id: int
    command_status: int
    sequence_number: int
    command_length: int
    fields: Mapping[str, str]

    @property
    def text(self) -> str:
        """The user data, which in these conversations is ASCII."""
        return bytes.fromhex(self.fields.get("message", "").replace(":", "")).decode("ascii")


@dataclass(slots=True)
class Reading:
    """What tshark read: the PDUs in their order, what it found wrong, and the connections made to the port."""

    pdus: list[WirePdu] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    connections: set[str] = field(default_factory=set)
    _octets: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def unread(self) -> int:
        """How many octets of the connections are in none of the PDUs."""
        return sum(self._octets.values()) - sum(pdu.command_length for pdu in self.pdus)

    def add(self, packet: ET.Element, port: int) -> None:
        """Read one packet of tshark's PDML."""
        number = _shown(packet, "num")
        tcp = packet.find("proto[@name='tcp']")
        if tcp is None:
            return
        stream, source = _shown(tcp, "tcp.stream"), _shown(tcp, "tcp.srcport")
        if int(_shown(tcp, "tcp.flags"), 16) & SYN_OR_ACK == SYN and source != str(port):
            self.connections.add(stream)
        if stream not in self.connections:
            # Somebody else's, older than the recording: our end of it has the same number by chance, as a client.
            return
        self.faults += [f"packet {number}: {fault}" for fault in _faults(packet)]
        length = int(_shown(tcp, "tcp.len"))
        if length:
            # Numbers count from 1 at the first octet; the largest end is the count, whatever was sent twice.
            end = int(_shown(tcp, "tcp.seq")) + length - 1
            self._octets[stream, source] = max(end, self._octets.get((stream, source), 0))
        self.pdus += [_pdu(proto, source != str(port)) for proto in packet.findall("proto[@name='smpp']")]


class Capture:
    """Records one port between ``with`` and its end, into ``path``.

    Raises OSError where dumpcap cannot be started or may not record (that takes root, or membership of its group).
    """

    def __init__(self, port: int, path: pathlib.Path) -> None:
        self.port = port
        self.path = path
        self._dumpcap: subprocess.Popen[bytes]
        self._said = path.with_suffix(".log")

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        ours = " or ".join(f"({way} host {HOST} and {way} port {self.port})" for way in ("src", "dst"))
        command = ["dumpcap", "-q", "-i", "lo", "-f", ours, "-w", str(self.path)]
        with self._said.open("wb") as said:
            self._dumpcap = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            self._wait_for_mark()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._wait_for_mark()
        finally:
            self._stop()

    def _wait_for_mark(self) -> None:
        """Send datagrams to the port until one is in the file: so recording has begun, or has come this far."""
        mark = secrets.token_hex(16).encode()
        give_up = time.monotonic() + SECONDS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marker:
            while not (self.path.exists() and mark in self.path.read_bytes()):
                if self._dumpcap.poll() is not None or time.monotonic() > give_up:
                    raise OSError(f"dumpcap does not record: {self._said.read_text().strip()}")
                marker.sendto(mark, (HOST, self.port))
                time.sleep(PAUSE)

    def _stop(self) -> None:
        self._dumpcap.terminate()
        self._dumpcap.wait(SECONDS)

    def read(self) -> Reading:
        """What tshark makes of the recording. Raises CalledProcessError where it fails."""
        command = ["tshark", "-n", "-r", str(self.path), "-d", f"tcp.port=={self.port},smpp", "-T", "pdml", "-Y", "tcp"]
        decoded = subprocess.run(command, capture_output=True, check=True, timeout=60)
        reading = Reading()
        for packet in ET.fromstring(decoded.stdout).iter("packet"):
            reading.add(packet, self.port)
        return reading


def _shown(element: ET.Element, name: str) -> str:
    """What tshark shows for the first field of that name; empty where there is none."""
    found = next((each for each in element.iter("field") if each.get("name") == name), None)
    return "" if found is None else found.get("show", "")


def _pdu(proto: ET.Element, from_peer: bool) -> WirePdu:
    fields = {each.get("name", "").removeprefix("smpp."): each.get("show", "") for each in proto.iter("field")}
    return WirePdu(
        from_peer,
        int(fields["command_id"], 16),
        int(fields.get("command_status", "0"), 16),
        int(fields["sequence_number"]),
        int(fields["command_length"]),
        fields,
    )


def _faults(packet: ET.Element) -> Iterator[str]:
    if next((each for each in packet.iter() if each.get("name", "").startswith("_ws.malformed")), None) is not None:
        yield "malformed"
    for proto in packet.findall("proto"):
        limit = WARNING if proto.get("name") == "smpp" else SEVERE
        for expert in proto.iter("field"):
            severity = _shown(expert, "_ws.expert.severity") if expert.get("name") == "_ws.expert" else ""
            if severity and int(severity) >= limit:
                yield f"{proto.get('name')}: {_shown(expert, '_ws.expert.message')}"
