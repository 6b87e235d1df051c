"""docs/profiles.md tells every key with its default, and every profile that comes with the library."""

import dataclasses
import json
import pathlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin, get_type_hints

from smppcore.constants import CommandStatus, MessageState
from smppcore.profile import CarrierProfile, known_names
from smppcore.profile.files import known_text
from smppcore.profile.keys import ELSEWHERE
from smppcore.profile.vendor import FIELD_KINDS
from smppcore.settings import Settings

DOCS = pathlib.Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "profiles.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([\w.\[\]]+)` \| ([^|]+) \| [^|]+", TEXT, re.MULTILINE))


def keys(prefix: str, kind: Any) -> Iterator[tuple[str, str]]:
    """Every key under a section, and its default as the document writes it."""
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if kind is Settings and field.name in ELSEWHERE:
            continue
        if prefix.endswith(".NAME") and field.name == "name":
            continue
        yield from of_hint(f"{prefix}.{field.name}", hints[field.name], field)


def of_hint(key: str, hint: Any, field: "dataclasses.Field[Any]") -> Iterator[tuple[str, str]]:
    inner = next((each for each in get_args(hint) if dataclasses.is_dataclass(each)), None)
    if dataclasses.is_dataclass(hint) or (inner is not None and get_origin(hint) is not tuple and not by_name(hint)):
        yield from keys(key, inner or hint)
    elif inner is not None and by_name(hint):
        yield from keys(f"{key}.NAME", inner)
    elif inner is not None:
        yield from keys(f"{key}[]", inner)
    elif by_name(hint):
        yield f"{key}.NAME{'.NAME' if by_name(get_args(hint)[1]) else ''}", "none"
    else:
        yield key, written(key.rpartition(".")[2], field)


def by_name(hint: Any) -> bool:
    return get_origin(hint) is Mapping


def written(name: str, field: "dataclasses.Field[Any]") -> str:
    """A default as TOML has it; "none" for what is absent, "needed" for what has no default."""
    default = field.default
    if default is dataclasses.MISSING and field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    if default is dataclasses.MISSING:
        return "needed"
    if default is None:
        return "none"
    if isinstance(default, frozenset):
        names = MessageState if name == "final_states" else CommandStatus
        words = [names(each).name for each in sorted(default)]
        default = [word.lower() for word in words] if names is MessageState else words
    if isinstance(default, str | int | float | bool | list | tuple):
        return f"`{json.dumps(list(default) if isinstance(default, tuple) else default)}`"
    raise AssertionError(field)


def test_every_key_stands_there_with_its_default() -> None:
    hints = get_type_hints(CarrierProfile)
    expected = {"based_on": "none"}
    for field in dataclasses.fields(CarrierProfile):
        if field.name != "file":
            expected |= dict(of_hint(field.name, hints[field.name], field))
    assert {key: default.strip() for key, default in ROWS.items() if key in expected} == expected
    assert set(ROWS) - set(known_names()) == set(expected)


def test_every_profile_of_the_library_stands_there_as_it_describes_itself() -> None:
    for name in known_names():
        assert f"| `{name}` | {tomllib.loads(known_text(name))['description']} |" in TEXT


def test_every_kind_of_field_stands_there() -> None:
    for kind in FIELD_KINDS:
        assert f"`{kind}`" in TEXT


def test_the_example_says_something_in_every_section() -> None:
    table = tomllib.loads((DOCS / "profiles" / "acme.toml").read_text("utf-8"))
    sections = {field.name for field in dataclasses.fields(CarrierProfile)} - {"file"}
    assert set(table) == sections | {"based_on"}
