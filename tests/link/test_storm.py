"""A reconnect storm: many links lose one SMSC, and do not come back in the same instant."""

import asyncio
from collections import Counter

from smppcore.backoff import BackoffSettings
from smppcore.link_event import LinkEvent, LinkState

from .carrier import Carrier, link_to, until

LINKS = 200
SPREAD = BackoffSettings(first=1.0, longest=2.0)


async def test_two_hundred_links_spread_their_attempts_when_the_smsc_restarts() -> None:
    """Chance spreads the first attempts over half a second: no twentieth of that has a quarter of them."""
    loop = asyncio.get_running_loop()
    lost: list[float] = []
    attempts: list[float] = []

    def on_event(event: LinkEvent) -> None:
        if event.state is LinkState.DOWN:
            lost.append(loop.time())
        elif event.state is LinkState.CONNECTING and lost:
            attempts.append(loop.time())

    async with Carrier() as carrier:
        links = [link_to(carrier.port, backoff=SPREAD, on_event=on_event) for _ in range(LINKS)]
        for link in links:
            await link.start()
        await until(lambda: len(carrier.smsc.peers) == LINKS)
        await carrier.crash()
        await carrier.start()
        await asyncio.gather(*(link.wait_up() for link in links))
        await asyncio.gather(*(link.close() for link in links))
    assert len(lost) == len(attempts) == LINKS
    assert min(attempts) - max(lost) > 0.3
    busiest = max(Counter(int((each - min(attempts)) / 0.025) for each in attempts).values())
    assert busiest < LINKS / 4
