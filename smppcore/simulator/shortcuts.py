"""The short forms in which a Simulator may be told its configuration."""

from dataclasses import replace
from typing import Any

from smppcore.simulator.config import Config
from smppcore.simulator.profile import Profile
from smppcore.simulator.toml import read_config


def chosen_config(config: Config | Profile | None, shortcuts: dict[str, Any]) -> Config:
    """The configuration that is given as one, as a Profile, or by keys of the TOML file."""
    if isinstance(config, Profile):
        config = config.config()
    if config is None:
        return read_config({"listeners": [{"port": 0}]} | shortcuts)
    if not shortcuts:
        return config
    given = read_config(shortcuts)
    return replace(config, **{key: getattr(given, key) for key in shortcuts})


def listening(config: Config, host: str | None, port: int | None) -> Config:
    """The configuration with another address of the first listener."""
    changes: dict[str, Any] = {} if host is None else {"host": host}
    if port is not None:
        changes["port"] = port
    first, *rest = config.listeners
    return replace(config, listeners=(replace(first, **changes), *rest))


def same_ports(one: Config, other: Config) -> bool:
    """Whether the listeners differ in nothing but a port that was given in another way."""
    return [replace(each, port=0) for each in one.listeners] == [replace(each, port=0) for each in other.listeners]
