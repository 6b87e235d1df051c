"""Reads dataclasses from TOML tables, or from the same keys as keyword arguments. Every error names its key.

A table is read with a mapping of readers, one for each key that it may have. A reader makes of the value of its key
what that stands for, or raises ConfigError with the key within the value, or an empty one.
"""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from smppcore.config_error import ConfigError
from smppcore.constants import CommandStatus

T = TypeVar("T")
Reader = Callable[[Any], Any]


def load_table(path: Path) -> dict[str, Any]:
    """The table that a TOML file is. Raises ConfigError, and OSError where the file cannot be read."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        # It holds the octets of the file, and a password may be among them.
        raise ConfigError("", f"is no TOML: {error.reason}", str(path)) from None
    return parse_table(text, str(path))


def parse_table(text: str, file: str) -> dict[str, Any]:
    """The table that a text of TOML is; ``file`` is named in the ConfigError for one that is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("", f"is no TOML: {error}", file) from None


def read_table(kind: type[T], table: Any, readers: Mapping[str, Reader], **given: Any) -> T:
    """A value of ``kind``, a dataclass whose fields are the keys of the table; ``given`` are fields that are no keys.

    Raises ConfigError for a key that is not known or missing, and for whatever ``kind`` refuses.
    """
    values = given | read_keys(table, readers)
    missing = [
        each.name
        for each in fields(kind)  # type: ignore[arg-type]  # all of them are dataclasses
        if each.init and each.default is MISSING and each.default_factory is MISSING and each.name not in values
    ]
    if missing:
        raise ConfigError(missing[0], "is missing")
    try:
        return kind(**values)
    except ConfigError:
        raise
    except ValueError as error:
        raise _of_key(str(error), values) from None


def _of_key(text: str, values: Mapping[str, Any]) -> ConfigError:
    """The error of a dataclass that checks itself: many begin with the name of the field."""
    key, _, reason = text.partition(": ")
    return ConfigError(key, reason) if key in values and reason else ConfigError("", text)


def read_keys(table: Any, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """What the values of a table stand for, by key. Raises ConfigError."""
    if not isinstance(table, Mapping):
        raise ConfigError("", "must be a table")  # and is not shown: it may be a password in the wrong place
    values = {}
    for key, value in table.items():
        if key not in readers:
            raise ConfigError(key, f"is not known{suggestion(key, readers)}")
        values[key] = under(key, readers[key], value)
    return values


def suggestion(key: str, known: Mapping[str, Any]) -> str:
    """What may have been meant by a name that is not known, as the end of a sentence."""
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known) or 'none'}"


def under(key: str, reader: Callable[..., T], *arguments: Any) -> T:
    """What the reader gives, with its errors under ``key``."""
    try:
        return reader(*arguments)
    except ConfigError as error:
        raise error.under(key) from None
    except ValueError as error:
        raise ConfigError(key, str(error)) from None


def tables_by_name(kind: type[T], value: Any, readers: Mapping[str, Reader], name: str = "name") -> tuple[T, ...]:
    """Values of ``kind`` from tables by name, in their order; the name is a field of theirs."""
    if not isinstance(value, Mapping):
        raise ConfigError("", "must be tables by name")
    return tuple(under(key, partial(read_table, kind, each, readers, **{name: key})) for key, each in value.items())


# -- single values


def value_of(kind: type | tuple[type, ...], what: str) -> Reader:
    """A reader of values of that Python type, which errors call ``what``."""

    def read(value: Any) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ConfigError("", f"must be {what}, not {value!r}")
        return value

    return read


string = value_of(str, "a text")
integer = value_of(int, "a whole number")
number = value_of((int, float), "a number")
boolean = value_of(bool, "true or false")
items = value_of((list, tuple), "a list")


def each_item(reader: Reader, value: Any) -> tuple[Any, ...]:
    """What the values of a list stand for."""
    return tuple(under(f"[{place}]", reader, each) for place, each in enumerate(items(value)))


def strings(value: Any) -> tuple[str, ...]:
    """Texts; a single one stands for a list of one."""
    return (value,) if isinstance(value, str) else each_item(string, value)


def secret(value: Any) -> str:
    """A text that no error shows."""
    if not isinstance(value, str):
        raise ConfigError("", "must be a text")
    return value


def status(value: Any) -> int:
    """A number, or the name of a command_status."""
    if isinstance(value, str):
        try:
            return int(CommandStatus[value])
        except KeyError:
            raise ConfigError("", f"is no command_status{suggestion(value, CommandStatus.__members__)}") from None
    return int(integer(value))
