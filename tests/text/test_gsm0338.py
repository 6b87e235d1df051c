"""GSM 7-bit text, one septet per octet (TS 23.038 section 6.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import TextError, gsm0338, shifts

LANGUAGE = st.integers(0, 13)
DEFAULT_CHARACTERS = sorted(gsm0338.characters())


@pytest.mark.parametrize(
    ("char", "octets"),
    [
        ("@", "00"),
        ("£", "01"),
        ("$", "02"),
        ("\n", "0a"),
        ("\r", "0d"),
        ("Δ", "10"),
        ("_", "11"),
        ("Ω", "15"),
        ("Æ", "1c"),
        ("É", "1f"),
        (" ", "20"),
        ("¤", "24"),
        ("¡", "40"),
        ("A", "41"),
        ("Ä", "5b"),
        ("§", "5f"),
        ("¿", "60"),
        ("a", "61"),
        ("ñ", "7d"),
        ("à", "7f"),
        ("\f", "1b0a"),
        ("^", "1b14"),
        ("{", "1b28"),
        ("}", "1b29"),
        ("\\", "1b2f"),
        ("[", "1b3c"),
        ("~", "1b3d"),
        ("]", "1b3e"),
        ("|", "1b40"),
        ("€", "1b65"),
    ],
)
def test_default_alphabet_and_extension(char: str, octets: str) -> None:
    assert gsm0338.encode(char).hex() == octets
    assert gsm0338.decode(bytes.fromhex(octets)) == char


def test_the_default_alphabet_has_137_characters() -> None:
    assert len(DEFAULT_CHARACTERS) == 127 + 10


@given(st.text(st.sampled_from(DEFAULT_CHARACTERS)))
def test_every_text_of_the_alphabet_comes_back(text: str) -> None:
    octets = gsm0338.encode(text)
    assert gsm0338.decode(octets) == text
    assert gsm0338.fits(text)
    assert gsm0338.septets(text) == len(octets) == sum(gsm0338.widths(text))
    assert len(gsm0338.widths(text)) == len(text)


@given(LANGUAGE, LANGUAGE, st.data())
def test_every_text_of_a_pair_of_national_tables_comes_back(locking: int, single: int, data: st.DataObject) -> None:
    text = data.draw(st.text(st.sampled_from(sorted(gsm0338.characters(locking, single)))))
    octets = gsm0338.encode(text, locking=locking, single=single)
    assert gsm0338.decode(octets, locking=locking, single=single) == text
    assert gsm0338.septets(text, locking, single) == len(octets)


@given(st.text(), LANGUAGE, LANGUAGE)
def test_a_text_fits_exactly_when_it_encodes(text: str, locking: int, single: int) -> None:
    missing = [i for i, char in enumerate(text) if char not in gsm0338.characters(locking, single)]
    assert gsm0338.fits(text, locking, single) is not bool(missing)
    if not missing:
        assert gsm0338.encode(text, locking=locking, single=single).isascii()
        return
    with pytest.raises(TextError) as caught:
        gsm0338.encode(text, locking=locking, single=single)
    assert (caught.value.text, caught.value.offset) == (text, missing[0])


def test_the_error_names_the_first_character_that_cannot_be_sent_but_not_the_text() -> None:
    with pytest.raises(
        TextError, match=r"'\\u6f22' \(U\+6F22\) at offset 7 is not in the GSM 7-bit alphabet"
    ) as caught:
        gsm0338.encode("secret 漢字")
    assert caught.value.offset == 7
    assert caught.value.text == "secret 漢字"
    assert "secret" not in str(caught.value)


def test_the_error_names_the_tables() -> None:
    with pytest.raises(TextError, match="with locking shift 1 and single shift 3"):
        gsm0338.encode("漢", locking=1, single=3)


@pytest.mark.parametrize("text", ["\0", "a\0b", "a\0漢"])
def test_nul_is_in_no_table(text: str) -> None:
    for locking in shifts.LOCKING:
        with pytest.raises(TextError) as caught:
            gsm0338.encode(text, locking=locking, single=locking)
        assert caught.value.offset == text.index("\0")


@pytest.mark.parametrize("char", ["\x1b", "\ufffe", "\ud800", "`", "ç", "\u0391"])
def test_characters_that_only_look_like_they_were_there(char: str) -> None:
    assert not gsm0338.fits(char)
    assert gsm0338.septets(char) is None


def test_grave_accent_is_refused_and_not_sent_as_a_question_of_0x5f() -> None:
    """python-smpplib sends it as the section sign."""
    with pytest.raises(TextError):
        gsm0338.encode("`")


def test_small_c_cedilla_only_when_lenient() -> None:
    assert gsm0338.encode("Ça va, François", lenient=True) == gsm0338.encode("Ça va, FranÇois")
    assert gsm0338.decode(b"\x09") == "Ç"
    with pytest.raises(TextError):
        gsm0338.encode("François")


def test_lenient_keeps_small_c_cedilla_where_the_tables_have_it() -> None:
    assert gsm0338.encode("ç", locking=1, lenient=True) == b"\x60"
    assert gsm0338.encode("ç", single=2, lenient=True) == b"\x1b\x09"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\x1b\x41", "A"),  # no entry: the character of the default table
        (b"\x1b\x00", "@"),
        (b"\x1b\x0d", "\r"),
        (b"a\x1b\x1bb", "a b"),
        (b"\x1b\x1b\x65", " e"),  # the pair is used up, so 0x65 is no euro
        (b"a\x1b", "a "),
        (b"\x1b\x1b\x1b", "  "),
        (b"\x1b\x1b\x1b\x65", " €"),
        (b"\x1b\x65\x1b\x28x", "€{x"),
    ],
)
def test_escapes_without_an_entry_show_what_a_handset_would(octets: bytes, text: str) -> None:
    assert gsm0338.decode(octets) == text


def test_escape_without_an_entry_shows_the_character_of_the_locking_table_in_use() -> None:
    assert gsm0338.decode(b"\x1b\x41", locking=1) == "A"
    assert gsm0338.decode(b"\x1b\x04", locking=1) == "€"
    assert gsm0338.decode(b"\x1b\x04") == "è"


def test_octets_above_0x7f_show_their_latin1_character() -> None:
    assert gsm0338.decode(b"caf\xe9 \xa3") == "café £"
    assert gsm0338.decode(b"\x1b\xe9") == "é"


def test_a_place_without_a_character_shows_a_space() -> None:
    assert gsm0338.decode(b"a\x00b", locking=7) == "a b"


@given(st.binary(), st.integers(-1, 300), st.integers(-1, 300))
def test_decoding_never_raises(octets: bytes, locking: int, single: int) -> None:
    text = gsm0338.decode(octets, locking=locking, single=single)
    assert len(text) <= len(octets)
    assert len(text) >= len(octets) / 2


def test_an_unknown_language_reads_as_the_default_and_is_refused_for_writing() -> None:
    assert gsm0338.decode(b"\x00\x1b\x65", locking=14, single=0xFF) == "@€"
    for attempt in (lambda: gsm0338.encode("a", locking=14), lambda: gsm0338.septets("a", single=-1)):
        with pytest.raises(TextError, match="no national language") as caught:
            attempt()
        assert caught.value.limit == 13


@given(st.text())
def test_encoding_without_an_explanation_says_the_same(text: str) -> None:
    octets = gsm0338.encode_default(text)
    assert (octets is not None) == gsm0338.fits(text)
    assert octets is None or octets == gsm0338.encode(text)
    assert gsm0338.encode_default(f"{text}\0") is None
