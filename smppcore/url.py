"""Where to bind and as whom, as one URL: ``smpp://system_id:password@host:port``, ``smpps://`` for TLS."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from smppcore.constants import DEFAULT_PORT

DEFAULT_TLS_PORT = 3550


@dataclass(frozen=True, slots=True)
class SmppUrl:
    """A parsed URL. The password is not part of its repr."""

    host: str
    port: int
    system_id: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL; system_id and password may be percent-encoded. Raises ValueError that says what is wrong."""
        try:
            parts = urlsplit(text)
        except ValueError:
            # The text of this error may have the password in it.
            raise ValueError("the URL cannot be read: look at brackets, and at letters that are not ASCII") from None
        if parts.scheme not in ("smpp", "smpps"):
            raise ValueError(f"the URL must begin with smpp:// or smpps://, not {parts.scheme or 'nothing'}://")
        if not parts.hostname:
            raise ValueError("the URL names no host")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("the URL has something behind host and port")
        try:
            port = parts.port
        except ValueError:
            raise ValueError("the port of the URL is not a number from 0 to 65535") from None
        tls = parts.scheme == "smpps"
        default = DEFAULT_TLS_PORT if tls else DEFAULT_PORT
        system_id, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, default if port is None else port, system_id, password, tls)
