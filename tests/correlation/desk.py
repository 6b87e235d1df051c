"""A correlation without connections: the test answers what is sent, and delivers receipts, as it likes.

A Process stands for a process of ours: it has its own correlation, its own way to the store, and dies without a word.
"""

import asyncio
import pathlib
import time
from collections.abc import Callable
from typing import Any

from smppcore.constants import EsmClass, RegisteredDelivery
from smppcore.correlation import Correlation, Receipted, TrackedMessage
from smppcore.dispatch import UNHANDLED
from smppcore.errors import Refuse
from smppcore.pdu import DeliverSm, Request, SubmitSm, SubmitSmResp
from smppcore.receipt import STATE_WORDS, build_text, build_tlvs
from smppcore.requests import EsmeRequests
from smppcore.settings import Settings
from smppcore.store import MemoryStore, SqliteStore, Store

MakeStore = Callable[[], Store]
NUMBER = "393331234567"


class Clock:
    """Seconds since the epoch that the test pushes on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class SharedMemory(MemoryStore):
    """A store in memory that survives the process of a test, since nothing else would show what it does then."""

    async def close(self) -> None:
        """It stays open for the others."""


def _memory(_: pathlib.Path) -> MakeStore:
    clock = Clock()
    store = SharedMemory(clock=clock)
    store.test_clock = clock  # type: ignore[attr-defined]
    return lambda: store


def _sqlite(directory: pathlib.Path) -> MakeStore:
    clock = Clock()

    def make() -> SqliteStore:
        store = SqliteStore(directory / "store.db", synchronous="normal", clock=clock)
        store.test_clock = clock  # type: ignore[attr-defined]
        return store

    return make


STORES: dict[str, Callable[[pathlib.Path], MakeStore]] = {"memory": _memory, "sqlite": _sqlite}


class Sender(EsmeRequests):
    """What stands for a link: its requests wait in ``asked`` until the test answers them."""

    name = "carrier"
    settings = Settings()
    _timeout = 60.0
    _retry = None

    def __init__(self) -> None:
        self.asked: list[tuple[Request[Any], asyncio.Future[Any]]] = []
        self._ended = asyncio.get_running_loop().create_future()

    def wire(self, pdu: Request[Any], timeout: float | None, expiry: float | None = None, /) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.asked.append((pdu, future))
        return future

    async def until_asked(self, number: int = 1) -> list[tuple[Request[Any], "asyncio.Future[Any]"]]:
        """So many requests, once they have been made; they count as taken over then."""
        await until(lambda: len(self.asked) >= number)
        taken, self.asked = self.asked[:number], self.asked[number:]
        return taken


class Process:
    """One process of ours: ``receipts`` and ``expired`` are what its handlers were called with."""

    def __init__(self, make_store: MakeStore, **options: Any) -> None:
        self.link = Sender()
        self.receipts: list[Receipted] = []
        self.expired: list[TrackedMessage] = []
        self.unmatched: list[DeliverSm] = []
        self.failing: Exception | None = None
        self.held_up: asyncio.Event | None = None
        self.store = make_store()
        self.clock: Clock = self.store.test_clock  # type: ignore[attr-defined]
        options = {"on_receipt": self.on_receipt, "on_expired": self.on_expired, "scan": 3600.0} | options
        options = {"lease": 30.0, "clock": self.clock, "on_unmatched": self.on_unmatched} | options
        self.correlation = Correlation(self.store, **options)
        self._receive: Any = self.correlation.handlers()[DeliverSm]

    async def on_receipt(self, _: Any, receipted: Receipted) -> None:
        if self.held_up is not None:
            await self.held_up.wait()
        if self.failing is not None:
            raise self.failing
        self.receipts.append(receipted)

    def on_expired(self, _: Any, message: TrackedMessage) -> None:
        if self.failing is not None:
            raise self.failing
        self.expired.append(message)

    def on_unmatched(self, _: Any, pdu: DeliverSm) -> None:
        self.unmatched.append(pdu)

    async def __aenter__(self) -> "Process":
        await self.correlation.open(self.link)
        self.link._watches = True
        self.link._begin = self.correlation.begin(self.link.wire, self.link)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.correlation.close()
        self.link._ended.set_result(None)

    async def pass_time(self, seconds: float) -> None:
        """That time passes, for the store too, and the correlation looks what has expired."""
        self.clock.ahead += seconds
        await self.correlation.look()

    # -- what happens

    def submit(self, pdu: SubmitSm | None = None, tag: str = "") -> "asyncio.Future[Any]":
        """Send a message; its response is the next one to be given."""
        begin = self.correlation.begin(self.link.wire, self.link, tag=tag)
        return begin(pdu or message(), 60.0)

    async def taken(self, message_id: str, pdu: SubmitSm | None = None, tag: str = "") -> Any:
        """A message that the SMSC has taken under this id, with its response."""
        response = self.submit(pdu, tag)
        [(_, wire)] = await self.link.until_asked()
        wire.set_result(SubmitSmResp(message_id=message_id))
        await asyncio.sleep(0)
        return await response

    async def deliver(self, pdu: DeliverSm) -> int | None:
        """Bring a receipt in; the command_status that it is answered with, 0 for success, None for unhandled."""
        try:
            answer = await self._receive(self.link, pdu)
        except Refuse as refusal:
            return refusal.status
        return None if answer is UNHANDLED else 0

    @property
    def states(self) -> list[tuple[str, int | None]]:
        """What on_receipt was told: message_id and state."""
        return [(each.message_id, each.state) for each in self.receipts]


def message(to: str = NUMBER, **fields: Any) -> SubmitSm:
    options: dict[str, Any] = {"registered_delivery": RegisteredDelivery.RECEIPT, "short_message": b"Hello"} | fields
    return SubmitSm(destination_addr=to, **options)


def receipt(message_id: str, state: int = 2, source: str = NUMBER, *, tlvs: bool = True) -> DeliverSm:
    """A receipt as an SMSC writes it."""
    text = build_text(message_id, dlvrd=1, submit_date="2611230038", done_date="2611230039", stat=STATE_WORDS[state])
    return DeliverSm(
        source_addr=source,
        esm_class=EsmClass.DELIVERY_RECEIPT,
        short_message=text.encode(),
        tlvs=build_tlvs(message_id, state) if tlvs else [],
        sequence_number=7,
    )


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something is so; the time limit of the test bounds it."""
    while not condition():  # noqa: ASYNC110  # what it looks at has no event
        await asyncio.sleep(0)
