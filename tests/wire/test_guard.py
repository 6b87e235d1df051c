"""The doors of an Smsc: who gets in at all, how often, and that a port scan costs nothing but the scan."""

import asyncio
import logging
import resource
from contextlib import ExitStack
from typing import Any

import pytest

from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import BindRefused
from smppcore.esme import connect
from smppcore.guard import GuardSettings
from smppcore.pdu import Bind, BindTransceiver, SubmitSm
from smppcore.peer import Peer
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from wire.ends import ACCOUNTS, QUICK, RawConnection, header, url
from wire.test_tls import at_esme, at_smsc

BIND = BindTransceiver(system_id="id", password="secret")
DESCRIPTORS = 2_500
WRONG = BindTransceiver(system_id="id", password="wrong")


def smsc(settings: Settings = QUICK, **values: Any) -> Smsc:
    return Smsc(accounts=ACCOUNTS, settings=settings, guard=GuardSettings(**values))


async def refused(port: int) -> bool:
    """Whether a connection ends without an octet."""
    with await RawConnection.to(port) as raw:
        return await raw.at_end()


async def nobody_left(ours: Smsc) -> None:
    """Until the Smsc knows that all are gone."""
    while ours.connections:  # noqa: ASYNC110  # nothing tells it
        await asyncio.sleep(0)


def warnings(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.INFO]


async def test_a_network_that_may_not_connect(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with smsc(networks=("192.0.2.0/24",)) as ours:
        for _ in range(20):
            assert await refused(ours.port)
        assert ours.connections == []
        assert ours.refusals == {"network": 20}
    [record] = caplog.records
    assert (record.message, record.__dict__["reason"], record.__dict__["host"]) == ("refused", "network", "127.0.0.1")


async def test_a_network_that_may() -> None:
    async with smsc(networks=("192.0.2.0/24", "127.0.0.1")) as ours, connect(url(ours.port), settings=QUICK) as esme:
        await esme.enquire_link()


async def test_a_refused_connection_tells_nobody_but_the_guard() -> None:
    told: list[object] = []
    async with Smsc(
        accounts=ACCOUNTS,
        settings=QUICK,
        guard=GuardSettings(networks=()),
        on_notice=lambda peer, notice: told.append(notice),
        on_gone=told.append,
    ) as ours:
        assert await refused(ours.port)
    assert told == []


async def test_connections_per_address() -> None:
    async with smsc(connections=2) as ours:
        async with connect(url(ours.port), settings=QUICK), connect(url(ours.port), settings=QUICK):
            assert await refused(ours.port)
        await nobody_left(ours)
        assert ours.refusals == {"connections": 1}
        async with connect(url(ours.port), settings=QUICK):
            assert len(ours.peers) == 1


async def test_connections_that_do_not_bind_keep_no_place_for_ever() -> None:
    impatient = Settings(session_init_timeout=1.0, close_timeout=0.3)  # and time enough for who binds
    async with smsc(impatient, unbound=3) as ours:
        with ExitStack() as stack:
            idle = [stack.enter_context(await RawConnection.to(ours.port)) for _ in range(3)]
            while len(ours.connections) < 3:  # noqa: ASYNC110  # nothing tells it
                await asyncio.sleep(0)
            assert await refused(ours.port)
            assert ours.refusals == {"unbound": 1}
            assert [await each.at_end() for each in idle] == [True] * 3
        async with connect(url(ours.port), settings=impatient) as esme:
            await esme.enquire_link()


async def test_bound_sessions_take_no_place_of_the_unbound() -> None:
    async with smsc(unbound=1) as ours:
        for _ in range(5):
            await connect(url(ours.port), settings=QUICK)
        assert len(ours.peers) == 5


async def test_a_thousand_connections_that_never_bind(caplog: pytest.LogCaptureFixture) -> None:
    """The default: so many are kept, one more is not, and those who are bound do not notice."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    patient = Settings(session_init_timeout=60.0, close_timeout=0.3)
    async with Smsc(accounts=ACCOUNTS, settings=patient) as ours, connect(url(ours.port), settings=QUICK) as esme:
        with ExitStack() as stack:
            for _ in range(1_000):
                stack.enter_context(await RawConnection.to(ours.port))
            while len(ours.connections) < 1_001:
                await esme.enquire_link()
            for _ in range(50):
                assert await refused(ours.port)
            await esme.enquire_link()
            assert len(ours.connections) == 1_001
            assert ours.refusals == {"unbound": 50}
        while len(ours.connections) > 1:
            await esme.enquire_link()
        async with connect(url(ours.port), settings=QUICK):
            assert len(ours.peers) == 2
    assert len(warnings(caplog)) == 1


async def test_an_authenticator_that_never_ends_does_not_hold_the_door() -> None:
    async def authenticate(peer: Peer, bind: Bind[Any]) -> bool:
        await asyncio.Event().wait()
        return True

    impatient = Settings(session_init_timeout=0.2, close_timeout=0.3)
    guard = GuardSettings(unbound=1, connections=1)
    async with Smsc(authenticate=authenticate, settings=impatient, guard=guard) as ours:
        for _ in range(2):
            with await RawConnection.to(ours.port) as raw:
                await raw.send(BIND.encode(1))
                assert await raw.read() == b"", "closed without an answer"
            await nobody_left(ours)
        assert ours.refusals == {}


# -- binds


async def test_guesses_at_a_password_are_counted_and_then_not_even_looked_at(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[str] = []

    def authenticate(peer: Peer, bind: Bind[Any]) -> bool:
        asked.append(bind.password)
        return bind.password == "secret"

    guard = GuardSettings(failed_binds=3, bind_period=3600)
    async with Smsc(authenticate=authenticate, settings=QUICK, guard=guard) as ours:
        for _ in range(20):
            async with connect(url(ours.port), settings=QUICK):
                pass
        asked.clear()
        with await RawConnection.to(ours.port) as raw:
            seen = []
            for number in range(1, 11):
                await raw.send(WRONG.encode(number))
                seen.append((await raw.header())[1])
        assert seen == [CommandStatus.ESME_RBINDFAIL] * 3 + [CommandStatus.ESME_RTHROTTLED] * 7
        assert asked == ["wrong"] * 3
        # From there the right one is not taken either: else the guess that is right would show.
        with pytest.raises(BindRefused) as error:
            await connect(url(ours.port), settings=QUICK)
        assert error.value.status == CommandStatus.ESME_RTHROTTLED
        assert ours.refusals == {"authentication": 3, "failed_binds": 8}
    [record] = warnings(caplog)
    assert record.__dict__["system_id"] == "id"


async def test_binds_per_address_and_time_good_ones_included() -> None:
    async with smsc(bind_attempts=3, bind_period=3600) as ours:
        for _ in range(3):
            async with connect(url(ours.port), settings=QUICK):
                pass
        with pytest.raises(BindRefused) as error:
            await connect(url(ours.port), settings=QUICK)
        assert error.value.status == CommandStatus.ESME_RTHROTTLED
        assert ours.refusals == {"bind_attempts": 1}


# -- the longest PDU


async def test_a_long_pdu_before_the_bind_ends_the_connection() -> None:
    async with smsc() as ours:
        with await RawConnection.to(ours.port) as raw:
            await raw.send(header(CommandId.BIND_TRANSCEIVER, 1, length=4_097))
            assert await raw.header() == (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN, 1)
            assert await raw.at_end()
        with await RawConnection.to(ours.port) as raw:
            await raw.send(BindTransceiver(system_id="x" * 15, password="x" * 8, address_range="x" * 40).encode(1))
            assert (await raw.header())[1] == CommandStatus.ESME_RBINDFAIL
            await raw.send(header(CommandId.BIND_TRANSCEIVER, 1, length=4_097))
            assert (await raw.header())[1] == CommandStatus.ESME_RINVCMDLEN


@pytest.mark.parametrize("longest", [None, 4_096])
async def test_after_the_bind_the_setting_holds(longest: int | None) -> None:
    got: list[int] = []

    def on_submit(peer: Peer, pdu: SubmitSm) -> None:
        got.append(len(pdu.tlvs[0][1]))

    guard = GuardSettings(longest_unbound_pdu=longest)
    async with Smsc(accounts=ACCOUNTS, handlers={SubmitSm: on_submit}, settings=QUICK, guard=guard) as ours:
        with await RawConnection.to(ours.port) as raw:
            await raw.bind()
            await raw.send(SubmitSm(destination_addr="1", tlvs=[(0x0424, bytes(60_000))]).encode(2))
            assert await raw.header() == (CommandId.SUBMIT_SM_RESP, 0, 2)
            await raw.send(header(CommandId.SUBMIT_SM, 3, length=128 * 1024 + 1))
            assert (await raw.header())[1] == CommandStatus.ESME_RINVCMDLEN
    assert got == [60_000]


async def test_the_setting_holds_before_the_bind_where_it_is_less() -> None:
    async with smsc(Settings(longest_pdu=100, close_timeout=0.3)) as ours:
        with await RawConnection.to(ours.port) as raw:
            await raw.send(header(CommandId.BIND_TRANSCEIVER, 1, length=101))
            assert (await raw.header())[1] == CommandStatus.ESME_RINVCMDLEN


# -- TLS: the doors are in front of the handshake


def tls_smsc(settings: Settings = QUICK, **values: Any) -> Smsc:
    return Smsc(accounts=ACCOUNTS, settings=settings, guard=GuardSettings(**values), ssl=at_smsc())


async def test_who_may_not_connect_gets_no_handshake() -> None:
    async with tls_smsc(networks=("192.0.2.0/24",)) as ours:
        assert await refused(ours.port)
        with pytest.raises(OSError):  # noqa: PT011  # each loop has its own words for it
            await asyncio.open_connection("127.0.0.1", ours.port, ssl=at_esme())
        assert ours.refusals == {"network": 2}


async def test_connections_that_never_shake_hands_are_bounded_and_end() -> None:
    impatient = Settings(session_init_timeout=1.0, close_timeout=0.3)  # and time enough for who binds
    async with tls_smsc(impatient, unbound=3) as ours:
        with ExitStack() as stack:
            idle = [stack.enter_context(await RawConnection.to(ours.port)) for _ in range(3)]
            assert await refused(ours.port)
            assert ours.refusals == {"unbound": 1}
            assert [await each.at_end() for each in idle] == [True] * 3
        while ours.refusals["tls"] < 3:  # noqa: ASYNC110  # nothing tells it
            await asyncio.sleep(0)
        assert ours.refusals == {"unbound": 1, "tls": 3}
        async with connect(f"smpps://id:secret@localhost:{ours.port}", ssl=at_esme(), settings=impatient) as esme:
            await esme.enquire_link()
        assert ours._guard.unbound == 0


async def test_an_smsc_closes_while_hands_are_being_shaken() -> None:
    ours = tls_smsc()
    await ours.start()
    with await RawConnection.to(ours.port) as raw:
        while not ours._guard.unbound:  # noqa: ASYNC110  # nothing tells it
            await asyncio.sleep(0)
        await ours.close()
        assert await raw.at_end()
    assert ours._guard.unbound == 0
