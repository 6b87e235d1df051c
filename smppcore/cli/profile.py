"""``smppcore profile``: check a carrier profile and say what it says, or show those that come with the library."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from smppcore.cli.profile_option import profile_named
from smppcore.constants import MessageState
from smppcore.errors import TlsError
from smppcore.password import PasswordError
from smppcore.profile import CarrierProfile, ConfigError, known_names, known_text
from smppcore.profile.keys import OFF

_HIDDEN: Final = "***"
_USUAL: Final = CarrierProfile()


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="say what is wrong with a profile, or what it says")
    check.add_argument("profile", metavar="FILE", help="a file, or the name of a profile of the library")
    actions.add_parser("list", help="the profiles that come with the library")
    show = actions.add_parser("show", help="print the TOML of one of these")
    show.add_argument("name", metavar="NAME")


def run(options: argparse.Namespace) -> int:
    try:
        if options.action == "list":
            _list()
        elif options.action == "show":
            print(known_text(options.name), end="")
        else:
            _check(options.profile)
    except (ConfigError, TlsError, OSError) as error:
        print(f"smppcore profile: {error}", file=sys.stderr)
        return 1
    return 0


def _list() -> None:
    for name in known_names():
        print(f"{name:24} {CarrierProfile.named(name).description}")


def _check(word: str) -> None:
    """Print every key that is not as by default. What has hosts must be whole, the files of TLS included."""
    profile = profile_named(word)
    if profile.file or profile.hosts.primary:
        profile.link_options()
        _check_password(profile)
    for key, value in said(profile):
        print(f"{key} = {value}")


def _check_password(profile: CarrierProfile) -> None:
    """A password that is not here now may be there when the link binds, so it is only said."""
    try:
        profile.credentials.secret()
    except PasswordError as error:
        print(f"note: {error}", file=sys.stderr)


def said(profile: CarrierProfile) -> Iterator[tuple[str, str]]:
    """Every key that is not as by default, and its value; passwords are hidden."""
    for field in dataclasses.fields(profile):
        if field.name != "file":
            yield from _differences(profile, field.name, getattr(profile, field.name), getattr(_USUAL, field.name))


def _differences(profile: CarrierProfile, key: str, value: Any, usual: Any) -> Iterator[tuple[str, str]]:
    """What is not as by default, key by key."""
    if value == usual:
        return
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if not key.endswith(f".{getattr(value, field.name)}"):  # a name, which the key has already
                default = getattr(usual, field.name, field.default)
                yield from _differences(profile, f"{key}.{field.name}", getattr(value, field.name), default)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _differences(profile, f"{key}.{name}", each, None)
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        for place, each in enumerate(value):
            yield from _differences(profile, f"{key}[{place}]", each, None)
    else:
        yield key, _shown(profile, key, value)


def _shown(profile: CarrierProfile, key: str, value: Any) -> str:
    """A value as it would stand in the file, by name where it has one."""
    last = key.rpartition(".")[2]
    if last == "password":
        return _HIDDEN
    if isinstance(value, frozenset | tuple):
        each = sorted(value) if isinstance(value, frozenset) else value
        return f"[{', '.join(_shown(profile, key, one) for one in each)}]"
    if last in ("slow_down", "statuses"):
        return f'"{profile.codec.registry.status_name(value)}"'
    if last == "final_states":
        return f'"{MessageState(value).name.lower()}"'
    if last in ("tag", "command_id") or key.startswith("statuses."):
        return f"0x{value:04X}"
    if value is None:
        return f'"{OFF}"'
    return json.dumps(value if isinstance(value, bool | int | float) else str(value), ensure_ascii=False)
