"""Somebody who gives messages to a gateway that may be killed meanwhile."""

import asyncio

import aiohttp

from .processes import Gateway


class Customer:
    """Posts messages, again where no answer came, as a customer does who gives each a reference of his own."""

    def __init__(self, gateway: Gateway, name: str, messages: int) -> None:
        self._gateway = gateway
        self._texts = [f"{name}-{number}." for number in range(messages)]
        self._left = iter(self._texts)
        self.ids: dict[str, str] = {}
        self._up = asyncio.Event()
        self._up.set()
        self._progress = asyncio.Condition()

    async def post_all(self, at_once: int) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(at_once):
                tasks.create_task(self._post_some())

    async def _post_some(self) -> None:
        for text in self._left:
            while text not in self.ids:
                await self._up.wait()
                try:
                    status, answer = await self._gateway.post(to="+393331234567", text=text, reference=text)
                except aiohttp.ClientError:
                    self._up.clear()
                    continue
                if status == 202:
                    self.ids[text] = answer["id"]
            async with self._progress:
                self._progress.notify_all()

    def go_on(self) -> None:
        """The gateway is back."""
        self._up.set()

    async def until_accepted(self, number: int) -> None:
        """Gives up where none is accepted for half a minute."""
        async with self._progress:
            while len(self.ids) < number:
                async with asyncio.timeout(30):
                    await self._progress.wait()
