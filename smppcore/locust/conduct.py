"""How the Locust processes of a test agree: receipts that came to another one, and an end at which nothing is lost.

Locust's master gives its workers half a second for their last figures. So it waits here, before it tells them to stop,
until each of them has said that its users are through.
"""

import time
from typing import Any, Final

import gevent
from locust.env import Environment
from locust.rpc import Message
from locust.runners import STATE_MISSING, MasterRunner, Runner, WorkerRunner

from smppcore.locust.generators import Generators

WORD: Final = "smppcore"
"""The name of our messages among those of Locust."""


class Conductor:
    """On the master: passes receipts on, and waits for the workers at the end, for ``limit`` seconds at most."""

    def __init__(self, runner: MasterRunner, limit: float) -> None:
        self._runner = runner
        self._limit = limit
        self._waiting: set[str] = set()
        runner.register_message(WORD, self._hear)
        runner.environment.events.test_stopping.add_listener(self._stopping)

    def _hear(self, environment: Environment, msg: Message, **_: Any) -> None:
        if "drained" in msg.data:
            self._waiting.discard(msg.node_id)
        elif "strays" in msg.data:
            for client_id in self._there():
                if client_id != msg.node_id:
                    self._runner.send_message(WORD, {"claim": msg.data["strays"]}, client_id)

    def _there(self) -> set[str]:
        return {client.id for client in self._runner.clients.all if client.state != STATE_MISSING}

    def _stopping(self, environment: Environment, **_: Any) -> None:
        self._waiting = self._there()
        for client_id in self._waiting:
            self._runner.send_message(WORD, {"drain": True}, client_id)
        until = time.monotonic() + self._limit
        while self._waiting & self._there() and time.monotonic() < until:
            gevent.sleep(0.05)


class Player:
    """On a worker, or where Locust runs alone: lets the generators drain before Locust ends its users."""

    def __init__(self, runner: Runner, generators: Generators, limit: float) -> None:
        self._runner = runner
        self._generators = generators
        self._limit = limit
        events = runner.environment.events
        events.test_start.add_listener(self._start)
        events.test_stopping.add_listener(self._drain)
        events.quitting.add_listener(self._quitting)
        events.quit.add_listener(lambda **_: generators.close())
        if isinstance(runner, WorkerRunner):
            runner.register_message(WORD, self._hear)
            generators.pass_on = lambda strays: runner.send_message(WORD, {"strays": strays})

    def _start(self, environment: Environment, **_: Any) -> None:
        self._generators.draining = False

    def _drain(self, environment: Environment, **_: Any) -> None:
        self._generators.drain(self._limit)

    def _hear(self, environment: Environment, msg: Message, **_: Any) -> None:
        if "claim" in msg.data:
            self._generators.claim(msg.data["claim"])
        elif "drain" in msg.data:
            gevent.spawn(self._drain_and_tell)  # what the master tells meanwhile must be heard: receipts

    def _drain_and_tell(self) -> None:
        self._generators.drain(self._limit)
        self._report()
        self._runner.send_message(WORD, {"drained": True})

    def _quitting(self, environment: Environment, **_: Any) -> None:
        """A worker that is told to end by itself: Locust would not report what it counts from now on."""
        self._generators.drain(self._limit)
        self._report()

    def _report(self) -> None:
        """The figures up to now, to the master."""
        if isinstance(self._runner, WorkerRunner):
            data: dict[str, Any] = {}
            self._runner.environment.events.report_to_master.fire(client_id=self._runner.client_id, data=data)
            self._runner.send_message("stats", data)
