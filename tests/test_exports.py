"""The public names: what the package offers is what the documentation lists."""

import pathlib
import re

import smppcore

API = pathlib.Path(__file__).parent.parent / "docs" / "api.md"


def test_all_names_exist_once() -> None:
    assert len(smppcore.__all__) == len(set(smppcore.__all__))
    for name in smppcore.__all__:
        assert getattr(smppcore, name) is not None


def test_the_documentation_lists_exactly_the_public_names() -> None:
    listed = set(re.findall(r"^\| `(\w+)`", API.read_text("utf-8"), re.MULTILINE))
    assert listed == set(smppcore.__all__)


def test_public_classes_and_functions_are_documented() -> None:
    for name in smppcore.__all__:
        value = getattr(smppcore, name)
        if callable(value):
            assert value.__doc__, name
