"""Finds the TOML of a profile: a file, or one that comes with the library, with what each is based on put under it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from smppcore.config_error import ConfigError
from smppcore.toml_table import load_table, parse_table, suggestion

BASE: Final = "based_on"
_KNOWN: Final = Path(__file__).parent / "known"
_PATHS: Final = {
    "tls": ("ca", "certificate", "key", "key_password_file", "crl"),
    "credentials": ("password_file",),
}
"""The keys that are paths, by section."""


def known_names() -> list[str]:
    """The names of the profiles that come with the library."""
    return sorted(each.stem for each in _KNOWN.glob("*.toml"))


def known_text(name: str) -> str:
    """The TOML of a profile that comes with the library. Raises ConfigError for an unknown name."""
    return _known_file(name).read_text("utf-8")


def _known_file(name: str) -> Path:
    names = known_names()
    if name not in names:
        raise ConfigError("", f"there is no profile {name!r}{suggestion(name, dict.fromkeys(names))}")
    return _KNOWN / f"{name}.toml"


def known_table(name: str) -> dict[str, Any]:
    """The table of a profile that comes with the library."""
    return with_base(parse_table(known_text(name), f"{name}.toml"), Path())


def file_table(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The table of a file; paths in it count from its directory. Raises ConfigError, OSError."""
    if path.resolve() in above:
        raise ConfigError(BASE, "leads back to this file", str(path))
    try:
        return with_base(load_table(path), path.parent, (*above, path.resolve()))
    except ConfigError as error:
        raise error.in_file(str(path)) from None


def with_base(table: Mapping[str, Any], directory: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The table laid over the profile that it is based on: one of the library by name, or a file that ends in .toml."""
    own = _with_whole_paths(table, directory)
    base = own.pop(BASE, None)
    if base is None:
        return own
    if not isinstance(base, str):
        raise ConfigError(BASE, "must be the name of a profile, or the path of one")
    if base.endswith(".toml"):
        return _laid_over(file_table(directory / base, above), own)
    try:
        return _laid_over(known_table(base), own)
    except ConfigError as error:
        raise ConfigError(BASE, error.reason) from None


def _laid_over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        under = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(under, Mapping)
        merged[key] = _laid_over(under, value) if both and isinstance(under, Mapping) else value
    return merged


def _with_whole_paths(table: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    whole = dict(table)
    for section, keys in _PATHS.items():
        values = whole.get(section)
        if isinstance(values, Mapping):
            found = {key: str(directory / values[key]) for key in keys if _is_path(values.get(key))}
            whole[section] = {**values, **found}
    return whole


def _is_path(value: Any) -> bool:
    return isinstance(value, str | Path) and bool(str(value))
