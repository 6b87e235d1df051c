"""A link of four binds to two hosts of a carrier, under adversity: every verdict and every receipt is the right one."""

import asyncio
import contextlib
import itertools
import random
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

import pytest

from smppcore.backoff import BackoffSettings
from smppcore.correlation import Correlation, Receipted
from smppcore.errors import NotSent, OutcomeUnknown, Refused, SmppError
from smppcore.link import Link
from smppcore.pdu import SubmitSm
from smppcore.settings import Settings
from smppcore.store import MemoryStore, SqliteStore, Store
from smppcore.testing import AdversityProxy

from .loops import Run
from .test_truth import EVERYTHING

SETTINGS: Final = Settings(
    window=40,
    response_timeout=4.0,
    enquire_link_interval=2.0,
    enquire_link_timeout=1.0,
    partial_pdu_timeout=2.0,
    close_timeout=2.0,
)
SOON: Final = BackoffSettings(first=0.02, longest=0.2, lasting=0, already_bound=0.05, throttled=0.05, hopeless=0.05)
CALM: Final = replace(EVERYTHING, split=800, delay=0.001, stall=0.0005, withhold=0.0002, reorder=0.01)
SCRIPT: Final = Path(__file__).with_name("stored_simulator.py")
FIRST: Final = 390_000_000_000
SHARES: Final = 20
"""However fast a machine is, a bind is cut once in each of so many shares of the messages."""


class Host:
    """A simulator in a process of its own, which can be killed and comes back at its port with its messages."""

    def __init__(self, store: Path) -> None:
        self.port = 0
        self.kills = 0
        self._store = store
        self._process: asyncio.subprocess.Process

    async def start(self) -> None:
        arguments = [sys.executable, str(SCRIPT), str(self._store), str(self.port)]
        self._process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(await self._process.stdout.readline())

    async def kill(self) -> None:
        self.kills += 1
        self._process.kill()
        await self._process.communicate()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()


@dataclass
class Books:
    """What became of each message, by its number, and which receipts were handed over for it."""

    answered: dict[int, str] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    receipts: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    redelivered: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    messages: int = 0
    cuts: int = 0

    def on_receipt(self, link: Link, receipted: Receipted) -> None:
        number = int(receipted.tag)
        self.redelivered += receipted.redelivered
        self.receipts[number] += 1
        if int(receipted.pdu.source_addr) != FIRST + number or int(receipted.message.destination) != FIRST + number:
            self.wrong.append(f"{number}: {receipted}")
        if receipted.receipt.message_id != receipted.message_id:
            self.wrong.append(f"{number}: {receipted.receipt.message_id} is not {receipted.message_id}")
        self.look()

    def look(self) -> None:
        """Whether all verdicts are there, and a receipt for each message that was answered."""
        if sum(self.verdicts.values()) == self.messages and self.answered.keys() <= self.receipts.keys():
            self.done.set()


async def send_all(link: Link, books: Books, workers: int) -> None:
    numbers = iter(range(books.messages))

    async def work() -> None:
        for number in numbers:
            pdu = SubmitSm(
                source_addr="shop", destination_addr=str(FIRST + number), short_message=b"hello", registered_delivery=1
            )
            try:
                books.answered[number] = (await link.tagged(str(number)).submit_sm(pdu, timeout=60)).message_id
                books.verdicts["answered"] += 1
            except (Refused, NotSent, OutcomeUnknown) as error:
                books.verdicts[type(error).__name__] += 1
            except SmppError as error:
                books.wrong.append(repr(error))

    await asyncio.gather(*(work() for _ in range(workers)))
    books.look()


async def cut_now_and_then(proxies: list[AdversityProxy], every: float, books: Books) -> None:
    """One bind is cut in each interval, whichever it is, and with each share of the messages where these are faster."""
    loop, chance = asyncio.get_running_loop(), random.Random(7)
    for number in itertools.count(1):
        due = loop.time() + every
        while loop.time() < due and sum(books.verdicts.values()) < number * books.messages // SHARES:  # noqa: ASYNC110  # it has no event
            await asyncio.sleep(0.01)
        alive = [passage for proxy in proxies for passage in proxy.connections]
        if alive:
            chance.choice(alive).cut(reset=chance.random() < 0.5)
            books.cuts += 1


async def kill_twice(host: Host, books: Books) -> None:
    """When a third and when two thirds of the messages have their verdict."""
    for third in (1, 2):
        while sum(books.verdicts.values()) < third * books.messages // 3:  # noqa: ASYNC110  # it has no event
            await asyncio.sleep(0.01)
        await host.kill()
        await asyncio.sleep(0.2)
        await host.start()


async def converse(folder: Path, store: Store, messages: int, cut_every: float) -> Books:
    books = Books(messages=messages)
    async with contextlib.AsyncExitStack() as stack:
        hosts = [await stack.enter_async_context(Host(folder / f"{name}.db")) for name in ("one", "two")]
        proxies = [
            await stack.enter_async_context(AdversityProxy(host.port, CALM, seed=number))
            for number, host in enumerate(hosts)
        ]
        link = Link(
            [f"smpp://id:secret@127.0.0.1:{proxy.port}" for proxy in proxies],
            binds=2,
            settings=SETTINGS,
            backoff=SOON,
            correlation=Correlation(store, on_receipt=books.on_receipt, hold=5.0, scan=0.5),
        )
        async with link:
            trouble = [
                asyncio.ensure_future(cut_now_and_then(proxies, cut_every, books)),
                asyncio.ensure_future(kill_twice(hosts[0], books)),
            ]
            await send_all(link, books, workers=200)
            await trouble[1]
            trouble[0].cancel()
            await asyncio.wait(trouble)
            await books.done.wait()
        assert hosts[0].kills == 2
    return books


def check(books: Books) -> None:
    assert books.wrong == []
    assert sum(books.verdicts.values()) == books.messages
    assert books.verdicts["answered"] == len(books.answered) == len(set(books.answered.values()))
    assert books.answered.keys() <= books.receipts.keys()
    assert {number: count for number, count in books.receipts.items() if count > 1} == {}
    assert books.redelivered == 0
    assert books.verdicts["OutcomeUnknown"] < books.messages / 2
    assert set(books.verdicts) <= {"answered", "OutcomeUnknown"}, "what was not sent goes on elsewhere"


def test_every_receipt_finds_its_message(run: Run, tmp_path: Path) -> None:
    books = run(converse(tmp_path, MemoryStore(), 3_000, cut_every=0.1), limit=50)
    check(books)
    assert books.cuts >= 5


@pytest.mark.soak
@pytest.mark.alone
@pytest.mark.timeout(1_500)
@pytest.mark.parametrize(("kind", "messages", "cut_every"), [("memory", 100_000, 1.0), ("SQLite", 30_000, 0.3)])
def test_every_receipt_of_100_000_messages_finds_its_message(
    run: Run, tmp_path: Path, kind: str, messages: int, cut_every: float
) -> None:
    store = MemoryStore() if kind == "memory" else SqliteStore(tmp_path / "link.db")
    books = run(converse(tmp_path, store, messages, cut_every), limit=1_400)
    check(books)
    assert books.cuts >= 10
