"""A reconnect storm: many links lose one SMSC, and do not come back in the same instant."""

import asyncio
from collections import Counter
from collections.abc import Callable

from smppcore.backoff import BackoffSettings
from smppcore.link_event import LinkEvent, LinkState

from .carrier import Carrier, link_to, until

LINKS = 200
SPREAD = BackoffSettings(first=1.0, longest=2.0)


async def test_two_hundred_links_spread_their_attempts_when_the_smsc_restarts() -> None:
    """Chance spreads the first attempts over half a second: no twentieth of that has a quarter of them.

    What each has chosen is looked at, and that none tries before: how punctual they are is up to the machine.
    """
    loop = asyncio.get_running_loop()
    waits: dict[int, float] = {}
    begun: dict[int, float] = {}
    early: list[float] = []

    def watch(number: int) -> Callable[[LinkEvent], None]:
        def on_event(event: LinkEvent) -> None:
            if event.state is LinkState.DOWN:
                waits[number], begun[number] = event.wait, loop.time()
            elif event.state is LinkState.CONNECTING and number in begun:
                early.append(begun.pop(number) + waits[number] - loop.time())

        return on_event

    async with Carrier() as carrier:
        links = [link_to(carrier.port, backoff=SPREAD, on_event=watch(number)) for number in range(LINKS)]
        for link in links:
            await link.start()
        await until(lambda: len(carrier.smsc.peers) == LINKS)
        await carrier.crash()
        await carrier.start()
        await asyncio.gather(*(link.wait_up() for link in links))
        await asyncio.gather(*(link.close() for link in links))
    assert len(waits) == len(early) == LINKS
    assert min(waits.values()) >= SPREAD.first / 2
    assert max(early) < 0.02
    busiest = max(Counter(int(each / 0.025) for each in waits.values()).values())
    assert busiest < LINKS / 4
