"""``await sent.receipt()``: one outcome for all parts of a text, whatever becomes of them."""

import asyncio
from typing import Any

import pytest

from smppcore.constants import CommandStatus
from smppcore.errors import NotSent, OutcomeUnknown, Refused
from smppcore.notice import LateAnswer
from smppcore.pdu import SubmitSmResp
from smppcore.retry import Retry
from smppcore.sent import Sent

from .desk import NUMBER, MakeStore, Process, receipt, until

LONG = "0123456789" * 40  # three segments


async def send(process: Process, *answers: str | Exception, text: str = LONG, **options: Any) -> Sent:
    """Send a text whose segments are answered with these message ids or errors."""
    sending = asyncio.ensure_future(process.link.send(text, to=NUMBER, receipt=True, **options))
    for answer, (_, wire) in zip(answers, await process.link.until_asked(len(answers)), strict=True):
        if isinstance(answer, str):
            wire.set_result(SubmitSmResp(message_id=answer))
        else:
            wire.set_exception(answer)
    return await sending


def refused() -> Refused:
    return Refused(SubmitSmResp(command_status=CommandStatus.ESME_RINVDSTADR), SubmitSmResp())


async def states(sent: Sent, timeout: float | None = None) -> tuple[str, list[str]]:
    outcome = await sent.receipt(timeout)
    return outcome.state, [part.state for part in outcome.parts]


async def test_all_parts_of_a_long_message_are_one_outcome(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        sent = await send(process, "1", "2", "3")
        waiting = asyncio.ensure_future(sent.receipt())
        for message_id in ("2", "3"):
            await process.deliver(receipt(message_id))
        await process.deliver(receipt("1", 1))  # on its way
        await asyncio.sleep(0)
        assert not waiting.done()
        await process.deliver(receipt("1"))
        outcome = await waiting
    assert (outcome.state, outcome.delivered, len(outcome.receipts)) == ("delivered", True, 3)
    assert [(told.message.part, told.message.parts) for told in process.receipts] == [(2, 3), (3, 3), (1, 3), (1, 3)]


async def test_receipts_that_come_before_send_returns_count(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        sending = asyncio.ensure_future(process.link.send("Hello", to=NUMBER, receipt=True))
        [(_, wire)] = await process.link.until_asked()
        await process.deliver(receipt("1"))
        wire.set_result(SubmitSmResp(message_id="1"))
        await until(lambda: len(process.receipts) == 1)
        assert await states(await sending) == ("delivered", ["delivered"])


@pytest.mark.parametrize(
    ("second", "third", "expected"),
    [
        (2, 5, ("partly", ["delivered", "delivered", "failed"])),
        (2, 7, ("unknown", ["delivered", "delivered", "unknown"])),
        (2, 6, ("unknown", ["delivered", "delivered", "unknown"])),
        (3, 4, ("partly", ["delivered", "failed", "failed"])),
    ],
)
async def test_the_states_of_the_parts_decide(make_store: MakeStore, second: int, third: int, expected: Any) -> None:
    async with Process(make_store) as process:
        process.link.settings = type(process.link.settings)(final_states=frozenset(range(2, 10)))
        sent = await send(process, "1", "2", "3")
        for message_id, state in (("1", 2), ("2", second), ("3", third)):
            await process.deliver(receipt(message_id, state))
        assert await states(sent) == expected


async def test_a_part_that_was_refused_is_not_waited_for(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        sent = await send(process, "1", refused(), NotSent("it was not its turn", SubmitSmResp()))
        await process.deliver(receipt("1", 5))
        outcome = await sent.receipt()
    assert (outcome.state, [part.state for part in outcome.parts]) == ("failed", ["failed", "refused", "refused"])
    assert isinstance(outcome.parts[1].error, Refused)


async def test_a_part_without_an_answer_is_unknown_until_the_answer_comes_late(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        sending = asyncio.ensure_future(process.link.send(LONG, to=NUMBER, receipt=True))
        asked = await process.link.until_asked(3)
        asked[0][1].set_exception(OutcomeUnknown("no answer in time", asked[0][0], 9))
        for message_id, (_, wire) in zip("23", asked[1:], strict=True):
            wire.set_result(SubmitSmResp(message_id=message_id))
        sent = await sending
        for message_id in "23":
            await process.deliver(receipt(message_id))
        assert await states(sent) == ("unknown", ["unknown", "delivered", "delivered"])
        process.correlation.noticed(LateAnswer(SubmitSmResp(message_id="1"), asked[0][0]))
        with pytest.raises(TimeoutError):
            await sent.receipt(0)
        await process.deliver(receipt("1"))
        assert await states(sent) == ("delivered", ["delivered"] * 3)


async def test_a_late_answer_may_say_that_it_was_refused(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        sending = asyncio.ensure_future(process.link.send(LONG, to=NUMBER, receipt=True))
        asked = await process.link.until_asked(3)
        for message_id, (pdu, wire) in zip("123", asked, strict=True):
            if message_id == "1":
                wire.set_exception(OutcomeUnknown("no answer in time", pdu, 9))
            else:
                wire.set_result(SubmitSmResp(message_id=message_id))
        sent = await sending
        process.correlation.noticed(LateAnswer(SubmitSmResp(command_status=8), asked[0][0]))
        for message_id in "23":
            await process.deliver(receipt(message_id))
        assert await states(sent) == ("partly", ["refused", "delivered", "delivered"])


async def test_of_several_attempts_one_may_have_been_acted_on(make_store: MakeStore) -> None:
    """The last attempt was refused, an earlier one had no answer: whether the SMSC has the message is not known."""
    async with Process(make_store) as process:
        retry = Retry(first=0.001, tries=2, unknown=True)
        sending = asyncio.ensure_future(process.link.send(LONG, to=NUMBER, receipt=True, retry=retry))
        asked = await process.link.until_asked(3)
        for message_id, (pdu, wire) in zip("123", asked, strict=True):
            if message_id == "2":
                wire.set_exception(OutcomeUnknown("no answer", pdu, 1))
            else:
                wire.set_result(SubmitSmResp(message_id=message_id))
        [(_, wire)] = await process.link.until_asked()
        wire.set_exception(refused())
        sent = await sending
        for message_id in "13":
            await process.deliver(receipt(message_id))
        assert await states(sent) == ("unknown", ["delivered", "unknown", "delivered"])


async def test_a_response_without_an_id_has_an_outcome_too(make_store: MakeStore) -> None:
    """Some SMSCs give no id to any part but the last."""
    async with Process(make_store) as process:
        sent = await send(process, "", "", "3")
        await process.deliver(receipt("3"))
        assert await states(sent) == ("unknown", ["unknown", "unknown", "delivered"])


async def test_only_the_timeout_raises_and_waiting_may_go_on(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        sent = await send(process, "1", text="Hello")
        with pytest.raises(TimeoutError):
            await sent.receipt(timeout=0)
        await process.deliver(receipt("1"))
        assert await states(sent, timeout=0) == ("delivered", ["delivered"])


async def test_a_receipt_that_never_comes_ends_the_waiting_when_it_has_expired(make_store: MakeStore) -> None:
    async with Process(make_store, keep=100) as process:
        sent = await send(process, "1", text="Hello")
        await process.pass_time(101)
        assert await states(sent) == ("unknown", ["unknown"])


async def test_who_waits_when_the_link_closes_is_told_that_nothing_is_known(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        sent = await send(process, "1", text="Hello")
        waiting = asyncio.ensure_future(sent.receipt())
        await asyncio.sleep(0)
    assert (await waiting).state == "unknown"


async def test_the_receipt_may_come_to_another_process(make_store: MakeStore) -> None:
    async with Process(make_store) as one, Process(make_store) as other:
        if one.correlation._submissions.at_once:
            return  # a store in memory has no other process
        sent = await send(one, "1", text="Hello")
        await other.deliver(receipt("1"))
        await one.correlation.look()
        assert await states(sent) == ("delivered", ["delivered"])


async def test_nothing_is_kept_for_those_who_do_not_wait(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await send(process, "1", text="Hello")
        await until(lambda: len(process.correlation._submissions.watches) == 0)
        await process.deliver(receipt("1"))
    assert process.states == [("1", 2)]


async def test_without_a_correlation_there_is_nothing_to_wait_for() -> None:
    with pytest.raises(RuntimeError, match="no receipt can be waited for"):
        await Sent(()).receipt()


async def test_what_asks_for_no_receipt_has_none_to_wait_for(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        sending = asyncio.ensure_future(process.link.send("Hello", to=NUMBER))
        [(_, wire)] = await process.link.until_asked()
        wire.set_result(SubmitSmResp(message_id="1"))
        with pytest.raises(RuntimeError):
            await (await sending).receipt()
