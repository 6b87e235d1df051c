"""Whatever stands in a file: it is a profile, or a ConfigError with a key says why not, and nothing else is raised."""

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.profile import CarrierProfile, ConfigError

SECTIONS = {field.name: get_type_hints(CarrierProfile)[field.name] for field in dataclasses.fields(CarrierProfile)}
NEEDED: dict[str, dict[str, Any]] = {
    "pace": {"rate": 5.0},
    "tlvs": {"tag": 0x1400},
    "commands": {"command_id": 0x10200},
}
ODD: list[Any] = [
    *(None, True, -1, 0, 5, 10**30, 1.5, -1.5, 1e300, float("nan"), float("inf")),
    *("", "x", "off", "\0", "é€", "0" * 20, "smpp://", "smpp://x:1@y", "(", "Europe/", "/etc/passwd", "../b", "rot13"),
    *([], [1], ["x"], [[]], [{}], {}, {"x": 1}, {"x": {}}, [{"ton": 1, "x": 2}]),
]


def keys(section: str) -> Iterator[str]:
    hint = SECTIONS[section]
    for kind in (hint, *get_args(hint)):
        if dataclasses.is_dataclass(kind):
            yield from get_type_hints(kind)


def check(table: dict[str, Any]) -> None:
    profile, key = None, ""
    try:
        profile = CarrierProfile.read(table)
    except ConfigError as error:
        key = error.key
    assert bool(key) == (profile is None)
    if profile is not None:
        assert profile.link_settings.window == profile.bind.window
        assert profile.codec.registry
        assert profile.defaults.long == profile.text.long
        assert len(profile.middleware) <= 1


@pytest.mark.parametrize("section", SECTIONS)
def test_any_value_for_any_key(section: str) -> None:
    for value in ODD:
        check({section: value})
        for key in keys(section):
            body = {**NEEDED.get(section, {}), key: value}
            check({section: {"mine": body} if section in ("tlvs", "commands") else body})


leaves = st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.none(), st.sampled_from(ODD))
names = st.sampled_from(sorted({key for section in SECTIONS for key in keys(section)})) | st.text(max_size=5)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=8
)


@given(st.dictionaries(st.sampled_from(sorted(SECTIONS)), st.dictionaries(names, values, max_size=4), max_size=4))
def test_any_table(table: dict[str, Any]) -> None:
    check(table)
