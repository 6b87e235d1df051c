"""How a text goes out: in which coding, with how much room in each part, and cut where.

One short message has 140 octets on the air: 160 septets, 70 UCS-2 units or 140 characters of eight bits, less the user
data header (TS 23.040 section 9.2.3.24).  The limits hold however the octets travel in SMPP, where GSM text has one
octet per septet.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from smppcore.text import gsm0338
from smppcore.text.coded_text import GSM, GSM_PACKED, UCS2, codec_name, encode_text
from smppcore.text.cuts import CodecRuler, Ruler, UnitRuler, cut
from smppcore.text.gsm0338 import TextError
from smppcore.text.transliterate import Transliteration, require, transliterate
from smppcore.text.udh import AnyElement, LockingShift, SingleShift, elements_size

MAX_OCTETS = 140
MAX_PAYLOAD_OCTETS = 65535

# What joining the parts takes in each header.  With sar_* the SMSC makes the header; the reference has 16 bits, so room
# is kept for the longer one.
JOIN_OCTETS = {"udh8": 5, "udh16": 6, "sar": 6, "payload": 0}


class Wish(NamedTuple):
    """What the caller asked for; the fields are described at `split`."""

    data_coding: int | None
    languages: Collection[int]
    long: str
    elements_octets: int  # of elements beside ours, without UDHL
    default: str
    codecs: Mapping[int, str] | None
    transliterate: bool = False


class Coding(NamedTuple):
    """A codec, the data_coding that announces it and the languages of the shift tables, if any."""

    name: str
    data_coding: int
    locking: int = 0
    single: int = 0

    @property
    def shifts(self) -> tuple[AnyElement, ...]:
        """The elements that announce the tables in each header."""
        single = (SingleShift(self.single),) if self.single else ()
        return (*single, LockingShift(self.locking)) if self.locking else single


class Plan(NamedTuple):
    """`ends` are offsets in characters, one per part; `room` is in the units of `ruler`."""

    coding: Coding
    ruler: Ruler
    ends: list[int]
    room: int
    is_payload: bool = False

    @property
    def cost(self) -> tuple[int, bool, int]:
        """What makes a plan worse: parts; being UCS-2, at equal parts; then units, headers included."""
        units = self.ruler.length(0, self.ends[-1])
        headers = 8 * len(self.ends) * elements_size(self.coding.shifts) // 7
        return len(self.ends), self.coding.name == UCS2, units + headers


def choose(text: str, wish: Wish) -> Plan:
    """The plan with the first choice of coding if that has every character, else the cheapest of the others.

    Raises TextError as `split` does.
    """
    first = first_choice(text, wish)
    try:
        ruler = _ruler(text, first, wish)
    except TextError as error:
        return _cheapest_other(text, first, wish, error)
    return _plan(text, first, ruler, wish)


def first_choice(text: str, wish: Wish) -> Coding:
    """The data_coding asked for, or 0.  Raises TextError for one that carries no text."""
    value = wish.data_coding or 0
    name = codec_name(value, wish.default, wish.codecs)
    if name is None:
        raise TextError(f"data_coding {value} carries octets, not text", text)
    return Coding(name, value)


def _cheapest_other(text: str, first: Coding, wish: Wish, error: TextError) -> Plan:
    plans = []
    for coding in _other_codings(text, first, wish):
        try:
            plan = _plan(text, coding, _ruler(text, coding, wish), wish)
        except TextError as why:
            error = why  # UCS-2 comes last and can send almost anything, so its reason is the one to tell
            continue
        # A message with sar_* may have no header (SMPP 3.4 section 5.2.12), so no shift tables either.
        if wish.long != "sar" or len(plan.ends) == 1 or not coding.shifts:
            plans.append(plan)
    if not plans:
        raise error
    return min(plans, key=lambda plan: plan.cost)


def _other_codings(text: str, first: Coding, wish: Wish) -> Iterator[Coding]:
    for coding in _with_tables(first, wish):
        if gsm0338.septets(text, coding.locking, coding.single) is not None:
            yield coding
    if wish.data_coding is None and not wish.transliterate:
        yield Coding(UCS2, 8)


def _with_tables(first: Coding, wish: Wish) -> Iterator[Coding]:
    if wish.languages and first.name in (GSM, GSM_PACKED):
        tables = sorted({0, *wish.languages})
        for locking, single in ((locking, single) for locking in tables for single in tables if locking or single):
            yield first._replace(locking=locking, single=single)


def transliterated(text: str, wish: Wish) -> Transliteration:
    """The text as `choose` shall have it: unchanged where a coding has every character that the wish allows.

    Otherwise the pair of national tables for which the least has to be replaced decides, or the alphabet of the first
    choice where no tables are allowed or can be announced.  Raises ImportError without the extra.
    """
    unchanged = Transliteration(text, ())
    if not wish.transliterate:
        return unchanged
    require()
    first = first_choice(text, wish)
    if all(map(_test(first), text)):
        return unchanged
    tried = [transliterate(text, _test(coding)) for coding in (first, *_with_tables(first, wish))]
    for attempt in sorted(tried, key=lambda attempt: len(attempt.replaced)):
        try:
            choose(attempt.text, wish)
        except TextError:
            continue  # these tables cannot go with sar_* TLVs, or leave too little room
        return attempt
    return tried[0]


def has(coding: str, char: str) -> bool:
    """Whether a coding, without national tables, has a character."""
    return _test(Coding(coding, 0))(char)


def _test(coding: Coding) -> Callable[[str], bool]:
    if coding.name in (GSM, GSM_PACKED):
        return gsm0338.characters(coding.locking, coding.single).__contains__
    return lambda char: _encodes(char, coding.name)


def _encodes(char: str, codec: str) -> bool:
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _plan(text: str, coding: Coding, ruler: Ruler, wish: Wish) -> Plan:
    elements = wish.elements_octets
    if coding.locking or coding.single:
        elements += elements_size(coding.shifts)
    room = _room(coding.name, elements)
    if ruler.length(0, len(text)) <= room:
        return Plan(coding, ruler, [len(text)], room)
    if wish.long == "payload":
        return _payload_plan(text, coding, ruler, elements)
    if wish.long == "sar" and wish.elements_octets:
        raise ValueError("a message with sar_* may have no user data header, so no elements (SMPP 3.4 section 5.2.12)")
    room = _room(coding.name, elements + JOIN_OCTETS[wish.long])
    return Plan(coding, ruler, cut(text, ruler, room), room)


def _payload_plan(text: str, coding: Coding, ruler: Ruler, elements: int) -> Plan:
    octets = MAX_PAYLOAD_OCTETS - _header(elements)
    room = {GSM_PACKED: octets * 8 // 7, UCS2: octets // 2}.get(coding.name, octets)
    if ruler.length(0, len(text)) > room:
        end = ruler.reach(0, room)
        raise TextError(f"message_payload is full at offset {end} of {len(text)}", text, end, MAX_PAYLOAD_OCTETS)
    return Plan(coding, ruler, [len(text)], room, is_payload=True)


def _room(name: str, elements: int) -> int:
    """Units that fit beside a header with so many octets of elements."""
    octets = MAX_OCTETS - _header(elements)
    if octets < 0:
        size = _header(elements)
        raise TextError(f"the user data header takes {size} octets, more than {MAX_OCTETS}", limit=MAX_OCTETS)
    if name in (GSM, GSM_PACKED):
        return octets * 8 // 7
    return octets // 2 if name == UCS2 else octets


def _header(elements: int) -> int:
    return 1 + elements if elements else 0


def _ruler(text: str, coding: Coding, wish: Wish) -> Ruler:
    """Raises TextError for a character that the coding does not have."""
    if coding.name in (GSM, GSM_PACKED):
        widths = gsm0338.widths(text, locking=coding.locking, single=coding.single)
        return UnitRuler([0, *accumulate(widths)] if b"\2" in widths else range(len(text) + 1))

    def encode(piece: str) -> bytes:
        return encode_text(piece, coding.data_coding, default=wish.default, codecs=wish.codecs)

    size = len(encode(text))
    if coding.name == UCS2 and size > 2 * len(text):
        return UnitRuler([0, *accumulate(2 if char > "\uffff" else 1 for char in text)])
    # As many octets as characters means one each, whatever the codec; more may depend on what stands before.
    if coding.name == UCS2 or size == len(text):
        return UnitRuler(range(len(text) + 1))
    return CodecRuler(text, encode)
