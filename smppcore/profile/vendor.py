"""What a carrier has of its own: TLVs, PDUs and names of statuses, as tables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, new_class
from typing import Any, Final, Literal

from smppcore.config_error import ConfigError
from smppcore.constants import RESPONSE_BIT
from smppcore.errors import EncodeError
from smppcore.fields import (
    CString6,
    CString9,
    CString13,
    CString16,
    CString21,
    CString41,
    CString65,
    MessageOctets,
    Octet,
    Time,
)
from smppcore.pdu import STANDARD_PDUS, Request, Response, pdu
from smppcore.tlv import STANDARD_TLVS, FlagTlv, IntegerTlv, OctetsTlv, RawTlv, TextTlv, Tlv

TlvKind = Literal["text", "c-string", "integer", "octets", "flag"]
TlvValue = str | int | bool
"""What a profile says for a TLV: a text, a number, octets in hexadecimal, or true."""

_LONGEST: Final = 65_535
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*")


class PlainTextTlv(TextTlv):
    """A text without a NUL at its end; it is read with or without."""

    __slots__ = ()

    def encode(self, value: str) -> bytes:
        return super().encode(value)[:-1]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigError("", "must be named with small letters, digits and _, and each word begins with a letter")


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorTlv:
    """A TLV of a carrier: ``tag``, ``kind`` and, for an integer, its ``length`` in octets, for others the longest.

    "text" has no NUL at its end, "c-string" has one. With ``value`` it goes out with each message (submit_sm,
    submit_multi, data_sm) that does not have it already; octets are written in hexadecimal.
    """

    name: str
    tag: int
    kind: TlvKind = "text"
    length: int | None = None
    value: TlvValue | None = None

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not 0 <= self.tag <= 0xFFFF:
            raise ConfigError("tag", f"must be 0 to 0xFFFF, not {self.tag}")
        standard = STANDARD_TLVS.get(self.tag)
        if standard is not None:
            raise ConfigError("tag", f"0x{self.tag:04X} is {standard.name} of the specification")
        if self.kind == "integer" and self.length not in (1, 2, 4, 8):
            raise ConfigError("length", "must be 1, 2, 4 or 8 for an integer")
        if self.kind == "flag" and self.length is not None:
            raise ConfigError("length", "is for other kinds: a flag has no octets")
        if self.length is not None and not 1 <= self.length <= _LONGEST:
            raise ConfigError("length", f"must be 1 to {_LONGEST}, not {self.length}")
        if self.value is not None:
            self.raw(self.value, "value")

    @property
    def definition(self) -> Tlv[Any]:
        """For the registry of a codec, and for ``pdu.get``."""
        longest = range((self.length or _LONGEST) + 1)
        if self.kind == "integer":
            return IntegerTlv(self.tag, self.name, (self.length or 1,))
        if self.kind == "flag":
            return FlagTlv(self.tag, self.name, (0,))
        kinds: dict[str, type[Tlv[Any]]] = {"text": PlainTextTlv, "c-string": TextTlv, "octets": OctetsTlv}
        return kinds[self.kind](self.tag, self.name, longest)

    def raw(self, value: TlvValue, key: str) -> RawTlv:
        """The TLV with that value. Raises ConfigError under ``key`` where it does not fit."""
        wanted = {"integer": int, "flag": bool}.get(self.kind, str)
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            words = {"integer": "a whole number", "flag": "true", "octets": "octets in hexadecimal"}
            raise ConfigError(key, f"must be {words.get(self.kind, 'a text')}")
        try:
            return self.definition(bytes.fromhex(str(value)) if self.kind == "octets" else value)
        except EncodeError as error:
            raise ConfigError(key, f"must be {error.limit}") from None
        except ValueError:
            raise ConfigError(key, "must be octets in hexadecimal") from None


FIELD_KINDS: Final[dict[str, tuple[Any, object]]] = {
    "Octet": (Octet, 0),
    "CString6": (CString6, ""),
    "CString9": (CString9, ""),
    "CString13": (CString13, ""),
    "CString16": (CString16, ""),
    "CString21": (CString21, ""),
    "CString41": (CString41, ""),
    "CString65": (CString65, ""),
    "Time": (Time, ""),
    "MessageOctets": (MessageOctets, b""),
}
"""What a field of a carrier's own PDU may be, by the names of fields.py, and what it is when nothing is said."""
_STANDARD_COMMANDS: Final = {each.command_id: each.command for each in STANDARD_PDUS}
_STANDARD_NAMES: Final = frozenset(_STANDARD_COMMANDS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCommand:
    """A request of a carrier and its response, whose ``command_id`` has bit 31 set beside that of the request.

    ``fields`` and ``response_fields`` are the mandatory ones, in wire order: their names, and kinds of FIELD_KINDS.
    """

    name: str
    command_id: int
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    response_fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.name in _STANDARD_NAMES:
            raise ConfigError("", "has the name of a PDU of the specification")
        if not 0 <= self.command_id < RESPONSE_BIT:
            raise ConfigError("command_id", "must be that of the request: 0 to 0x7FFFFFFF")
        for command_id in (self.command_id, self.command_id | RESPONSE_BIT):
            if command_id in _STANDARD_COMMANDS:
                raise ConfigError("command_id", f"is {_STANDARD_COMMANDS[command_id]} of the specification")
        for key in ("fields", "response_fields"):
            for name, kind in getattr(self, key).items():
                self._check_field(f"{key}.{name}", name, kind)

    def _check_field(self, key: str, name: str, kind: str) -> None:
        if not _NAME.fullmatch(name) or hasattr(Request, name) or hasattr(Response, name):
            raise ConfigError(key, "must be a name of small letters that no PDU uses for something else")
        if kind not in FIELD_KINDS:
            raise ConfigError(key, f"must be one of {', '.join(FIELD_KINDS)}, not {kind!r}")

    def pdus(self) -> tuple[type[Request[Any]], type[Response]]:
        """The classes of request and response, made anew at each call."""
        response = _pdu_class(f"{self.name}_resp", Response, self.response_fields)
        answered = pdu(self.command_id | RESPONSE_BIT)(response)
        request = _pdu_class(self.name, Request[Any], self.fields)
        return pdu(self.command_id, response=answered)(request), answered


def _pdu_class(name: str, base: Any, fields: Mapping[str, str]) -> Any:
    """A class as the ones in pdu.py, before it is made a PDU."""
    chosen = {each: FIELD_KINDS[kind] for each, kind in fields.items()}
    body: dict[str, Any] = {"__annotations__": {each: kind for each, (kind, _) in chosen.items()}}
    body |= {each: default for each, (_, default) in chosen.items()}
    body |= {"__module__": __name__, "__doc__": f"{name}, a PDU of a carrier."}
    title = "".join(word.capitalize() for word in name.split("_"))
    return new_class(title, (base,), {}, lambda space: space.update(body))


def classes_by_name(commands: Mapping[str, VendorCommand]) -> dict[str, type[Any]]:
    """The PDU classes of a carrier by the names of their commands, responses included."""
    return {each.command: each for command in commands.values() for each in command.pdus()}
