"""Where a text may be cut: the rule set of graphemes.py, one row each."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text.graphemes import is_boundary


def pieces(text: str) -> list[str]:
    cuts = [i for i in range(len(text) + 1) if is_boundary(text, i)]
    return [text[a:b] for a, b in pairwise(cuts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", ["a", "b", "c"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("a\n\rb", ["a", "\n", "\r", "b"]),
        ("e\u0301e", ["e\u0301", "e"]),  # combining mark
        ("\u0915\u093f\u0915", ["\u0915\u093f", "\u0915"]),  # spacing mark
        ("1\ufe0f\u20e32", ["1\ufe0f\u20e3", "2"]),  # variation selector, enclosing keycap
        ("👍🏽👍", ["👍🏽", "👍"]),  # emoji modifier
        ("👩\u200d👩\u200d👧x", ["👩\u200d👩\u200d👧", "x"]),  # joined family
        ("❤\ufe0f\u200d🔥", ["❤\ufe0f\u200d🔥"]),
        ("a\u200dbc", ["a\u200db", "c"]),
        ("a\u200cb", ["a\u200c", "b"]),
        ("🇩🇪🇫🇷🇮", ["🇩🇪", "🇫🇷", "🇮"]),  # regional indicators
        ("x🇩🇪", ["x", "🇩🇪"]),
        ("🏴\U000e0067\U000e0062\U000e007f🏴", ["🏴\U000e0067\U000e0062\U000e007f", "🏴"]),  # tags
    ],
)
def test_rules(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_flags_are_counted_from_the_start_of_the_part() -> None:
    flags = "🇩🇪🇫🇷"
    assert is_boundary(flags, 2)
    assert not is_boundary(flags, 2, start=1)
    assert is_boundary(flags, 3, start=1)


@given(st.text())
def test_both_ends_are_boundaries(text: str) -> None:
    assert is_boundary(text, 0)
    assert is_boundary(text, len(text))
    assert "".join(pieces(text)) == text
