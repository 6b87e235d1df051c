"""``smppcore simulate`` as a process: what it prints, whom it lets in, how it ends."""

import asyncio
import json
import os
import pathlib
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
        (["--capacity", "0"], 1, "capacity: must be at least 1, not 0"),
        (["--receipt-delay", "-1"], 1, "delay: -1 s is not between 0 and"),
        (["--receipt-delay", "nan"], 1, "delay: nan s"),
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


# -- from a file


def configured(path: pathlib.Path, **options: object) -> None:
    """Write a file with one account and the given top-level keys."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in options.items()]
    path.write_text("\n".join([*lines, "[accounts]", 'shop = "secret"', "[[listeners]]", "port = 0"]), "utf-8")


async def test_a_file_and_what_replaces_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "simulator.toml"
    configured(path, system_id="FromFile", delay=3600)
    with simulator("--config", str(path)) as (_, port):
        async with smppcore.connect(url(port, "shop:secret")) as client:
            assert client.smsc_system_id == "FromFile"
    with simulator("--config", str(path), "--account", "other:pass", "--system-id", "Given") as (_, port):
        async with smppcore.connect(url(port, "other:pass")) as client:
            assert client.smsc_system_id == "Given"
        with pytest.raises(smppcore.BindRefused):
            await smppcore.connect(url(port, "shop:secret"))


async def test_a_signal_reads_the_file_again(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "simulator.toml"
    configured(path, delay=0)
    with simulator("--config", str(path)) as (process, port):
        async with smppcore.connect(url(port, "shop:secret")) as client:
            await client.send("hello", to="+393330000001")
            configured(path, delay=0, capacity=7, faults={})
            path.write_text(path.read_text("utf-8").replace("faults = {}", "") + REFUSE_ALL, "utf-8")
            os.kill(process.pid, signal.SIGHUP)
            assert await asyncio.to_thread(process.readline) == "reloaded"
            with pytest.raises(smppcore.Refused) as caught:
                await client.send("hello", to="+393330000001")
            assert caught.value.status == smppcore.CommandStatus.ESME_RSYSERR
            path.write_text("delay = -1", "utf-8")
            os.kill(process.pid, signal.SIGHUP)
            with pytest.raises(smppcore.Refused):
                await client.send("hello", to="+393330000001")
        status, output, errors = await asyncio.to_thread(process.end)
    assert (status, output) == (0, "")
    assert errors.splitlines() == [
        "smppcore simulate: capacity: cannot change while the simulator runs",
        "smppcore simulate: not reloaded: delay: -1 s is not between 0 and 31622400 s",
    ]


REFUSE_ALL = '\n[rules.no]\nstatus = "ESME_RSYSERR"\n'


async def test_a_store_survives(tmp_path: pathlib.Path) -> None:
    store = ("--store", str(tmp_path / "messages.db"), "--receipt-delay", "3600")
    with simulator(*store) as (process, port):
        async with smppcore.connect(url(port)) as client:
            sent = await client.send("hello", to="+393330000001", source="1234")
        await asyncio.to_thread(process.end)
    with simulator(*store) as (_, port):
        async with smppcore.connect(url(port)) as client:
            query = smppcore.QuerySm(message_id=sent.message_ids[0], source_addr="1234", source_addr_ton=3)
            assert (await client.query_sm(query)).message_state == smppcore.MessageState.ENROUTE


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[accounts.shop]\nrate = 0", "accounts.shop.rate: must be above 0, not 0"),
        ("= 1", "is no TOML"),
        ('[sources.in]\nfile = "missing.csv"', "missing.csv"),
        ("capactiy = 5", "capactiy: is not known; did you mean capacity?"),
    ],
)
def test_a_file_that_is_wrong(tmp_path: pathlib.Path, text: str, named: str) -> None:
    path = tmp_path / "simulator.toml"
    path.write_text(text, "utf-8")
    result = run_command("simulate", "--port", "0", "--config", str(path))
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("smppcore simulate: ")
    assert named in line


def test_a_file_that_is_missing(tmp_path: pathlib.Path) -> None:
    result = run_command("simulate", "--config", str(tmp_path / "missing.toml"))
    assert result.returncode == 1
    assert "missing.toml" in result.stderr
