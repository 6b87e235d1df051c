"""What is to be set, from a TOML file; gateway.toml shows all of it. What is wrong is named."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, TypeVar

T = TypeVar("T")


class ConfigError(ValueError):
    """Names the key and what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """Where messages go: the file of a carrier profile, or a URL with the few numbers that it leaves open."""

    profile: str = ""
    url: str = ""
    binds: int = 1
    window: int = 10
    rate: float | None = None
    """Segments per second; None for no limit of ours."""
    lanes: tuple[str, ...] = ("urgent", "normal")
    """The most urgent first. Messages that name none go into the last."""


@dataclass(frozen=True, kw_only=True)
class Storage:
    """``directory`` is for SQLite; where ``redis`` is a URL, everything is there."""

    directory: str = "."
    redis: str = ""
    keep: float = 7 * 86_400.0
    """Seconds after which a message that nothing happens to any more is forgotten."""


@dataclass(frozen=True, kw_only=True)
class Http:
    """Where we listen. With a ``token``, requests must bear it; without one they must come from this machine."""

    host: str = "127.0.0.1"
    port: int = 8080
    token: str = ""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where events are told; times in seconds. ``first`` doubles with each failure, up to ``longest``."""

    url: str
    tries: int = 15
    timeout: float = 10.0
    first: float = 1.0
    longest: float = 600.0
    at_once: int = 16


@dataclass(frozen=True, kw_only=True)
class Sending:
    """``resend`` sends again what has an unknown outcome, which may double it. Times in seconds."""

    resend: bool = False
    lease: float = 15.0
    """After that long without a sign of life what a process was sending counts as unknown."""
    drain: float = 20.0
    """So long a gateway that is told to stop waits for what is under way."""


@dataclass(frozen=True, kw_only=True)
class Logging:
    """``access`` is a file that gets one line for each message, numbers masked; without it there is none."""

    level: str = "INFO"
    json: bool = False
    access: str = ""


@dataclass(frozen=True, kw_only=True)
class Config:
    """All of it, by the sections of the file."""

    carrier: Carrier
    webhook: Webhook
    storage: Storage = field(default_factory=Storage)
    http: Http = field(default_factory=Http)
    sending: Sending = field(default_factory=Sending)
    log: Logging = field(default_factory=Logging)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises ConfigError, OSError."""
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: {error}") from error
        return cls.read(table)

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> Self:
        """Raises ConfigError."""
        kinds = {
            "carrier": Carrier,
            "webhook": Webhook,
            "storage": Storage,
            "http": Http,
            "sending": Sending,
            "log": Logging,
        }
        for name in table.keys() - kinds.keys():
            raise ConfigError(f"{name}: is not known")
        config = cls(**{name: _section(name, kind, table.get(name, {})) for name, kind in kinds.items()})
        config._check()
        return config

    def _check(self) -> None:
        if bool(self.carrier.profile) == bool(self.carrier.url):
            raise ConfigError("carrier: needs either profile or url")
        if not self.carrier.lanes:
            raise ConfigError("carrier.lanes: needs one at least")
        if self.webhook.tries < 1:
            raise ConfigError("webhook.tries: must be at least 1")
        if self.http.host not in ("127.0.0.1", "::1", "localhost") and not self.http.token:
            raise ConfigError("http.token: is needed where others than this machine can connect")


def _section(name: str, kind: type[T], table: Mapping[str, Any]) -> T:
    """The values of one section, whose types are those of the defaults."""
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{name}.{key}: is not known")
        default = known[key].default
        if isinstance(default, bool | str) and type(value) is not type(default):
            raise ConfigError(f"{name}.{key}: must be a {type(default).__name__}")
        if isinstance(default, int | float) and not isinstance(default, bool) and not isinstance(value, int | float):
            raise ConfigError(f"{name}.{key}: must be a number")
    try:
        return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in table.items()})
    except TypeError as error:
        raise ConfigError(f"{name}: {error}") from error
