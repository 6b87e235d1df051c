"""What a simulator is to do in a test: from a file, from keywords, from marks; and the same as TOML for a process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final

import pytest

from smppcore.simulator.config import Config
from smppcore.simulator.toml import load_config, read_config

MARK: Final = "smpp"
FREE: Final[dict[str, Any]] = {"listeners": [{"port": 0}]}


@dataclass(frozen=True, slots=True)
class Scenario:
    """``file`` is a configuration of ``smppcore simulate``, ``keys`` are its top-level keys, which go before the file.

    With ``virtual_time`` time stands still until the test advances it.
    """

    file: Path | None = None
    keys: Mapping[str, Any] = field(default_factory=dict)
    virtual_time: bool = False

    @classmethod
    def of(cls, file: str | PathLike[str] | None, keys: Mapping[str, Any], directory: Path = Path()) -> "Scenario":
        """From the arguments of a mark or of a factory; a relative path counts from ``directory``."""
        rest = dict(keys)
        virtual = rest.pop("virtual_time", False)
        if not isinstance(virtual, bool):
            raise TypeError(f"virtual_time must be True or False, not {virtual!r}")
        return cls(None if file is None else directory / fspath(file), rest, virtual)

    def config(self) -> Config:
        """The configuration, with free ports for all listeners. Raises ConfigError, OSError."""
        config = read_config(FREE | dict(self.keys)) if self.file is None else load_config(self.file, **self.keys)
        return replace(config, listeners=tuple(replace(each, port=0) for each in config.listeners))


def scenario_of(request: pytest.FixtureRequest) -> Scenario:
    """What the marks ``smpp`` of a test say, and the parameter of the fixture, if it has one.

    A mark that is nearer to the test goes before others, key by key; the parameter, a dict, goes before all marks.
    """
    file: str | PathLike[str] | None = None
    keys: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers(MARK))):
        if len(mark.args) > 1:
            raise TypeError(f"the mark {MARK} takes one file and keywords, not {mark.args!r}")
        file = mark.args[0] if mark.args else file
        keys |= mark.kwargs
    keys |= getattr(request, "param", {})
    return Scenario.of(file, keys, request.path.parent)


def to_toml(table: Mapping[str, Any]) -> str:
    """A table as TOML: one line for each key, what is in it inline. Raises TypeError for what TOML has not."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in table.items() if value is not None)


def _key(key: object) -> str:
    return _value(str(key))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str | PathLike):
        return json.dumps(fspath(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        inner = (f"{_key(key)} = {_value(each)}" for key, each in value.items() if each is not None)
        return f"{{ {', '.join(inner)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"{value!r} cannot be handed to a process; give numbers, texts, lists and tables")
