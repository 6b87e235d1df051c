"""What middleware does with the requests of an end: look on, alter, answer in its place, hold back."""

import asyncio
import gc
from dataclasses import replace
from typing import Any

import pytest
from wire.ends import QUICK, SUBMIT, RawSmsc

from smppcore import (
    CommandStatus,
    DeliverSm,
    DeliverSmResp,
    Drop,
    EncodeError,
    GenericNack,
    Middleware,
    NotSent,
    OutcomeUnknown,
    Peer,
    QuerySm,
    Refused,
    Request,
    Requests,
    Response,
    Retry,
    StateError,
    SubmitSm,
    SubmitSmResp,
)

from .hooked import Coming, Going, Outcome, Witness, hooked

THROTTLED = CommandStatus.ESME_RTHROTTLED


class Desk:
    """A handler that notes what comes, and answers with a message_id."""

    def __init__(self) -> None:
        self.came: list[SubmitSm] = []

    def __call__(self, peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        self.came.append(pdu)
        return SubmitSmResp(message_id=f"m{len(self.came)}")


class Waiting:
    """Takes the answer in place of a Future."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    def done(self) -> bool:
        return bool(self.got)

    def set_result(self, response: Any) -> None:
        self.got.append(response)

    def set_exception(self, error: BaseException) -> None:
        self.got.append(error)


def with_source(source: str) -> Going:
    return Going(lambda pdu: replace(pdu, source_addr=source))


async def test_without_hooks_nothing_is_in_the_way() -> None:
    for none in ([], [Middleware()]):
        async with hooked(esme=none, smsc=none) as ends:
            for end in (ends.esme, ends.peer):
                assert end._begin == end._connection.request
                assert end._connection.on_request == end._dispatcher.dispatch
                assert end._dispatcher.connection is end._connection
                assert not end.hooked


async def test_a_hook_one_way_leaves_the_other_way_as_it_is() -> None:
    async with hooked(esme=[Going(None)], smsc=[Coming(None)]) as ends:
        assert ends.esme._connection.on_request == ends.esme._dispatcher.dispatch
        assert ends.peer._begin == ends.peer._connection.request
        assert ends.esme.hooked
        assert ends.peer.hooked


async def test_another_pdu_leaves_in_place_of_the_callers_which_stays_as_it_was() -> None:
    desk, pdu = Desk(), SubmitSm(destination_addr="1", short_message=b"text")
    async with hooked(esme=[with_source("shop")], on_submit={SubmitSm: desk}) as ends:
        assert (await ends.esme.submit_sm(pdu)).message_id == "m1"
    assert desk.came == [SubmitSm(destination_addr="1", source_addr="shop", short_message=b"text")]
    assert pdu == SubmitSm(destination_addr="1", short_message=b"text")


async def test_a_response_of_a_hook_is_the_answer_and_nothing_leaves() -> None:
    desk, witness = Desk(), Witness()
    answer = SubmitSmResp(message_id="from here")
    async with hooked(esme=[witness, Going(answer)], on_submit={SubmitSm: desk}) as ends:
        assert await ends.esme.submit_sm(SUBMIT) is answer
        assert (await ends.esme.send("text", to="1")).parts[0].response is answer
    assert desk.came == []
    assert witness.outcomes == [answer, answer]


@pytest.mark.parametrize("answer", [SubmitSmResp(command_status=THROTTLED), GenericNack(command_status=THROTTLED)])
async def test_an_error_status_of_a_hook_is_a_refusal(answer: Response) -> None:
    desk, witness = Desk(), Witness()
    async with hooked(esme=[witness, Going(answer)], on_submit={SubmitSm: desk}) as ends:
        with pytest.raises(Refused, match="ESME_RTHROTTLED") as caught:
            await ends.esme.submit_sm(SUBMIT)
    assert (caught.value.response, caught.value.request) == (answer, SUBMIT)
    assert desk.came == []
    assert witness.outcomes == [caught.value]


async def test_what_a_hook_holds_back_was_not_sent_for_its_reason() -> None:
    desk, witness = Desk(), Witness()
    async with hooked(
        esme=[witness, Going(Drop("this number asked to be left alone"))], on_submit={SubmitSm: desk}
    ) as ends:
        with pytest.raises(NotSent) as caught:
            await ends.esme.submit_sm(SUBMIT)
    assert caught.value.reason == "this number asked to be left alone"
    assert desk.came == []
    assert witness.outcomes == [caught.value]


async def test_a_hook_that_fails_holds_its_request_back_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    failures = [ValueError("no table"), None]
    failing = Going(lambda pdu: _raise(failures.pop(0)))
    async with hooked(esme=[failing], on_submit={SubmitSm: Desk()}) as ends:
        with pytest.raises(NotSent, match=r"Going\.outbound failed: no table") as caught:
            await ends.esme.submit_sm(SUBMIT)
        assert (await ends.esme.submit_sm(SUBMIT)).message_id == "m1"
    assert type(caught.value.__cause__) is ValueError
    assert caplog.text.count("middleware failed") == 1


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error


BAD = {
    "another command": QuerySm(),
    "the response to another command": DeliverSmResp(),
    "a text": "no",
    "a status": 88,
    "true": True,
}


@pytest.mark.parametrize("decision", BAD.values(), ids=BAD)
async def test_what_is_no_decision_holds_the_request_back(decision: Any) -> None:
    desk = Desk()
    async with hooked(esme=[Going(decision)], on_submit={SubmitSm: desk}) as ends:
        with pytest.raises(NotSent) as caught:
            await ends.esme.submit_sm(SUBMIT)
    assert type(caught.value.__cause__) is TypeError
    assert desk.came == []


async def test_each_attempt_of_a_retried_call_passes_the_hooks() -> None:
    statuses = [THROTTLED, THROTTLED, 0]
    witness = Witness()
    async with hooked(esme=[witness], on_submit={SubmitSm: lambda peer, pdu: statuses.pop(0)}) as ends:
        await ends.esme.submit_sm(SUBMIT, retry=Retry(first=0.001))
    assert witness.notes == ["outbound", "verdict"] * 3
    assert [type(each) for each in witness.outcomes] == [Refused, Refused, SubmitSmResp]


async def test_every_way_to_ask_passes_the_hooks_and_session_traffic_does_not() -> None:
    at_esme, at_peer = Witness(), Witness()
    async with hooked(
        esme=[at_esme], smsc=[at_peer], on_submit={SubmitSm: Desk()}, on_deliver={DeliverSm: lambda esme, pdu: None}
    ) as ends:
        await ends.esme.submit_sm(SUBMIT)
        await ends.esme.request(SUBMIT, expiry=10)
        await ends.esme.begin_request(SUBMIT)
        await ends.esme.send("a" * 200, to="1")
        await ends.esme.enquire_link()
        await ends.peer.deliver_sm(DeliverSm())
        await ends.peer.enquire_link()
    assert [type(pdu) for pdu, note in zip(at_esme.seen, at_esme.notes, strict=True) if note == "outbound"] == [
        SubmitSm
    ] * 5
    assert [type(pdu) for pdu, note in zip(at_peer.seen, at_peer.notes, strict=True) if note == "outbound"] == [
        DeliverSm
    ]
    assert {type(pdu) for pdu in at_esme.seen + at_peer.seen} == {SubmitSm, DeliverSm}
    assert set(at_esme.ends) == {ends.esme}
    assert set(at_peer.ends) == {ends.peer}


# -- the verdict


class Closed(asyncio.Event):
    """A handler that answers once it is set."""

    async def __call__(self, peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        await self.wait()
        return SubmitSmResp(message_id="late")


async def test_the_verdict_is_told_before_the_caller_goes_on() -> None:
    order = []

    class Teller(Middleware):
        def verdict(self, end: Requests, pdu: Request[Any], verdict: Outcome, seconds: float) -> None:
            order.append("verdict")

    async with hooked(esme=[Teller()], on_submit={SubmitSm: Desk()}) as ends:
        await ends.esme.submit_sm(SUBMIT)
        order.append("caller")
        with pytest.raises(EncodeError):
            await ends.esme.submit_sm(SubmitSm(destination_addr="1" * 30))  # which is said at once
        order.append("caller")
        await asyncio.gather(ends.esme.submit_sm(SUBMIT), ends.esme.submit_sm(SUBMIT))
    assert order == ["verdict", "caller", "verdict", "caller", "verdict", "verdict"]


async def test_seconds_are_those_of_the_whole_attempt() -> None:
    witness, gate = Witness(), Closed()
    now = asyncio.get_running_loop().time
    async with hooked(esme=[witness], on_submit={SubmitSm: gate}) as ends:
        before = now()
        call = ends.esme.begin_request(SUBMIT)
        asked = now()
        await ends.esme.enquire_link()
        opened = now()
        gate.set()
        await call
        assert opened - asked <= witness.seconds[0] <= now() - before


async def test_a_request_that_cannot_be_sent_has_its_verdict() -> None:
    witness = Witness()
    async with hooked(esme=[witness], bind="receiver") as ends:
        with pytest.raises(StateError):
            await ends.esme.submit_sm(SUBMIT)
    with pytest.raises(NotSent):
        await ends.esme.submit_sm(SUBMIT)
    assert [type(each) for each in witness.outcomes] == [StateError, NotSent]


async def test_a_request_without_an_answer_has_its_verdict() -> None:
    witness = Witness()
    with RawSmsc() as smsc:
        async with smsc.bound(middleware=[witness]) as (esme, raw):
            with pytest.raises(OutcomeUnknown):
                await esme.submit_sm(SUBMIT, timeout=0.05)
            lost = esme.begin_request(SUBMIT)
            await raw.header()
            await raw.header()
            esme.abort()
            with pytest.raises(OutcomeUnknown):
                await lost
    assert [type(each) for each in witness.outcomes] == [OutcomeUnknown, OutcomeUnknown]
    assert witness.seconds[0] >= 0.04  # the clock of uvloop counts in milliseconds


async def test_a_call_that_nobody_waits_for_any_more_has_its_verdict_once() -> None:
    """One in flight, whose answer comes all the same, and one that waited for the window."""
    witness, gate = Witness(), Closed()
    async with hooked(esme=[witness], on_submit={SubmitSm: gate}, settings=replace(QUICK, window=1)) as ends:
        calls = [asyncio.create_task(ends.esme.submit_sm(SUBMIT)) for _ in range(2)]
        await ends.esme.enquire_link()
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        gate.set()
        await ends.esme.enquire_link()
        await ends.esme.submit_sm(SUBMIT)
    assert [type(each) for each in witness.outcomes] == [asyncio.CancelledError] * 2 + [SubmitSmResp]


async def test_who_only_looks_on_hides_no_error_that_nobody_looks_at() -> None:
    loop = asyncio.get_running_loop()
    reported: list[Any] = []
    handler = loop.get_exception_handler()
    async with hooked(esme=[Witness()]) as ends:
        loop.set_exception_handler(lambda _, context: reported.append(context["message"]))
        forgotten = ends.esme.begin_request(SUBMIT)
        await asyncio.wait([forgotten])
        del forgotten
        for _ in range(3):
            await asyncio.sleep(0)
        gc.collect()
        loop.set_exception_handler(handler)
    assert reported == ["Future exception was never retrieved"]


async def test_an_observer_that_fails_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Middleware):
        def verdict(self, end: Requests, pdu: Request[Any], verdict: Outcome, seconds: float) -> None:
            raise ValueError("no disk")

    witness = Witness()
    async with hooked(esme=[witness, Failing()], on_submit={SubmitSm: Desk()}) as ends:
        assert (await ends.esme.submit_sm(SUBMIT)).message_id == "m1"
    assert len(witness.outcomes) == 1
    assert caplog.text.count("ValueError: no disk") == 1


# -- who takes the answer in place of a Future


async def test_a_waiter_gets_its_answer_through_the_hooks() -> None:
    witness, desk = Witness(), Desk()
    async with hooked(esme=[witness, with_source("shop")], on_submit={SubmitSm: desk}) as ends:
        waiter, spoilt = Waiting(), Waiting()
        assert ends.esme.begin_request(SUBMIT, waiter=waiter) is waiter  # type: ignore[comparison-overlap]
        ends.esme.begin_request(SubmitSm(destination_addr="1" * 30), waiter=spoilt)
        await ends.esme.submit_sm(SUBMIT)
    assert [type(each) for each in waiter.got + spoilt.got] == [SubmitSmResp, EncodeError]
    assert desk.came[0].source_addr == "shop"
    assert [type(each) for each in witness.outcomes] == [EncodeError, SubmitSmResp, SubmitSmResp]


async def test_a_waiter_gets_what_a_hook_answers() -> None:
    answer = SubmitSmResp(message_id="from here")
    for decision, expected in ((answer, SubmitSmResp), (Drop("no"), NotSent)):
        waiter = Waiting()
        async with hooked(esme=[Going(decision)]) as ends:
            ends.esme.begin_request(SUBMIT, waiter=waiter)
        assert [type(each) for each in waiter.got] == [expected]


async def test_a_waiter_that_gives_up_by_itself_has_its_verdict_once() -> None:
    witness, gate = Witness(), Closed()
    async with hooked(esme=[witness], on_submit={SubmitSm: gate}) as ends:
        waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        ends.esme.begin_request(SUBMIT, waiter=waiter)
        await ends.esme.enquire_link()
        waiter.cancel()
        gate.set()
        await ends.esme.submit_sm(SUBMIT)
    assert [type(each) for each in witness.outcomes] == [asyncio.CancelledError, SubmitSmResp]


async def test_what_is_no_request_is_refused_where_it_is_asked() -> None:
    witness = Witness()
    async with hooked(esme=[witness]) as ends:
        with pytest.raises(TypeError, match="PDU with an answer"):
            await ends.esme.request(SubmitSmResp())  # type: ignore[arg-type]
    assert witness.notes == []


def test_what_is_no_middleware_is_refused_where_it_is_given() -> None:
    class Late(Middleware):
        async def outbound(self, end: Requests, pdu: Request[Any]) -> None:  # type: ignore[override]
            """A mistake that is easily made."""

    from smppcore.middleware import Hooks

    with pytest.raises(TypeError, match="no instance"):
        Hooks([Witness])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="coroutine"):
        Hooks([Late()])
