"""Where a carrier is, how TLS is done with it, and as whom we bind."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from smppcore.config_error import ConfigError, at_least
from smppcore.password import Password, password_from_environment, password_from_file, password_now
from smppcore.tls import client_context
from smppcore.url import SmppUrl

BindKind = Literal["transceiver", "transmitter", "receiver", "pair"]
"""What one bind of a link is; a pair is a transmitter and a receiver."""

_LONGEST: Final = {"system_id": 15, "password": 8, "system_type": 12, "address_range": 40}
"""Characters that the fields of a bind have room for (section 4.1)."""


def _fits(key: str, value: str) -> None:
    longest = _LONGEST[key]
    if len(value) > longest or "\0" in value or any(letter > "\xff" for letter in value):
        raise ConfigError(key, f"must be at most {longest} characters of Latin-1, without NUL")


def _at_most_one(keys: dict[str, object]) -> None:
    given = [key for key, value in keys.items() if value]
    if len(given) > 1:
        raise ConfigError(given[1], f"cannot go with {given[0]}: give one of {', '.join(keys)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """``primary`` and ``standby`` are URLs of hosts, smpp:// or smpps://, without credentials.

    So many binds go to each of ``primary``; ``standby`` are called only while none of these is up, and left again when
    one has been back for ``fail_back_after`` seconds. ``local_address`` is a host of ours to connect from.
    """

    primary: tuple[str, ...] = ()
    standby: tuple[str, ...] = ()
    fail_back_after: float = 10.0
    local_address: str = ""

    def __post_init__(self) -> None:
        at_least("fail_back_after", self.fail_back_after, 0)
        seen: dict[tuple[str, int], str] = {}
        for key in ("primary", "standby"):
            for place, url in enumerate(getattr(self, key)):
                self._check(f"{key}[{place}]", url, seen)
        if self.standby and not self.primary:
            raise ConfigError("primary", "is missing: standby hosts stand by for these")

    def _check(self, key: str, url: str, seen: dict[tuple[str, int], str]) -> None:
        try:
            target = SmppUrl.parse(url)
        except ValueError as error:
            raise ConfigError(key, str(error)) from None  # it does not show the URL, which may have a password in it
        if target.system_id or target.password:
            raise ConfigError(key, "must be without system_id and password: these belong into credentials")
        where = (target.host, target.port)
        if where in seen:
            raise ConfigError(key, f"is the host of {seen[where]}: name it once, and say bind.count for more binds")
        seen[where] = key

    def urls(self, hosts: tuple[str, ...], system_id: str) -> list[str]:
        """These hosts as URLs for a Link, with the system_id in them."""
        found = []
        for host in hosts:
            scheme, _, place = host.partition("://")
            found.append(f"{scheme}://{quote(system_id, safe='')}@{place}")
        return found

    def plain(self) -> str | None:
        """The key of the first host without TLS."""
        for key in ("primary", "standby"):
            for place, url in enumerate(getattr(self, key)):
                if not SmppUrl.parse(url).tls:
                    return f"hosts.{key}[{place}]"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How TLS is done with hosts of smpps://; as in ``client_context``. Paths count from the directory of the file.

    ``server_hostname`` is the name in the certificate, where it is not the host of the URL. ``key_password_file`` and
    ``key_password_env`` say where the password of the key is.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password_file: Path | None = None
    key_password_env: str = ""
    crl: Path | None = None
    server_hostname: str = ""
    check_hostname: bool = True
    verify: bool = True

    def __post_init__(self) -> None:
        for key in ("key", "key_password_file", "key_password_env"):
            if getattr(self, key) and self.certificate is None:
                raise ConfigError(key, "needs a certificate")
        _at_most_one({key: getattr(self, key) for key in ("key_password_file", "key_password_env")})
        if not self.verify:
            _at_most_one({"verify = false": True, "ca": self.ca})
            _at_most_one({"verify = false": True, "crl": self.crl})

    def context(self) -> ssl.SSLContext:
        """The context for these files. Raises TlsError for files that do not serve."""
        return client_context(
            self.ca,
            self.certificate,
            self.key,
            _kept_elsewhere(self.key_password_file, self.key_password_env),
            self.verify,
            check_hostname=self.check_hostname,
            crl=self.crl,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """As whom we bind (section 4.1). The password is here, or in a file, or in an environment variable; the last two
    are read at each bind, so that it can be changed."""

    system_id: str = ""
    password: str = field(default="", repr=False)
    password_file: Path | None = None
    password_env: str = ""
    system_type: str = ""
    interface_version: int = 0x34

    def __post_init__(self) -> None:
        for key in ("system_id", "password", "system_type"):
            _fits(key, getattr(self, key))
        _at_most_one({key: getattr(self, key) for key in ("password", "password_file", "password_env")})
        if not 0 <= self.interface_version <= 0xFF:
            raise ConfigError("interface_version", f"must be 3.3, 3.4, 5.0 or 0 to 0xFF, not {self.interface_version}")

    def secret(self) -> str:
        """The password as it is now. Raises PasswordError."""
        kept = _kept_elsewhere(self.password_file, self.password_env)
        return self.password if kept is None else password_now(kept)


def _kept_elsewhere(file: Path | None, variable: str) -> Password | None:
    if file is not None:
        return password_from_file(file)
    return password_from_environment(variable) if variable else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BindOptions:
    """``count`` binds of one ``mode`` to each host, each with a ``window`` of unanswered requests.

    ``addr_ton``, ``addr_npi`` and ``address_range`` say which addresses are ours (section 4.1), where the SMSC wants to
    know.
    """

    mode: BindKind = "transceiver"
    count: int = 1
    window: int = 10
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""

    def __post_init__(self) -> None:
        at_least("count", self.count, 1)
        at_least("window", self.window, 1)
        for key in ("addr_ton", "addr_npi"):
            if not 0 <= getattr(self, key) <= 255:
                raise ConfigError(key, f"must be 0 to 255, not {getattr(self, key)}")
        _fits("address_range", self.address_range)
