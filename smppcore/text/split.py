"""Counting the messages that a text needs, and making them (TS 23.040 section 9.2.3.24, SMPP 3.4 section 5.3.2)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from smppcore.text import gsm0338
from smppcore.text.coded_text import GSM, GSM_PACKED, encode_text
from smppcore.text.gsm0338 import TextError
from smppcore.text.plan import JOIN_OCTETS, Coding, Plan, Wish, choose, first_choice
from smppcore.text.udh import AnyElement, Concatenation, LockingShift, SingleShift, UserDataHeader, elements_size

UDHI = 0x40
"""The bit of esm_class that announces a user data header."""

Long: TypeAlias = Literal["udh8", "udh16", "sar", "payload"]
"""How a text too long for one message goes: concatenated by a header with a reference of 8 or 16 bits, by the sar_*
TLVs, or whole in message_payload."""

_SINGLE_SEPTETS = 160
_MADE_HERE = (Concatenation, SingleShift, LockingShift)


class Segmentation(NamedTuple):
    """How a text would be sent.

    `coding` is "gsm0338", "gsm0338-packed", "utf-16-be" or another Python codec; `locking` and `single` are the
    national tables, 0 for none.  Units are septets, UCS-2 units or octets, as the coding has it: `units` of the whole
    text without headers, `room` in each part, `left` free in the last part.  `passed_over` is the coding that
    data_coding alone would have meant, where it does not have every character.
    """

    text: str
    coding: str
    data_coding: int
    locking: int
    single: int
    parts: int
    units: int
    room: int
    left: int
    passed_over: str | None

    @property
    def forced(self) -> tuple[tuple[int, str], ...]:
        """(offset, character) of each that made UCS-2 or a national table necessary."""
        coding = self.passed_over
        if coding is None:
            return ()
        return tuple((i, char) for i, char in enumerate(self.text) if not _has(coding, char))


class Part(NamedTuple):
    """One message: the fields of a submit_sm or deliver_sm that depend on the text.

    `short_message` has the header and the octets of `text`, or is empty if they are in `message_payload`.  `esm_class`
    is 0x40 with a header, else 0, to be or-ed with other bits.  `sar` are the values of sar_msg_ref_num,
    sar_total_segments and sar_segment_seqnum.
    """

    short_message: bytes
    esm_class: int
    data_coding: int
    text: str
    sar: tuple[int, int, int] | None = None
    message_payload: bytes | None = None


def segments(
    text: str,
    *,
    data_coding: int | None = None,
    languages: Collection[int] = (),
    reference_bits: int = 8,
    extra_udh_octets: int = 0,
    default: str = GSM,
    codecs: Mapping[int, str] | None = None,
) -> Segmentation:
    """Counts what `split` would make of `text` with "udh8" or "udh16", by `reference_bits`.

    `extra_udh_octets` are elements that you will add to each header, without the UDHL: 6 for ports of 16 bits.
    Everything else, and what is raised, is as in `split`.
    """
    if reference_bits not in (8, 16):
        raise ValueError(f"reference_bits is {reference_bits}, not 8 or 16")
    wish = Wish(data_coding, languages, f"udh{reference_bits}", extra_udh_octets, default, codecs)
    plan = choose(text, wish)
    first = first_choice(text, wish)
    last_start = plan.ends[-2] if len(plan.ends) > 1 else 0
    return Segmentation(
        text=text,
        coding=plan.coding.name,
        data_coding=plan.coding.data_coding,
        locking=plan.coding.locking,
        single=plan.coding.single,
        parts=len(plan.ends),
        units=plan.ruler.length(0, len(text)),
        room=plan.room,
        left=plan.room - plan.ruler.length(last_start, len(text)),
        passed_over=None if plan.coding == first else first.name,
    )


def split(
    text: str,
    reference: int,
    *,
    data_coding: int | None = None,
    languages: Collection[int] = (),
    long: Long = "udh8",
    elements: Sequence[AnyElement] = (),
    default: str = GSM,
    codecs: Mapping[int, str] | None = None,
) -> list[Part]:
    """The messages that carry `text`: the fewest, cut between graphemes where that costs no message more.

    Without `data_coding` it is 0, whose meaning is `default`, if that has every character; else GSM with the national
    tables of `languages` (1 to 13) that need the fewest messages, then septets; else UCS-2 (8), which goes before the
    national tables where it needs fewer messages.  A `data_coding` given is kept, and `languages` apply if it is GSM.
    A meaning of 0 other than GSM counts 140 characters of eight bits, since we do not know how the SMSC converts them.

    `reference` (modulo 256 or 65536) is the same in all parts; take another for the next message between the same two
    addresses.  `elements` go into the header of every part.  Parts for sar_* have no header, so with "sar" national
    tables are used in single messages only.

    Raises TextError for a character that the coding does not have (UCS-2: a lone surrogate), for a data_coding without
    text, more than 255 parts, more than 65535 octets of payload, and a header that leaves no room; ValueError for
    another `long`, for `elements` that would need a header beside sar_*, and for those that are made here.
    """
    if long not in JOIN_OCTETS:
        raise ValueError(f"long is {long!r}, not one of {', '.join(JOIN_OCTETS)}")
    if data_coding is None and default == GSM and not elements and not codecs and len(text) <= _SINGLE_SEPTETS:
        # Nearly every message ends here, so it is not made to pay for a plan.
        try:
            septets = gsm0338.encode(text)
        except TextError:
            pass
        else:
            if len(septets) <= _SINGLE_SEPTETS:
                return [Part(septets, 0, 0, text)]
    if any(isinstance(element, _MADE_HERE) for element in elements):
        raise ValueError("concatenation and national languages are not given as elements; split adds them")
    wish = Wish(data_coding, languages, long, elements_size(elements), default, codecs)
    plan = choose(text, wish)
    shared = (*elements, *plan.coding.shifts)
    if len(plan.ends) > 1:
        return list(_joined_parts(text, reference, plan, shared, wish))
    message = _message(text, plan.coding, shared, wish)
    part = Part(message, UDHI if shared else 0, plan.coding.data_coding, text)
    return [part._replace(short_message=b"", message_payload=message) if plan.is_payload else part]


def _joined_parts(text: str, reference: int, plan: Plan, shared: tuple[AnyElement, ...], wish: Wish) -> Iterator[Part]:
    total, value = len(plan.ends), plan.coding.data_coding
    bits = 8 if wish.long == "udh8" else 16
    reference %= 1 << bits
    for number, (start, end) in enumerate(pairwise([0, *plan.ends]), 1):
        piece = text[start:end]
        if wish.long == "sar":
            yield Part(_message(piece, plan.coding, (), wish), 0, value, piece, (reference, total, number))
        else:
            join = Concatenation(reference, total, number, bits)
            yield Part(_message(piece, plan.coding, (join, *shared), wish), UDHI, value, piece)


def _message(text: str, coding: Coding, elements: tuple[AnyElement, ...], wish: Wish) -> bytes:
    udh = UserDataHeader(elements) if elements else None
    octets = encode_text(text, coding.data_coding, default=wish.default, udh=udh, codecs=wish.codecs)
    return udh.build() + octets if udh else octets


def _has(coding: str, char: str) -> bool:
    if coding in (GSM, GSM_PACKED):
        return char in gsm0338.characters()
    try:
        char.encode(coding)
    except UnicodeEncodeError:
        return False
    return True
