"""``smppcore simulate`` as a process: what it prints, whom it lets in, how it ends."""

import asyncio
import signal
import socket

import pytest

import smppcore
from cli.processes import LIMIT, run_command, running, simulator
from smppcore.cli.main import main
from smppcore.pdu import DeliverSm


def url(port: int, account: str = "smppclient1:password") -> str:
    return f"smpp://{account}@127.0.0.1:{port}"


def test_it_says_where_it_listens_and_nothing_else() -> None:
    with running("simulate", "--port", "0") as process:
        ready = process.readline()
        assert ready.startswith("ready 127.0.0.1:")
        assert 0 < int(ready.rpartition(":")[2]) < 65536
        assert process.end() == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_and_unbinds_its_peers(number: signal.Signals) -> None:
    with simulator() as (process, port):
        client = await smppcore.connect(url(port))
        async with asyncio.timeout(LIMIT):
            ended = await asyncio.to_thread(process.end, number)
            assert await client.wait_closed() == "the peer unbound"
        assert ended == (0, "", "")


async def test_default_account() -> None:
    with simulator() as (_, port):
        async with smppcore.connect(url(port)) as client:
            assert client.smsc_system_id == "smppcore"
        with pytest.raises(smppcore.BindRefused):
            await smppcore.connect(url(port, "smppclient1:wrong"))


async def test_accounts_may_be_repeated() -> None:
    arguments = ("--account", "one:secret", "--account", "two:a:b", "--account", "three:", "--system-id", "Carrier")
    with simulator(*arguments) as (_, port):
        for account in ("one:secret", "two:a%3Ab", "three:"):
            async with smppcore.connect(url(port, account)) as client:
                assert client.smsc_system_id == "Carrier"
        for account in ("smppclient1:password", "one:a%3Ab"):
            with pytest.raises(smppcore.BindRefused):
                await smppcore.connect(url(port, account))


async def test_receipts_come_after_the_delay() -> None:
    loop = asyncio.get_running_loop()
    came: asyncio.Future[float] = loop.create_future()

    def on_deliver_sm(_: smppcore.Esme, pdu: DeliverSm) -> None:
        came.set_result(loop.time())

    with simulator("--receipt-delay", "0.3") as (_, port):
        async with smppcore.connect(url(port), handlers={DeliverSm: on_deliver_sm}) as client, asyncio.timeout(LIMIT):
            began = loop.time()
            await client.send("hello", to="+393330000001", receipt=True)
            assert await came - began > 0.25


async def test_capacity() -> None:
    with simulator("--receipt-delay", "3600", "--capacity", "2") as (_, port):
        async with smppcore.connect(url(port)) as client:
            for _ in range(2):
                await client.send("hello", to="+393330000001")
            with pytest.raises(smppcore.Refused) as caught:
                await client.send("hello", to="+393330000001")
            assert caught.value.status == smppcore.CommandStatus.ESME_RMSGQFUL


def test_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_command("simulate", "--port", str(port))
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"smppcore simulate: cannot listen on 127.0.0.1:{port}: ")
    assert "in use" in line


@pytest.mark.parametrize(
    ("arguments", "status", "named"),
    [
        (["--account", "nocolon"], 2, "an account is written ID:PASSWORD"),
        (["--account", ":password"], 2, "an account is written ID:PASSWORD"),
        (["--account", "sixteen-letters!:x"], 2, "at most 15 characters"),
        (["--account", "id:123456789"], 2, "a password 8"),
        (["--port", "70000"], 2, "0 to 65535"),
        (["--port", "-1"], 2, "0 to 65535"),
        (["--port", "x"], 2, "0 to 65535"),
        (["--capacity", "0"], 1, "capacity: 0 is below 1"),
        (["--receipt-delay", "-1"], 1, "receipt_delay: -1.0 s is not between 0 and"),
        (["--receipt-delay", "nan"], 1, "receipt_delay"),
        (["--system-id", "longer than fifteen"], 1, "system_id"),
    ],
)
def test_what_it_cannot_do(arguments: list[str], status: int, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--port", "0", *arguments])
    shown = capsys.readouterr()
    assert shown.out == ""
    # A text as exit code is printed by Python, and the status is 1.
    code, error = (1, ended.value.code) if isinstance(ended.value.code, str) else (ended.value.code, shown.err)
    last = error.splitlines()[-1]
    assert code == status
    assert last.startswith("smppcore simulate: ")
    assert named in last
