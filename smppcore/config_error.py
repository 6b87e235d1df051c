"""A configuration that cannot be: the error that names its key, and the checks that raise it most."""

import re


class ConfigError(ValueError):
    """A value that cannot be. ``key`` says where: ``accounts.acme.rate``; ``file``, as far as known, in which file."""

    def __init__(self, key: str, reason: str, file: str = "") -> None:
        super().__init__(": ".join(part for part in (file, key, reason) if part))
        self.key = key
        self.reason = reason
        self.file = file

    def under(self, table: str) -> "ConfigError":
        """The same error, of a key in that table."""
        joint = "" if not self.key or self.key.startswith("[") else "."
        return ConfigError(f"{table}{joint}{self.key}", self.reason, self.file)

    def in_file(self, file: str) -> "ConfigError":
        """The same error, of a key in that file; one that has its file already stays as it is."""
        return self if self.file else ConfigError(self.key, self.reason, file)


def at_least(key: str, value: float | None, least: float) -> None:
    """Raises ConfigError below ``least``; None is no value."""
    if value is not None and not value >= least:
        raise ConfigError(key, f"must be at least {least:g}, not {value:g}")


def above_zero(key: str, value: float | None) -> None:
    """Raises ConfigError for what is not above 0, or has no end; None is no value."""
    if value is not None and not 0 < value < float("inf"):
        raise ConfigError(key, f"must be above 0, not {value:g}")


def regular_expression(key: str, value: str | None) -> None:
    """Raises ConfigError for what ``re`` does not compile; None is no value."""
    try:
        re.compile(value or "")
    except re.error as error:
        raise ConfigError(key, f"must be a regular expression: {error}") from None
