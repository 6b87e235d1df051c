"""Reads a Config from TOML, or from the same keys as keyword arguments. Every error names its key."""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from smppcore.constants import CommandStatus, MessageState
from smppcore.simulator.config import (
    AccountConfig,
    Config,
    ConfigError,
    FaultConfig,
    ListenerConfig,
    ReplyConfig,
    RuleConfig,
    SourceConfig,
)
from smppcore.simulator.delays import Delay, Exponential, Fixed, Normal, Spike, Uniform
from smppcore.simulator.dialects import DIALECTS, STANDARD, Dialect
from smppcore.simulator.life_cycle import OUTCOMES, Outcomes
from smppcore.simulator.message_ids import MessageIdForm

T = TypeVar("T")
Reader = Callable[[Any], Any]
"""From the value of a key to what it stands for. Raises ConfigError with the key within the value, or an empty one."""


def load_config(path: Path, **overrides: Any) -> Config:
    """The configuration in a TOML file; paths in it count from the directory of the file.

    ``overrides`` replace top-level keys. Raises ConfigError, and OSError where the file cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"is no TOML: {error}") from None
    return read_config(table | overrides, path.parent)


def read_config(table: Mapping[str, Any], directory: Path = Path()) -> Config:
    """The configuration of a table with the keys of Config. Raises ConfigError."""

    def a_path(value: Any) -> Path:
        if not isinstance(value, str | Path) or not str(value):
            raise ConfigError("", f"must be a path, not {value!r}")
        return directory / value

    paths: dict[str, Reader] = dict.fromkeys(("certificate", "key", "client_ca", "file", "store"), a_path)
    return _read(Config, table, {**_CONFIG, **_nested(paths), "store": a_path})


def _nested(paths: dict[str, Reader]) -> dict[str, Reader]:
    """The readers of tables that have paths in them."""
    listener = {**_LISTENER, **paths}
    source = {**_SOURCE, **paths}
    return {
        "listeners": lambda value: tuple(
            _under(f"[{number}]", _read, ListenerConfig, each, listener) for number, each in enumerate(_list(value))
        ),
        "sources": lambda value: _named(SourceConfig, value, source),
    }


def _read(kind: type[T], table: Any, readers: Mapping[str, Reader], **given: Any) -> T:
    """A value of ``kind`` whose fields are the keys of the table."""
    if not isinstance(table, Mapping):
        raise ConfigError("", f"must be a table, not {table!r}")
    values = dict(given)
    for key, value in table.items():
        if key not in readers:
            raise ConfigError(key, f"is not known{_suggestion(key, readers)}")
        values[key] = _under(key, readers[key], value)
    missing = [
        each.name
        for each in fields(kind)  # type: ignore[arg-type]  # all of them are dataclasses
        if each.default is MISSING and each.default_factory is MISSING and each.name not in values
    ]
    if missing:
        raise ConfigError(missing[0], "is missing")
    try:
        return kind(**values)
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError("", str(error)) from None


def _suggestion(key: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"


def _under(key: str, reader: Callable[..., T], *arguments: Any) -> T:
    """What the reader gives, with its errors under ``key``."""
    try:
        return reader(*arguments)
    except ConfigError as error:
        inner = error.key
        raise ConfigError(f"{key}{'' if inner.startswith('[') or not inner else '.'}{inner}", error.reason) from None
    except ValueError as error:
        raise ConfigError(key, str(error)) from None


def _named(kind: type[T], value: Any, readers: Mapping[str, Reader], name: str = "name") -> tuple[T, ...]:
    """Tables by name, in their order."""
    if not isinstance(value, Mapping):
        raise ConfigError("", "must be tables by name")
    return tuple(_under(key, partial(_read, kind, each, readers, **{name: key})) for key, each in value.items())


# -- single values


def _is(kind: type | tuple[type, ...], what: str) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ConfigError("", f"must be {what}, not {value!r}")
        return value

    return read


_string = _is(str, "a text")
_integer = _is(int, "a whole number")
_number = _is((int, float), "a number")
_boolean = _is(bool, "true or false")
_list = _is((list, tuple), "a list")


def _strings(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(_under(f"[{number}]", _string, each) for number, each in enumerate(_list(value)))


def _password(value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError("", "must be a text")  # and is not shown
    return value


def _delay(value: Any) -> Delay:
    """A number of seconds, or a table with the name of a distribution."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fixed(float(value))
    if isinstance(value, Fixed | Uniform | Normal | Exponential | Spike):
        return value
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ConfigError("", "must be seconds, or one of fixed, uniform, normal, exponential, spike")
    ((name, numbers),) = value.items()
    return _under(name, _distribution, name, numbers)


def _distribution(name: str, numbers: Any) -> Delay:
    kind = _DISTRIBUTIONS.get(name)
    if kind is None:
        raise ConfigError("", f"is no distribution{_suggestion(name, _DISTRIBUTIONS)}")
    values = [float(_number(each)) for each in (numbers if isinstance(numbers, list | tuple) else [numbers])]
    wanted = [each.name for each in fields(kind)]
    if len(values) != len(wanted):
        raise ConfigError("", f"must be {', '.join(wanted)}")
    delay: Delay = kind(*values)
    return delay


_DISTRIBUTIONS: Final[dict[str, Any]] = {
    "fixed": Fixed,
    "uniform": Uniform,
    "normal": Normal,
    "exponential": Exponential,
    "spike": Spike,
}


def _outcomes(value: Any) -> Outcomes:
    """A state, or weights by state."""
    if isinstance(value, Outcomes):
        return value
    if isinstance(value, str):
        value = {value: 1}
    if not isinstance(value, Mapping):
        raise ConfigError("", "must be a state, or weights by state")
    weights = {}
    for name, weight in value.items():
        state = OUTCOMES.get(str(name).upper())
        if state is None:
            known = [each.lower() for each in OUTCOMES]
            raise ConfigError(str(name), f"is no state{_suggestion(str(name), dict.fromkeys(known))}")
        weights[state] = float(_under(str(name), _number, weight))
    return Outcomes(weights)


def _status(value: Any) -> int:
    """A number, or the name of a command_status."""
    if isinstance(value, str):
        try:
            return int(CommandStatus[value])
        except KeyError:
            raise ConfigError("", f"is no command_status{_suggestion(value, CommandStatus.__members__)}") from None
    return int(_integer(value))


def _words(value: Any) -> dict[int, str]:
    if not isinstance(value, Mapping):
        raise ConfigError("", "must be words by state")
    found = {}
    for name, word in value.items():
        if str(name).upper() not in MessageState.__members__:
            raise ConfigError(str(name), "is no state")
        found[int(MessageState[str(name).upper()])] = str(_under(str(name), _string, word))
    return found


def _own_tlvs(value: Any) -> tuple[tuple[int, bytes], ...]:
    """Pairs of tag and octets, which are written in hexadecimal."""
    try:
        return tuple((int(_integer(tag)), bytes.fromhex(octets)) for tag, octets in _list(value))
    except (TypeError, ValueError):
        raise ConfigError("", 'must be pairs such as [0x1403, "34343132"]') from None


# -- tables


def _accounts(value: Any) -> dict[str, AccountConfig]:
    """Accounts by system_id; a text instead of a table is the password."""
    if not isinstance(value, Mapping) or not value:
        raise ConfigError("", "must be accounts by system_id")
    tables = {key: {"password": each} if isinstance(each, str) else each for key, each in value.items()}
    return {each.system_id: each for each in _named(AccountConfig, tables, _ACCOUNT, "system_id")}


def _dialects(value: Any) -> dict[str, Dialect]:
    """Dialects by name; ``base`` is one of the catalogue that it differs from."""
    if not isinstance(value, Mapping):
        raise ConfigError("", "must be tables by name")
    return {name: _under(name, _dialect, name, table) for name, table in value.items()}


def _dialect(name: str, table: Any) -> Dialect:
    if not isinstance(table, Mapping):
        raise ConfigError("", "must be a table")
    base = table.get("base", STANDARD.name)
    if base not in DIALECTS:
        raise ConfigError("base", f"is no dialect{_suggestion(str(base), DIALECTS)}")
    values = {}
    for key, value in table.items():
        if key not in _DIALECT:
            raise ConfigError(key, f"is not known{_suggestion(key, _DIALECT)}")
        values[key] = _under(key, _DIALECT[key], value)
    values.pop("base", None)
    return replace(DIALECTS[base], **(values | {"name": name}))


_MESSAGE_ID: Final[dict[str, Reader]] = {"form": _string, "upper": _boolean, "width": _integer, "prefix": _string}
_ACCOUNT: Final[dict[str, Reader]] = {
    "password": _password,
    "modes": lambda value: frozenset(_strings(value)),
    "binds": _integer,
    "rate": _number,
    "window": _integer,
    "networks": _strings,
    "default_encoding": _string,
    "message_id": lambda value: _read(MessageIdForm, {"form": value} if isinstance(value, str) else value, _MESSAGE_ID),
    "dialect": _string,
    "numbers": _strings,
}
_LISTENER: Final[dict[str, Reader]] = {"host": _string, "port": _integer}
_SOURCE: Final[dict[str, Reader]] = {
    "account": _string,
    "rate": _number,
    "start": _number,
    "repeat": _boolean,
    "enabled": _boolean,
}
_PATTERNS: Final[dict[str, Reader]] = {
    "source": _string,
    "destination": _string,
    "account": _string,
    "text": _string,
    "probability": _number,
    "enabled": _boolean,
    "delay": _delay,
}
_RULE: Final[dict[str, Reader]] = {
    **_PATTERNS,
    "part": _integer,
    "status": _status,
    "outcomes": _outcomes,
    "error": _string,
    "dialect": _string,
    "fault": _string,
}
_REPLY: Final[dict[str, Reader]] = {**_PATTERNS, "reply": _string}
_FAULT: Final[dict[str, Reader]] = {
    "kind": _string,
    "on": _strings,
    "account": _string,
    "probability": _number,
    **dict.fromkeys(("nth", "every", "count", "depth"), _integer),
    **dict.fromkeys(("after", "lasts", "period", "seconds"), _number),
    "enabled": _boolean,
    "standing": _boolean,
    "status": _status,
}
_DIALECT: Final[dict[str, Reader]] = {
    "base": _string,
    **dict.fromkeys(("description", "pdu", "text", "id", "tlv_id", "date", "done_date", "encoding"), _string),
    **dict.fromkeys(("sub", "dlvrd", "err"), _string),
    "tlvs": _strings,
    "own_tlvs": _own_tlvs,
    "words": _words,
    **dict.fromkeys(("data_coding", "esm_class", "state"), _integer),
    "payload": _boolean,
}
_CONFIG: Final[dict[str, Reader]] = {
    "system_id": _string,
    "accounts": _accounts,
    "delay": _delay,
    "outcomes": _outcomes,
    "validity": _number,
    "dialect": _string,
    "capacity": _integer,
    "window": _integer,
    "response_timeout": _number,
    "retry": _number,
    "seed": _integer,
    "loopback": _boolean,
    "rules": lambda value: _named(RuleConfig, value, _RULE),
    "faults": lambda value: _named(FaultConfig, value, _FAULT),
    "replies": lambda value: _named(ReplyConfig, value, _REPLY),
    "dialects": _dialects,
}


def read_rule(name: str, table: Mapping[str, Any]) -> RuleConfig:
    """A rule from the keys of its table, as a control API gets it. Raises ConfigError."""
    return _read(RuleConfig, table, _RULE, name=name)


def read_fault(name: str, table: Mapping[str, Any]) -> FaultConfig:
    """A fault from the keys of its table. Raises ConfigError."""
    return _read(FaultConfig, table, _FAULT, name=name)
