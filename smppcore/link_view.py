"""A way to make requests of a link that all share some choices, such as their lane."""

from collections.abc import Callable

from smppcore.pool import Pin
from smppcore.requests import Begin, EsmeRequests
from smppcore.turns import Turns


class LinkView(EsmeRequests):
    """The requests of a link, made with choices of their own; what they return and raise says Requests.

    ``way`` tells how to begin calls, with a Pin where several belong together.
    """

    def __init__(
        self,
        link: EsmeRequests,
        way: Callable[[Pin | None], Begin],
        pin: Pin | None = None,
    ) -> None:
        self.settings = link.settings
        self.defaults = link.defaults
        self._link = link
        self._way = way
        self._timeout = link._timeout
        self._retry = link._retry
        self._watches = link._watches
        if link._turns is None:
            link._turns = Turns()
        self._turns = link._turns
        self._begin = way(pin)

    def _next_reference(self) -> int:
        return self._link._next_reference()

    def _one_way(self) -> EsmeRequests:
        return LinkView(self._link, self._way, Pin())

    async def _over_within(self, seconds: float) -> bool:
        return await self._link._over_within(seconds)
