"""Handlers: what they may return and raise, how many run, and that they may use the link they serve."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from smppcore.constants import CommandStatus
from smppcore.errors import Refuse, Refused
from smppcore.esme import Esme
from smppcore.pdu import DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from smppcore.smsc import Peer
from wire.ends import SUBMIT, pair

Result = Any
ERROR = CommandStatus.ESME_RINVDSTADR


async def later(value: Result) -> Result:
    await asyncio.sleep(0)
    if isinstance(value, BaseException):
        raise value
    return value


async def submit_status(handler: Callable[[Peer, SubmitSm], Any]) -> tuple[int, str]:
    """command_status and message_id of the answer to a submit_sm that this handler serves."""
    async with pair(smsc={SubmitSm: handler}) as ends:
        try:
            response = await ends.esme.submit_sm(SUBMIT)
        except Refused as refused:
            return refused.status, ""
        return response.command_status, response.message_id


async def deliver_status(handler: Callable[[Esme, DeliverSm], Any] | None) -> int:
    async with pair(esme={DeliverSm: handler} if handler else None) as ends:
        try:
            return (await ends.peer.deliver_sm(DeliverSm())).command_status
        except Refused as refused:
            return refused.status


RESULTS = {
    "a response": (SubmitSmResp(message_id="m"), (0, "m")),
    "a response with a status": (SubmitSmResp(command_status=8, header_only=True), (8, "")),
    "a status": (ERROR, (ERROR, "")),
    "a status without a name": (0x4FF, (0x4FF, "")),
    "zero": (0, (0, "")),
    "nothing": (None, (0, "")),
}
BAD_RESULTS = {
    "a text": "OK",
    "a response that does not fit": SubmitSmResp(message_id="m" * 70),
    "a response to something else": DeliverSmResp(),
    "a request": SUBMIT,
    "a status that is too large": 1 << 32,
    "a negative status": -1,
}
ERRORS = {
    "Refuse": (lambda: Refuse(ERROR), ERROR),
    "another error": (lambda: ValueError("no"), CommandStatus.ESME_RSYSERR),
    "a timeout": (TimeoutError, CommandStatus.ESME_RSYSERR),
}


@pytest.mark.parametrize(("value", "expected"), RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_a_handler_may_return(way: str, value: Result, expected: tuple[int, str]) -> None:
    assert await submit_status(lambda peer, pdu: later(value) if way == "async" else value) == expected


@pytest.mark.parametrize("value", BAD_RESULTS.values(), ids=BAD_RESULTS)
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_is_no_answer_becomes_an_error(way: str, value: Result) -> None:
    status, _ = await submit_status(lambda peer, pdu: later(value) if way == "async" else value)
    assert status == CommandStatus.ESME_RSYSERR


@pytest.mark.parametrize(("error", "expected"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_a_handler_may_raise(way: str, error: Callable[[], Exception], expected: int) -> None:
    def handler(peer: Peer, pdu: SubmitSm) -> Any:
        if way == "async":
            return later(error())
        raise error()

    assert await submit_status(handler) == (expected, "")


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_an_esme_whose_handler_fails_wants_the_message_again(way: str) -> None:
    def handler(esme: Esme, pdu: DeliverSm) -> Any:
        if way == "async":
            return later(ValueError("no"))
        raise ValueError("no")

    assert await deliver_status(handler) == CommandStatus.ESME_RX_T_APPN


async def test_a_handler_whose_own_task_was_cancelled_still_answers() -> None:
    async def handler(peer: Peer, pdu: SubmitSm) -> None:
        helper = asyncio.ensure_future(asyncio.Event().wait())
        helper.cancel()
        await helper

    assert await submit_status(handler) == (CommandStatus.ESME_RSYSERR, "")


async def test_without_a_handler() -> None:
    assert await deliver_status(None) == CommandStatus.ESME_RX_T_APPN
    async with pair() as ends:
        with pytest.raises(Refused) as caught:
            await ends.esme.submit_sm(SUBMIT)
        assert caught.value.status == CommandStatus.ESME_RINVCMDID


async def test_any_awaitable_will_do() -> None:
    def handler(peer: Peer, pdu: SubmitSm) -> Awaitable[SubmitSmResp]:
        future: asyncio.Future[SubmitSmResp] = asyncio.get_running_loop().create_future()
        future.get_loop().call_soon(future.set_result, SubmitSmResp(message_id="f"))
        return future

    assert await submit_status(handler) == (0, "f")


async def test_a_handler_gets_its_end_and_the_pdu() -> None:
    seen: list[Any] = []

    def on_submit(peer: Peer, pdu: SubmitSm) -> None:
        seen.append((peer, pdu.destination_addr))

    def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
        seen.append((esme, pdu.short_message))

    async with pair(smsc={SubmitSm: on_submit}, esme={DeliverSm: on_deliver}) as ends:
        await ends.esme.submit_sm(SUBMIT)
        await ends.peer.deliver_sm(DeliverSm(short_message=b"hi"))
        assert seen == [(ends.peer, "1"), (ends.esme, b"hi")]
        seen.clear()


class Gate:
    """A handler that counts how many of it run, and lets them end when it is opened."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.order: list[str] = []
        self.open = asyncio.Event()
        self.full = asyncio.Event()

    async def __call__(self, peer: Any, pdu: SubmitSm) -> None:
        self.order.append(pdu.destination_addr)
        self.running += 1
        self.most = max(self.most, self.running)
        if self.running == 3:
            self.full.set()
        await self.open.wait()
        self.running -= 1


async def test_the_bound_of_running_handlers_and_the_backlog() -> None:
    """Row 22 of 2.B: slow handlers neither block enquire_link nor take all memory; what is too much is throttled."""
    gate = Gate()
    bounded = Settings(handlers=3, backlog=4, close_timeout=0.3)
    async with pair(smsc={SubmitSm: gate}, smsc_settings=bounded, settings=Settings(window=20)) as ends:
        calls = [asyncio.ensure_future(ends.esme.submit_sm(SubmitSm(destination_addr=str(each)))) for each in range(10)]
        await gate.full.wait()
        await ends.esme.enquire_link(timeout=5)
        throttled = await asyncio.gather(*calls[7:], return_exceptions=True)
        assert [getattr(each, "status", None) for each in throttled] == [CommandStatus.ESME_RTHROTTLED] * 3
        assert gate.order == ["0", "1", "2"]
        gate.open.set()
        await asyncio.gather(*calls[:7])
        assert gate.most == 3
        assert gate.order == list("0123456")


async def test_too_much_for_an_esme_is_to_come_again() -> None:
    gate = Gate()
    bounded = Settings(handlers=1, backlog=0, close_timeout=0.3)
    async with pair(esme={DeliverSm: gate_for_deliveries(gate)}, settings=bounded) as ends:
        first = asyncio.ensure_future(ends.peer.deliver_sm(DeliverSm()))
        second = asyncio.ensure_future(ends.peer.deliver_sm(DeliverSm()))
        with pytest.raises(Refused) as caught:
            await second
        assert caught.value.status == CommandStatus.ESME_RX_T_APPN
        gate.open.set()
        await first


def gate_for_deliveries(gate: Gate) -> Callable[[Esme, DeliverSm], Awaitable[None]]:
    return lambda esme, pdu: gate(esme, SubmitSm(destination_addr="d"))


async def test_a_handler_may_await_a_request_on_its_own_link() -> None:
    """With one handler at a time, a window of one, and as many of them waiting as there are: no deadlock."""
    tight = Settings(handlers=1, window=1, close_timeout=0.3)

    async def on_submit(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        answer = await peer.deliver_sm(DeliverSm(short_message=pdu.destination_addr.encode()), timeout=5)
        return SubmitSmResp(message_id=f"status {answer.command_status}")

    async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
        await esme.enquire_link(timeout=5)

    async with pair(
        smsc={SubmitSm: on_submit}, esme={DeliverSm: on_deliver}, settings=tight, smsc_settings=tight
    ) as ends:
        answers = await asyncio.gather(*(ends.esme.submit_sm(SUBMIT, timeout=5) for _ in range(20)))
        assert {each.message_id for each in answers} == {"status 0"}


async def test_a_handler_may_close_its_own_link() -> None:
    closed = asyncio.Event()

    async def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
        await esme.close()
        closed.set()

    async with pair(esme={DeliverSm: on_deliver}) as ends:
        delivery = asyncio.ensure_future(ends.peer.deliver_sm(DeliverSm()))
        await closed.wait()
        await asyncio.gather(delivery, return_exceptions=True)


async def test_an_error_in_a_callback_does_not_end_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("callback")

    async with pair() as ends:
        ends.esme._connection.on_notice = fail
        ends.peer._connection.on_notice = fail
        ends.peer._connection.session.receive(b"", 0)
        with pytest.raises(Refused):
            await ends.esme.submit_sm(SUBMIT)
        ends.esme._connection.session.notices.append(ends.smsc_notices[0])
        with pytest.raises(Refused):
            await ends.esme.submit_sm(SUBMIT)
        await ends.esme.enquire_link(timeout=5)
    assert "callback" in caplog.text
