"""Receipts matched to what was sent: one Correlation for each link, above a store that several processes may share.

What is done in which order, so that nothing is lost whenever the process dies:

* **A message that was taken** is committed before its caller has the response (submissions.py).
* **A receipt** finds the record of its message, claims it by swapping its data, is handed to on_receipt, is marked in
  the record as handed over, and only then is it answered (placing.py). An answer before the handler has succeeded would
  lose the receipt if the process died in between, because the SMSC would not send it again. What can happen instead is
  that on_receipt is called twice with one receipt, if the process is killed between the end of the handler and the
  commit of the mark; the second call has ``redelivered`` set.
* A handler that fails leaves the receipt unmarked, and it is answered with a temporary error, so that the SMSC sends it
  again. Where a process dies with a receipt in its hands, that is in the record, and another process, or the next one,
  hands it over when the lease is over (leftovers.py).
* **A receipt without a message** is committed and answered, and looks for its message until ``hold`` is over; after
  that it goes where it would have gone without a correlation (early.py).
* **A message without a receipt** is handed to on_expired when ``keep`` is over, or its validity if that is longer.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from math import isfinite
from typing import Any, Final

from smppcore.constants import CommandStatus
from smppcore.correlation.early import FIRST_PAUSE, EarlyReceipts
from smppcore.correlation.held_receipt import RECEIPT, HeldReceipt
from smppcore.correlation.leases import Leases
from smppcore.correlation.leftovers import Leftovers, OnExpired
from smppcore.correlation.matching import Matching
from smppcore.correlation.placing import LinkSide, OnReceipt, Place, Placing
from smppcore.correlation.receipted import Arrival, ReceiptPdu
from smppcore.correlation.rounds import Rounds
from smppcore.correlation.shared_store import release_store, use_store
from smppcore.correlation.submissions import Submissions
from smppcore.correlation.tracked import MESSAGE, Entry
from smppcore.dispatch import UNHANDLED, Handler, Result
from smppcore.errors import Refuse
from smppcore.log import log
from smppcore.message_id import Rule
from smppcore.middleware import NO_HOOKS, Hooks
from smppcore.notice import Notice
from smppcore.outcome import outcome_of
from smppcore.pdu import DataSm, DeliverSm
from smppcore.requests import Begin
from smppcore.store import Record, Store

OnUnmatched = Callable[[Any, ReceiptPdu], Awaitable[Result] | Result]

DAY: Final = 86_400.0
BATCH: Final = 200
"""So many records that have expired are worked on at the same time."""


class Correlation:
    """``Link(..., correlation=Correlation(store, on_receipt=...))``; each link has its own, a store may be shared.

    ``on_receipt(link, receipted)`` is called with each receipt, once for each state of a message, and
    ``on_expired(link, message)`` with each message whose last receipt has not come within ``keep`` seconds (or, if that
    is longer, within its validity and an hour). Both may be coroutine functions. A receipt is answered when the first
    is done: with a temporary error if it raises, or with the status of a Refuse. The second is tried again if it
    raises.

    A receipt whose message is not known is kept for ``hold`` seconds. If the message does not come,
    ``on_unmatched(link, pdu)`` gets the receipt, or else the handler that would have had it without a correlation;
    where there is neither it is kept for as long as messages are, and then noted in the log. With ``hold=0`` it goes
    there, or to an iterator, as soon as it comes, and a receipt that overtakes its response is not matched.

    ``remember``: seconds for which a receipt that comes again is known. ``rule`` says how the SMSC writes message ids
    in receipts (message_id.py); without it that is learned. ``lease``: seconds after which another process goes on with
    what one has left unfinished. ``scan``: seconds between two looks for what has expired. ``name`` is what the
    processes of one carrier link have in common; by default it is the name of the link. ``clock`` gives seconds since
    the epoch. Raises ValueError for a number that is too low.
    """

    def __init__(
        self,
        store: Store,
        *,
        on_receipt: OnReceipt | None = None,
        on_expired: OnExpired | None = None,
        on_unmatched: OnUnmatched | None = None,
        keep: float = 3 * DAY,
        hold: float = 60.0,
        remember: float = 600.0,
        rule: Rule | None = None,
        lease: float = 30.0,
        scan: float = 5.0,
        name: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        if keep <= 0 or hold < 0 or remember < 0 or lease <= 0 or scan <= 0:
            raise ValueError("correlation: keep, lease and scan must be above 0, hold and remember not below")
        if not all(map(isfinite, (keep, hold, remember, lease, scan))):
            raise ValueError("correlation: keep, hold, remember, lease and scan must be finite")
        self._store = store
        self._keep = keep
        self._hold = hold
        self._clock = clock
        self._on_unmatched = on_unmatched
        self._own: Mapping[type[Any], Handler] = {}
        self._side = side = LinkSide(name)
        self._matching = matching = Matching(rule)
        self._leases = leases = Leases(store, lease, clock)
        self._early = EarlyReceipts()
        self._submissions = sent = Submissions(store, name, keep, clock, self._recorded)
        self._placing = Placing(store, side, leases, matching, sent, on_receipt, remember, clock)
        self._leftovers = Leftovers(
            store, side, leases, matching, self._placing, sent, self._early, on_expired, self._hand_unmatched, clock
        )
        self._rounds = Rounds(self.look, leases.renew, min(scan, lease / 4))

    def __repr__(self) -> str:
        return f"<Correlation {self._side.name} {self._store!r}>"

    # -- what a link does with it

    async def open(self, link: Any = None, hooks: Hooks = NO_HOOKS) -> None:
        """Open the store, and begin to look for what has expired. Raises StoreError.

        ``link`` is what handlers get; without one it is the end that the first message comes to. ``hooks`` are told of
        receipts, and of messages that have none. Raises RuntimeError while it works for another link.
        """
        self._rounds.refuse_another("Correlation")
        self._side.name = self._side.name or getattr(link, "name", "") or "link"
        self._submissions.name = self._side.name
        self._side.end, self._side.hooks = link, hooks
        await use_store(self._store, self)
        self._rounds.start("smppcore correlation")

    async def close(self) -> None:
        """Let go of the store, and `end`. May be repeated."""
        try:
            await self._rounds.stop()
        finally:
            self.end()
            await release_store(self._store, self)

    def end(self) -> None:
        """The link has no connection any more: who waits for a receipt is told that the outcome is unknown."""
        self._submissions.end()

    def begin(self, begin: Begin, link: Any = None, *, tag: str | None = None) -> Begin:
        """``begin``, with a record of each message that asks for receipts; ``tag`` is kept with it and given back."""
        return self._submissions.begin(begin, tag or "")

    def handlers(self, handlers: Mapping[type[Any], Handler] | None = None) -> dict[type[Any], Handler]:
        """Handlers for the link: receipts are matched, and all else is handled as it was."""
        self._own = dict(handlers or {})
        return {**self._own, DeliverSm: self._receive, DataSm: self._receive}

    def noticed(self, notice: Notice) -> None:
        """To be called with each notice of each connection: answers that come late are recorded as well."""
        self._submissions.noticed(notice)

    async def look(self) -> None:
        """Look now for what has expired, and for the messages of receipts that came early. Raises StoreError."""
        if self._side.end is None:
            return  # nobody could be told yet
        now = self._clock()
        expired = await self._store.expired(self._side.name, now, BATCH, self._leases.until())
        await asyncio.gather(*map(self._leftovers.finish, expired), *map(self._look_again, self._early.due(now)))
        if not self._submissions.at_once:
            await self._look_for_outcomes()
        if len(expired) == BATCH:
            self._rounds.wake()
        next_due = self._early.next_due()
        if next_due is not None:
            self._rounds.wake_within(next_due - now)

    # -- receipts

    def _receive(self, end: Any, pdu: ReceiptPdu) -> Result | Awaitable[Result]:
        if self._side.end is None:
            self._side.end = end
        receipt = end.receipt_of(pdu)
        if receipt is None or (not receipt.message_id and type(pdu) in self._own):
            return self._ordinary(end, pdu)
        if not receipt.message_id:
            return self._ordinary(end, pdu) if self._on_unmatched is None else self._on_unmatched(end, pdu)
        return self._received(end, Arrival.of(pdu, receipt, self._matching.keys(receipt.message_id), self._clock()))

    def _ordinary(self, end: Any, pdu: ReceiptPdu) -> Result | Awaitable[Result]:
        """As it would be without a correlation."""
        handler = self._own.get(type(pdu))
        return UNHANDLED if handler is None else handler(end, pdu)

    async def _received(self, end: Any, arrival: Arrival) -> Result:
        place = await self._placing.place(end, arrival)
        if place is Place.FOUND:
            return None
        if self._hold:
            await self._keep_early(end, arrival)
            return None
        if place is Place.ELSEWHERE:
            raise Refuse(CommandStatus.ESME_RX_T_APPN)  # when it comes again it is known what became of it
        return await self._unmatched(end, arrival.pdu)

    async def _keep_early(self, end: Any, arrival: Arrival) -> None:
        """Keep a receipt, and only then look again: the message may have come while nobody knew of the receipt."""
        now = self._clock()
        hold = self._hold if self._is_taken(arrival.pdu) else max(self._hold, self._keep)
        held = HeldReceipt(arrival.octets, arrival.arrived, now + hold)
        first_look = min(held.until, self._leases.until())
        self._early.put(arrival, now, held.until)
        commit = self._store.add(Record(arrival.id, self._side.name, RECEIPT, arrival.keys, first_look, held.write()))
        if commit is not None:
            await commit
        await self._look_for_message(end, arrival)
        self._rounds.wake_within(FIRST_PAUSE)  # a look knows what is due next, and goes through all to know it

    async def _look_for_message(self, end: Any, arrival: Arrival) -> None:
        if await self._placing.place(end, arrival) is Place.FOUND:
            self._early.drop(arrival.id)
            await self._store.remove(self._side.name, [arrival.id])

    async def _look_again(self, arrival: Arrival) -> None:
        try:
            await self._look_for_message(self._side.end, arrival)
        except Exception as error:
            log.error("on_receipt failed", link=self._side.name, exc_info=error)

    def _recorded(self, key: str) -> None:
        """A message can be found: perhaps its receipt is here already."""
        if self._early and self._early.wake(key, self._clock()):
            self._rounds.wake()

    # -- receipts of no message

    def _is_taken(self, pdu: ReceiptPdu) -> bool:
        return self._on_unmatched is not None or type(pdu) in self._own

    async def _unmatched(self, end: Any, pdu: ReceiptPdu) -> Result:
        result = self._ordinary(end, pdu) if self._on_unmatched is None else self._on_unmatched(end, pdu)
        answer: Result = await result if isawaitable(result) else result
        return answer

    async def _hand_unmatched(self, end: Any, pdu: ReceiptPdu) -> bool:
        """Hand over a receipt that was answered long ago; tells whether it needs to be tried again."""
        if not self._is_taken(pdu):
            log.warning("a receipt of no message", link=self._side.name)
            return True
        try:
            if await self._unmatched(end, pdu) is UNHANDLED:
                log.warning("a receipt of no message", link=self._side.name)
        except Exception as error:
            log.error("a receipt of no message was handed over in vain", link=self._side.name, exc_info=error)
            return False
        return True

    # -- receipts that other processes had

    async def _look_for_outcomes(self) -> None:
        """Who waits in this process for an outcome is told of receipts that came to another one."""
        awaited = self._submissions.awaited()
        keys = list(dict.fromkeys(key for key, _ in awaited.values()))
        for at in range(0, len(keys), BATCH):
            for record in await self._store.find(self._side.name, MESSAGE, keys[at : at + BATCH]):
                if awaited.pop(record.id, None) is not None:
                    self._tell_outcome(record)
        for record_id, (_, until) in awaited.items():
            if until + self._leases.seconds < self._clock():
                self._submissions.lapsed(record_id)  # another process has collected it

    def _tell_outcome(self, record: Record) -> None:
        entry = Entry.read(record.data)
        watch = self._submissions.watches.get(record.id)
        if watch is not None and entry.closed and entry.last is not None:
            receipt = Arrival.again(self._side.end, entry.last.octets, entry.last.arrived).receipt
            watch.settle(entry.message.part - 1, outcome_of(receipt))
