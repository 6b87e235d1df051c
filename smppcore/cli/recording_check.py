"""Every PDU of a recording through the codec: what cannot be read, what is odd, what would be written otherwise."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, STANDARD, STRICT, Codec
from smppcore.errors import DecodeError, EncodeError
from smppcore.tap import Address
from smppcore.trace import RecordedConnection, RecordedPdu, Recording

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
UNFINISHED: Final = frozenset({"incomplete", "its end is not recorded"})
"""What is no fault of whoever sent it: the recording ends within a PDU, or has a hole there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one PDU; ``offset`` is in octets from the beginning of its direction."""

    kind: str
    pdu: RecordedPdu
    text: str

    def view(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "from": "esme" if self.pdu.from_esme else "smsc",
            "offset": self.pdu.offset,
            "time_ns": self.pdu.time,
            "text": self.text,
        }

    def __str__(self) -> str:
        sender = "ESME" if self.pdu.from_esme else "SMSC"
        return f"{self.kind} from the {sender} at octet {self.pdu.offset}, {clock(self.pdu.time)}: {self.text}"


@dataclass(slots=True)
class ConnectionCheck:
    """What was found in one connection; ``commands`` by name, for what the ESME and what the SMSC has sent."""

    connection: RecordedConnection
    commands: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    octets: list[int] = field(default_factory=lambda: [0, 0])
    findings: list[Finding] = field(default_factory=list)

    @property
    def pdus(self) -> int:
        return sum(map(Counter.total, self.commands))

    def count(self, kind: str) -> int:
        """How many findings there are of that kind: malformed, anomaly, rewritten, unfinished."""
        return sum(finding.kind == kind for finding in self.findings)

    @property
    def good(self) -> bool:
        """Whether every PDU can be read, and those without an anomaly are written with the same octets again."""
        return not self.count("malformed") and not self.count("rewritten")

    def view(self) -> dict[str, Any]:
        connection = self.connection
        return {
            "connection": connection.number,
            "link": connection.link,
            "bind": connection.bind,
            "local": connection.local,
            "remote": connection.remote,
            "role": str(connection.found_role()),
            "esme": {"octets": self.octets[True], "pdus": dict(self.commands[True])},
            "smsc": {"octets": self.octets[False], "pdus": dict(self.commands[False])},
            "lost_octets": connection.lost,
            "notes": connection.notes,
            "findings": [finding.view() for finding in self.findings],
        }


def check(connection: RecordedConnection, *, strict: bool = False) -> ConnectionCheck:
    """Read every PDU as its receiver would, and write it again."""
    found = ConnectionCheck(connection)
    codecs = [Codec(tolerate=STRICT if strict else each) for each in (ESME_TOLERANCE, SMSC_TOLERANCE)]
    for pdu in connection.pdus():
        found.octets[pdu.from_esme] += len(pdu.octets)
        if pdu.fault:
            found.findings.append(Finding("unfinished" if pdu.fault in UNFINISHED else "malformed", pdu, pdu.fault))
            continue
        found.commands[pdu.from_esme][STANDARD.command_name(pdu.command_id)] += 1
        found.findings += _look(pdu, codecs[pdu.from_esme])
    return found


def _look(recorded: RecordedPdu, codec: Codec) -> list[Finding]:
    try:
        pdu = codec.decode(recorded.octets)
    except DecodeError as error:
        return [Finding("malformed", recorded, str(error))]
    if pdu.anomalies:
        return [Finding("anomaly", recorded, str(anomaly)) for anomaly in pdu.anomalies]
    try:
        same = pdu.encode(recorded.sequence_number) == recorded.octets
        text = "encoding it again gives other octets"
    except EncodeError as error:
        same, text = False, f"it cannot be encoded again: {error}"
    return [] if same else [Finding("rewritten", recorded, text)]


def clock(time: int) -> str:
    """Nanoseconds since the epoch, for people: UTC with microseconds."""
    return f"{_EPOCH + timedelta(microseconds=time // 1000):%Y-%m-%d %H:%M:%S.%f} UTC"


def title(connection: RecordedConnection) -> str:
    """Which connection this is."""
    names = [f"link {connection.link}" if connection.link else "", f"bind {connection.bind}" if connection.bind else ""]
    return ", ".join([*filter(None, names), f"{_where(connection.local)} to {_where(connection.remote)}"])


def _where(address: Address | None) -> str:
    if address is None:
        return "an unknown address"
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


def rest(recording: Recording) -> list[str]:
    """What is to be said of the files themselves."""
    lines = list(recording.faults)
    if recording.others:
        lines.append(f"{recording.others} connections are no SMPP")
    if recording.foreign:
        lines.append(f"{recording.foreign} packets are no TCP, or cannot be read")
    return lines + [note for note in recording.notes if note]


def rest_view(recording: Recording) -> dict[str, Any]:
    """The same for JSON."""
    return {
        "faults": recording.faults,
        "other_connections": recording.others,
        "foreign_packets": recording.foreign,
        "notes": [note for note in recording.notes if note],
    }
