"""The work that is measured, as one value that goes to each process on its command line.

Behind the numbers of a command stand words, in any order: ``asyncio`` (uvloop unless told so), ``tls=PEM``, ``size=N``
octets of text and ``sessions=N`` binds in one process.
"""

import asyncio
import ssl
from collections.abc import Coroutine, Sequence
from typing import Any, Final, NamedTuple, Self

LONGEST_SHORT_MESSAGE: Final = 254
"""Octets; longer texts travel in message_payload."""


class Work(NamedTuple):
    """``window`` requests in flight on each of ``sessions``, texts of ``size`` octets; ``pem`` a file."""

    window: int = 64
    size: int = 100
    sessions: int = 1
    loop: str = "uvloop"
    pem: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """As they stand on a command line."""
        return (
            f"size={self.size}",
            f"sessions={self.sessions}",
            *(["asyncio"] if self.loop == "asyncio" else []),
            *([f"tls={self.pem}"] if self.pem else []),
        )

    @classmethod
    def read(cls, words: Sequence[str], window: int = 64) -> Self:
        """What stands on a command line. Raises ValueError."""
        values: dict[str, str] = {}
        for word in words:
            name, _, value = word.partition("=")
            if name not in ("asyncio", "tls", "size", "sessions"):
                raise ValueError(f"no such word: {word}")
            values[name] = value
        size, sessions = int(values.get("size", 100)), int(values.get("sessions", 1))
        return cls(window, size, sessions, "asyncio" if "asyncio" in values else "uvloop", values.get("tls", ""))

    @property
    def host(self) -> str:
        """Where a client connects to: the certificate is for the name."""
        return "localhost" if self.pem else "127.0.0.1"

    def client_context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.pem) if self.pem else None

    def server_context(self) -> ssl.SSLContext | None:
        if not self.pem:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.pem)
        return context

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        """On the loop that was asked for."""
        if self.loop == "asyncio":
            asyncio.run(main)
            return
        import uvloop

        uvloop.run(main)
