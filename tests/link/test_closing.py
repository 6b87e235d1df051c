"""close() of a link (FIELD: 1, 5): in every state, within its deadline, and nothing stays behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from wire.certificates import files
from wire.ends import QUICK, RawSmsc
from wire.test_dial import deaf_port

from smppcore.backoff import BackoffSettings
from smppcore.errors import NotSent, OutcomeUnknown, Refused
from smppcore.link import Link
from smppcore.link_event import LinkState
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from smppcore.smsc import Peer
from smppcore.tls import client_context

from .carrier import Carrier, Events, link_to, read_submit, submit, until, verdict

PATIENT = Settings(close_timeout=20, response_timeout=30, connect_timeout=30)
"""With these nothing ends in the time of a test but by being cancelled."""


@asynccontextmanager
async def at_once() -> AsyncIterator[None]:
    async with asyncio.timeout(2):
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
            assert loop.time() - before < QUICK.close_timeout + 1
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
