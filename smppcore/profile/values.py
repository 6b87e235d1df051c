"""How single values of a profile are written in TOML: by name where a person knows the name, not the number."""

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from smppcore.config_error import ConfigError
from smppcore.constants import CommandStatus, InterfaceVersion, MessageState
from smppcore.smpptime import format_relative
from smppcore.text import LANGUAGES
from smppcore.toml_table import Reader, each_item, integer, number, secret, status, string, suggestion, under

_HIGHEST_STATUS: Final = 0xFFFFFFFF


def one_of(allowed: Mapping[str, Any], value: Any) -> Any:
    """One of the names allowed, or what it stands for."""
    if not isinstance(value, str) or value not in allowed:
        raise ConfigError("", f"must be one of {', '.join(allowed)}, not {value!r}{_meant(value, allowed)}")
    return value if allowed[value] is None else allowed[value]


def _meant(value: Any, allowed: Mapping[str, Any]) -> str:
    found = suggestion(value, allowed) if isinstance(value, str) else ""
    return found if "did you mean" in found else ""


def amount(value: Any) -> float:
    """A number that is one, where TOML has inf and nan as well; nothing in a profile is below 0."""
    if not 0 <= number(value) < math.inf:
        raise ConfigError("", f"must be a number of at least 0, not {value!r}")
    return float(value)


def whole(value: Any) -> int:
    """A whole number; nothing in a profile is below 0."""
    if integer(value) < 0:
        raise ConfigError("", f"must be at least 0, not {value}")
    return int(value)


def path(value: Any) -> Path:
    """A path."""
    if not isinstance(value, str | Path) or not str(value):
        raise ConfigError("", f"must be a path, not {value!r}")
    return Path(value)


def version(value: Any) -> int:
    """An interface_version: 3.3, 3.4 or 5.0 in quotes, or any number of one octet."""
    versions = {f"{each >> 4}.{each & 15}": int(each) for each in InterfaceVersion}
    return int(one_of(versions, value)) if isinstance(value, str) else int(integer(value))


def states(value: Any) -> frozenset[int]:
    """Message states by their names, in any case."""
    names = {each.name.lower(): int(each) for each in MessageState}
    return frozenset(each_item(lambda each: one_of(names, str(each).lower()), value))


def languages(value: Any) -> tuple[int, ...]:
    """Languages of national tables, by name or number."""
    names = {name.lower(): language for language, name in LANGUAGES.items()}
    return each_item(lambda each: one_of(names, each.lower()) if isinstance(each, str) else integer(each), value)


def period(value: Any) -> str:
    """A validity_period: seconds from now, or as section 7.1.1 writes it."""
    if isinstance(value, str):
        return value
    try:
        return format_relative(timedelta(seconds=amount(value)))
    except OverflowError:
        raise ConfigError("", f"must be at most 99 years, not {value} seconds") from None


def tlv_value(value: Any) -> Any:
    """What may be the value of a TLV, which knows more about it."""
    if not isinstance(value, str | int):
        raise ConfigError("", "must be a text, a whole number or true")  # and is not shown
    return value


def statuses_reader(own: Mapping[str, int]) -> Callable[[Any], frozenset[int]]:
    """A reader of lists of statuses, by number, by their name in the specification or by the carrier's own."""

    def one(value: Any) -> int:
        if isinstance(value, str):
            if value not in own and value not in CommandStatus.__members__:
                names = dict.fromkeys([*own, *CommandStatus.__members__])
                raise ConfigError("", f"is no command_status, nor one of [statuses]{_meant(value, names)}")
            return own[value] if value in own else status(value)
        if not 0 <= integer(value) <= _HIGHEST_STATUS:
            raise ConfigError("", f"must be a command_status, 0 to 0xFFFFFFFF, not {value}")
        return int(value)

    return lambda value: frozenset(each_item(one, value))


def table_of(reader: Reader, value: Any) -> Mapping[str, Any]:
    """Values by name, each read by ``reader``."""
    if not isinstance(value, Mapping):
        raise ConfigError("", "must be a table")
    return MappingProxyType({key: under(key, reader, each) for key, each in value.items()})


def templates(value: Any) -> Mapping[str, Mapping[str, Any]]:
    """Templates by name: the values of TLVs by their names."""
    return table_of(partial(table_of, tlv_value), value)


def names_of_statuses(table: Any) -> Mapping[str, int]:
    """A carrier's own statuses: their numbers by name."""
    found = table_of(integer, table)
    seen: dict[int, str] = {}
    for name, value in found.items():
        if name in CommandStatus.__members__:
            raise ConfigError(name, "is a name of the specification")
        if not 0 < value <= _HIGHEST_STATUS:
            raise ConfigError(name, f"must be a command_status, 1 to 0xFFFFFFFF, not {value}")
        if value in seen:
            raise ConfigError(name, f"is the number of {seen[value]}")
        seen[value] = name
    return found


def special_readers(own_statuses: Mapping[str, int]) -> dict[str, Reader]:
    """The readers of keys whose type alone does not tell how they are written, by the name of the key."""
    of_statuses = statuses_reader(own_statuses)
    return {
        "password": secret,
        "interface_version": version,
        "final_states": states,
        "languages": languages,
        "validity_period": period,
        "slow_down": of_statuses,
        "statuses": of_statuses,
        "fields": partial(table_of, string),
        "response_fields": partial(table_of, string),
        "value": tlv_value,
    }
