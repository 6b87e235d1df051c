"""Outbind, both ways: an SMSC that calls its ESMEs, and an ESME that waits to be called."""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from smppcore.account import Account
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import EncodeError, NotSent, StateError, TlsError
from smppcore.esme import Esme
from smppcore.guard import GuardSettings
from smppcore.outbind import OutbindListener, outbind
from smppcore.password import password_from_environment
from smppcore.pdu import BindReceiver, BindReceiverResp, BindTransceiver, DeliverSm, Outbind, SubmitSm
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.state import SessionState
from smppcore.tls import client_context, server_context
from wire.certificates import files
from wire.ends import ACCOUNTS, QUICK, RawConnection, RawSmsc, header

SMSCS = {"centre": "hush"}
SHORT = Settings(close_timeout=0.3, session_init_timeout=0.3, response_timeout=0.3)
OUTBIND = Outbind(system_id="centre", password="hush")
LIMIT = 20


def accept(end: object, pdu: object) -> None: ...


@contextlib.asynccontextmanager
async def listening(**options: Any) -> AsyncIterator[OutbindListener]:
    """An ESME that waits for outbinds; it has nothing left at the end."""
    if not {"accounts", "authenticate", "accept_any"} & options.keys():
        options["accounts"] = SMSCS
    given: dict[str, Any] = {"system_id": "id", "password": "secret", "settings": QUICK} | options
    async with asyncio.timeout(LIMIT), OutbindListener(**given) as listener:
        yield listener
    assert listener.esmes == []
    assert (listener._visits, listener._tasks) == (set(), {})
    assert (listener._guard.unbound, dict(listener._guard._connections)) == (0, {})


@contextlib.asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Smsc]:
    given: dict[str, Any] = {"accounts": ACCOUNTS, "settings": QUICK} | options
    async with asyncio.timeout(LIMIT), Smsc(**given) as smsc:
        yield smsc
    assert smsc.connections == []
    assert smsc._guard.unbound == 0


async def call(smsc: Smsc, port: int, **options: Any) -> Peer:
    given: dict[str, Any] = {"system_id": "centre", "password": "hush"} | options
    return await outbind(smsc, "127.0.0.1", port, **given)


async def closed_without_a_word(raw: RawConnection) -> bool:
    return await raw.read() == b""


def messages(log: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    return [record.message for record in log.records if record.levelno >= level]


# -- both


async def test_an_esme_that_is_called_receives() -> None:
    got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
        got.set_result(pdu.short_message)

    async with serving() as smsc, listening(handlers={DeliverSm: on_deliver}) as listener:
        peer = await call(smsc, listener.port)
        assert smsc.peers == [peer]
        assert (peer.system_id, peer.state, peer.can_receive) == ("id", SessionState.BOUND_RX, True)
        assert peer.address == ("127.0.0.1", listener.port)
        await peer.deliver_sm(DeliverSm(short_message=b"hi"))
        assert await got == b"hi"
        with pytest.raises(StateError):
            await listener.esmes[0].submit_sm(SubmitSm(destination_addr="1"))


async def test_a_transceiver_sends_as_well_and_fields_of_the_bind_are_ours_to_choose() -> None:
    bound: asyncio.Queue[Esme] = asyncio.Queue()
    options: dict[str, Any] = {
        "bind": "transceiver",
        "system_type": "T",
        "interface_version": 0x50,
        "address_range": "^1",
    }
    async with serving(handlers={SubmitSm: accept}) as smsc:
        async with listening(on_esme=bound.put_nowait, **options) as listener:
            peer = await call(smsc, listener.port)
            esme = await bound.get()
            await esme.submit_sm(SubmitSm(destination_addr="1"))
            assert peer.bind is not None
            assert (peer.bind.system_type, peer.bind.address_range) == ("T", "^1")
            assert (peer.esme_interface_version, peer.interface_version, esme.interface_version) == (0x50, 0x34, 0x34)
        assert await peer.wait_closed() == "the peer unbound"


async def test_the_smsc_closes_whom_it_has_called() -> None:
    async with listening() as listener:
        async with serving() as smsc:
            peer = await call(smsc, listener.port)
            await peer.enquire_link()
            [esme] = listener.esmes
        assert await esme.wait_closed() == "the peer unbound"


async def test_several_at_once() -> None:
    async with serving() as smsc, listening() as listener:
        peers = await asyncio.gather(*(call(smsc, listener.port) for _ in range(20)))
        await asyncio.gather(*(peer.enquire_link() for peer in peers))
        assert len(smsc.peers) == len(listener.esmes) == 20


async def test_over_tls() -> None:
    async with serving() as smsc, listening(ssl=server_context(files().server)) as listener:
        context = client_context(files().ca)
        peer = await outbind(smsc, "localhost", listener.port, system_id="centre", password="hush", ssl=context)
        await peer.enquire_link()
        with pytest.raises(TlsError):
            await outbind(smsc, "localhost", listener.port, ssl=client_context(files().stranger_ca))


async def test_passwords_may_come_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "secret")
    monkeypatch.setenv("THEIRS", "hush")
    async with serving() as smsc, listening(password=password_from_environment("OURS")) as listener:
        await call(smsc, listener.port, password=password_from_environment("THEIRS"))


async def test_no_password_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(accounts={"id": "0therpw"}) as smsc, listening() as listener:
        for password in ("hush", "wr0ngpw"):
            with pytest.raises(ConnectionError) as caught:
                await call(smsc, listener.port, password=password)
            assert password not in str(caught.value)
        assert "hush" not in repr(OUTBIND)
        shown = repr(vars(listener)) + caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert messages(caplog) == ["no bind after outbind", "outbind refused"]
    assert not [password for password in ("hush", "wr0ngpw", "secret", "0therpw") if password in shown]


# -- the SMSC


async def test_what_the_smsc_sends() -> None:
    with RawSmsc() as esme:
        async with serving(system_id="named") as smsc:
            calling = asyncio.ensure_future(outbind(smsc, "127.0.0.1", esme.port, password="hush"))
            with await esme.accept() as raw:
                assert await raw.read() == bytes.fromhex("0000001b 0000000b 00000000 00000001") + b"named\0hush\0"
                await raw.send(BindReceiver(system_id="id", password="secret").encode(7))
                assert await raw.header() == (CommandId.BIND_RECEIVER_RESP, 0, 7)
                peer = await calling
                peer.abort()


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with serving() as smsc:
        with pytest.raises(ConnectionRefusedError):
            await call(smsc, port)
        assert smsc.connections == []


@pytest.mark.parametrize(("settings", "timeout"), [(QUICK, 0.3), (SHORT, None)])
async def test_an_esme_that_never_binds(settings: Settings, timeout: float | None) -> None:
    with RawSmsc() as esme:
        async with serving(settings=settings) as smsc:
            calling = asyncio.ensure_future(call(smsc, esme.port, timeout=timeout))
            with await esme.accept() as raw:
                with pytest.raises(TimeoutError, match=rf"127.0.0.1:{esme.port} has not (been )?bound within 0.3 s"):
                    await calling
                assert Outbind.decode(await raw.read()).system_id == "centre"
                assert await raw.at_end()


async def test_an_esme_that_declines() -> None:
    with RawSmsc() as esme:
        async with serving() as smsc:
            calling = asyncio.ensure_future(call(smsc, esme.port))
            with await esme.accept() as raw:
                await raw.read()
            with pytest.raises(ConnectionError, match="has not bound: the peer closed the connection"):
                await calling


async def test_an_esme_that_closes_at_once() -> None:
    with RawSmsc() as esme:
        async with serving() as smsc:
            for _ in range(10):
                calling = asyncio.ensure_future(call(smsc, esme.port))
                (await esme.accept()).close()
                with pytest.raises(ConnectionError):
                    await calling
            for _ in range(5):
                await asyncio.sleep(0)
            assert smsc.connections == []


async def test_a_refused_bind_may_be_tried_again() -> None:
    with RawSmsc() as esme:
        async with serving() as smsc:
            calling = asyncio.ensure_future(call(smsc, esme.port))
            with await esme.accept() as raw:
                await raw.read()
                await raw.send(BindTransceiver(system_id="id", password="wrong").encode(1))
                assert await raw.header() == (CommandId.BIND_TRANSCEIVER_RESP, CommandStatus.ESME_RBINDFAIL, 1)
                assert not calling.done()
                await raw.send(BindTransceiver(system_id="id", password="secret").encode(2))
                assert await raw.header() == (CommandId.BIND_TRANSCEIVER_RESP, 0, 2)
                (await calling).abort()


async def test_an_authenticator_that_takes_its_time() -> None:
    asked, decided = asyncio.Event(), asyncio.Event()

    async def authenticate(peer: Peer, bind: object) -> bool:
        asked.set()
        await decided.wait()
        return True

    async with serving(accounts=None, authenticate=authenticate) as smsc, listening() as listener:
        calling = asyncio.ensure_future(call(smsc, listener.port))
        await asked.wait()
        assert not calling.done()
        decided.set()
        assert (await calling) in smsc.peers


async def test_closing_the_smsc_while_it_waits_for_the_bind() -> None:
    with RawSmsc() as esme:
        async with serving() as smsc:
            calling = asyncio.ensure_future(call(smsc, esme.port))
            raw = await esme.accept()
            await raw.read()
        with raw, pytest.raises(ConnectionError, match="has not bound: clos"):
            await calling


async def test_a_call_that_is_cancelled_leaves_no_connection() -> None:
    with RawSmsc() as esme:
        async with serving() as smsc:
            calling = asyncio.ensure_future(call(smsc, esme.port))
            with await esme.accept() as raw:
                await raw.read()
                calling.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await calling
                assert await raw.at_end()


async def test_what_does_not_fit_is_said_before_anybody_is_called() -> None:
    with RawSmsc() as esme:
        async with serving() as smsc:
            with pytest.raises(EncodeError, match=r"outbind\.password"):
                await call(smsc, esme.port, password="much too long")
            assert smsc.connections == []


async def test_the_guard_of_the_smsc_counts() -> None:
    async with serving(guard=GuardSettings(networks=("192.0.2.0/24",))) as smsc, listening() as listener:
        with pytest.raises(NotSent):
            await call(smsc, listener.port)
        assert smsc.refusals == {"network": 1}


# -- the ESME


async def outbound(listener: OutbindListener, octets: bytes) -> RawConnection:
    raw = await RawConnection.to(listener.port)
    await raw.send(octets)
    return raw


async def test_an_smsc_that_says_nothing() -> None:
    async with listening(settings=SHORT) as listener:
        with await RawConnection.to(listener.port) as raw:
            assert await closed_without_a_word(raw)


async def test_an_smsc_that_says_everything_but_outbind() -> None:
    async with listening(settings=SHORT) as listener:
        with await outbound(listener, header(CommandId.ENQUIRE_LINK, 1) + DeliverSm().encode(2)) as raw:
            assert await raw.header() == (CommandId.ENQUIRE_LINK_RESP, 0, 1)
            assert await raw.header() == (CommandId.DELIVER_SM_RESP, CommandStatus.ESME_RINVBNDSTS, 2)
            assert await closed_without_a_word(raw)


@pytest.mark.parametrize(
    "octets",
    [
        header(CommandId.OUTBIND, 1, length=20) + b"abcd",
        header(CommandId.OUTBIND, 1),
        OUTBIND.encode(1)[:-1],
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_a_malformed_outbind(octets: bytes) -> None:
    settings = Settings(close_timeout=0.3, session_init_timeout=0.05)
    async with listening(settings=settings) as listener:
        with await outbound(listener, octets) as raw:
            assert await raw.at_end()
        assert listener.esmes == []


@pytest.mark.parametrize("request_", [Outbind("centre", "wrong"), Outbind("nobody", "hush"), Outbind()])
async def test_a_wrong_outbind_has_no_answer(request_: Outbind, caplog: pytest.LogCaptureFixture) -> None:
    async with listening() as listener:
        with await outbound(listener, request_.encode(1)) as raw:
            assert await closed_without_a_word(raw)
    assert messages(caplog) == ["outbind refused"]


async def test_from_where_an_outbind_comes_may_count() -> None:
    for networks, bound in ((("192.0.2.0/24",), False), (("127.0.0.0/8",), True)):
        accounts = {"centre": Account(password="hush", networks=networks)}
        async with listening(accounts=accounts) as listener:
            with await outbound(listener, OUTBIND.encode(1)) as raw:
                assert (await raw.read() != b"") is bound


async def test_the_guard_of_the_listener() -> None:
    async with listening(guard=GuardSettings(networks=())) as listener:
        with await RawConnection.to(listener.port) as raw:
            assert await raw.at_end()
    async with listening(guard=GuardSettings(unbound=1)) as listener:
        with await RawConnection.to(listener.port) as one, await RawConnection.to(listener.port) as more:
            assert await more.at_end()
            await one.send(OUTBIND.encode(1))
            assert await one.read() == BindReceiver(system_id="id", password="secret").encode(1)


@pytest.mark.parametrize("decision", [False, 0, None, 1])
@pytest.mark.parametrize("later", [False, True])
async def test_nothing_but_true_lets_an_smsc_have_our_password(decision: Any, later: bool) -> None:
    seen: list[tuple[str, str, str]] = []

    def authenticate(request: Outbind, address: tuple[str, int]) -> Any:
        seen.append((request.system_id, request.password, address[0]))
        return asyncio.sleep(0, decision) if later else decision

    async with listening(authenticate=authenticate) as listener:
        with await outbound(listener, OUTBIND.encode(1)) as raw:
            assert await closed_without_a_word(raw)
    assert seen == [("centre", "hush", "127.0.0.1")]


@pytest.mark.parametrize("later", [False, True])
async def test_an_authenticator_of_ones_own(later: bool) -> None:
    def authenticate(request: Outbind, address: tuple[str, int]) -> Any:
        return asyncio.sleep(0, True) if later else True

    async with serving() as smsc, listening(authenticate=authenticate) as listener:
        await call(smsc, listener.port)


async def test_an_authenticator_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    def authenticate(request: Outbind, address: tuple[str, int]) -> bool:
        raise LookupError("no data base")

    async with listening(authenticate=authenticate) as listener:
        with await outbound(listener, OUTBIND.encode(1)) as raw:
            assert await closed_without_a_word(raw)
    assert messages(caplog, logging.ERROR) == ["outbind authenticator failed"]


async def test_an_smsc_that_leaves_while_we_think(caplog: pytest.LogCaptureFixture) -> None:
    asked, decided = asyncio.Event(), asyncio.Event()

    async def authenticate(request: Outbind, address: tuple[str, int]) -> bool:
        asked.set()
        await decided.wait()
        return True

    async with listening(authenticate=authenticate) as listener:
        (await outbound(listener, OUTBIND.encode(1))).close()
        await asked.wait()
        [(task, visit)] = listener._tasks.items()
        await visit.esme.wait_closed()
        decided.set()
        await task
    assert messages(caplog) == ["no bind after outbind"]


async def test_any_smsc_only_where_that_was_asked_for() -> None:
    async with serving() as smsc, listening(accept_any=True) as listener:
        await call(smsc, listener.port, system_id="whoever", password="")
    with pytest.raises(TypeError, match="accept_any"):
        OutbindListener(system_id="id", password="secret")
    with pytest.raises(TypeError, match="accept_any"):
        OutbindListener(system_id="id", password="secret", accounts=SMSCS, accept_any=True)


def test_arguments_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="bind: 'both' is none of"):
        OutbindListener(accounts=SMSCS, bind="both")  # type: ignore[arg-type]
    with pytest.raises(EncodeError, match=r"bind_receiver\.system_id"):
        OutbindListener(accounts=SMSCS, system_id="much too long for it")
    with pytest.raises(TypeError, match="wavelength"):
        OutbindListener(accounts=SMSCS, wavelength=7)


async def test_an_smsc_that_refuses_our_bind(caplog: pytest.LogCaptureFixture) -> None:
    async with listening() as listener:
        with await outbound(listener, OUTBIND.encode(1)) as raw:
            assert await raw.header() == (CommandId.BIND_RECEIVER, 0, 1)
            await raw.send(header(CommandId.BIND_RECEIVER_RESP, 1, CommandStatus.ESME_RALYBND))
            assert await closed_without_a_word(raw)
    assert messages(caplog) == ["no bind after outbind"]
    assert "ESME_RALYBND" in str([record.__dict__ for record in caplog.records])


async def test_an_smsc_that_does_not_answer_our_bind(caplog: pytest.LogCaptureFixture) -> None:
    async with listening(settings=SHORT) as listener:
        with await outbound(listener, OUTBIND.encode(1)) as raw:
            assert await raw.header() == (CommandId.BIND_RECEIVER, 0, 1)
            assert await closed_without_a_word(raw)
    assert "no answer in time" in str([record.__dict__ for record in caplog.records])


async def test_what_comes_right_behind_the_answer_to_the_bind_finds_its_handler() -> None:
    got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def on_deliver(esme: Esme, pdu: DeliverSm) -> None:
        got.set_result(pdu.short_message)

    async with listening(handlers={DeliverSm: on_deliver}) as listener:
        with await outbound(listener, OUTBIND.encode(1)) as raw:
            await raw.header()
            await raw.send(BindReceiverResp().encode(1) + DeliverSm(short_message=b"quick").encode(2))
            assert await got == b"quick"


async def test_a_second_outbind_changes_nothing() -> None:
    async with listening() as listener:
        with await outbound(listener, OUTBIND.encode(1) + Outbind("centre", "wrong").encode(2)) as raw:
            assert await raw.header() == (CommandId.BIND_RECEIVER, 0, 1)
            await raw.send(BindReceiverResp().encode(1) + header(CommandId.ENQUIRE_LINK, 3))
            assert await raw.header() == (CommandId.ENQUIRE_LINK_RESP, 0, 3)
            assert len(listener.esmes) == 1


@pytest.mark.parametrize("octets", [b"", OUTBIND.encode(1)])
async def test_closing_the_listener_in_the_middle(octets: bytes) -> None:
    async with listening() as listener:
        raw = await outbound(listener, octets + header(CommandId.ENQUIRE_LINK, 9))
        await raw.header()
    with raw:
        assert await raw.at_end()


async def test_work_with_an_esme_ends_with_the_listener(caplog: pytest.LogCaptureFixture) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def on_esme(esme: Esme) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with serving() as smsc:
        async with listening(on_esme=on_esme) as listener:
            await call(smsc, listener.port)
            await begun.wait()
        assert ended.is_set()
    assert messages(caplog) == []


async def test_work_that_fails_is_logged_and_the_esme_lives_on(caplog: pytest.LogCaptureFixture) -> None:
    async def on_esme(esme: Esme) -> None:
        raise LookupError("somewhere in the application")

    async with serving() as smsc, listening(on_esme=on_esme) as listener:
        peer = await call(smsc, listener.port)
        await peer.enquire_link()
        assert peer.state is SessionState.BOUND_RX
    assert messages(caplog) == ["on_esme failed"]


async def test_a_listener_can_be_started_again() -> None:
    listener = OutbindListener(accounts=SMSCS, system_id="id", password="secret", settings=QUICK)
    async with serving() as smsc:
        for _ in range(2):
            async with listener:
                await call(smsc, listener.port)
                await listener.close()


async def test_a_listener_whose_close_is_cancelled_leaves_no_connection() -> None:
    async with serving() as smsc:
        listener = OutbindListener(accounts=SMSCS, system_id="id", password="secret", settings=Settings())
        await listener.start()
        peer = await call(smsc, listener.port)
        while not listener.esmes:  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0)
        closing = asyncio.ensure_future(listener.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        await peer.wait_closed()
        with socket.socket() as anybody:
            assert anybody.connect_ex(("127.0.0.1", listener.port)) == errno.ECONNREFUSED
        await listener.close()
        assert (listener._visits, listener._tasks) == (set(), {})
