"""What the API shows of a rule or a fault is what it can be made from again."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from smppcore.console.views import settings_view
from smppcore.simulator.config import FaultConfig, RuleConfig
from smppcore.simulator.fault_kinds import KINDS
from smppcore.simulator.life_cycle import OUTCOMES
from smppcore.simulator.toml import read_fault, read_rule

SECONDS = st.floats(0, 1000)
LIKELY = st.floats(0, 1)
STATUS = st.integers(0, 0xFFFFFFFF) | st.sampled_from(["ESME_RTHROTTLED", "ESME_ROK"])
DELAYS = st.one_of(
    SECONDS,
    st.builds(lambda seconds: {"fixed": seconds}, SECONDS),
    st.builds(lambda one, two: {"uniform": sorted([one, two])}, SECONDS, SECONDS),
    st.builds(lambda one, two: {"normal": [one, two]}, SECONDS, SECONDS),
    st.builds(lambda mean: {"exponential": mean + 1}, SECONDS),
    st.builds(lambda one, two, chance: {"spike": [one, two, chance]}, SECONDS, SECONDS, LIKELY),
)
NAMES = st.sampled_from([name.lower() for name in OUTCOMES])
RULES = st.fixed_dictionaries(
    {},
    optional={
        "source": st.text(),
        "destination": st.text(),
        "account": st.text(),
        "text": st.just("(?i)stop|ferma"),
        "part": st.integers(1, 255),
        "probability": LIKELY,
        "enabled": st.booleans(),
        "status": STATUS,
        "outcomes": NAMES | st.dictionaries(NAMES, st.floats(0.1, 9), min_size=1),
        "delay": DELAYS,
        "error": st.from_regex("[0-9A-Za-z]{0,4}", fullmatch=True),
        "dialect": st.text(),
        "fault": st.text(),
    },
)
FAULTS = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {"kind": st.just(kind)},
        optional={
            "on": st.lists(st.sampled_from(KINDS[kind].possible)),
            "account": st.text(),
            "probability": LIKELY,
            "enabled": st.booleans(),
            "standing": st.booleans(),
            "nth": st.integers(1, 99),
            "every": st.integers(1, 99),
            "count": st.integers(1, 99),
            "depth": st.integers(1, 99),
            "after": SECONDS,
            "lasts": SECONDS,
            "seconds": SECONDS,
            "status": STATUS,
        },
    )
)


def again(config: RuleConfig | FaultConfig) -> dict[str, Any]:
    """The settings as they come back from somebody who was shown them."""
    settings: dict[str, Any] = json.loads(json.dumps(settings_view(config), allow_nan=False))
    return settings | {"enabled": config.enabled}


@given(RULES)
def test_a_rule_comes_back_as_it_was(table: dict[str, Any]) -> None:
    config = read_rule("name", table)
    assert read_rule("name", again(config)) == config


@given(FAULTS)
def test_a_fault_comes_back_as_it_was(table: dict[str, Any]) -> None:
    config = read_fault("name", table)
    assert read_fault("name", again(config)) == config


def test_what_is_as_usual_is_not_shown() -> None:
    assert settings_view(read_rule("name", {"status": "ESME_RTHROTTLED", "source": "*"})) == {
        "status": "ESME_RTHROTTLED"
    }
    assert settings_view(read_rule("name", {"status": 1025})) == {"status": 1025}
