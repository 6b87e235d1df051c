"""The control API and the page as one aiohttp application over a Simulator."""

from pathlib import Path
from typing import Final

from aiohttp import web

from smppcore.console.access import Access
from smppcore.console.answers import LONGEST_BODY, add_headers, guarded
from smppcore.console.history import History
from smppcore.console.message_routes import MessageRoutes
from smppcore.console.run_routes import RunRoutes
from smppcore.console.session_routes import SessionRoutes
from smppcore.console.switch_routes import FaultRoutes, RuleRoutes
from smppcore.simulator import Simulator

STATIC: Final = Path(__file__).parent / "static"


def api_routes(simulator: Simulator, history: History) -> list[web.RouteDef]:
    """All routes of the API; docs/control-api.md lists the same."""
    sessions, rules, faults = SessionRoutes(simulator), RuleRoutes(simulator), FaultRoutes(simulator)
    run = RunRoutes(simulator, history, sessions, rules, faults)
    return [*run.routes, *sessions.routes, *MessageRoutes(simulator).routes, *rules.routes, *faults.routes]


def application(simulator: Simulator, history: History, access: Access) -> web.Application:
    app = web.Application(middlewares=[guarded(access)], client_max_size=LONGEST_BODY)
    app.on_response_prepare.append(add_headers)
    app.add_routes(api_routes(simulator, history))
    app.router.add_get("/", _page)
    app.router.add_static("/static/", STATIC)
    return app


async def _page(_: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html")
