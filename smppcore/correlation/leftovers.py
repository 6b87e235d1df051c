"""What the store hands over because its time is over: messages without a receipt, receipts without a message, and work
that a process has left unfinished."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from inspect import isawaitable
from typing import Any, Final

from smppcore.correlation.early import EarlyReceipts
from smppcore.correlation.held_receipt import RECEIPT, HeldReceipt
from smppcore.correlation.leases import Leases, noted
from smppcore.correlation.matching import Matching
from smppcore.correlation.placing import LinkSide, Place, Placing
from smppcore.correlation.receipted import Arrival, ReceiptPdu
from smppcore.correlation.received import message_of
from smppcore.correlation.submissions import Submissions
from smppcore.correlation.tracked import Claim, Entry, TrackedMessage
from smppcore.log import log
from smppcore.store import Record, Store

OnExpired = Callable[[Any, TrackedMessage], Awaitable[None] | None]

MOST_TRIES: Final = 20
"""So often a handler is called in vain for what the SMSC does not send again; then it is given up, loudly."""
_LAPSED: Final = "lapsed"
"""The kind of a message whose expiry is being handed over: no receipt finds it any more."""
_DISPLACED: Final = 1.0
"""Seconds before its time is over at which a record is given out only by a store that has no room for it."""


class Leftovers:
    """Finishes what has expired. ``unmatched`` is called with a receipt of no message, and tells whether it is
    settled."""

    def __init__(
        self,
        store: Store,
        side: LinkSide,
        leases: Leases,
        matching: Matching,
        placing: Placing,
        submissions: Submissions,
        early: EarlyReceipts,
        on_expired: OnExpired | None,
        unmatched: Callable[[Any, ReceiptPdu], Awaitable[bool]],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._side = side
        self._leases = leases
        self._matching = matching
        self._placing = placing
        self._submissions = submissions
        self._early = early
        self._on_expired = on_expired
        self._unmatched = unmatched
        self._clock = clock

    async def finish(self, record: Record) -> None:
        """See to a record that the store has given out.

        Never raises: what fails is logged, and given out again, since the store has it until it is removed.
        """
        try:
            if record.id in self._leases:
                await self._keep(replace(record, expires=self._leases.until()))
            elif record.kind == RECEIPT:
                await self._look_for_message(record, HeldReceipt.read(record.data))
            else:
                await self._finish_message(record, Entry.read(record.data))
        except Exception as error:
            log.error("what has expired could not be handed over", link=self._side.name, exc_info=error)

    async def _finish_message(self, record: Record, entry: Entry) -> None:
        if entry.claim is not None and record.kind != _LAPSED:
            await self._take_over(record, entry, entry.claim)
        elif record.kind == _LAPSED or not entry.closed:
            await self._lapse(replace(record, kind=_LAPSED, keys=()), entry)
        else:
            await self._store.remove(self._side.name, [record.id])

    async def _take_over(self, record: Record, entry: Entry, claim: Claim) -> None:
        """A process has died, or its handler has failed, with a receipt in its hands."""
        tried = replace(entry, tries=entry.tries + 1)
        working = replace(record, data=tried.write(), expires=self._leases.until())
        with self._leases.hold(working):
            await self._keep(working)
            arrival = Arrival.again(self._side.end, claim.octets, claim.arrived)
            try:
                await self._placing.hand_over(self._side.end, working, tried, arrival, claim)
            except Exception as error:
                log.error("on_receipt failed", link=self._side.name, tries=tried.tries, exc_info=error)
                # It may have been answered before, so it is tried again without the SMSC.
                if tried.tries < MOST_TRIES:
                    noted(self._store.change(replace(working, expires=self._leases.pause(tried.tries))))

    async def _lapse(self, record: Record, entry: Entry) -> None:
        """No receipt came in time."""
        self._submissions.lapsed(record.id)
        if self._on_expired is None:
            await self._store.remove(self._side.name, [record.id])
        else:
            working = replace(record, expires=self._leases.until())
            with self._leases.hold(working):
                await self._keep(working)
                try:
                    result = self._on_expired(self._side.end, entry.message)
                    if isawaitable(result):
                        await result
                except Exception as error:
                    log.error("on_expired failed", link=self._side.name, exc_info=error)
                    await self._try_later(replace(working, data=entry.released().write()), entry.tries + 1)
                    return
                await self._store.remove(self._side.name, [record.id])
        self._side.hooks.expired(self._side.end, entry.message)

    async def _look_for_message(self, record: Record, held: HeldReceipt) -> None:
        """The process that has this receipt looks more often; it may have died, so others look now and then."""
        end, arrived = self._side.end, held.arrived
        displaced = record.expires > self._clock() + _DISPLACED
        working = replace(record, expires=self._leases.until())
        with self._leases.hold(working):
            await self._keep(working)
            place = await self._place(Arrival.again(end, held.octets, arrived, self._matching.keys))
            if place is Place.NOWHERE and (displaced or self._clock() >= held.until):
                await self._end_of_hold(working, held)
            elif place is Place.FOUND:
                self._early.drop(record.id)
                await self._store.remove(self._side.name, [record.id])
            else:
                next_look = min(self._leases.pause(held.looks), max(held.until, self._leases.until()))
                noted(self._store.change(replace(working, data=held.looked().write(), expires=next_look)))

    async def _place(self, arrival: Arrival) -> Place:
        try:
            return await self._placing.place(self._side.end, arrival)
        except Exception as error:
            log.error("on_receipt failed", link=self._side.name, exc_info=error)
            return Place.ELSEWHERE

    async def _end_of_hold(self, working: Record, held: HeldReceipt) -> None:
        """No message has come: the receipt goes to whom it may concern."""
        self._early.drop(working.id)
        if await self._unmatched(self._side.end, message_of(held.octets)):
            await self._store.remove(self._side.name, [working.id])
        else:
            await self._try_later(replace(working, data=held.tried().write()), held.tries + 1)

    async def _keep(self, record: Record) -> None:
        """Keep a record that the store has given out, so that it survives this process."""
        commit = self._store.add(record)
        if commit is not None:
            await commit

    async def _try_later(self, record: Record, tries: int) -> None:
        if tries < MOST_TRIES:
            noted(self._store.change(replace(record, expires=self._leases.pause(tries))))
        else:
            log.error("given up after many tries", link=self._side.name, kind=record.kind)
            await self._store.remove(self._side.name, [record.id])
