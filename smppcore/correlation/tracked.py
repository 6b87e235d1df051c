"""A message that the SMSC has taken and that waits for its receipts: what of it is kept in a store, and how.

One record for each message_id, and for each destination of a submit_multi, since each of them has receipts of its own
under the same message_id (section 4.5). The record is changed as receipts come, never replaced by another one: whoever
wants to do something about a receipt first claims the record, by swapping its data, and only one can.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from smppcore import smpptime
from smppcore.errors import StoreError
from smppcore.fields import SmeAddress
from smppcore.message_id import Rule, index_key
from smppcore.pdu import DataSm, DataSmResp, SubmitMulti, SubmitMultiResp, SubmitSm, SubmitSmResp
from smppcore.tlv import QOS_TIME_TO_LIVE

MESSAGE: Final = "message"
"""The kind of these records in a store."""
VERSION: Final = 1

Submission = SubmitSm | SubmitMulti | DataSm
SubmissionResp = SubmitSmResp | SubmitMultiResp | DataSmResp

_MARGIN: Final = 3600.0
"""Seconds after the end of its validity within which the receipt of a message that has expired still comes."""


@dataclass(frozen=True, slots=True)
class TrackedMessage:
    """What is known of a message whose receipt is expected; one segment of a long one.

    ``link`` is the name under which it is kept, ``tag`` what the application gave with it. It is number ``part`` of
    ``parts``. ``submitted`` and ``answered`` are in seconds since the epoch: when the request was made, and when its
    response came; ``late`` says that nobody waited for that any more. ``is_list`` is that of a distribution list, whose
    members are known to the SMSC only: ``destination`` is its name then.
    """

    link: str
    message_id: str
    source: str
    destination: str
    submitted: float
    answered: float
    tag: str = ""
    part: int = 1
    parts: int = 1
    late: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A receipt that somebody is about to hand over: its PDU (octets as Latin-1), its state, how it matched."""

    pdu: str
    state: str
    rule: Rule
    arrived: float

    @property
    def octets(self) -> bytes:
        """The PDU."""
        return self.pdu.encode("latin-1")


@dataclass(frozen=True, slots=True)
class Entry:
    """The data of a record.

    ``until``: when it expires if no receipt comes. ``states`` have been handed over; ``closed`` is it after a final
    one, which is ``last`` then. ``tries``: how often a receipt was handed over without success.
    """

    message: TrackedMessage
    until: float
    states: tuple[str, ...] = ()
    closed: bool = False
    tries: int = 0
    claim: Claim | None = None
    last: Claim | None = None

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From the data of a record. Raises StoreError for those of a later version of this library."""
        version, *fields = json.loads(data)
        if version != VERSION:
            raise StoreError(f"a record of a message has version {version}, this is version {VERSION}")
        message, until, states, closed, tries, claim, last = fields
        return cls(
            TrackedMessage(*message),
            until,
            tuple(states),
            closed,
            tries,
            None if claim is None else Claim(*claim),
            None if last is None else Claim(*last),
        )

    def write(self) -> bytes:
        """As the data of a record: JSON, a list that begins with the version."""
        message = self.message
        fields = (
            message.link,
            message.message_id,
            message.source,
            message.destination,
            message.submitted,
            message.answered,
            message.tag,
            message.part,
            message.parts,
            message.late,
            message.is_list,
        )
        claim, last = _fields(self.claim), _fields(self.last)
        return _encode((VERSION, fields, self.until, self.states, self.closed, self.tries, claim, last)).encode()

    @property
    def key(self) -> str:
        """Under which it is found."""
        return index_key(self.message.message_id)

    def claimed(self, claim: Claim) -> Self:
        """While a receipt is being handed over; that may be the second time, after a process that has died."""
        return replace(self, claim=claim)

    def released(self) -> Self:
        """It could not be handed over."""
        return replace(self, claim=None, tries=self.tries + 1)

    def told(self, receipt: Claim, final: bool) -> Self:
        """It has been handed over."""
        closed, last = self.closed or final, receipt if final else self.last
        return replace(self, claim=None, tries=0, states=(*self.states, receipt.state), closed=closed, last=last)


_quoted: Final = json.encoder.encode_basestring_ascii
_encode: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, check_circular=False).encode


def write_new(
    message_fields: tuple[str, str, str, str, float, float, str, int, int, bool, bool], until: float
) -> bytes:
    """What `Entry.write` gives for a message that has just been taken: its fields, and nothing else yet.

    There is one for each message that is sent, and none of those objects is needed for it.
    """
    link, message_id, source, destination, submitted, answered, tag, part, parts, late, is_list = message_fields
    return (
        f"[{VERSION},[{_quoted(link)},{_quoted(message_id)},{_quoted(source)},{_quoted(destination)},"
        f"{submitted!r},{answered!r},{_quoted(tag)},{part},{parts},{_word(late)},{_word(is_list)}],"
        f"{until!r},[],false,0,null,null]"
    ).encode()


def _word(value: bool) -> str:
    return "true" if value else "false"


def _fields(claim: Claim | None) -> tuple[str | float, ...] | None:
    return None if claim is None else (claim.pdu, claim.state, claim.rule, claim.arrived)


def destinations_of(pdu: Submission, response: SubmissionResp) -> Iterator[tuple[str, bool]]:
    """Each destination that the SMSC has taken, and whether it is a distribution list."""
    if not isinstance(pdu, SubmitMulti):
        yield pdu.destination_addr, False
        return
    refused = {each.destination_addr for each in getattr(response, "unsuccess_sme", ())}
    for each in pdu.dest_addresses:
        if not isinstance(each, SmeAddress):
            yield each.dl_name, True
        elif each.destination_addr not in refused:
            yield each.destination_addr, False


def wait_for(pdu: Submission, keep: float, now: float) -> float:
    """For how many seconds the receipts of a message are waited for: ``keep``, or longer if it may be valid longer."""
    if isinstance(pdu, DataSm):
        seconds = pdu.get(QOS_TIME_TO_LIVE) if pdu.tlvs else None
        return max(keep, seconds + _MARGIN) if seconds else keep
    if not pdu.validity_period and not pdu.schedule_delivery_time:
        return keep
    until = _seconds(pdu.schedule_delivery_time, now)
    valid = _seconds(pdu.validity_period, now)
    if valid and pdu.validity_period.endswith("R"):
        valid += until  # some SMSCs count it from the submission, others from the scheduled delivery
    return max(keep, until + keep if until else 0.0, valid + _MARGIN)


def _seconds(text: str, now: float) -> float:
    """From now until a time of section 7.1.1; 0 for none, and for what is no time: the SMSC is the judge of that."""
    try:
        time = smpptime.parse(text)
    except smpptime.TimeError:
        return 0.0
    if isinstance(time, timedelta):
        return time.total_seconds()
    return 0.0 if time is None else max(0.0, (time - datetime.fromtimestamp(now, UTC)).total_seconds())
