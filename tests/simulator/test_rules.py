"""Rules: which messages they decide on, and that the first one counts."""

from random import Random
from typing import Any

import pytest

from smppcore.config_error import ConfigError
from smppcore.message import messages
from smppcore.pdu import SubmitSm
from smppcore.simulator.config import RuleConfig
from smppcore.simulator.rules import Rules
from smppcore.text import encode_text

RANDOM = Random(1)


def request(text: str = "your code is 4711", source: str = "Bank", destination: str = "393331234567") -> SubmitSm:
    return SubmitSm(source_addr=source, destination_addr=destination, short_message=encode_text(text, 0))


def matched(message: SubmitSm | None = None, **fields: Any) -> bool:
    return Rules([RuleConfig(name="one", **fields)]).match("shop", message or request(), RANDOM) is not None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"source": "Bank"}, True),
        ({"source": "Ban"}, False),
        ({"source": "B*"}, True),
        ({"source": "bank"}, False),
        ({"destination": "39333*"}, True),
        ({"destination": "39333[0-2]*"}, True),
        ({"destination": "39333[2-9]*"}, False),
        ({"destination": "39333123456?"}, True),
        ({"destination": "39333.*"}, False),
        ({"account": "shop"}, True),
        ({"account": "other"}, False),
        ({"text": "code is [0-9]{4}"}, True),
        ({"text": "^code"}, False),
        ({"text": "STOP"}, False),
        ({"part": 1}, False),
        ({"probability": 0.0}, False),
        ({"enabled": False}, False),
        ({"source": "Bank", "destination": "39*", "account": "s*", "text": "your"}, True),
        ({"source": "Bank", "destination": "39*", "account": "s*", "text": "mine"}, False),
    ],
)
def test_what_a_rule_decides_on(fields: dict[str, Any], expected: bool) -> None:
    assert matched(**fields) is expected


def test_the_text_is_read_in_its_coding() -> None:
    pdu = SubmitSm(data_coding=8, short_message="Здравей".encode("utf-16-be"))
    assert matched(pdu, text="драв")
    assert not matched(SubmitSm(data_coding=4, short_message=b"code"), text="code")


@pytest.mark.parametrize("long", ["udh8", "udh16", "sar"])
def test_a_part_of_a_long_message(long: Any) -> None:
    parts = list(messages(SubmitSm, "long " * 100, 7, source="Bank", destination="+393331234567", long=long))
    assert len(parts) == 4
    assert [matched(part, part=2) for part in parts] == [False, True, False, False]


def test_the_first_that_matches_decides_and_counts() -> None:
    rules = Rules([RuleConfig(name="one", source="x"), RuleConfig(name="two"), RuleConfig(name="three")])
    found = rules.match("shop", request(), RANDOM)
    assert found is rules["two"]
    assert [rule.hits for rule in rules] == [0, 1, 0]


def test_rules_come_and_go_and_are_switched() -> None:
    changes = []
    rules = Rules([RuleConfig(name="one")], lambda: changes.append(len(rules)))
    first = rules.add(RuleConfig(name="first"), first=True)
    assert rules.match("shop", request(), RANDOM) is first
    rules.enable("first", False)
    assert rules.match("shop", request(), RANDOM) is rules["one"]
    rules.remove("one")
    assert rules.match("shop", request(), RANDOM) is None
    assert changes == [2, 2, 1]
    with pytest.raises(ValueError, match="there is a rule 'first' already"):
        rules.add(RuleConfig(name="first"))
    for change in (rules.remove, rules.enable, rules.__getitem__):
        with pytest.raises(KeyError):
            change("nobody")


def test_a_rule_that_stays_goes_on_counting() -> None:
    rules = Rules([RuleConfig(name="one"), RuleConfig(name="two")])
    rules.match("shop", request(), RANDOM)
    kept = rules["one"]
    rules.replace([RuleConfig(name="two", source="x"), RuleConfig(name="one")])
    assert list(rules) == [rules["two"], kept]
    assert kept.hits == 1


def test_half_of_the_messages() -> None:
    rules, random = Rules([RuleConfig(name="one", probability=0.5)]), Random(1)
    hits = sum(rules.match("shop", request(), random) is not None for _ in range(1_000))
    assert 450 < hits < 550
    assert rules["one"].hits == hits


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"text": "("}, "text"),
        ({"part": 0}, "part"),
        ({"probability": 1.5}, "probability"),
        ({"status": -1}, "status"),
        ({"error": "five!"}, "error"),
    ],
)
def test_rules_that_cannot_be(fields: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RuleConfig(name="one", **fields)
    assert caught.value.key == key
