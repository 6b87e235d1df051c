"""Reads what a request says, key by key. Every error names its key, and a key that nobody asked for is an error."""

import json
from collections.abc import Mapping
from typing import Any, Final

from smppcore.config_error import ConfigError

_REQUIRED: Final = object()


def body_of(octets: bytes) -> dict[str, Any]:
    """The object that a body is; an empty body is an empty one. Raises ConfigError."""
    try:
        found = json.loads(octets or b"{}")
    except (ValueError, RecursionError) as error:
        raise ConfigError("", f"the body must be JSON: {error}") from None
    if not isinstance(found, dict):
        raise ConfigError("", "the body must be a JSON object")
    return found


class Parameters:
    """The keys of a body, or of a query, where all values are texts."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._left = dict(values)
        self._known: list[str] = []

    def _take(self, key: str, default: Any) -> Any:
        self._known.append(key)
        value = self._left.pop(key, default)
        if value is _REQUIRED:
            raise ConfigError(key, "is missing")
        return value

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        value = self._take(key, default)
        if not isinstance(value, str):
            raise ConfigError(key, f"must be a text, not {value!r}")
        return value

    def number(self, key: str, default: Any = _REQUIRED, *, least: float = 0.0, most: float) -> float:
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise ConfigError(key, f"must be a number from {least:g} to {most:g}, not {value!r}")
        return float(value)

    def count(self, key: str, default: int, *, least: int = 0, most: int) -> int:
        """A whole number; in a query it is made of digits."""
        value = self._take(key, default)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ConfigError(key, f"must be a whole number from {least} to {most}, not {value!r}")
        return value

    def flag(self, key: str, default: Any = _REQUIRED) -> bool:
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise ConfigError(key, f"must be true or false, not {value!r}")
        return value

    def end(self) -> None:
        """Nothing else may be there."""
        for key in self._left:
            raise ConfigError(key, f"is not known; there are {', '.join(self._known) or 'none'}")
