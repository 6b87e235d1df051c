"""Throttling, retries and expiry over real connections.

Rows 18 and 19 of 2.B of the field: throttling statuses that are not handled or stall the whole queue, rates that are
not kept, limits that count messages where carriers count segments; and codes that leave too late.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import NotSent, OutcomeUnknown, Refused
from smppcore.esme import Esme, connect
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.throttle import Throttle, ThrottleSettings
from smppcore.tlv import CONGESTION_STATE, MESSAGE_PAYLOAD
from wire.ends import ACCOUNTS, SUBMIT, RawConnection, RawSmsc, header, url

WIDE = Settings(window=1_000, close_timeout=0.3, response_timeout=30)
ROOMY = Settings(window=10, close_timeout=0.3, response_timeout=30)
AT_ONCE = 5.0
THROTTLED = CommandStatus.ESME_RTHROTTLED
QUEUE_FULL = CommandStatus.ESME_RMSGQFUL
SOON = Retry(tries=3, total=10, first=0.02, longest=0.02)


def named(name: int | str) -> SubmitSm:
    return SubmitSm(destination_addr=str(name))


def now() -> float:
    return asyncio.get_running_loop().time()


class Store:
    """An SMSC's side: what came and when, and a status for each."""

    def __init__(self, status: Callable[[str, int], int] = lambda name, times: 0) -> None:
        self.status = status
        self.came: list[str] = []
        self.times: list[float] = []

    def __call__(self, peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        self.came.append(pdu.destination_addr)
        self.times.append(now())
        status = self.status(pdu.destination_addr, self.came.count(pdu.destination_addr))
        return SubmitSmResp(message_id="m", command_status=status, header_only=bool(status))


@asynccontextmanager
async def throttled(
    store: Store, throttle: Throttle | ThrottleSettings | float | None, settings: Settings = WIDE
) -> AsyncIterator[tuple[Esme, Smsc]]:
    async with (
        Smsc(accounts=ACCOUNTS, handlers={SubmitSm: store}, settings=settings) as smsc,
        connect(url(smsc.port), settings=settings, throttle=throttle) as esme,
    ):
        yield esme, smsc


class TestRate:
    async def test_a_thousand_a_second_with_a_burst_of_one(self) -> None:
        """Within a few per cent, though no timer is as fine as that; a machine that stands still has more tries."""
        taken: list[float] = []
        while len(taken) < 4 and min(taken, default=9.0) >= 1.3:
            store = Store()
            async with throttled(store, 1_000.0) as (esme, _):
                assert esme.rate == 1_000
                begin = now()
                await asyncio.gather(*(esme.submit_sm(named(each)) for each in range(1_200)))
                taken.append(now() - begin)
                assert esme.waiting == esme.in_flight == 0
            assert store.came == [str(each) for each in range(1_200)]
            assert 1 + 1_000 * (taken[-1] + 0.02) >= 1_200, "never more than burst, rate and grain allow"
        assert min(taken) < 1.3, taken

    async def test_no_second_has_more_than_burst_and_rate_allow(self) -> None:
        store = Store()
        async with throttled(store, ThrottleSettings(rate=200, burst=20)) as (esme, _):
            begin = now()
            calls = [esme.begin_request(named(each)) for each in range(120)]
            assert esme.waiting <= 100, "the burst goes at once"
            await asyncio.gather(*calls)
        assert store.times[-1] - begin > 100 / 200 - 0.021

    async def test_segments_are_counted(self) -> None:
        """A text of three parts costs three, and so does a payload of three times 140 octets."""
        store = Store()
        async with throttled(store, ThrottleSettings(rate=100, burst=1)) as (esme, _):
            begin = now()
            await esme.send("x" * 400, to="46700000001")
            payload = named("9")
            payload.tlvs.append(MESSAGE_PAYLOAD(b"x" * 400))
            await esme.submit_sm(payload)
            await esme.submit_sm(named("9"))
            assert now() - begin > 6 / 100 - 0.021

    async def test_enquire_link_does_not_wait_for_the_throttle(self) -> None:
        with RawSmsc() as smsc:
            async with smsc.bound(settings=ROOMY, throttle=0.01) as (esme, raw):
                first, second = (asyncio.ensure_future(esme.submit_sm(SUBMIT)) for _ in range(2))
                link = asyncio.ensure_future(esme.enquire_link())
                assert [(await raw.header())[0] for _ in range(2)] == [CommandId.SUBMIT_SM, CommandId.ENQUIRE_LINK]
                assert (esme.waiting, esme.in_flight) == (1, 2)
                for call in (first, second, link):
                    call.cancel()

    async def test_two_that_share_one_have_the_rate_once_and_neither_starves(self) -> None:
        stores = Store(), Store()
        shared = Throttle(ThrottleSettings(rate=400, burst=1), now())
        async with throttled(stores[0], shared) as (one, _), throttled(stores[1], shared) as (other, _):
            calls = [esme.begin_request(SUBMIT) for _ in range(150) for esme in (one, other)]
            begin = now()
            await asyncio.gather(*calls)
            assert 1 + 400 * (now() - begin + 0.02) >= 300
        came = sorted((at, number) for number, store in enumerate(stores) for at in store.times)
        of_other = sum(number for _, number in came[:150])
        assert 0.3 * 150 < of_other < 0.7 * 150, "of the first half"

    async def test_what_waits_for_the_throttle_costs_one_timer(self) -> None:
        """And a call that comes behind others does not ask the clock again."""
        with RawSmsc() as smsc:
            async with smsc.bound(settings=ROOMY, throttle=0.01) as (esme, _):
                loop = asyncio.get_running_loop()
                call_at, armed = loop.call_at, 0

                def counting(*arguments: object, **options: object) -> object:
                    nonlocal armed
                    armed += 1
                    return call_at(*arguments, **options)  # type: ignore[arg-type]

                esme._connection._loop = _Loop(loop, counting)  # type: ignore[assignment]
                calls = [esme.begin_request(SUBMIT) for _ in range(1_000)]
                assert esme.waiting == 999
                assert armed <= 2
                for call in calls:
                    call.cancel()


class _Loop:
    """The loop, with another call_at."""

    def __init__(self, loop: asyncio.AbstractEventLoop, call_at: object) -> None:
        self._loop = loop
        self.call_at = call_at

    def __getattr__(self, name: str) -> object:
        return getattr(self._loop, name)


class TestAdaptation:
    async def test_refusals_slow_down_and_the_rate_comes_back(self) -> None:
        store = Store(lambda name, times: THROTTLED if name == "bad" else 0)
        adaptive = ThrottleSettings(rate=1_000, burst=50, settle=0.05, increase=2.0)
        async with throttled(store, adaptive) as (esme, _):
            refusals = await asyncio.gather(*(esme.submit_sm(named("bad")) for _ in range(10)), return_exceptions=True)
            assert {getattr(each, "status", None) for each in refusals} == {THROTTLED}
            assert esme.rate is not None
            assert esme.rate < 700, "halved, once for all ten"
            assert esme.rate >= 500
            rates = [esme.rate]
            while rates[-1] < 1_000:
                await esme.submit_sm(named("good"))
                rates.append(esme.rate)
            assert rates == sorted(rates)

    async def test_a_nack_with_such_a_status_slows_down_too(self) -> None:
        with RawSmsc() as smsc:
            async with smsc.bound(settings=ROOMY, throttle=ThrottleSettings(rate=100, increase=0)) as (esme, raw):
                call = asyncio.ensure_future(esme.submit_sm(SUBMIT))
                _, _, number = await raw.header()
                await raw.send(header(CommandId.GENERIC_NACK, number, THROTTLED))
                with pytest.raises(Refused):
                    await call
                assert esme.rate == 50

    async def test_the_answer_to_a_cancelled_call_counts_too(self) -> None:
        with RawSmsc() as smsc:
            async with smsc.bound(settings=ROOMY, throttle=ThrottleSettings(rate=100, increase=0)) as (esme, raw):
                call = asyncio.ensure_future(esme.submit_sm(SUBMIT))
                _, _, number = await raw.header()
                call.cancel()
                await raw.send(header(CommandId.SUBMIT_SM_RESP, number, THROTTLED) + header(CommandId.ENQUIRE_LINK, 9))
                assert await raw.header() == (CommandId.ENQUIRE_LINK_RESP, 0, 9)
                assert esme.rate == 50

    @pytest.mark.parametrize(("congestion", "rate"), [(0, 100), (89, 100), (90, 50), (99, 50)])
    async def test_congestion_state_of_a_peer_of_5_0(self, congestion: int, rate: float) -> None:
        with RawSmsc() as smsc:
            settings = ThrottleSettings(rate=100, increase=0)
            async with smsc.bound(settings=ROOMY, throttle=settings, interface_version=0x50) as (esme, raw):
                call = asyncio.ensure_future(esme.submit_sm(SUBMIT))
                _, _, number = await raw.header()
                answer = SubmitSmResp(message_id="m", tlvs=[CONGESTION_STATE(congestion)])
                await raw.send(answer.encode(number))
                await call
                assert esme.rate == rate

    async def test_a_congestion_state_that_is_none_does_no_harm(self) -> None:
        """P8, and a value of the wrong length beside it."""
        with RawSmsc() as smsc:
            async with smsc.bound(settings=ROOMY, throttle=100.0) as (esme, raw):
                for octets in (b"", b"\xff\xff\xff"):
                    call = asyncio.ensure_future(esme.submit_sm(SUBMIT))
                    _, _, number = await raw.header()
                    await raw.send(SubmitSmResp(message_id="m", tlvs=[(0x0428, octets)]).encode(number))
                    assert (await call).message_id == "m"

    async def test_a_full_queue_delays_that_message_only(self) -> None:
        """ESME_RMSGQFUL is about one message: the others pass it, at the full rate."""
        store = Store(lambda name, times: QUEUE_FULL if name == "full" and times < 3 else 0)
        async with throttled(store, ThrottleSettings(rate=2_000, burst=100)) as (esme, _):
            stuck = asyncio.ensure_future(esme.submit_sm(named("full"), retry=SOON))
            others = await asyncio.gather(*(esme.submit_sm(named(each)) for each in range(50)))
            assert not stuck.done()
            assert len(others) == 50
            assert (await stuck).message_id == "m"
            assert esme.rate == 2_000
        assert store.came[:51] == ["full", *map(str, range(50))]
        assert store.came.count("full") == 3


class TestRetry:
    async def test_only_the_refused_one_is_tried_again(self) -> None:
        store = Store(lambda name, times: THROTTLED if name == "3" and times == 1 else 0)
        async with throttled(store, None) as (esme, _):
            await asyncio.gather(*(esme.submit_sm(named(each), retry=SOON) for each in range(6)))
        assert store.came == ["0", "1", "2", "3", "4", "5", "3"]

    async def test_the_last_refusal_is_raised_when_the_tries_are_used_up(self) -> None:
        store = Store(lambda name, times: THROTTLED if times < 3 else QUEUE_FULL)
        async with throttled(store, None) as (esme, _):
            with pytest.raises(Refused) as caught:
                await esme.submit_sm(SUBMIT, retry=SOON)
        assert caught.value.status == QUEUE_FULL
        assert len(store.came) == 3

    async def test_what_does_not_pass_is_raised_at_once(self) -> None:
        store = Store(lambda name, times: CommandStatus.ESME_RINVDSTADR)
        async with throttled(store, None) as (esme, _):
            with pytest.raises(Refused):
                await esme.submit_sm(SUBMIT, retry=SOON)
        assert len(store.came) == 1

    async def test_an_order_is_kept_while_one_is_tried_again_and_others_pass(self) -> None:
        store = Store(lambda name, times: THROTTLED if name == "a1" and times < 3 else 0)
        async with throttled(store, None) as (esme, _):
            await asyncio.gather(
                *(esme.submit_sm(named(name), retry=SOON, order=name[0]) for name in ("a0", "a1", "a2", "b0", "b1"))
            )
        assert [name for name in store.came if name[0] == "a"] == ["a0", "a1", "a1", "a1", "a2"]
        assert store.came.index("b1") < store.came.index("a2")

    async def test_the_order_of_a_long_text_is_kept(self) -> None:
        """Its parts, too, go one after the other if that is asked for."""
        seen: list[bytes] = []

        def refuse_first(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
            seen.append(pdu.short_message[:6])
            status = QUEUE_FULL if len(seen) == 1 else 0
            return SubmitSmResp(message_id="m", command_status=status, header_only=bool(status))

        async with (
            Smsc(accounts=ACCOUNTS, handlers={SubmitSm: refuse_first}, settings=ROOMY) as smsc,
            connect(url(smsc.port), settings=ROOMY) as esme,
        ):
            sent = await esme.send("x" * 400, to="46700000001", retry=SOON, order="key")
        assert [each[5] for each in seen] == [1, 1, 2, 3]
        assert len(sent.parts) == 3

    async def test_an_unknown_outcome_is_tried_again_only_by_choice(self) -> None:
        with RawSmsc() as smsc:
            async with smsc.bound(settings=ROOMY) as (esme, raw):
                with pytest.raises(OutcomeUnknown):
                    await esme.submit_sm(named("once"), timeout=0.05, retry=SOON)
                policy = Retry(tries=2, first=0.01, longest=0.01, unknown=True)
                call = asyncio.ensure_future(esme.submit_sm(named("twice"), timeout=0.5, retry=policy))
                seen = [SubmitSm.decode(await raw.read()) for _ in range(3)]
                assert [each.destination_addr for each in seen] == ["once", "twice", "twice"]
                await raw.send(SubmitSmResp(message_id="m").encode(seen[2].sequence_number))
                assert (await call).message_id == "m"

    async def test_not_sent_is_never_said_of_what_was_sent_in_an_earlier_try(self) -> None:
        """Whoever reads NotSent sends again: after an unknown outcome that would double the message."""
        with RawSmsc() as smsc:
            async with smsc.bound(settings=Settings(window=2, close_timeout=0.3)) as (esme, raw):
                policy = Retry(tries=3, first=0.05, longest=0.05, unknown=True)
                unknown = asyncio.ensure_future(esme.submit_sm(SUBMIT, timeout=0.5, retry=policy))
                refused = asyncio.ensure_future(esme.submit_sm(SUBMIT, retry=policy))
                numbers = [(await raw.header())[2] for _ in range(2)]
                others = [asyncio.ensure_future(esme.submit_sm(SUBMIT)) for _ in range(2)]
                await raw.send(header(CommandId.SUBMIT_SM_RESP, numbers[1], QUEUE_FULL))
                for _ in others:
                    await raw.header()
                while esme.waiting < 2:  # noqa: ASYNC110  # nothing tells it
                    await asyncio.sleep(0)
                await raw.send(header(CommandId.UNBIND, 7))
                with pytest.raises(OutcomeUnknown):
                    await unknown
                with pytest.raises(Refused) as caught:
                    await refused
                assert caught.value.status == QUEUE_FULL
                raw.close()
                await asyncio.wait(others)
                assert {type(each.exception()) for each in others} == {OutcomeUnknown}

    async def test_a_refusal_after_an_unknown_outcome_leaves_it_unknown(self) -> None:
        """The second copy was refused, perhaps because the first one was taken."""
        with RawSmsc() as smsc:
            async with smsc.bound(settings=ROOMY) as (esme, raw):
                policy = Retry(tries=2, first=0.01, longest=0.01, unknown=True)
                call = asyncio.ensure_future(esme.submit_sm(SUBMIT, timeout=0.1, retry=policy))
                numbers = [(await raw.header())[2] for _ in range(2)]
                await raw.send(header(CommandId.SUBMIT_SM_RESP, numbers[1], CommandStatus.ESME_RSUBMITFAIL))
                with pytest.raises(OutcomeUnknown) as caught:
                    await call
                assert isinstance(caught.value.__cause__, Refused)

    async def test_a_call_that_waits_for_its_next_try_ends_with_the_connection(self) -> None:
        """Not half a minute later: it has its verdict, which is that of the try it had."""
        store = Store(lambda name, times: QUEUE_FULL)
        slow = Retry(tries=3, first=30, longest=30)
        async with throttled(store, None) as (esme, _):
            call = asyncio.ensure_future(esme.submit_sm(SUBMIT, retry=slow, order="key"))
            behind = asyncio.ensure_future(esme.submit_sm(SUBMIT, retry=slow, order="key"))
            while not store.came:  # noqa: ASYNC110  # nothing tells it
                await asyncio.sleep(0)
            await esme.enquire_link()
            begin = now()
            await esme.close()
            with pytest.raises(Refused):
                await call
            with pytest.raises(NotSent):
                await behind
            assert now() - begin < AT_ONCE

    async def test_a_cancelled_call_is_not_tried_again(self) -> None:
        store = Store(lambda name, times: QUEUE_FULL)
        async with throttled(store, None) as (esme, _):
            call = asyncio.ensure_future(esme.submit_sm(SUBMIT, retry=Retry(first=30, longest=30)))
            while not store.came:  # noqa: ASYNC110
                await asyncio.sleep(0)
            await esme.enquire_link()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        assert len(store.came) == 1


class TestExpiry:
    async def test_a_code_that_waits_for_the_throttle_too_long_never_leaves(self) -> None:
        store = Store()
        async with throttled(store, 1.0) as (esme, _):
            await esme.submit_sm(named("first"))
            with pytest.raises(NotSent, match=r"the throttle has not let it leave within 0\.0"):
                await esme.submit_sm(named("code"), expiry=0.05)
            assert esme.waiting == 0
        assert store.came == ["first"]

    async def test_one_that_waits_for_the_window_too_long_never_leaves(self) -> None:
        with RawSmsc() as smsc:
            async with smsc.bound(settings=Settings(window=1, close_timeout=0.3)) as (esme, raw):
                first = asyncio.ensure_future(esme.submit_sm(named("first")))
                _, _, number = await raw.header()
                with pytest.raises(NotSent, match=r"no room in the window within 0\.0"):
                    await esme.submit_sm(named("code"), expiry=0.05)
                await raw.send(SubmitSmResp().encode(number))
                await first

    async def test_an_expiry_does_not_end_what_has_left(self) -> None:
        with RawSmsc() as smsc:
            async with smsc.bound(settings=ROOMY) as (esme, raw):
                call = asyncio.ensure_future(esme.submit_sm(SUBMIT, expiry=0.01))
                _, _, number = await raw.header()
                with pytest.raises(OutcomeUnknown):
                    await esme.submit_sm(SUBMIT, timeout=0.05)
                assert not call.done()
                await raw.send(SubmitSmResp(message_id="m").encode(number))
                assert (await call).message_id == "m"

    async def test_a_loop_that_was_busy_lets_nothing_leave_too_late(self) -> None:
        """The room comes in the same turn in which the expiry has passed, before any timer could say so."""
        with RawSmsc() as smsc:
            async with smsc.bound(settings=Settings(window=1, close_timeout=0.3)) as (esme, raw):
                first = asyncio.ensure_future(esme.submit_sm(named("first")))
                code = asyncio.ensure_future(esme.submit_sm(named("code"), expiry=5))
                slow = asyncio.ensure_future(esme.submit_sm(named("slow"), timeout=5))
                last = asyncio.ensure_future(esme.submit_sm(named("last"), timeout=60))
                _, _, number = await raw.header()
                connection = esme._connection
                assert esme.waiting == 3
                connection._loop = _Later(asyncio.get_running_loop(), 6.0)  # type: ignore[assignment]
                await raw.send(SubmitSmResp().encode(number))
                with pytest.raises(NotSent):
                    await code
                with pytest.raises(NotSent):
                    await slow
                pdu = SubmitSm.decode(await raw.read())
                assert pdu.destination_addr == "last"
                for call in (first, last):
                    call.cancel()

    async def test_an_expiry_of_nothing_means_at_once_or_never(self) -> None:
        with RawSmsc() as smsc:
            async with smsc.bound(settings=Settings(window=1, close_timeout=0.3)) as (esme, raw):
                first = asyncio.ensure_future(esme.submit_sm(named("first"), expiry=0))
                assert (await raw.header())[0] == CommandId.SUBMIT_SM
                with pytest.raises(NotSent):
                    await esme.submit_sm(named("never"), expiry=0)
                first.cancel()

    async def test_one_whose_turn_comes_too_late_never_leaves(self) -> None:
        store = Store(lambda name, times: QUEUE_FULL if name == "first" and times < 3 else 0)
        async with throttled(store, None) as (esme, _):
            first = asyncio.ensure_future(esme.submit_sm(named("first"), retry=SOON, order="key"))
            behind = asyncio.ensure_future(esme.submit_sm(named("behind"), order="key", expiry=0.01))
            await first
            with pytest.raises(NotSent, match="not its turn"):
                await behind
        assert store.came == ["first"] * 3

    async def test_an_expiry_covers_all_tries(self) -> None:
        store = Store(lambda name, times: QUEUE_FULL)
        policy = Retry(tries=50, first=0.04, longest=0.04)
        async with throttled(store, None) as (esme, _):
            begin = now()
            with pytest.raises(Refused):
                await esme.submit_sm(SUBMIT, retry=policy, expiry=0.2)
            assert now() - begin < AT_ONCE
        assert 2 <= len(store.came) <= 11


class TestTheEnd:
    async def test_cancelled_calls_leave_the_queue_and_use_no_token(self) -> None:
        store = Store()
        async with throttled(store, 20.0) as (esme, _):
            calls = [asyncio.ensure_future(esme.submit_sm(named(each))) for each in range(100)]
            await asyncio.sleep(0)
            for call in calls[1:99]:
                call.cancel()
            begin = now()
            await asyncio.gather(calls[0], calls[99])
            assert now() - begin < 1.0, "98 tokens would have been five seconds"
            assert esme.waiting == 0
        assert store.came == ["0", "99"]

    async def test_close_while_calls_wait_for_the_throttle(self) -> None:
        store = Store()
        async with throttled(store, 0.01) as (esme, _):
            calls = [asyncio.ensure_future(esme.submit_sm(named(each))) for each in range(50)]
            await asyncio.sleep(0)
            begin = now()
            await esme.close()
            assert now() - begin < AT_ONCE
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(each) for each in ended] == [SubmitSmResp] + [NotSent] * 49
            assert esme._connection._pace is not None
            assert esme._connection._pace._timer is None

    async def test_the_loss_of_the_connection_while_calls_wait_for_the_throttle(self) -> None:
        with RawSmsc() as smsc:
            async with smsc.bound(settings=ROOMY, throttle=0.01) as (esme, raw):
                calls = [asyncio.ensure_future(esme.submit_sm(named(each))) for each in range(5)]
                await raw.header()
                raw.close()
                ended = await asyncio.gather(*calls, return_exceptions=True)
                assert [type(each) for each in ended] == [OutcomeUnknown] + [NotSent] * 4

    async def test_a_timeout_while_it_waits_for_the_throttle(self) -> None:
        async with throttled(Store(), 0.01) as (esme, _):
            await esme.submit_sm(SUBMIT)
            with pytest.raises(NotSent, match="throttle"):
                await esme.submit_sm(SUBMIT, timeout=0.05)


class _Later:
    """The loop, some seconds later, and with a timer that has not noticed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds

    def time(self) -> float:
        return self._loop.time() + self._seconds

    def __getattr__(self, name: str) -> object:
        return getattr(self._loop, name)


async def test_nothing_is_sent_twice_without_a_policy() -> None:
    store = Store(lambda name, times: THROTTLED)
    async with throttled(store, None) as (esme, _):
        with pytest.raises(Refused):
            await esme.submit_sm(SUBMIT)
        with pytest.raises(Refused):
            await esme.request(SUBMIT)
    assert len(store.came) == 2


async def test_a_raw_peer_sees_what_the_throttle_lets_through() -> None:
    """The octets themselves: one submit_sm, and then none until the next token."""
    with RawSmsc() as smsc:
        async with smsc.bound(settings=ROOMY, throttle=0.01) as (esme, raw):
            calls = [esme.begin_request(named(each)) for each in range(3)]
            assert SubmitSm.decode(await raw.read()).destination_addr == "0"
            await _nothing_but_links(esme, raw)
            for call in calls:
                call.cancel()


async def _nothing_but_links(esme: Esme, raw: RawConnection) -> None:
    for _ in range(3):
        link = asyncio.ensure_future(esme.enquire_link())
        command_id, _, number = await raw.header()
        assert command_id == CommandId.ENQUIRE_LINK
        await raw.send(header(CommandId.ENQUIRE_LINK_RESP, number))
        await link
