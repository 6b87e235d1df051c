"""The routes of messages: find them, look at one, take them away as a file."""

import asyncio
import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiohttp import web

from smppcore.console.answers import Trouble, answer, query
from smppcore.console.search import STEP, Search, find, page
from smppcore.console.views import message_details, message_view
from smppcore.simulator import Simulator

MOST_MESSAGES: Final = 500
"""On one page."""
COLUMNS: Final = (
    "message_id",
    "account",
    "source",
    "destination",
    "state",
    "submitted",
    "finished",
    "registered_delivery",
    "data_coding",
    "owed",
    "error",
    "text",
)


class MessageRoutes:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._registry = simulator.smsc.codec.registry
        self.routes = [
            web.get("/api/messages", self.messages, allow_head=False),
            web.get("/api/messages.csv", self.export_csv, allow_head=False),
            web.get("/api/messages.jsonl", self.export_jsonl, allow_head=False),
            web.get("/api/messages/{message_id}", self.message, allow_head=False),
        ]

    async def messages(self, request: web.Request) -> web.Response:
        parameters = query(request)
        search = Search.read(parameters)
        offset = parameters.count("offset", 0, most=10**9)
        limit = parameters.count("limit", 50, least=1, most=MOST_MESSAGES)
        parameters.end()
        messages = self._simulator.messages
        found, total = await page(messages, search, offset, limit)
        return answer({"messages": [message_view(each) for each in found], "total": total, "kept": len(messages)})

    async def message(self, request: web.Request) -> web.Response:
        """All destinations of a submit_multi have one message_id."""
        found = self._simulator.messages.all_of(request.match_info["message_id"])
        if not found:
            raise Trouble(404, "there is no such message")
        return answer({"messages": [message_details(each, self._registry) for each in found]})

    async def export_csv(self, request: web.Request) -> web.StreamResponse:
        return await self._export(request, "text/csv", "messages.csv", _csv, _csv_head())

    async def export_jsonl(self, request: web.Request) -> web.StreamResponse:
        return await self._export(request, "application/jsonl", "messages.jsonl", _jsonl, "")

    async def _export(
        self,
        request: web.Request,
        content_type: str,
        name: str,
        write: Callable[[Sequence[dict[str, Any]]], str],
        head: str,
    ) -> web.StreamResponse:
        """All that match, in the order in which they came."""
        parameters = query(request)
        search = Search.read(parameters)
        parameters.end()
        found = await find(self._simulator.messages, search)
        response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="{name}"'})
        response.content_type, response.charset = content_type, "utf-8"
        await response.prepare(request)
        await response.write(head.encode())
        for start in range(0, len(found), STEP):
            await response.write(write([message_view(each) for each in found[start : start + STEP]]).encode())
            await asyncio.sleep(0)
        await response.write_eof()
        return response


def _csv_head() -> str:
    return ",".join(COLUMNS) + "\r\n"


def _csv(views: Sequence[dict[str, Any]]) -> str:
    file = io.StringIO()
    csv.DictWriter(file, COLUMNS).writerows(views)
    return file.getvalue()


def _jsonl(views: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(view, ensure_ascii=False) + "\n" for view in views)
