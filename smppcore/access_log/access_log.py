"""One record for each message, written when its life is over: refused, or answered and no receipt is to come, or final.

The segments of a long message are one record: they are put together by the reference in their header or sar_* TLVs.
Messages under way are kept in memory, up to a bound. A receipt whose message is not among them, because it was sent
before this process began or the bound was reached, makes a record of what the store of the correlation tells.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal

from smppcore.access_log.access_record import Ending, Life, Part, destination_of, encoding_of, octets_of, shown_text
from smppcore.attempts import Attempts, present
from smppcore.constants import EsmClass
from smppcore.correlation.receipted import Receipted
from smppcore.correlation.tracked import TrackedMessage
from smppcore.errors import NotSent, OutcomeUnknown, Refused, StoreError
from smppcore.hook import tell
from smppcore.log import access, log
from smppcore.message import Message, is_receipt
from smppcore.metrics.labels import outcome_label, status_label
from smppcore.middleware import Middleware, Outcome
from smppcore.outcome import ASKS_RECEIPT
from smppcore.pdu import DataSm, DeliverSm, Pdu, Request, Response, SubmitMulti, SubmitSm
from smppcore.peer import Peer
from smppcore.privacy import Privacy
from smppcore.requests import Requests
from smppcore.segment import addresses_of, segment_of

Sink = Callable[[dict[str, Any]], object]
"""Takes a record: plain values that JSON can have. One with a method ``close`` is closed with the log."""

_MESSAGES: Final = (SubmitSm, DeliverSm, DataSm, SubmitMulti)
_SOON: Final = 10.0
"""Seconds within which the response to a message follows on a receipt that came before it, if it does at all."""


@dataclass(slots=True)
class _Tried:
    """A message with a Retry policy: its end, when it was first tried, and its last attempt and what that came to."""

    end: Requests
    since: float
    pdu: Message = field(init=False)
    verdict: Outcome = field(init=False)


class AccessLog(Middleware):
    """A middleware of any number of links, ESMEs and servers. Give it a place behind those that alter messages.

    ``sink`` takes the records: a callable, such as JsonLines(path), or by default the log "smppcore.access", at INFO.
    ``privacy`` masks addresses, and leaves the text out. At most ``lives`` messages are under way at once; the oldest
    is written as "displaced" for one more. ``patience``: seconds after which a message whose segments have not all come
    is written as "incomplete", at the next one at the latest.

    A record has the keys of docs/observability.md. All attempts of a Retry policy are one record.
    """

    def __init__(
        self,
        sink: Sink | None = None,
        *,
        privacy: Privacy | None = None,
        lives: int = 50_000,
        patience: float = 300.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if lives < 1 or patience <= 0:
            raise ValueError("access log: lives must be at least 1, patience above 0")
        self._sink = _to_log if sink is None else sink
        self._privacy = privacy or Privacy()
        self._most = lives
        self._patience = patience
        self._clock = clock
        self._lives: OrderedDict[Life, float] = OrderedDict()
        """Those under way and since when, the oldest first."""
        self._groups: OrderedDict[object, Life] = OrderedDict()
        """Those of which segments are missing, the oldest first."""
        self._by_id: dict[tuple[str, str], tuple[Life, int]] = {}
        """Life and segment of each message_id whose receipt is to come."""
        self._tried: dict[Attempts, _Tried] = {}
        """Those that may be tried again."""
        self._early: dict[tuple[str, str], list[tuple[Requests, Receipted]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._began = clock()
        self._failing = False
        self.lost = 0
        """How many records the sink did not take."""

    def __len__(self) -> int:
        """How many messages are under way."""
        return len(self._lives)

    def close(self) -> None:
        """Write what is under way as "closed", and close the sink. May be repeated."""
        if self._timer is not None:
            self._timer.cancel()
            self._too_early()
        for attempts, tried in list(self._tried.items()):
            self._tried_enough(attempts, tried.verdict)
        while self._lives:
            self._end(next(iter(self._lives)), "closed")
        close = getattr(self._sink, "close", None)
        if close is not None:
            close()

    # -- hooks

    def verdict(self, end: Requests, pdu: Request[Any], verdict: Outcome, seconds: float) -> None:
        if not isinstance(pdu, _MESSAGES) or is_receipt(pdu):
            return
        attempts = present.get()
        if attempts is None:
            self._sent(end, pdu, verdict, seconds)
            return
        tried = self._tried.get(attempts)
        if tried is None:
            tried = self._tried[attempts] = _Tried(end, self._clock() - seconds)
            attempts.when_over(partial(tell, self._tried_enough))
        tried.pdu, tried.verdict = pdu, verdict

    def _tried_enough(self, attempts: Attempts, verdict: Outcome) -> None:
        """What became of a message that could be tried again: one record for all attempts."""
        tried = self._tried.pop(attempts, None)
        if tried is not None:
            self._sent(tried.end, tried.pdu, verdict, self._clock() - tried.since, attempts.count)

    def _sent(self, end: Requests, pdu: Message, verdict: Outcome, seconds: float, attempts: int = 1) -> None:
        part = self._part(end, pdu, outcome_label(verdict), seconds)
        part.attempts = attempts
        response = verdict.response if isinstance(verdict, StoreError) else verdict
        if isinstance(response, Response):
            part.message_id = getattr(response, "message_id", "")
            if pdu.registered_delivery & ASKS_RECEIPT and part.message_id and _matches_receipts(end):
                part.waits = len(pdu.dest_addresses) if isinstance(pdu, SubmitMulti) else 1
                part.waits -= len(getattr(response, "unsuccess_sme", ()))
        elif isinstance(verdict, NotSent | OutcomeUnknown):
            part.reason = self._privacy.mask_words(verdict.reason)
        elif not isinstance(verdict, Refused):
            part.reason = type(verdict).__name__
        self._add("out", end, pdu, part)

    def answered(self, end: Requests, pdu: Pdu, response: Response, seconds: float) -> None:
        if isinstance(pdu, _MESSAGES) and not is_receipt(pdu):
            part = self._part(end, pdu, status_label(response.command_status), seconds)
            part.message_id = getattr(response, "message_id", "")
            self._add("in", end, pdu, part)

    def receipt(self, end: Requests, receipted: Receipted) -> None:
        key = _names(end)[0], receipted.message_id
        if key in self._by_id:
            self._receipted(*self._by_id[key], receipted)
        elif receipted.duplicate:
            return
        elif self._began <= receipted.message.answered and not receipted.message.late:
            self._keep_early(key, end, receipted)
        else:
            self._restored(end, receipted.message, receipted)

    def expired(self, end: Requests, record: TrackedMessage) -> None:
        found = self._by_id.get((_names(end)[0], record.message_id))
        if found is None:
            self._restored(end, record, None)
            return
        life, number = found
        life.parts[number].waits -= 1
        life.tag = record.tag
        self._settle(life, "expired")

    # -- receipts

    def _receipted(self, life: Life, number: int, receipted: Receipted) -> None:
        part = life.parts[number]
        if receipted.duplicate:
            part.duplicates += 1
            return
        _note(life, part, receipted)
        self._settle(life, "receipt")

    def _restored(self, end: Requests, message: TrackedMessage, receipted: Receipted | None) -> None:
        """A message that is not under way here, by what the store has of it."""
        link, account, bind = _names(end)
        mask = self._privacy.mask_address
        source, destination = mask(message.source), mask(message.destination)
        life = Life("out", link, account, bind, "", source, destination, "", message.parts, restored=True)
        part = life.parts[message.part] = Part(message.submitted, message.answered, "ok", message.message_id)
        life.tag = message.tag
        if receipted is not None:
            _note(life, part, receipted)
        if receipted is None or receipted.final:
            self._write(life.record("expired" if receipted is None else "receipt"))

    def _keep_early(self, key: tuple[str, str], end: Requests, receipted: Receipted) -> None:
        """It may have come before the response: then its message is about to be known."""
        self._early.setdefault(key, []).append((end, receipted))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SOON, self._too_early)

    def _too_early(self) -> None:
        """Their messages were sent elsewhere, or their records were written too soon."""
        early, self._early, self._timer = self._early, {}, None
        for came in early.values():
            for end, receipted in came:
                self._restored(end, receipted.message, receipted)

    # -- lives

    def _part(self, end: Requests, pdu: Message, verdict: str, seconds: float) -> Part:
        now = self._clock()
        text = shown_text(pdu, self._privacy, end.settings.default_alphabet)
        return Part(now - seconds, now, verdict, octets=octets_of(pdu), text=text)

    def _add(self, direction: Literal["out", "in"], end: Requests, pdu: Message, part: Part) -> None:
        """Another segment of a message, or a whole one, has had its answer."""
        self._give_up_segments(part.ended)
        place = segment_of(pdu) if pdu.esm_class & EsmClass.UDHI or pdu.tlvs else None
        if place is None or place.total == 1:
            life, number = self._life(direction, end, pdu), 1
        else:
            number = place.number
            life = self._group(direction, end, pdu, (place.reference, place.width, place.total), number)
        before = life.parts.get(number)
        if before is not None:
            part.submitted, part.attempts = before.submitted, before.attempts + part.attempts
        life.parts[number] = part
        if part.waits:
            self._expect_receipt(life, number, part)
        self._settle(life, "answered" if part.receipt is None else "receipt")

    def _expect_receipt(self, life: Life, number: int, part: Part) -> None:
        key = life.link, part.message_id
        before = self._by_id.get(key)
        self._by_id[key] = life, number
        if before is not None and before[0] is not life:  # the SMSC uses the same message_id once more
            before[0].parts[before[1]].waits = 0
            self._settle(before[0], "displaced")
        for _, receipted in self._early.pop(key, ()):
            _note(life, part, receipted)

    def _group(
        self, direction: Literal["out", "in"], end: Requests, pdu: Message, join: tuple[int, str, int], number: int
    ) -> Life:
        """The message that this segment belongs to; a new one where the reference is used again."""
        link, account, bind = _names(end)
        key = (direction, link, account, bind, *join, addresses_of(pdu))
        life = self._groups.get(key)
        if life is not None and number in life.parts and life.parts[number].verdict == "ok":
            self._end(life, "incomplete")
            life = None
        if life is None:
            life = self._groups[key] = self._life(direction, end, pdu)
            life.key, life.total = key, join[2]
        return life

    def _life(self, direction: Literal["out", "in"], end: Requests, pdu: Message) -> Life:
        link, account, bind = _names(end)
        source = self._privacy.mask_address(pdu.source_addr)
        destination = destination_of(pdu, self._privacy)
        return Life(direction, link, account, bind, pdu.command, source, destination, encoding_of(pdu))

    def _settle(self, life: Life, ending: Ending) -> None:
        """Write it, if nothing more is to come."""
        if len(life.parts) >= life.total:
            self._groups.pop(life.key, None)
        if not life.waits:
            self._end(life, ending)
        elif life not in self._lives:
            self._lives[life] = self._clock()
            if len(self._lives) > self._most:
                self._end(next(iter(self._lives)), "displaced")

    def _give_up_segments(self, now: float) -> None:
        while self._groups:
            life = next(iter(self._groups.values()))
            if self._lives.get(life, now) > now - self._patience:
                return
            self._end(life, "incomplete")

    def _end(self, life: Life, ending: Ending) -> None:
        self._lives.pop(life, None)
        self._groups.pop(life.key, None)
        for part in life.parts.values():
            key = life.link, part.message_id
            if key in self._by_id and self._by_id[key][0] is life:
                del self._by_id[key]
        self._write(life.record(ending))

    def _write(self, record: dict[str, Any]) -> None:
        try:
            self._sink(record)
            self._failing = False
        except Exception as error:
            self.lost += 1
            if not self._failing:
                log.error("access log not written", error=type(error).__name__, exc_info=error)
            self._failing = True


def _note(life: Life, part: Part, receipted: Receipted) -> None:
    """What a receipt says of a segment."""
    part.state, part.receipt = receipted.state, receipted.arrived
    part.error = receipted.receipt.fields.err
    life.tag = receipted.tag
    if receipted.final:
        part.waits -= 1


def _to_log(record: dict[str, Any]) -> None:
    access.info("message", **record)


def _names(end: Requests) -> tuple[str, str, str]:
    """Link, account and bind, each empty where there is none."""
    if isinstance(end, Peer):
        host, port = end.address
        return end.smsc.system_id, end.system_id, f"{host}:{port}"
    return getattr(end, "name", ""), "", ""


def _matches_receipts(end: Requests) -> bool:
    """Whether somebody will tell of receipts."""
    return bool(getattr(end, "_watches", False))
