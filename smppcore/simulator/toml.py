"""Reads a Config from TOML, or from the same keys as keyword arguments. Every error names its key."""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from smppcore.config_error import ConfigError
from smppcore.constants import MessageState
from smppcore.simulator.config import (
    AccountConfig,
    Config,
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
from smppcore.toml_table import (
    Reader,
    boolean,
    each_item,
    integer,
    items,
    load_table,
    number,
    read_keys,
    read_table,
    secret,
    status,
    string,
    strings,
    suggestion,
    tables_by_name,
    under,
)


def load_config(path: Path, **overrides: Any) -> Config:
    """The configuration in a TOML file; paths in it count from the directory of the file.

    ``overrides`` replace top-level keys. Raises ConfigError, and OSError where the file cannot be read.
    """
    return read_config(load_table(path) | overrides, path.parent)


def read_config(table: Mapping[str, Any], directory: Path = Path()) -> Config:
    """The configuration of a table with the keys of Config. Raises ConfigError."""

    def a_path(value: Any) -> Path:
        if not isinstance(value, str | Path) or not str(value):
            raise ConfigError("", f"must be a path, not {value!r}")
        return directory / value

    paths: dict[str, Reader] = dict.fromkeys(("certificate", "key", "client_ca", "file", "store"), a_path)
    return read_table(Config, table, {**_CONFIG, **_nested(paths), "store": a_path})


def _nested(paths: dict[str, Reader]) -> dict[str, Reader]:
    """The readers of tables that have paths in them."""
    listener = {**_LISTENER, **paths}
    source = {**_SOURCE, **paths}
    return {
        "listeners": lambda value: each_item(lambda each: read_table(ListenerConfig, each, listener), value),
        "sources": lambda value: tables_by_name(SourceConfig, value, source),
    }


# -- single values


def _delay(value: Any) -> Delay:
    """A number of seconds, or a table with the name of a distribution."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fixed(float(value))
    if isinstance(value, Fixed | Uniform | Normal | Exponential | Spike):
        return value
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ConfigError("", "must be seconds, or one of fixed, uniform, normal, exponential, spike")
    ((name, numbers),) = value.items()
    return under(name, _distribution, name, numbers)


def _distribution(name: str, numbers: Any) -> Delay:
    kind = _DISTRIBUTIONS.get(name)
    if kind is None:
        raise ConfigError("", f"is no distribution{suggestion(name, _DISTRIBUTIONS)}")
    values = [float(number(each)) for each in (numbers if isinstance(numbers, list | tuple) else [numbers])]
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
            raise ConfigError(str(name), f"is no state{suggestion(str(name), dict.fromkeys(known))}")
        weights[state] = float(under(str(name), number, weight))
    return Outcomes(weights)


def _words(value: Any) -> dict[int, str]:
    if not isinstance(value, Mapping):
        raise ConfigError("", "must be words by state")
    found = {}
    for name, word in value.items():
        if str(name).upper() not in MessageState.__members__:
            raise ConfigError(str(name), "is no state")
        found[int(MessageState[str(name).upper()])] = str(under(str(name), string, word))
    return found


def _own_tlvs(value: Any) -> tuple[tuple[int, bytes], ...]:
    """Pairs of tag and octets, which are written in hexadecimal."""
    try:
        return tuple((int(integer(tag)), bytes.fromhex(octets)) for tag, octets in items(value))
    except (TypeError, ValueError):
        raise ConfigError("", 'must be pairs such as [0x1403, "34343132"]') from None


# -- tables


def _accounts(value: Any) -> dict[str, AccountConfig]:
    """Accounts by system_id; a text instead of a table is the password."""
    if not isinstance(value, Mapping) or not value:
        raise ConfigError("", "must be accounts by system_id")
    tables = {key: {"password": each} if isinstance(each, str) else each for key, each in value.items()}
    return {each.system_id: each for each in tables_by_name(AccountConfig, tables, _ACCOUNT, "system_id")}


def _dialects(value: Any) -> dict[str, Dialect]:
    """Dialects by name; ``base`` is one of the catalogue that it differs from."""
    if not isinstance(value, Mapping):
        raise ConfigError("", "must be tables by name")
    return {name: under(name, _dialect, name, table) for name, table in value.items()}


def _dialect(name: str, table: Any) -> Dialect:
    if not isinstance(table, Mapping):
        raise ConfigError("", "must be a table")
    base = table.get("base", STANDARD.name)
    if base not in DIALECTS:
        raise ConfigError("base", f"is no dialect{suggestion(str(base), DIALECTS)}")
    values = read_keys(table, _DIALECT)
    values.pop("base", None)
    return replace(DIALECTS[base], **(values | {"name": name}))


_MESSAGE_ID: Final[dict[str, Reader]] = {"form": string, "upper": boolean, "width": integer, "prefix": string}
_ACCOUNT: Final[dict[str, Reader]] = {
    "password": secret,
    "modes": lambda value: frozenset(strings(value)),
    "binds": integer,
    "rate": number,
    "window": integer,
    "networks": strings,
    "default_encoding": string,
    "message_id": lambda value: read_table(
        MessageIdForm, {"form": value} if isinstance(value, str) else value, _MESSAGE_ID
    ),
    "dialect": string,
    "numbers": strings,
}
_LISTENER: Final[dict[str, Reader]] = {"host": string, "port": integer}
_SOURCE: Final[dict[str, Reader]] = {
    "account": string,
    "rate": number,
    "start": number,
    "repeat": boolean,
    "enabled": boolean,
}
_PATTERNS: Final[dict[str, Reader]] = {
    "source": string,
    "destination": string,
    "account": string,
    "text": string,
    "probability": number,
    "enabled": boolean,
    "delay": _delay,
}
_RULE: Final[dict[str, Reader]] = {
    **_PATTERNS,
    "part": integer,
    "status": status,
    "outcomes": _outcomes,
    "error": string,
    "dialect": string,
    "fault": string,
}
_REPLY: Final[dict[str, Reader]] = {**_PATTERNS, "reply": string}
_FAULT: Final[dict[str, Reader]] = {
    "kind": string,
    "on": strings,
    "account": string,
    "probability": number,
    **dict.fromkeys(("nth", "every", "count", "depth"), integer),
    **dict.fromkeys(("after", "lasts", "period", "seconds"), number),
    "enabled": boolean,
    "standing": boolean,
    "status": status,
}
_DIALECT: Final[dict[str, Reader]] = {
    "base": string,
    **dict.fromkeys(("description", "pdu", "text", "id", "tlv_id", "date", "done_date", "encoding"), string),
    **dict.fromkeys(("sub", "dlvrd", "err"), string),
    "tlvs": strings,
    "own_tlvs": _own_tlvs,
    "words": _words,
    **dict.fromkeys(("data_coding", "esm_class", "state"), integer),
    "payload": boolean,
}
_CONFIG: Final[dict[str, Reader]] = {
    "system_id": string,
    "accounts": _accounts,
    "delay": _delay,
    "outcomes": _outcomes,
    "validity": number,
    "dialect": string,
    "capacity": integer,
    "window": integer,
    "response_timeout": number,
    "retry": number,
    "seed": integer,
    "loopback": boolean,
    "rules": lambda value: tables_by_name(RuleConfig, value, _RULE),
    "faults": lambda value: tables_by_name(FaultConfig, value, _FAULT),
    "replies": lambda value: tables_by_name(ReplyConfig, value, _REPLY),
    "dialects": _dialects,
}


def read_rule(name: str, table: Mapping[str, Any]) -> RuleConfig:
    """A rule from the keys of its table, as a control API gets it. Raises ConfigError."""
    return read_table(RuleConfig, table, _RULE, name=name)


def read_fault(name: str, table: Mapping[str, Any]) -> FaultConfig:
    """A fault from the keys of its table. Raises ConfigError."""
    return read_table(FaultConfig, table, _FAULT, name=name)
