"""Accounts with limits: who may bind, and what an ESME meets that sends more than it may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from smppcore.account import Account
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import BindRefused, Refused, SmppError
from smppcore.esme import BindMode, Esme, connect
from smppcore.fields import SmeAddress
from smppcore.guard import GuardSettings
from smppcore.pdu import Bind, BindTransceiver, DataSm, DeliverSm, QuerySm, QuerySmResp, SubmitMulti, SubmitSm
from smppcore.peer import Peer
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from wire.ends import QUICK, SUBMIT, RawConnection, url

THROTTLED = CommandStatus.ESME_RTHROTTLED
SLOW = 0.001
"""Messages per second: so few that no test sees a second one."""


class Carrier:
    """An Smsc that notes what its handlers get, and holds submit_sm with the text "wait" until it is told to go on."""

    def __init__(self, account: Account, **options: Any) -> None:
        self.got: list[Any] = []
        self.go_on = asyncio.Event()
        self.arrived = asyncio.Event()
        handlers: dict[type[Any], Any] = {
            SubmitSm: self.submit,
            DataSm: self.keep,
            SubmitMulti: self.keep,
            QuerySm: self.query,
        }
        self.smsc = Smsc(accounts={"id": account, "other": "secret"}, handlers=handlers, settings=QUICK, **options)

    def submit(self, peer: Peer, pdu: SubmitSm) -> Any:
        self.keep(peer, pdu)
        return self.wait() if pdu.short_message == b"wait" else None

    async def wait(self) -> None:
        self.arrived.set()
        await self.go_on.wait()

    def keep(self, peer: Peer, pdu: object) -> None:
        self.got.append(pdu)

    def query(self, peer: Peer, pdu: QuerySm) -> QuerySmResp:
        self.keep(peer, pdu)
        return QuerySmResp(message_id=pdu.message_id)


@asynccontextmanager
async def carrier(account: Account, binds: int = 1, **options: Any) -> AsyncIterator[tuple[Carrier, list[Esme]]]:
    async with AsyncExitStack() as stack:
        ours = Carrier(account, **options)
        smsc = await stack.enter_async_context(ours.smsc)
        settings = Settings(window=100, close_timeout=0.3)
        esmes = [await stack.enter_async_context(connect(url(smsc.port), settings=settings)) for _ in range(binds)]
        try:
            yield ours, esmes
        finally:
            ours.go_on.set()


async def statuses(*calls: Any) -> list[int]:
    results = await asyncio.gather(*calls, return_exceptions=True)
    return [result.status if isinstance(result, Refused) else 0 for result in results]


async def status_of(smsc: Smsc, mode: BindMode = "transceiver", password: str = "secret") -> int:  # noqa: S107
    try:
        async with connect(url(smsc.port, password), bind=mode, settings=QUICK):
            return 0
    except BindRefused as refused:
        return refused.status


async def test_messages_beyond_the_rate_are_refused_before_any_handler_and_none_is_dropped() -> None:
    async with carrier(Account(password="secret", rate=SLOW, burst=3), binds=2) as (ours, esmes):
        seen = await statuses(*(esmes[number % 2].submit_sm(SUBMIT) for number in range(50)))
        assert seen.count(THROTTLED) == 47
        assert seen.count(0) == 3
        assert len(ours.got) == 3
        assert ours.smsc.refusals == {"rate": 47}
        # Keep-alive and questions go on.
        await esmes[0].enquire_link()
        assert (await esmes[0].query_sm(QuerySm(message_id="1"))).message_id == "1"


async def test_every_kind_of_message_counts_and_every_destination() -> None:
    multi = SubmitMulti(dest_addresses=[SmeAddress(destination_addr="1")] * 3)
    async with carrier(Account(password="secret", rate=SLOW, burst=5)) as (ours, [esme]):
        calls = (esme.submit_multi(multi), esme.data_sm(DataSm()), esme.submit_sm(SUBMIT), esme.submit_multi(multi))
        assert await statuses(*calls, esme.data_sm(DataSm())) == [0, 0, 0, THROTTLED, THROTTLED]
        assert len(ours.got) == 3


async def test_one_account_does_not_use_up_what_another_may() -> None:
    async with (
        carrier(Account(password="secret", rate=SLOW)) as (ours, [esme]),
        connect(f"smpp://other:secret@127.0.0.1:{ours.smsc.port}", settings=QUICK) as other,
    ):
        assert await statuses(*(esme.submit_sm(SUBMIT) for _ in range(3))) == [0, THROTTLED, THROTTLED]
        assert await statuses(*(other.submit_sm(SUBMIT) for _ in range(30))) == [0] * 30


async def test_a_window_holds_over_all_binds_and_opens_with_each_answer() -> None:
    wait = SubmitSm(destination_addr="1", short_message=b"wait")
    async with carrier(Account(password="secret", window=3), binds=2) as (ours, esmes):
        waiting = [asyncio.ensure_future(esme.submit_sm(wait)) for esme in (*esmes, esmes[0])]
        while len(ours.got) < 3:
            await esmes[1].enquire_link()
        assert ours.smsc.usage("id").unanswered == 3
        assert await statuses(*(esme.submit_sm(SUBMIT) for esme in esmes)) == [THROTTLED] * 2
        assert await statuses(esmes[0].query_sm(QuerySm(message_id="1"))) == [THROTTLED]
        assert len(ours.got) == 3
        ours.go_on.set()
        await asyncio.gather(*waiting)
        assert ours.smsc.usage("id").unanswered == 0
        assert await statuses(*(esmes[0].submit_sm(SUBMIT) for _ in range(3))) == [0] * 3
        assert ours.smsc.refusals == {"window": 3}


async def test_of_a_segment_with_too_many_requests_the_first_are_taken() -> None:
    """As many as the window, though all are there at once; the last ones are not sent before the first."""
    wait = SubmitSm(destination_addr="1", short_message=b"wait")
    async with carrier(Account(password="secret", window=4)) as (ours, [esme]):
        calls = [asyncio.ensure_future(esme.submit_sm(wait)) for _ in range(10)]
        await asyncio.wait(calls[4:])
        assert await statuses(*calls[4:]) == [THROTTLED] * 6
        assert len(ours.got) == 4
        ours.go_on.set()
        assert await statuses(*calls) == [0] * 4 + [THROTTLED] * 6


async def test_answers_at_once_need_no_window() -> None:
    async with carrier(Account(password="secret", window=1)) as (_, [esme]):
        assert await statuses(*(esme.submit_sm(SUBMIT) for _ in range(50))) == [0] * 50


async def test_a_lost_connection_gives_back_what_it_held() -> None:
    wait = SubmitSm(destination_addr="1", short_message=b"wait")
    async with carrier(Account(password="secret", window=1), binds=2) as (ours, esmes):
        [lost] = [peer for peer in ours.smsc.peers if peer.address == _local_address(esmes[0])]
        call = asyncio.ensure_future(esmes[0].submit_sm(wait))
        await ours.arrived.wait()
        assert await statuses(esmes[1].submit_sm(SUBMIT)) == [THROTTLED]
        esmes[0].abort()
        with pytest.raises(SmppError):
            await call
        await lost.wait_closed()
        await asyncio.sleep(0)
        assert await statuses(*(esmes[1].submit_sm(SUBMIT) for _ in range(3))) == [0] * 3
        ours.go_on.set()
        await esmes[1].enquire_link()
        # The late answer of the lost one opens no second slot.
        assert ours.smsc._admission.load("id").unanswered == 0  # type: ignore[union-attr]


def _local_address(esme: Esme) -> tuple[str, int]:
    transport = esme._connection._transport
    assert transport is not None
    host, port = transport.get_extra_info("sockname")
    return host, port


async def test_a_request_that_came_with_the_bind_counts_too() -> None:
    async with Carrier(Account(password="secret", rate=SLOW, burst=2)).smsc as smsc:
        with await RawConnection.to(smsc.port) as raw:
            bind = BindTransceiver(system_id="id", password="secret").encode(1)
            await raw.send(bind + b"".join(SUBMIT.encode(number) for number in (2, 3, 4)))
            answers = [await raw.header() for _ in range(4)]
    submits = [(CommandId.SUBMIT_SM_RESP, status, number) for status, number in ((0, 2), (0, 3), (THROTTLED, 4))]
    assert answers == [(CommandId.BIND_TRANSCEIVER_RESP, 0, 1), *submits]


async def test_what_an_account_uses_is_visible() -> None:
    account = Account(password="secret", rate=100, window=10)
    async with carrier(account, binds=2) as (ours, esmes):
        assert await statuses(*(esmes[0].submit_sm(SUBMIT) for _ in range(20))) == [0] * 20
        usage = ours.smsc.usage("id")
        assert (usage.binds, usage.unanswered) == (2, 0)
        assert usage.rate is not None
        assert 0 < usage.rate <= 20
        async with connect(f"smpp://other:secret@127.0.0.1:{ours.smsc.port}", settings=QUICK):
            other = ours.smsc.usage("other")
            assert (other.binds, other.unanswered, other.rate) == (1, 0, None)
        assert ours.smsc.usage("nobody").binds == 0


async def test_an_account_without_limits_costs_nothing_per_pdu() -> None:
    async with carrier(Account(password="secret", binds=5)) as (ours, _):
        [peer] = ours.smsc.peers
        assert peer._connection.on_request == peer._dispatcher.dispatch
        assert "respond" not in vars(peer._connection)


# -- binds


async def test_one_bind_too_many_and_the_next_once_there_is_room() -> None:
    async with carrier(Account(password="secret", binds=2), binds=2) as (ours, esmes):
        assert await status_of(ours.smsc) == CommandStatus.ESME_RALYBND
        assert ours.smsc.refusals == {"binds": 1}
        await esmes[0].close()
        assert await status_of(ours.smsc) == 0


async def test_an_esme_that_was_lost_takes_its_place_until_it_is_missed() -> None:
    async with carrier(Account(password="secret", binds=1)) as (ours, [esme]):
        [peer] = ours.smsc.peers
        assert await status_of(ours.smsc) == CommandStatus.ESME_RALYBND
        esme.abort()
        await peer.wait_closed()
        assert await status_of(ours.smsc) == 0


async def test_a_mode_that_the_account_does_not_have() -> None:
    account = Account(password="secret", modes=frozenset({"transmitter", "receiver"}))
    async with Carrier(account).smsc as smsc:
        assert await status_of(smsc, "transmitter") == 0
        assert await status_of(smsc, "receiver") == 0
        assert await status_of(smsc, "transceiver") == CommandStatus.ESME_RBINDFAIL
        assert smsc.refusals == {"mode": 1}


async def test_a_place_from_which_the_account_may_not_bind() -> None:
    async with Carrier(Account(password="secret", networks=("192.0.2.0/24",))).smsc as smsc:
        assert await status_of(smsc) == CommandStatus.ESME_RBINDFAIL
        assert smsc.refusals == {"account_network": 1}
    async with Carrier(Account(password="secret", networks=("127.0.0.0/8",))).smsc as smsc:
        assert await status_of(smsc) == 0


async def test_a_wrong_password_is_answered_as_ever() -> None:
    async with Carrier(Account(password="secret")).smsc as smsc:
        assert await status_of(smsc, password="wrong") == CommandStatus.ESME_RBINDFAIL
        assert smsc.refusals == {"authentication": 1}


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_an_authenticator_may_return_an_account(way: str) -> None:
    account = Account(rate=SLOW, binds=1)

    async def later() -> Account:
        await asyncio.sleep(0)
        return account

    def authenticate(peer: Peer, bind: Bind[Any]) -> Any:
        return later() if way == "async" else account

    def on_submit(peer: Peer, pdu: SubmitSm) -> None: ...

    async with (
        Smsc(authenticate=authenticate, handlers={SubmitSm: on_submit}, settings=QUICK) as smsc,
        connect(url(smsc.port), settings=QUICK) as esme,
    ):
        assert await statuses(*(esme.submit_sm(SUBMIT) for _ in range(2))) == [0, THROTTLED]
        assert await status_of(smsc) == CommandStatus.ESME_RALYBND


async def test_the_guard_bounds_binds_where_the_authenticator_says_only_yes() -> None:
    async with Smsc(authenticate=lambda peer, bind: True, guard=GuardSettings(binds=2), settings=QUICK) as smsc:
        async with connect(url(smsc.port), settings=QUICK), connect(url(smsc.port), settings=QUICK):
            assert await status_of(smsc) == CommandStatus.ESME_RALYBND
            assert smsc.usage("id").binds == 2
            assert smsc.usage("id").rate is None
        assert await status_of(smsc) == 0


async def test_deliveries_are_not_limited_by_the_account() -> None:
    got = []
    account = Account(password="secret", rate=SLOW, window=1)
    async with (
        Carrier(account).smsc as smsc,
        connect(url(smsc.port), handlers={DeliverSm: lambda _, pdu: got.append(pdu)}, settings=QUICK),
    ):
        [peer] = smsc.peers
        await asyncio.gather(*(peer.deliver_sm(DeliverSm(short_message=b"x")) for _ in range(20)))
    assert len(got) == 20


async def test_a_peer_keeps_what_the_application_gives_it() -> None:
    async with carrier(Account(password="secret")) as (ours, _):
        [peer] = ours.smsc.peers
        assert peer.data == {}
        peer.data["mine"] = 1
        assert peer.data == {"mine": 1}
