"""Which keys a profile has, and how the value of each is read: derived from the types of the dataclasses."""

import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from smppcore.config_error import ConfigError
from smppcore.profile.values import amount, one_of, path, table_of, whole
from smppcore.settings import Settings
from smppcore.toml_table import Reader, boolean, each_item, read_table, string, strings, tables_by_name

ELSEWHERE: Final = MappingProxyType(
    {
        "window": "bind.window",
        "default_alphabet": "text.default_alphabet",
        "final_states": "receipts.final_states",
        "receipts_by_text": "receipts.by_text",
        "receipt_time_zone": "receipts.time_zone",
    }
)
"""Fields of Settings that a profile says in another place."""
OFF: Final = "off"
"""What stands for None, which TOML does not have."""


_SIMPLE: Final[dict[Any, Reader]] = {str: string, int: whole, float: amount, bool: boolean, Path: path}


def readers_of(kind: type, special: Mapping[str, Reader]) -> dict[str, Reader]:
    """A reader for each key of a section; ``special`` are those of keys that their type alone does not tell how."""
    hints = get_type_hints(kind)
    special = {key: reader for key, reader in special.items() if not is_dataclass(hints.get(key))}
    found = {
        each.name: special.get(each.name) or reader_of(hints[each.name], special)
        for each in fields(kind)
        if not (kind is Settings and each.name in ELSEWHERE)
    }
    return found | {key: partial(_elsewhere, place) for key, place in ELSEWHERE.items() if kind is Settings}


def _elsewhere(place: str, _: Any) -> None:
    raise ConfigError("", f"is said by {place}")


def reader_of(hint: Any, special: Mapping[str, Reader]) -> Reader:
    """A reader of values of that type."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return partial(one_of, dict.fromkeys(arguments))
    if origin in (Union, UnionType):
        inner = next(each for each in arguments if each is not NoneType)
        reader = reader_of(inner, special)
        return partial(_or_off, reader) if inner in (int, float) else reader
    if origin is Mapping:
        named: Any = arguments[1]
        return partial(by_name, named, special) if is_dataclass(named) else partial(table_of, reader_of(named, special))
    if origin is tuple:
        return strings if arguments[0] is str else partial(each_item, reader_of(arguments[0], special))
    if inspect.isclass(hint) and issubclass(hint, StrEnum):
        return partial(one_of, {str(each): each for each in hint})
    if is_dataclass(hint):
        return table_reader(hint, special)  # type: ignore[arg-type]  # a class, as the types of fields are
    raise TypeError(f"no reader for {hint}")


def _or_off(reader: Reader, value: Any) -> Any:
    return None if value == OFF or value is None else reader(value)


def table_reader(kind: type, special: Mapping[str, Reader]) -> Reader:
    """A reader of tables that are values of a dataclass."""
    return partial(_read, kind, readers_of(kind, special))


def _read(kind: type, readers: Mapping[str, Reader], table: Any) -> Any:
    if isinstance(table, kind):
        return table
    return read_table(kind, table, readers)


def by_name(kind: Any, special: Mapping[str, Reader], value: Any) -> Mapping[str, Any]:
    """Tables by name, each a value of ``kind``, whose field ``name`` is no key."""
    readers = readers_of(kind, special)
    del readers["name"]
    return MappingProxyType({each.name: each for each in tables_by_name(kind, value, readers)})
