"""What a text would cost in each coding."""

import pytest

from smppcore.text import alternatives


def costs(text: str) -> dict[str, tuple[int, int]]:
    return {name: (found.parts, found.left) for name, found in alternatives(text)}


def test_a_gsm_text() -> None:
    assert costs("hello") == {"data_coding 0": (1, 155), "UCS-2": (1, 65)}


def test_a_turkish_text() -> None:
    found = costs("ğ" * 100)
    assert found == {"Turkish tables": (1, 55), "transliteration": (1, 60), "UCS-2": (2, 34)}
    assert next(iter(found)) == "Turkish tables"  # of those with the fewest parts, what changes nothing comes first


def test_two_languages() -> None:
    text = "ğ" * 10 + "\u0c15" * 10
    assert set(costs(text)) == {"tables of two languages", "transliteration", "UCS-2"}


def test_only_ucs2_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smppcore.text.costs.available", lambda: False)
    assert set(costs("漢字")) == {"UCS-2"}


def test_nothing_carries_more_than_255_parts() -> None:
    assert costs("漢" * 20_000) == {}
