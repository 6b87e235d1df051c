"""``smppcore codec``: the compiled text of a PDU."""

import ast

import pytest

from smppcore.cli.codec import pdu_named
from smppcore.cli.main import main
from smppcore.pdu import STANDARD_PDUS, Pdu, SubmitSm


@pytest.mark.parametrize("cls", STANDARD_PDUS, ids=lambda cls: cls.command)
def test_each_pdu_by_both_names(cls: type[Pdu], capsys: pytest.CaptureFixture[str]) -> None:
    for name in (cls.command, cls.__name__, cls.command.upper()):
        assert main(["codec", name]) == 0
        assert capsys.readouterr().out == cls.source
    assert [node.name for node in ast.parse(cls.source).body if isinstance(node, ast.FunctionDef)] == [
        "encode",
        "decode",
    ]


def test_an_unknown_name_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codec", "submit"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "'submit'" in captured.err
    for each in STANDARD_PDUS:
        assert f"  {each.command}\n" in captured.err


def test_names() -> None:
    assert pdu_named("SubmitSm") is pdu_named("submit_sm") is SubmitSm
    assert pdu_named("") is None
