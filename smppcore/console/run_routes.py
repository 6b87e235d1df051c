"""The routes of the simulator as a whole: its numbers, pause, reset, virtual time; and what the page polls."""

from typing import Any, Final

from aiohttp import web

from smppcore.console.answers import Trouble, answer, query, read_body
from smppcore.console.history import History
from smppcore.console.parameters import Parameters
from smppcore.console.session_routes import SessionRoutes
from smppcore.console.switch_routes import FaultRoutes, RuleRoutes
from smppcore.console.views import message_view
from smppcore.simulator import Simulator, VirtualClock
from smppcore.simulator.delays import LONGEST_DELAY

MOST_LIVE: Final = 100
"""Sessions and messages that one look at everything shows."""


class RunRoutes:
    def __init__(
        self, simulator: Simulator, history: History, sessions: SessionRoutes, rules: RuleRoutes, faults: FaultRoutes
    ) -> None:
        self._simulator = simulator
        self._history = history
        self._sessions, self._rules, self._faults = sessions, rules, faults
        self.routes = [
            web.get("/api/statistics", self.statistics, allow_head=False),
            web.get("/api/live", self.live, allow_head=False),
            web.post("/api/pause", self.pause),
            web.post("/api/resume", self.resume),
            web.post("/api/reset", self.reset),
            web.post("/api/advance", self.advance),
        ]

    def _statistics(self) -> dict[str, Any]:
        simulator = self._simulator
        latest = self._history.latest
        return {
            **simulator.statistics.to_json(),
            "capacity": simulator.config.capacity,
            "rates": {
                "messages": latest.messages,
                "refused": latest.refused,
                "receipts": latest.receipts,
                "mobile_originated": latest.mobile_originated,
            },
            "paused": simulator.paused,
            "now": round(simulator.clock.now(), 3),
            "virtual": isinstance(simulator.clock, VirtualClock),
        }

    async def statistics(self, request: web.Request) -> web.Response:
        query(request).end()
        return answer(self._statistics())

    async def live(self, request: web.Request) -> web.Response:
        """All that the page shows, in one look that costs little however much goes on."""
        parameters = query(request)
        after = parameters.count("after", 0, most=10**12)
        count = parameters.count("messages", 50, most=MOST_LIVE)
        parameters.end()
        simulator = self._simulator
        latest = [message_view(each) for each, _ in zip(reversed(simulator.messages), range(count), strict=False)]
        return answer(
            {
                "statistics": self._statistics(),
                "system_id": simulator.config.system_id,
                "accounts": list(simulator.config.accounts),
                "samples": self._history.after(after),
                "sessions": self._sessions.view(0, MOST_LIVE),
                "rules": self._rules.view(),
                "faults": self._faults.view(),
                "messages": latest,
            }
        )

    async def _act(self, request: web.Request) -> None:
        Parameters(await read_body(request)).end()

    async def pause(self, request: web.Request) -> web.Response:
        await self._act(request)
        self._simulator.pause()
        return answer({"paused": True})

    async def resume(self, request: web.Request) -> web.Response:
        await self._act(request)
        self._simulator.resume()
        return answer({"paused": False})

    async def reset(self, request: web.Request) -> web.Response:
        await self._act(request)
        self._simulator.reset()
        return answer(self._statistics())

    async def advance(self, request: web.Request) -> web.Response:
        parameters = Parameters(await read_body(request))
        seconds = parameters.number("seconds", most=LONGEST_DELAY)
        parameters.end()
        if not isinstance(self._simulator.clock, VirtualClock):
            raise Trouble(409, "the clock of this simulator is not virtual")
        self._simulator.advance(seconds)
        return answer({"now": round(self._simulator.clock.now(), 3)})
