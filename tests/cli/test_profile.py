"""``smppcore profile`` and the option ``--profile``: a file with a mistake is told before anything is sent."""

import argparse
import asyncio
import pathlib
from collections.abc import AsyncIterator

import pytest

from cli.processes import LIMIT
from smppcore.cli import bind
from smppcore.cli.main import main
from smppcore.profile import known_names, known_text
from smppcore.simulator import Simulator, read_config
from smppcore.simulator.life_cycle import StoredMessage

ROOT = pathlib.Path(__file__).parents[2]
ACME = str(ROOT / "docs" / "profiles" / "acme.toml")
TO = "+393330000001"


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A carrier that writes ids in decimal, and in hexadecimal in its receipts."""
    accounts = {"shop": {"password": "geheim", "message_id": "decimal"}}
    config = {"listeners": [{"port": 0}], "delay": 0, "accounts": accounts, "dialect": "hex-ids"}
    async with Simulator(read_config(config)) as simulator:
        yield simulator


@pytest.fixture
def file(simulator: Simulator, tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "carrier.toml"
    path.write_text(
        f"""
        based_on = "hex-ids"
        [hosts]
        primary = ["smpp://127.0.0.1:{simulator.port}"]
        [credentials]
        system_id = "shop"
        password = "geheim"
        [addresses]
        default_source = "72404"
        [tlvs.entity_id]
        tag = 0x1400
        value = "1101"
        """,
        "utf-8",
    )
    return path


def change(file: pathlib.Path, old: str, new: str) -> None:
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


async def command(*words: object) -> int:
    async with asyncio.timeout(LIMIT):
        return await asyncio.to_thread(main, [str(word) for word in words])


# -- smppcore profile


def test_check_prints_every_key_that_is_not_as_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "check", ACME]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert 'receipts.id_rule = "decimal_to_hex"' in lines
    assert "tlvs.campaign.tag = 0x1501" in lines
    assert 'pace.slow_down = ["ESME_RTHROTTLED", "ACME_RATE_EXCEEDED"]' in lines
    assert 'receipts.final_states = ["delivered", "expired", "deleted", "undeliverable", "rejected"]' in lines
    assert "statuses.ACME_NO_CREDIT = 0x0411" in lines
    assert 'calls.give_up_on = ["credentials"]' in lines
    assert not any(line.startswith("backoff.first") for line in lines)
    assert said.err == "note: the environment variable ACME_PASSWORD, which is to hold the password, is not set\n"


def test_check_shows_no_password(file: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "check", str(file)]) == 0
    said = capsys.readouterr()
    assert "credentials.password = ***" in said.out
    assert "geheim" not in said.out + said.err


def test_check_names_the_key_of_a_mistake(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "acme.toml"
    path.write_text('[hots]\nprimary = ["smpp://x"]\n', "utf-8")
    assert main(["profile", "check", str(path)]) == 1
    assert capsys.readouterr().err == f"smppcore profile: {path}: hots: is not known; did you mean hosts?\n"


def test_check_wants_hosts_in_a_file(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "acme.toml"
    path.write_text("[bind]\ncount = 2\n", "utf-8")
    assert main(["profile", "check", str(path)]) == 1
    assert "hosts.primary: is missing" in capsys.readouterr().err


def test_check_reads_the_files_of_tls(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "acme.toml"
    text = '[hosts]\nprimary = ["smpps://x"]\n[credentials]\nsystem_id = "x"\n[tls]\nca = "ca.pem"\n'
    path.write_text(text, "utf-8")
    assert main(["profile", "check", str(path)]) == 1
    assert "ca.pem" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["check", "missing.toml"], ["check", "hexids"], ["show", "hexids"]])
def test_what_is_not_there(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", *words]) == 1
    assert capsys.readouterr().err.startswith("smppcore profile: ")


def test_the_profiles_of_the_library_can_be_listed_shown_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == known_names()
    for name in known_names():
        assert main(["profile", "show", name]) == 0
        assert capsys.readouterr().out == known_text(name)
        assert main(["profile", "check", name]) == 0
        capsys.readouterr()


# -- send --profile


async def test_send_finds_the_receipts_of_a_carrier_that_spells_ids_otherwise(
    simulator: Simulator, file: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken: list[StoredMessage] = []
    simulator.watch(on_message=taken.append)
    assert await command("send", TO, "--profile", file, "--text", "hello", "--receipt", "--wait", 5) == 0
    said = capsys.readouterr()
    assert "no receipt" not in said.out
    assert taken[0].source == (3, 0, "72404")
    assert taken[0].request.tlvs == [(0x1400, b"1101")]
    assert "geheim" not in said.out + said.err


async def test_send_with_a_profile_of_the_library_and_a_url(simulator: Simulator) -> None:
    url = f"smpp://shop:geheim@127.0.0.1:{simulator.port}"
    words = ["send", TO, "--text", "hello", "--receipt", "--wait", 5]
    assert await command(*words, "--profile", "hex-ids", "--url", url) == 0
    assert await command(*words, "--url", url) == 0  # it finds out by itself


async def test_send_says_why_it_cannot_bind(file: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(file, "geheim", "anders")
    assert await command("send", TO, "--profile", file, "--text", "hello") == 1
    assert "the SMSC refused the bind with ESME_R" in capsys.readouterr().err


async def test_send_with_a_mistake_in_the_profile(file: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(file, "hosts", "hots")
    assert await command("send", TO, "--profile", file, "--text", "hello") == 1
    assert f"{file}: hots: is not known; did you mean hosts?" in capsys.readouterr().err


async def test_send_refuses_a_sender_that_the_carrier_does_not_take(
    simulator: Simulator, file: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(file, "[addresses]", "[addresses]\nnames = false")
    assert await command("send", TO, "--profile", file, "--text", "hello", "--from", "Shop") == 1
    assert "takes no names" in capsys.readouterr().err
    assert simulator.accepted == 0


# -- bind --profile


async def test_bind_with_a_profile_is_a_bind_as_it_says(
    simulator: Simulator, file: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await bind_once("--profile", str(file)) == 0
    assert "as BOUND_TRX" in capsys.readouterr().out
    url = f"smpp://shop:geheim@127.0.0.1:{simulator.port}"
    assert await bind_once("--profile", "legacy-3.3", url) == 0
    said = capsys.readouterr().out
    assert "as BOUND_RX" in said
    assert "SMPP 3.3" in said


@pytest.mark.parametrize("option", [("--system-type", "VMA"), ("--bind", "receiver"), ("--ca", "ca.pem")])
async def test_what_a_profile_says_is_not_said_twice(
    file: pathlib.Path, option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await bind_once("--profile", str(file), *option) != 0
    assert f"{option[0]} cannot go with --profile" in capsys.readouterr().err


async def bind_once(*words: str) -> int:
    """In this loop: the command sets signal handlers, which only the main thread can."""
    parser = argparse.ArgumentParser()
    bind.configure(parser)
    options = parser.parse_args(["--no-listen", "--timeout", "5", *words])
    return await bind.BindSession(options, listen=False, quiet=False).run()
