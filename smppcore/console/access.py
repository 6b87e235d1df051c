"""Who may use a control API: whoever is on this machine, or whoever knows the token.

A web page of somebody else that is open in a browser on this machine is not whoever is on this machine. It gives itself
away: by its Origin, by Sec-Fetch-Site, or, where its own name suddenly leads here (DNS rebinding), by the Host.
"""

import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from smppcore.networks import is_loopback

OURS: Final = ("same-origin", "none")
"""What Sec-Fetch-Site says of our own page, and of an address that was typed."""


class AccessError(PermissionError):
    """A request that is not allowed; ``status`` is that of HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Access:
    """What a console that listens on ``host`` allows. Raises ValueError for one beyond loopback without a token."""

    def __init__(self, host: str, token: str = "") -> None:
        if not is_loopback(host) and not token:
            raise ValueError(f"a console on {host}, beyond loopback, needs a token")
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise ValueError("a token is made of ASCII letters, digits and signs, without spaces")
        self._token = token.encode()

    def check(self, headers: Mapping[str, str], *, is_link: bool = False) -> None:
        """Raises AccessError unless the request comes from our own page, or from no page at all.

        ``is_link``: it is for the page itself, to which another page may lead.
        """
        host = headers.get("Host", "")
        if not self._token and not is_loopback(_hostname(host)):
            raise AccessError(403, "Host must be a loopback address")
        origin = headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise AccessError(403, "Origin must be this server")
        if not is_link and headers.get("Sec-Fetch-Site", "none") not in OURS:
            raise AccessError(403, "Sec-Fetch-Site must be same-origin")

    def check_token(self, headers: Mapping[str, str]) -> None:
        """Raises AccessError unless the token is there, where one is needed (RFC 6750, section 2.1)."""
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        if not self._token:
            return
        is_right = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), self._token)
        if scheme.lower() != "bearer" or not is_right:
            raise AccessError(401, "Authorization must be Bearer and the token")


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
