"""The simulator of a test: it runs in a thread of its own, and everything here can be called from any thread."""

import asyncio
import itertools
from collections.abc import Callable
from functools import partial
from os import PathLike
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from smppcore.address import Address
from smppcore.constants import CommandStatus
from smppcore.pytest_plugin.handover import Handover
from smppcore.pytest_plugin.loop_thread import LoopThread
from smppcore.pytest_plugin.message import Message
from smppcore.pytest_plugin.messages import Messages, described
from smppcore.pytest_plugin.scenario import Scenario
from smppcore.pytest_plugin.switch import Switch
from smppcore.pytest_plugin.waiting import Arrivals, Waiting
from smppcore.settings import Settings
from smppcore.simulator.clock import VirtualClock
from smppcore.simulator.config import AccountConfig
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.simulator.simulator import Simulator
from smppcore.simulator.statistics import Statistics
from smppcore.simulator.toml import read_fault, read_rule

T = TypeVar("T")
CLOSE_TIMEOUT: Final = 0.25
"""Seconds that an application has to answer our unbind when its test is over."""
LONGEST_START: Final = 30.0
ACCEPTED_WITHIN: Final = 3
"""Turns of the loop until a connection that has been made is accepted. asyncio forgets to close the socket of one that
it accepts while its server is being closed."""
LOOK_AGAIN: Final = 0.001
"""Seconds between two looks at what is waited for, at least."""


class SimulatedSmsc:
    """A simulator for one test or for many: ``with SimulatedSmsc(accounts={"shop": "secret"}, delay=0) as smsc``.

    ``file`` is a configuration of ``smppcore simulate``; keywords are its top-level keys and go before it. Every
    listener takes a free port. With ``virtual_time=True`` time stands still until ``advance``. ``settings`` are those
    of its connections.

    Raises ConfigError for a configuration that cannot be, OSError for a file that cannot be read.
    """

    def __init__(
        self,
        file: str | PathLike[str] | Scenario | None = None,
        /,
        *,
        settings: Settings | None = None,
        **keys: Any,
    ) -> None:
        scenario = file if isinstance(file, Scenario) else Scenario.of(file, keys)
        self._config = scenario.config()
        self._settings = settings or Settings(window=self._config.window, close_timeout=CLOSE_TIMEOUT)
        self._virtual = scenario.virtual_time
        self._names = itertools.count(1)
        self._simulator: Simulator | None = None
        self._thread: LoopThread | None = None

    # -- begin and end

    def start(self) -> None:
        """Listen. Raises OSError, and ValueError for a file of messages that is wrong."""
        thread = LoopThread("smpp_smsc")
        thread.start()
        try:
            self._simulator = thread.run(self._start(), LONGEST_START)
        except BaseException:
            thread.close()
            raise
        self._thread = thread

    async def _start(self) -> Simulator:
        clock = VirtualClock() if self._virtual else None
        simulator = Simulator(self._config, settings=self._settings, clock=clock)
        simulator.desk.keep_all = True
        await simulator.start()
        return simulator

    def close(self) -> None:
        """Unbind everyone and end; what is not answered soon is cut. Raises ExceptionGroup with all that went wrong
        in the simulator and that nobody has seen yet, such as an error in a function that watches it."""
        if self._thread is None:
            return
        thread, self._thread = self._thread, None
        try:
            thread.run(self._end(self.simulator), LONGEST_START)
        finally:
            thread.close()
        if thread.errors:
            raise ExceptionGroup("the simulator failed", thread.errors)

    async def _end(self, simulator: Simulator) -> None:
        for _ in range(ACCEPTED_WITHIN):
            await asyncio.sleep(0)
        await simulator.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- where it is

    @property
    def simulator(self) -> Simulator:
        """The Simulator itself, which only its own thread may touch: see ``call``. Raises RuntimeError before start."""
        if self._simulator is None:
            raise RuntimeError("the simulator has not been started")
        return self._simulator

    @property
    def _running(self) -> LoopThread:
        if self._thread is None:
            raise RuntimeError("the simulator does not run")
        return self._thread

    def call(self, function: Callable[[Simulator], T]) -> T:
        """Call a function with the Simulator in its own thread, and return what it returns."""
        return self._running.call(function, self.simulator)

    @property
    def host(self) -> str:
        return self.simulator.host

    @property
    def port(self) -> int:
        return self.simulator.port

    @property
    def system_id(self) -> str:
        """That of the first account."""
        return self._account().system_id

    @property
    def password(self) -> str:
        """That of the first account."""
        return self._account().password

    def _account(self, name: str = "") -> AccountConfig:
        accounts = self._config.accounts
        return accounts[name] if name else next(iter(accounts.values()))

    def url(self, account: str = "") -> str:
        """What ``connect`` takes, for the first account or the one named. Raises KeyError."""
        chosen = self._account(account)
        scheme = "smpp" if self._config.listeners[0].certificate is None else "smpps"
        return f"{scheme}://{chosen.system_id}:{chosen.password}@{self.host}:{self.port}"

    # -- what has come

    @property
    def messages(self) -> Messages:
        """The messages it has taken and keeps, as they are now, in the order in which they came."""
        return self.call(lambda _: self._look())

    @property
    def bound(self) -> list[str]:
        """The system_ids of the ESMEs that are bound."""
        return self.call(lambda simulator: [peer.system_id for peer in simulator.sessions])

    @property
    def statistics(self) -> Statistics:
        """A snapshot of what it has done so far."""
        return self.call(lambda simulator: simulator.statistics)

    def wait_for(self, count: int = 1, *, timeout: float = 5.0, **wanted: object) -> Arrivals:
        """Wait until it keeps so many messages, or so many that are as ``wanted``: ``state="DELIVERED"``.

        Returns these messages, more than ``count`` where more have come. In synchronous code it blocks; where an event
        loop runs, ``await`` it. Raises AssertionError, which lists what is there, after ``timeout`` seconds, or at once
        where something has gone wrong in the simulator.
        """
        __tracebackhide__ = True
        Message.check(wanted)

        def look() -> Messages | None:
            if len(self.simulator.messages) < count:
                return None
            found = self._look().all(**wanted)
            return found if len(found) >= count else None

        def late() -> str:
            there = self._look()
            found = len(there.all(**wanted))
            what = f"{count} messages{described(wanted)} within {timeout:g} s were expected, not {found}"
            return there.complaint(what, wanted)

        return Arrivals(partial(self._wait, look, late, timeout), "SimulatedSmsc.wait_for")

    def wait_bound(self, count: int = 1, *, timeout: float = 5.0) -> Waiting[list[str]]:
        """Wait until so many ESMEs are bound, such as after ``drop``; ``result`` are their system_ids.

        As wait_for it blocks or is awaited. Raises AssertionError after ``timeout`` seconds.
        """
        __tracebackhide__ = True

        def look() -> list[str] | None:
            found = [peer.system_id for peer in self.simulator.sessions]
            return found if len(found) >= count else None

        def late() -> str:
            return f"{count} bound ESMEs within {timeout:g} s were expected\n{self._situation()}"

        return Waiting(partial(self._wait, look, late, timeout), "SimulatedSmsc.wait_bound")

    def _wait(self, look: Callable[[], T | None], late: Callable[[], str], timeout: float) -> Any:
        return self._running.submit(_until(look, late, timeout, self._running.errors))

    def _look(self) -> Messages:
        return Messages(map(self._copy, self.simulator.messages), self._situation())

    def _copy(self, stored: StoredMessage) -> Message:
        account = self._config.accounts.get(stored.account)
        return Message.of(stored, account.default_encoding if account is not None else "gsm0338")

    def _situation(self) -> str:
        simulator = self.simulator
        refused = simulator.statistics.refused
        binds = {str(reason): count for smsc in simulator.smscs for reason, count in smsc.refusals.items()}
        bound = ", ".join(peer.system_id for peer in simulator.sessions) or "nobody"
        lines = [f"Bound: {bound}. Messages taken: {simulator.accepted}. Refused: {refused or 'none'}."]
        if binds:
            lines.append(f"Connections and binds refused: {binds}.")
        lines += [f"Error in the simulator: {error!r}" for error in self._running.errors]
        return "\n".join(lines)

    # -- what it does

    def deliver(
        self, text: str, *, to: str | Address, source: str | Address = "", account: str = "", **options: Any
    ) -> Handover:
        """Queue a message from a handset for the application; see Simulator.deliver for what it takes and raises."""
        delivery = self.call(
            lambda simulator: simulator.deliver(text, to=to, source=source, account=account, **options)
        )
        return Handover(self._running, delivery, self._situation)

    def advance(self, seconds: float) -> None:
        """Let that much virtual time pass: what is due happens, and has been sent when this returns.

        Raises TypeError where time is not virtual.
        """
        self._running.run(self._advance(seconds))

    async def _advance(self, seconds: float) -> None:
        self.simulator.advance(seconds)
        await asyncio.sleep(0)  # what is sent leaves at the end of a turn

    def drop(self, account: str | None = None) -> int:
        """Cut all connections without unbind, or those of an account; returns how many."""

        def cut(simulator: Simulator) -> int:
            everyone = [peer for smsc in simulator.smscs for peer in smsc.connections]
            chosen = [peer for peer in everyone if account is None or peer.system_id == account]
            return sum(simulator.drop(peer) for peer in chosen)

        return self.call(cut)

    def reset(self) -> None:
        """Forget all messages and what waits; chance, rules and faults are as at the start. Sessions stay."""

        def reset(simulator: Simulator) -> None:
            simulator.reset()
            simulator.desk.keep_all = True

        self.call(reset)

    # -- what it does wrong

    def rule(self, **keys: Any) -> Switch:
        """Set up a rule, before all others, with the keys of a rule in the TOML file. Raises ConfigError."""
        name = str(keys.pop("name", f"rule {next(self._names)}"))
        config = read_rule(name, keys)
        self.call(lambda simulator: simulator.rules.add(config, first=True))
        return Switch(self._running, name, self.simulator.rules)

    def fault(self, kind: str, **keys: Any) -> Switch:
        """Set up a fault by the name of its kind, such as "disconnect-before", with the keys of a fault in the TOML
        file: ``nth=2``, ``count=1``, ``on="enquire_link"``. Raises ConfigError."""
        name = str(keys.pop("name", f"{kind} {next(self._names)}"))
        config = read_fault(name, {"kind": kind, **keys})
        self.call(lambda simulator: simulator.faults.add(config))
        return Switch(self._running, name, self.simulator.faults)

    def refuse(
        self,
        status: int | str = CommandStatus.ESME_RSYSERR,
        *,
        times: int | None = None,
        to: str = "*",
        **patterns: Any,
    ) -> Switch:
        """Refuse messages with a status, its number or name, ``times`` at most; after that they fare as usual.

        ``to`` and ``source`` are patterns with ``*``, ``text`` is a regular expression, ``account`` a pattern: as in a
        rule. Raises ConfigError.
        """
        name = f"refuse {next(self._names)}"
        fault = read_fault(name, _given(kind="status", status=status, count=times, standing=False))
        rule = read_rule(name, {"destination": to.removeprefix("+"), "fault": name, **patterns})

        def add(simulator: Simulator) -> None:
            simulator.faults.add(fault)
            simulator.rules.add(rule, first=True)

        self.call(add)
        return Switch(self._running, name, self.simulator.faults, self.simulator.rules)


def _given(**keys: Any) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}


async def _until(
    look: Callable[[], T | None], late: Callable[[], str], timeout: float, errors: list[Exception]
) -> T | AssertionError:
    """What ``look`` finds. It looks again and again, because what is waited for has no common event to wait for; where
    a look takes long, with longer pauses, so that the simulator gets on with its work."""
    now = asyncio.get_running_loop().time
    began = now()
    deadline = began + timeout
    while (found := look()) is None:
        if errors or now() >= deadline:
            return AssertionError(late())
        await asyncio.sleep(max(LOOK_AGAIN, 4 * (now() - began)))
        began = now()
    return found
