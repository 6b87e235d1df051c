"""smppcore segments: what a text costs, for people and as JSON."""

import argparse
import io
import json
import sys
from typing import Any

import pytest

from smppcore.cli import segments
from smppcore.text import transliterate

TURKISH = "Şifreniz 123456. Kimseyle paylaşmayın. İyi günler dileriz, görüşmek üzere!"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    segments.configure(parser)
    return segments.run(parser.parse_args(words))


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run(*words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_a_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("hello") == 0
    out = capsys.readouterr().out
    assert "GSM 7-bit, data_coding 0" in out
    assert "155 left" in out
    assert "forced by" not in out


def test_what_forced_ucs2_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TURKISH) == 0
    out = capsys.readouterr().out
    assert "coding      UCS-2, data_coding 8" in out
    assert "parts       2 of up to 67" in out
    assert "  part   1  67 characters, taking 67" in out
    assert "  at    0  Ş  U+015E LATIN CAPITAL LETTER S WITH CEDILLA" in out
    assert "1 part(s)  Turkish tables" in out
    assert "1 part(s)  transliteration, 86 left, 5 character(s) replaced" in out
    assert "2 part(s)  UCS-2" in out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, TURKISH)
    assert (found["coding"], found["parts"], found["room"], found["left"]) == ("utf-16-be", 2, 67, 60)
    assert [part["characters"] for part in found["segments"]] == [67, 7]
    assert "".join(part["text"] for part in found["segments"]) == TURKISH
    assert found["forced"][0] == {"offset": 0, "character": "Ş", "code_point": "U+015E"}
    assert [each["name"] for each in found["alternatives"]] == ["Turkish tables", "transliteration", "UCS-2"]
    assert found["grapheme_rules"]


@pytest.mark.parametrize("names", ["Turkish", "turkish, Spanish", "1", "all"])
def test_national_tables_on_request(capsys: pytest.CaptureFixture[str], names: str) -> None:
    found = as_json(capsys, TURKISH, "--languages", names)
    assert (found["coding"], found["parts"], found["locking"]) == ("gsm0338", 1, 1)
    assert run(TURKISH, "--languages", names) == 0
    assert "Turkish locking table" in capsys.readouterr().out


def test_transliteration_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, TURKISH, "--transliterate")
    assert found["text"].startswith("Sifreniz 123456. Kimseyle paylasmayin.")
    assert found["replaced"][0] == {"offset": 0, "original": "Ş", "replacement": "S"}
    assert run(TURKISH, "--transliterate") == 0
    assert "  at    0  Ş by 'S'" in capsys.readouterr().out


def test_other_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert as_json(capsys, "a" * 200, "--reference-bits", "16")["room"] == 152
    assert as_json(capsys, "a" * 200, "--data-coding", "0x18")["room"] == 67


def test_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("two\nlines\n"))
    assert as_json(capsys, "-")["text"] == "two\nlines"


def test_many_forced_characters_are_cut_short_for_people_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ж" * 30) == 0
    assert "  and 10 more" in capsys.readouterr().out
    assert len(as_json(capsys, "ж" * 30)["forced"]) == 30


def test_what_cannot_be_sent(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ж", "--data-coding", "0") == 1
    assert "U+0436" in capsys.readouterr().err
    assert run("ж" * 20_000) == 1
    assert "part 255" in capsys.readouterr().err
    for words in (["a", "--languages", "Klingon"], ["a", "--data-coding", "256"], ["a", "--data-coding", "x"]):
        with pytest.raises(SystemExit):
            run(*words)
    capsys.readouterr()
    monkeypatch.setitem(sys.modules, "anyascii", None)
    transliterate._library.cache_clear()
    try:
        assert run("ж", "--transliterate") == 1
        assert "smppcore[text]" in capsys.readouterr().err
        assert run("ж") == 0
        assert "transliteration needs the extra" in capsys.readouterr().out
    finally:
        transliterate._library.cache_clear()
