"""close() of a link (FIELD: 1, 5): in every state, within its deadline, and nothing stays behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from wire.certificates import files
from wire.ends import QUICK, RawSmsc, url
from wire.test_dial import deaf_port

from smppcore.backoff import BackoffSettings
from smppcore.correlation import Correlation, TrackedMessage
from smppcore.errors import NotSent, OutcomeUnknown, Refused, StoreError
from smppcore.gathering import Gathering
from smppcore.link import Link
from smppcore.link_event import LinkEvent, LinkState
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from smppcore.smsc import Peer
from smppcore.store import MemoryStore
from smppcore.tls import client_context

from .carrier import Carrier, Events, link_to, read_submit, submit, until, verdict

PATIENT = Settings(close_timeout=20, response_timeout=30, connect_timeout=30)
"""With these nothing ends in the time of a test but by being cancelled."""


@asynccontextmanager
async def at_once() -> AsyncIterator[None]:
    async with asyncio.timeout(10):
        yield


async def test_while_it_connects() -> None:
    with deaf_port() as port:
        link = link_to(port, settings=PATIENT)
        await link.start()
        call = link.begin_request(submit(1))
        await until(lambda: link.state is LinkState.CONNECTING)
        async with at_once():
            await link.close()
        assert await verdict(call) is NotSent


async def test_while_tls_shakes_hands() -> None:
    with RawSmsc() as smsc:
        target, context = f"smpps://id:secret@localhost:{smsc.port}", client_context(files().ca)
        link = Link(target, settings=PATIENT, ssl=context)
        await link.start()
        with await smsc.accept() as raw:
            assert (await asyncio.get_running_loop().sock_recv(raw.socket, 1))[0] == 0x16
            async with at_once():
                await link.close()


async def test_while_it_binds() -> None:
    with RawSmsc() as smsc:
        link = link_to(smsc.port, settings=PATIENT)
        await link.start()
        with await smsc.accept() as raw:
            await raw.header()
            async with at_once():
                await link.close()
            assert await raw.at_end()


@pytest.mark.parametrize("turns", range(12))
async def test_in_every_turn_of_connecting(turns: int) -> None:
    async with Carrier() as carrier:
        link = link_to(carrier.port)
        await link.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        async with at_once():
            await link.close()
        assert link.state is LinkState.CLOSED


async def test_between_two_attempts() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        link = link_to(carrier.port, backoff=BackoffSettings(first=60))
        await link.start()
        await until(lambda: link.last_event.failure)
        async with at_once():
            await link.close()


async def test_before_it_was_started() -> None:
    link = link_to(1)
    await link.close()
    assert link.state is LinkState.CLOSED
    assert await link.wait_closed() == "closed"


async def test_what_is_in_flight_is_answered_before_it_unbinds() -> None:
    answers: list[asyncio.Future[SubmitSmResp]] = []

    def later(peer: Peer, pdu: SubmitSm) -> Any:
        answers.append(asyncio.get_running_loop().create_future())
        return answers[-1]

    settings, events = Settings(window=2, close_timeout=20), Events()
    async with Carrier(later) as carrier:
        link = link_to(carrier.port, settings=settings, on_event=events)
        await link.start()
        await link.wait_up()
        calls = [link.begin_request(submit(number)) for number in range(3)]
        await until(lambda: len(answers) == 2)
        closing = asyncio.ensure_future(link.close())
        assert await verdict(calls[2]) is NotSent
        for answer in answers:
            answer.set_result(SubmitSmResp(message_id="x"))
        await closing
        assert [await verdict(call) for call in calls[:2]] == [SubmitSmResp] * 2
    assert events.states == ["connecting", "up", "closed"]
    assert not events.failures


async def test_a_carrier_that_never_answers_holds_it_up_until_its_deadline_only() -> None:
    with RawSmsc() as smsc:
        link = link_to(smsc.port)
        await link.start()
        call = link.begin_request(submit(1))
        with await smsc.accept() as raw:
            await raw.accept_bind()
            await read_submit(raw)
            loop = asyncio.get_running_loop()
            before = loop.time()
            await link.close()
            assert loop.time() - before < QUICK.close_timeout + 5
        assert await verdict(call) is OutcomeUnknown


async def test_twice_and_at_the_same_time() -> None:
    async with Carrier() as carrier:
        async with link_to(carrier.port) as link:
            await link.wait_up()
            await asyncio.gather(link.close(), link.close())
            await link.close()
        assert await link.wait_closed() == "closed"


async def test_a_close_that_is_cancelled_aborts_at_once() -> None:
    with RawSmsc() as smsc:
        link = link_to(smsc.port, settings=PATIENT)
        await link.start()
        with await smsc.accept() as raw:
            await raw.accept_bind()
            call = link.begin_request(submit(1))
            await read_submit(raw)
            closing = asyncio.ensure_future(link.close())
            await asyncio.sleep(0)
            closing.cancel()
            async with at_once():
                assert await verdict(call) is OutcomeUnknown
                assert await raw.at_end()
            with pytest.raises(asyncio.CancelledError):
                await closing
        assert link.state is LinkState.CLOSED


async def test_abort_in_every_state() -> None:
    link = link_to(1)
    link.abort()
    assert link.state is LinkState.CLOSED
    with RawSmsc() as smsc:
        link = link_to(smsc.port, settings=PATIENT)
        await link.start()
        with await smsc.accept() as raw:
            link.abort()
            assert await raw.at_end()
        link = link_to(smsc.port, settings=PATIENT)
        await link.start()
        with await smsc.accept() as raw:
            await raw.accept_bind()
            await link.wait_up()
            link.abort()
            assert await raw.at_end()
        await link.close()


async def test_an_error_in_the_body_closes_the_link() -> None:
    async with Carrier() as carrier:
        link = link_to(carrier.port)

        async def body() -> None:
            async with link:
                await link.wait_up()
                raise KeyError

        with pytest.raises(KeyError):
            await body()
        assert link.state is LinkState.CLOSED


async def test_a_handler_may_close_its_own_link() -> None:
    closed = asyncio.Event()

    async def on_deliver(link: Link, pdu: DeliverSm) -> None:
        await link.close()
        closed.set()

    async with Carrier() as carrier, link_to(carrier.port, handlers={DeliverSm: on_deliver}) as link:
        await link.wait_up()
        call = carrier.smsc.peers[0].begin_request(DeliverSm())
        async with at_once():
            await closed.wait()
        assert await verdict(call) is Refused  # for now: it will be delivered again


async def test_a_task_that_is_cancelled_with_its_link_leaves_nothing() -> None:
    async with Carrier() as carrier:

        async def main() -> None:
            async with link_to(carrier.port) as link:
                await link.wait_up()
                await asyncio.Event().wait()

        task = asyncio.ensure_future(main())
        await until(lambda: carrier.smsc.peers)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not carrier.smsc.connections)


@pytest.mark.parametrize("state", [LinkState.CONNECTING, LinkState.UP, LinkState.DOWN])
async def test_a_link_that_is_aborted_by_who_hears_of_a_bind_stays_closed(state: LinkState) -> None:
    """It was told of as up, or down, after it had been closed for good."""

    def hear(event: LinkEvent) -> None:
        if event.state is state and event.bind:
            link.abort()

    async with Carrier() as carrier:
        if state is LinkState.DOWN:
            await carrier.crash()
        link = link_to(carrier.port, binds=2, on_event=hear)
        await link.start()
        async with at_once():
            assert await link.wait_closed() == "aborted"
            await link.close()
        assert (link.state, link.last_event.reason) == (LinkState.CLOSED, "aborted")


async def test_a_close_that_is_cancelled_takes_no_other_with_it() -> None:
    """Both wait for a bind that is being drained."""
    holds = asyncio.Event()

    async def hold(peer: Peer, pdu: SubmitSm) -> None:
        await holds.wait()

    async with Carrier(hold, settings=PATIENT) as standby, Carrier() as primary:
        await primary.crash()
        link = link_to(primary.port, standby=url(standby.port), fail_back_after=0, settings=PATIENT)
        await link.start()
        await link.wait_up()
        call = link.begin_request(submit(1))
        await until(lambda: standby.seen)
        await primary.start()
        await until(lambda: link._binds._drained)
        closing = [asyncio.ensure_future(link.close()) for _ in range(2)]
        await until(lambda: not primary.smsc.connections)
        for _ in range(20):
            await asyncio.sleep(0)
        closing[0].cancel()
        async with at_once():
            cancelled, other = await asyncio.gather(*closing, return_exceptions=True)
        assert (type(cancelled), other) == (asyncio.CancelledError, None)
        assert await verdict(call) is OutcomeUnknown
        holds.set()


# -- what is opened and closed with it


class NotedStore(MemoryStore):
    """A store that ``opening`` and ``closing`` may fail, or hold up; ``is_open`` tells whether it is in use."""

    def __init__(self) -> None:
        super().__init__()
        self.is_open = False
        self.opening: asyncio.Future[None] | None = None
        self.closing: asyncio.Future[None] | None = None

    async def open(self) -> None:
        if self.opening is not None:
            await self.opening
        await super().open()
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False
        if self.closing is not None:
            await self.closing
        await super().close()


def fails() -> "asyncio.Future[None]":
    failed: asyncio.Future[None] = asyncio.Future()
    failed.set_exception(StoreError("the disk is full"))
    return failed


def stored(port: int, one: NotedStore, other: NotedStore) -> Link:
    return link_to(
        port, correlation=Correlation(one), gathering=Gathering(other, on_message=lambda link, message: None)
    )


async def test_closed_while_its_store_opens_it_never_connects() -> None:
    async with Carrier() as carrier:
        one, other = NotedStore(), NotedStore()
        other.opening = asyncio.Future()
        link = stored(carrier.port, one, other)
        starting = asyncio.ensure_future(link.start())
        await until(lambda: one.is_open)
        with pytest.raises(RuntimeError, match="before"):
            await link.start()
        await link.close()
        other.opening.set_result(None)
        with pytest.raises(RuntimeError, match="closed"):
            await starting
        assert (one.is_open, other.is_open, link.state, link.attempts) == (False, False, LinkState.CLOSED, 0)


@pytest.mark.parametrize("how", ["fails", "cancelled"])
async def test_a_link_that_cannot_start_leaves_no_store_open(how: str) -> None:
    one, other = NotedStore(), NotedStore()
    other.opening = fails() if how == "fails" else asyncio.Future()
    link = stored(1, one, other)
    starting = asyncio.ensure_future(link.start())
    await until(lambda: one.is_open or starting.done())
    if how == "cancelled":
        starting.cancel()
    with pytest.raises(StoreError if how == "fails" else asyncio.CancelledError):
        await starting
    assert not one.is_open
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
    other.opening = None
    await link.start()  # the disk has room again
    assert one.is_open
    assert other.is_open
    await link.close()


async def test_a_store_that_does_not_close_keeps_nobody_waiting() -> None:
    async with Carrier() as carrier:
        one, other = NotedStore(), NotedStore()
        link = stored(carrier.port, one, other)
        await link.start()
        await link.wait_up()
        one.closing, other.closing = fails(), fails()
        with pytest.raises(StoreError):
            await link.close()
        async with at_once():
            assert await link.wait_closed() == "closed"
        assert not one.is_open
        assert not other.is_open


async def test_a_link_closes_no_store_that_others_use() -> None:
    """Closed twice, or without having been started, it closed the store under a link that goes on."""
    async with Carrier() as carrier:
        store = NotedStore()
        async with link_to(carrier.port, correlation=Correlation(store, name="a")) as living:
            await living.wait_up()
            another = link_to(carrier.port, correlation=Correlation(store, name="b"))
            await another.start()
            for _ in range(3):
                await another.close()
            await link_to(carrier.port, correlation=Correlation(store, name="c")).close()
            assert store.is_open
        assert not store.is_open


@pytest.mark.parametrize("layer", ["correlation", "gathering"])
async def test_what_works_for_one_link_is_refused_by_another(layer: str) -> None:
    """The first link's messages went to the handlers of the second, and nobody was told."""
    store = NotedStore()
    if layer == "correlation":
        shared: dict[str, Any] = {layer: Correlation(store)}
    else:
        shared = {layer: Gathering(store, on_message=lambda link, message: None)}
    async with Carrier() as carrier:
        async with link_to(carrier.port, **shared) as link:
            await link.wait_up()
            with pytest.raises(RuntimeError, match="works for one link at a time"):
                await link_to(carrier.port, **shared).start()
            assert store.is_open
        async with link_to(carrier.port, **shared) as link:
            await link.wait_up()


async def test_who_is_told_of_a_missing_receipt_may_close_the_link() -> None:
    """The close waited for the look round that had called it, and that for the close, for ever."""
    ended: list[BaseException | None] = []

    async def on_expired(link: Link, message: TrackedMessage) -> None:
        try:
            await link.close()
            ended.append(None)
        except BaseException as error:
            ended.append(error)
            raise

    store = NotedStore()
    async with Carrier() as carrier:
        link = link_to(carrier.port, correlation=Correlation(store, on_expired=on_expired, keep=0.01, scan=0.01))
        await link.start()
        await link.send("hello", to="1", receipt=True)
        async with at_once():
            assert await link.wait_closed() == "closed"
        await until(lambda: ended and all(task is asyncio.current_task() for task in asyncio.all_tasks()))
        assert (ended, store.is_open) == ([None], False)
