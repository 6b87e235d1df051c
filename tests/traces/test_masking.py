"""No password gets into a trace, however the octets come, and every chunk keeps its length."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.codec import STANDARD
from smppcore.pdu import BindTransceiver, BindTransmitter, EnquireLink, Outbind, SubmitSm
from smppcore.privacy import Privacy
from smppcore.trace.masking import Masker

PASSWORDS_ONLY = Privacy(text=False, numbers=False)
SUBMIT = SubmitSm(source_addr="39333111222", destination_addr="39333444555", short_message=b"good morning").encode(2)
BIND = BindTransceiver(system_id="shop", password="s3cr3t!").encode(1)


def pieces(octets: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    return [octets[start:end] for start, end in itertools.pairwise(places)]


def through(chunks: list[bytes], privacy: Privacy = PASSWORDS_ONLY) -> list[bytes]:
    """What comes out, chunk by chunk, to the end."""
    masker, out = Masker(privacy, STANDARD), []
    for time, chunk in enumerate(chunks):
        out += masker.feed(time, chunk)
    out += masker.flush()
    assert [time for time, _ in out] == list(range(len(chunks)))
    return [octets for _, octets in out]


@given(
    cuts=st.lists(st.integers(0, 500), max_size=12),
    password=st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="*"), min_size=1, max_size=8
    ),
)
def test_a_password_is_asterisks_however_the_bind_is_cut(cuts: list[int], password: str) -> None:
    ends = [cls(system_id="shop", password=password).encode(1) for cls in (BindTransmitter, Outbind, BindTransceiver)]
    hidden = [
        cls(system_id="shop", password="*" * len(password)) for cls in (BindTransmitter, Outbind, BindTransceiver)
    ]
    chunks = pieces(SUBMIT.join(ends), cuts)
    out = through(chunks)
    assert [len(chunk) for chunk in out] == [len(chunk) for chunk in chunks]
    assert b"".join(out) == SUBMIT.join(each.encode(1) for each in hidden)


@given(cuts=st.lists(st.integers(0, 500), max_size=12))
def test_what_is_no_secret_stays_as_it_is(cuts: list[int]) -> None:
    chunks = pieces(SUBMIT + EnquireLink().encode(3) + SUBMIT, cuts)
    assert through(chunks) == chunks


def test_an_ordinary_chunk_goes_on_at_once_even_if_its_last_pdu_is_not_complete() -> None:
    masker = Masker(PASSWORDS_ONLY, STANDARD)
    assert masker.feed(1, SUBMIT + SUBMIT[:20]) == [(1, SUBMIT + SUBMIT[:20])]
    assert masker.given == SUBMIT[:20]
    assert masker.feed(2, SUBMIT[20:]) == [(2, SUBMIT[20:])]
    assert masker.given == b""


def test_half_a_bind_is_held_until_it_is_clear_what_may_be_shown() -> None:
    masker = Masker(PASSWORDS_ONLY, STANDARD)
    assert masker.feed(1, BIND[:24]) == []
    assert masker.given == b""
    assert [time for time, _ in masker.feed(2, BIND[24:])] == [1, 2]


def test_a_bind_that_never_ends_shows_its_header_only() -> None:
    out = through([BIND[:10], BIND[10:26]])
    assert b"".join(out) == BIND[:16] + b"*" * 10


@given(shorter=st.integers(1, 30), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_a_bind_with_a_wrong_length_shows_no_password_either(shorter: int, cuts: list[int]) -> None:
    length = max(len(BIND) - shorter, 0)
    wrong = length.to_bytes(4, "big") + BIND[4:]
    out = b"".join(through(pieces(wrong + SUBMIT, cuts)))
    assert len(out) == len(wrong + SUBMIT)
    for start in range(len("s3cr3t!") - 1):
        assert b"s3cr3t!"[start : start + 2] not in out


def test_another_protocol_can_be_known_by_its_first_octets() -> None:
    out = through([b"HTTP/1.1 400 Bad Request\r\n", b"Content-Length: 0\r\n"])
    assert b"".join(out).startswith(b"HTTP/1.1 400 Bad*")
    assert b"Content" not in b"".join(out)


@given(cuts=st.lists(st.integers(0, 500), max_size=12))
def test_text_and_numbers_are_masked_where_a_privacy_says_so(cuts: list[int]) -> None:
    chunks = pieces(BIND + SUBMIT + SUBMIT, cuts)
    out = through(chunks, Privacy())
    assert [len(chunk) for chunk in out] == [len(chunk) for chunk in chunks]
    whole = b"".join(out)
    for secret in (b"s3cr3t", b"morning", b"39333", b"33344"):
        assert secret not in whole
    assert len(Masker(Privacy(), STANDARD).feed(0, whole)) == 1


@pytest.mark.parametrize("privacy", [PASSWORDS_ONLY, Privacy()])
@given(chunks=st.lists(st.binary(min_size=1, max_size=60), max_size=8))
def test_octets_that_mean_nothing_keep_their_lengths(privacy: Privacy, chunks: list[bytes]) -> None:
    assert [len(chunk) for chunk in through(chunks, privacy)] == [len(chunk) for chunk in chunks]
