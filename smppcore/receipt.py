"""Delivery receipts: what an SMSC says became of a message (SMPP 3.4 § 2.11, 4.6, 5.2.12, Appendix B).

A receipt tells its result twice: in TLVs (receipted_message_id, message_state, network_error_code) and in a text that
Appendix B shows as an example, which every vendor writes a little differently::

    id:0123456789 sub:001 dlvrd:001 submit date:0809011130 done date:0809011131 stat:DELIVRD err:000 text:Hello

`DeliveryReceipt` keeps what was received and derives the rest when asked.  Reading never raises: whatever was strange
is listed in ``oddities``, by the words of `ODDITIES`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from smppcore import smpptime
from smppcore.errors import EncodeError
from smppcore.receipt_fields import ReceiptFields
from smppcore.tlv import MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID, RawTlv

__all__ = [
    "FINAL_STATES",
    "ODDITIES",
    "STATE_WORDS",
    "WORD_STATES",
    "DeliveryReceipt",
    "Kind",
    "ReceiptFields",
    "build_text",
    "build_tlvs",
    "is_final",
    "is_marked",
]

Kind: TypeAlias = Literal["receipt", "unreadable_receipt", "message"]

STATE_WORDS: Final[dict[int, str]] = {
    0: "SCHEDULED",
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",
}
"""message_state to the word of Appendix B (§ 5.2.28; 0 and 9 come from 5.0, ENROUTE from practice)."""

WORD_STATES: Final[dict[str, int]] = {word: state for state, word in STATE_WORDS.items()} | {
    "DELIVERED": 2,
    "DELIVERD": 2,
    "UNDELIVERABLE": 5,
    "UNDELIVERED": 5,
    "FAILED": 5,
    "ACCEPTED": 6,
    "REJECTED": 8,
    "BUFFRED": 1,
    "BUFFERD": 1,
    "BUFFERED": 1,
    "ACKED": 1,
}
"""Words of ``stat:``, in capitals, to message_state: those of Appendix B and those seen in the field."""

FINAL_STATES: Final[frozenset[int]] = frozenset({2, 3, 4, 5, 6, 8, 9})
"""States after which nothing more comes (§ 5.2.28).

By the letter ACCEPTED (6) is final.  Many gateways mean "taken by the next hop" and send another receipt later: give
`is_final` a set without 6 for those.  UNKNOWN (7) says nothing and ends nothing.
"""

ODDITIES: Final[dict[str, str]] = {
    "data-coding": "the text is in another coding than data_coding says",
    "esm-class": "esm_class does not say receipt, or not by the letter; TLVs or text do",
    "id-missing": "neither TLV nor text gives an id",
    "id-notation": "TLV and text give one id in two notations (hexadecimal, leading zeros, case)",
    "id-conflict": "TLV and text give two ids; the TLV counts",
    "state-missing": "neither TLV nor text gives a state",
    "state-zero": "the TLV says 0 (scheduled) against the text; a final state in the text counts",
    "state-conflict": "TLV and text give two states; the TLV counts",
    "state-number": "the TLV gives a state that no specification has",
    "stat-word": "the word of stat: is not known",
    "submit-date": "submit date: cannot be read",
    "done-date": "done date: cannot be read",
}
"""What ``DeliveryReceipt.oddities`` may name, and what it means."""

_TYPE_MASK: Final = 0x3C
_RECEIPT_TYPES: Final = frozenset({0x04, 0x20})
# Both bits at once are reserved, but some SMSCs send their receipts so, and nothing else can be meant.
_MARKS: Final = _RECEIPT_TYPES | {0x24}
_HIGHEST_STATE: Final = max(STATE_WORDS)

_ISO_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})")
# Far beyond any id in use, and short enough to be read as a number at no cost.
_LONGEST_NUMBER: Final = 256
_LONGEST_DATE: Final = len("YYYY-MM-DD hh:mm:ss")


_NO_FIELDS: Final = ReceiptFields()


@dataclass(slots=True)
class DeliveryReceipt:
    """What came, and what it means.

    ``kind`` is "receipt", "unreadable_receipt" (esm_class says receipt, nothing can be read) or "message" (no receipt:
    what ``DeliveryReceipt()`` is, for those who want a value where `read` gives None).
    The other attributes are as received: the ``fields`` of the text, ``receipted_message_id`` and ``state_number`` from
    the TLVs, ``network_error_code`` in octets, ``esm_class`` (None when the text alone was read), ``arrived``, the time
    of arrival that decides between two readings of a date, ``zone``, where the SMSC is as far as the application knows,
    and ``is_miscoded`` (receipt_text.py).
    """

    kind: Kind = "message"
    fields: ReceiptFields = _NO_FIELDS
    receipted_message_id: str | None = None
    state_number: int | None = None
    network_error_code: bytes | None = None
    esm_class: int | None = None
    arrived: datetime | None = field(default=None, repr=False, compare=False)
    is_miscoded: bool = False
    zone: tzinfo | None = field(default=None, repr=False, compare=False)

    @classmethod
    def parse_text(cls, text: str, *, arrived: datetime | None = None) -> DeliveryReceipt:
        """Read a text that the caller knows to be a receipt, as `read` does with esm_class 4.  Never raises."""
        fields = ReceiptFields.read(text)
        return cls("unreadable_receipt" if fields == _NO_FIELDS else "receipt", fields, arrived=arrived)

    @classmethod
    def read(
        cls,
        *,
        esm_class: int,
        text: str,
        receipted_message_id: bytes | None,
        message_state: bytes | int | None,
        network_error_code: bytes | None,
        by_text: bool = False,
        arrived: datetime | None = None,
        is_miscoded: bool = False,
        zone: tzinfo | None = None,
    ) -> DeliveryReceipt | None:
        """Read a deliver_sm or data_sm from its parts; None when it is an ordinary message.  Never raises.

        *text* is the decoded short_message or message_payload, the next three are values of TLVs (octets, without
        header), *is_miscoded* that of `receipt_text`.  It is a receipt if it `is_marked`, else, only if *by_text*, if
        the text has an id and a stat.
        """
        tlv_id = _c_octets(receipted_message_id)
        tlv_state = _number(message_state) if isinstance(message_state, bytes) else message_state
        marked = is_marked(esm_class, receipted_message_id, message_state)
        if not marked and not by_text:
            return None
        fields = ReceiptFields.read(text)
        if not marked and not (fields.id and fields.stat):
            return None
        has_tlv = tlv_id is not None or tlv_state is not None or network_error_code is not None
        readable = has_tlv or fields != _NO_FIELDS
        kind: Kind = "receipt" if readable else "unreadable_receipt"
        return cls(kind, fields, tlv_id, tlv_state, network_error_code, esm_class, arrived, is_miscoded, zone)

    @property
    def message_id(self) -> str | None:
        """The id as the SMSC spelled it: that of the TLV, else that of the text."""
        return self.fields.id if self.receipted_message_id is None else self.receipted_message_id

    @property
    def message_state(self) -> int | None:
        """The state (§ 5.2.28): that of the TLV, else that of the text; None for an unknown word.

        A 0 in the TLV gives way to a final state in the text: 3.4 has no state 0, and gateways that do not know the
        state send it.
        """
        if self.state_number:
            return self.state_number
        told = self._told_state
        return told if self.state_number is None or is_final(told) else self.state_number

    def final(self, final_states: Container[int] = FINAL_STATES) -> bool:
        """Whether no further receipt is to come, by the states that are final on this link; see `is_final`."""
        return is_final(self.message_state, final_states)

    @property
    def submit_time(self) -> datetime | None:
        """When the message was submitted; None when absent or not a valid time.

        Naive unless the text has an offset or ``zone`` is known. An hour that comes twice in autumn is taken for the
        first of the two.
        """
        return _nearest(self.fields.submit_date, self.arrived, self.zone)

    @property
    def done_time(self) -> datetime | None:
        """When the final state was reached; see `submit_time`."""
        return _nearest(self.fields.done_date, self.arrived, self.zone)

    @property
    def network_error(self) -> tuple[int | None, int] | None:
        """Network type and error of network_error_code (§ 5.3.2.31).

        The type is None where peers send three ASCII digits instead; None altogether for any length but 3.
        """
        octets = self.network_error_code
        if octets is None or len(octets) != 3:
            return None
        return (None, int(octets)) if octets.isdigit() else (octets[0], int.from_bytes(octets[1:]))

    @property
    def oddities(self) -> tuple[str, ...]:
        """What was strange, in the words of `ODDITIES`; empty for a receipt by the book, and for a message."""
        return () if self.kind == "message" else tuple(self._oddities())

    def to_json(self) -> dict[str, object]:
        """A dict for json.dumps: result_kind, fields, message_id, message_state and both times in ISO 8601 or None."""
        return {
            "result_kind": self.kind,
            "fields": self.fields._asdict(),
            "message_id": self.message_id,
            "message_state": self.message_state,
            "submit_time": self.submit_time and self.submit_time.isoformat(),
            "done_time": self.done_time and self.done_time.isoformat(),
        }

    @property
    def _told_state(self) -> int | None:
        return WORD_STATES.get(self.fields.stat.upper()) if self.fields.stat else None

    def _oddities(self) -> Iterator[str]:
        fields = self.fields
        if self.esm_class is not None and self.esm_class & _TYPE_MASK not in _RECEIPT_TYPES:
            yield "esm-class"
        if self.is_miscoded:
            yield "data-coding"
        if not self.message_id:
            yield "id-missing"
        elif fields.id and fields.id != self.message_id:
            yield "id-notation" if _one_number(fields.id, self.message_id) else "id-conflict"
        yield from self._odd_states()
        if fields.submit_date and self.submit_time is None:
            yield "submit-date"
        if fields.done_date and self.done_time is None:
            yield "done-date"

    def _odd_states(self) -> Iterator[str]:
        number, told = self.state_number, self._told_state
        if number is None and not self.fields.stat:
            yield "state-missing"
        if self.fields.stat and told is None:
            yield "stat-word"
        if number is not None and not 0 <= number <= _HIGHEST_STATE:
            yield "state-number"
        if number is not None and told is not None and number != told:
            yield "state-conflict" if number else "state-zero"


def is_marked(esm_class: int, receipted_message_id: bytes | None, message_state: bytes | int | None) -> bool:
    """Whether a message says that it is a receipt, whatever its text.

    It does if the type in esm_class is SMSC delivery receipt (0x04), intermediate notification (0x20) or both, or if it
    has both TLVs, receipted_message_id and message_state.
    """
    if esm_class & _TYPE_MASK in _MARKS:
        return True
    return _c_octets(receipted_message_id) is not None and message_state not in (None, b"")


def is_final(state: int | None, final_states: Container[int] = FINAL_STATES) -> bool:
    """Whether *state* is the last one of a message (§ 5.2.28); never for None."""
    return state in final_states


def build_text(
    message_id: str,
    *,
    sub: int = 1,
    dlvrd: int,
    submit_date: datetime | str,
    done_date: datetime | str,
    stat: int | str,
    err: str = "000",
    text: str = "",
) -> str:
    """Write a receipt text in the form of Appendix B, with the first 20 characters of *text*.

    Datetimes are written as YYMMDDhhmm in the zone they are in, text as it is (`smpptime.format_local` once per minute
    is cheaper than once per receipt).  *stat* is a message_state, 0-9, or any word.  Raises ValueError for another
    state and TimeError for a year that two digits cannot tell.
    """
    if not isinstance(stat, str):
        word = STATE_WORDS.get(stat)
        if word is None:
            raise ValueError(f"receipt: message_state is {stat}, must be 0-{_HIGHEST_STATE} or a word")
        stat = word
    if not isinstance(submit_date, str):
        submit_date = smpptime.format_local(submit_date)
    if not isinstance(done_date, str):
        done_date = smpptime.format_local(done_date)
    return (
        f"id:{message_id} sub:{sub:03d} dlvrd:{dlvrd:03d} submit date:{submit_date} done date:{done_date}"
        f" stat:{stat} err:{err} text:{text[:20]}"
    )


def build_tlvs(message_id: str, state: int, *, network_error: tuple[int, int] | None = None) -> list[RawTlv]:
    """The TLVs of a receipt: receipted_message_id, message_state and, if given, network_error_code (§ 5.3.2.31).

    *network_error* is the type of network (1 ANSI-136, 2 IS-95, 3 GSM...) and its error, 0-65535.  Raises EncodeError
    for what does not fit, an id of more than 64 characters for instance.
    """
    tlvs = [RECEIPTED_MESSAGE_ID(message_id), MESSAGE_STATE(state)]
    if network_error is not None:
        network, error = network_error
        if not 0 <= network <= 0xFF or not 0 <= error <= 0xFFFF:
            raise EncodeError(NETWORK_ERROR_CODE.name, "a type up to 255 and an error up to 65535", network_error)
        tlvs.append(NETWORK_ERROR_CODE(bytes([network]) + error.to_bytes(2, "big")))
    return tlvs


def _c_octets(value: bytes | None) -> str | None:
    """The text of a C-octet TLV: the final NUL is often missing, and sometimes repeated; None if nothing is left."""
    text = value.rstrip(b"\0").decode("latin-1") if value else ""
    return text or None


def _number(octets: bytes) -> int | None:
    """The state in a TLV, which should have one octet; what a peer makes longer is not read beyond the fourth."""
    return int.from_bytes(octets[:4]) if octets else None


def _nearest(date: str | None, arrived: datetime | None, zone: tzinfo | None) -> datetime | None:
    # Beyond the longest form nothing is readable, and the cache must not keep what a peer can make 64 KiB long.
    if not date or len(date) > _LONGEST_DATE:
        return None
    readings = _readings(date)
    if not readings:
        return None
    found = readings[0]
    if len(readings) > 1 and arrived is not None:
        # Only bare digits have two readings, and those are years apart: zones do not matter.
        there = arrived.replace(tzinfo=None)
        found = min(readings, key=lambda reading: abs(reading - there))
    return found.replace(tzinfo=zone) if zone is not None and found.tzinfo is None else found


@lru_cache(maxsize=1024)
def _readings(date: str) -> tuple[datetime, ...]:
    """The times a date of a receipt may mean, the likeliest first: receipts come in crowds with the same minute."""
    iso = _ISO_DATE.fullmatch(date)
    digits = "".join(iso.groups()) if iso else date
    forms = (digits, digits + "00") if len(digits) == 12 else (digits,)
    return tuple(time for form in forms if (time := _moment(form)) is not None)


def _moment(text: str) -> datetime | None:
    try:
        time = smpptime.parse(text) if len(text) == 16 else smpptime.parse_local(text)
    except smpptime.TimeError:
        return None
    return time if isinstance(time, datetime) else None


def _one_number(one: str, other: str) -> bool:
    """Whether two ids are one when read as numbers in base 10 or 16, or but for letter case and leading zeros."""
    return not _numbers(one).isdisjoint(_numbers(other))


def _numbers(message_id: str) -> set[int | str]:
    found: set[int | str] = {message_id.lower().lstrip("0")}
    if message_id.isascii() and message_id.isalnum() and len(message_id) <= _LONGEST_NUMBER:
        for base in (10, 16):
            try:
                found.add(int(message_id, base))
            except ValueError:
                continue
    return found
