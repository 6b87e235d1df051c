"""Connecting and binding: how it goes well, and every way in which it does not."""

import asyncio
import socket

import pytest

from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import BindRefused, EncodeError, NotSent, OutcomeUnknown, StateError
from smppcore.esme import BindMode, Esme, connect
from smppcore.pdu import Bind, DeliverSm, DeliverSmResp, GenericNack, SubmitSm
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.state import SessionState
from wire.ends import ACCOUNTS, QUICK, SUBMIT, RawConnection, RawSmsc, header, pair, url

STATES: dict[BindMode, SessionState] = {
    "transceiver": SessionState.BOUND_TRX,
    "transmitter": SessionState.BOUND_TX,
    "receiver": SessionState.BOUND_RX,
}


@pytest.mark.parametrize("mode", STATES)
async def test_async_with_binds_and_unbinds(mode: BindMode) -> None:
    async with Smsc(accounts=ACCOUNTS, system_id="centre", settings=QUICK) as smsc:
        async with connect(url(smsc.port), bind=mode, settings=QUICK) as esme:
            assert esme.state is STATES[mode]
            assert esme.smsc_system_id == "centre"
            assert esme.smsc_interface_version == 0x34
            [peer] = smsc.peers
            assert peer.state is STATES[mode]
        assert esme.state is SessionState.CLOSED
        assert await peer.wait_closed() == "the peer unbound"


async def test_await_gives_an_esme_to_close_by_hand() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        esme = await connect(url(smsc.port), settings=QUICK)
        await esme.close()
        with pytest.raises(NotSent):
            await esme.submit_sm(SUBMIT)


async def test_an_esme_is_a_context_manager_itself() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc, await connect(url(smsc.port), settings=QUICK) as esme:
        assert esme.state is SessionState.BOUND_TRX


async def test_the_fields_of_the_bind() -> None:
    seen: list[Bind[object]] = []  # type: ignore[type-var]

    def authenticate(peer: Peer, bind: Bind[object]) -> bool:  # type: ignore[type-var]
        seen.append(bind)
        return True

    async with (
        Smsc(authenticate=authenticate, settings=QUICK) as smsc,
        connect(
            f"smpp://us%40er:p%3Aw@127.0.0.1:{smsc.port}",
            settings=QUICK,
            system_type="T",
            interface_version=0x33,
            addr_ton=5,
            addr_npi=9,
            address_range="^1",
        ) as esme,
    ):
        assert esme.smsc_interface_version is None, "below 3.4 there are no TLVs"
    [bind] = seen
    assert (bind.system_id, bind.password, bind.system_type, bind.interface_version) == ("us@er", "p:w", "T", 0x33)
    assert (bind.addr_ton, bind.addr_npi, bind.address_range) == (5, 9, "^1")


@pytest.mark.parametrize("target", ["smpp://id:wrong@127.0.0.1:{}", "smpp://nobody:secret@127.0.0.1:{}"])
async def test_a_refused_bind(target: str) -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        with pytest.raises(BindRefused) as caught:
            await connect(target.format(smsc.port), settings=QUICK)
        assert caught.value.status == CommandStatus.ESME_RBINDFAIL
        assert "secret" not in str(caught.value) + repr(caught.value.request)
        assert smsc.peers == []


async def test_a_bind_answered_with_a_nack() -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(_connect(smsc.port))
        with await smsc.accept() as raw:
            _, _, number = await raw.header()
            await raw.send(GenericNack(command_status=3).encode(number))
            with pytest.raises(BindRefused) as caught:
                await connecting
            assert caught.value.status == 3
            assert await raw.at_end()


async def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(OSError, match=r"refused|111"):
        await connect(url(port), settings=QUICK)


async def test_no_connection_in_time() -> None:
    with RawSmsc() as smsc, pytest.raises(TimeoutError):
        await connect(url(smsc.port), settings=Settings(connect_timeout=0))


@pytest.mark.parametrize(
    "bad", ["", "id@host", "http://id:pw@host", "smpp://", "smpp://id:pw@host:99999", "smpp://host/path"]
)
async def test_a_bad_url(bad: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        connect(bad)


async def test_a_bad_mode() -> None:
    with pytest.raises(ValueError, match="transponder"):
        connect("smpp://id@host", bind="transponder")  # type: ignore[arg-type]


async def test_a_password_that_does_not_fit() -> None:
    with RawSmsc() as smsc:
        with pytest.raises(EncodeError, match=r"password: \(hidden\)"):
            await connect(url(smsc.port, "much too long"), settings=QUICK)
        with pytest.raises(BlockingIOError):
            smsc._listening.accept()  # nobody has been called


async def test_an_smsc_that_closes_without_an_answer() -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(_connect(smsc.port))
        with await smsc.accept() as raw:
            await raw.read()
        with pytest.raises(OutcomeUnknown, match="the connection was lost"):
            await connecting


async def test_an_smsc_that_never_answers_the_bind() -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(_connect(smsc.port, Settings(response_timeout=0.1)))
        with await smsc.accept() as raw:
            with pytest.raises(OutcomeUnknown, match="no answer in time"):
                await connecting
            assert await raw.at_end()


async def test_a_cancelled_connect_leaves_no_connection() -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(_connect(smsc.port))
        with await smsc.accept() as raw:
            await raw.read()
            connecting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await connecting
            assert await raw.at_end()


async def test_p21_the_answer_and_the_first_delivery_in_one_segment() -> None:
    arrived: asyncio.Future[DeliverSm] = asyncio.get_running_loop().create_future()

    def on_deliver(_: Esme, pdu: DeliverSm) -> DeliverSmResp:
        arrived.set_result(pdu)
        return DeliverSmResp()

    first = DeliverSm(short_message=b"first").encode(0xA2859F22)
    with RawSmsc() as smsc:
        async with smsc.bound(behind=first, handlers={DeliverSm: on_deliver}) as (_, raw):
            assert (await arrived).short_message == b"first"
            assert await raw.header() == (CommandId.DELIVER_SM_RESP, 0, 0xA2859F22)


async def test_p19_an_enquire_link_of_the_smsc_before_it_answers_the_bind() -> None:
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(_connect(smsc.port))
        with await smsc.accept() as raw:
            command_id, _, number = await raw.header()
            await raw.send(header(CommandId.ENQUIRE_LINK, 77))
            assert await raw.header() == (CommandId.ENQUIRE_LINK_RESP, 0, 77)
            await raw.send(header(command_id | 0x80000000, number))
            esme = await connecting
            esme.abort()
            await esme.wait_closed()


async def test_requests_that_the_bind_mode_does_not_allow() -> None:
    async with pair(bind="receiver") as ends:
        with pytest.raises(StateError, match="submit_sm cannot be sent by this esme in state BOUND_RX"):
            await ends.esme.submit_sm(SUBMIT)
    async with pair(bind="transmitter") as ends:
        with pytest.raises(StateError):
            await ends.peer.deliver_sm(DeliverSm())


async def test_requests_pipelined_behind_a_bind_wait_for_the_authenticator() -> None:
    decide: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    seen: list[str] = []

    def on_submit(_: Peer, pdu: SubmitSm) -> None:
        seen.append(pdu.destination_addr)

    async def authenticate(peer: Peer, bind: Bind[object]) -> bool:  # type: ignore[type-var]
        return await decide

    def on_bound(peer: Peer) -> None:
        seen.append("bound")

    async with Smsc(
        authenticate=authenticate, handlers={SubmitSm: on_submit}, settings=QUICK, on_bound=on_bound
    ) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(header(CommandId.BIND_TRANSCEIVER, 1, length=23) + b"\0\0\0\x34\0\0\0")
            await raw.send(SUBMIT.encode(2) + header(CommandId.ENQUIRE_LINK, 3))
            assert await raw.header() == (CommandId.ENQUIRE_LINK_RESP, 0, 3)
            assert seen == []
            decide.set_result(True)
            assert await raw.header() == (CommandId.BIND_TRANSCEIVER_RESP, 0, 1)
            assert await raw.header() == (CommandId.SUBMIT_SM_RESP, 0, 2)
            assert seen == ["bound", "1"], "a handler never sees a peer that on_bound has not seen"


async def _connect(port: int, settings: Settings = QUICK) -> Esme:
    return await connect(url(port), settings=settings)


async def test_a_bind_that_is_never_answered_ends_though_requests_may_take_for_ever() -> None:
    settings = Settings(response_timeout=None, session_init_timeout=0.05, close_timeout=0.3)
    with RawSmsc() as smsc:
        connecting = asyncio.ensure_future(_open(url(smsc.port), settings))
        with await smsc.accept() as raw:
            command_id, *_ = await raw.header()
            assert command_id == CommandId.BIND_TRANSCEIVER
            with pytest.raises(OutcomeUnknown, match="in time"):
                await connecting


async def _open(target: str, settings: Settings) -> Esme:
    return await connect(target, settings=settings)
