"""benchmarks/text.py: it runs where the peers are missing, says so, and fails only if they were asked for."""

import json
import sys

import pytest

from benchmarks import text


def test_without_peers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for peer in text.PEERS:
        monkeypatch.setitem(sys.modules, peer, None)
    monkeypatch.setattr(sys, "argv", ["text", "--rounds", "1", "--json"])
    text.main()
    found = json.loads(capsys.readouterr().out)
    assert found["not_installed"] == ["smpplib", "aiosmpplib"]
    assert {(row["operation"], row["subject"]) for row in found["rows"]} >= {
        (operation, subject) for operation in ("encode", "choose", "split") for subject in ("GSM", "UCS-2")
    }
    monkeypatch.setattr(sys, "argv", ["text", "--rounds", "1", "--peers"])
    assert text.main() == 1
    assert "not installed: smpplib, aiosmpplib" in capsys.readouterr().err


def test_the_texts_have_100_characters() -> None:
    assert {len(each) for each in text.TEXTS.values()} == {100}
