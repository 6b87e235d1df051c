"""What middleware does with what comes in, and how it learns what was answered."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from wire.ends import QUICK, SUBMIT

from smppcore import (
    UNHANDLED,
    Account,
    AlertNotification,
    CommandStatus,
    DeliverSm,
    DeliverSmResp,
    Drop,
    GenericNack,
    Middleware,
    Pdu,
    Peer,
    QuerySm,
    Refuse,
    Refused,
    Requests,
    Response,
    Settings,
    SubmitSm,
    SubmitSmResp,
    Unhandled,
    connect,
)
from smppcore.incoming import Streams

from .hooked import Coming, Hooked, Witness, hooked

SOURCE = replace(SUBMIT, source_addr="hook")
RSYSERR, RINVDSTADR = CommandStatus.ESME_RSYSERR, CommandStatus.ESME_RINVDSTADR


class Desk:
    """A handler that notes what comes, and answers with its source as message_id."""

    def __init__(self) -> None:
        self.came: list[SubmitSm] = []

    def __call__(self, peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        self.came.append(pdu)
        return SubmitSmResp(message_id=pdu.source_addr)


def with_source(pdu: Any) -> Any:
    return replace(pdu, source_addr="hook") if isinstance(pdu, SubmitSm) else None


async def status_of(ends: Hooked) -> int:
    try:
        return (await ends.esme.submit_sm(SUBMIT)).command_status
    except Refused as refused:
        return refused.status


# -- altering


@pytest.mark.parametrize("way", ["sync", "async", "iterator", "by hand"])
async def test_another_pdu_is_handed_on_and_its_answer_is_that_of_the_one_that_came(way: str) -> None:
    seen: list[Pdu] = []

    async def later(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        seen.append(pdu)
        await asyncio.sleep(0)
        return SubmitSmResp(message_id="m")

    def now(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        seen.append(pdu)
        return SubmitSmResp(message_id="m")

    handlers: dict[str, dict[type[Any], Any]] = {"sync": {SubmitSm: now}, "async": {SubmitSm: later}}
    witness = Witness()
    async with hooked(smsc=[witness, Coming(with_source)], on_submit=handlers.get(way)) as ends:
        call = ends.esme.begin_request(SUBMIT)
        if way not in handlers:
            stream = ends.peer.incoming()
            pdu = await anext(stream)
            seen.append(pdu)
            assert ends.peer.owes(pdu)
            answer = ends.peer.answer if way == "by hand" else lambda _, response: stream.answer(response)
            answer(pdu, SubmitSmResp(message_id="m"))
            assert not ends.peer.owes(pdu)
        assert (await call).message_id == "m"
    assert seen == [SOURCE]
    assert witness.notes == ["inbound", "answered"]
    assert witness.seen[0] is witness.seen[1] is seen[0]
    assert ends.peer.unanswered == 0


async def test_the_pdu_that_came_may_be_answered_too() -> None:
    came: list[Pdu] = []

    class Keeper(Middleware):
        def inbound(self, end: Requests, pdu: Pdu) -> Pdu:
            came.append(pdu)
            return with_source(pdu)  # type: ignore[no-any-return]

    witness = Witness()
    async with hooked(smsc=[witness, Keeper()]) as ends:
        stream = ends.peer.incoming()
        call = ends.esme.begin_request(SUBMIT)
        altered = await anext(stream)
        assert ends.peer.owes(came[0])
        assert ends.peer.owes(altered)
        ends.peer.answer(came[0], SubmitSmResp(message_id="m"))
        assert not ends.peer.owes(altered)
        assert (await call).message_id == "m"
    assert witness.notes == ["inbound", "answered"]


async def test_one_pdu_for_several_that_came_is_answered_for_each() -> None:
    gate = asyncio.Event()
    seen: list[int] = []

    async def handler(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        seen.append(id(pdu))
        await gate.wait()
        return SubmitSmResp(message_id=f"m{seen.index(id(pdu))}")

    async with hooked(smsc=[Coming(SOURCE)], on_submit={SubmitSm: handler}) as ends:
        calls = [ends.esme.begin_request(SUBMIT) for _ in range(3)]
        await ends.esme.enquire_link()
        gate.set()
        assert [(await call).message_id for call in calls] == ["m0", "m1", "m2"]


async def test_a_pdu_may_be_altered_in_place() -> None:
    class Cleaner(Middleware):
        def inbound(self, end: Requests, pdu: Pdu) -> None:
            if isinstance(pdu, SubmitSm):
                pdu.source_addr = "hook"

    desk = Desk()
    async with hooked(smsc=[Cleaner()], on_submit={SubmitSm: desk}) as ends:
        assert (await ends.esme.submit_sm(SUBMIT)).message_id == "hook"
    assert desk.came == [SOURCE]


# -- answering in place of the application

ANSWERS: dict[str, tuple[Any, int]] = {
    "a response": (SubmitSmResp(message_id="m"), 0),
    "a response with a status": (SubmitSmResp(command_status=RINVDSTADR, header_only=True), RINVDSTADR),
    "generic_nack": (GenericNack(command_status=RINVDSTADR), RINVDSTADR),
    "a status": (RINVDSTADR, RINVDSTADR),
    "success": (0, 0),
    "a drop": (Drop("an echo"), 0),
    "Refuse": (lambda pdu: Refuse(RINVDSTADR), RINVDSTADR),
}


@pytest.mark.parametrize(("decision", "status"), ANSWERS.values(), ids=ANSWERS)
async def test_what_a_hook_answers_no_handler_sees(decision: Any, status: int) -> None:
    desk, witness = Desk(), Witness()
    async with hooked(smsc=[Witness(), Coming(decision), witness], on_submit={SubmitSm: desk}) as ends:
        assert await status_of(ends) == status
    assert desk.came == []
    assert witness.notes == ["inbound", "answered"]
    assert [each.command_status for each in witness.responses] == [status]


BAD: dict[str, Any] = {
    "an error": lambda pdu: ValueError("no"),
    "another command": QuerySm(),
    "the response to another command": DeliverSmResp(),
    "a text": "no",
    "true": True,
    "a status that is too large": 1 << 32,
    "a response that does not fit": SubmitSmResp(message_id="m" * 70),
}


@pytest.mark.parametrize("decision", BAD.values(), ids=BAD)
async def test_a_hook_that_fails_is_answered_as_a_handler_that_fails(
    decision: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk, witness = Desk(), Witness()
    async with hooked(smsc=[Coming(decision), witness], on_submit={SubmitSm: desk}) as ends:
        assert await status_of(ends) == RSYSERR
    assert desk.came == []
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == 1
    assert [each.command_status for each in witness.responses] == [RSYSERR]


async def test_an_esme_whose_hook_fails_wants_the_message_again() -> None:
    async with hooked(
        esme=[Coming(lambda pdu: ValueError("no"))], on_deliver={DeliverSm: lambda esme, pdu: None}
    ) as ends:
        with pytest.raises(Refused) as caught:
            await ends.peer.deliver_sm(DeliverSm())
    assert caught.value.status == CommandStatus.ESME_RX_T_APPN


async def test_what_has_no_answer_is_shown_and_may_be_held_back() -> None:
    alert = AlertNotification(source_addr="1", esme_addr="2")
    for decision, handled in ((None, [alert]), (Drop("not wanted"), []), (0, [])):
        witness = Witness()
        seen: list[Pdu] = []

        def on_alert(esme: Any, pdu: Pdu, seen: list[Pdu] = seen) -> None:
            seen.append(pdu)

        async with hooked(esme=[Coming(decision), witness], on_deliver={AlertNotification: on_alert}) as ends:
            ends.peer.alert_notification(alert)
            await ends.peer.enquire_link()
        assert witness.notes == ["inbound"]
        assert witness.seen == [alert]
        assert seen == handled


# -- what was answered


async def test_binds_and_the_traffic_of_the_session_are_not_shown() -> None:
    at_smsc, at_esme = Witness(), Witness()
    async with hooked(smsc=[at_smsc], esme=[at_esme]) as ends:
        await ends.esme.enquire_link()
        await ends.peer.enquire_link()
    assert at_smsc.notes == at_esme.notes == []


async def later(status: int) -> int:
    await asyncio.sleep(0)
    return status


async def failing() -> None:
    raise ValueError("no")


HANDLERS: dict[str, tuple[Callable[[Peer, SubmitSm], Any] | None, int]] = {
    "a handler": (lambda peer, pdu: SubmitSmResp(message_id="m"), 0),
    "a handler that takes its time": (lambda peer, pdu: later(RINVDSTADR), RINVDSTADR),
    "a handler that fails": (lambda peer, pdu: 1 // 0, RSYSERR),
    "a handler that fails later": (lambda peer, pdu: failing(), RSYSERR),
    "a bad answer": (lambda peer, pdu: SubmitSmResp(message_id="m" * 70), RSYSERR),
    "a bad answer later": (lambda peer, pdu: later(-1), RSYSERR),
    "no handler": (None, CommandStatus.ESME_RINVCMDID),
    "a handler that leaves it to others": (lambda peer, pdu: UNHANDLED, CommandStatus.ESME_RINVCMDID),
}


@pytest.mark.parametrize(("handler", "status"), HANDLERS.values(), ids=HANDLERS)
async def test_whatever_answers_it_is_told_once(handler: Any, status: int) -> None:
    witness = Witness()
    now = asyncio.get_running_loop().time
    async with hooked(smsc=[witness], on_submit={SubmitSm: handler} if handler else None) as ends:
        before = now()
        assert await status_of(ends) == status
        assert 0 <= witness.seconds[0] <= now() - before
    assert witness.notes == ["inbound", "answered"]
    assert witness.seen == [SUBMIT, SUBMIT]
    assert witness.ends == [ends.peer, ends.peer]
    assert [each.command_status for each in witness.responses] == [status]


async def test_what_is_too_much_is_told_as_well() -> None:
    witness, gate = Witness(), asyncio.Event()

    async def handler(peer: Peer, pdu: SubmitSm) -> None:
        await gate.wait()

    async with hooked(
        smsc=[witness], on_submit={SubmitSm: handler}, smsc_settings=replace(QUICK, handlers=1, backlog=1)
    ) as ends:
        calls = [ends.esme.begin_request(SUBMIT) for _ in range(3)]
        await asyncio.wait(calls[2:])
        gate.set()
        await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(each.command_status for each in witness.responses) == [0, 0, CommandStatus.ESME_RTHROTTLED]
    assert witness.notes.count("inbound") == witness.notes.count("answered") == 3


async def test_what_an_iterator_answers_is_told_once() -> None:
    """The next one asked for, one answered early, one answered when the iterator closes, one after it has."""
    witness = Witness()
    async with hooked(smsc=[witness, Coming(with_source)]) as ends:
        async with ends.peer.incoming() as stream:
            calls = [ends.esme.begin_request(SUBMIT) for _ in range(4)]
            await anext(stream)
            await anext(stream)
            stream.answer(RINVDSTADR)
            await anext(stream)
            await ends.esme.enquire_link()
        results = await asyncio.gather(*calls, status_of(ends), return_exceptions=True)
    statuses = [getattr(each, "status", 0) for each in results[:4]]
    assert statuses == [0, RINVDSTADR, RSYSERR, RSYSERR]
    assert results[4] == CommandStatus.ESME_RINVCMDID
    assert [each.command_status for each in witness.responses] == [*statuses, results[4]]


async def test_what_the_limits_of_an_account_refuse_is_told_though_nobody_saw_it() -> None:
    witness = Witness()
    limited = {"id": Account(password="secret", window=1)}
    gate = asyncio.Event()

    async def handler(peer: Peer, pdu: SubmitSm) -> None:
        await gate.wait()

    async with hooked(smsc=[witness], on_submit={SubmitSm: handler}, accounts=limited) as ends:
        first = ends.esme.begin_request(SUBMIT)
        assert await status_of(ends) == CommandStatus.ESME_RTHROTTLED
        gate.set()
        await first
        assert ends.smsc.usage("id").unanswered == 0
    assert witness.notes == ["inbound", "answered", "answered"]
    assert [each.command_status for each in witness.responses] == [CommandStatus.ESME_RTHROTTLED, 0]
    assert witness.seconds[0] == 0


async def test_the_limits_of_an_account_count_what_hooks_alter_and_answer() -> None:
    limited = {"id": Account(password="secret", window=2)}
    decisions: list[Any] = [with_source, 0, Drop("no"), lambda pdu: ValueError("no"), with_source] * 4

    def change(pdu: Pdu) -> Any:
        decision = decisions.pop()
        return decision(pdu) if callable(decision) else decision

    async with hooked(smsc=[Coming(change)], on_submit={SubmitSm: Desk()}, accounts=limited) as ends:
        statuses = [await status_of(ends) for _ in range(20)]
    assert statuses == [0, RSYSERR, 0, 0, 0] * 4
    assert ends.peer._unanswered == 0


async def test_what_cannot_be_answered_any_more_is_not_told() -> None:
    witness, gate, began = Witness(), asyncio.Event(), asyncio.Event()

    async def handler(peer: Peer, pdu: SubmitSm) -> None:
        began.set()
        await gate.wait()

    async with hooked(smsc=[witness, Coming(with_source)], on_submit={SubmitSm: handler}) as ends:
        call = ends.esme.begin_request(SUBMIT)
        await began.wait()
        ends.esme.abort()
        await ends.peer.wait_closed()
        gate.set()
        await asyncio.gather(call, return_exceptions=True)
        while ends.peer.handlers_running:  # noqa: ASYNC110  # it has no event
            await asyncio.sleep(0)
    assert witness.notes == ["inbound"]


async def test_an_observer_that_fails_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Middleware):
        def answered(self, end: Requests, pdu: Pdu, response: Response, seconds: float) -> None:
            raise ValueError("no disk")

    witness = Witness()
    async with hooked(smsc=[witness, Failing()], on_submit={SubmitSm: Desk()}) as ends:
        assert await status_of(ends) == 0
    assert witness.notes == ["inbound", "answered"]
    assert caplog.text.count("ValueError: no disk") == 1


# -- as part of a link, and UNHANDLED


async def test_of_a_link_the_hooks_get_the_link_and_see_only_what_comes_in() -> None:
    """What a link sends has passed its hooks before it comes to a connection."""
    from smppcore.middleware import Hooks

    witness, link = Witness(), Requests()
    async with hooked() as ends:
        connecting = connect(f"smpp://id:secret@127.0.0.1:{ends.smsc.port}")
        esme = await connecting.open(lambda each: each.serve(link, Streams({}), Hooks([witness])))
        [peer] = [each for each in ends.smsc.peers if each is not ends.peer]
        with pytest.raises(Refused):
            await peer.deliver_sm(DeliverSm())
        with pytest.raises(Refused):
            await esme.submit_sm(SUBMIT)
        await esme.close()
    assert witness.notes == ["inbound", "answered"]
    assert witness.ends == [link, link]
    assert esme._begin == esme._connection.request


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_a_handler_leaves_to_others_comes_to_an_iterator(way: str) -> None:
    """The handlers of a connection are not those of its link: an iterator of the link gets what they leave."""

    async def deferred() -> Unhandled:
        return UNHANDLED

    streams = Streams({})
    async with hooked() as ends:
        connecting = connect(
            f"smpp://id:secret@127.0.0.1:{ends.smsc.port}",
            handlers={DeliverSm: lambda link, pdu: deferred() if way == "async" else UNHANDLED},
            settings=Settings(backlog=1, close_timeout=0.3),
        )
        esme = await connecting.open(lambda each: each.serve(Requests(), streams))
        [peer] = [each for each in ends.smsc.peers if each is not ends.peer]
        with pytest.raises(Refused):
            await peer.deliver_sm(DeliverSm())
        stream = streams.incoming((DeliverSm,))
        call = peer.begin_request(DeliverSm(short_message=b"for you"))
        assert (await anext(stream)).short_message == b"for you"  # type: ignore[attr-defined]
        stream.answer()
        assert (await call).command_status == 0
        calls = [peer.begin_request(DeliverSm()) for _ in range(2)]
        with pytest.raises(Refused):  # only one may wait
            await calls[1]
        await esme.close()
        await asyncio.gather(*calls, return_exceptions=True)
