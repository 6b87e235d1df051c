"""A carrier is several binds: who gets the next message, and what becomes of it when one of them is lost."""

import asyncio
import time
from collections import Counter
from typing import Any

import pytest
from wire.ends import QUICK, RawSmsc, url

from smppcore.backoff import BackoffSettings, Failure
from smppcore.calls import Call
from smppcore.errors import EncodeError, NotSent, OutcomeUnknown, StateError
from smppcore.link import Link
from smppcore.link_event import LinkState
from smppcore.pdu import (
    BindReceiver,
    BindReceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    DeliverSm,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
)
from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.smsc import Peer
from smppcore.throttle import ThrottleSettings

from .carrier import SOON, Carrier, Events, answer_all, link_to, read_submit, submit, until, verdict

NARROW = Settings(window=2, response_timeout=10, close_timeout=0.3)
LATER = BackoffSettings(first=30, longest=60, lasting=0, already_bound=30, throttled=30, hopeless=30)
LONG = "All of this is longer than one short message can be, so that it leaves in parts. " * 4


def links_to(*ports: int, standby: tuple[int, ...] = (), backoff: BackoffSettings = SOON, **options: Any) -> Link:
    options.setdefault("settings", QUICK)
    return Link([url(port) for port in ports], standby=[url(port) for port in standby], backoff=backoff, **options)


async def all_up(link: Link, count: int) -> None:
    await until(lambda: len(link.esmes) == count)


class Silent(Carrier):
    """Answers when the test says so; ``held`` is what waits for that, with the peer over which it came."""

    def __init__(self, **options: Any) -> None:
        self.held: list[tuple[Peer, SubmitSm]] = []
        self._answers: dict[int, asyncio.Future[SubmitSmResp]] = {}
        super().__init__(self._hold, **options)

    def _hold(self, peer: Peer, pdu: SubmitSm) -> "asyncio.Future[SubmitSmResp]":
        self.held.append((peer, pdu))
        self._answers[id(pdu)] = asyncio.get_running_loop().create_future()
        return self._answers[id(pdu)]

    @property
    def shares(self) -> list[int]:
        return sorted(Counter(id(peer) for peer, _ in self.held).values())

    def answer_first(self) -> None:
        _, pdu = self.held.pop(0)
        self._answers.pop(id(pdu)).set_result(SubmitSmResp(message_id=f"id{pdu.destination_addr}"))


async def test_the_bind_with_the_least_to_do_gets_the_next_one() -> None:
    async with Silent() as carrier, links_to(carrier.port, binds=4) as link:
        await all_up(link, 4)
        calls = [link.begin_request(submit(number)) for number in range(12)]
        await until(lambda: len(carrier.held) == 12)
        assert carrier.shares == [3, 3, 3, 3]
        assert [esme.in_flight for esme in link.esmes] == [3, 3, 3, 3]
        assert (link.in_flight, link.waiting) == (12, 0)
        link.abort()
        assert {await verdict(call) for call in calls} == {OutcomeUnknown}
        await link.close()
        assert {bind.state for bind in link.status().binds} == {LinkState.CLOSED}


async def test_shared_hosts_are_bound_to_alike() -> None:
    async with Carrier() as one, Carrier() as other, links_to(one.port, other.port, binds=2) as link:
        await all_up(link, 4)
        await asyncio.gather(*(link.submit_sm(submit(number)) for number in range(40)))
        assert (len(one.seen), len(other.seen)) == (20, 20)
        assert sorted(one.seen + other.seen, key=int) == [str(number) for number in range(40)]
        assert [bind.host for bind in link.status().binds] == [
            f"127.0.0.1:{port}" for port in (one.port, other.port) * 2
        ]


async def test_what_waits_goes_wherever_there_is_room_first() -> None:
    """A bind that is never answered holds up its own window, and not a message more."""
    with RawSmsc() as dead, RawSmsc() as living:
        async with links_to(dead.port, living.port, settings=NARROW) as link:
            with await dead.accept() as never, await living.accept() as raw:
                await never.accept_bind()
                await raw.accept_bind()
                await all_up(link, 2)
                calls = [link.begin_request(submit(number)) for number in range(50)]
                assert (link.in_flight, link.waiting) == (4, 46)
                lost = {(await read_submit(never))[0] for _ in range(2)}
                assert await answer_all(raw, 48) == [str(number) for number in range(50) if str(number) not in lost]
                await until(lambda: sum(not call.done() for call in calls) == 2)
                assert {str(number) for number, call in enumerate(calls) if not call.done()} == lost
                link.abort()
                assert Counter([await verdict(call) for call in calls]) == {SubmitSmResp: 48, OutcomeUnknown: 2}


async def test_the_loss_of_one_bind_of_four_loses_nothing_that_had_not_left() -> None:
    async with Silent() as carrier, links_to(carrier.port, binds=4, settings=NARROW, backoff=LATER) as link:
        await all_up(link, 4)
        calls = [link.begin_request(submit(number)) for number in range(30)]
        await until(lambda: len(carrier.held) == 8)
        carrier.held[0][0].abort()
        gone = [pdu.destination_addr for peer, pdu in carrier.held if peer is carrier.held[0][0]]
        carrier.held = [(peer, pdu) for peer, pdu in carrier.held if peer is not carrier.held[0][0]]
        await until(lambda: len(link.esmes) == 3)
        while not all(call.done() for call in calls):
            await until(lambda: carrier.held or all(call.done() for call in calls))
            if carrier.held:
                carrier.answer_first()
        verdicts = [await verdict(call) for call in calls]
        assert [str(number) for number, each in enumerate(verdicts) if each is OutcomeUnknown] == gone
        assert Counter(verdicts) == {SubmitSmResp: 28, OutcomeUnknown: 2}
        assert sorted(carrier.seen, key=int) == [str(number) for number in range(30)]
        assert link.state is LinkState.UP


async def test_what_was_queued_on_a_lost_bind_leaves_on_another_in_its_place() -> None:
    """The connection is lost in the turn in which the calls are made: not one octet of them has left."""
    async with Carrier() as carrier, links_to(carrier.port, binds=2, backoff=LATER) as link:
        await all_up(link, 2)
        calls = [link.begin_request(submit(number)) for number in range(6)]
        link.esmes[0]._connection._transport.abort()  # type: ignore[union-attr]
        link.esmes[0].abort()
        assert {await verdict(call) for call in calls} <= {SubmitSmResp, OutcomeUnknown}
        assert sorted(carrier.seen) == [
            str(number) for number, call in enumerate(calls) if await verdict(call) is SubmitSmResp
        ]


async def test_calls_made_while_all_are_down_go_to_the_first_that_is_up() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        async with links_to(carrier.port, binds=3) as link:
            calls = [link.begin_request(submit(number)) for number in range(50)]
            assert link.waiting == 50
            await carrier.start()
            await asyncio.gather(*calls)
        assert carrier.seen == [str(number) for number in range(50)]


async def test_fail_fast_means_as_long_as_no_bind_is_up() -> None:
    async with Carrier() as carrier, links_to(carrier.port, binds=2, backoff=LATER, fail_fast=True) as link:
        await all_up(link, 2)
        link.esmes[0].abort()
        await all_up(link, 1)
        await link.submit_sm(submit(1))
        link.esmes[0].abort()
        await until(lambda: link.state is not LinkState.UP)
        with pytest.raises(NotSent, match="the link is down"):
            await link.submit_sm(submit(2))


# -- fail-over and fail-back


async def test_a_standby_host_takes_over_and_gives_back() -> None:
    events = Events()
    async with Carrier() as main, Carrier() as spare:
        options: dict[str, Any] = {"standby": (spare.port,), "fail_back_after": 0.01, "on_event": events}
        async with links_to(main.port, binds=2, **options) as link:
            await all_up(link, 2)
            assert len(link.status().binds) == 2
            await main.crash()
            await until(lambda: any(bind.standby and bind.state is LinkState.UP for bind in link.status().binds))
            await asyncio.gather(*(link.submit_sm(submit(number)) for number in range(10)))
            assert len(spare.seen) == 10
            await main.start()
            await until(lambda: not any(bind.standby for bind in link.status().binds) and len(link.esmes) == 2)
            await asyncio.gather(*(link.submit_sm(submit(number)) for number in range(10, 20)))
            assert (len(main.seen), len(spare.seen)) == (10, 10)
            await until(lambda: not spare.smsc.peers)
            assert link.binds >= 6
    assert [event.state for event in events if not event.bind][-1] is LinkState.CLOSED


async def test_what_is_in_flight_on_the_standby_is_answered_before_it_is_given_up() -> None:
    async with Carrier() as main, Silent() as spare:
        await main.crash()
        async with links_to(main.port, standby=(spare.port,), fail_back_after=0.01) as link:
            await link.wait_up()
            call = link.begin_request(submit("slow"))
            await until(lambda: spare.held)
            await main.start()
            await until(lambda: not any(bind.standby for bind in link.status().binds))
            await link.submit_sm(submit("quick"))
            spare.answer_first()
            assert (await call).message_id == "idslow"
            assert main.seen == ["quick"]


async def test_a_primary_host_that_comes_and_goes_keeps_the_standby() -> None:
    async with Carrier() as main, Carrier() as spare:
        await main.crash()
        async with links_to(main.port, standby=(spare.port,), fail_back_after=30.0) as link:
            await link.wait_up()
            for _ in range(3):
                await main.start()
                await all_up(link, 2)
                await main.crash()
                await all_up(link, 1)
            assert spare.smsc.peers
            await link.submit_sm(submit(1))
            assert spare.seen == ["1"]


async def test_a_host_that_answers_slowly_at_first_is_not_given_up_for_the_standby() -> None:
    with RawSmsc() as main:
        async with Carrier() as spare, links_to(main.port, standby=(spare.port,)) as link:
            with await main.accept() as raw:
                assert not any(bind.standby for bind in link.status().binds)
                await raw.accept_bind()
                await link.wait_up()
                assert [bind.standby for bind in link.status().binds] == [False]


# -- lanes


async def test_a_code_does_not_queue_behind_a_campaign() -> None:
    with RawSmsc() as smsc:
        async with links_to(smsc.port, settings=NARROW, lanes=("code", "news", "campaign")) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await link.wait_up()
                campaign = [link.begin_request(submit(f"c{number}")) for number in range(20)]
                news = [link.lane("news").begin_request(submit(f"n{number}")) for number in range(2)]
                codes = [link.lane("code").begin_request(submit(f"otp{number}")) for number in range(2)]
                assert link.status().held == {"code": 2, "news": 2, "campaign": 18}
                order = await answer_all(raw, 24)
                assert order == ["c0", "c1", "otp0", "otp1", "n0", "n1", *(f"c{number}" for number in range(2, 20))]
                await asyncio.gather(*campaign, *news, *codes)
                link.abort()


async def test_lanes_hold_while_the_link_is_down() -> None:
    async with Carrier() as carrier:
        await carrier.crash()
        async with links_to(carrier.port, lanes=("code", "campaign")) as link:
            calls = [link.begin_request(submit(f"c{number}")) for number in range(3)]
            calls.append(link.lane("code").begin_request(submit("otp")))
            await carrier.start()
            await asyncio.gather(*calls)
    assert carrier.seen == ["otp", "c0", "c1", "c2"]


async def test_a_lane_that_is_not_there_is_named() -> None:
    link = links_to(1, lanes=("code", "campaign"))
    with pytest.raises(ValueError, match="lane: 'cod' is none of code, campaign"):
        link.lane("cod")
    with pytest.raises(ValueError, match="no lanes"):
        links_to(1).lane("code")
    with pytest.raises(ValueError, match="not all different"):
        links_to(1, lanes=("a", "a"))
    with pytest.raises(ValueError, match="binds: 0 is below 1"):
        links_to(1, binds=0)
    with pytest.raises(ValueError, match="URL of a host"):
        Link([])


async def test_a_view_shares_retries_turns_and_references_with_its_link() -> None:
    refusals = iter([0x14, 0x14])

    def once_full(peer: Peer, pdu: SubmitSm) -> Any:
        return next(refusals, 0) or SubmitSmResp(message_id="1")

    again = Retry(tries=5, first=0.001, longest=0.001)
    async with Carrier(once_full) as carrier, links_to(carrier.port, lanes=("code", "rest"), retry=again) as link:
        urgent = link.lane("code")
        await asyncio.gather(*(urgent.submit_sm(submit(number), order="one") for number in range(3)))
        assert carrier.seen == ["0", "0", "0", "1", "2"]
        first, second = await urgent.send(LONG, to="1"), await link.send(LONG, to="1")
        assert [part.request.short_message[3] for part in (first.parts[0], second.parts[0])] == [
            first.parts[0].request.short_message[3],
            (first.parts[0].request.short_message[3] + 1) & 0xFF,
        ]


# -- the parts of one message


@pytest.mark.parametrize("retry", [None, Retry(tries=2)])
async def test_the_parts_of_one_message_leave_on_one_bind_in_order(retry: Retry | None) -> None:
    async with Silent() as carrier, links_to(carrier.port, binds=4, settings=NARROW) as link:
        await all_up(link, 4)
        sends = [asyncio.ensure_future(link.send(LONG, to=str(100 + number), retry=retry)) for number in range(12)]
        came: dict[str, list[tuple[int, int]]] = {}
        while not all(send.done() for send in sends):
            await until(lambda: carrier.held or all(send.done() for send in sends))
            if carrier.held:
                peer, pdu = carrier.held[0]
                came.setdefault(pdu.destination_addr, []).append((id(peer), pdu.short_message[5]))
                carrier.answer_first()
        assert len(came) == 12
        for parts in came.values():
            assert [number for _, number in parts] == [1, 2, 3]
            assert len({peer for peer, _ in parts}) == 1
        assert len({parts[0][0] for parts in came.values()}) == 4
        assert all(sent.accepted for sent in await asyncio.gather(*sends))


async def test_the_parts_of_a_message_go_on_elsewhere_when_their_bind_is_lost() -> None:
    async with Silent() as carrier, links_to(carrier.port, binds=2, settings=NARROW, backoff=LATER) as link:
        await all_up(link, 2)
        send = asyncio.ensure_future(link.send(LONG, to="1"))
        await until(lambda: len(carrier.held) == 2)
        carrier.held[0][0].abort()
        carrier.held.clear()
        await until(lambda: carrier.held)
        carrier.answer_first()
        sent = await send
        assert [type(part.error) for part in sent.parts] == [OutcomeUnknown, OutcomeUnknown, type(None)]


# -- one throttle


async def test_one_throttle_for_all_binds() -> None:
    throttle = ThrottleSettings(rate=200, burst=1)
    async with Carrier() as carrier, links_to(carrier.port, binds=4, throttle=throttle) as link:
        await all_up(link, 4)
        begin = time.monotonic()
        await asyncio.gather(*(link.submit_sm(submit(number)) for number in range(41)))
        assert time.monotonic() - begin > 0.8 * 40 / 200
        assert link.rate == 200
    assert sorted(carrier.seen, key=int) == [str(number) for number in range(41)]


async def test_what_the_throttle_holds_back_is_overtaken_by_what_is_urgent() -> None:
    lanes = ("code", "campaign")
    async with Carrier() as carrier, links_to(carrier.port, binds=2, throttle=20, lanes=lanes) as link:
        await all_up(link, 2)
        calls = [link.begin_request(submit(f"c{number}")) for number in range(10)]
        calls.append(link.lane("code").begin_request(submit("otp")))
        await asyncio.gather(*calls)
    assert carrier.seen.index("otp") <= 4  # GRAIN lets two leave with the first, and no two binds are equally fast


async def test_a_refusal_on_one_bind_slows_all_of_them() -> None:
    refusals = iter([0x58])

    def once(peer: Peer, pdu: SubmitSm) -> Any:
        return next(refusals, None) or SubmitSmResp(message_id="1")

    async with Carrier(once) as carrier, links_to(carrier.port, binds=2, throttle=1000) as link:
        await all_up(link, 2)
        assert await verdict(link.submit_sm(submit(1))) is not SubmitSmResp
        assert link.rate is not None
        assert link.rate < 600


# -- pairs


async def test_a_pair_sends_on_the_transmitter_and_receives_on_the_receiver() -> None:
    came: list[str] = []

    async def on_deliver(link: Link, pdu: DeliverSm) -> None:
        came.append(pdu.source_addr)

    async with Carrier() as carrier, links_to(carrier.port, bind="pair", handlers={DeliverSm: on_deliver}) as link:
        await all_up(link, 2)
        assert [bind.mode for bind in link.status().binds] == ["transmitter", "receiver"]
        await asyncio.gather(*(link.submit_sm(submit(number)) for number in range(30)))
        receiver = next(peer for peer in carrier.smsc.peers if isinstance(peer.bind, BindReceiver))
        await receiver.deliver_sm(DeliverSm(source_addr="77"))
        assert came == ["77"]
        assert len(carrier.seen) == 30


async def test_a_link_of_receivers_says_that_it_cannot_send() -> None:
    async with Carrier() as carrier, links_to(carrier.port, bind="receiver", binds=2) as link:
        await all_up(link, 2)
        assert link.state is LinkState.UP
        with pytest.raises(StateError):
            await link.submit_sm(submit(1))


# -- its end, and what it tells


async def test_several_binds_close_at_the_same_time() -> None:
    """Peers that answer nothing take the close timeout once, not once each."""
    settings = Settings(close_timeout=1.0, response_timeout=10)
    with RawSmsc() as smsc:
        link = links_to(smsc.port, binds=5, settings=settings)
        await link.start()
        raws = []
        for _ in range(5):
            raws.append(await smsc.accept())
            await raws[-1].accept_bind()
        await all_up(link, 5)
        calls = [link.begin_request(submit(number)) for number in range(5)]
        begin = time.monotonic()
        await link.close()
        assert time.monotonic() - begin < 3 * settings.close_timeout
        assert {await verdict(call) for call in calls} == {OutcomeUnknown}
        for raw in raws:
            raw.close()


async def test_a_close_lets_what_is_in_flight_be_answered_on_all_binds() -> None:
    async with Silent() as carrier:
        link = links_to(carrier.port, binds=3, settings=NARROW)
        await link.start()
        await all_up(link, 3)
        calls = [link.begin_request(submit(number)) for number in range(10)]
        await until(lambda: len(carrier.held) == 6)
        closing = asyncio.ensure_future(link.close())
        while carrier.held:
            carrier.answer_first()
        await closing
        assert Counter([await verdict(call) for call in calls]) == {SubmitSmResp: 6, NotSent: 4}


async def test_it_closes_when_the_last_bind_has_given_up() -> None:
    events = Events()
    async with Carrier() as carrier:
        link = Link(
            [url(carrier.port, "wrong")],
            binds=3,
            settings=QUICK,
            backoff=SOON,
            give_up_on=[Failure.CREDENTIALS],
            on_event=events,
        )
        async with link:
            assert "given up" in await link.wait_closed()
            with pytest.raises(NotSent):
                await link.submit_sm(submit(1))
    assert [event.bind != "" for event in events if event.state is LinkState.CLOSED] == [True, True, True, False]


async def test_events_name_the_bind_and_then_tell_of_the_link() -> None:
    events = Events()
    async with Carrier() as carrier, links_to(carrier.port, binds=2, backoff=LATER, on_event=events) as link:
        await all_up(link, 2)
        host = f"127.0.0.1:{carrier.port}"
        told = [(event.bind, event.state) for event in events]
        assert told.count(("", LinkState.UP)) == 1
        assert (f"{host}#1", LinkState.UP) in told
        assert (f"{host}#2", LinkState.UP) in told
        events.clear()
        link.esmes[1].abort()
        await all_up(link, 1)
        assert [(event.bind, event.state) for event in events] == [(f"{host}#2", LinkState.DOWN)]
        link.esmes[0].abort()
        await until(lambda: link.state is LinkState.DOWN)
        assert [(event.bind, event.state) for event in events[1:]] == [
            (f"{host}#1", LinkState.DOWN),
            ("", LinkState.DOWN),
        ]


async def test_the_status_tells_an_operator_what_is_wrong() -> None:
    options: dict[str, Any] = {"settings": NARROW, "backoff": LATER, "lanes": ("code", "rest")}
    async with Silent() as carrier, links_to(carrier.port, 1, **options) as link:
        await all_up(link, 1)
        await until(lambda: link.status().binds[1].state is LinkState.DOWN)
        calls = [link.begin_request(submit(number)) for number in range(5)]
        await until(lambda: len(carrier.held) == 2)
        status = link.status()
        good, bad = status.binds
        assert (good.state, good.in_flight, good.waiting, good.interface_version) == (LinkState.UP, 2, 0, 0x34)
        assert good.oldest is not None
        assert 0 <= good.oldest < 10
        assert good.heard is not None
        assert 0 <= good.heard < 10
        assert good.sent is not None
        assert 0 <= good.sent < 10
        assert good.bound_since is not None
        assert (bad.state, bad.oldest, bad.heard, bad.bound_since) == (LinkState.DOWN, None, None, None)
        assert bad.last_error is not None
        assert status.last_error == bad.last_error
        assert (status.state, status.held, status.in_flight, status.waiting) == (
            LinkState.UP,
            {"code": 0, "rest": 3},
            2,
            3,
        )
        assert "secret" not in repr(status)
        assert "secret" not in repr(link._places)
        link.abort()
        await asyncio.gather(*calls, return_exceptions=True)


async def test_a_call_whose_time_is_up_never_leaves() -> None:
    with RawSmsc() as smsc:
        async with links_to(smsc.port, settings=NARROW, binds=1, lanes=("a", "b")) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await link.wait_up()
                first = [link.begin_request(submit(number)) for number in range(2)]
                late = link.begin_request(submit("late"), timeout=0.03)
                at_once = link.begin_request(submit("now"), timeout=0)
                with pytest.raises(NotSent, match="no bind had room"):
                    await late
                with pytest.raises(NotSent):
                    await at_once
                assert await answer_all(raw, 2) == ["0", "1"]
                await asyncio.gather(*first)
                withdrawn = [link.begin_request(submit(number)) for number in range(5)]
                withdrawn[3].cancel()
                assert await answer_all(raw, 4) == ["0", "1", "2", "4"]
                await asyncio.gather(*withdrawn, return_exceptions=True)
                link.abort()


async def test_one_of_two_binds_can_be_asked_for_life() -> None:
    async with Carrier() as carrier, link_to(carrier.port, binds=2) as link:
        await all_up(link, 2)
        await link.enquire_link()


@pytest.mark.parametrize("options", [{"throttle": 1000.0}, {}], ids=["throttled", "in parts"])
async def test_what_may_only_leave_at_once_does_leave_where_there_is_room(options: dict[str, Any]) -> None:
    """With expiry=0 it was not sent at all: the clock had moved on between the call and its turn."""
    async with Carrier() as carrier, links_to(carrier.port, binds=2, **options) as link:
        await all_up(link, 2)
        assert (await link.send("hello" if options else LONG, to="1", expiry=0)).accepted


async def test_one_message_that_makes_no_sense_holds_up_nobody() -> None:
    """It stood at the head of its lane, and every call after it got its TypeError, until its time was up."""
    nonsense: Any = 5
    async with Carrier() as carrier, links_to(carrier.port, binds=2, throttle=1000) as link:
        await all_up(link, 2)
        for wrong in (SubmitSm(tlvs=nonsense), SubmitSm(tlvs=[nonsense])):
            with pytest.raises(EncodeError):
                await link.submit_sm(wrong)
        with pytest.raises(EncodeError):
            await link.submit_multi(SubmitMulti(dest_addresses=nonsense))
        await link.submit_sm(submit("next"))
        assert (carrier.seen, link.waiting) == (["next"], 0)


async def test_the_time_of_a_message_that_was_overtaken_ends_when_it_said() -> None:
    """What overtakes it has longer to live; the older one must not wait for that."""
    settings = Settings(window=2, response_timeout=30, close_timeout=0.3)
    with RawSmsc() as smsc:
        async with links_to(smsc.port, settings=settings, lanes=("code", "news")) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await link.wait_up()
                first = [link.begin_request(submit(number)) for number in range(2)]
                older: Call = (submit("older"), asyncio.Future(), asyncio.get_running_loop().time() - 29, 30, None)
                link._held.put(older, 1)
                younger = link.lane("code").begin_request(submit("younger"))
                assert await answer_all(raw, 2) == ["0", "1"]
                assert [(await read_submit(raw))[0] for _ in range(2)] == ["younger", "older"]
                await asyncio.gather(*first)
                async with asyncio.timeout(10):
                    assert await verdict(older[1]) is OutcomeUnknown
                assert not younger.done()
                link.abort()
                assert await verdict(younger) is OutcomeUnknown


async def test_a_pair_is_up_when_it_can_send() -> None:
    """The receiver alone let wait_up go on, and what was sent then was not sent."""
    with RawSmsc() as smsc:
        async with links_to(smsc.port, bind="pair") as link:
            up = asyncio.ensure_future(link.wait_up())
            with await smsc.accept() as one, await smsc.accept() as other:
                binds = {int.from_bytes((await raw.read())[4:8]): raw for raw in (one, other)}
                await binds[BindReceiver.command_id].send(BindReceiverResp().encode(1))
                await all_up(link, 1)
                with pytest.raises(TimeoutError):
                    await link.wait_up(0)
                await binds[BindTransmitter.command_id].send(BindTransmitterResp().encode(1))
                assert (await up, await link.wait_up()) == (link.esme, link.esme)
                assert link.state is LinkState.UP
                link.abort()


async def test_a_host_that_is_named_twice_has_binds_of_its_own_each_time() -> None:
    """They had one name, so that nobody could tell them apart, and a trace was switched off on one of them only."""
    async with Carrier() as carrier, links_to(carrier.port, carrier.port, binds=2, bind="pair") as link:
        await all_up(link, 8)
        names = [bind.name for bind in link.status().binds]
        assert len(set(names)) == 8
        assert names[:2] == [f"127.0.0.1:{carrier.port}#1t", f"127.0.0.1:{carrier.port}#1r"]
        assert len(link._trace._present) == 8
