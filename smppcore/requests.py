"""The requests that an end can make, in terms of one primitive: begin one attempt.

An Esme begins an attempt on its connection, a Link on whichever connection it has. Policies that go beyond one attempt
(expiry, retry, order) live here, once, and cost nothing where they are not asked for.
"""

import asyncio
import random
import secrets
from collections.abc import Collection, Hashable, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from smppcore.address import Address
from smppcore.attempts import Attempts
from smppcore.errors import NotSent, OutcomeUnknown, Refused, SmppError, StateError, StoreError, Verdict
from smppcore.message import receipt_of, text_of
from smppcore.outcome import ASKS_RECEIPT, ReceiptWatch, watched
from smppcore.pdu import (
    CancelSm,
    CancelSmResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    ReplaceSmResp,
    Request,
    Response,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
)
from smppcore.receipt import DeliveryReceipt
from smppcore.retry import Retry
from smppcore.send_defaults import SendDefaults
from smppcore.sent import Sent, SentPart
from smppcore.settings import Settings
from smppcore.text import Long
from smppcore.turns import Turns

R = TypeVar("R", bound=Response)


class Begin(Protocol):
    """Begins one attempt: with a timeout for all of it, and an expiry after which it does not leave any more."""

    def __call__(self, pdu: Request[R], timeout: float | None, expiry: float | None = None, /) -> "asyncio.Future[R]":
        """A Future for the response."""


class Requests:
    """What every end can ask of the other.

    Each request method sends one PDU and returns the response of the other end. ``timeout`` is in seconds and for the
    whole attempt, waiting for the window included; None takes the setting response_timeout. ``expiry``: seconds from
    the call within which it must have left, after that it never leaves (NotSent). ``retry``: a policy by which it is
    tried again; without one nothing is ever sent twice. ``order``: calls with an equal key go one after the other,
    retries included. Of several attempts that all failed the verdict is the most careful one: OutcomeUnknown if any of
    them may have been acted on.

    They raise Refused if the other end answers with an error status, NotSent if not one octet left us, OutcomeUnknown
    if no answer came, EncodeError or StateError if it cannot be sent at all.
    """

    settings: Settings
    _timeout: float | None
    _begin: Begin
    _retry: Retry | None
    _turns: Turns | None = None
    _ended: "asyncio.Future[None]"
    """Done when this end sends nothing any more."""
    _chance = random.Random()  # noqa: S311  # it spreads waiting times, it guards nothing

    def begin_request(self, pdu: Request[R], *, timeout: float | None = None) -> "asyncio.Future[R]":
        """As request, without a coroutine: the Future can take callbacks, which is cheaper than a task for each."""
        return asyncio.ensure_future(self._begin(pdu, self._timeout if timeout is None else timeout))

    async def request(
        self,
        pdu: Request[R],
        *,
        timeout: float | None = None,
        expiry: float | None = None,
        retry: Retry | None = None,
        order: Hashable | None = None,
    ) -> R:
        """Send any request, a carrier's own included."""
        if expiry is None and retry is None and order is None and self._retry is None:
            begin = self._begin  # an attribute of the instance: as a method it would be looked up the slow way
            return await begin(pdu, self._timeout if timeout is None else timeout)
        return await self._persist(pdu, timeout, expiry, retry, order)

    async def data_sm(
        self,
        pdu: DataSm,
        *,
        timeout: float | None = None,
        expiry: float | None = None,
        retry: Retry | None = None,
        order: Hashable | None = None,
    ) -> DataSmResp:
        """Send data (section 4.7); the octets are in the TLV message_payload."""
        return await self.request(pdu, timeout=timeout, expiry=expiry, retry=retry, order=order)

    async def _persist(
        self,
        pdu: Request[R],
        timeout: float | None,
        expiry: float | None,
        retry: Retry | None,
        order: Hashable | None,
    ) -> R:
        """As many attempts as the policy allows, in turn where an order is asked for; ``expiry`` covers them all."""
        since = asyncio.get_running_loop().time()
        policy = retry or self._retry
        attempts = Attempts() if policy is not None else None
        try:
            if order is None:
                response = await self._attempt(attempts, pdu, timeout, expiry, policy, since, False)
            else:
                if self._turns is None:
                    self._turns = Turns()
                async with self._turns.turn(order) as waited:
                    response = await self._attempt(attempts, pdu, timeout, expiry, policy, since, waited)
        except BaseException as error:
            if attempts is not None:
                attempts.over(error)
            raise
        if attempts is not None:
            attempts.over(response)
        return response

    async def _attempt(
        self,
        attempts: Attempts | None,
        pdu: Request[R],
        timeout: float | None,
        expiry: float | None,
        policy: Retry | None,
        since: float,
        waited: bool,
    ) -> R:
        """``waited`` tells that others had their turn before this one, so that its expiry may have come meanwhile."""
        now = asyncio.get_running_loop().time
        limit = self._timeout if timeout is None else timeout
        first, attempt = now(), 0
        verdict: Refused | OutcomeUnknown | None = None
        while True:
            attempt += 1
            left = None if expiry is None else since + expiry - now()
            try:
                if expiry is not None and expiry < 0:
                    raise NotSent("it had expired before the call", pdu)
                if left is not None and left <= 0 and (waited or attempt > 1):
                    raise NotSent(f"it was not its turn within {expiry:g} s", pdu)
                left = None if left is None else max(0.0, left)
                if attempts is None:
                    return await self._begin(pdu, limit, left)
                response: R = await attempts.call(self._begin, pdu, limit, left)
                return response
            except (NotSent, StateError) as error:
                if verdict is None:
                    raise
                raise verdict from error  # it did leave, on an earlier attempt
            except (Refused, OutcomeUnknown) as error:
                verdict = verdict if isinstance(verdict, OutcomeUnknown) else error
                wait = policy.delay(attempt, now() - first, self._chance) if policy and policy.covers(error) else None
                if wait is None or (expiry is not None and now() + wait >= since + expiry):
                    if verdict is error:
                        raise
                    raise verdict from error
            if await self._over_within(wait):
                raise verdict

    async def _over_within(self, seconds: float) -> bool:
        """Wait, and tell whether this end is gone, so that another attempt makes no sense."""
        done, _ = await asyncio.wait([self._ended], timeout=seconds)
        return bool(done)

    def text_of(self, pdu: DeliverSm | DataSm) -> str | None:
        """The text of a message, read with the setting default_alphabet; None where it is binary. Never raises."""
        return text_of(pdu, default=self.settings.default_alphabet)

    def receipt_of(self, pdu: DeliverSm | DataSm, *, arrived: datetime | None = None) -> DeliveryReceipt | None:
        """The receipt in a PDU, read with the settings of this end; None for an ordinary message. Never raises.

        ``receipt.final(esme.settings.final_states)`` tells whether it is the last one. ``arrived`` decides between two
        readings of a date.
        """
        settings = self.settings
        return receipt_of(
            pdu,
            default=settings.default_alphabet,
            by_text=settings.receipts_by_text,
            arrived=arrived,
            zone=settings.receipt_time_zone,
        )


class EsmeRequests(Requests):
    """What an ESME can ask of an SMSC; what is returned and raised says Requests."""

    defaults = SendDefaults()
    """What ``send`` does where the caller does not say; a carrier profile sets it."""
    _reference: int | None = None
    _watches = False
    """Whether receipts are matched to what is sent: of a link with a correlation."""

    async def submit_sm(
        self,
        pdu: SubmitSm,
        *,
        timeout: float | None = None,
        expiry: float | None = None,
        retry: Retry | None = None,
        order: Hashable | None = None,
    ) -> SubmitSmResp:
        """Submit a message (section 4.4); the response has its message_id."""
        if expiry is None and retry is None and order is None and self._retry is None:
            begin = self._begin
            return await begin(pdu, self._timeout if timeout is None else timeout)
        return await self._persist(pdu, timeout, expiry, retry, order)

    async def submit_multi(
        self,
        pdu: SubmitMulti,
        *,
        timeout: float | None = None,
        expiry: float | None = None,
        retry: Retry | None = None,
        order: Hashable | None = None,
    ) -> SubmitMultiResp:
        """Submit a message to several destinations (section 4.5); the response lists those that failed."""
        return await self.request(pdu, timeout=timeout, expiry=expiry, retry=retry, order=order)

    async def query_sm(self, pdu: QuerySm, *, timeout: float | None = None) -> QuerySmResp:
        """Ask for the state of a message (section 4.8)."""
        return await self.request(pdu, timeout=timeout)

    async def cancel_sm(self, pdu: CancelSm, *, timeout: float | None = None) -> CancelSmResp:
        """Cancel a message, or all that match (section 4.9)."""
        return await self.request(pdu, timeout=timeout)

    async def replace_sm(self, pdu: ReplaceSm, *, timeout: float | None = None) -> ReplaceSmResp:
        """Replace a message that is still pending (section 4.10)."""
        return await self.request(pdu, timeout=timeout)

    async def send(
        self,
        text: str,
        *,
        to: str | Address,
        source: str | Address = "",
        receipt: bool | None = None,
        data_coding: int | None = None,
        languages: Collection[int] | None = None,
        long: Long | None = None,
        default: str | None = None,
        transliterate: bool | None = None,
        timeout: float | None = None,
        expiry: float | None = None,
        retry: Retry | None = None,
        order: Hashable | None = None,
        **fields: Any,
    ) -> Sent:
        """Send a text: choose the cheapest coding, split it where it is long, submit every segment.

        ``to`` and ``source`` are addresses, whose TON and NPI are derived unless they are an Address; ``receipt`` asks
        for delivery receipts; ``data_coding``, ``languages``, ``long``, ``default`` (what the SMSC means by data_coding
        0; None takes the setting default_alphabet) and ``transliterate`` are as in text.split; where one of these is
        not given, ``defaults`` of this end say it. ``timeout``, ``expiry``, ``retry`` and ``order`` hold for each
        segment; other fields of submit_sm are passed on. The result tells the verdict of each
        segment. If all of them ended in errors, one is raised: the first OutcomeUnknown or StoreError (of a
        correlation) among them, else that of the first; TextError and AddressError (both ValueError) before anything
        was sent.
        """
        pdus = self.defaults.messages(
            text,
            self._next_reference(),
            to=to,
            source=source,
            receipt=receipt,
            data_coding=data_coding,
            languages=languages,
            long=long,
            default=default or self.settings.default_alphabet,
            transliterate=transliterate,
            fields=fields,
        )
        segments = list(pdus)
        way = self if len(segments) == 1 else self._one_way()
        simple = expiry is None and retry is None and order is None and self._retry is None

        def ask(pdu: SubmitSm) -> "asyncio.Future[SubmitSmResp]":
            if simple:
                return way.begin_request(pdu, timeout=timeout)
            return asyncio.ensure_future(way._persist(pdu, timeout, expiry, retry, order))

        watch = self._watch_of(segments)
        if watch is None:
            return await _all_parts([(pdu, ask(pdu)) for pdu in segments])
        asked = []
        for part, pdu in enumerate(segments):
            with watched(watch, part):
                asked.append((pdu, ask(pdu)))
        return await _all_parts(asked, watch)

    def _watch_of(self, segments: list[SubmitSm]) -> ReceiptWatch | None:
        """What waits for the receipts of these segments, where they ask for some and somebody matches them."""
        if not self._watches or not segments[0].registered_delivery & ASKS_RECEIPT:
            return None
        return ReceiptWatch(len(segments))

    def _next_reference(self) -> int:
        """The reference number for the segments of one message (section 5.3.2.22 and TS 23.040)."""
        if self._reference is None:
            self._reference = secrets.randbelow(0x10000)
        self._reference = (self._reference + 1) & 0xFFFF
        return self._reference

    def _one_way(self) -> "EsmeRequests":
        """What the segments of one message go through, so that they leave one after the other on one connection."""
        return self


async def _all_parts(
    asked: "list[tuple[SubmitSm, asyncio.Future[SubmitSmResp]]]", watch: ReceiptWatch | None = None
) -> Sent:
    try:
        parts = [await _part(pdu, response) for pdu, response in asked]
    except BaseException:
        _withdraw(response for _, response in asked)
        raise
    errors = [part.error for part in parts if part.error is not None]
    if len(errors) == len(parts):
        # A segment that was taken, or may have been, matters more than others that certainly were not.
        worst = next((error for error in errors if isinstance(error, OutcomeUnknown | StoreError)), errors[0])
        if isinstance(worst, Verdict) and len(parts) > 1:
            worst.parts = tuple(parts)
        raise worst
    if watch is not None:
        for number, part in enumerate(parts):
            if part.error is not None:
                watch.not_taken(number, part.error)
            else:
                watch.taken(number)
    return Sent(tuple(parts), watch)


async def _part(pdu: SubmitSm, response: "asyncio.Future[SubmitSmResp]") -> SentPart:
    try:
        return SentPart(pdu, response=await response)
    except SmppError as error:
        return SentPart(pdu, error=error)


def _withdraw(responses: "Iterable[asyncio.Future[SubmitSmResp]]") -> None:
    """Nobody waits for these any more: what was not sent yet is not sent, and an error that came is taken notice of."""
    for response in responses:
        if not response.cancel() and not response.cancelled():
            response.exception()
