"""A headless Chromium with the console's page open, and what it complained about."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from typing import Literal

from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LIMIT_MS = 30_000.0


def chromium_path() -> str:
    """The browser of the system. It is no skip where there is none: the page would go untested."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "the tests of the console's page need Chromium on PATH: apt-get install chromium"
    return found


class Visit:
    """A page that is open. ``errors`` are those of its console and its scripts, ``requests`` where it went."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith(("blob:", "data:")):
            self.requests.append(request.url)

    async def press_until(self, key: str, selector: str, most: int = 120) -> None:
        """Press a key, Tab for instance, until what the selector finds has the focus."""
        for _ in range(most):
            if await self.page.evaluate("selector => document.activeElement?.matches(selector)", selector):
                return
            await self.page.keyboard.press(key)
        raise AssertionError(f"{key} does not lead to {selector}")


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        try:
            yield found
        finally:
            await found.close()


@contextlib.asynccontextmanager
async def visit(url: str, colours: Literal["light", "dark"] = "light", width: int = 1280) -> AsyncIterator[Visit]:
    """The page at ``url``; at the end it must have complained about nothing, and gone nowhere else."""
    async with browser() as found:
        context = await found.new_context(color_scheme=colours, viewport={"width": width, "height": 1000})
        visited = Visit(await context.new_page())
        visited.page.set_default_timeout(LIMIT_MS)
        await visited.page.goto(url)
        yield visited
        assert visited.errors == []
        assert [each for each in visited.requests if not each.startswith(url)] == []
