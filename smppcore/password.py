"""Passwords from the environment or from a file, read anew at each attempt to bind, so that they may be changed.

Systems that keep secrets hand them out in one of these two ways. Neither the value nor a part of it is in any repr or
error here.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Password = str | Callable[[], str]
"""The password itself, or something that gives it, called at each attempt."""


class PasswordError(ValueError):
    """A password that cannot be had; the text says where it was looked for. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class PasswordFromEnvironment:
    """Gives the value of an environment variable; its repr shows the name of the variable only."""

    name: str

    def __call__(self) -> str:
        """The value as it is now. Raises PasswordError."""
        value = os.environ.get(self.name)
        if value is None:
            raise PasswordError(f"the environment variable {self.name}, which is to hold the password, is not set")
        return value


@dataclass(frozen=True, slots=True)
class PasswordFromFile:
    """Gives the text of a file without the newline at its end; its repr shows the path only."""

    path: Path

    def __call__(self) -> str:
        """The contents as they are now. Raises PasswordError."""
        try:
            text = self.path.read_text("utf-8")
        except OSError as error:
            raise PasswordError(f"the password cannot be read from {self.path}: {error.strerror}") from None
        except UnicodeDecodeError:
            # The text of this error has the octets in it.
            raise PasswordError(f"the password cannot be read from {self.path}: that is no text in UTF-8") from None
        password = text.removesuffix("\n").removesuffix("\r")
        if not password:
            raise PasswordError(f"the file {self.path}, which is to hold the password, is empty")
        return password


def password_from_environment(name: str) -> PasswordFromEnvironment:
    """For ``connect(url, password=...)``: the environment variable ``name``, which may be empty but must be set."""
    return PasswordFromEnvironment(name)


def password_from_file(path: str | os.PathLike[str]) -> PasswordFromFile:
    """For ``connect(url, password=...)``: the file at ``path``, in UTF-8; one newline at its end is left out."""
    return PasswordFromFile(Path(path))


def password_now(password: Password) -> str:
    """What a password is at this moment. Raises PasswordError, and what a callable of the application raises."""
    return password if isinstance(password, str) else password()
