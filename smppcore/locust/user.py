"""The user class for a locustfile: a bind, and so many messages a second on it."""

import itertools
from typing import Any, ClassVar, Final

import gevent
from gevent import GreenletExit
from locust import User, constant, events, task
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import MasterRunner, Runner

from smppcore.load.destinations import DEFAULT
from smppcore.load.plan import Plan, PlanError
from smppcore.load.second import Second
from smppcore.locust.conduct import Conductor, Player
from smppcore.locust.figures import Figures, Limits
from smppcore.locust.generators import GeneratorLost, Generators, Line, Shift
from smppcore.networks import is_loopback

ENDLESS: Final = 365 * 86_400.0
"""Seconds; Locust says when a test is over."""
GRACE: Final = 5.0
"""Seconds for the end of a user, beyond those for its answers and receipts."""

generators: Final = Generators()
limits: Final = Limits()


class SmppUser(User):
    """One bind that sends ``rate`` messages a second, until Locust stops it or ``count`` messages have left.

    ``url`` is the target; Locust's ``host`` is taken where it is empty, but Locust shows that on its page, with the
    password that may be in it. ``password`` replaces that of the URL. ``rate`` None is a closed loop: as fast as
    ``window`` requests in flight allow. ``timeout`` is for each answer, ``receipt_wait`` for each receipt, and both
    bound the end of a test (seconds).

    A target that is not this machine needs ``really``, a ``rate``, and ``rate_cap``: the most messages a second that
    the users of one Locust worker send together. A user that would exceed it does not begin.
    """

    abstract = True
    wait_time = constant(5)
    """Seconds from a bind that has failed to the next attempt."""

    url: ClassVar[str] = ""
    password: ClassVar[str | None] = None
    rate: ClassVar[float | None] = 1.0
    count: ClassVar[int | None] = None
    rate_cap: ClassVar[float | None] = None
    really: ClassVar[bool] = False
    poisson: ClassVar[bool] = False
    window: ClassVar[int] = 10
    to: ClassVar[str] = DEFAULT
    shuffle: ClassVar[bool] = True
    source: ClassVar[str] = "smppcore"
    texts: ClassVar[tuple[str, ...]] = ()
    mix: ClassVar[str] = ""
    receipts: ClassVar[bool] = False
    receipt_wait: ClassVar[float] = 10.0
    timeout: ClassVar[float] = 10.0
    bind: ClassVar[str] = "transceiver"
    system_type: ClassVar[str] = ""
    seed: ClassVar[str] = "0"

    _numbers: ClassVar = itertools.count(1)
    _rates: ClassVar[dict["SmppUser", float]] = {}
    """Of the users of this process that have begun and not ended."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._number = next(SmppUser._numbers)
        self._plan: Plan
        self._shift: Shift | None = None
        self._figures = Figures(environment.events.request.fire, self.context())

    def plan(self) -> Plan:
        """What this user does; to be overridden for certificates and what else a Plan has."""
        runner = self.environment.runner
        return Plan(
            url=self.url or self.host or "",
            profile="closed" if self.rate is None else f"rate:{self.rate:g}",
            seconds=ENDLESS,
            count=self.count,
            poisson=self.poisson,
            seed=f"{self.seed}/{getattr(runner, 'worker_index', 0)}/{self._number}",
            really=self.really,
            password=self.password,
            window=self.window,
            to=self.to,
            shuffle=self.shuffle,
            source=self.source,
            texts=self.texts,
            mix=self.mix,
            receipts=self.receipts,
            receipt_wait=self.receipt_wait,
            timeout=self.timeout,
            bind=self.bind,
            system_type=self.system_type,
        )

    # -- what Locust calls

    def on_start(self) -> None:
        """Look at the plan before there is any connection. What is wrong with it ends the user, and is on the page."""
        try:
            self._plan = self.plan().check()
            self._check_cap(self._plan)
        except (ValueError, OSError) as error:
            self.environment.events.user_error.fire(user_instance=self, exception=error, tb=error.__traceback__)
            raise StopUser(str(error)) from None
        SmppUser._rates[self] = self._plan.shape().peak or 0.0

    def on_stop(self) -> None:
        SmppUser._rates.pop(self, None)

    @task
    def send(self) -> None:
        """One shift: from a bind to the end of the sending, or to the failure of the bind."""
        if generators.draining:
            raise StopUser("the test is over")
        shift = self._shift = generators.begin(self._plan)
        try:
            self._listen(shift)
        except GreenletExit:
            shift.stop()  # asked for a second time, where Locust has waited for long enough, it waits for nothing
            with gevent.Timeout(shift.plan.timeout + shift.plan.receipt_wait + GRACE, False):
                self._listen(shift)
            raise
        finally:
            self._shift = None
            shift.close()
        if generators.draining:
            raise StopUser("the test is over")

    def stop(self, force: bool = False) -> bool:
        """Locust's own; a user that it lets finish drains."""
        if not force and self._shift is not None:
            self._shift.stop()
        return bool(super().stop(force))

    # -- what the generator tells

    def _listen(self, shift: Shift) -> None:
        for line in shift:
            self._hear(line)

    def _hear(self, line: Line) -> None:
        if "second" in line:
            second = Second.from_json(line["second"])
            limits.second(second)
            self._figures.second(second, line["octets"])
        elif "bound" in line:
            self._figures.bound(self._plan.bind, line["bound"])
        elif "failed" in line:
            self._figures.bound(self._plan.bind, line["after"], line["failed"])
        elif "event" in line:
            self._figures.bound(self._plan.bind, None, line["event"])
        elif "lost" in line:
            raise GeneratorLost("the generator process has ended before its time: what was in flight is not counted")
        else:
            self._figures.missing(line["missing"])
            if self.count is not None:
                raise StopUser("all messages have left")

    def _check_cap(self, plan: Plan) -> None:
        """Raises PlanError. Many users of a small rate cost as much as one of a large rate."""
        peak, others = plan.shape().peak, sum(SmppUser._rates.values())
        if self.rate_cap is None:
            if not is_loopback(plan.target.host):
                raise PlanError(f"{plan.target.host} is not this machine, and messages cost money: set rate_cap")
        elif peak is None:
            raise PlanError("a closed loop has no rate that rate_cap could count: set rate")
        elif others + peak > self.rate_cap:
            raise PlanError(f"users of this worker send {others:g}/s, and {peak:g}/s more exceed {self.rate_cap:g}/s")


def _longest_end(environment: Environment) -> float:
    """Seconds that the end of a test may take."""
    ours = [each for each in environment.user_classes if issubclass(each, SmppUser)]
    return max((each.timeout + each.receipt_wait for each in ours), default=0.0) + GRACE


def _on_init(environment: Environment, runner: Runner, **_: Any) -> None:
    if isinstance(runner, MasterRunner):
        Conductor(runner, _longest_end(environment))
    else:
        Player(runner, generators, _longest_end(environment))
        environment.events.test_start.add_listener(lambda **_: limits.begin())


events.init.add_listener(_on_init)
