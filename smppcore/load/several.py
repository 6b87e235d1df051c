"""Generators of several users in one process, each with a plan of its own, that come and go while others send.

It reads {"user", "plan"}, {"user", "stop"}, and {"claim"} with receipts that other processes could not use. It tells of
each user "bound" or "failed", each "second" with the "octets" of text that have left since the one before, "event", and
at last "ended" with how many receipts are "missing"; and "strays" of all. When nobody writes to it any more, it ends.

Receipts go to other machines as well, so the times in strays are those of the wall clock here.
"""

import asyncio
import json
import math
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from smppcore.errors import SmppError
from smppcore.load.awaited import Stray
from smppcore.load.generator import Generator
from smppcore.load.plan import Plan
from smppcore.load.second import Second
from smppcore.load.worker import GIVE_AWAY, HANG_UP
from smppcore.pdu import SubmitSm

Tell = Callable[[dict[str, Any]], None]
GIVE_UP: Final = 1.0
"""Seconds for the end of users that were told to wait for nothing."""


class _User:
    """One generator, from its bind to its end. ``give`` takes the receipts of others that are left at the end."""

    def __init__(self, plan: Plan, tell: Tell, give: "Callable[[_User, list[Stray]], None]") -> None:
        self._tell = tell
        self._give = give
        self._octets = 0
        self._unanswered = 0
        """Messages that were accepted and wait for their receipt."""
        self._receipts = plan.receipts
        self._binding: asyncio.Task[None] | None = None
        self.generator = Generator(plan, 0, self._on_second, lambda event: tell({"event": event}))
        self.generator.messages = self._counted(self.generator.messages)

    def _counted(self, messages: Iterator[SubmitSm]) -> Iterator[SubmitSm]:
        for message in messages:
            self._octets += len(message.short_message)
            yield message

    def _on_second(self, second: Second) -> None:
        self._unanswered += second.accepted - (
            second.receipts_in_time + second.receipts_late + second.receipts_forgotten
        )
        self._tell({"second": second.to_json(), "octets": self._octets})
        self._octets = 0

    async def run(self) -> None:
        began = time.perf_counter()
        self._binding = asyncio.ensure_future(self.generator.bind())
        await asyncio.wait((self._binding,))
        if self._binding.cancelled():
            self._tell({"ended": True, "missing": 0})
            return
        try:
            self._binding.result()
        except (SmppError, OSError, ValueError) as error:
            self._tell({"failed": str(error) or type(error).__name__, "after": time.perf_counter() - began})
            return
        self._tell({"bound": time.perf_counter() - began})
        self.generator.finish()  # it waits for nobody else once it has settled
        await self.generator.run(time.perf_counter())
        if self.generator.meter.awaited is not None:
            self._give(self, self.generator.meter.awaited.give_away(math.inf)[1])
        self._tell({"ended": True, "missing": max(self._unanswered, 0) if self._receipts else 0})

    def stop(self) -> None:
        """Send nothing more, drain, unbind; asked for again, wait for nothing."""
        if self._binding is not None and not self._binding.done():
            self._binding.cancel()
        else:
            self.generator.stop()


class Several:
    """The users of this process. ``tell`` writes one line."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._users: dict[int, _User] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def work(self, lines: "asyncio.Queue[str]") -> None:
        """Do what the lines of the queue say; an empty one is the end of them, and of all users."""
        giving = asyncio.ensure_future(self._give_away())
        try:
            while line := await lines.get():
                self.told(json.loads(line))
            await self._hang_up()
        finally:
            giving.cancel()
            await asyncio.gather(giving, return_exceptions=True)

    def told(self, line: dict[str, Any]) -> None:
        """Do what a line says. Those for users that have ended say nothing any more."""
        if "plan" in line:
            self._begin(line["user"], Plan.from_json(line["plan"]))
        elif "claim" in line:
            self._offer(None, _from_wall_clock(line["claim"]))
        elif "stop" in line and line["user"] in self._users:
            self._users[line["user"]].stop()

    def _begin(self, number: int, plan: Plan) -> None:
        user = self._users[number] = _User(plan, lambda line: self._tell({"user": number} | line), self._pass_on)
        task = self._tasks[number] = asyncio.ensure_future(user.run())
        task.add_done_callback(lambda task: self._forget(number, task))

    def _forget(self, number: int, task: "asyncio.Task[None]") -> None:
        del self._users[number], self._tasks[number]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._tell({"user": number, "failed": f"the generator itself has failed: {error!r}", "after": 0.0})
            raise error  # for the log of the event loop

    # -- receipts that came to another user than the one who sent the message

    async def _give_away(self) -> None:
        while True:
            for user in list(self._users.values()):
                self._pass_on(user, user.generator.give_away())
            await asyncio.sleep(GIVE_AWAY)

    def _pass_on(self, giver: _User, strays: list[Stray]) -> None:
        """Show receipts to all others, here and in other processes: whoever knows the message takes them."""
        if strays:
            self._offer(giver, strays)
            self._tell({"strays": _to_wall_clock(strays)})

    def _offer(self, giver: _User | None, strays: list[Stray]) -> None:
        for user in self._users.values():
            if user is not giver:
                user.generator.claim(strays)

    # -- the end

    async def _hang_up(self) -> None:
        """Whoever began them is gone: what is in flight is let go."""
        tasks = list(self._tasks.values())
        for limit in (HANG_UP, GIVE_UP):
            for user in list(self._users.values()):
                user.stop()
            if tasks:
                await asyncio.wait(tasks, timeout=limit)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _to_wall_clock(strays: list[Stray]) -> list[Stray]:
    offset = time.time() - time.perf_counter()
    return [stray._replace(arrived=stray.arrived + offset) for stray in strays]


def _from_wall_clock(strays: list[list[Any]]) -> list[Stray]:
    offset = time.time() - time.perf_counter()
    return [Stray(message_id, source, state, at - offset) for message_id, source, state, at in strays]


async def work(lines: "asyncio.Queue[str]", tell: Tell) -> None:
    """Several users until the lines end."""
    await Several(tell).work(lines)
