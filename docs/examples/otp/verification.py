"""Codes that go to a telephone and come back from it.

A code is worth something for a minute. So it goes in a lane of its own before everything else, it never leaves late
(``expiry``), the SMSC does not deliver it late (validity_period), and its text fits into one message of GSM 03.38 as it
is, without any transliteration.
"""

import asyncio
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

from smppcore import (
    Address,
    Correlation,
    Gathering,
    Link,
    MemoryStore,
    OutcomeUnknown,
    Reassembled,
    Sent,
    SmppError,
    StoreError,
)
from smppcore.smpptime import format_relative
from smppcore.text import segments

TEXT: Final = "Your code is {code}. Reply with it to confirm, or STOP to hear no more from us."
_STOP: Final = frozenset({"STOP", "END", "QUIT", "CANCEL", "UNSUBSCRIBE"})
_DIGITS: Final = 6


class Verdict(StrEnum):
    """How it ended."""

    CONFIRMED = "confirmed"
    """The customer has sent the code."""
    STOPPED = "stopped"
    """The customer wants no messages, now or before."""
    WRONG = "wrong"
    """Too many answers with another code."""
    SILENT = "silent"
    """No answer in time."""
    UNDELIVERED = "undelivered"
    """The receipt says that it has not reached the telephone."""
    NOT_SENT = "not sent"
    """The carrier did not take it, or was away."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of one code. ``receipt`` is the state of its delivery: None where no receipt came before the end."""

    verdict: Verdict
    receipt: str | None = None
    reason: str = ""


class Codes:
    """``async with Codes(url) as codes: await codes.verify("+39...")``.

    ``seconds`` is for how long a code is good, from the call. After ``tries`` wrong answers it is not good any more.
    """

    def __init__(self, url: str, *, sender: str = "", seconds: float = 60.0, tries: int = 3) -> None:
        self._sender = sender
        self._seconds = seconds
        self._tries = tries
        self._answers: dict[str, asyncio.Queue[str]] = {}
        self._stopped: set[str] = set()
        store = MemoryStore()  # nothing of a code is worth keeping beyond the process
        self._link = Link(
            url,
            lanes=("codes", "others"),
            correlation=Correlation(store, keep=seconds),
            gathering=Gathering(store, on_message=self._on_message),
        )

    async def __aenter__(self) -> Self:
        await self._link.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._link.close()

    async def verify(self, number: str) -> Verification:
        """Send a code to this number and wait for what becomes of it.

        Raises AddressError for what is no number, ValueError while another code to it is open.
        """
        phone = Address.destination(number).addr
        if phone in self._answers:
            raise ValueError("a code was sent to this number, and is still good")
        if phone in self._stopped:
            return Verification(Verdict.STOPPED, reason="the customer has asked for that before")
        self._answers[phone] = asyncio.Queue()  # before it is sent: the answer may be faster than we are
        try:
            return await self._verified(number, phone)
        finally:
            del self._answers[phone]

    async def _verified(self, number: str, phone: str) -> Verification:
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            sent = await self._send(number, code)
        except (OutcomeUnknown, StoreError) as error:
            sent, reason = None, str(error)  # perhaps it arrives, and then the customer answers
        except SmppError as error:
            return Verification(Verdict.NOT_SENT, reason=str(error))
        else:
            reason = ""
        receipt = asyncio.create_task(_receipt_of(sent))
        answer = asyncio.create_task(self._answered(phone, code))
        try:
            async with asyncio.timeout_at(deadline):
                verdict = await _first_of(receipt, answer)
        except TimeoutError:
            verdict = Verdict.SILENT
        finally:
            receipt.cancel()
            answer.cancel()
            await asyncio.wait([receipt, answer])
        return Verification(verdict, None if receipt.cancelled() else receipt.result(), reason)

    async def _send(self, number: str, code: str) -> Sent:
        text = TEXT.format(code=code)
        plan = segments(text)
        if plan.parts != 1 or plan.forced:
            raise ValueError("the text of a code must be one message of GSM 03.38")
        return await self._link.lane("codes").send(
            text,
            to=number,
            source=self._sender,
            receipt=True,
            timeout=self._seconds,
            expiry=self._seconds / 2,  # so that there is time to answer
            validity_period=format_relative(timedelta(seconds=self._seconds)),
        )

    # -- answers

    async def _answered(self, phone: str, code: str) -> Verdict:
        """Wait for the answer that decides."""
        for _ in range(self._tries):
            text = await self._answers[phone].get()
            if text.upper() in _STOP:
                return Verdict.STOPPED
            if hmac.compare_digest(text.encode(), code.encode()):
                return Verdict.CONFIRMED
        return Verdict.WRONG

    def _on_message(self, link: object, message: Reassembled) -> None:
        """A message from a telephone. STOP counts at any time, and a code only while one is open."""
        phone: str = getattr(message.pdus[0], "source_addr", "")
        text = (message.text or "").strip()
        if text.upper() in _STOP:
            self._stopped.add(phone)
        if phone in self._answers:
            self._answers[phone].put_nowait(text)


async def _receipt_of(sent: Sent | None) -> str | None:
    return None if sent is None else (await sent.receipt()).state


async def _first_of(receipt: "asyncio.Task[str | None]", answer: "asyncio.Task[Verdict]") -> Verdict:
    """The answer; it is not waited for where the receipt says that nobody can give one.

    A receipt that says the opposite, or that never comes, decides nothing: many carriers are careless with them.
    """
    await asyncio.wait([receipt, answer], return_when=asyncio.FIRST_COMPLETED)
    if not answer.done() and receipt.result() == "failed":
        return Verdict.UNDELIVERED
    return await answer
