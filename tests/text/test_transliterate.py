"""Transliteration to GSM: only on request, only what the alphabet lacks, and it says what it did."""

import sys
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import LANGUAGES, Long, Replacement, gsm0338, segments, split, to_gsm, transliterate

LANGUAGE = st.sampled_from([0, *LANGUAGES])
SURROGATES = st.characters(categories=["Cs"])
ANY = st.text(st.one_of(st.characters(), SURROGATES, st.sampled_from("čğ„😀\u0301`\0\ue000Я")), max_size=200)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello € {Grüße}", "Hello € {Grüße}"),
        ("„Zażółć” – jaźń…", '"Zazolc" - jazn...'),
        ("Şifreniz: ğ ı İ", "Sifreniz: g i I"),
        ("Привет, мир!", "Privet, mir!"),
        ("Καλημέρα Δ", "Kalimera Δ"),
        ("北京", "BeiJing"),
        ("e\u0301a\u0308c\u030c", "éäc"),  # composed where that is in the alphabet
        ("ǟ Ώ", "ä Ω"),  # the marks that are in the way are left out, the letter stays
        ("a ≠ b ≮ c", "a != b !< c"),  # but a sign does not lose its stroke
        ("ç Ç", "c Ç"),
        ("`tab\t", "'tab "),
        ("👍🏽 👩\u200d👧", ":thumbsup: :woman::girl:"),
        ("a\u200bb\u0000c", "abc"),  # no shape, no trace
        ("\ue000 \ud800", "? ?"),  # a shape, but nobody knows which
        ("\u0301x", "x"),
    ],
)
def test_what_becomes_of_a_text(text: str, expected: str) -> None:
    assert to_gsm(text).text == expected


def test_it_says_what_was_replaced() -> None:
    assert to_gsm("a„č“e\u0301").replaced == (
        Replacement(1, "„", '"'),
        Replacement(2, "č", "c"),
        Replacement(3, "“", '"'),
        Replacement(4, "e\u0301", "é"),
    )
    assert to_gsm("plain é").replaced == ()


def test_a_character_of_an_allowed_shift_table_is_not_replaced() -> None:
    assert to_gsm("ğ č", single=1).text == "ğ c"
    assert to_gsm("ğ č", locking=1) == ("ğ c", (Replacement(2, "č", "c"),))


@given(ANY, LANGUAGE, LANGUAGE)
def test_the_result_always_encodes_and_what_fits_stays(text: str, locking: int, single: int) -> None:
    result = to_gsm(text, locking=locking, single=single)
    assert gsm0338.fits(result.text, locking, single)
    if gsm0338.fits(text, locking, single) and not any(category_of_mark(char) for char in text):
        assert result == (text, ())
    rebuilt, at = "", 0
    for offset, original, replacement in result.replaced:
        assert text[offset : offset + len(original)] == original
        rebuilt += text[at:offset] + replacement
        at = offset + len(original)
    assert rebuilt + text[at:] == result.text


def category_of_mark(char: str) -> bool:
    return char >= "\u0300"


def test_split_and_segments_take_it_as_an_option() -> None:
    text = "Şifreniz 123456 – kimseyle paylaşmayın. " * 3
    assert segments(text).coding == "utf-16-be"
    counted = segments(text, transliterate=True)
    assert (counted.coding, counted.parts, len(counted.replaced)) == ("gsm0338", 1, 12)
    assert [part.text for part in split(text, 1, transliterate=True)] == [counted.text]
    assert counted.forced == ()


def test_the_tables_that_save_most_characters_are_taken() -> None:
    counted = segments("ğ č ş", languages=(1, 3), transliterate=True)
    assert (counted.text, len(counted.replaced), counted.parts) == ("ğ c ş", 1, 1)
    assert 1 in (counted.locking, counted.single)
    unchanged = segments("ğ ş", languages=(1, 3), transliterate=True)
    assert (unchanged.text, unchanged.replaced) == ("ğ ş", ())


def test_with_sar_a_long_text_can_have_no_tables_and_loses_more() -> None:
    text = "ğ" * 161
    assert {part.text for part in split(text, 1, languages=(1,), long="sar", transliterate=True)} == {
        "g" * 152,
        "g" * 9,
    }
    assert split(text[:100], 1, languages=(1,), long="sar", transliterate=True)[0].text == text[:100]


def test_another_alphabet_of_the_link_decides() -> None:
    assert split("é € ğ", 1, default="latin-1", transliterate=True)[0].short_message == "é EUR g".encode("latin-1")
    assert split("é ğ", 1, data_coding=1, transliterate=True)[0].short_message == b"e g"
    assert split("é ğ \ud800", 1, data_coding=8, transliterate=True)[0].text == "é ğ ?"


@given(ANY, st.sampled_from(get_args(Long)), st.sampled_from([(), (1,), (1, 6)]))
def test_never_ucs2(text: str, long: Long, languages: tuple[int, ...]) -> None:
    parts = split(text, 1, long=long, languages=languages, transliterate=True)
    assert {part.data_coding for part in parts} == {0}


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anyascii", None)
    transliterate._library.cache_clear()
    try:
        assert not transliterate.available()
        for call in (lambda: to_gsm("č"), lambda: split("plain", 1, transliterate=True)):
            with pytest.raises(ImportError, match=r"pip install 'smppcore\[text\]'"):
                call()
        with pytest.raises(ImportError, match="anyascii"):
            segments("č", transliterate=True)
        assert segments("č").coding == "utf-16-be"
    finally:
        transliterate._library.cache_clear()
