"""The national tables (TS 23.038 Annex A): spot checks written by hand, with Unicode names."""

import pytest

from smppcore.text import gsm0338
from smppcore.text.shifts import ESC, LANGUAGES, LOCKING, NOTHING, SINGLE


@pytest.mark.parametrize("language", LOCKING)
def test_locking_tables_have_128_places(language: int) -> None:
    table = LOCKING[language]
    assert len(table) == 128
    assert table[ESC] == NOTHING
    assert table[0x0A] == "\n"
    assert table[0x0D] == "\r"
    assert table[0x20] == " "
    assert table[0x30:0x3A] == "0123456789"
    assert table[0x61:0x7B] == "abcdefghijklmnopqrstuvwxyz"
    present = table.replace(NOTHING, "")
    assert len(set(present)) == len(present), "a character stands twice"


@pytest.mark.parametrize("language", SINGLE)
def test_single_shift_tables_keep_the_default_extension_and_the_reserved_places(language: int) -> None:
    table = SINGLE[language]
    assert {septet: table[septet] for septet in SINGLE[0]} == SINGLE[0]
    assert table[0x0A] == "\f"
    assert 0x0D not in table
    assert ESC not in table
    assert all(0 <= septet < 128 and len(char) == 1 for septet, char in table.items())


def test_thirteen_languages() -> None:
    assert sorted(LANGUAGES) == list(range(1, 14))
    assert sorted(LOCKING) == sorted(SINGLE) == list(range(14))


@pytest.mark.parametrize(
    ("language", "entries"),
    [
        (1, 17),
        (2, 19),
        (3, 37),
        (4, 82),
        (5, 70),
        (6, 88),
        (7, 73),
        (8, 82),
        (9, 75),
        (10, 76),
        (11, 77),
        (12, 78),
        (13, 90),
    ],
)
def test_number_of_single_shifts(language: int, entries: int) -> None:
    assert len(SINGLE[language]) == entries


@pytest.mark.parametrize(
    ("language", "septet", "char"),
    [
        (1, 0x04, "€"),
        (1, 0x07, "\N{LATIN SMALL LETTER DOTLESS I}"),
        (1, 0x0B, "Ğ"),
        (1, 0x1C, "Ş"),
        (1, 0x1F, "É"),
        (1, 0x40, "İ"),
        (1, 0x60, "ç"),
        (3, 0x06, "ú"),
        (3, 0x12, "ª"),
        (3, 0x15, "\N{INFINITY}"),
        (3, 0x7B, "ã"),
        (4, 0x00, "\N{BENGALI SIGN CANDRABINDU}"),
        (4, 0x7C, "\N{BENGALI LETTER RRA}"),
        (5, 0x60, "\N{GUJARATI OM}"),
        (6, 0x15, "\N{DEVANAGARI LETTER KA}"),
        (6, 0x5F, "\N{DEVANAGARI SIGN VIRAMA}"),
        (6, 0x60, "\N{DEVANAGARI OM}"),
        (7, 0x01, "\N{KANNADA SIGN ANUSVARA}"),
        (8, 0x15, "\N{MALAYALAM LETTER KA}"),
        (9, 0x47, "\N{ORIYA LETTER LLA}"),
        (10, 0x4E, "\N{GURMUKHI SIGN NUKTA}"),
        (11, 0x15, "\N{TAMIL LETTER KA}"),
        (11, 0x60, "\N{TAMIL OM}"),
        (12, 0x15, "\N{TELUGU LETTER KA}"),
        (13, 0x00, "\N{ARABIC LETTER ALEF}"),
        (13, 0x4D, "\N{ARABIC LETTER LAM}"),
        (13, 0x2C, ","),
    ],
)
def test_locking_spot_checks(language: int, septet: int, char: str) -> None:
    assert gsm0338.decode(bytes([septet]), locking=language) == char
    assert gsm0338.encode(char, locking=language) == bytes([septet])


@pytest.mark.parametrize(
    ("language", "septet", "char"),
    [
        (1, 0x53, "Ş"),
        (1, 0x69, "\N{LATIN SMALL LETTER DOTLESS I}"),
        (2, 0x09, "ç"),
        (2, 0x41, "Á"),
        (2, 0x75, "ú"),
        (3, 0x05, "ê"),
        (3, 0x12, "Φ"),
        (3, 0x61, "Â"),
        (3, 0x7F, "â"),
        (4, 0x19, "\N{BENGALI DIGIT ZERO}"),
        (4, 0x2C, "\N{BENGALI RUPEE SIGN}"),
        (5, 0x1C, "\N{GUJARATI DIGIT ZERO}"),
        (6, 0x19, "\N{DEVANAGARI DANDA}"),
        (6, 0x25, "\N{DEVANAGARI DIGIT NINE}"),
        (7, 0x26, "\N{KANNADA LETTER FA}"),
        (8, 0x34, "\N{MALAYALAM LETTER CHILLU K}"),
        (9, 0x2A, "\N{ORIYA LETTER YYA}"),
        (10, 0x2C, "\N{GURMUKHI LETTER FA}"),
        (11, 0x2D, "\N{TAMIL AS ABOVE SIGN}"),
        (12, 0x26, "\N{TELUGU LETTER TSA}"),
        (13, 0x3F, "\N{ARABIC FULL STOP}"),
        (13, 0x1C, "\N{EXTENDED ARABIC-INDIC DIGIT ZERO}"),
        (13, 0x41, "A"),
    ],
)
def test_single_shift_spot_checks(language: int, septet: int, char: str) -> None:
    assert gsm0338.decode(bytes([ESC, septet]), single=language) == char


@pytest.mark.parametrize(
    ("table", "septet", "char"),
    [
        (LOCKING[0], 0x09, 0x00C7),
        (LOCKING[7], 0x24, 0x0CA1),
        (SINGLE[11], 0x24, 0x0BEE),
        (SINGLE[12], 0x22, 0x0C6C),
        (SINGLE[12], 0x23, 0x0C6D),
        (SINGLE[12], 0x1C, 0x0C66),
        (SINGLE[9], 0x20, 0x0B6A),
        (SINGLE[10], 0x23, 0x0A6D),
        (LOCKING[9], 0x47, 0x0B33),
        (LOCKING[1], 0x1F, 0x00C9),
    ],
)
def test_where_the_sources_disagree(table: "str | dict[int, str]", septet: int, char: int) -> None:
    assert ord(table[septet]) == char


def test_spanish_has_no_locking_table() -> None:
    assert LOCKING[2] == LOCKING[0]


def test_the_telugu_euro_is_read_but_not_written() -> None:
    assert gsm0338.decode(b"\x1b\x65", single=12) == "€"
    assert not gsm0338.fits("€", single=12)


def test_a_character_in_both_tables_takes_one_septet() -> None:
    assert gsm0338.encode("€", locking=1, single=1) == b"\x04"


def test_of_two_equal_entries_the_first_is_written() -> None:
    assert gsm0338.encode("*", locking=6, single=6) == b"\x1b\x0b"
    assert gsm0338.decode(b"\x1b\x18", single=6) == "*"
