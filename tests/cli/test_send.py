"""``smppcore send`` as a process, against a simulator and against SMSCs that misbehave."""

import argparse
import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from cli.processes import LIMIT, run_command, simulator
from smppcore.cli import send
from smppcore.cli.main import main
from smppcore.cli.profile_option import DEFAULT_URL
from smppcore.constants import CommandStatus
from smppcore.dispatch import Answer
from smppcore.message import text_of
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.smsc import Peer, Smsc
from smppcore.text import DataCoding

TO, ALSO_TO = "+393330000001", "393330000002"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator("--receipt-delay", "0.05") as (_, port):
        yield f"smpp://smppclient1:password@127.0.0.1:{port}"


def test_one_text(url: str) -> None:
    result = run_command("send", TO, "--text", "hello", "--url", url)
    assert result.returncode == 0
    assert re.fullmatch(rf"{re.escape(TO)}: \w+\n", result.stdout)
    assert result.stderr == "1 segment(s), gsm0338\n"


def test_the_url_from_the_environment(url: str) -> None:
    result = run_command("send", TO, "--text", "hello", SMPPCORE_URL=url)
    assert result.returncode == 0


def test_several_destinations_with_receipts(url: str) -> None:
    result = run_command("send", TO, ALSO_TO, "--text", "Добър ден! " * 20, "--from", "Bank", "--receipt", "--url", url)
    assert result.returncode == 0, result.stderr
    assert result.stderr == "4 segment(s), utf-16-be\n"
    assert {TO, ALSO_TO} <= {line.partition(":")[0] for line in result.stdout.splitlines()}
    ids = re.findall(r"^\+?\d+: (\w+)$", result.stdout, re.MULTILINE)
    receipts = re.findall(r"^receipt: (\w+) DELIVRD$", result.stdout, re.MULTILINE)
    assert len(ids) == 8
    assert sorted(receipts) == sorted(ids)


@pytest.mark.parametrize("text", ["from a pipe\n", "Здравей, свят"])
def test_text_from_standard_input(url: str, text: str) -> None:
    result = run_command("send", TO, "--text", "-", "--url", url, text=text)
    assert result.returncode == 0
    assert result.stderr.startswith("1 segment(s)")


def test_refused_bind(url: str) -> None:
    result = run_command("send", TO, "--text", "x", "--url", url.replace("password", "wrong"))
    assert (result.returncode, result.stdout) == (1, "")
    last = result.stderr.splitlines()[-1]
    assert last == "smppcore send: the SMSC refused the bind with ESME_RBINDFAIL: check --url and SMPPCORE_URL"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    result = run_command("send", TO, "--text", "x", "--url", f"smpp://a:b@127.0.0.1:{port}")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith(f"smppcore send: nobody listens at 127.0.0.1:{port}: check --url")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([TO, "nobody"], "address 'nobody'"),
        ([TO, "--from", "a name that is too long"], "address 'a name that is too long'"),
        ([TO, "--url", "http://127.0.0.1"], "smpp://"),
        ([TO, "--url", "smpp://a:b@127.0.0.1:99999"], "port"),
        ([TO, "--url", "smpp://a:much-too-long@127.0.0.1:1"], ""),
        ([TO, "--text", "a" * 153 * 256], "255"),
    ],
)
def test_what_cannot_be_sent_is_said_before_anything_is_sent(
    url: str, arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["send", "--text", "x", "--url", url, *arguments]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    last = shown.err.splitlines()[-1]
    assert last.startswith("smppcore send: ")
    assert named in last
    assert "much-too-long" not in shown.err


# -- SMSCs that misbehave, in this process


class Carrier:
    """An SMSC that answers each submit_sm as told and sends no receipts."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.cut_after = 0
        self.received = 0
        self.smsc = Smsc(accounts={"id": "pw"}, handlers={SubmitSm: self.on_submit})

    def on_submit(self, peer: Peer, pdu: SubmitSm) -> Answer:
        self.received += 1
        if self.received == self.cut_after:
            asyncio.get_running_loop().call_later(0.05, peer.abort)
        return self.answers.pop(0) if self.answers else SubmitSmResp(message_id=f"id{self.received}")

    async def send(self, *destinations: str, wait: float = LIMIT, text: str = "hello") -> int:
        options = argparse.Namespace(
            to=list(destinations),
            source="",
            url=f"smpp://id:pw@127.0.0.1:{self.smsc.port}",
            receipt=True,
            wait=wait,
            at=None,
            validity=None,
            transliterate=False,
        )
        async with asyncio.timeout(LIMIT):
            return await send.send(options, text)


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    carrier = Carrier()
    async with carrier.smsc:
        yield carrier


async def test_a_receipt_that_does_not_come(carrier: Carrier, capsys: pytest.CaptureFixture[str]) -> None:
    assert await carrier.send(TO, wait=0.1) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{TO}: id1"
    assert re.match(r"no receipt within 0.1 s.*: id1$", lines[1])


async def test_waiting_ends_with_the_connection(carrier: Carrier, capsys: pytest.CaptureFixture[str]) -> None:
    carrier.cut_after = 1
    assert await carrier.send(TO, wait=3600) == 1
    assert "id1" in capsys.readouterr().out.splitlines()[-1]


async def test_where_all_is_refused_no_receipt_is_waited_for(
    carrier: Carrier, capsys: pytest.CaptureFixture[str]
) -> None:
    carrier.answers = [CommandStatus.ESME_RINVDSTADR, CommandStatus.ESME_RMSGQFUL]
    assert await carrier.send(TO, ALSO_TO, wait=3600) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{TO}: submit_sm was answered ESME_RINVDSTADR",
        f"{ALSO_TO}: submit_sm was answered ESME_RMSGQFUL",
    ]


async def test_one_segment_refused(carrier: Carrier, capsys: pytest.CaptureFixture[str]) -> None:
    carrier.answers = [None, CommandStatus.ESME_RMSGQFUL]
    carrier.answers[0] = SubmitSmResp(message_id="one")
    assert await carrier.send(TO, wait=0.1, text="0123456789" * 20) == 1
    assert capsys.readouterr().out.splitlines()[:2] == [f"{TO}: one", f"{TO}: submit_sm was answered ESME_RMSGQFUL"]


def test_an_smsc_that_never_answers_the_connection() -> None:
    assert "nobody answers at 127.0.0.1:2775" in send._reason(TimeoutError(), DEFAULT_URL)


async def test_schedule_validity_and_flash_reach_the_smsc() -> None:
    seen: list[SubmitSm] = []

    def on_submit(_: Peer, pdu: SubmitSm) -> SubmitSmResp:
        seen.append(pdu)
        return SubmitSmResp(message_id="1")

    async with Smsc(accounts={"id": "pw"}, handlers={SubmitSm: on_submit}) as smsc:
        url = f"smpp://id:pw@127.0.0.1:{smsc.port}"
        words = ["send", "--url", url, "--at", "2h", "--validity", "3d", "--flash"]
        assert await asyncio.to_thread(main, [*words, "--text", "Ciao", TO]) == 0
        assert await asyncio.to_thread(main, [*words, "--text", "Пример", TO]) == 0
    assert [pdu.schedule_delivery_time for pdu in seen] == ["000000020000000R"] * 2
    assert [pdu.validity_period for pdu in seen] == ["000003000000000R"] * 2
    assert [DataCoding.parse(pdu.data_coding).message_class for pdu in seen] == [0, 0]
    assert [text_of(pdu) for pdu in seen] == ["Ciao", "Пример"]


async def test_transliteration_is_an_explicit_choice() -> None:
    seen: list[SubmitSm] = []

    def on_submit(_: Peer, pdu: SubmitSm) -> SubmitSmResp:
        seen.append(pdu)
        return SubmitSmResp(message_id="1")

    async with Smsc(accounts={"id": "pw"}, handlers={SubmitSm: on_submit}) as smsc:
        words = ["send", "--url", f"smpp://id:pw@127.0.0.1:{smsc.port}", "--text", "škola"]
        assert await asyncio.to_thread(main, [*words, TO]) == 0
        assert await asyncio.to_thread(main, [*words, "--transliterate", TO]) == 0
    assert [text_of(pdu) for pdu in seen] == ["škola", "skola"]
    assert [pdu.data_coding for pdu in seen] == [8, 0]
