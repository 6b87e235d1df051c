"""A Link with a correlation and a gathering, over real sockets, against an Smsc that sends what it likes."""

import asyncio
import contextlib
import pathlib
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any

import pytest
import uvloop

from smppcore.constants import CommandStatus
from smppcore.correlation import Correlation, Receipted
from smppcore.dispatch import Handler
from smppcore.errors import OutcomeUnknown, Refused
from smppcore.gathering import Gathering
from smppcore.link import Link
from smppcore.message import messages
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp
from smppcore.reassembly import Reassembled
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.store import MemoryStore, SqliteStore, Store

from .desk import NUMBER, receipt, until

TEXT = "0123456789" * 40  # three segments
QUICK = Settings(close_timeout=0.5, response_timeout=10)


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Any], None]:
    """Runs a test on the plain loop or on uvloop."""
    factory = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}[request.param]

    def run(test: Any) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(test)

    return run


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Callable[[], Store]:
    return MemoryStore if request.param == "memory" else lambda: SqliteStore(tmp_path / "store.db")


@contextlib.asynccontextmanager
async def carrier(on_submit: Handler | None, **options: Any) -> AsyncIterator[tuple[Link, Smsc]]:
    """A link with two binds to an Smsc."""
    handlers = None if on_submit is None else {SubmitSm: on_submit}
    async with Smsc(accounts={"id": "secret"}, handlers=handlers, settings=QUICK) as smsc:
        url = f"smpp://id:secret@127.0.0.1:{smsc.port}"
        async with Link(url, settings=QUICK, binds=2, **options) as link:
            await link.wait_up()
            await until(lambda: len(smsc.peers) == 2)
            yield link, smsc


async def delivered(peer: Peer, pdu: DeliverSm) -> int:
    """Deliver a PDU; the command_status of the answer."""
    try:
        return (await peer.deliver_sm(pdu)).command_status
    except Refused as refused:
        return refused.status


def test_a_receipt_over_another_bind_before_the_response_and_twice(run: Any, store: Callable[[], Store]) -> None:
    told: list[Receipted] = []
    numbers = count(1)

    async def answer_last(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        """The receipt goes out over both binds, and is answered, before the response leaves."""
        message_id = f"{next(numbers):X}"
        pdus = [receipt(message_id, 2, pdu.destination_addr) for _ in range(2)]
        assert [await delivered(bind, each) for bind, each in zip(servers[0].peers, pdus, strict=True)] == [0, 0]
        return SubmitSmResp(message_id=message_id)

    async def test() -> None:
        correlation = Correlation(store(), on_receipt=lambda _, each: told.append(each))
        async with carrier(answer_last, correlation=correlation) as (link, smsc):
            servers.append(smsc)
            sent = await link.tagged("order-17").send(TEXT, to=NUMBER, receipt=True)
            outcome = await sent.receipt(timeout=20)
            assert (outcome.state, len(outcome.parts)) == ("delivered", 3)

    servers: list[Smsc] = []
    run(test())
    assert sorted((each.message.part, each.message.parts, each.tag) for each in told) == [
        (number, 3, "order-17") for number in (1, 2, 3)
    ]


def test_a_receipt_is_answered_after_its_handler_and_comes_again_where_that_fails(
    run: Any, store: Callable[[], Store]
) -> None:
    failures = iter([RuntimeError("the database is away")])

    async def on_receipt(_: Any, receipted: Receipted) -> None:
        for failure in failures:
            raise failure
        told.append(receipted)

    told: list[Receipted] = []

    async def test() -> None:
        async with carrier(
            lambda *_: SubmitSmResp(message_id="1"), correlation=Correlation(store(), on_receipt=on_receipt)
        ) as (link, smsc):
            await link.send("Hello", to=NUMBER, receipt=True)
            [one, other] = smsc.peers
            assert await delivered(one, receipt("1")) == CommandStatus.ESME_RX_T_APPN
            assert told == []
            assert await delivered(other, receipt("1")) == 0
            assert await delivered(one, receipt("1")) == 0

    run(test())
    assert [(each.state, each.redelivered) for each in told] == [(2, True)]


def test_an_answer_that_comes_after_the_timeout_still_brings_the_receipt(run: Any, store: Callable[[], Store]) -> None:
    told: list[Receipted] = []

    async def test() -> None:
        released = asyncio.Event()

        async def answer_late(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
            await released.wait()
            return SubmitSmResp(message_id="late")

        kept = store()
        correlation = Correlation(kept, on_receipt=lambda _, each: told.append(each), name="carrier")
        async with carrier(answer_late, correlation=correlation) as (link, smsc):
            with pytest.raises(OutcomeUnknown):
                await link.tagged("a").send("Hello", to=NUMBER, receipt=True, timeout=0.05)
            cancelled = asyncio.ensure_future(link.tagged("b").send("Hello", to="393330000002", receipt=True))
            await until(lambda: link.in_flight == 1)
            cancelled.cancel()
            released.set()
            while await kept.count("carrier", "message") < 2:  # noqa: ASYNC110  # a store has no event
                await asyncio.sleep(0)
            for to in (NUMBER, "393330000002"):
                assert await delivered(smsc.peers[0], receipt("late", 2, to)) == 0

    run(test())
    assert [(each.tag, each.message.late) for each in told] == [("a", True), ("b", True)]


def test_segments_over_both_binds_are_one_message_and_receipts_go_their_own_way(
    run: Any, store: Callable[[], Store]
) -> None:
    told: list[Receipted] = []
    whole: list[Reassembled] = []

    async def test() -> None:
        both = store()
        correlation = Correlation(both, on_receipt=lambda _, each: told.append(each))
        gathering = Gathering(both, on_message=lambda _, message: whole.append(message))
        async with carrier(lambda *_: SubmitSmResp(message_id="1"), correlation=correlation, gathering=gathering) as (
            link,
            smsc,
        ):
            await link.send("Hello", to=NUMBER, receipt=True)
            parts = list(messages(DeliverSm, TEXT, 9, source=NUMBER, destination="1234"))
            one, other = smsc.peers
            for peer, part in zip((one, other, one), parts, strict=True):
                assert await delivered(peer, part) == 0
            assert await delivered(other, receipt("1")) == 0
            await until(lambda: len(whole) == 1)

    run(test())
    assert ([message.text for message in whole], [each.state for each in told]) == ([TEXT], [2])


def test_what_was_answered_before_a_restart_is_matched_after_it(run: Any, tmp_path: pathlib.Path) -> None:
    told: list[Receipted] = []
    numbers = count(1)

    async def test() -> None:
        ids: list[str] = []
        for _ in range(2):
            correlation = Correlation(
                SqliteStore(tmp_path / "store.db"), on_receipt=lambda _, each: told.append(each), name="carrier"
            )
            async with carrier(lambda *_: SubmitSmResp(message_id=str(next(numbers))), correlation=correlation) as (
                link,
                smsc,
            ):
                for message_id in ids:
                    assert await delivered(smsc.peers[0], receipt(message_id)) == 0
                ids = [(await link.send("Hello", to=NUMBER, receipt=True)).message_ids[0] for _ in range(5)]

    run(test())
    assert sorted(each.message_id for each in told) == ["1", "2", "3", "4", "5"]
