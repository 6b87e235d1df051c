"""One message as the access log tells it: from the attempt to send it, or its arrival, to its last receipt."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal

from smppcore.fields import DistributionList
from smppcore.message import Message, text_of
from smppcore.pdu import SubmitMulti, user_data
from smppcore.privacy import Privacy
from smppcore.receipt import STATE_WORDS
from smppcore.text import DataCoding

Ending = Literal["answered", "receipt", "expired", "incomplete", "displaced", "closed"]
"""Why a record is written: nothing more is to come after the answer, or after the last receipt; no receipt came in
time; segments are missing; there were too many messages under way; the log was closed."""

_WORST_FIRST: Final = ("unknown", "cancelled", "error", "not_sent")


@dataclass(slots=True)
class Part:
    """One segment. Times are in seconds since the epoch; ``verdict`` is that of labels.py, or "" before any.

    ``state`` is the message_state of the last receipt, ``error`` its err; ``waits`` is for how many
    destinations one is still to come.
    """

    submitted: float
    ended: float
    verdict: str
    message_id: str = ""
    octets: int = 0
    text: str | None = None
    reason: str = ""
    attempts: int = 1
    waits: int = 0
    state: int | None = None
    error: str | None = None
    receipt: float | None = None
    duplicates: int = 0


@dataclass(slots=True, eq=False)
class Life:
    """A message whose record is not written yet. ``total`` is how many segments it has, by what they say themselves.

    ``restored`` says that all that is known of it comes from the store of the correlation.
    """

    direction: Literal["out", "in"]
    link: str
    account: str
    bind: str
    command: str
    source: str
    destination: str
    encoding: str
    total: int = 1
    key: object = None
    tag: str = ""
    restored: bool = False
    parts: dict[int, Part] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Whether something is still to come: a segment, or a receipt."""
        return len(self.parts) < self.total or any(part.waits > 0 for part in self.parts.values())

    def record(self, ending: Ending) -> dict[str, Any]:
        """What the sink gets; keys without a value are left out."""
        parts = [part for _, part in sorted(self.parts.items())] if self.total > 1 else list(self.parts.values())
        first = parts[0]
        submitted, ended = first.submitted, first.ended
        if len(parts) > 1:
            submitted, ended = min(part.submitted for part in parts), max(part.ended for part in parts)
        record = {
            "direction": self.direction,
            "link": self.link,
            "account": self.account,
            "bind": self.bind,
            "tag": self.tag,
            "command": self.command,
            "source": self.source,
            "destination": self.destination,
            "parts": self.total,
            "encoding": self.encoding,
            "submitted": _time(submitted),
            "answered": _time(ended),
            "latency": round(ended - submitted, 6),
            "verdict": first.verdict if len(parts) == 1 else _worst(part.verdict for part in parts),
            "reason": first.reason or next((part.reason for part in parts if part.reason), ""),
            "message_ids": [part.message_id for part in parts if part.message_id],
            "ending": ending,
        }
        if self.restored:
            record["restored"] = True
            record["part"] = next(iter(self.parts)) if self.total > 1 else None
        else:
            record["octets"] = sum(part.octets for part in parts) if len(parts) > 1 else first.octets
            record["attempts"] = max(part.attempts for part in parts) if len(parts) > 1 else first.attempts
            if len(parts) < self.total:
                record["missing"] = [number for number in range(1, self.total + 1) if number not in self.parts]
        if any(part.text is not None for part in parts):
            record["text"] = "".join(part.text or "" for part in parts)
        if any(part.receipt is not None for part in parts):
            record |= _receipts(parts, submitted)
        return {name: value for name, value in record.items() if value or isinstance(value, int | float)}


def _receipts(parts: list[Part], submitted: float) -> dict[str, Any]:
    """What receipts have told."""
    last = max(part.receipt for part in parts if part.receipt is not None)
    return {
        "states": [STATE_WORDS.get(part.state, str(part.state)) if part.state is not None else "" for part in parts],
        "errors": [part.error for part in parts if part.error],
        "receipt": _time(last),
        "receipt_delay": round(last - submitted, 3),
        "duplicates": sum(part.duplicates for part in parts) or None,
    }


def destination_of(pdu: Message, privacy: Privacy) -> str:
    """Where a message goes; of submit_multi all of it, with commas."""
    if not isinstance(pdu, SubmitMulti):
        return privacy.mask_address(pdu.destination_addr)
    names = (
        each.dl_name if isinstance(each, DistributionList) else each.destination_addr for each in pdu.dest_addresses
    )
    return ",".join(map(privacy.mask_address, names))


def encoding_of(pdu: Message) -> str:
    """The alphabet that data_coding announces, in the words of data_coding.py."""
    return DataCoding.parse(pdu.data_coding).alphabet.value


def octets_of(pdu: Message) -> int:
    """The length of the user data with its header."""
    return len(user_data(pdu))


def shown_text(pdu: Message, privacy: Privacy, default: str) -> str | None:
    """The text where it may be shown, None where not or where it is binary."""
    return None if privacy.text else text_of(pdu, default=default)


def _time(seconds: float) -> str:
    """UTC, with milliseconds."""
    milliseconds = round(seconds * 1000)
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _worst(verdicts: Iterable[str]) -> str:
    """ "ok" if all are; else the one that leaves most open, and of refusals the first."""
    bad = [verdict for verdict in verdicts if verdict != "ok"]
    return next((each for each in _WORST_FIRST if each in bad), bad[0] if bad else "ok")
