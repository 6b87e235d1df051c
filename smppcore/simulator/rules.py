"""Rules: which messages are treated in another way. The first that matches decides.

Without rules nothing here runs. A rule can be switched on and off, added and removed at run time, and counts its hits.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator
from random import Random

from smppcore.errors import Refuse
from smppcore.message import text_of
from smppcore.pdu import SubmitSm
from smppcore.segment import segment_of
from smppcore.simulator.config import RuleConfig

Matches = Callable[[str], object]


def glob(pattern: str) -> Matches | None:
    """What matches a pattern with ``*``, ``?`` and ``[0-9]``; None where anything does."""
    return None if pattern == "*" else re.compile(fnmatch.translate(pattern)).match


class Rule:
    """One rule at work. ``hits`` counts the messages that it decided on."""

    def __init__(self, config: RuleConfig) -> None:
        self.config = config
        self.enabled = config.enabled
        self.hits = 0
        self._source = glob(config.source)
        self._destination = glob(config.destination)
        self._account = glob(config.account)
        self._text = re.compile(config.text).search if config.text is not None else None

    def matches(self, account: str, request: SubmitSm, random: Random, encoding: str = "gsm0338") -> bool:
        """Whether it decides on this message; draws only where all else fits.

        ``encoding`` is what data_coding 0 means for the account.
        """
        config = self.config
        return (
            self.enabled
            and (self._destination is None or bool(self._destination(request.destination_addr)))
            and (self._source is None or bool(self._source(request.source_addr)))
            and (self._account is None or bool(self._account(account)))
            and (config.part is None or _part(request) == config.part)
            and (self._text is None or bool(self._text(text_of(request, default=encoding) or "")))
            and (config.probability >= 1 or random.random() < config.probability)
        )

    def refuse(self) -> None:
        """Raises Refuse where it has a status."""
        if self.config.status:
            raise Refuse(self.config.status)


def _part(request: SubmitSm) -> int | None:
    segment = segment_of(request)
    return segment.number if segment is not None else None


class Rules:
    """The rules in their order."""

    def __init__(self, configs: Iterable[RuleConfig] = (), on_change: Callable[[], None] | None = None) -> None:
        self._rules = [Rule(config) for config in configs]
        self._on_change = on_change

    def __iter__(self) -> Iterator[Rule]:
        return iter(list(self._rules))

    def __len__(self) -> int:
        return len(self._rules)

    def __getitem__(self, name: str) -> Rule:
        """The rule of that name. Raises KeyError."""
        for rule in self._rules:
            if rule.config.name == name:
                return rule
        raise KeyError(name)

    def match(self, account: str, request: SubmitSm, random: Random, encoding: str = "gsm0338") -> Rule | None:
        """The rule that decides on this message, with its hit counted; None where none does."""
        for rule in self._rules:
            if rule.matches(account, request, random, encoding):
                rule.hits += 1
                return rule
        return None

    def add(self, config: RuleConfig, *, first: bool = False) -> Rule:
        """Another rule, behind all others or before them. Raises ValueError where its name is taken."""
        if any(rule.config.name == config.name for rule in self._rules):
            raise ValueError(f"there is a rule {config.name!r} already")
        rule = Rule(config)
        self._rules.insert(0 if first else len(self._rules), rule)
        self._changed()
        return rule

    def remove(self, name: str) -> None:
        """Raises KeyError."""
        self._rules.remove(self[name])
        self._changed()

    def enable(self, name: str, on: bool = True) -> None:
        """Switch a rule on or off. Raises KeyError."""
        self[name].enabled = on
        self._changed()

    def replace(self, configs: Iterable[RuleConfig]) -> None:
        """These rules instead of all others; one that has not changed goes on counting."""
        before = {rule.config.name: rule for rule in self._rules}
        self._rules = []
        for config in configs:
            old = before.get(config.name)
            self._rules.append(old if old is not None and old.config == config else Rule(config))
        self._changed()

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change()
