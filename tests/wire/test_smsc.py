"""The SMSC: who may bind, and the peers that did."""

import asyncio
from typing import Any

import pytest

from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import BindRefused, EncodeError, Refuse
from smppcore.esme import Esme, connect
from smppcore.pdu import AlertNotification, Bind, DataSm, DeliverSm, SubmitSm
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.state import SessionState
from wire.ends import ACCOUNTS, QUICK, SUBMIT, RawConnection, header, pair, url


async def bind_status(authenticate: Any) -> int:
    """How a bind is answered where this authenticator decides."""
    async with Smsc(authenticate=authenticate, settings=QUICK) as smsc:
        try:
            async with connect(url(smsc.port), settings=QUICK):
                [peer] = smsc.peers
                assert peer.system_id == "id"
                return 0
        except BindRefused as refused:
            assert smsc.peers == []
            return refused.status


async def in_a_task(decision: Any) -> Any:
    await asyncio.sleep(0)
    return decide(decision)


def decide(decision: Any) -> Any:
    """The decision, or the error that it makes."""
    if callable(decision):
        raise decision()
    return decision


DECISIONS = {
    "true": (True, 0),
    "zero": (0, 0),
    "false": (False, CommandStatus.ESME_RBINDFAIL),
    "a status": (CommandStatus.ESME_RINVPASWD, CommandStatus.ESME_RINVPASWD),
    "refuse": (lambda: Refuse(CommandStatus.ESME_RALYBND), CommandStatus.ESME_RALYBND),
    "an error": (lambda: KeyError("no such account"), CommandStatus.ESME_RSYSERR),
    "nothing": (None, CommandStatus.ESME_RSYSERR),
    "a text": ("yes", CommandStatus.ESME_RSYSERR),
    "no status": (-1, CommandStatus.ESME_RSYSERR),
    "too large a status": (1 << 32, CommandStatus.ESME_RSYSERR),
}


@pytest.mark.parametrize(("decision", "expected"), DECISIONS.values(), ids=DECISIONS)
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_an_authenticator(way: str, decision: Any, expected: int) -> None:
    def authenticate(peer: Peer, bind: Bind[Any]) -> Any:
        return in_a_task(decision) if way == "async" else decide(decision)

    assert await bind_status(authenticate) == expected


async def test_an_authenticator_that_never_returns() -> None:
    cancelled = asyncio.Event()

    async def authenticate(peer: Peer, bind: Bind[Any]) -> bool:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return True

    impatient = Settings(session_init_timeout=0.1, close_timeout=0.3)
    async with Smsc(authenticate=authenticate, settings=impatient) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(header(CommandId.BIND_TRANSCEIVER, 1, length=23) + b"\0\0\0\x34\0\0\0")
            assert await raw.read() == b"", "closed without an answer"
        await cancelled.wait()
        assert smsc.connections == []


async def test_a_connection_that_does_not_bind() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=Settings(session_init_timeout=0.1)) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            assert await raw.read() == b""


async def test_an_smsc_needs_accounts_or_an_authenticator() -> None:
    with pytest.raises(TypeError):
        Smsc()
    with pytest.raises(TypeError):
        Smsc(accounts={}, authenticate=lambda peer, bind: True)


async def test_a_system_id_that_fits_no_answer_is_an_error_at_once() -> None:
    with pytest.raises(EncodeError, match="system_id"):
        Smsc(accounts=ACCOUNTS, system_id="x" * 16)
    with pytest.raises(EncodeError):
        Smsc(accounts=ACCOUNTS, interface_version=256)


async def test_a_port_that_is_taken() -> None:
    async with Smsc(accounts=ACCOUNTS) as smsc:
        with pytest.raises(OSError, match="in use"):
            await Smsc(port=smsc.port, accounts=ACCOUNTS).start()


async def test_peers_come_and_go() -> None:
    events: list[str] = []
    async with Smsc(
        accounts={"a": "1", "b": "2"},
        settings=QUICK,
        on_bound=lambda peer: events.append(f"+{peer.system_id}"),
        on_gone=lambda peer: events.append(f"-{peer.system_id}"),
    ) as smsc:
        async with connect(f"smpp://a:1@127.0.0.1:{smsc.port}", settings=QUICK):
            async with connect(f"smpp://b:2@127.0.0.1:{smsc.port}", bind="receiver", settings=QUICK):
                assert sorted(peer.system_id for peer in smsc.peers) == ["a", "b"]
                [peer] = smsc.peers_of("b")
                assert peer.can_receive
                assert peer.state is SessionState.BOUND_RX
                assert peer.address[0] == "127.0.0.1"
                assert repr(peer).startswith("<Peer b at 127.0.0.1:")
            await peer.wait_closed()
            assert [each.system_id for each in smsc.peers] == ["a"]
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(header(CommandId.ENQUIRE_LINK, 1))
            await raw.header()
            assert len(smsc.connections) >= 1
            assert smsc.peers_of("") == []
    assert events[:3] == ["+a", "+b", "-b"]
    assert sorted(events) == ["+a", "+b", "-a", "-b"]
    assert smsc.connections == []


async def test_a_peer_is_sent_deliveries_data_and_alerts() -> None:
    seen: list[object] = []

    def keep(esme: Esme, pdu: object) -> None:
        seen.append(pdu)

    handlers = {DeliverSm: keep, DataSm: keep, AlertNotification: keep}
    async with pair(esme=handlers) as ends:
        ends.peer.data["mine"] = 1
        await ends.peer.deliver_sm(DeliverSm(short_message=b"1"))
        ends.peer.alert_notification(AlertNotification(source_addr="2"))
        await ends.peer.data_sm(DataSm(source_addr="3"))
        assert await ends.peer.begin_request(DeliverSm(short_message=b"4"))
    assert seen == [
        DeliverSm(short_message=b"1"),
        AlertNotification(source_addr="2"),
        DataSm(source_addr="3"),
        DeliverSm(short_message=b"4"),
    ]


async def test_a_peer_is_closed() -> None:
    async with pair() as ends:
        await ends.peer.close()
        assert await ends.esme.wait_closed() == "the peer unbound"
        assert ends.smsc.peers == []


async def test_closing_an_smsc_closes_its_peers_and_its_port() -> None:
    smsc = Smsc(accounts=ACCOUNTS, settings=QUICK)
    await smsc.start()
    esmes = [await connect(url(smsc.port), settings=QUICK) for _ in range(5)]
    await smsc.close()
    await smsc.close()
    assert [await esme.wait_closed() for esme in esmes] == ["the peer unbound"] * 5
    with pytest.raises(OSError, match=r"refused|111"):
        await connect(url(smsc.port), settings=QUICK)


async def test_a_connection_that_comes_while_the_smsc_closes_is_dropped() -> None:
    smsc = Smsc(accounts=ACCOUNTS, settings=QUICK)
    await smsc.start()
    with await RawConnection.to(smsc.port) as raw:
        await smsc.close()
        assert await raw.at_end()
    assert smsc.connections == []


async def test_handlers_of_a_lost_peer_end_with_the_smsc_at_the_latest() -> None:
    running = asyncio.Event()

    async def on_submit(peer: Peer, pdu: object) -> None:
        running.set()
        await asyncio.Event().wait()

    async with pair(smsc={SubmitSm: on_submit}) as ends:
        call = asyncio.ensure_future(ends.esme.submit_sm(SUBMIT))
        await running.wait()
        ends.esme.abort()
        await asyncio.wait([call])
        assert call.exception() is not None
        await ends.peer.wait_closed()


async def test_an_error_in_on_bound_does_not_end_the_connection() -> None:
    def fail(peer: Peer) -> None:
        raise RuntimeError("on_bound")

    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK, on_bound=fail, on_gone=fail) as smsc,
        connect(url(smsc.port), settings=QUICK) as esme,
    ):
        await esme.enquire_link()


async def test_a_refused_esme_may_try_again_on_the_same_connection() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(header(CommandId.BIND_TRANSCEIVER, 1, length=23) + b"\0\0\0\x34\0\0\0")
            assert await raw.header() == (CommandId.BIND_TRANSCEIVER_RESP, CommandStatus.ESME_RBINDFAIL, 1)
            await raw.bind()
            assert len(smsc.peers) == 1
            await raw.send(header(CommandId.BIND_TRANSCEIVER, 2, length=23) + b"\0\0\0\x34\0\0\0")
            assert await raw.header() == (CommandId.BIND_TRANSCEIVER_RESP, CommandStatus.ESME_RALYBND, 2)
