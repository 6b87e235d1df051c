"""A gateway that sends through a Link until it is killed: ``python killed_sender.py KIND WHERE URL WORKERS``.

Writes ``sent MESSAGE_ID NUMBER`` when a caller has its response, ``receipt MESSAGE_ID NUMBER REDELIVERED`` when
on_receipt is called, and ``unmatched MESSAGE_ID`` for a receipt of no message. Without workers it only takes what
comes in.
"""

import asyncio
import itertools
import os
import sys
from typing import Any

from smppcore.backoff import BackoffSettings
from smppcore.correlation import Correlation, Receipted
from smppcore.errors import SmppError
from smppcore.link import Link
from smppcore.pdu import SubmitSm
from smppcore.store import SqliteStore, Store
from smppcore.store.redis import RedisStore

FIRST = 390_000_000_000
SOON = BackoffSettings(first=0.02, longest=0.2)


def tell(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def on_receipt(_: Link, receipted: Receipted) -> None:
    number = int(receipted.tag)
    assert int(receipted.message.destination) == int(receipted.pdu.source_addr) == FIRST + number
    assert receipted.message_id.lower() == receipted.receipt.message_id
    tell("receipt", receipted.message_id, number, int(receipted.redelivered))


def on_unmatched(link: Link, pdu: Any) -> None:
    receipt = link.receipt_of(pdu)
    assert receipt is not None
    tell("unmatched", receipt.message_id)


async def work(link: Link, numbers: Any) -> None:
    for number in numbers:
        pdu = SubmitSm(destination_addr=str(FIRST + number), short_message=b"Hello", registered_delivery=1)
        try:
            response = await link.tagged(str(number)).submit_sm(pdu, timeout=30)
        except SmppError as error:
            tell("failed", type(error).__name__, number)
        else:
            tell("sent", response.message_id, number)


async def main(kind: str, where: str, url: str, workers: str) -> None:
    store: Store = RedisStore(where) if kind == "redis" else SqliteStore(where)
    correlation = Correlation(
        store,
        on_receipt=on_receipt,
        on_unmatched=on_unmatched,
        hold=3.0,
        lease=1.0,
        scan=0.25,
        name="carrier",
    )
    async with Link(url, binds=2, correlation=correlation, backoff=SOON) as link:
        numbers = itertools.count(int.from_bytes(os.urandom(4)))
        await asyncio.gather(*(work(link, numbers) for _ in range(int(workers))))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
