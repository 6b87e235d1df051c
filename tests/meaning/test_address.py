"""TON and NPI for what people write as a sender or a destination."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from copy import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.address import Address, AddressError

BOTH = [Address.sender, Address.destination]


@pytest.mark.parametrize("read", BOTH)
@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("+46701234567", (1, 1, "46701234567")),
        ("46701234567", (1, 1, "46701234567")),
        ("0046701234567", (1, 1, "46701234567")),
        ("+46 (70) 123-45.67", (1, 1, "46701234567")),
        ("(+46) 70\u2013123\u00a045 67", (1, 1, "46701234567")),
        ("1234567", (1, 1, "1234567")),
        ("+123456789012345", (1, 1, "123456789012345")),
        ("0701234567", (0, 1, "0701234567")),
        ("123", (3, 0, "123")),
        ("72404", (3, 0, "72404")),
        ("123456", (3, 0, "123456")),
        ("12", (0, 1, "12")),
        ("1234567890123456", (0, 1, "1234567890123456")),
        ("12345678901234567890", (0, 1, "12345678901234567890")),
        ("  72404 ", (3, 0, "72404")),
    ],
)
def test_numbers(read: Callable[[str], Address], text: str, address: tuple[int, int, str]) -> None:
    assert read(text) == address


@pytest.mark.parametrize("text", ["Acme", "My Shop", "ACME-INFO-4", "1-800-HELP", "Café@Åsa", "1234567890A", "a[b]c~d"])
def test_names_of_up_to_eleven_gsm_characters(text: str) -> None:
    assert Address.sender(text) == (5, 0, text)


def test_an_empty_sender_is_left_to_the_smsc() -> None:
    assert Address.sender("") == Address.sender("  ") == (0, 0, "")


@pytest.mark.parametrize(
    ("text", "limit", "offset"),
    [
        ("ACME-INFO-24H", "11 GSM characters", 11),
        ("abcdefgh[~", "11 GSM characters", 9),
        ("Acme\u0416", "GSM default alphabet", 4),
        ("10€", "GSM default alphabet", 2),
        ("a`b", "GSM default alphabet", 1),
        ("A\0B", "GSM default alphabet", 1),
        ("A\nB", "GSM default alphabet", 1),
        ("123 456 789 012 345 678 901", "20 digits", 26),
        ("+123456", "7-15 digits", 7),
        ("+1234 5678 9012 3456", "7-15 digits", 19),
    ],
)
def test_senders_beyond_the_limits(text: str, limit: str, offset: int) -> None:
    with pytest.raises(AddressError) as caught:
        Address.sender(text)
    assert limit in caught.value.limit
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("text", "offset"), [("", 0), ("   ", 0), ("Acme", 0), ("+46 70x", 6), ("46+70", 2), ("---", 3), ("+", 1)]
)
def test_destinations_that_are_no_numbers(text: str, offset: int) -> None:
    with pytest.raises(AddressError) as caught:
        Address.destination(text)
    assert caught.value.offset == offset
    assert str(offset) in str(caught.value)


def test_explicit_ton_and_npi_win() -> None:
    assert Address.sender("+46701234567", ton=2, npi=8) == (2, 8, "46701234567")
    assert Address.sender("72404", ton=6) == (6, 0, "72404")
    assert Address.sender("72404", ton=0, npi=1) == (0, 1, "72404")
    assert Address.sender("12345678", ton=5) == (5, 0, "12345678")
    assert Address.sender("12-34", ton=5, npi=1) == (5, 1, "12-34")
    assert Address.sender("", ton=5) == (5, 0, "")
    assert Address.destination("Acme", ton=5) == (5, 0, "Acme")
    assert Address.destination("*100#", npi=9) == (0, 9, "*100#")
    assert Address.destination("10.0.0.1", npi=14) == (0, 14, "10.0.0.1")
    assert Address.sender("10.0.0.1", npi=14) == (0, 14, "10.0.0.1")


def test_explicit_values_do_not_lift_the_limits() -> None:
    with pytest.raises(AddressError, match="21 characters"):
        Address.destination("a" * 21, ton=5)
    with pytest.raises(AddressError, match="too long"):
        Address.sender("A" * 12, ton=5)
    with pytest.raises(AddressError, match="21 digits"):
        Address.sender("1" * 21, ton=1)


def test_an_error_survives_copying_and_pickling() -> None:
    error = AddressError("why", "limit", 3, "text")
    assert str(copy(error)) == str(error)


@given(st.one_of(st.text(), st.text("+0123456789 -.()abc\u00e5", max_size=30)))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    for read in BOTH:
        with suppress(AddressError):
            address = read(text)
            assert len(address.addr.encode("latin-1")) <= 20


def test_a_long_text_costs_no_more_than_its_length() -> None:
    with pytest.raises(AddressError):
        Address.destination("-" * 1_000_000 + "x")
    with pytest.raises(AddressError):
        Address.destination(("+" + "-" * 500) * 2_000)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        (Address(1, 1, "0031612345678"), "country code"),
        (Address(1, 1, "0612345678"), "country code"),
        (Address(1, 1, "+31612345678"), "'\\+' in a number"),
        (Address(1, 1, "316 123"), "' ' in a number"),
        (Address(0, 1, "1" * 21), "21 characters: the field has room for 20"),
        (Address(0, 1, "\u0663"), "in a number"),
        (Address(5, 0, "me@shop_ж"), "'ж' in a name"),
        (Address(5, 0, "twelve chars"), "the name is too long"),
        (Address(5, 0, "a\0b"), "a NUL"),
        (Address(1, 1, ""), "without characters"),
    ],
)
def test_problems_of_an_address_that_somebody_else_made(address: Address, problem: str) -> None:
    assert any(re.search(problem, reason) for reason in address.problems())


@pytest.mark.parametrize(
    "address", [Address(1, 1, "31612345678"), Address(3, 0, "1234"), Address(5, 0, "My Shop"), Address(0, 0, "")]
)
def test_addresses_without_problems(address: Address) -> None:
    assert address.problems() == ()


@given(st.text(), st.sampled_from([Address.sender, Address.destination]))
def test_what_is_made_here_has_no_problems(text: str, read: Callable[[str], Address]) -> None:
    try:
        address = read(text)
    except AddressError:
        return
    assert address.problems() == ()


@given(st.integers(0, 255), st.integers(0, 255), st.text())
def test_looking_for_problems_never_raises(ton: int, npi: int, text: str) -> None:
    assert all(isinstance(problem, str) for problem in Address(ton, npi, text).problems())
