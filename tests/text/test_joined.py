"""One text from parts, each read by its own data_coding and header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import LockingShift, Piece, SingleShift, UserDataHeader, encode_text, join_text

TURKISH = UserDataHeader((SingleShift(1), LockingShift(1)))


def test_each_part_by_its_own_coding() -> None:
    pieces = [Piece(b"price: \x1be5 ", 0), Piece("жёлтый ".encode("utf-16-be"), 8), Piece(b"caf\xe9 ", 3)]
    pieces.append(Piece(encode_text("ğ", 0, udh=TURKISH), 0, TURKISH))
    assert join_text(pieces) == "price: €5 жёлтый café ğ"


def test_an_escape_pair_that_was_cut_is_read_whole() -> None:
    """smpplib cuts there (FIELD 1.12 no. 3)."""
    assert join_text([Piece(b"ab\x1b", 0), Piece(b"ecd", 0)]) == "ab€cd"


def test_a_surrogate_pair_that_was_cut_is_read_whole() -> None:
    octets = "a😀b".encode("utf-16-be")
    assert join_text([Piece(octets[:4], 8), Piece(octets[4:], 8)]) == "a😀b"


def test_a_unit_that_was_cut_is_read_whole() -> None:
    octets = "абв".encode("utf-16-be")
    assert join_text([Piece(octets[:3], 8), Piece(octets[3:], 8)]) == "абв"


def test_a_spare_octet_does_not_shift_what_follows() -> None:
    assert join_text([Piece("аб".encode("utf-16-be") + b"\0", 8), Piece("вг".encode("utf-16-be"), 8)]) == "аб\ufffdвг"


def test_packed_parts_have_fill_bits_each() -> None:
    udh = UserDataHeader.parse(bytes.fromhex("050003010201"))[0]
    pieces = [Piece(encode_text(text, 0, default="gsm0338-packed", udh=udh), 0, udh) for text in ("hello ", "world")]
    assert join_text(pieces, default="gsm0338-packed") == "hello world"


def test_one_binary_part_makes_all_of_it_no_text() -> None:
    assert join_text([Piece(b"a", 0), Piece(b"\1\2", 4)]) is None
    assert join_text([]) == ""


@pytest.mark.parametrize("value", [255, 0x0F])
def test_codecs_for_single_values(value: int) -> None:
    assert join_text([Piece("п".encode("cp1251"), value)], codecs={value: "cp1251"}) == "п"


@given(st.lists(st.tuples(st.binary(max_size=9), st.integers(0, 255), st.binary(max_size=9))), st.booleans())
def test_never_raises(parts: list[tuple[bytes, int, bytes]], packed: bool) -> None:
    pieces = [Piece(octets, value, UserDataHeader.parse(header)[0]) for octets, value, header in parts]
    join_text(pieces, default="gsm0338-packed" if packed else "gsm0338")
