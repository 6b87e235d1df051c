"""Which TON and NPI a carrier wants, where it does not want those that an address gets by itself.

Carriers differ: one takes short codes under TON 0 only, another wants its own numbers in national form. Rules are tried
in their order, and the first one that fits an address decides. They see numbers as address.py writes them: digits,
without ``+`` and formatting.
"""

import re
from dataclasses import dataclass
from typing import Literal

from smppcore.address import Address, AddressError
from smppcore.config_error import ConfigError, regular_expression
from smppcore.constants import Ton

AddressKind = Literal["any", "international", "short", "name", "other"]
"""What address.py makes of a text: ``short`` is a short code, ``name`` an alphanumeric sender."""

_KINDS: dict[int, AddressKind] = {Ton.INTERNATIONAL: "international", Ton.NETWORK_SPECIFIC: "short"}


def kind_of(address: Address) -> AddressKind:
    """The kind of an address by its TON."""
    return "name" if address.ton == Ton.ALPHANUMERIC else _KINDS.get(address.ton, "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRule:
    """One rule: which addresses, and what is done with them.

    It is for addresses of that ``kind`` which begin with ``prefix`` and match all of ``pattern``, a regular expression.
    ``ton`` and ``npi`` replace theirs; ``write`` is the address to send, with ``\\1`` or ``\\g<name>`` for what the
    pattern found. Raises ConfigError.
    """

    kind: AddressKind = "any"
    prefix: str = ""
    pattern: str = ""
    ton: int | None = None
    npi: int | None = None
    write: str = ""

    def __post_init__(self) -> None:
        for key in ("ton", "npi"):
            value = getattr(self, key)
            if value is not None and not 0 <= value <= 255:
                raise ConfigError(key, f"must be 0 to 255, not {value}")
        if self.prefix.startswith("+"):
            raise ConfigError("prefix", "must be without +: numbers are compared as digits")
        if self.ton is None and self.npi is None and not self.write:
            raise ConfigError("", "must have at least one of ton, npi and write")
        regular_expression("pattern", self.pattern)
        self._check_write()

    def _check_write(self) -> None:
        if self.write and not self.pattern:
            raise ConfigError("write", "needs a pattern")
        try:
            # The empty alternative always matches, and what was not found is written as nothing.
            found = re.compile(f"{self.pattern}|").match("")
            if found is not None:
                found.expand(self.write)
        except (re.error, IndexError) as error:
            raise ConfigError("write", f"names what pattern does not find: {error}") from None

    def applied(self, address: Address) -> Address | None:
        """The address as the carrier wants it; None where the rule is not for it."""
        if self.kind not in ("any", kind_of(address)) or not address.addr.startswith(self.prefix):
            return None
        written = address.addr
        if self.pattern:
            found = re.fullmatch(self.pattern, address.addr)
            if found is None:
                return None
            written = found.expand(self.write) if self.write else written
        ton = address.ton if self.ton is None else self.ton
        return Address(ton, address.npi if self.npi is None else self.npi, written)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRules:
    """How a carrier wants addresses.

    ``default_source`` is the sender of messages that name none; ``names`` tells whether a sender may be a name;
    ``source`` and ``destination`` are rules. Without any of these an address is what address.py makes of it. Raises
    ConfigError.
    """

    default_source: str = ""
    names: bool = True
    source: tuple[AddressRule, ...] = ()
    destination: tuple[AddressRule, ...] = ()

    def __post_init__(self) -> None:
        try:
            self.sender("")
        except AddressError as error:
            raise ConfigError("default_source", str(error)) from None

    def sender(self, text: str) -> Address:
        """The source address for a text; the default for an empty one. Raises AddressError."""
        address = Address.sender(text.strip() or self.default_source)
        if not self.names and kind_of(address) == "name":
            raise AddressError("a name as sender", "a number: this carrier takes no names", 0, address.addr)
        return _first(self.source, address) if address.addr else address

    def recipient(self, text: str) -> Address:
        """The destination address for a text. Raises AddressError."""
        return _first(self.destination, Address.destination(text))


def _first(rules: tuple[AddressRule, ...], address: Address) -> Address:
    return next((found for rule in rules if (found := rule.applied(address)) is not None), address)
