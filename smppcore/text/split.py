"""Counting the messages that a text needs, and making them (TS 23.040 section 9.2.3.24, SMPP 3.4 section 5.3.2)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from smppcore.text import gsm0338
from smppcore.text.coded_text import GSM, UCS2, encode_text
from smppcore.text.cuts import UnitRuler, cut
from smppcore.text.plan import JOIN_OCTETS, MAX_OCTETS, Coding, Plan, Wish, choose, first_choice, has, transliterated
from smppcore.text.transliterate import Replacement, require
from smppcore.text.udh import AnyElement, Concatenation, LockingShift, SingleShift, UserDataHeader, elements_size

UDHI = 0x40
"""The bit of esm_class that announces a user data header."""

Long: TypeAlias = Literal["udh8", "udh16", "sar", "payload"]
"""How a text too long for one message goes: concatenated by a header with a reference of 8 or 16 bits, by the sar_*
TLVs, or whole in message_payload."""

_SINGLE_SEPTETS = 160
_UCS2 = 8
_UCS2_ROOM = 67  # units beside a concatenation header of 8 bits
_MADE_HERE = (Concatenation, SingleShift, LockingShift)


class Segmentation(NamedTuple):
    """How a text would be sent.

    `coding` is "gsm0338", "gsm0338-packed", "utf-16-be" or another Python codec; `locking` and `single` are the
    national tables, 0 for none.  Units are septets, UCS-2 units or octets, as the coding has it: `units` of the whole
    text without headers, `room` in each part, `left` free in the last part.  `passed_over` is the coding that
    data_coding alone would have meant, where it does not have every character.  `ends` are the offsets at which the
    parts end, `part_units` what each takes.  `replaced` is what transliteration changed, with offsets in the text as it
    was given; `text` is the text that goes out.
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
    ends: tuple[int, ...] = ()
    part_units: tuple[int, ...] = ()
    replaced: tuple[Replacement, ...] = ()

    @property
    def forced(self) -> tuple[tuple[int, str], ...]:
        """(offset, character) of each that made UCS-2 or a national table necessary."""
        coding = self.passed_over
        if coding is None:
            return ()
        return tuple((i, char) for i, char in enumerate(self.text) if not has(coding, char))


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
    long: Long | None = None,
    extra_udh_octets: int = 0,
    default: str = GSM,
    codecs: Mapping[int, str] | None = None,
    transliterate: bool = False,
) -> Segmentation:
    """Counts what `split` would make of `text` with "udh8" or "udh16", by `reference_bits`, or with `long`.

    `extra_udh_octets` are elements that you will add to each header, without the UDHL: 6 for ports of 16 bits.
    Everything else, and what is raised, is as in `split`.
    """
    if reference_bits not in (8, 16):
        raise ValueError(f"reference_bits is {reference_bits}, not 8 or 16")
    wish = Wish(
        data_coding, languages, long or f"udh{reference_bits}", extra_udh_octets, default, codecs, transliterate
    )
    text, replaced = transliterated(text, wish)
    plan = choose(text, wish)
    first = first_choice(text, wish)
    part_units = tuple(plan.ruler.length(start, end) for start, end in pairwise([0, *plan.ends]))
    return Segmentation(
        text=text,
        coding=plan.coding.name,
        data_coding=plan.coding.data_coding,
        locking=plan.coding.locking,
        single=plan.coding.single,
        parts=len(plan.ends),
        units=plan.ruler.length(0, len(text)),
        room=plan.room,
        left=plan.room - part_units[-1],
        passed_over=None if plan.coding == first else first.name,
        ends=tuple(plan.ends),
        part_units=part_units,
        replaced=replaced,
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
    transliterate: bool = False,
) -> list[Part]:
    """The messages that carry `text`: the fewest, cut between graphemes where that costs no message more.

    Without `data_coding` it is 0, whose meaning is `default`, if that has every character; else GSM with the national
    tables of `languages` (1 to 13) that need the fewest messages, then septets; else UCS-2 (8), which goes before the
    national tables where it needs fewer messages.  A `data_coding` given is kept, and `languages` apply if it is GSM.
    A meaning of 0 other than GSM counts 140 characters of eight bits, since we do not know how the SMSC converts them.

    With `transliterate` UCS-2 is not chosen: characters that neither 0 nor the tables of `languages` have are replaced
    (transliterate.py); `segments` tells which.  Needs the extra `text`, else it raises ImportError.

    `reference` (modulo 256 or 65536) is the same in all parts; take another for the next message between the same two
    addresses.  `elements` go into the header of every part.  Parts for sar_* have no header, so with "sar" national
    tables are used in single messages only.

    Raises TextError for a character that the coding does not have (UCS-2: a lone surrogate), for a data_coding without
    text, more than 255 parts, more than 65535 octets of payload, and a header that leaves no room; ValueError for
    another `long`, for `elements` that would need a header beside sar_*, and for those that are made here.
    """
    if long not in JOIN_OCTETS:
        raise ValueError(f"long is {long!r}, not one of {', '.join(JOIN_OCTETS)}")
    if transliterate:
        require()  # at once, not on the day when the first odd character comes
    if data_coding is None and default == GSM and not elements and not codecs:
        # Nearly every message ends here, so it is not made to pay for a plan.
        septets = gsm0338.encode_default(text)
        if septets is None:
            parts = None if languages or transliterate else _plain_ucs2(text, reference, long)
            if parts:
                return parts
        elif len(septets) <= _SINGLE_SEPTETS:
            return [Part(septets, 0, 0, text)]
    if any(isinstance(element, _MADE_HERE) for element in elements):
        raise ValueError("concatenation and national languages are not given as elements; split adds them")
    wish = Wish(data_coding, languages, long, elements_size(elements), default, codecs, transliterate)
    text, _ = transliterated(text, wish)
    plan = choose(text, wish)
    shared = (*elements, *plan.coding.shifts)
    if len(plan.ends) > 1:
        return list(_joined_parts(text, reference, plan, shared, wish))
    message = _message(text, plan.coding, shared, wish)
    part = Part(message, UDHI if shared else 0, plan.coding.data_coding, text)
    return [part._replace(short_message=b"", message_payload=message) if plan.is_payload else part]


def _plain_ucs2(text: str, reference: int, long: Long) -> list[Part] | None:
    """What the plan would make of a text that only UCS-2 has, for the usual wishes and characters; None for others."""
    try:
        octets = text.encode(UCS2)
    except UnicodeEncodeError:
        return None
    if len(octets) <= MAX_OCTETS:
        return [Part(octets, 0, _UCS2, text)]
    if long != "udh8" or len(octets) != 2 * len(text):
        return None
    ends = cut(text, UnitRuler(range(len(text) + 1)), _UCS2_ROOM)
    header = UserDataHeader((Concatenation(reference % 256, len(ends), 1),)).build()[:-1]
    return [
        Part(header + bytes([number]) + octets[2 * start : 2 * end], UDHI, _UCS2, text[start:end])
        for number, (start, end) in enumerate(pairwise([0, *ends]), 1)
    ]


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
