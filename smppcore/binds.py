"""Which binds a link keeps: so many on each of its hosts, and others on standby hosts while none of the first is up.

A standby bind is made as soon as the last of the primary ones is gone, and drained once one of those has been up for a
while: what is in flight on it is answered, nothing more is sent on it, and it unbinds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from functools import partial

from smppcore.backoff import BackoffSettings, Failure
from smppcore.esme import Esme
from smppcore.keeper import BindKeeper
from smppcore.link_event import LinkEvent, LinkState
from smppcore.place import Place


class Binds:
    """The keepers of all ``places``; ``on_change`` is called with each change of one of them.

    ``open_bind`` makes the bound Esme of a place. ``fail_back_after``: seconds for which a primary bind must have been
    up before the standby ones are drained.
    """

    def __init__(
        self,
        places: Collection[Place],
        open_bind: Callable[[Place], Awaitable[Esme]],
        backoff: BackoffSettings,
        give_up_on: Collection[Failure],
        on_change: Callable[[BindKeeper, LinkEvent], None],
        fail_back_after: float,
    ) -> None:
        self.keepers: list[BindKeeper] = []
        self._primary = [place for place in places if not place.standby]
        self._standby = [place for place in places if place.standby]
        self._senders = any(place.sends for place in places)
        self._open = open_bind
        self._backoff = backoff
        self._give_up_on = give_up_on
        self._on_change = on_change
        self._fail_back_after = fail_back_after
        self._fail_back: asyncio.TimerHandle | None = None
        self._drained: dict[asyncio.Task[None], BindKeeper] = {}
        self._attempts = self._binds = 0
        """Of binds that are not kept any more."""

    def start(self) -> None:
        """Begin to bind on the primary hosts."""
        self._keep(self._primary)

    def _keep(self, places: Collection[Place]) -> None:
        for place in places:
            self.keepers.append(
                BindKeeper(place, partial(self._open, place), self._backoff, self._give_up_on, self._changed)
            )

    # -- what there is

    def up(self) -> Iterator[Esme]:
        """The Esmes that are bound, those that can send before the others."""
        bound = [keeper for keeper in self.keepers if keeper.esme is not None]
        for keeper in sorted(bound, key=lambda each: not each.place.sends):
            if keeper.esme is not None:
                yield keeper.esme

    def senders(self) -> Iterator[Esme]:
        """The Esmes that requests may go to; where no place sends at all, all of them, to be told so by them."""
        for keeper in self.keepers:
            if keeper.esme is not None and (keeper.place.sends or not self._senders):
                yield keeper.esme

    def all_esmes(self) -> Iterator[Esme]:
        """Also those that are being drained."""
        for keeper in (*self.keepers, *self._drained.values()):
            if keeper.esme is not None:
                yield keeper.esme

    @property
    def state(self) -> LinkState:
        """UP as soon as one bind can send (or, where none sends, receive); CLOSED if all of them have given up."""
        if next(self.senders(), None) is not None:
            return LinkState.UP
        states = {keeper.event.state for keeper in self.keepers}
        if LinkState.CONNECTING in states:
            return LinkState.CONNECTING
        return LinkState.CLOSED if states == {LinkState.CLOSED} else LinkState.DOWN

    @property
    def attempts(self) -> int:
        """How often it was tried to bind, and in ``binds`` how often that went well."""
        return self._attempts + sum(keeper.attempts for keeper in self.keepers)

    @property
    def binds(self) -> int:
        return self._binds + sum(keeper.binds for keeper in self.keepers)

    # -- fail-over and fail-back

    def _changed(self, keeper: BindKeeper, event: LinkEvent) -> None:
        if self._standby:
            self._choose_hosts(event)
        self._on_change(keeper, event)

    def _choose_hosts(self, event: LinkEvent) -> None:
        primary = [keeper for keeper in self.keepers if not keeper.place.standby and self._counts(keeper.place)]
        up = any(keeper.esme is not None for keeper in primary)
        on_standby = len(self.keepers) > len(self._primary)
        if up and on_standby and self._fail_back is None:
            self._fail_back = asyncio.get_running_loop().call_later(self._fail_back_after, self._drain)
        elif not up:
            self._stay()
            if not on_standby and all(keeper.has_failed for keeper in primary):
                self._keep(self._standby)

    def _counts(self, place: Place) -> bool:
        """Whether the link stands and falls with such a bind."""
        return place.sends or not self._senders

    def _stay(self) -> None:
        if self._fail_back is not None:
            self._fail_back.cancel()
            self._fail_back = None

    def _drain(self) -> None:
        """The primary hosts are back: the standby binds are closed, and none of them is kept."""
        self._fail_back = None
        standby = [keeper for keeper in self.keepers if keeper.place.standby]
        self.keepers = [keeper for keeper in self.keepers if not keeper.place.standby]
        for keeper in standby:
            self._attempts += keeper.attempts
            self._binds += keeper.binds
            task = asyncio.create_task(keeper.close(), name="smppcore drain")
            self._drained[task] = keeper
            task.add_done_callback(self._drained.pop)
        for keeper in standby:
            self._on_change(keeper, LinkEvent(LinkState.CLOSED, "the primary host is back", bind=keeper.place.name))

    # -- the end

    async def close(self) -> None:
        """Close them all at the same time, in every state. Cancelled, they are aborted at once."""
        self._stay()
        for keeper in self.keepers:
            keeper.begin_close()  # in the task of the caller, who may be one of their handlers
        try:
            for keeper in self.keepers:
                await keeper.close()
            if self._drained:
                await asyncio.wait(self._drained)  # not gather: others may wait for them as well
        except asyncio.CancelledError:
            self.abort()
            for keeper in self.keepers:
                keeper.cancel_handlers()
            raise

    def abort(self) -> None:
        """Drop all connections at once."""
        self._stay()
        for keeper in (*self.keepers, *self._drained.values()):
            keeper.abort()
