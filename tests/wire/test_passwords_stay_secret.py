"""Passwords in no log, repr, error, notice or traceback: everything that the library can print is searched for them."""

import asyncio
import copy
import gc
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from smppcore.account import Account, Accounts
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import BindRefused, EncodeError, SmppError
from smppcore.esme import connect
from smppcore.guard import GuardSettings
from smppcore.log import log
from smppcore.notice import BadPdu, Notice
from smppcore.pdu import Bind, BindReceiver, BindTransceiver, BindTransmitter, Outbind
from smppcore.peer import Peer
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from smppcore.url import SmppUrl
from wire.ends import QUICK, RawConnection, header

RIGHT, WRONG, LONG = "Kq7#vZ2x", "Wm4?tB9n", "Xp5!cD8rJ3&hL6sY"
SECRETS = [secret[:6] for secret in (RIGHT, WRONG, LONG)]
BIND = BindTransceiver(system_id="id", password=RIGHT)


class Seen(logging.Handler):
    """What was printed, logged and told, as text at once: nothing is kept alive by it."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.notices: list[Notice] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts += [record.getMessage(), str(record.__dict__), self.format(record)]

    def frames(self, record: logging.LogRecord) -> bool:
        """As a filter of the log, in front of others, which may take the frames away."""
        if record.exc_info and record.exc_info[1] is not None:
            self.texts += printed(record.exc_info[1])
        return True

    def note(self, *things: object) -> None:
        for each in things:
            self.texts += [repr(each), str(each)]
            if isinstance(each, BaseException):
                self.texts += printed(each)
                self.texts.append(repr(each.args))

    def on_notice(self, *arguments: Any) -> None:
        self.notices.append(arguments[-1])

    def check(self) -> None:
        self.note(*self.notices)
        self.notices.clear()
        assert [text for text in self.texts if any(secret in text for secret in SECRETS)] == []


def printed(error: BaseException) -> list[str]:
    """A traceback as the interpreter prints it, and as error reporters do that show the variables of each frame."""
    kept = list(ours_only(error))
    return ["".join(traceback.format_exception(error)), *kept]


def ours_only(error: BaseException | None) -> Iterator[str]:
    """The variables of the frames of the library; what an application keeps in its own is not ours to hide."""
    while error is not None:
        whole = traceback.TracebackException.from_exception(error, capture_locals=True)
        yield from (str(frame.locals) for frame in whole.stack if "/smppcore/" in frame.filename)
        yield from (str(frame.locals) for frame in whole.stack if frame.filename.startswith("<smppcore"))
        error = error.__cause__ or error.__context__


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Everything at DEBUG, asyncio's own log included; searched at the end of each test."""
    found, root, ours = Seen(), logging.getLogger(), logging.getLogger("smppcore")
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(found)
    ours.filters.insert(0, found.frames)
    yield found
    ours.removeFilter(found.frames)
    root.removeHandler(found)
    root.setLevel(level)
    found.check()


def url(port: int, password: str) -> str:
    return f"smpp://id:{password.replace('#', '%23').replace('?', '%3F')}@127.0.0.1:{port}"


@pytest.mark.parametrize("thing", [RIGHT, {"password": WRONG}, ValueError(LONG), SmppError(RIGHT)])
def test_the_search_finds_what_is_there(thing: object) -> None:
    """Else the other tests would prove nothing."""
    found = Seen()
    found.note(thing)
    with pytest.raises(AssertionError):
        found.check()


@pytest.mark.parametrize("values", [{"password": RIGHT}, {"error": ValueError(WRONG)}])
def test_the_search_finds_what_is_logged(values: dict[str, object], seen: Seen) -> None:
    log.debug("an event", **values)
    with pytest.raises(AssertionError):
        seen.check()
    seen.texts.clear()


async def test_everything_that_holds_one(seen: Seen) -> None:
    limited = Account(password=RIGHT, rate=5, networks=("127.0.0.1",))
    accounts: dict[str, str | Account] = {"id": limited, "other": WRONG}
    parsed = SmppUrl.parse(url(2775, RIGHT))
    assert parsed.password == RIGHT
    seen.note(parsed, accounts["id"], Accounts(accounts), copy.deepcopy(accounts["id"]), Settings(), GuardSettings())
    for kind in (BindTransmitter, BindReceiver, BindTransceiver, Outbind):
        pdu = kind(system_id="id", password=RIGHT)
        assert RIGHT.encode() in pdu.encode(1)
        seen.note(pdu, copy.deepcopy(pdu), [pdu], kind)
    async with Smsc(accounts=accounts, settings=QUICK, on_notice=seen.on_notice) as smsc:
        connecting = connect(url(smsc.port, RIGHT), settings=QUICK, on_notice=seen.on_notice)
        async with connecting as esme:
            [peer] = smsc.peers
            assert peer.bind is not None
            assert peer.bind.password == RIGHT
            seen.note(smsc, peer, peer.bind, peer.smsc, smsc.usage("id"), smsc.refusals, connecting, esme)
            for end in (peer, esme):
                connection = end._connection
                seen.note(connection, connection.session, connection.session.window, end._dispatcher, connection._loop)
                seen.note(connection._transport, connection.closed, connection._timer)
            # Whatever else the library has made, one object after the other.
            ours = [each for each in gc.get_objects() if type(each).__module__.startswith("smppcore")]
            assert len(ours) > 20
            seen.note(*(each for each in ours if not isinstance(each, type)))
            seen.note(*asyncio.all_tasks())


async def test_binds_good_and_bad(seen: Seen) -> None:
    accounts: dict[str, str | Account] = {"id": Account(password=RIGHT, binds=1), "other": WRONG}
    guard = GuardSettings(failed_binds=3)
    async with Smsc(accounts=accounts, settings=QUICK, on_notice=seen.on_notice, guard=guard) as smsc:
        async with connect(url(smsc.port, RIGHT), settings=QUICK, on_notice=seen.on_notice):
            for password in (WRONG, RIGHT, WRONG, WRONG, WRONG):
                with pytest.raises(BindRefused) as refused:
                    await connect(url(smsc.port, password), settings=QUICK, on_notice=seen.on_notice)
                seen.note(refused.value, refused.value.request, refused.value.response)
        assert {"binds", "authentication", "failed_binds"} <= set(smsc.refusals)


async def test_a_password_that_does_not_fit(seen: Seen) -> None:
    async with Smsc(accounts={"id": RIGHT}, settings=QUICK) as smsc:
        with pytest.raises(EncodeError) as unfit:
            await connect(url(smsc.port, LONG), settings=QUICK)
    assert unfit.value.field.endswith("password")
    seen.note(unfit.value)


MALFORMED = {
    "a password that is too long": b"id\0" + LONG.encode() + b"\0\0\x34\0\0\0",
    "a password without end": b"id\0" + RIGHT.encode(),
    "nothing behind the password": b"id\0" + RIGHT.encode() + b"\0",
    "a system_id that is too long": b"i" * 20 + b"\0" + RIGHT.encode() + b"\0\0\x34\0\0\0",
    "octets behind the bind": b"id\0" + RIGHT.encode() + b"\0\0\x34\0\0\0\0\0",
    "half a TLV": b"id\0" + RIGHT.encode() + b"\0\0\x34\0\0\0\x02\x10\0\x05x",
    "system_id and password the other way round": RIGHT.encode() + b"\0" + LONG[:8].encode() + b"\0\0\x34\0\0\0",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("command_id", [CommandId.BIND_TRANSCEIVER, CommandId.OUTBIND, 0x0A])
async def test_malformed_binds(seen: Seen, body: bytes, command_id: int) -> None:
    async with Smsc(accounts={"id": RIGHT}, settings=QUICK, on_notice=seen.on_notice) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(header(command_id, 1, length=16 + len(body)) + body)
            await raw.send(header(CommandId.ENQUIRE_LINK, 2))
            while (await raw.header())[2] != 2:
                pass
            seen.note(*smsc.connections)
    seen.note(*(notice.error for notice in seen.notices if isinstance(notice, BadPdu)))


@pytest.mark.parametrize("length", range(16, 16 + len("id\0" + RIGHT)))
async def test_a_bind_with_a_command_length_in_the_middle_of_the_password(seen: Seen, length: int) -> None:
    """The stream has lost its frame there, and the error tells what it looks like."""
    octets = BIND.encode(1)
    settings = Settings(partial_pdu_timeout=0.05, close_timeout=0.3)
    async with Smsc(accounts={"id": RIGHT}, settings=settings, on_notice=seen.on_notice) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(length.to_bytes(4, "big") + octets[4:])
            assert await raw.at_end()


async def test_a_bind_that_was_cut_off(seen: Seen) -> None:
    settings = Settings(partial_pdu_timeout=0.1, close_timeout=0.3)
    async with Smsc(accounts={"id": RIGHT}, settings=settings, on_notice=seen.on_notice) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(BIND.encode(1)[:26])
            assert await raw.at_end()


async def test_binds_where_none_belongs(seen: Seen) -> None:
    async with Smsc(accounts={"id": RIGHT}, settings=QUICK, on_notice=seen.on_notice) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(BIND.encode(1))
            assert (await raw.header())[1] == 0
            await raw.send(BIND.encode(2))
            assert (await raw.header())[1] == CommandStatus.ESME_RALYBND
    assert any("Misplaced" in repr(notice) for notice in seen.notices)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("raises", [True, False])
async def test_authenticators_that_fail(seen: Seen, way: str, raises: bool) -> None:
    """Their tracebacks go to the log. What they decide, if it is no decision, is not shown: it may be the password."""

    async def later(bind: Bind[Any]) -> Any:
        await asyncio.sleep(0)
        return decide(bind)

    def decide(bind: Bind[Any]) -> Any:
        if raises:
            raise ValueError("no such account")
        return bind.password

    def authenticate(peer: Peer, bind: Bind[Any]) -> Any:
        return later(bind) if way == "async" else decide(bind)

    async with Smsc(authenticate=authenticate, settings=QUICK, on_notice=seen.on_notice) as smsc:
        with pytest.raises(BindRefused) as refused:
            await connect(url(smsc.port, RIGHT), settings=QUICK)
    assert refused.value.status == CommandStatus.ESME_RSYSERR
    seen.note(refused.value)
    assert not raises or any(
        "_before_bind" in text or "_authenticate" in text or "_bind_failure" in text for text in seen.texts
    )


async def test_a_bind_that_is_never_answered(seen: Seen) -> None:
    async def authenticate(peer: Peer, bind: Bind[Any]) -> bool:
        await asyncio.Event().wait()
        return True

    impatient = Settings(session_init_timeout=0.1, response_timeout=0.2, close_timeout=0.3)
    async with Smsc(authenticate=authenticate, settings=impatient, on_notice=seen.on_notice) as smsc:
        with pytest.raises(SmppError) as lost:
            await connect(url(smsc.port, RIGHT), settings=impatient, on_notice=seen.on_notice)
    seen.note(lost.value)


async def test_asyncio_in_debug_mode_prints_none(seen: Seen, caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    slow, loop.slow_callback_duration = loop.slow_callback_duration, 0
    try:
        async with Smsc(accounts={"id": RIGHT}, settings=QUICK) as smsc:
            async with connect(url(smsc.port, RIGHT), settings=QUICK) as esme:
                await esme.enquire_link()
            with pytest.raises(BindRefused):
                await connect(url(smsc.port, WRONG), settings=QUICK)
    finally:
        loop.set_debug(False)
        loop.slow_callback_duration = slow
        caplog.clear()  # the handles that asyncio logs keep what they are about
    assert any("Executing <Handle" in text for text in seen.texts) or "uvloop" in type(loop).__module__
