"""Packed septets (TS 23.038 section 6.1.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import TextError, fill_bits_after, pack, unpack
from smppcore.text.septets import pack_text, unpack_text

SEPTETS = st.lists(st.integers(0, 127), max_size=200).map(bytes)
FILL = st.integers(0, 6)


@pytest.mark.parametrize(
    ("text", "fill_bits", "octets"),
    [("hello", 0, "E8329BFD06"), ("hellohello", 0, "E8329BFD4697D9EC37"), ("hello", 1, "D06536FB0D"), ("", 0, "")],
)
def test_vectors(text: str, fill_bits: int, octets: str) -> None:
    assert pack(text.encode(), fill_bits) == bytes.fromhex(octets)
    assert unpack(bytes.fromhex(octets), len(text), fill_bits) == text.encode()


@pytest.mark.parametrize(("udh", "fill"), [(0, 0), (4, 3), (6, 1), (7, 0), (9, 5), (10, 4), (12, 2), (13, 1), (140, 0)])
def test_fill_bits_after_a_header(udh: int, fill: int) -> None:
    assert fill_bits_after(udh) == fill
    assert (8 * udh + fill) % 7 == 0


@given(SEPTETS, FILL)
def test_unpack_undoes_pack(septets: bytes, fill_bits: int) -> None:
    octets = pack(septets, fill_bits)
    assert len(octets) == -(-(7 * len(septets) + fill_bits) // 8)
    assert unpack(octets, len(septets), fill_bits) == septets


@given(SEPTETS, FILL)
def test_without_a_count_there_is_at_most_one_septet_too_many(septets: bytes, fill_bits: int) -> None:
    unpacked = unpack(pack(septets, fill_bits), fill_bits=fill_bits)
    assert unpacked[: len(septets)] == septets
    assert unpacked[len(septets) :] in (b"", b"\0")


def reference_pack(septets: bytes, fill_bits: int) -> bytes:
    bits = "0" * fill_bits + "".join(f"{septet:07b}"[::-1] for septet in septets)
    return bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))


@given(SEPTETS.filter(bool), FILL)
def test_pack_puts_bit_after_bit(septets: bytes, fill_bits: int) -> None:
    assert pack(septets, fill_bits) == reference_pack(septets, fill_bits)


@given(st.binary(max_size=300), st.none() | st.integers(0, 500), FILL)
def test_unpack_takes_any_octets(octets: bytes, count: int | None, fill_bits: int) -> None:
    septets = unpack(octets, count, fill_bits)
    assert septets.isascii()
    assert len(septets) <= (len(octets) * 8 - fill_bits) // 7 or not septets


def test_an_octet_that_is_no_septet() -> None:
    with pytest.raises(TextError, match="octet 0x80 at offset 2 is no septet") as caught:
        pack(b"ab\x80")
    assert (caught.value.offset, caught.value.limit) == (2, 0x7F)


@pytest.mark.parametrize("fill_bits", [-1, 7])
def test_fill_bits_out_of_range(fill_bits: int) -> None:
    with pytest.raises(ValueError, match="fill_bits"):
        pack(b"a", fill_bits)
    with pytest.raises(ValueError, match="fill_bits"):
        unpack(b"a", fill_bits=fill_bits)


def test_negative_count() -> None:
    with pytest.raises(ValueError, match="count is -1"):
        unpack(b"abc", -1)


def test_seven_bits_left_over_hold_a_cr_that_is_dropped_again() -> None:
    octets = pack_text(b"1234567")
    assert octets == pack(b"1234567\r")
    assert unpack_text(octets) == b"1234567"


def test_zero_filling_is_no_at_sign() -> None:
    assert unpack_text(pack(b"1234567")) == b"1234567"
    assert unpack_text(pack(b"12345678")) == b"12345678"


@pytest.mark.parametrize(("udh", "count"), [(0, 160), (6, 153), (7, 152)])
def test_an_at_sign_at_the_end_of_a_full_message_is_one(udh: int, count: int) -> None:
    septets = b"a" * (count - 1) + b"\0"
    octets = pack_text(septets, udh)
    assert udh + len(octets) == 140
    assert unpack_text(octets, udh) == septets


def test_the_second_half_of_an_escape_pair_is_no_filling() -> None:
    assert unpack_text(pack(b"123456\x1b\0")) == b"123456\x1b\0"


@given(SEPTETS.filter(lambda septets: not septets.endswith(b"\x1b")), st.integers(0, 20))
def test_only_an_at_sign_or_cr_in_the_last_place_can_be_lost(septets: bytes, udh_octets: int) -> None:
    unpacked = unpack_text(pack_text(septets, udh_octets), udh_octets)
    assert unpacked == septets or (septets[:-1] == unpacked and septets[-1:] in (b"\0", b"\r"))
