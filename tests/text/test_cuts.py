"""Cutting into parts, held against an exhaustive search on short texts with tiny limits."""

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import TextError, gsm0338
from smppcore.text.cuts import CodecRuler, Ruler, UnitRuler, cut
from smppcore.text.graphemes import is_boundary

# Flags, a family, skin tones, marks, escapes of GSM 7-bit and line ends, so that every rule comes up often.
PIECES = st.sampled_from(
    ["a", "€", "\r\n", "\r", "e\u0301", "🇩🇪", "🇩", "👍🏽", "👩\u200d👧", "❤\ufe0f", "\u0301", "漢"]
)
TEXT = st.lists(PIECES, max_size=9).map("".join)
GSM_TEXT = st.lists(st.sampled_from(["a", "€", "\r\n", "{"]), max_size=14).map("".join)


def utf16(text: str) -> UnitRuler:
    return UnitRuler([len(text[:i].encode("utf-16-be")) // 2 for i in range(len(text) + 1)])


def septets(text: str) -> UnitRuler:
    return UnitRuler([gsm0338.septets(text[:i]) or 0 for i in range(len(text) + 1)])


def fewest(text: str, ruler: Ruler, room: int, graphemes: bool) -> int | None:
    """The smallest number of parts by trying every cut; None if there is no way."""

    @cache
    def parts_from(start: int) -> float:
        if start == len(text):
            return 0
        ends = [end for end in range(start + 1, len(text) + 1) if ruler.length(start, end) <= room]
        if graphemes:
            ends = [end for end in ends if is_boundary(text, end, start)]
        return 1 + min(map(parts_from, ends), default=float("inf"))

    parts = parts_from(0)
    return None if parts == float("inf") else int(parts)


def check(text: str, ruler: Ruler, room: int) -> None:
    ends = cut(text, ruler, room)
    stretches = list(pairwise([0, *ends]))
    assert [0, *ends][-1] == len(text)
    assert all(start < end and ruler.length(start, end) <= room for start, end in stretches)
    assert len(ends) == fewest(text, ruler, room, graphemes=False)
    if len(ends) == fewest(text, ruler, room, graphemes=True):
        assert all(is_boundary(text, end, start) for start, end in stretches)


@given(TEXT, st.integers(2, 8))
def test_fewest_parts_and_whole_graphemes_where_possible_in_ucs2(text: str, room: int) -> None:
    check(text, utf16(text), room)


@given(GSM_TEXT, st.integers(2, 8))
def test_fewest_parts_and_whole_graphemes_where_possible_in_gsm(text: str, room: int) -> None:
    check(text, septets(text), room)


@given(st.text(st.sampled_from("aé漢"), max_size=12), st.integers(8, 20), st.sampled_from(["iso2022_jp", "utf-8"]))
def test_fewest_parts_in_codecs_of_changing_width(text: str, room: int, codec: str) -> None:
    text = text.replace("é", "e") if codec == "iso2022_jp" else text
    check(text, CodecRuler(text, lambda piece: piece.encode(codec)), room)


def test_a_grapheme_longer_than_a_part_is_cut_inside() -> None:
    text = "a" + "\u0301" * 10
    assert cut(text, utf16(text), 4) == [4, 8, 11]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("aaaaa👍🏽a", [5, 8]),  # the second part has room for the whole emoji
        ("aaa👍🏽aa", [3, 7]),  # so it has here, exactly
        ("aaa👍🏽aaaa", [4, 9]),  # two parts, if the emoji is cut between its two code points
        ("aaa👍🏽aaaaa", [3, 7, 10]),  # three parts in any case, so there is no need
    ],
)
def test_a_grapheme_is_only_cut_to_save_a_part(text: str, ends: list[int]) -> None:
    assert cut(text, utf16(text), 6) == ends


def test_more_than_255_parts() -> None:
    assert len(cut("a" * 510, UnitRuler(range(511)), 2)) == 255
    with pytest.raises(TextError, match="part 255 ends at offset 510 of 511") as caught:
        cut("a" * 511, UnitRuler(range(512)), 2)
    assert (caught.value.offset, caught.value.limit) == (510, 255)


def test_no_room_for_a_character() -> None:
    with pytest.raises(TextError, match="no room for the character at offset 1 in parts of 1 units") as caught:
        cut("a😀", utf16("a😀"), 1)
    assert (caught.value.offset, caught.value.limit) == (1, 1)
