"""Choosing a coding, counting and splitting (TS 23.040 section 9.2.3.24; table 16.2 of the fact sheet)."""

from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import (
    Concatenation,
    Element,
    LockingShift,
    Long,
    Part,
    Ports,
    Segmentation,
    SingleShift,
    TextError,
    UserDataHeader,
    decode_text,
    flash,
    gsm0338,
    segments,
    split,
)
from smppcore.text.graphemes import is_boundary

LONG = st.sampled_from(get_args(Long))
GSM = st.text(st.sampled_from(sorted(gsm0338.characters())), max_size=500)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
PORTS = Ports(2948, 9200)


def read(part: Part, default: str = "gsm0338") -> tuple[UserDataHeader | None, str | None]:
    """Header and text as a receiver gets them."""
    octets = part.short_message if part.message_payload is None else part.message_payload
    udh: UserDataHeader | None = None
    if part.esm_class & 0x40:
        udh, octets = UserDataHeader.parse(octets)
        assert udh is not None
    return udh, decode_text(octets, part.data_coding, default=default, udh=udh)


def air_octets(part: Part) -> float:
    """What a part of GSM or UCS-2 text takes on the air."""
    udh, octets = UserDataHeader.parse(part.short_message) if part.esm_class else (None, part.short_message)
    header = udh.size if udh else 0
    if part.sar:
        header = 7
    return header + (len(octets) if part.data_coding == 8 else len(octets) * 7 / 8)


def test_a_short_gsm_text_is_one_plain_message() -> None:
    assert split("Hello €", 1) == [Part(b"Hello \x1be", 0, 0, "Hello €")]
    assert segments("Hello €") == Segmentation("Hello €", "gsm0338", 0, 0, 0, 1, 8, 160, 152, None, (7,), (8,))


def test_an_empty_text_is_one_empty_message() -> None:
    assert split("", 1) == [Part(b"", 0, 0, "")]
    assert segments("").parts == 1
    assert segments("").left == 160


@pytest.mark.parametrize(
    ("reference_bits", "extra", "languages", "septets", "units", "octets"),
    [
        (8, 0, 0, 153, 67, 134),
        (16, 0, 0, 152, 66, 133),
        (8, 6, 0, 146, 64, 128),
        (8, 0, 1, 149, 0, 0),
        (8, 0, 2, 146, 0, 0),
        (16, 0, 1, 148, 0, 0),
        (16, 0, 2, 145, 0, 0),
    ],
)
def test_room_in_parts(reference_bits: int, extra: int, languages: int, septets: int, units: int, octets: int) -> None:
    def room(text: str, data_coding: int | None = None, languages: tuple[int, ...] = ()) -> int:
        counted = segments(
            text * 400,
            data_coding=data_coding,
            languages=languages,
            reference_bits=reference_bits,
            extra_udh_octets=extra,
        )
        assert counted.parts > 1
        return counted.room

    if languages == 0:
        assert room("a") == septets
        assert room("漢") == units
        assert room("é", 3) == octets
    elif languages == 1:
        assert room("ğ", languages=(1,)) == septets
    else:
        assert room("\u0915" * 9 + "\u0966", languages=(6,)) == septets


@pytest.mark.parametrize(
    ("extra", "septets", "units", "octets"), [(0, 160, 70, 140), (3, 155, 68, 136), (6, 152, 66, 133), (139, 0, 0, 0)]
)
def test_room_in_a_single_message(extra: int, septets: int, units: int, octets: int) -> None:
    assert segments("", extra_udh_octets=extra).room == septets
    assert segments("", data_coding=8, extra_udh_octets=extra).room == units
    assert segments("", data_coding=3, extra_udh_octets=extra).room == octets


@pytest.mark.parametrize(
    ("text", "data_coding", "parts", "left"),
    [
        ("a" * 160, None, 1, 0),
        ("a" * 161, None, 2, 145),
        ("a" * 306, None, 2, 0),
        ("a" * 307, None, 3, 152),
        ("€" * 80, None, 1, 0),
        ("€" * 81, None, 2, 143),
        ("漢" * 70, None, 1, 0),
        ("漢" * 71, None, 2, 63),
        ("😀" * 35, None, 1, 0),
        ("é" * 140, 3, 1, 0),
        ("é" * 141, 3, 2, 127),
        ("a" * 153 * 255, None, 255, 0),
    ],
)
def test_counting(text: str, data_coding: int | None, parts: int, left: int) -> None:
    counted = segments(text, data_coding=data_coding)
    assert (counted.parts, counted.left) == (parts, left)
    assert len(split(text, 0, data_coding=data_coding)) == parts


def test_characters_that_forced_ucs2() -> None:
    counted = segments("5 € \u2013 ok \u201cquoted\u201d")
    assert (counted.coding, counted.data_coding, counted.passed_over) == ("utf-16-be", 8, "gsm0338")
    assert counted.forced == ((4, "\u2013"), (9, "\u201c"), (16, "\u201d"))
    assert segments("plain").forced == ()
    assert segments("漢", data_coding=8).forced == ()
    assert segments("5 €", default="latin-1").forced == ((2, "€"),)


def test_ucs2_is_not_taken_where_gsm_will_do() -> None:
    assert segments("Ω Δ ñ €").coding == "gsm0338"


def test_parts_have_concatenation_headers() -> None:
    parts = split("x" * 200, 0x1A7)
    assert [read(part)[0] for part in parts] == [
        UserDataHeader((Concatenation(0xA7, 2, 1),)),
        UserDataHeader((Concatenation(0xA7, 2, 2),)),
    ]
    assert {part.esm_class for part in parts} == {0x40}
    assert parts[0].short_message == bytes.fromhex("050003a70201") + b"x" * 153
    assert parts[1].short_message == bytes.fromhex("050003a70202") + b"x" * 47


def test_sixteen_bit_references() -> None:
    first = split("x" * 200, 0x11234, long="udh16")[0]
    assert first.short_message == bytes.fromhex("06080412340201") + b"x" * 152


def test_sar_values_instead_of_a_header() -> None:
    parts = split("x" * 200, 0x11234, long="sar")
    assert [part.sar for part in parts] == [(0x1234, 2, 1), (0x1234, 2, 2)]
    assert [part.esm_class for part in parts] == [0, 0]
    assert parts[0].short_message == b"x" * 152
    assert split("short", 1, long="sar") == [Part(b"short", 0, 0, "short")]


def test_payload_carries_the_whole_text() -> None:
    assert split("x" * 200, 1, long="payload") == [Part(b"", 0, 0, "x" * 200, message_payload=b"x" * 200)]
    assert split("x" * 160, 1, long="payload") == [Part(b"x" * 160, 0, 0, "x" * 160)]
    with_header = split("x" * 200, 1, long="payload", elements=[PORTS])[0]
    assert with_header.message_payload == bytes.fromhex("0605040b8423f0") + b"x" * 200
    assert with_header.esm_class == 0x40


def test_payload_has_65535_octets() -> None:
    assert split("x" * 65535, 1, long="payload")[0].message_payload == b"x" * 65535
    with pytest.raises(TextError, match="message_payload is full at offset 32767 of 32768") as caught:
        split("漢" * 32768, 1, long="payload")
    assert (caught.value.offset, caught.value.limit) == (32767, 65535)


def test_other_elements_stand_in_every_part() -> None:
    parts = split("x" * 300, 1, elements=[PORTS, Element(0x70, b"ab")])
    for number, part in enumerate(parts, 1):
        udh, _ = read(part)
        assert udh == UserDataHeader((Concatenation(1, 3, number), PORTS, Element(0x70, b"ab")))
    single = split("x", 1, elements=[PORTS])[0]
    assert read(single) == (UserDataHeader((PORTS,)), "x")


@pytest.mark.parametrize("element", [Concatenation(1, 2, 1), SingleShift(1), LockingShift(1)])
def test_elements_that_split_makes_itself_are_refused(element: Concatenation | SingleShift | LockingShift) -> None:
    with pytest.raises(ValueError, match="split adds them"):
        split("a", 1, elements=[element])


def test_sar_and_a_header_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="no user data header"):
        split("x" * 200, 1, long="sar", elements=[PORTS])
    assert len(split("x" * 200, 1, long="sar", elements=[])) == 2


def test_national_tables_only_where_allowed() -> None:
    assert segments("Ağ").coding == "utf-16-be"
    counted = segments("Ağ", languages=(1,))
    assert (counted.coding, counted.locking, counted.single) == ("gsm0338", 1, 0)
    assert counted.forced == ((1, "ğ"),)
    assert counted.room == 155


def test_the_pair_of_tables_with_the_fewest_septets_is_taken() -> None:
    one_shifted = segments("x" * 50 + "ç", languages=(1, 2))  # both kinds of table have it; locking saves the escape
    assert (one_shifted.locking, one_shifted.single, one_shifted.units) == (1, 0, 51)
    both = segments("\u0915\u0916 \u0966 ABC", languages=(6,))
    assert (both.locking, both.single) == (6, 6)
    spanish = segments("¿Cómo estás? çÁ", languages=(2, 3))
    assert (spanish.locking, spanish.single) == (0, 2)


def test_national_tables_are_announced_in_every_part() -> None:
    parts = split("\u0915" * 200, 5, languages=(6,))
    assert len(parts) == 2
    for number, part in enumerate(parts, 1):
        udh, text = read(part)
        assert udh == UserDataHeader((Concatenation(5, 2, number), LockingShift(6)))
        assert text == part.text
    single = split("Cómo", 1, languages=(2,))[0]
    assert single.short_message == bytes.fromhex("03240102") + b"C\x1bomo"


def test_with_sar_national_tables_are_used_in_single_messages_only() -> None:
    assert segments("ğ" * 100, languages=(1,)).data_coding == 0
    assert split("ğ" * 100, 1, languages=(1,), long="sar")[0].data_coding == 0
    assert {part.data_coding for part in split("ğ" * 200, 1, languages=(1,), long="sar")} == {8}


def test_unknown_language() -> None:
    with pytest.raises(TextError, match="no national language 14"):
        segments("ğ", languages=(14,))


def test_explicit_data_coding() -> None:
    assert split("né", 1, data_coding=3) == [Part(b"n\xe9", 0, 3, "né")]
    assert split("hi", 1, data_coding=8) == [Part(b"\0h\0i", 0, 8, "hi")]
    assert split("hi", 1, data_coding=flash()) == [Part(b"hi", 0, 0xF0, "hi")]
    assert segments("a" * 161, data_coding=flash()).parts == 2
    assert split("Ağ", 1, data_coding=flash(), languages=(1,))[0].short_message == bytes.fromhex("03250101") + b"A\x0c"


def test_explicit_data_coding_is_never_changed() -> None:
    with pytest.raises(TextError, match=r"U\+6F22\) at offset 1 is not in latin-1"):
        split("a漢", 1, data_coding=3)
    with pytest.raises(TextError, match="at offset 1 is not in the GSM 7-bit alphabet"):
        split("a漢", 1, data_coding=0)
    with pytest.raises(TextError, match="data_coding 4 carries octets"):
        split("a", 1, data_coding=4)


def test_default_alphabet_of_the_smsc() -> None:
    latin = split("née", 1, default="latin-1")
    assert latin == [Part(b"n\xe9e", 0, 0, "née")]
    assert segments("{" * 140, default="latin-1").left == 0
    assert split("漢", 1, default="latin-1")[0].data_coding == 8


def test_packed_parts_keep_to_140_octets() -> None:
    single = split("a" * 160, 1, default="gsm0338-packed")
    assert [len(part.short_message) for part in single] == [140]
    parts = split("@a@" * 102, 1, default="gsm0338-packed")
    assert [len(part.short_message) for part in parts] == [140, 140]
    assert [read(part, "gsm0338-packed")[1] for part in parts] == [part.text for part in parts]


def test_codec_with_shift_states_is_cut_so_that_each_part_stands_alone() -> None:
    text = "日本語 and English " * 20
    parts = split(text, 1, data_coding=0x0A)
    assert all(len(part.short_message) <= 140 for part in parts)
    assert "".join(read(part)[1] or "" for part in parts) == text
    assert segments(text, data_coding=0x0A).parts == len(parts)


@pytest.mark.parametrize("text", ["\ud83d", "a\ude00", "x" * 200 + "\ud800"])
def test_lone_surrogates_are_refused(text: str) -> None:
    for attempt in (
        lambda: segments(text),
        lambda: split(text, 1, languages=(1, 6)),
        lambda: split(text, 1, long="sar"),
    ):
        with pytest.raises(TextError) as caught:
            attempt()
        assert caught.value.offset == len(text) - 1


def test_more_than_255_parts() -> None:
    with pytest.raises(TextError, match="part 255 ends at offset 39015 of 39016") as caught:
        split("a" * (153 * 255 + 1), 1)
    assert caught.value.limit == 255


def test_a_header_that_leaves_no_room() -> None:
    with pytest.raises(TextError, match="header takes 141 octets, more than 140"):
        segments("a", extra_udh_octets=140)
    with pytest.raises(TextError, match="no room for the character at offset 0 in parts of 0 units"):
        segments("a" * 9, extra_udh_octets=134)


def test_arguments_out_of_range() -> None:
    with pytest.raises(ValueError, match="reference_bits is 7"):
        segments("a", reference_bits=7)
    with pytest.raises(ValueError, match="long is 'udh'"):
        split("a", 1, long="udh")  # type: ignore[arg-type]


def test_cuts_fall_between_graphemes() -> None:
    family = "👩\u200d👩\u200d👧"  # 8 units
    parts = split("x" * 62 + family + "漢" * 40, 1)
    assert [len(part.text) for part in parts] == [62, 45]
    assert parts[1].text.startswith(family)


@given(GSM, LONG, st.integers(0, 70000))
def test_gsm_text_comes_back(text: str, long: Long, reference: int) -> None:
    parts = split(text, reference, long=long)
    assert "".join(part.text for part in parts) == text
    assert [read(part)[1] for part in parts] == [part.text for part in parts]
    if long != "payload":
        assert all(air_octets(part) <= 140 for part in parts)


@given(ANY, LONG, st.sampled_from([(), (1,), (2, 3), (6, 13)]))
def test_any_text_comes_back(text: str, long: Long, languages: tuple[int, ...]) -> None:
    parts = split(text, 7, long=long, languages=languages)
    assert "".join(part.text for part in parts) == text
    assert [read(part)[1] for part in parts] == [part.text for part in parts]
    if long != "payload":
        assert all(air_octets(part) <= 140 for part in parts)


@given(st.text(st.sampled_from("\u0915\u093f\u0966AB€ ğ"), max_size=400), st.sampled_from([8, 16]))
def test_counting_and_splitting_agree(text: str, bits: int) -> None:
    long: Long = "udh8" if bits == 8 else "udh16"
    counted = segments(text, languages=(1, 6), reference_bits=bits, extra_udh_octets=6)
    parts = split(text, 7, languages=(1, 6), long=long, elements=[PORTS])
    assert counted.parts == len(parts)
    assert {part.data_coding for part in parts} == {counted.data_coding}
    header = UserDataHeader.parse(parts[-1].short_message)[0]
    assert header is not None
    assert (header.locking_shift, header.single_shift) == (counted.locking, counted.single)


@given(st.lists(st.sampled_from(["a", "😀", "漢", "e\u0301", "\u0301", "🇩🇪", "👍🏽"]), max_size=200).map("".join))
def test_no_surrogate_pair_and_no_needless_grapheme_is_torn(text: str) -> None:
    parts = split(text, 1, data_coding=8)
    position = 0
    for part in parts[:-1]:
        assert len(part.short_message) <= 140
        assert not 0xD8 <= part.short_message[-2] <= 0xDB
        start, position = position, position + len(part.text)
        longest = max(i for i in range(start, len(text) + 1) if len(text[start:i].encode("utf-16-be")) <= 134)
        assert position == longest or is_boundary(text, position, start)


@given(st.one_of(GSM, ANY, st.text(st.sampled_from("aé漢😀👍🏽e\u0301🇩🇪"), max_size=250)), LONG)
def test_the_short_way_and_the_plan_make_the_same_parts(text: str, long: Long) -> None:
    """A text sent without wishes goes past the plan; a codec for a value that is not used takes it through."""
    assert split(text, 300, long=long) == split(text, 300, long=long, codecs={255: "ascii"})


@given(st.one_of(GSM, ANY))
def test_parts_are_counted_one_by_one(text: str) -> None:
    counted = segments(text)
    assert [text[a:b] for a, b in pairwise([0, *counted.ends])] == [part.text for part in split(text, 1)]
    assert max(counted.part_units) <= counted.room
    assert sum(counted.part_units) == counted.units
    assert counted.left == counted.room - counted.part_units[-1]
