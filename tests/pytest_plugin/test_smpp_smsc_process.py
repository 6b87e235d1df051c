"""The fixture smpp_smsc_process, and the TOML that it hands over."""

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from smppcore import BindRefused, connect
from smppcore.pytest_plugin import Scenario, SmscProcess
from smppcore.pytest_plugin.scenario import to_toml
from smppcore.simulator import ConfigError

from .incoming import next_receipt

NUMBER = "+393331234567"


@pytest.mark.smpp(accounts={"shop": "secret"}, delay=0, faults={"never": {"kind": "no-response", "on": ["data_sm"]}})
async def test_a_process_does_what_the_mark_says(smpp_smsc_process: SmscProcess) -> None:
    assert (smpp_smsc_process.system_id, smpp_smsc_process.password) == ("shop", "secret")
    assert smpp_smsc_process.output == f"ready 127.0.0.1:{smpp_smsc_process.port}\n"
    async with connect(smpp_smsc_process.url()) as esme:
        incoming = esme.incoming()
        sent = await esme.send("Hello", to=NUMBER, source="Shop", receipt=True)
        receipt = await next_receipt(incoming)
        assert (receipt.message_id,) == sent.message_ids
        incoming.close()
    with pytest.raises(BindRefused):
        await connect(smpp_smsc_process.url().replace("secret", "wrong"))


async def test_what_a_killed_process_owed_it_owes_when_it_is_started_again(tmp_path: Path) -> None:
    keys = {"accounts": {"shop": "secret"}, "delay": 0, "store": str(tmp_path / "messages.sqlite")}
    with SmscProcess(tmp_path, Scenario(keys=keys)) as process:
        async with connect(process.url(), bind="transmitter") as esme:
            sent = await esme.send("Hello", to=NUMBER, source="Shop", receipt=True)
            before = process.pid
            process.kill()
            await esme.wait_closed()
        with pytest.raises(RuntimeError, match="the process does not run"):
            _ = process.pid
        port = process.port
        process.start()
        assert (process.port, process.pid != before) == (port, True)
        async with connect(process.url()) as esme:
            incoming = esme.incoming()
            receipt = await next_receipt(incoming)
            assert (receipt.message_id,) == sent.message_ids
            incoming.close()


def test_a_process_takes_a_file_and_a_seed(tmp_path: Path) -> None:
    path = tmp_path / "night.toml"
    path.write_text('[accounts]\nshop = "secret"\n', "utf-8")
    with SmscProcess(tmp_path, Scenario(file=path, keys={"seed": 5})) as process:
        assert process.system_id == "shop"
        with pytest.raises(RuntimeError, match="the process runs already"):
            process.start()
        pid = process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_a_process_cannot_have_is_told(tmp_path: Path) -> None:
    path = tmp_path / "night.toml"
    path.write_text("delay = 1\n", "utf-8")
    with pytest.raises(TypeError, match="a process has no virtual time"):
        SmscProcess(tmp_path, Scenario(virtual_time=True))
    with pytest.raises(TypeError, match="beside a file a process takes seed, system_id, capacity, store, not delay"):
        SmscProcess(tmp_path, Scenario(file=path, keys={"delay": 2}))
    with pytest.raises(ConfigError, match="delay"):
        SmscProcess(tmp_path, Scenario(keys={"delay": -1}))


def test_a_process_that_does_not_start_says_why(tmp_path: Path) -> None:
    process = SmscProcess(tmp_path, Scenario(keys={"store": str(tmp_path / "missing" / "messages.sqlite")}))
    with pytest.raises(RuntimeError, match="smppcore simulate does not start: smppcore simulate: "):
        process.start()
    process.stop()


def test_a_process_that_ends_badly_says_so(tmp_path: Path) -> None:
    process = SmscProcess(tmp_path)
    process.start()
    os.kill(process.pid, 9)
    with pytest.raises(RuntimeError, match="smppcore simulate ended with status -9"):
        process.stop()


_texts = some.text(some.characters(exclude_categories=["Cs"]))
_values = some.recursive(
    some.booleans() | some.integers(-(2**63), 2**63 - 1) | some.floats(allow_nan=False) | _texts,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


@given(some.dictionaries(_texts, _values, max_size=3))
def test_toml_says_what_the_table_says(table: dict[str, object]) -> None:
    assert tomllib.loads(to_toml(table)) == table


def test_what_toml_has_not_is_told() -> None:
    with pytest.raises(TypeError, match="cannot be handed to a process"):
        to_toml({"delay": object()})
    assert to_toml({"seed": None, "store": Path("messages.sqlite")}) == '"store" = "messages.sqlite"\n'
