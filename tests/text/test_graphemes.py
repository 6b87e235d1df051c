"""Where a text may be cut: the rule set of graphemes.py, one row each, and what the library of the extra says to it."""

import json
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import graphemes, segments
from smppcore.text.graphemes import is_boundary, last_boundary, rule_set

NOTIFICATIONS = Path(graphemes.__file__).parents[1] / "cli" / "notifications.jsonl"
BOTH = ["library", "rules"]
MARKED = "abe\u0301\u0301👍🏽👩\u200d👧🇩🇪🇫\r\n\u0915\u093fx"


@pytest.fixture(params=BOTH)
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test with the library and without it."""
    if request.param == "rules":
        monkeypatch.setattr(graphemes, "library", lambda: None)
    else:
        assert graphemes.library() is not None, "the extra `text` belongs to the development environment"
    return str(request.param)


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphemes, "library", lambda: None)


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
        ("a\u200cb", ["a\u200c", "b"]),
        ("🇩🇪🇫🇷🇮", ["🇩🇪", "🇫🇷", "🇮"]),  # regional indicators
        ("x🇩🇪", ["x", "🇩🇪"]),
        ("🏴\U000e0067\U000e0062\U000e007f🏴", ["🏴\U000e0067\U000e0062\U000e007f", "🏴"]),  # tags
    ],
)
def test_rules(either: str, text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    ("text", "library", "rules"),
    [
        ("a\u200dbc", ["a\u200d", "b", "c"], ["a\u200db", "c"]),  # a joiner joins emoji only
        ("\u1112\u1161\u11ab", ["\u1112\u1161\u11ab"], ["\u1112", "\u1161", "\u11ab"]),  # jamo
        ("\u0915\u094d\u0937", ["\u0915\u094d\u0937"], ["\u0915\u094d", "\u0937"]),  # conjunct
        ("\u06001", ["\u06001"], ["\u0600", "1"]),  # a sign before its number
    ],
)
def test_where_the_subset_differs(
    monkeypatch: pytest.MonkeyPatch, text: str, library: list[str], rules: list[str]
) -> None:
    assert pieces(text) == library
    monkeypatch.setattr(graphemes, "library", lambda: None)
    assert pieces(text) == rules


def everyday_texts() -> Iterator[str]:
    for line in NOTIFICATIONS.read_text("utf-8").splitlines():
        yield json.loads(line)["text"]


def emoji_sequences() -> Iterator[str]:
    """Every pair of a stock of emoji of each kind, some of which would join if the rules were wrong."""
    kinds = [
        "😀",
        "👍🏽",
        "👩\u200d👩\u200d👧\u200d👦",
        "❤\ufe0f\u200d🔥",
        "🇩🇪",
        "🇫🇷🇮🇹",
        "1\ufe0f\u20e3",
        "👨🏿\u200d🦰",
        "🏳\ufe0f\u200d🌈",
        "©\ufe0f",
    ]
    kinds += ["🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "☎\ufe0e", "a", " ", "é", "\r\n"]
    yield from map("".join, product(kinds, repeat=2))


@pytest.mark.parametrize("texts", [everyday_texts, emoji_sequences])
def test_the_subset_and_the_library_agree(monkeypatch: pytest.MonkeyPatch, texts: Callable[[], Iterator[str]]) -> None:
    by_library = [pieces(text) for text in texts()]
    assert len(by_library) > 200
    monkeypatch.setattr(graphemes, "library", lambda: None)
    assert [pieces(text) for text in texts()] == by_library


def test_the_cuts_of_everyday_texts_do_not_depend_on_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    with_library = [segments(text).ends for text in everyday_texts()]
    monkeypatch.setattr(graphemes, "library", lambda: None)
    assert [segments(text).ends for text in everyday_texts()] == with_library


def test_the_rule_set_has_a_name(either: str) -> None:
    assert rule_set() == {"library": "UAX 29 (wcwidth)", "rules": "a subset of UAX 29 (standard library)"}[either]


def test_without_the_extra_there_is_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wcwidth", None)
    graphemes.library.cache_clear()
    try:
        assert graphemes.library() is None
    finally:
        graphemes.library.cache_clear()


def test_a_library_that_tears_flags_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As wcwidth did before 0.9.4."""
    monkeypatch.setattr("wcwidth.iter_graphemes", lambda text, start, end: iter(text[start:end]))
    graphemes.library.cache_clear()
    try:
        assert graphemes.library() is None
    finally:
        graphemes.library.cache_clear()


def test_flags_are_counted_from_the_start_of_the_part(either: str) -> None:
    flags = "🇩🇪🇫🇷"
    assert is_boundary(flags, 2)
    assert not is_boundary(flags, 2, start=1)
    assert is_boundary(flags, 3, start=1)


@given(st.text())
def test_both_ends_are_boundaries(text: str) -> None:
    assert is_boundary(text, 0)
    assert is_boundary(text, len(text))
    assert "".join(pieces(text)) == text


@pytest.mark.parametrize("which", BOTH)
@given(st.text(st.sampled_from(MARKED), max_size=12), st.data())
def test_the_last_boundary_is_the_last_one(which: str, text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    earliest = data.draw(st.integers(start + 1, len(text) + 1))
    latest = data.draw(st.integers(earliest, len(text) + 1))
    with pytest.MonkeyPatch.context() as patch:
        if which == "rules":
            patch.setattr(graphemes, "library", lambda: None)
        if latest < len(text):
            found = [offset for offset in range(earliest, latest + 1) if is_boundary(text, offset, start)]
            assert last_boundary(text, earliest, latest, start) == max(found, default=None)
