"""What a link tells of itself: events, lines in the log, and to those who wait for a state."""

import asyncio
from collections.abc import Callable

from smppcore.backoff import LOUD
from smppcore.link_event import LinkEvent, LinkState
from smppcore.log import log


class LinkNews:
    """``event`` is what was told last of the link as a whole. ``link`` is its name, ``on_event`` gets every event."""

    def __init__(self, link: str, on_event: Callable[[LinkEvent], None] | None) -> None:
        self.event = LinkEvent(LinkState.DOWN, "not started")
        self._link = link
        self._on_event = on_event
        self._settled = asyncio.Event()
        self._closed = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether the link is closed for good."""
        return self._closed.is_set()

    @property
    def obstacle(self) -> str:
        """Why a call cannot leave, in the words of a NotSent."""
        event = self.event
        return f"the link is {event.state}" + (f" ({event.reason})" if event.reason else "")

    async def wait_settled(self) -> None:
        """Wait until it is told the next time that the link is up, or closed for good."""
        self._settled.clear()
        await self._settled.wait()

    async def wait_closed(self) -> str:
        """Wait until the link is closed for good, and say why it is."""
        await self._closed.wait()
        return self.event.reason

    def note(self, event: LinkEvent) -> None:
        """The link as a whole has come into another state; ``tell`` tells of it."""
        self.event = event
        if event.state is LinkState.CLOSED:
            self._closed.set()
        if event.state in (LinkState.UP, LinkState.CLOSED):
            self._settled.set()

    def tell(self, event: LinkEvent) -> None:
        """The link, or one of its binds, has come into another state."""
        self._report(event)
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception as error:
                log.error("on_event failed", link=self._link, state=str(event.state), exc_info=error)

    def _report(self, event: LinkEvent) -> None:
        """One line in the log; loud where somebody has to mend something."""
        text = f"{'bind' if event.bind else 'link'} is {event.state}"
        which = {"link": self._link, "bind": event.bind} if event.bind else {"link": self._link}
        if event.failure is None:
            (log.debug if event.state is LinkState.CONNECTING else log.info)(text, **which)
            return
        loud = event.failure in LOUD or event.state is LinkState.CLOSED
        (log.error if loud else log.warning)(
            text,
            **which,
            failure=str(event.failure),
            reason=event.reason,
            attempt=event.attempt,
            wait=round(event.wait, 3),
        )
