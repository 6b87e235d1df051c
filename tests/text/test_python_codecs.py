""" "gsm0338" and "gsm0338-packed" as names of Python codecs."""

import codecs
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import gsm0338, register

TEXT = st.text(st.sampled_from(sorted(gsm0338.characters())))


def test_encode_and_decode_by_name() -> None:
    assert "Grüße, 5 €".encode("gsm0338") == gsm0338.encode("Grüße, 5 €")
    assert b"\x00\x1b\x65".decode("gsm0338") == "@€"
    assert "hello".encode("gsm0338-packed").hex() == "e8329bfd06"
    assert bytes.fromhex("e8329bfd06").decode("gsm0338-packed") == "hello"
    assert codecs.lookup("GSM0338-Packed").name == "gsm0338-packed"


def test_registering_twice_does_no_harm() -> None:
    register()
    register()
    assert "a".encode("gsm0338") == b"a"


@pytest.mark.parametrize(
    ("errors", "octets"),
    [("replace", b"a?b?"), ("ignore", b"ab"), ("backslashreplace", None), ("xmlcharrefreplace", b"a&#28450;b&#23383;")],
)
def test_error_handlers_of_encoding(errors: str, octets: bytes | None) -> None:
    expected = gsm0338.encode("a\\u6f22b\\u5b57") if octets is None else octets
    assert "a漢b字".encode("gsm0338", errors) == expected


def test_strict_encoding_names_the_character() -> None:
    with pytest.raises(UnicodeEncodeError) as caught:
        "ab漢".encode("gsm0338")
    assert (caught.value.start, caught.value.end, caught.value.encoding) == (2, 3, "gsm0338")


def test_a_replacement_that_does_not_fit_either_is_an_error() -> None:
    codecs.register_error("smppcore-test-cjk", lambda error: ("漢", getattr(error, "end", 0)))
    with pytest.raises(UnicodeEncodeError):
        "字".encode("gsm0338", "smppcore-test-cjk")


def test_unknown_error_handler() -> None:
    with pytest.raises(LookupError):
        "漢".encode("gsm0338", "no-such-handler")


@pytest.mark.parametrize(("octets", "start"), [(b"ab\xe9c", 2), (b"ab\x1b", 2), (b"a\x1b\xe9", 1)])
def test_strict_decoding_refuses_what_is_no_septet(octets: bytes, start: int) -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        octets.decode("gsm0338")
    assert caught.value.start == start


def test_error_handlers_of_decoding() -> None:
    assert b"a\xe9\x1b\x65\x1b".decode("gsm0338", "replace") == "a\ufffd€\ufffd"
    assert b"a\xe9\x1b\x65\x1b".decode("gsm0338", "ignore") == "a€"
    assert b"a\xe9".decode("gsm0338", "backslashreplace") == "a\\xe9"
    assert b"a\x1b\x1b".decode("gsm0338") == "a "


@given(TEXT)
def test_text_comes_back(text: str) -> None:
    assert text.encode("gsm0338").decode("gsm0338") == text
    packed = text.encode("gsm0338-packed")
    assert packed.decode("gsm0338-packed") in (text, text[:-1])


@given(st.text(), st.sampled_from(["gsm0338", "gsm0338-packed"]), st.sampled_from(["replace", "ignore"]))
def test_a_lenient_handler_encodes_any_text(text: str, name: str, errors: str) -> None:
    text.encode(name, errors)


@given(st.binary(), st.sampled_from(["gsm0338", "gsm0338-packed"]), st.sampled_from(["replace", "ignore"]))
def test_a_lenient_handler_decodes_any_octets(octets: bytes, name: str, errors: str) -> None:
    octets.decode(name, errors)


@given(st.text(st.sampled_from("ab€{[\n"), max_size=60), st.integers(1, 7))
def test_text_comes_back_piece_by_piece(text: str, size: int) -> None:
    octets = b"".join(codecs.iterencode(iter(text), "gsm0338"))
    assert octets == text.encode("gsm0338")
    pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
    assert "".join(codecs.iterdecode(pieces, "gsm0338")) == text


def test_a_file_in_the_alphabet(tmp_path: Path) -> None:
    path = tmp_path / "messages.txt"
    with path.open("w", encoding="gsm0338", newline="\n") as file:
        file.writelines(["Grüße €\n", "{ok}\n"] * 5_000)
    assert path.read_bytes().startswith(b"Gr\x7e\x1ee \x1be\n")
    with path.open(encoding="gsm0338", newline="\n") as file:
        assert file.readlines() == ["Grüße €\n", "{ok}\n"] * 5_000
    reader = codecs.getreader("gsm0338")(io.BytesIO(path.read_bytes()))
    assert reader.read() == "Grüße €\n{ok}\n" * 5_000
    written = io.BytesIO()
    codecs.getwriter("gsm0338")(written).write("Grüße €")
    assert written.getvalue() == b"Gr\x7e\x1ee \x1be"


def test_an_escape_at_the_end_of_a_stream_is_an_error() -> None:
    decoder = codecs.getincrementaldecoder("gsm0338")()
    assert decoder.decode(b"a\x1b") == "a"
    with pytest.raises(UnicodeDecodeError, match="escape without a septet"):
        decoder.decode(b"", True)
