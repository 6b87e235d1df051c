"""Tells the webhook what happens: at least once, in order for each message, again where it fails, and not for ever."""

import random
from collections.abc import Sequence

import aiohttp

from gateway.config import Webhook
from gateway.crew import Crew
from gateway.desk import Desk
from gateway.event import Event
from gateway.log import log

_MARGIN = 2.0
"""Seconds after its timeout at which a delivery that nothing is heard of is made by somebody else."""


class Courier:
    """Takes events from the desk to the URL. Any answer of 200 to 299 means that they have arrived."""

    def __init__(self, desk: Desk, webhook: Webhook) -> None:
        self._desk = desk
        self._webhook = webhook
        self._crew = Crew("courier", self._take, self._deliver, hands=webhook.at_once, pause=min(1.0, webhook.first))
        self.wake = self._crew.wake

    async def start(self) -> None:
        """Begin with what was left from the last time."""
        timeout = aiohttp.ClientTimeout(total=self._webhook.timeout)
        self._session = aiohttp.ClientSession(timeout=timeout)
        self._crew.start()

    async def stop(self, patience: float) -> None:
        """What is not delivered then stays in the store."""
        await self._crew.stop(patience)
        await self._session.close()

    async def _take(self, most: int) -> Sequence[Event]:
        return await self._desk.take(most, self._webhook.timeout + _MARGIN)

    async def _deliver(self, event: Event) -> None:
        error = await self._post(event)
        if error is None:
            await self._desk.delivered(event)
        elif event.tries + 1 < self._webhook.tries:
            await self._desk.postpone(event.failed(error), self._delay(event.tries))
        else:
            log.error("the webhook did not take an event, which is given up", id=event.id, error=error)
            await self._desk.bury(event.failed(error))

    async def _post(self, event: Event) -> str | None:
        """What went wrong, or None."""
        headers = {"Idempotency-Key": event.id}
        try:
            async with self._session.post(self._webhook.url, json=event.body, headers=headers) as answer:
                return None if 200 <= answer.status < 300 else f"it was answered {answer.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{type(error).__name__} {error}".strip()

    def _delay(self, tries: int) -> float:
        """Twice as long each time, and spread by chance, so that a webhook that is back is not run over."""
        longest = min(self._webhook.longest, self._webhook.first * 2.0 ** min(tries, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311  # it guards nothing
