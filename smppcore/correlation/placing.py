"""Brings a receipt to its message: finds it, claims it, hands it over, and marks that it was handed over.

Of several that try for one message, on any bind or process, one can claim it, by swapping the data of its record.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum
from inspect import isawaitable
from typing import Any

from smppcore.correlation.leases import Leases, noted
from smppcore.correlation.matching import Found, Matching
from smppcore.correlation.receipted import Arrival, Receipted
from smppcore.correlation.submissions import Submissions
from smppcore.correlation.tracked import MESSAGE, Claim, Entry
from smppcore.log import log
from smppcore.message_id import Rule
from smppcore.middleware import NO_HOOKS, Hooks
from smppcore.outcome import outcome_of
from smppcore.store import Record, Store

OnReceipt = Callable[[Any, Receipted], Awaitable[None] | None]


class Place(Enum):
    """Where the message of a receipt is; ELSEWHERE: another process works on it."""

    FOUND = "found"
    NOWHERE = "nowhere"
    ELSEWHERE = "elsewhere"


@dataclass(slots=True)
class LinkSide:
    """The link that a correlation works for: its name in the store, what handlers get, and who looks on."""

    name: str = ""
    end: Any = None
    hooks: Hooks = NO_HOOKS

    def is_final(self, arrival: Arrival) -> bool:
        """Whether nothing comes after this receipt."""
        states: Collection[int] = self.end.settings.final_states
        return arrival.receipt.final(states)


class Placing:
    """The receipts of one link. ``remember``: seconds for which one that comes again is known."""

    def __init__(
        self,
        store: Store,
        side: LinkSide,
        leases: Leases,
        matching: Matching,
        submissions: Submissions,
        on_receipt: OnReceipt | None,
        remember: float,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._side = side
        self._leases = leases
        self._matching = matching
        self._submissions = submissions
        self._on_receipt = on_receipt
        self._remember = remember
        self._clock = clock

    async def place(self, end: Any, arrival: Arrival) -> Place:
        """Bring a receipt to its message. Raises what on_receipt raises, and StoreError."""
        while True:
            records = await self._store.find(self._side.name, MESSAGE, arrival.keys)
            found = self._matching.choose(arrival, records)
            if found is None:
                return Place.NOWHERE
            record, entry, rule = found
            if await self._leases.ended(record.id):
                continue  # this process had another receipt of the same message in its hands
            if arrival.state_of(entry.message) in entry.states:
                self._side.hooks.receipt(end, self._receipted(arrival, entry, rule, duplicate=True))
                return Place.FOUND
            if entry.claim is not None:
                return Place.ELSEWHERE
            if await self._claim(end, arrival, found):
                return Place.FOUND

    async def _claim(self, end: Any, arrival: Arrival, found: Found) -> bool:
        """Claim the message for this receipt, and hand it over; False where somebody else was faster."""
        record, entry, rule = found
        claim = arrival.claim(entry.message, rule)
        if self._on_receipt is None:
            if not await self._store.swap(self._settled(record, entry, arrival, claim), record.data):
                return False
            self._tell(end, record.id, self._receipted(arrival, entry, rule))
            return True
        claimed = entry.claimed(claim)
        working = replace(record, data=claimed.write(), expires=self._leases.until())
        with self._leases.hold(working):
            if not await self._store.swap(working, record.data):
                return False
            await self.hand_over(end, working, claimed, arrival, claim)
        return True

    async def hand_over(self, end: Any, working: Record, entry: Entry, arrival: Arrival, claim: Claim) -> None:
        """Call on_receipt, and mark in the record, which this process has claimed, that it went well."""
        receipted = self._receipted(arrival, entry, claim.rule, redelivered=entry.tries > 0)
        try:
            result = None if self._on_receipt is None else self._on_receipt(end, receipted)
            if isawaitable(result):
                await result
        except BaseException:
            released = entry.released()
            noted(self._store.change(replace(working, data=released.write(), expires=self._expiry(released))))
            raise
        if not await self._store.swap(self._settled(working, entry, arrival, claim), working.data):
            log.warning("a receipt was handed over by another process as well", link=self._side.name)
        self._tell(end, working.id, receipted)

    def _receipted(
        self, arrival: Arrival, entry: Entry, rule: Rule, *, redelivered: bool = False, duplicate: bool = False
    ) -> Receipted:
        final = self._side.is_final(arrival)
        return Receipted(
            entry.message,
            arrival.receipt,
            arrival.pdu,
            final,
            rule,
            arrival.arrived,
            redelivered,
            duplicate,
            entry.states,
        )

    def _settled(self, record: Record, entry: Entry, arrival: Arrival, claim: Claim) -> Record:
        """The record once this receipt has been handed over; the members of a list have one receipt each."""
        settled = entry.told(claim, self._side.is_final(arrival) and not entry.message.is_list)
        return replace(record, data=settled.write(), expires=self._expiry(settled))

    def _expiry(self, entry: Entry) -> float:
        return self._clock() + self._remember if entry.closed else entry.until

    def _tell(self, end: Any, record_id: str, receipted: Receipted) -> None:
        """Tell those who look on, and who waits for the outcome."""
        self._side.hooks.receipt(end, receipted)
        message = receipted.message
        watch = self._submissions.watches.get(record_id)
        if watch is not None and receipted.final and not message.is_list:
            watch.settle(message.part - 1, outcome_of(receipted.receipt))
