"""Several links above one store: what one of them does when it starts or closes is no matter of the others."""

import asyncio
import pathlib

import pytest

from smppcore.correlation import Correlation
from smppcore.gathering import Gathering
from smppcore.link import Link
from smppcore.link_event import LinkState
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.smsc import Smsc
from smppcore.store import MemoryStore, SqliteStore, StoreError

from .desk import NUMBER, Sender

NOWHERE = "smpp://id:secret@127.0.0.1:1"


async def test_a_link_that_is_closed_twice_leaves_the_store_to_the_others(tmp_path: pathlib.Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    staying, leaving = Correlation(store, name="staying"), Correlation(store, name="leaving")
    await staying.open(Sender())
    await leaving.open(Sender())
    await asyncio.gather(leaving.close(), leaving.close())
    await leaving.close()
    assert await store.count("staying", "message") == 0, "it is still open"
    await staying.close()
    with pytest.raises(StoreError, match="not open"):
        await store.count("staying", "message")


async def test_a_link_that_was_never_started_leaves_the_store_to_the_others(tmp_path: pathlib.Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    staying = Correlation(store)
    await staying.open(Sender())
    never = Link(NOWHERE, correlation=Correlation(store), gathering=Gathering(store, on_message=lambda *_: None))
    await never.close()
    assert await store.count("carrier", "message") == 0
    await staying.close()


async def test_a_link_whose_second_store_cannot_be_had_keeps_nothing_of_the_first(tmp_path: pathlib.Path) -> None:
    good, bad = SqliteStore(tmp_path / "store.db"), SqliteStore(tmp_path)
    gathering = Gathering(bad, on_message=lambda *_: None)
    link = Link(NOWHERE, correlation=Correlation(good), gathering=gathering)
    for _ in range(2):  # an application may try again
        with pytest.raises(StoreError):
            await link.start()
    with pytest.raises(StoreError, match="not open"):
        await good.count(link.name, "message")
    assert asyncio.all_tasks() == {asyncio.current_task()}


class Unclosable(MemoryStore):
    async def close(self) -> None:
        raise StoreError("the disk is gone")


async def test_a_store_that_cannot_be_closed_keeps_nobody_waiting_for_the_end_of_the_link() -> None:
    gathered = MemoryStore()
    gathering = Gathering(gathered, on_message=lambda *_: None)
    link = Link(NOWHERE, correlation=Correlation(Unclosable()), gathering=gathering)
    await link.start()
    with pytest.raises(StoreError, match="the disk is gone"):
        await link.close()
    assert link.state is LinkState.CLOSED
    assert await asyncio.wait_for(link.wait_closed(), 5) == "closed"
    with pytest.raises(StoreError, match="not open"):
        await gathered.count("any", "part")


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_who_waits_for_an_outcome_is_told_when_the_link_ends(how: str) -> None:
    async with Smsc(accounts={"id": "secret"}, handlers={SubmitSm: lambda *_: SubmitSmResp(message_id="1")}) as smsc:
        link = Link(f"smpp://id:secret@127.0.0.1:{smsc.port}", correlation=Correlation(MemoryStore()))
        await link.start()
        waiting = asyncio.ensure_future((await link.send("Hello", to=NUMBER, receipt=True)).receipt())
        if how == "abort":
            link.abort()
            assert (await waiting).state == "unknown"
        await link.close()
        assert (await waiting).state == "unknown"
