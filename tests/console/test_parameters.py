"""What a request says is read key by key, and every error names its key."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.console.parameters import Parameters, body_of
from smppcore.simulator import ConfigError

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4)
READERS: dict[type, Callable[[Parameters], Any]] = {
    str: lambda parameters: parameters.text("k"),
    float: lambda parameters: parameters.number("k", most=100.0),
    int: lambda parameters: parameters.count("k", 1, most=100),
    bool: lambda parameters: parameters.flag("k"),
}


@pytest.mark.parametrize("octets", [b"{", b"[]", b"1", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object(octets: bytes) -> None:
    with pytest.raises(ConfigError, match="body") as caught:
        body_of(octets)
    assert caught.value.key == ""


def test_an_empty_body_is_an_empty_object() -> None:
    assert body_of(b"") == {}


@given(JSON)
def test_whatever_is_there_gives_a_value_of_its_kind_or_an_error_with_the_key(value: Any) -> None:
    given_value = json.loads(json.dumps(value))
    for kind, read in READERS.items():
        try:
            found = read(Parameters({"k": given_value}))
        except ConfigError as error:
            found, key = None, error.key
        assert type(found) is kind or (found is None and key == "k")


@given(st.integers())
def test_numbers_have_limits(number: int) -> None:
    readers: list[Callable[[Parameters], float]] = [
        lambda parameters: parameters.number("k", least=3, most=9),
        lambda parameters: parameters.count("k", 5, least=3, most=9),
    ]
    for read in readers:
        if 3 <= number <= 9:
            assert read(Parameters({"k": number})) == number
        else:
            with pytest.raises(ConfigError, match="from 3 to 9"):
                read(Parameters({"k": number}))


def test_in_a_query_numbers_are_texts() -> None:
    assert Parameters({"k": "12"}).count("k", 0, most=99) == 12
    for text in ("-1", "1.0", "", "x", "٣", "100", "9" * 400):
        with pytest.raises(ConfigError, match="whole number"):
            Parameters({"k": text}).count("k", 0, most=99)


def test_what_is_missing_and_what_nobody_asked_for() -> None:
    with pytest.raises(ConfigError, match="k: is missing"):
        Parameters({}).text("k")
    parameters = Parameters({"k": "x", "wiat": 1})
    parameters.text("k")
    parameters.number("wait", 0.0, most=1.0)
    with pytest.raises(ConfigError, match="wiat: is not known; there are k, wait"):
        parameters.end()
