"""Long messages from segments that come over any bind, to any process: reassembly.py on what stands in a store.

Each segment is committed before it is answered. What a key has in the store is put through a Reassembly, first what was
handed over and then the rest, in the order in which it came. So duplicates, references that are used again, and the
joining are the same as there. Who completes a message claims it by swapping the data of its first segment, which has
all of them then; hands it to on_message; and marks it as done. If that process dies in between, another one hands the
message over when the lease is over, with ``redelivered`` set, because the first may have done so already.

Where the same segments have come to two processes at the same time, each may find a message complete, with a first
segment of its own. Therefore a claim is announced, and whoever has announced one withdraws all others under the same
key before it goes on; a claim that was withdrawn cannot be swapped any more.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from inspect import isawaitable
from itertools import count
from math import isfinite
from typing import Any, Final

from smppcore.constants import CommandStatus
from smppcore.correlation.leases import Leases, noted
from smppcore.correlation.received import message_of, octets_of
from smppcore.correlation.rounds import Rounds
from smppcore.correlation.shared_store import release_store, use_store
from smppcore.dispatch import UNHANDLED, Handler, Result
from smppcore.errors import Refuse, StoreError
from smppcore.gathering.kept_parts import PART, KeptParts, Part
from smppcore.log import log
from smppcore.middleware import NO_HOOKS, Hooks
from smppcore.pdu import DataSm, DeliverSm
from smppcore.reassembly import Reassembled, Reassembly
from smppcore.segment import Segment, addresses_of, segment_of
from smppcore.store import Record, Store

OnMessage = Callable[[Any, Reassembled], Awaitable[None] | None]
Kept = list[tuple[Record, KeptParts]]

BATCH: Final = 1000
MOST_TRIES: Final = 20
"""So often on_message is called in vain for what the SMSC does not send again; then it is given up, loudly."""
_MARGIN: Final = 60.0
"""Seconds by which somebody may come late to look for what has expired."""
_NEVER: Final = float("inf")


class Gathering:
    """``Link(..., gathering=Gathering(store, on_message=...))``: whole messages of deliver_sm and data_sm, each once.

    ``on_message(link, message)`` may be a coroutine function; a message by itself goes to it too. The segment that
    completes a message is answered when it is done: with a temporary error if it raises, after which the message is
    handed over again, or with the status of a Refuse. Receipts go to the handler for their class.

    ``timeout``: seconds from the first segment until an unfinished message is handed over with the numbers that are
    missing; ``remember``: seconds for which repeats of a finished one are recognised; ``most`` segments are kept,
    further ones are refused with a temporary error. ``lease``, ``scan``, ``name`` and ``clock`` are as in Correlation.
    Raises ValueError for a number that is too low.
    """

    def __init__(
        self,
        store: Store,
        *,
        on_message: OnMessage,
        timeout: float = 300.0,
        remember: float = 60.0,
        most: int = 50_000,
        lease: float = 30.0,
        scan: float = 5.0,
        name: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        if timeout <= 0 or remember < 0 or most < 1 or lease <= 0 or scan <= 0:
            raise ValueError("gathering: timeout, most, lease and scan must be above 0, remember not below")
        if not all(map(isfinite, (timeout, remember, lease, scan))):
            raise ValueError("gathering: timeout, remember, lease and scan must be finite")
        self._store = store
        self._on_message = on_message
        self._timeout = timeout
        self._remember = remember
        self._most = most
        self._name = name
        self._clock = clock
        self._leases = Leases(store, lease, clock)
        self._rounds = Rounds(self.look, self._leases.renew, min(scan, lease / 4))
        self._own: Mapping[type[Any], Handler] = {}
        self._end: Any = None
        self._full = False
        self._prefix = secrets.token_hex(8)
        self._numbers = count(1)

    def __repr__(self) -> str:
        return f"<Gathering {self._name} {self._store!r}>"

    # -- what a link does with it

    async def open(self, link: Any = None, hooks: Hooks = NO_HOOKS) -> None:
        """Open the store, and begin to look for what has expired. Raises StoreError.

        ``link`` is what on_message gets; without one it is the end that the first message comes to. ``hooks`` are those
        of the link; they have nothing to do here. Raises RuntimeError while it works for another link.
        """
        self._rounds.refuse_another("Gathering")
        name = self._name or getattr(link, "name", "") or "link"
        self._name = name if name.endswith("/parts") else f"{name}/parts"  # a correlation has the name itself
        self._end = link
        await use_store(self._store, self)
        self._rounds.start("smppcore gathering")

    async def close(self) -> None:
        """Let go of the store; what is unfinished stays in it. May be repeated."""
        try:
            await self._rounds.stop()
        finally:
            await release_store(self._store, self)

    def handlers(self, handlers: Mapping[type[Any], Handler] | None = None) -> dict[type[Any], Handler]:
        """Handlers for the link: messages are gathered, and all else is handled as it was."""
        self._own = dict(handlers or {})
        return {**self._own, DeliverSm: self._receive, DataSm: self._receive}

    async def look(self) -> None:
        """Look now for what has expired. Raises StoreError."""
        if self._end is None:
            return  # nobody could be told yet
        alike: dict[str, Kept] = {}
        for record in await self._expired():
            try:
                alike.setdefault(record.keys[0], []).append((record, KeptParts.read(record.data)))
            except StoreError as error:
                log.error("segments that have expired could not be handed over", link=self._name, exc_info=error)
        await asyncio.gather(*(self._finish(key, kept) for key, kept in alike.items()))
        self._full = await self._store.count(self._name, PART) >= self._most

    async def _expired(self) -> list[Record]:
        """All of it, since several may be of one message, and what has expired is not found any more."""
        expired: list[Record] = []
        while True:
            taken = await self._store.expired(self._name, self._clock(), BATCH, self._leases.until())
            expired += taken
            if len(taken) < BATCH:
                return expired

    # -- what comes in

    def _receive(self, end: Any, pdu: DeliverSm | DataSm) -> Result | Awaitable[Result]:
        if self._end is None:
            self._end = end
        if end.receipt_of(pdu) is not None:
            handler = self._own.get(type(pdu))
            return UNHANDLED if handler is None else handler(end, pdu)
        segment = segment_of(pdu)
        if segment is None or segment.total == 1:
            return self._on_message(end, self._reassembly().add(pdu, 0.0)[0])
        return self._receive_part(end, pdu, segment)

    async def _receive_part(self, end: Any, pdu: DeliverSm | DataSm, segment: Segment) -> Result:
        key, octets, now = _key_of(pdu, segment), octets_of(pdu), self._clock()
        kept = await self._kept(key)
        if not any(each.is_new and each.parts[0].octets[16:] == octets[16:] for _, each in kept):
            if self._full and not kept:
                raise Refuse(CommandStatus.ESME_RX_T_APPN)
            part = Part(f"{self._prefix}-{next(self._numbers):x}", now, octets.decode("latin-1"))
            await self._keep(self._single(part, key))
        await self._complete(end, key, segment.total)
        return None

    async def _complete(self, end: Any, key: str, total: int) -> None:
        """Hand over what is whole now. Raises what on_message raises."""
        while True:
            kept = await self._kept(key)
            if sum(each.is_new for _, each in kept) < total:
                return
            found = [parts for parts, message in self._put_together(kept) if not message.missing]
            if not found or await self._claim(end, kept, found[0]):
                return
            for record, _ in kept:
                await self._leases.ended(record.id)

    async def _kept(self, key: str) -> Kept:
        """What there is under a key, in the order in which it came."""
        return [(record, KeptParts.read(record.data)) for record in await self._store.find(self._name, PART, (key,))]

    def _put_together(self, kept: Kept, rest: bool = False) -> list[tuple[list[Part], Reassembled]]:
        """The messages that segments make which nobody has handed over, and with ``rest`` what is left of them."""
        # Who handed a message over has perhaps not seen others that had come before, but were committed later.
        reassembly, parts = self._reassembly(), sorted(_replayed(kept), key=lambda each: (each[1], each[0].arrived))
        by_pdu, made = {}, []
        for part, is_new in parts:
            pdu = message_of(part.octets)
            by_pdu[id(pdu)] = (part, is_new, pdu)
            made += reassembly.add(pdu, part.arrived)
        if rest:
            made += reassembly.drain()
        return [
            ([by_pdu[id(pdu)][0] for pdu in message.pdus], message)
            for message in made
            if all(by_pdu[id(pdu)][1] for pdu in message.pdus)
        ]

    async def _claim(self, end: Any, kept: Kept, parts: list[Part]) -> bool:
        """Claim a message that is complete, and hand it over; False where somebody else was faster."""
        first = min(parts, key=lambda part: part.arrived)
        record = next(record for record, _ in kept if record.id == first.id)
        if first.id in self._leases:
            return False
        whole = KeptParts.whole(parts, complete=True)
        working = replace(record, data=whole.write(), expires=self._leases.until())
        with self._leases.hold(working):
            announced = replace(record, data=KeptParts.single(first).wanted().write())
            if not (
                await self._store.swap(announced, record.data)
                and await self._is_alone(announced, record, kept)
                and await self._store.swap(working, announced.data)
            ):
                return False
            await self._store.remove(self._name, _others(whole, record))
            try:
                await self._hand_over(end, whole, redelivered=False)
            except Refuse as refusal:
                if refusal.status == CommandStatus.ESME_RX_T_APPN:
                    self._put_back(working, whole)
                else:
                    await self._done(working, whole)
                raise
            except BaseException:
                self._put_back(working, whole)
                raise
            await self._done(working, whole)
        return True

    async def _is_alone(self, announced: Record, before: Record, kept: Kept) -> bool:
        """Withdraw the claims of others; where one was faster since we looked, withdraw this one."""
        known = {record.data for record, _ in kept}
        for record, each in await self._kept(announced.keys[0]):
            if record.id == announced.id or each.state == "part" or (record.data in known and not each.is_new):
                continue
            single = replace(record, data=KeptParts.single(each.parts[0]).write())
            if not each.is_new or not await self._store.swap(single, record.data):
                await self._store.swap(before, announced.data)
                return False
        return True

    async def _hand_over(self, end: Any, whole: KeptParts, *, redelivered: bool) -> None:
        message = self._joined(whole)
        result = self._on_message(end, replace(message, redelivered=redelivered))
        if isawaitable(result):
            await result

    def _put_back(self, working: Record, whole: KeptParts) -> None:
        """It could not be handed over: the segments are as before, and the SMSC sends the last one again."""
        for part in whole.parts:
            noted(self._store.add(self._single(part, working.keys[0])))

    async def _done(self, working: Record, whole: KeptParts) -> None:
        """It was handed over. A complete one is remembered until the last repeats of its segments have expired."""
        if not whole.complete:
            await self._store.remove(self._name, [working.id])
            return
        until = self._clock() + self._remember + self._timeout + _MARGIN
        done = replace(working, data=whole.done().write(), expires=until)
        if not await self._store.swap(done, working.data):
            log.warning("a message was handed over by another process as well", link=self._name)

    # -- what has expired

    async def _finish(self, key: str, expired: Kept) -> None:
        """See to what the store has given out under a key.

        Never raises: what fails is logged, and given out again, since the store has it until it is removed.
        """
        try:
            for record, kept in expired:
                if record.id in self._leases:
                    await self._keep(replace(record, expires=self._leases.until()))
                elif kept.state == "whole":
                    await self._hand_expired(record, kept.tried(), redelivered=True)
            await self._give_up(key, [each for each in expired if each[0].id not in self._leases])
        except Exception as error:
            log.error("segments that have expired could not be handed over", link=self._name, exc_info=error)

    async def _give_up(self, key: str, expired: Kept) -> None:
        """First segments of messages are too old: what there is goes out, unless it is a repeat or a duplicate."""
        kept = await self._kept(key)
        claimed = {part.id for _, each in (*expired, *kept) if not each.is_new for part in each.parts}
        mine = {record.id: record for record, each in expired if each.is_new and record.id not in claimed}
        done = {record.id for record, each in expired if each.state != "whole"}
        for parts, _ in self._put_together([*(each for each in expired if each[0].id in mine), *kept], rest=True):
            first = next((mine[part.id] for part in parts if part.id in mine), None)
            if first is None:
                continue  # its time is not over yet
            done.difference_update(part.id for part in parts)
            taken = await self._take(first, parts, [part.id for part in parts if part.id not in mine])
            complete = not self._joined(KeptParts.whole(taken, complete=False)).missing
            await self._hand_expired(first, KeptParts.whole(taken, complete), redelivered=False)
        if done:
            await self._store.remove(self._name, done)

    async def _take(self, first: Record, parts: list[Part], younger: list[str]) -> list[Part]:
        """Those of the segments that nobody else has claimed; those that have not expired are claimed here."""
        if not younger:
            return parts
        whole = KeptParts.whole(parts, complete=False)
        await self._keep(replace(first, data=whole.write(), expires=self._leases.until()))
        taken = await self._store.remove(self._name, younger)
        return [part for part in parts if part.id in taken or part.id not in younger]

    async def _hand_expired(self, record: Record, whole: KeptParts, *, redelivered: bool) -> None:
        """Hand over what the SMSC does not send again: if that fails, it is tried again from here."""
        working = replace(record, data=whole.write(), expires=self._leases.until())
        with self._leases.hold(working):
            await self._keep(working)
            await self._store.remove(self._name, _others(whole, record))
            try:
                await self._hand_over(self._end, whole, redelivered=redelivered)
            except Exception as error:
                log.error("on_message failed", link=self._name, tries=whole.tries, exc_info=error)
                if whole.tries < MOST_TRIES:
                    noted(self._store.change(replace(working, expires=self._leases.pause(whole.tries))))
                    return
                log.error("given up after many tries", link=self._name)
            await self._done(working, whole)

    # -- small things

    async def _keep(self, record: Record) -> None:
        commit = self._store.add(record)
        if commit is not None:
            await commit

    def _single(self, part: Part, key: str) -> Record:
        data = KeptParts.single(part).write()
        return Record(part.id, self._name, PART, (key,), part.arrived + self._timeout, data)

    def _reassembly(self) -> Reassembly:
        default = self._end.settings.default_alphabet
        return Reassembly(timeout=self._timeout, remember=self._remember, default=default)

    def _joined(self, whole: KeptParts) -> Reassembled:
        """The message of these segments."""
        reassembly = self._reassembly()
        for part in sorted(whole.parts, key=lambda part: part.arrived):
            for message in reassembly.add(message_of(part.octets), part.arrived):
                return message
        [unfinished] = reassembly.tick(_NEVER)
        return unfinished


def _replayed(kept: Kept) -> Iterable[tuple[Part, bool]]:
    """The segments that count for what is put together, and whether nobody has handed them over yet."""
    for _, each in kept:
        if each.is_new or each.complete:
            yield from ((part, each.is_new) for part in each.parts)


def _others(whole: KeptParts, record: Record) -> list[str]:
    """The records of the segments that stand in the one of the whole message now."""
    return [part.id for part in whole.parts if part.id != record.id]


def _key_of(pdu: DeliverSm | DataSm, segment: Segment) -> str:
    """What the segments of a message have in common, as reassembly.py says; shortened, since it holds numbers."""
    common = repr((addresses_of(pdu), segment[:3])).encode()
    return hashlib.blake2b(common, digest_size=16).hexdigest()
