"""The configuration of the gateway: the file that is shipped is right, and what is wrong is named."""

import asyncio
import pathlib
import re
import socket
import tomllib
from dataclasses import asdict
from typing import Any

import pytest
from gateway.config import Config, ConfigError
from gateway.gateway import Gateway

from smppcore.simulator import Simulator

from .processes import EXAMPLES

SHIPPED = EXAMPLES / "gateway" / "gateway.toml"
LEAST: dict[str, Any] = {"carrier": {"url": "smpp://a:b@127.0.0.1"}, "webhook": {"url": "http://127.0.0.1/"}}


def test_the_shipped_file_shows_every_key_with_its_default() -> None:
    config = asdict(Config.load(SHIPPED))
    shown = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", SHIPPED.read_text("utf-8"), flags=re.MULTILINE))
    examples = {"carrier.rate", "carrier.profile", "storage.redis", "log.access"}
    for section, keys in config.items():
        assert shown[section].keys() == keys.keys()
        for key, value in keys.items():
            if f"{section}.{key}" not in examples:
                assert shown[section][key] == (list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"carrier": {}}, "carrier: needs either profile or url"),
        ({"webhook": {}}, "webhook: .*url"),
        ({"htp": {}}, "htp: is not known"),
        ({"http": {"prt": 1}}, "http.prt: is not known"),
        ({"http": {"port": "80"}}, "http.port: must be a number"),
        ({"http": {"host": "0.0.0.0"}}, "http.token: is needed"),
        ({"sending": {"resend": 1}}, "sending.resend: must be a bool"),
        ({"webhook": {"url": "http://127.0.0.1/", "tries": 0}}, "webhook.tries: must be at least 1"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Config.read(LEAST | change)


PROFILE = """
based_on = "decimal-ids"
hosts.primary = ["smpp://127.0.0.1:{port}"]
bind = {{ mode = "pair", count = 2 }}
credentials = {{ system_id = "smppclient1", password = "password" }}
"""


async def test_a_carrier_profile_says_where_to_send_and_how(tmp_path: pathlib.Path) -> None:
    async with Simulator() as smsc:
        (tmp_path / "acme.toml").write_text(PROFILE.format(port=smsc.port))
        carrier = {"profile": str(tmp_path / "acme.toml"), "lanes": ["codes", "others"]}
        config = Config.read(LEAST | {"carrier": carrier, "storage": {"directory": str(tmp_path)}, "http": {"port": 0}})
        async with Gateway(config) as gateway:
            await gateway.link.wait_up(10)
            assert len(gateway.link.status().binds) == 4
            assert gateway.link.lanes == ("codes", "others")


async def test_a_port_that_is_taken_is_told_and_leaves_nothing_behind(tmp_path: pathlib.Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        http = {"port": taken.getsockname()[1]}
        config = Config.read(LEAST | {"storage": {"directory": str(tmp_path)}, "http": http})
        with pytest.raises(OSError, match="in use"):
            await Gateway(config).start()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_the_readme_leads_to_files_that_are_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (EXAMPLES / "README.md").read_text("utf-8"))
    assert len(links) > 10
    assert [each for each in links if not (EXAMPLES / each).is_file()] == []
