"""The faults that are set up: when each strikes, and at what. Without any, nothing here runs."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from random import Random

from smppcore.simulator.config import FaultConfig
from smppcore.simulator.fault_kinds import KINDS, FaultKind, outgoing_id, request_id
from smppcore.simulator.rules import glob


class Fault:
    """One fault. ``seen`` counts what it could have been done to, ``hits`` what it was done to."""

    def __init__(self, config: FaultConfig, now: float) -> None:
        self.config = config
        self.kind: FaultKind = KINDS[config.kind]
        self.enabled = config.enabled
        self.seen = 0
        self.hits = 0
        self._since = now
        self._account = glob(config.account)

    @property
    def commands(self) -> tuple[str, ...]:
        """The requests it is done to the answers of; or deliver_sm."""
        return self.config.on or self.kind.usual

    @property
    def status(self) -> int | None:
        """The status that an answer fault answers with, None where it only waits."""
        return self.kind.status if self.config.status is None else self.config.status

    def concerns(self, account: str) -> bool:
        """Whether it is done to this account at all."""
        return self._account is None or bool(self._account(account))

    def strikes(self, account: str, now: float, random: Random) -> bool:
        """Whether it is done to the PDU at hand, which is counted."""
        if not self.enabled or not self.concerns(account) or not self._within(now):
            return False
        config = self.config
        self.seen += 1
        if config.count is not None and self.hits >= config.count:
            return False
        if config.nth is not None and self.seen != config.nth:
            return False
        if config.every is not None and self.seen % config.every:
            return False
        if config.probability < 1 and random.random() >= config.probability:
            return False
        self.hits += 1
        return True

    def _within(self, now: float) -> bool:
        """Whether this is a phase in which it is on."""
        config = self.config
        elapsed = now - self._since - config.after
        if elapsed < 0:
            return False
        if config.period is not None:
            elapsed = math.fmod(elapsed, config.period)
        return config.lasts is None or elapsed < config.lasts


class Faults:
    """All faults by name; those that stand by themselves are found by what they are done to.

    ``now`` tells the time, ``random`` the chance, ``on_change`` is called when faults come, go, or are switched.
    """

    def __init__(
        self,
        configs: Iterable[FaultConfig],
        now: Callable[[], float],
        random: Random,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        self._now = now
        self.random = random
        self._on_change = on_change
        self._faults: dict[str, Fault] = {config.name: Fault(config, now()) for config in configs}
        self._answers: dict[int, list[Fault]] = {}
        self._wires: dict[int, list[Fault]] = {}
        self._index()

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults.values()))

    def __len__(self) -> int:
        return len(self._faults)

    def __getitem__(self, name: str) -> Fault:
        return self._faults[name]

    @property
    def on_answers(self) -> bool:
        """Whether any may decide on requests."""
        return bool(self._answers)

    @property
    def on_wire(self) -> bool:
        """Whether any may change what leaves."""
        return bool(self._wires)

    def answer(self, account: str, command_id: int) -> Fault | None:
        """The fault that strikes this request before it is looked at."""
        return self._striking(self._answers.get(command_id), account)

    def wire(self, account: str, command_id: int) -> Fault | None:
        """The fault that strikes this PDU as it leaves."""
        return self._striking(self._wires.get(command_id), account)

    def named(self, name: str, account: str) -> Fault | None:
        """The fault that a rule names, if it strikes."""
        fault = self._faults.get(name)
        return fault if fault is not None and fault.strikes(account, self._now(), self.random) else None

    def _striking(self, faults: list[Fault] | None, account: str) -> Fault | None:
        now = self._now() if faults else 0.0
        for fault in faults or ():
            if fault.strikes(account, now, self.random):
                return fault
        return None

    def add(self, config: FaultConfig) -> Fault:
        """Another fault, from now on. Raises ValueError where its name is taken."""
        if config.name in self._faults:
            raise ValueError(f"there is a fault {config.name!r} already")
        fault = self._faults[config.name] = Fault(config, self._now())
        self._index()
        return fault

    def remove(self, name: str) -> None:
        """Raises KeyError."""
        del self._faults[name]
        self._index()

    def enable(self, name: str, on: bool = True) -> None:
        """Switch a fault on or off. Raises KeyError."""
        self._faults[name].enabled = on
        self._index()

    def replace(self, configs: Iterable[FaultConfig]) -> None:
        """These faults instead of all others; one that has not changed goes on counting."""
        before, self._faults = self._faults, {}
        for config in configs:
            old = before.get(config.name)
            self._faults[config.name] = old if old is not None and old.config == config else Fault(config, self._now())
        self._index()

    def _index(self) -> None:
        answers, wires = defaultdict[int, list[Fault]](list), defaultdict[int, list[Fault]](list)
        for fault in self._faults.values():
            if fault.enabled and fault.config.standing:
                for command in fault.commands:
                    if fault.kind.layer == "answer":
                        answers[request_id(command)].append(fault)
                    else:
                        wires[outgoing_id(command)].append(fault)
        self._answers, self._wires = dict(answers), dict(wires)
        if self._on_change is not None:
            self._on_change()
