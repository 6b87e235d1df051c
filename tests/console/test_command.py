"""``smppcore simulate --console`` as a process: what it prints, whom it lets in, and what it says when it cannot."""

import asyncio
import builtins
import contextlib
import http.client
import json
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
from cli.processes import ENVIRONMENT, LIMIT, Process, run_command, running

import smppcore
from smppcore.cli.main import main


def fetch(url: str, **headers: str) -> tuple[int, Any]:
    """The status and the JSON that a GET is answered with."""
    parts = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=LIMIT)) as connection:
        connection.request("GET", parts.path, headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def console_of(process: Process) -> tuple[str, str]:
    """The addresses of a simulator and of its console."""
    ready, console = process.readline(), process.readline()
    assert ready.startswith("ready ")
    assert console.startswith("console http://")
    return ready.removeprefix("ready "), console.removeprefix("console ")


async def test_it_says_where_the_console_is_and_ends_quietly() -> None:
    with running("simulate", "--port", "0", "--console", "0") as process:
        smsc, console = console_of(process)
        assert console.startswith("http://127.0.0.1:")
        async with smppcore.connect(f"smpp://smppclient1:password@{smsc}") as client:
            await client.send("hello", to="+393331234567")
            _, live = await asyncio.to_thread(fetch, f"{console}api/live")
        assert live["statistics"]["accepted"] == 1
        assert process.end() == (0, "", "")


def test_a_page_that_is_open_does_not_keep_it_from_ending() -> None:
    with running("simulate", "--port", "0", "--console", "localhost:0") as process:
        _, console = console_of(process)
        with socket.create_connection(("127.0.0.1", int(console.rstrip("/").rpartition(":")[2]))):
            assert process.end() == (0, "", "")


@pytest.mark.parametrize("by_option", [True, False])
def test_beyond_loopback_with_a_token(by_option: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    option = ["--console-token", "secret"] if by_option else []
    monkeypatch.setitem(ENVIRONMENT, "SMPPCORE_CONSOLE_TOKEN", "other" if by_option else "secret")
    with running("simulate", "--port", "0", "--console", "0.0.0.0:0", *option) as process:
        _, console = console_of(process)
        url = console.replace("0.0.0.0", "127.0.0.1") + "api/statistics"
        assert fetch(url)[0] == 401
        status, statistics = fetch(url, Authorization="Bearer secret")
        assert (status, statistics["accepted"]) == (200, 0)


def test_beyond_loopback_without_a_token_it_does_not_start() -> None:
    result = run_command("simulate", "--port", "0", "--console", "0.0.0.0:0")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "smppcore simulate: a console on 0.0.0.0, beyond loopback, needs a token\n"


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_command("simulate", "--port", "0", "--console", str(port))
    assert (result.returncode, result.stdout) == (1, "")
    assert f"for the console, 127.0.0.1:{port}: " in result.stderr
    assert "in use" in result.stderr


@pytest.mark.parametrize("value", ["x", "70000", ":80", "127.0.0.1:", "127.0.0.1:x"])
def test_addresses_that_make_no_sense(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--port", "0", f"--console={value}"])
    assert ended.value.code == 2
    assert "--console" in capsys.readouterr().err


def test_without_aiohttp_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def without_aiohttp(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "aiohttp":
            raise ModuleNotFoundError(name)
        return load(name, *arguments, **options)

    for name in [each for each in sys.modules if each.startswith("smppcore.console")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without_aiohttp)
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--port", "0", "--console", "0"])
    assert ended.value.code == "smppcore simulate: the console needs aiohttp: pip install 'smppcore[console]'"
