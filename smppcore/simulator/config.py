"""What a simulator is told, as values: accounts, listeners, courses, rules, faults, mobile-originated traffic.

Each checks itself: ConfigError names the key. They are read from TOML, or from keyword arguments, by toml.py.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from smppcore.config_error import ConfigError, above_zero, at_least, regular_expression
from smppcore.constants import DEFAULT_PORT
from smppcore.simulator.delays import LONGEST_DELAY, Delay
from smppcore.simulator.dialects import DIALECTS, Dialect
from smppcore.simulator.fault_kinds import KINDS
from smppcore.simulator.life_cycle import VALIDITY, Course, Outcomes
from smppcore.simulator.message_ids import MessageIdForm

Mode = Literal["transmitter", "receiver", "transceiver"]
MODES: Final[frozenset[Mode]] = frozenset({"transmitter", "receiver", "transceiver"})
LONGEST_SYSTEM_ID: Final = 15
LONGEST_PASSWORD: Final = 8


def _seconds(key: str, value: float | None) -> None:
    if value is not None and not 0 <= value <= LONGEST_DELAY:
        raise ConfigError(key, f"must be between 0 and {LONGEST_DELAY:.0f} seconds, not {value:g}")


def _probability(value: float) -> None:
    if not 0 <= value <= 1:
        raise ConfigError("probability", f"must be between 0 and 1, not {value:g}")


def _status(value: int | None) -> None:
    if value is not None and not 0 <= value <= 0xFFFFFFFF:
        raise ConfigError("status", f"must be a command_status, 0 to 0xFFFFFFFF, not {value}")


def _text(key: str, value: str, longest: int) -> None:
    if len(value) > longest or not value.isascii() or "\0" in value:
        raise ConfigError(key, f"must be ASCII and at most {longest} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfig:
    """Who may bind, and how it is treated.

    ``modes``: the binds it may use. ``binds``: how many at once, ``rate``: messages per second, ``window``: its
    unanswered requests at once; None is no limit. ``networks``: where it may come from, in CIDR; empty is anywhere.
    ``default_encoding``: what data_coding 0 means for it. ``message_id``: the form of its ids. ``dialect``: of its
    receipts; empty is the simulator's. ``numbers``: patterns of destinations that are this account: what is sent to
    them is delivered to it.
    """

    system_id: str
    password: str = field(default="", repr=False)
    modes: frozenset[Mode] = MODES
    binds: int | None = None
    rate: float | None = None
    window: int | None = None
    networks: tuple[str, ...] = ()
    default_encoding: str = "gsm0338"
    message_id: MessageIdForm = field(default_factory=MessageIdForm)
    dialect: str = ""
    numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _text("system_id", self.system_id, LONGEST_SYSTEM_ID)
        _text("password", self.password, LONGEST_PASSWORD)
        if not self.modes or not self.modes <= MODES:
            raise ConfigError("modes", f"must be some of {', '.join(sorted(MODES))}")
        at_least("binds", self.binds, 1)
        above_zero("rate", self.rate)
        at_least("window", self.window, 1)
        for number, network in enumerate(self.networks):
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ConfigError(f"networks[{number}]", f"must be a network such as 10.0.0.0/8: {error}") from None
        try:
            "".encode(self.default_encoding)
        except LookupError:
            raise ConfigError("default_encoding", f"must be a codec, not {self.default_encoding!r}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerConfig:
    """Where to listen: plain, or TLS with ``certificate`` and ``key`` (PEM). With ``client_ca`` the ESME needs a
    certificate that this authority has signed."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError("port", f"must be 0 to 65535, not {self.port}")
        for name in ("key", "client_ca"):
            if getattr(self, name) is not None and self.certificate is None:
                raise ConfigError(name, "needs a certificate")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConfig:
    """Which messages, and what becomes of them.

    ``source``, ``destination`` and ``account`` are patterns with ``*``, ``?`` and ``[0-9]``; ``text`` is a regular
    expression that is searched for; ``part`` is the number of a segment. ``probability``: with which it decides at all.
    Then: ``status`` refuses the message; ``outcomes``, ``delay``, ``error`` (of the receipt) and ``dialect`` replace
    the usual ones; ``fault`` is the name of a fault that is done to the answer.
    """

    name: str
    source: str = "*"
    destination: str = "*"
    account: str = "*"
    text: str | None = None
    part: int | None = None
    probability: float = 1.0
    enabled: bool = True
    status: int | None = None
    outcomes: Outcomes | None = None
    delay: Delay | None = None
    error: str = ""
    dialect: str = ""
    fault: str = ""

    def __post_init__(self) -> None:
        regular_expression("text", self.text)
        at_least("part", self.part, 1)
        _probability(self.probability)
        _status(self.status)
        if not re.fullmatch("[0-9A-Za-z]{0,4}", self.error):
            raise ConfigError("error", f"must be up to four digits, not {self.error!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultConfig:
    """A fault that is done: ``kind`` is its name in the catalogue.

    ``on``: the commands it is done to, empty: those of its kind. ``account``: a pattern. When: with ``probability``, on
    the ``nth`` only, on ``every`` so many, ``count`` times at most; from ``after`` seconds on for ``lasts`` seconds,
    again each ``period``. ``standing`` False: only where a rule names it. How: ``status``, ``seconds``, ``depth`` (how
    many PDUs overtake) as far as the kind uses them.
    """

    name: str
    kind: str
    on: tuple[str, ...] = ()
    account: str = "*"
    probability: float = 1.0
    nth: int | None = None
    every: int | None = None
    count: int | None = None
    enabled: bool = True
    standing: bool = True
    after: float = 0.0
    lasts: float | None = None
    period: float | None = None
    status: int | None = None
    seconds: float = 1.0
    depth: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError("kind", f"must be one of {', '.join(KINDS)}, not {self.kind!r}")
        for command in self.on:
            if command not in KINDS[self.kind].possible:
                raise ConfigError("on", f"{self.kind} can be done to {', '.join(KINDS[self.kind].possible)}")
        _probability(self.probability)
        for key in ("nth", "every", "count", "depth"):
            at_least(key, getattr(self, key), 1)
        for key in ("after", "lasts", "seconds"):
            _seconds(key, getattr(self, key))
        above_zero("period", self.period)
        if self.period is not None and self.lasts is None:
            raise ConfigError("period", "needs lasts")
        _status(self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """Mobile-originated messages from a ``file``: CSV or JSON lines with source, destination, text and perhaps ``at``,
    seconds after the start.

    ``account``: who gets them, empty: whose numbers the destination is among. ``rate``: so many per second, None: at
    their times. ``start``: seconds before the first. ``repeat``: begin again at the end.
    """

    name: str
    file: Path
    account: str = ""
    rate: float | None = None
    start: float = 0.0
    repeat: bool = False
    enabled: bool = True

    def __post_init__(self) -> None:
        above_zero("rate", self.rate)
        _seconds("start", self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyConfig:
    """A customer who answers a message that has been delivered: ``text`` is searched for in the message, and ``reply``
    goes back, with ``\\1`` or ``\\g<code>`` for what the expression found. The patterns are those of a rule."""

    name: str
    reply: str
    text: str = ""
    source: str = "*"
    destination: str = "*"
    account: str = "*"
    delay: Delay | None = None
    probability: float = 1.0
    enabled: bool = True

    def __post_init__(self) -> None:
        regular_expression("text", self.text)
        _probability(self.probability)
        try:
            found = re.compile(f"{self.text}|").match("")
            assert found is not None  # noqa: S101  # the empty alternative matches
            found.expand(self.reply)
        except (re.error, IndexError) as error:
            raise ConfigError("reply", f"names what text does not find: {error}") from None


def _default_accounts() -> Mapping[str, AccountConfig]:
    return {"smppclient1": AccountConfig(system_id="smppclient1", password="password")}  # noqa: S106


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of it. Times are in seconds.

    ``delay`` and ``outcomes`` are how messages fare that no rule decides on; ``validity`` is how long a message without
    a validity_period is tried. ``capacity``: messages kept; beyond it the oldest that are done with are forgotten, and
    while none is, submit_sm is answered ESME_RMSGQFUL. ``window``: receipts and messages in flight to each ESME;
    ``response_timeout``: how long it has to answer one before it is sent again, ``retry``: the pause before that.
    ``seed``: of all chance, None: another one each time. ``store``: a file of SQLite that the messages are kept in as
    well. ``loopback``: what is sent to a number of an account is delivered to it.
    """

    system_id: str = "smppcore"
    accounts: Mapping[str, AccountConfig] = field(default_factory=_default_accounts)
    listeners: tuple[ListenerConfig, ...] = (ListenerConfig(),)
    delay: Delay = field(default_factory=lambda: Course().delay)
    outcomes: Outcomes = field(default_factory=Outcomes)
    validity: float = VALIDITY
    dialect: str = "standard"
    capacity: int = 50_000
    window: int = 100
    response_timeout: float = 60.0
    retry: float = 1.0
    seed: int | None = None
    store: Path | None = None
    loopback: bool = True
    rules: tuple[RuleConfig, ...] = ()
    faults: tuple[FaultConfig, ...] = ()
    sources: tuple[SourceConfig, ...] = ()
    replies: tuple[ReplyConfig, ...] = ()
    dialects: Mapping[str, Dialect] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        _text("system_id", self.system_id, LONGEST_SYSTEM_ID)
        if not self.listeners:
            raise ConfigError("listeners", "must be at least one")
        at_least("capacity", self.capacity, 1)
        at_least("window", self.window, 1)
        for key in ("validity", "retry"):
            _seconds(key, getattr(self, key))
        above_zero("response_timeout", self.response_timeout)
        self._check_names()

    def _check_names(self) -> None:
        faults = {fault.name for fault in self.faults}
        users = [("dialect", self.dialect)]
        users += [(f"accounts.{each.system_id}.dialect", each.dialect) for each in self.accounts.values()]
        users += [(f"rules.{rule.name}.dialect", rule.dialect) for rule in self.rules]
        for key, name in users:
            if name and name not in self.dialects and name not in DIALECTS:
                raise ConfigError(key, f"there is no dialect {name!r}")
        for rule in self.rules:
            if rule.fault and rule.fault not in faults:
                raise ConfigError(f"rules.{rule.name}.fault", f"there is no fault {rule.fault!r}")
        for source in self.sources:
            if source.account and source.account not in self.accounts:
                raise ConfigError(f"sources.{source.name}.account", f"there is no account {source.account!r}")

    def dialect_of(self, name: str) -> Dialect:
        """The dialect of that name: one's own before those of the catalogue. Raises KeyError."""
        return self.dialects.get(name) or DIALECTS[name]

    @property
    def course(self) -> Course:
        """How messages fare that no rule decides on."""
        return Course(self.delay, self.outcomes)
