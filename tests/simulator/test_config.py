"""The configuration: what can be said, and that whatever cannot be is told by its key."""

import dataclasses
import pathlib
from typing import Any

import pytest

from smppcore.constants import CommandStatus, MessageState
from smppcore.simulator import Config, ConfigError, load_config, read_config
from smppcore.simulator.config import AccountConfig, FaultConfig, ListenerConfig, RuleConfig
from smppcore.simulator.delays import Exponential, Fixed, Normal, Spike, Uniform
from smppcore.simulator.dialects import DIALECTS
from smppcore.simulator.fault_kinds import KINDS
from smppcore.simulator.life_cycle import Outcomes
from smppcore.simulator.message_ids import MessageIdForm
from smppcore.simulator.toml import read_fault, read_rule

EVERYTHING = """
system_id = "Carrier"
seed = 7
capacity = 1000
window = 20
delay = { uniform = [1, 5] }
outcomes = { delivered = 90, undeliverable = 10 }
validity = 3600
dialect = "mine"
response_timeout = 30
retry = 0.5
loopback = false
store = "messages.db"

[[listeners]]
port = 2775

[[listeners]]
host = "0.0.0.0"
port = 3550
certificate = "server.pem"
key = "server.key"
client_ca = "ca.pem"

[accounts]
plain = "secret"

[accounts.acme]
password = "secret"
modes = ["transmitter", "receiver"]
binds = 2
rate = 50
window = 10
networks = ["10.0.0.0/8", "::1"]
default_encoding = "latin-1"
message_id = { form = "prefix", prefix = "A-", width = 10 }
dialect = "smppsim"
numbers = ["72404", "39333*"]

[rules.slow]
source = "Bank"
destination = "39*"
account = "acme"
text = "code [0-9]+"
part = 1
probability = 0.5
delay = { spike = [0.1, 30, 0.01] }
outcomes = "rejected"
error = "021"
dialect = "short"
fault = "twice"

[rules.full]
status = "ESME_RMSGQFUL"
enabled = false

[faults.twice]
kind = "duplicate"
standing = false

[faults.busy]
kind = "throttled"
on = ["submit_sm", "data_sm"]
account = "acme"
every = 10
after = 5
lasts = 2
period = 60

[sources.inbox]
file = "inbox.csv"
account = "acme"
rate = 2.5
start = 1
repeat = true

[replies.code]
text = "code (?P<code>[0-9]+)"
reply = 'I got \\g<code>'
delay = 1

[dialects.mine]
base = "smppsim"
date = "seconds"
own_tlvs = [[0x1400, "0a0b"]]
words = { undeliverable = "FAILED" }
"""


def test_everything_that_can_be_said(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "simulator.toml"
    path.write_text(EVERYTHING, "utf-8")
    config = load_config(path)
    assert (config.system_id, config.seed, config.capacity, config.window) == ("Carrier", 7, 1_000, 20)
    assert config.delay == Uniform(1, 5)
    assert config.outcomes == Outcomes({MessageState.DELIVERED: 90, MessageState.UNDELIVERABLE: 10})
    assert (config.validity, config.response_timeout, config.retry, config.loopback) == (3600, 30, 0.5, False)
    assert config.store == tmp_path / "messages.db"
    assert config.listeners[0] == ListenerConfig()
    assert config.listeners[1] == ListenerConfig(
        host="0.0.0.0",
        port=3550,
        certificate=tmp_path / "server.pem",
        key=tmp_path / "server.key",
        client_ca=tmp_path / "ca.pem",
    )
    assert config.accounts["plain"] == AccountConfig(system_id="plain", password="secret")
    assert config.accounts["acme"] == AccountConfig(
        system_id="acme",
        password="secret",
        modes=frozenset({"transmitter", "receiver"}),
        binds=2,
        rate=50,
        window=10,
        networks=("10.0.0.0/8", "::1"),
        default_encoding="latin-1",
        message_id=MessageIdForm(form="prefix", prefix="A-", width=10),
        dialect="smppsim",
        numbers=("72404", "39333*"),
    )
    assert [rule.name for rule in config.rules] == ["slow", "full"]
    assert config.rules[0].delay == Spike(0.1, 30, 0.01)
    assert config.rules[0].outcomes == Outcomes({MessageState.REJECTED: 1})
    assert (config.rules[1].status, config.rules[1].enabled) == (CommandStatus.ESME_RMSGQFUL, False)
    assert config.faults[0] == FaultConfig(name="twice", kind="duplicate", standing=False)
    assert (config.faults[1].on, config.faults[1].period) == (("submit_sm", "data_sm"), 60)
    assert config.sources[0].file == tmp_path / "inbox.csv"
    assert config.replies[0].reply == r"I got \g<code>"
    mine = config.dialect_of("mine")
    assert (mine.date, mine.own_tlvs, mine.words) == ("seconds", ((0x1400, b"\x0a\x0b"),), {5: "FAILED"})
    assert "Text:" in mine.text


@pytest.mark.parametrize(
    ("value", "delay"),
    [
        (0, Fixed(0)),
        (2.5, Fixed(2.5)),
        ({"fixed": 1}, Fixed(1)),
        ({"normal": [2, 0.5]}, Normal(2, 0.5)),
        ({"exponential": 2}, Exponential(2)),
        (Uniform(0, 1), Uniform(0, 1)),
    ],
)
def test_delays(value: Any, delay: object) -> None:
    assert read_config({"delay": value}).delay == delay


def test_nothing_said_is_the_defaults() -> None:
    assert read_config({}) == Config()
    assert Config().listeners[0].host == "127.0.0.1"


def test_overrides_replace_what_the_file_says(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "simulator.toml"
    path.write_text("seed = 1\ncapacity = 5\n", "utf-8")
    config = load_config(path, seed=2)
    assert (config.seed, config.capacity) == (2, 5)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"acounts": {}}, "acounts: is not known; did you mean accounts?"),
        ({"xyzzy": 1}, "xyzzy: is not known; there are system_id, accounts, "),
        ({"accounts": {}}, "accounts: must be accounts by system_id"),
        ({"accounts": {"acme": {"rate": 0}}}, "accounts.acme.rate: must be above 0, not 0"),
        ({"accounts": {"acme": {"rate": "fast"}}}, "accounts.acme.rate: must be a number, not 'fast'"),
        ({"accounts": {"acme": {"passwort": "x"}}}, "accounts.acme.passwort: is not known; did you mean password?"),
        ({"accounts": {"acme": {"password": "secret123"}}}, "accounts.acme.password: must be ASCII and at most 8"),
        ({"accounts": {"acme": {"password": 123456}}}, "accounts.acme.password: must be a text"),
        ({"accounts": {"acme": {"binds": True}}}, "accounts.acme.binds: must be a whole number, not True"),
        ({"accounts": {"acme": {"binds": 0}}}, "accounts.acme.binds: must be at least 1, not 0"),
        ({"accounts": {"acme": {"window": 0}}}, "accounts.acme.window: must be at least 1"),
        ({"accounts": {"acme": {"modes": ["sender"]}}}, "accounts.acme.modes: must be some of receiver, "),
        ({"accounts": {"acme": {"networks": ["10.0.0.0/8", "home"]}}}, "accounts.acme.networks[1]: must be a network"),
        ({"accounts": {"acme": {"networks": [8]}}}, "accounts.acme.networks[0]: must be a text, not 8"),
        ({"accounts": {"acme": {"default_encoding": "morse"}}}, "accounts.acme.default_encoding: must be a codec"),
        ({"accounts": {"acme": {"message_id": {"form": "octal"}}}}, "accounts.acme.message_id: form is 'octal'"),
        ({"accounts": {"acme": {"message_id": {"size": 1}}}}, "accounts.acme.message_id.size: is not known"),
        ({"accounts": {"acme": {"dialect": "klingon"}}}, "accounts.acme.dialect: there is no dialect 'klingon'"),
        ({"accounts": {"a" * 16: "x"}}, f"accounts.{'a' * 16}.system_id: must be ASCII and at most 15"),
        ({"accounts": "acme"}, "accounts: must be accounts by system_id"),
        ({"listeners": []}, "listeners: must be at least one"),
        ({"listeners": [{}, {"port": 70_000}]}, "listeners[1].port: must be 0 to 65535, not 70000"),
        ({"listeners": [{"key": "k.pem"}]}, "listeners[0].key: needs a certificate"),
        ({"listeners": [{"prt": 1}]}, "listeners[0].prt: is not known; did you mean port?"),
        ({"listeners": {}}, "listeners: must be a list, not {}"),
        ({"system_id": "sixteen letters!"}, "system_id: must be ASCII and at most 15 characters"),
        ({"capacity": 0}, "capacity: must be at least 1, not 0"),
        ({"window": 0}, "window: must be at least 1, not 0"),
        ({"retry": -1}, "retry: must be between 0 and"),
        ({"response_timeout": 0}, "response_timeout: must be above 0, not 0"),
        ({"seed": "x"}, "seed: must be a whole number, not 'x'"),
        ({"loopback": 1}, "loopback: must be true or false, not 1"),
        ({"delay": "soon"}, "delay: must be seconds, or one of fixed, "),
        ({"delay": -1}, "delay: -1 s is not between 0 and"),
        ({"delay": {"unifrom": [1, 2]}}, "delay.unifrom: is no distribution; did you mean uniform?"),
        ({"delay": {"uniform": [1]}}, "delay.uniform: must be low, high"),
        ({"delay": {"uniform": [3, 1]}}, "delay.uniform: low is 3.0, must not be above high, 1.0"),
        ({"outcomes": {"delivred": 1}}, "outcomes.delivred: is no state; did you mean delivered?"),
        ({"outcomes": {"delivered": "all"}}, "outcomes.delivered: must be a number, not 'all'"),
        ({"outcomes": {"delivered": 0}}, "outcomes: the weights must not all be 0"),
        ({"outcomes": 7}, "outcomes: must be a state, or weights by state"),
        ({"dialect": "klingon"}, "dialect: there is no dialect 'klingon'"),
        ({"dialects": {"mine": {"base": "klingon"}}}, "dialects.mine.base: is no dialect"),
        ({"dialects": {"mine": {"txt": ""}}}, "dialects.mine.txt: is not known; did you mean text?"),
        ({"dialects": {"mine": {"date": "weeks"}}}, "dialects.mine: 'weeks' is none of minutes, "),
        ({"dialects": {"mine": {"own_tlvs": [["a", "b"]]}}}, "dialects.mine.own_tlvs: must be pairs such as"),
        ({"dialects": {"mine": {"words": {"gone": "X"}}}}, "dialects.mine.words.gone: is no state"),
        (
            {"rules": {"one": {"status": "ESME_RTHROTLED"}}},
            "rules.one.status: is no command_status; did you mean ESME_",
        ),
        ({"rules": {"one": {"text": "("}}}, "rules.one.text: must be a regular expression: "),
        ({"rules": {"one": {"fault": "none"}}}, "rules.one.fault: there is no fault 'none'"),
        ({"rules": {"one": {"dialect": "none"}}}, "rules.one.dialect: there is no dialect 'none'"),
        ({"rules": [{}]}, "rules: must be tables by name"),
        ({"rules": {"one": 1}}, "rules.one: must be a table"),
        ({"faults": {"one": {}}}, "faults.one.kind: is missing"),
        ({"faults": {"one": {"kind": "nonsense"}}}, "faults.one.kind: must be one of status, "),
        ({"faults": {"one": {"kind": "http", "on": "outbind"}}}, "faults.one.on: http can be done to submit_sm, "),
        ({"faults": {"one": {"kind": "http", "every": 0}}}, "faults.one.every: must be at least 1, not 0"),
        ({"faults": {"one": {"kind": "http", "period": 5}}}, "faults.one.period: needs lasts"),
        ({"faults": {"one": {"kind": "http", "probability": 2}}}, "faults.one.probability: must be between 0 and 1"),
        ({"sources": {"one": {}}}, "sources.one.file: is missing"),
        ({"sources": {"one": {"file": ""}}}, "sources.one.file: must be a path, not ''"),
        ({"sources": {"one": {"file": "x", "rate": 0}}}, "sources.one.rate: must be above 0, not 0"),
        ({"sources": {"one": {"file": "x", "account": "no"}}}, "sources.one.account: there is no account 'no'"),
        ({"replies": {"one": {}}}, "replies.one.reply: is missing"),
        ({"replies": {"one": {"reply": r"\1"}}}, "replies.one.reply: names what text does not find"),
    ],
)
def test_an_error_names_its_key(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(table)
    assert str(caught.value).startswith(message)
    assert caught.value.key == message.partition(":")[0]


def test_a_password_is_in_no_repr_and_no_error() -> None:
    config = read_config({"accounts": {"acme": "geheim"}})
    assert "geheim" not in repr(config)
    with pytest.raises(ConfigError) as caught:
        read_config({"accounts": {"acme": "geheimnis"}})
    assert "geheim" not in str(caught.value)


def test_what_is_no_toml(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "simulator.toml"
    path.write_text("seed = = 1", "utf-8")
    with pytest.raises(ConfigError, match="is no TOML"):
        load_config(path)
    with pytest.raises(FileNotFoundError):
        load_config(tmp_path / "missing.toml")


def test_a_rule_and_a_fault_alone() -> None:
    assert read_rule("one", {"status": 8}) == RuleConfig(name="one", status=8)
    assert read_fault("one", {"kind": "late", "seconds": 2}) == FaultConfig(name="one", kind="late", seconds=2)
    with pytest.raises(ConfigError, match=r"^part: must be at least 1"):
        read_rule("one", {"part": 0})


def test_the_documents_list_every_kind_of_fault_and_every_dialect() -> None:
    text = (pathlib.Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
    described = {each.name: each.description for each in KINDS.values()}
    described |= {each.name: each.description for each in DIALECTS.values()}
    for name, description in described.items():
        assert f"| {name} | {description} |" in text
    for field in dataclasses.fields(Config):
        assert field.name in text
