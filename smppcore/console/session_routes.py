"""The routes of sessions: see them, drop one, slow those of an account down; and mobile-originated messages."""

import asyncio
import glob
import itertools
from typing import Any, Final

from aiohttp import web

from smppcore.address import Address, AddressError
from smppcore.console.answers import Trouble, answer, query, read_body
from smppcore.console.parameters import Parameters
from smppcore.console.views import session_view
from smppcore.errors import SmppError
from smppcore.peer import Peer
from smppcore.simulator import ConfigError, Simulator
from smppcore.simulator.config import FaultConfig
from smppcore.simulator.mobile_originated import Delivery
from smppcore.text import TextError

LONGEST_LATENCY: Final = 3600.0
LONGEST_WAIT: Final = 60.0
"""Seconds that a request may wait until an ESME has taken a message."""
MOST_SESSIONS: Final = 1000
NUMBER: Final = "console number"
"""The key of Peer.data that a session's number is under."""


class SessionRoutes:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._numbers = itertools.count(1)
        self.routes = [
            web.get("/api/sessions", self.sessions, allow_head=False),
            web.delete("/api/sessions/{id}", self.drop),
            web.delete("/api/accounts/{account}/sessions", self.drop_all),
            web.put("/api/accounts/{account}/latency", self.slow),
            web.post("/api/deliveries", self.deliver),
        ]

    def view(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """Some of the sessions, in the order in which they were first seen."""
        peers = sorted(self._simulator.sessions, key=self._number)[offset : offset + limit]
        return [session_view(self._number(peer), peer, self._latency(peer.system_id)) for peer in peers]

    def _number(self, peer: Peer) -> int:
        if NUMBER not in peer.data:
            peer.data[NUMBER] = next(self._numbers)
        number: int = peer.data[NUMBER]
        return number

    def _latency(self, account: str) -> float:
        name = _slow(account)
        return next((each.config.seconds for each in self._simulator.faults if each.config.name == name), 0.0)

    async def sessions(self, request: web.Request) -> web.Response:
        parameters = query(request)
        offset = parameters.count("offset", 0, most=10**9)
        limit = parameters.count("limit", 100, least=1, most=MOST_SESSIONS)
        parameters.end()
        return answer({"sessions": self.view(offset, limit), "total": len(self._simulator.sessions)})

    async def drop(self, request: web.Request) -> web.Response:
        for peer in self._simulator.sessions:
            if str(self._number(peer)) == request.match_info["id"]:
                return answer({"dropped": self._simulator.drop(peer)})
        raise Trouble(404, "there is no such session")

    def _account(self, request: web.Request) -> str:
        account = request.match_info["account"]
        if account not in self._simulator.config.accounts:
            raise Trouble(404, "there is no such account")
        return account

    async def drop_all(self, request: web.Request) -> web.Response:
        return answer({"dropped": self._simulator.drop(self._account(request))})

    async def slow(self, request: web.Request) -> web.Response:
        """A latency is a fault, so that it can be seen and switched among the others."""
        account = self._account(request)
        parameters = Parameters(await read_body(request))
        seconds = parameters.number("seconds", most=LONGEST_LATENCY)
        parameters.end()
        name, faults = _slow(account), self._simulator.faults
        if any(fault.config.name == name for fault in faults):
            faults.remove(name)
        if seconds:
            faults.add(FaultConfig(name=name, kind="latency", account=glob.escape(account), seconds=seconds))
        return answer({"account": account, "seconds": seconds})

    async def deliver(self, request: web.Request) -> web.Response:
        """Send a mobile-originated message, and wait for the ESME if the request says so."""
        parameters = Parameters(await read_body(request))
        wait = parameters.number("wait", 0.0, most=LONGEST_WAIT)
        delivery = self._deliver(parameters)
        if wait:
            try:
                async with asyncio.timeout(wait):
                    await delivery
            except (TimeoutError, SmppError):
                pass  # the answer tells
        view = {
            "account": delivery.account,
            "parts": delivery.parts,
            "taken": delivery.taken,
            "done": delivery.done,
            "error": None if delivery.error is None else str(delivery.error),
        }
        return answer(view, 200 if delivery.done else 202)

    def _deliver(self, parameters: Parameters) -> Delivery:
        text, account = parameters.text("text"), parameters.text("account", "")
        to = _address("to", parameters.text("to"), Address.destination)
        source = _address("source", parameters.text("source", ""), Address.sender)
        parameters.end()
        if account and account not in self._simulator.config.accounts:
            raise ConfigError("account", f"there is no account {account!r}")
        try:
            return self._simulator.deliver(text, to=to, source=source, account=account)
        except TextError as error:
            raise ConfigError("text", str(error)) from None
        except ValueError as error:
            if not account and str(error) == "no account has that number":
                raise ConfigError("to", f"{error}; name an account") from None
            raise Trouble(409, str(error)) from None


def _address(key: str, text: str, read: Any) -> Address:
    try:
        address: Address = read(text)
    except AddressError as error:
        raise ConfigError(key, str(error)) from None
    return address


def _slow(account: str) -> str:
    """The name of the fault that slows an account down."""
    return f"slow {account}"
