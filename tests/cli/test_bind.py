"""``smppcore bind`` and ``listen`` as processes: what they show, and what they say of every way in which it fails."""

import asyncio
import contextlib
import json
import pathlib
import signal
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest
from wire.certificates import files
from wire.ends import RawSmsc

from cli.processes import LIMIT, Process, run_command, running
from smppcore.cli.bind import local_address, seconds, version
from smppcore.cli.bind_failure import ADVICE, Exit, explain
from smppcore.cli.main import main
from smppcore.constants import CommandId, CommandStatus, EsmClass
from smppcore.errors import BindRefused
from smppcore.pdu import (
    AlertNotification,
    BindTransceiver,
    BindTransceiverResp,
    DataSm,
    DeliverSm,
    Request,
    Response,
)
from smppcore.reference import HEADER
from smppcore.smsc import Peer, Smsc
from smppcore.text import split
from smppcore.tls import server_context
from smppcore.tlv import MESSAGE_PAYLOAD, SC_INTERFACE_VERSION

RECEIPT = b"id:7 sub:001 dlvrd:001 submit date:2608011130 done date:2608011131 stat:DELIVRD err:000 text:x"
Finished = subprocess.CompletedProcess[str]
Here = Callable[..., Finished]


def url(port: int, word: str = "pw", scheme: str = "smpp", host: str = "127.0.0.1") -> str:
    return f"{scheme}://id:{word}@{host}:{port}"


async def command(*arguments: str, **environment: str) -> Finished:
    """Run it to its end beside the loop of this process, in which its SMSC lives."""
    return await asyncio.to_thread(partial(run_command, *arguments, limit=LIMIT, **environment))


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Here:
    """Runs it to its end in this process, which takes less time."""

    def run(*arguments: str) -> Finished:
        try:
            status = main(arguments)
        except SystemExit as error:
            status = int(error.code or 0)
        shown = capsys.readouterr()
        return Finished([*arguments], status, shown.out, shown.err)

    return run


@contextlib.asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Smsc]:
    given: dict[str, Any] = {"accounts": {"id": "pw"}} | options
    async with asyncio.timeout(LIMIT), Smsc(**given) as smsc:
        yield smsc


@contextlib.contextmanager
def saying(answer: bytes, after: int = 1, keep: bool = False) -> Iterator[int]:
    """A port where one connection is answered like that as soon as ``after`` octets came; then it is closed."""
    held: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            connected, _ = listening.accept()
            held.append(connected)
            if after:
                connected.recv(after)
            connected.sendall(answer)
            if keep:
                return
            connected.shutdown(socket.SHUT_WR)
            while connected.recv(4096):
                pass
            connected.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in held:
                each.close()


def assert_failed(result: Finished, expected: Exit, *words: str) -> None:
    assert result.returncode == expected, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("smppcore: ")
    for word in words:
        assert word in result.stderr
    found, advice = result.stderr.splitlines()
    assert found
    assert advice.startswith("  "), "what to do"


# -- when it works


async def test_what_the_smsc_answered() -> None:
    async with serving(system_id="Carrier") as smsc:
        result = await command("bind", "--no-listen", url(smsc.port))
        assert smsc.connections == []
    assert (result.returncode, result.stderr) == (0, "")
    shown = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert shown["system_id"] == "'Carrier'"
    assert shown["version"] == "SMPP 3.4; SMPP 3.4 is spoken"
    assert "bound at             127.0.0.1" in result.stdout
    assert "as BOUND_TRX" in result.stdout
    assert "TLV sc_interface_version 0x34" in result.stdout
    assert shown["enquire_link"].startswith("min ")


async def test_the_same_as_json() -> None:
    async with serving() as smsc:
        result = await command("bind", "--no-listen", "--json", "--bind", "receiver", url(smsc.port))
    [line] = map(json.loads, result.stdout.splitlines())
    assert (line["event"], line["state"], line["system_id"]) == ("bound", "BOUND_RX", "smppcore")
    assert (line["sc_interface_version"], line["interface_version"]) == (0x34, 0x34)
    assert [tlv["name"] for tlv in line["tlvs"]] == ["sc_interface_version"]
    times = line["enquire_link_ms"]
    assert 0 < times["min"] <= times["median"] <= times["max"]
    assert times["answered"] == 5
    assert line["connect_ms"] > 0
    assert line["bind_ms"] > 0


@pytest.mark.parametrize(
    ("tlvs", "words"),
    [
        ([], "the SMSC does not tell; SMPP 3.4 is spoken"),
        ([(0x0210, b"\x22")], "sc_interface_version 0x22 is none; SMPP 3.4 is spoken"),
        ([SC_INTERFACE_VERSION(0x33)], "SMPP 3.3; SMPP 3.3 is spoken, so no TLVs are sent"),
        ([SC_INTERFACE_VERSION(0x50), (0x1400, b"x")], "SMPP 5.0; SMPP 3.4 is spoken"),
    ],
)
def test_versions_in_words(here: Here, tlvs: list[tuple[int, bytes]], words: str) -> None:
    with saying(BindTransceiverResp(tlvs=tlvs).encode(1)) as port:
        result = here("bind", "--no-listen", url(port))
    assert words in result.stdout
    assert ("TLV 0x1400" in result.stdout) is (len(tlvs) == 2)
    assert result.returncode == Exit.LOST, "the SMSC has closed the connection"
    assert "enquire_link         no answer" in result.stdout


async def test_the_fields_of_the_bind_and_where_the_password_comes_from(tmp_path: pathlib.Path) -> None:
    seen: list[BindTransceiver] = []

    def authenticate(_: Peer, bind: Any) -> bool:
        seen.append(bind)
        return True

    (tmp_path / "password").write_text("in file\n")
    more = ("--system-type", "T", "--interface-version", "5.0", "--address-range", "^1", "--local-address", "127.0.0.1")
    async with serving(accounts=None, authenticate=authenticate) as smsc:
        target = f"smpp://id@127.0.0.1:{smsc.port}"
        for source in (("--password-env", "SECRET"), ("--password-file", str(tmp_path / "password"))):
            assert (await command("bind", "--no-listen", *more, *source, target, SECRET="in env")).returncode == 0
        assert (await command("bind", "--no-listen", SMPPCORE_URL=url(smsc.port))).returncode == 0
    assert [bind.password for bind in seen] == ["in env", "in file", "pw"]
    assert (seen[0].system_type, seen[0].interface_version, seen[0].address_range) == ("T", 0x50, "^1")


PROFILE = """
based_on = "latin1-default"
[receipts]
time_zone = "Europe/Rome"
"""


def _deliveries() -> list[Request[Any]]:
    ours: dict[str, Any] = {"source_addr_ton": 1, "source_addr": "393331234567", "destination_addr": "72404"}
    first = split("x" * 200, reference=7)[0]
    return [
        DeliverSm(**ours, short_message="più\x1b[31m".encode("utf-16-be"), data_coding=8),
        DeliverSm(**ours, short_message=b"\x01\x02", data_coding=4),
        DeliverSm(**ours, short_message=first.short_message, esm_class=EsmClass.UDHI),
        DataSm(**ours, tlvs=[MESSAGE_PAYLOAD(b"data")]),
        DeliverSm(**ours, short_message=RECEIPT, esm_class=EsmClass.DELIVERY_RECEIPT),
        DeliverSm(**ours, short_message=b"", esm_class=EsmClass.DELIVERY_RECEIPT),
    ]


@contextlib.asynccontextmanager
async def delivering(*arguments: str) -> AsyncIterator[tuple[Process, list[str]]]:
    """The command bound to an SMSC that has sent it something; the lines that it wrote before it was told to end."""
    bound: asyncio.Queue[Peer] = asyncio.Queue()
    async with serving(on_bound=bound.put_nowait) as smsc:
        with running(*arguments, url(smsc.port)) as process:
            peer = await bound.get()
            for pdu in _deliveries():
                response: Response = await peer.request(pdu)
                assert response.command_status == 0
            peer.alert_notification(AlertNotification(source_addr="393331234567", esme_addr="72404"))
            lines: list[str] = []
            while not lines or "alert_notification" not in lines[-1]:
                lines.append(await asyncio.to_thread(process.readline))
                assert lines[-1]
            yield process, lines


async def test_listen_prints_a_line_for_each_message() -> None:
    async with delivering("listen") as (process, lines):
        status, rest, errors = await asyncio.to_thread(process.end, signal.SIGINT)
    assert (status, rest, errors) == (0, "", "listening; Ctrl-C ends it\n")
    way = "from +393331234567 to 72404: "
    assert [line[9:] for line in lines] == [
        f"message {way}'più\\x1b[31m'",
        f"message {way}2 octets 0102",
        f"message {way}'{'x' * 153}' (part 1 of 2, reference 7)",
        f"message {way}'data'",
        f"receipt {way}id '7', DELIVERED, err 000, done 2026-08-01 11:31:00, delivered 001 of 001",
        f"receipt {way}unreadable",
        "alert_notification: 393331234567 can be reached again, for 72404",
    ]


async def test_listen_prints_json() -> None:
    async with delivering("listen", "--json") as (process, lines):
        status, rest, _ = await asyncio.to_thread(process.end, signal.SIGTERM)
    assert (status, rest) == (0, "")
    events = [json.loads(line) for line in lines]
    assert [each["event"] for each in events] == [*["message"] * 4, "receipt", "receipt", "alert_notification"]
    assert events[0]["text"] == "più\x1b[31m"
    assert events[1]["fields"]["short_message"] == "0102"
    assert events[4]["receipt"]["message_id"] == "7"
    assert all("T" in each["time"] for each in events)


@pytest.mark.parametrize("form", ["lines", "json"])
async def test_listen_reads_texts_and_receipts_as_the_profile_says(form: str, tmp_path: pathlib.Path) -> None:
    profile = tmp_path / "carrier.toml"
    profile.write_text(PROFILE, "utf-8")
    bound: asyncio.Queue[Peer] = asyncio.Queue()
    words = ["--json"] if form == "json" else []
    async with serving(on_bound=bound.put_nowait) as smsc:
        with running("listen", "--profile", str(profile), *words, url(smsc.port)) as process:
            peer = await bound.get()
            await peer.deliver_sm(DeliverSm(source_addr="1", short_message="Düsseldorf".encode("latin-1")))
            await peer.deliver_sm(DeliverSm(source_addr="1", short_message=RECEIPT))
            lines = [await asyncio.to_thread(process.readline) for _ in range(2)]
            assert (await asyncio.to_thread(process.end, signal.SIGINT))[0] == 0
    if form == "lines":
        assert lines[0].endswith("message from 1 to '': 'Düsseldorf'")
        assert lines[1].endswith("err 000, done 2026-08-01 11:31:00+02:00, delivered 001 of 001")
    else:
        text, receipt = map(json.loads, lines)
        assert (text["event"], text["text"], text["text_encoding"]) == ("message", "Düsseldorf", "latin-1")
        assert (receipt["event"], receipt["receipt"]["done_time"]) == ("receipt", "2026-08-01T11:31:00+02:00")


async def test_bind_stays_and_listens_too() -> None:
    async with delivering("bind") as (process, lines):
        while not any("bound at" in line for line in lines):  # what comes in does not wait for the report
            lines.append(await asyncio.to_thread(process.readline))
            assert lines[-1]
        status, *_ = await asyncio.to_thread(process.end, signal.SIGTERM)
    assert status == 0


async def test_the_smsc_cuts_the_connection() -> None:
    bound: asyncio.Queue[Peer] = asyncio.Queue()
    async with serving(on_bound=bound.put_nowait) as smsc:
        with running("listen", url(smsc.port)) as process:
            peer = await bound.get()
            await peer.enquire_link()
            peer.abort()
            assert await asyncio.to_thread(process.readline) == ""
            status, _, errors = await asyncio.to_thread(process.end)
    assert status == Exit.LOST
    assert "smppcore: the connection has ended: " in errors


async def test_reconnect() -> None:
    bound: asyncio.Queue[Peer] = asyncio.Queue()
    async with serving(on_bound=bound.put_nowait) as smsc:
        with running("listen", "--reconnect", "--json", url(smsc.port)) as process:
            peer = await bound.get()
            await peer.enquire_link()
            peer.abort()
            await (await bound.get()).enquire_link()
            events = [json.loads(await asyncio.to_thread(process.readline)) for _ in range(3)]
            status, _, errors = await asyncio.to_thread(process.end)
    assert status == 0
    assert [each["event"] for each in events] == ["up", "down", "up"]
    assert "the connection has ended" in events[1]["reason"]
    assert "trying again in" in errors


# -- when it does not


def test_a_name_that_nobody_knows(here: Here) -> None:
    result = here("bind", url(2775, host="no-such-host.invalid"))
    assert_failed(result, Exit.NAME, "the name no-such-host.invalid was not found", "spelling")


def test_nobody_listens(here: Here) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert_failed(here("bind", url(port)), Exit.REFUSED_CONNECTION, f"127.0.0.1:{port}", "nobody listens")


def test_no_answer_to_the_connection(here: Here) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with contextlib.ExitStack() as stack:
            for _ in range(3):  # what is beyond the backlog gets no answer
                each = stack.enter_context(socket.socket())
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            result = here("bind", "--timeout", "0.3", url(port))
    assert_failed(result, Exit.UNREACHABLE, "within 0.3 s", "firewall")


async def test_tls_where_there_is_none() -> None:
    async with serving() as smsc:
        result = await command("bind", url(smsc.port, scheme="smpps"))
    assert_failed(result, Exit.TLS, "speaks no TLS here")


async def test_no_tls_where_it_is_wanted() -> None:
    async with serving(ssl=server_context(files().server)) as smsc:
        result = await command("bind", url(smsc.port))
    assert_failed(result, Exit.CLOSED, "perhaps the SMSC wants TLS (smpps://)")


def test_a_tls_server_that_says_what_it_is(here: Here) -> None:
    with saying(b"\x15\x03\x01\0\x02\x02\x46") as port:
        assert_failed(here("bind", url(port)), Exit.TLS, "speaks TLS here; use smpps://")


async def test_tls_and_its_options() -> None:
    async with serving(ssl=server_context(files().server, client_ca=files().ca)) as smsc:
        target = url(smsc.port, scheme="smpps", host="localhost")
        assert_failed(await command("bind", target), Exit.TLS, "nobody that we trust", "--ca")
        ca, client = ("--ca", files().ca), ("--certificate", files().client_certificate, "--key", files().client_key)
        assert_failed(await command("bind", *ca, target), Exit.TLS, "client certificate is demanded")
        assert (await command("bind", "--no-listen", *ca, *client, target)).returncode == 0
        assert (await command("bind", "--no-listen", "--insecure", *client, target)).returncode == 0
        assert_failed(await command("bind", "--ca", "/nowhere.pem", target), Exit.TLS, "/nowhere.pem cannot be read")


@pytest.mark.parametrize(
    ("answer", "who"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "an HTTP server"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "an SSH server"),
        (b"220 mail.example ESMTP ready\r\n", "a mail or FTP server"),
        (b"\xff" * 20, "it begins with b'\\xff"),
    ],
)
def test_what_answers_is_no_smpp_server(here: Here, answer: bytes, who: str) -> None:
    with saying(answer) as port:
        assert_failed(here("bind", url(port)), Exit.NO_SMPP, "no SMPP server", who)


def test_an_answer_that_makes_no_sense(here: Here) -> None:
    with saying(HEADER.pack(20, CommandId.BIND_TRANSCEIVER_RESP, 0, 1) + b"abcd") as port:
        result = here("bind", url(port))
    assert result.returncode in (Exit.NO_SMPP, Exit.LOST), result.stderr


@pytest.mark.parametrize("status", [*ADVICE, CommandStatus.ESME_RINVSERTYP, 0x410, 0xDEAD])
def test_every_usual_refusal_is_explained(status: int) -> None:
    bind = BindTransceiver()
    found = explain(BindRefused(bind.answer(status), bind))
    assert found.exit is Exit.REFUSED_BIND
    assert f"0x{status:08X}" in found.found
    assert found.advice == ADVICE.get(status, found.advice)  # type: ignore[call-overload]
    assert len(found.advice) > 20


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (CommandStatus.ESME_RBINDFAIL, "does not say why"),
        (CommandStatus.ESME_RALYBND, "bound already"),
        (0x410, "carrier's own"),
    ],
)
async def test_a_refused_bind(status: int, word: str) -> None:
    async with serving(accounts=None, authenticate=lambda peer, bind: int(status)) as smsc:
        result = await command("bind", url(smsc.port, "hush"))
    assert_failed(result, Exit.REFUSED_BIND, "refused the bind with", word)
    assert "hush" not in result.stderr


def test_a_bind_without_an_answer(here: Here) -> None:
    with saying(b"", keep=True) as port:
        result = here("bind", "--timeout", "0.3", url(port))
    assert_failed(result, Exit.NO_ANSWER, "had no answer in time", "--timeout")


def test_the_connection_is_closed_in_the_middle(here: Here) -> None:
    with saying(b"") as port:
        assert_failed(here("bind", url(port)), Exit.CLOSED, "ended before the bind was answered", "address")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["http://127.0.0.1"], "smpp://"),
        ([url(1), "--ca", "x.pem"], "smpps://"),
        ([url(1, scheme="smpps"), "--key", "x.pem"], "--certificate"),
        ([url(1), "--password-env", "NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE"),
        ([url(1), "--password-file", "/nowhere/at/all"], "/nowhere/at/all"),
        ([url(1, "much-too-long")], "bind_transceiver.password"),
    ],
)
def test_a_command_line_that_makes_no_sense(here: Here, arguments: list[str], word: str) -> None:
    result = here("bind", *arguments)
    assert_failed(result, Exit.COMMAND_LINE, word)
    assert "much-too-long" not in result.stderr


@pytest.mark.parametrize(
    "arguments", [["--bind", "both"], ["--timeout", "0"], ["--interface-version", "x"], ["--local-address", "a:b"]]
)
def test_options_that_make_no_sense(here: Here, arguments: list[str]) -> None:
    result = here("listen", *arguments, url(1))
    assert (result.returncode, result.stdout) == (2, "")
    assert arguments[0] in result.stderr


def test_an_address_that_is_not_ours(here: Here) -> None:
    result = here("bind", "--local-address", "192.0.2.1", url(1))
    assert_failed(result, Exit.OTHER, "192.0.2.1", "--local-address")


def test_a_failure_as_json(here: Here) -> None:
    with saying(b"") as port:
        result = here("bind", "--json", url(port))
    line = json.loads(result.stdout)
    assert (line["event"], line["status"], line["reason"]) == ("failed", Exit.CLOSED, "closed")
    assert line["found"]
    assert line["advice"]


async def test_a_signal_while_it_binds() -> None:
    with RawSmsc() as smsc, running("bind", url(smsc.port)) as process:
        async with asyncio.timeout(LIMIT):
            with await smsc.accept() as raw:
                await raw.header()
                assert await asyncio.to_thread(process.end, signal.SIGINT) == (130, "", "")


def test_what_options_mean() -> None:
    assert (version("3.3"), version("0x34"), version("52"), version("0")) == (0x33, 0x34, 0x34, 0)
    assert seconds("2.5") == 2.5
    assert local_address("10.0.0.1") == "10.0.0.1"
    assert local_address("10.0.0.1:4000") == ("10.0.0.1", 4000)
    assert local_address("2001:db8::1") == "2001:db8::1"
    assert local_address("[2001:db8::1]") == "2001:db8::1"
    assert local_address("[2001:db8::1]:4000") == ("2001:db8::1", 4000)
