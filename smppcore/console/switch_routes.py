"""The routes of rules and of faults, which are alike: see, add, change, switch and remove them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from aiohttp import web

from smppcore.console.answers import Trouble, answer, query, read_body
from smppcore.console.parameters import Parameters
from smppcore.console.views import fault_view, kind_view, rule_view
from smppcore.simulator import ConfigError, Simulator
from smppcore.simulator.config import FaultConfig, RuleConfig
from smppcore.simulator.fault_kinds import KINDS
from smppcore.simulator.faults import Fault
from smppcore.simulator.rules import Rule
from smppcore.simulator.toml import read_fault, read_rule

C = TypeVar("C", RuleConfig, FaultConfig)
S = TypeVar("S", Rule, Fault)


class SwitchRoutes(Generic[C, S]):
    """``noun`` is rule or fault; ``read`` makes one from its keys, ``view`` shows it."""

    noun: str

    def __init__(
        self,
        collection: Any,  # Rules or Faults, which have the same shape
        read: Callable[[str, dict[str, Any]], C],
        view: Callable[[S], dict[str, Any]],
    ) -> None:
        self._all = collection
        self._read: Callable[[str, dict[str, Any]], C] = read
        self._view: Callable[[S], dict[str, Any]] = view
        path = f"/api/{self.noun}s"
        self.routes = [
            web.get(path, self.show, allow_head=False),
            web.post(path, self.add),
            web.put(f"{path}/{{name}}", self.change),
            web.patch(f"{path}/{{name}}", self.switch),
            web.delete(f"{path}/{{name}}", self.remove),
        ]

    def view(self) -> list[dict[str, Any]]:
        return [self._view(each) for each in self._all]

    def _check(self, config: C) -> None:
        """Raises ConfigError where it names what is not there."""

    def _put(self, config: C, first: bool) -> None:
        """Add it, as the first of all or as the last."""
        configs: list[C] = [each.config for each in self._all]
        self._all.replace([config, *configs] if first else [*configs, config])

    def _find(self, name: str) -> S:
        for each in self._all:
            if each.config.name == name:
                found: S = each
                return found
        raise Trouble(404, f"there is no {self.noun} {name!r}")

    async def show(self, request: web.Request) -> web.Response:
        query(request).end()
        return answer({f"{self.noun}s": self.view()})

    async def add(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        parameters = Parameters({key: body.pop(key) for key in ("name", "first") if key in body})
        name, first = parameters.text("name"), parameters.flag("first", False)
        if not name:
            raise ConfigError("name", "must not be empty")
        if any(each.config.name == name for each in self._all):
            raise Trouble(409, f"there is a {self.noun} {name!r} already")
        config = self._read(name, body)
        self._check(config)
        self._put(config, first)
        return answer(self._view(self._all[name]), 201)

    async def change(self, request: web.Request) -> web.Response:
        """Other settings, in the same place; where they are the same, its counts go on."""
        old = self._find(request.match_info["name"])
        config = self._read(old.config.name, await read_body(request))
        self._check(config)
        self._all.replace([config if each is old else each.config for each in self._all])
        self._all.enable(config.name, config.enabled)
        return answer(self._view(self._all[config.name]))

    async def switch(self, request: web.Request) -> web.Response:
        found = self._find(request.match_info["name"])
        parameters = Parameters(await read_body(request))
        on = parameters.flag("enabled")
        parameters.end()
        self._all.enable(found.config.name, on)
        return answer(self._view(found))

    async def remove(self, request: web.Request) -> web.Response:
        name = self._find(request.match_info["name"]).config.name
        self._release(name)
        self._all.remove(name)
        return answer({"removed": name})

    def _release(self, name: str) -> None:
        """Raises Trouble where something else still needs it."""


class RuleRoutes(SwitchRoutes[RuleConfig, Rule]):
    noun = "rule"

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator.rules, read_rule, rule_view)
        self._simulator = simulator

    def _check(self, config: RuleConfig) -> None:
        """The dialect and the fault that a rule names must be there."""
        faults = tuple(fault.config for fault in self._simulator.faults)
        try:
            replace(self._simulator.config, rules=(config,), faults=faults)
        except ConfigError as error:
            raise ConfigError(error.key.removeprefix(f"rules.{config.name}."), error.reason) from None


class FaultRoutes(SwitchRoutes[FaultConfig, Fault]):
    noun = "fault"

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator.faults, read_fault, fault_view)
        self._simulator = simulator
        self.routes.append(web.get("/api/fault-kinds", self.kinds, allow_head=False))

    def _release(self, name: str) -> None:
        users = [rule.config.name for rule in self._simulator.rules if rule.config.fault == name]
        if users:
            raise Trouble(409, f"the rule {users[0]!r} names it")

    async def kinds(self, request: web.Request) -> web.Response:
        query(request).end()
        return answer({"kinds": [kind_view(kind) for kind in KINDS.values()]})
