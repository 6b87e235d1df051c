"""Lost, doubled or overtaken messages (FIELD: 4, 17, 18, 27): what becomes of calls while a link is or goes down."""

import asyncio
import time
from typing import Any

import pytest
from wire.ends import QUICK, RawSmsc, header, url

from smppcore.backoff import BackoffSettings, Failure
from smppcore.calls import still_waiting
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import EncodeError, NotSent, OutcomeUnknown, Refused, StateError
from smppcore.link import Link
from smppcore.notice import Finished
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.smsc import Peer

from .carrier import SOON, Carrier, answer_all, link_to, read_submit, submit, until, verdict

NARROW = Settings(window=2, response_timeout=10, close_timeout=0.3)
AGAIN = Retry(tries=5, first=0.005, longest=0.01, unknown=True)


async def test_calls_made_while_down_are_answered_in_their_order() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        async with link_to(carrier.port) as link:
            calls = [link.begin_request(submit(number)) for number in range(50)]
            assert link.waiting == 50
            await carrier.start()
            responses = [await call for call in calls]
    assert carrier.seen == [str(number) for number in range(50)]
    assert [response.message_id for response in responses] == [f"id{number}" for number in range(50)]


async def test_what_waits_for_the_window_of_a_dying_connection_goes_on_in_its_place() -> None:
    with RawSmsc() as smsc:
        async with link_to(smsc.port, settings=NARROW) as link:
            calls = [link.begin_request(submit(number)) for number in range(6)]
            with await smsc.accept() as raw:
                await raw.accept_bind()
                assert [(await read_submit(raw))[0] for _ in range(2)] == ["0", "1"]
            await until(lambda: link.state != "up")
            calls += [link.begin_request(submit(number)) for number in range(6, 9)]
            with await smsc.accept() as raw:
                await raw.accept_bind()
                assert await answer_all(raw, 7) == [str(number) for number in range(2, 9)]
                assert [await verdict(call) for call in calls] == [OutcomeUnknown] * 2 + [SubmitSmResp] * 7


async def test_what_was_queued_but_not_written_goes_on_before_what_waits() -> None:
    """The connection is lost in the turn in which the calls are made: not one octet of them has left."""
    with RawSmsc() as smsc:
        async with link_to(smsc.port, settings=NARROW) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                esme = await link.wait_up()
                calls = [link.begin_request(submit(number)) for number in range(4)]
                transport = esme._connection._transport
                esme._connection.connection_lost(ConnectionResetError())
                assert transport is not None
                transport.abort()
                calls.append(link.begin_request(submit(4)))
            with await smsc.accept() as raw:
                await raw.accept_bind()
                assert await answer_all(raw, 5) == ["0", "1", "2", "3", "4"]
                assert [await verdict(call) for call in calls] == [SubmitSmResp] * 5


@pytest.mark.parametrize("way", ["silence", "abort"])
async def test_nobody_overtakes_what_waits_on_a_connection_that_is_being_dropped(way: str) -> None:
    """Between the decision to drop a connection and its end the event loop turns, and calls are made."""
    with RawSmsc() as smsc:
        async with link_to(smsc.port, settings=NARROW) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                esme = await link.wait_up()
                calls = [link.begin_request(submit(number)) for number in range(5)]
                assert [(await read_submit(raw))[0] for _ in range(2)] == ["0", "1"]
                if way == "abort":
                    esme.abort()
                else:
                    esme._connection.session._finish(Finished("no answer to enquire_link", abort=True))
                    esme._connection._take_notices()
                calls += [link.begin_request(submit(number)) for number in range(5, 8)]
            with await smsc.accept() as raw:
                await raw.accept_bind()
                assert await answer_all(raw, 6) == [str(number) for number in range(2, 8)]
                assert [await verdict(call) for call in calls] == [OutcomeUnknown] * 2 + [SubmitSmResp] * 6


async def test_calls_made_while_the_peer_unbinds_go_to_the_next_connection() -> None:
    with RawSmsc() as smsc:
        async with link_to(smsc.port) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await link.wait_up()
                await raw.send(bytes.fromhex("00000010 00000006 00000000 00000001"))
                assert (await raw.header())[0] == 0x80000006
                call = link.begin_request(submit(1))
                assert link.waiting == 1
            with await smsc.accept() as raw:
                await raw.accept_bind()
                assert await answer_all(raw, 1) == ["1"]
                assert await verdict(call) is SubmitSmResp


async def test_what_was_sent_and_not_answered_is_unknown_and_is_not_sent_again() -> None:
    with RawSmsc() as smsc:
        async with link_to(smsc.port) as link:
            first = link.begin_request(submit(1))
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await read_submit(raw)
            with pytest.raises(OutcomeUnknown):
                await first
            second = link.begin_request(submit(2))
            with await smsc.accept() as raw:
                await raw.accept_bind()
                assert await answer_all(raw, 1) == ["2"]
                assert await verdict(second) is SubmitSmResp


async def test_what_is_unknown_is_sent_again_by_choice() -> None:
    with RawSmsc() as smsc:
        async with link_to(smsc.port) as link:
            call = asyncio.ensure_future(link.submit_sm(submit(1), retry=AGAIN))
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await read_submit(raw)
            with await smsc.accept() as raw:
                await raw.accept_bind()
                assert await answer_all(raw, 1) == ["1"]
                assert (await call).message_id == "id1"


async def test_the_policy_of_the_link_holds_for_calls_that_name_none() -> None:
    """FIELD 18: only what was refused for now is tried again, the rest goes on."""
    refusals = iter([CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL, 0])

    def sometimes(peer: Peer, pdu: SubmitSm) -> int | SubmitSmResp:
        return next(refusals) if pdu.destination_addr == "1" else SubmitSmResp(message_id="x")

    async with Carrier(sometimes) as carrier, link_to(carrier.port, retry=AGAIN) as link:
        await asyncio.gather(link.submit_sm(submit(1)), link.submit_sm(submit(2)))
        assert carrier.seen == ["1", "2", "1", "1"]


async def test_a_verdict_over_several_attempts_never_says_not_sent_of_what_was() -> None:
    """The first attempt may have been acted on; that the second did not leave is no comfort."""
    with RawSmsc() as smsc:
        async with link_to(smsc.port) as link:
            call = asyncio.ensure_future(link.submit_sm(submit(1), retry=AGAIN, expiry=1.0))
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await read_submit(raw)
            assert await verdict(call) is OutcomeUnknown


async def test_what_was_refused_once_and_then_not_sent_is_refused() -> None:
    with RawSmsc() as smsc:
        async with link_to(smsc.port, backoff=BackoffSettings(), fail_fast=True) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await link.wait_up()
                call = asyncio.ensure_future(link.submit_sm(submit(1), retry=Retry(first=0.02, longest=0.02)))
                _, number = await read_submit(raw)
                await raw.send(header(CommandId.SUBMIT_SM_RESP, number, CommandStatus.ESME_RTHROTTLED))
            assert await verdict(call) is Refused


async def test_a_call_cancelled_while_down_never_leaves() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        async with link_to(carrier.port) as link:
            calls = [asyncio.ensure_future(link.submit_sm(submit(number))) for number in range(3)]
            await asyncio.sleep(0)
            calls[1].cancel()
            await carrier.start()
            assert [await verdict(calls[0]), await verdict(calls[2])] == [SubmitSmResp] * 2
    assert carrier.seen == ["0", "2"]


async def test_the_timeout_of_a_call_covers_the_time_without_a_link() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        async with link_to(carrier.port) as link:
            with pytest.raises(NotSent, match=r"the link is \w+.* within 0.02 s"):
                await link.submit_sm(submit(1), timeout=0.02)
            assert link.waiting == 0


async def test_a_code_that_has_expired_never_leaves() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        async with link_to(carrier.port) as link:
            call = asyncio.ensure_future(link.submit_sm(submit("code"), expiry=0.02))
            assert await verdict(call) is NotSent
            await carrier.start()
            await link.submit_sm(submit("other"))
    assert carrier.seen == ["other"]


async def test_a_code_does_not_leave_too_late_though_the_loop_was_held_up() -> None:
    """The answer that makes room and the expiry are there at once: the expiry counts."""
    settings = Settings(window=1, response_timeout=10, close_timeout=0.3)
    with RawSmsc() as smsc:
        async with link_to(smsc.port, settings=settings) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                first = link.begin_request(submit("first"))
                code = asyncio.ensure_future(link.submit_sm(submit("code"), expiry=0.03))
                _, number = await read_submit(raw)
                assert raw.socket.send(SubmitSmResp(message_id="1").encode(number))
                time.sleep(0.05)  # noqa: ASYNC251  # somebody else's mistake
                assert await verdict(code) is NotSent
                assert await verdict(first) is SubmitSmResp
                last = link.begin_request(submit("last"))
                assert await answer_all(raw, 1) == ["last"]
                await last


async def test_a_code_whose_turn_comes_too_late_does_not_leave() -> None:
    with RawSmsc() as smsc:
        async with link_to(smsc.port) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                first = asyncio.ensure_future(link.submit_sm(submit(1), order="one"))
                await asyncio.sleep(0)
                code = asyncio.ensure_future(link.submit_sm(submit("code"), order="one", expiry=0.01))
                name, number = await read_submit(raw)
                await asyncio.wait([code], timeout=0.03)
                await raw.send(SubmitSmResp(message_id="1").encode(number))
                assert (name, await verdict(first), await verdict(code)) == ("1", SubmitSmResp, NotSent)


async def test_only_so_many_calls_wait() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        async with link_to(carrier.port, queue=2) as link:
            calls = [asyncio.ensure_future(link.submit_sm(submit(number))) for number in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(NotSent, match="2 calls wait for it already"):
                await link.submit_sm(submit(2))
            calls[0].cancel()
            await asyncio.sleep(0)
            third = link.begin_request(submit(3))
            await carrier.start()
            assert [await verdict(calls[1]), await verdict(third)] == [SubmitSmResp] * 2
    assert carrier.seen == ["1", "3"]


async def test_calls_that_find_the_queue_full_do_not_each_look_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand calls take milliseconds to look through: senders that go on would take the whole loop."""
    looked: list[int] = []

    def counted(calls: Any, *rest: Any) -> Any:
        looked.append(len(calls))
        return still_waiting(calls, *rest)

    monkeypatch.setattr("smppcore.held.still_waiting", counted)
    async with link_to(1, backoff=BackoffSettings(), queue=500) as link:
        calls = [link.begin_request(submit(number)) for number in range(1000)]
        assert [type(call.exception()) for call in calls[500:]] == [NotSent] * 500
        assert 0 < len(looked) < 10
    assert [await verdict(call) for call in calls[:500]] == [NotSent] * 500


async def test_fail_fast_does_not_wait_for_a_link() -> None:
    with RawSmsc() as smsc:
        async with link_to(smsc.port, settings=NARROW, fail_fast=True) as link:
            with pytest.raises(NotSent, match="the link is"):
                await link.submit_sm(submit(1))
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await link.wait_up()
                calls = [link.begin_request(submit(number)) for number in range(4)]
                await read_submit(raw)
            assert [await verdict(call) for call in calls] == [OutcomeUnknown] * 2 + [NotSent] * 2


async def test_an_expiry_of_nothing_is_fail_fast_for_one_call() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        async with link_to(carrier.port) as link:
            with pytest.raises(NotSent, match="the link is"):
                await link.submit_sm(submit(1), expiry=0)
            await carrier.start()
            await link.wait_up()
            await link.submit_sm(submit(2), expiry=0)
            await link.submit_sm(submit(3), expiry=0, order="one")
    assert carrier.seen == ["2", "3"]


async def test_without_a_timeout_a_call_waits_for_as_long_as_it_takes() -> None:
    settings = Settings(response_timeout=None, close_timeout=0.3)
    async with Carrier() as carrier:
        await carrier.crash()
        async with link_to(carrier.port, settings=settings) as link:
            call = link.begin_request(submit(1))
            await until(lambda: link.attempts > 2)
            await carrier.start()
            assert (await call).message_id == "id1"


async def test_calls_before_the_start_and_after_the_close_are_not_sent() -> None:
    async with Carrier() as carrier:
        link = link_to(carrier.port)
        with pytest.raises(NotSent, match="was not started"):
            await link.submit_sm(submit(1))
        async with link:
            await link.wait_up()
        with pytest.raises(NotSent, match="the link is closed"):
            await link.submit_sm(submit(2))
        with pytest.raises(NotSent, match="the link is closed"):
            await link.enquire_link()
    assert carrier.seen == []


async def test_what_waits_when_a_link_gives_up_is_not_sent() -> None:
    async with Carrier() as carrier:
        link = Link(url(carrier.port, "wrong"), settings=QUICK, give_up_on=[Failure.CREDENTIALS])
        async with link:
            with pytest.raises(NotSent, match="given up"):
                await link.submit_sm(submit(1))


async def test_what_cannot_be_sent_at_all_says_so_on_a_link_too() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        async with link_to(carrier.port, bind="receiver") as receiver, link_to(carrier.port) as link:
            misplaced, misfit = receiver.begin_request(submit(1)), link.begin_request(submit("9" * 30))
            await carrier.start()
            assert await verdict(misplaced) is StateError
            assert await verdict(misfit) is EncodeError


async def test_the_parts_of_a_text_survive_a_crash() -> None:
    async with Carrier() as carrier, link_to(carrier.port) as link:
        await link.wait_up()
        await carrier.crash()
        await until(lambda: link.esme is None)
        sending = asyncio.ensure_future(link.send("x" * 400, to="+46701234567"))
        await carrier.start()
        assert len((await sending).message_ids) == 3


async def test_order_is_kept_where_a_message_is_tried_again() -> None:
    refusals = iter([CommandStatus.ESME_RTHROTTLED, 0, 0, 0])

    def sometimes(peer: Peer, pdu: SubmitSm) -> int:
        return next(refusals)

    async with Carrier(sometimes) as carrier, link_to(carrier.port, retry=AGAIN) as link:
        await asyncio.gather(*(link.submit_sm(submit(number), order="one") for number in range(3)))
    assert carrier.seen == ["0", "0", "1", "2"]


async def test_a_call_that_waits_for_its_next_attempt_ends_with_the_link() -> None:
    def throttled(*_: Any) -> int:
        return CommandStatus.ESME_RTHROTTLED

    async with Carrier(throttled) as carrier:
        async with link_to(carrier.port, backoff=SOON) as link:
            call = asyncio.ensure_future(link.submit_sm(submit(1), retry=Retry(first=30, longest=30)))
            await until(lambda: carrier.seen)
            await link.enquire_link()
        async with asyncio.timeout(10):
            assert await verdict(call) is Refused


async def test_what_is_no_request_is_refused_while_the_link_is_down() -> None:
    """It would end the task that keeps the link."""
    async with Carrier() as carrier:
        await carrier.crash()
        wrong: Any = "a text"
        async with link_to(carrier.port) as link:
            with pytest.raises(TypeError, match="not str"):
                await link.request(wrong)
            await carrier.start()
            assert (await link.submit_sm(submit(1))).message_id == "id1"
