"""Addresses: which TON and NPI a sender or a destination needs (SMPP 3.4 § 5.2.5, 5.2.6; practice for the rest).

People write ``+46 (70) 123-45 67``, ``72404`` or ``My Shop``; an SMSC wants a type of number, a numbering plan and bare
characters.  The specification gives the numbers but no rule for choosing; these are the rules most carriers document:

==============================================  ===  ===  ==================================================
text                                            TON  NPI  addr
==============================================  ===  ===  ==================================================
7-15 digits, with or without ``+`` (or ``00``)    1    1  the digits, without ``+`` (or ``00``)
3-6 digits: a short code                          3    0  the digits
7 or more digits after a single 0 (national)      0    1  the digits as they are: the SMSC knows its own plan
1-2 or 16-20 digits                               0    1  the digits
anything else, as a sender: alphanumeric          5    0  as written, at most 11 GSM characters
an empty sender                                   0    0  empty: the SMSC puts in its own
==============================================  ===  ===  ==================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["Address", "AddressError"]

_UNKNOWN: Final = 0
_INTERNATIONAL: Final = 1
_NETWORK_SPECIFIC: Final = 3
_ALPHANUMERIC: Final = 5
_ISDN: Final = 1
# In Internet (IP) and WAP addresses dots and dashes are part of the address.
_PLANS_AS_WRITTEN: Final = frozenset({14, 18})

_MOST_DIGITS: Final = 20
_MOST_INTERNATIONAL: Final = 15
_MOST_NAME_SEPTETS: Final = 11

_FORMATTING: Final = re.compile(r"[\s().\u2010-\u2015-]+")
_NUMBER: Final = re.compile(r"\+?[0-9]+")
_NUMBER_START: Final = re.compile(r"[\s().\u2010-\u2015-]*\+?[0-9\s().\u2010-\u2015-]*")
_E164: Final = re.compile(r"[1-9][0-9]{6,14}")
# The GSM default alphabet as far as Latin-1 reaches, because C-octet strings are Latin-1 here; no line ends.
_GSM: Final = re.compile(r"[ -Z_a-z£¥§¡¿¤ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøù]")
_GSM_TWO_SEPTETS: Final = frozenset("^{}\\[~]|")


class AddressError(ValueError):
    """No address: ``reason`` says why, ``limit`` what is allowed, ``offset`` where in ``text`` it goes wrong."""

    def __init__(self, reason: str, limit: str, offset: int, text: str) -> None:
        super().__init__(reason, limit, offset, text)
        self.reason = reason
        self.limit = limit
        self.offset = offset
        self.text = text

    def __str__(self) -> str:
        return f"address {self.text!r}: {self.reason} at offset {self.offset}, allowed: {self.limit}"


class Address(NamedTuple):
    """Type of number, numbering plan and the characters, in the order in which PDUs carry them."""

    ton: int
    npi: int
    addr: str

    @classmethod
    def sender(cls, text: str, *, ton: int | None = None, npi: int | None = None) -> Address:
        """The source address for *text*: a number, a short code, a name, or nothing.

        *ton* and *npi* win over the rules of this module where given; TON 5, NPI 14 and NPI 18 also keep the text as it
        is written.  Raises AddressError beyond 20 digits, 11 characters or the GSM alphabet.
        """
        text = text.strip()
        if not text:
            return cls(_UNKNOWN, _UNKNOWN, "")._override(ton, npi)
        if ton == _ALPHANUMERIC:
            return cls._name(text)._override(ton, npi)
        if npi in _PLANS_AS_WRITTEN:
            return cls._as_written(text)._override(ton, npi)
        bare = _FORMATTING.sub("", text)
        if _NUMBER.fullmatch(bare):
            return cls._number(bare, text)._override(ton, npi)
        return cls._name(text)._override(ton, npi)

    @classmethod
    def destination(cls, text: str, *, ton: int | None = None, npi: int | None = None) -> Address:
        """The destination address for *text*: a number or a short code.

        *ton* and *npi* win as in `sender`; with either of them given the text need not be a number.  Raises
        AddressError for an empty text, for characters no number has and beyond 20 digits.
        """
        text = text.strip()
        if not text:
            raise AddressError("a destination cannot be empty", "1-20 digits", 0, text)
        if ton == _ALPHANUMERIC or npi in _PLANS_AS_WRITTEN:
            return cls._as_written(text)._override(ton, npi)
        bare = _FORMATTING.sub("", text)
        if _NUMBER.fullmatch(bare):
            return cls._number(bare, text)._override(ton, npi)
        if ton is None and npi is None:
            raise AddressError(
                "not a number", "digits, a leading +, blanks, dashes, dots, ( )", _number_end(text), text
            )
        return cls._as_written(text)._override(ton, npi)

    @classmethod
    def _number(cls, bare: str, text: str) -> Address:
        """Apply the table above to *bare*, the digits of *text* with or without +."""
        digits = bare.removeprefix("+")
        if bare is not digits:
            if not 7 <= len(digits) <= _MOST_INTERNATIONAL:
                raise AddressError(f"{len(digits)} digits after +", "7-15 digits", _digit(text, 15), text)
            return cls(_INTERNATIONAL, _ISDN, digits)
        if len(digits) > _MOST_DIGITS:
            raise AddressError(f"{len(digits)} digits", "20 digits", _digit(text, _MOST_DIGITS), text)
        if 3 <= len(digits) <= 6:
            return cls(_NETWORK_SPECIFIC, _UNKNOWN, digits)
        # No country code starts with 0: 00 is the usual way to dial abroad, a single 0 is national, in a way that only
        # the SMSC knows.
        abroad = digits.removeprefix("00")
        if _E164.fullmatch(abroad):
            return cls(_INTERNATIONAL, _ISDN, abroad)
        return cls(_UNKNOWN, _ISDN, digits)

    @classmethod
    def _name(cls, text: str) -> Address:
        problem = _name_problem(text)
        if problem is not None:
            raise problem
        return cls(_ALPHANUMERIC, _UNKNOWN, text)

    @classmethod
    def _as_written(cls, text: str) -> Address:
        if len(text) > _MOST_DIGITS:
            raise AddressError(f"{len(text)} characters", "20 characters", _MOST_DIGITS, text)
        return cls(_UNKNOWN, _UNKNOWN, text)

    def problems(self) -> tuple[str, ...]:
        """Why an SMSC may refuse this address, in words; empty for one by the rules of this module.

        For addresses that somebody else has put together, or that came from a peer.
        """
        return tuple(self._problems())

    def _problems(self) -> Iterator[str]:
        if not self.addr and (self.ton or self.npi):
            yield "TON or NPI of an address without characters"
        if "\0" in self.addr:
            yield "a NUL, which would end it on the wire"
        if self.ton == _ALPHANUMERIC:
            if problem := _name_problem(self.addr):
                yield f"{problem.reason}: allowed are {problem.limit}"
            return
        if len(self.addr) > _MOST_DIGITS:
            yield f"{len(self.addr)} characters: the field has room for {_MOST_DIGITS}"
        if self.npi in _PLANS_AS_WRITTEN or not self.addr:
            return
        if not (self.addr.isascii() and self.addr.isdigit()):
            yield f"{self.addr[_first_other(self.addr)]!r} in a number, which is digits only"
        elif self.ton == _INTERNATIONAL and not _E164.fullmatch(self.addr):
            yield "international (TON 1), but not 7-15 digits that begin with a country code"

    def _override(self, ton: int | None, npi: int | None) -> Address:
        return Address(self.ton if ton is None else ton, self.npi if npi is None else npi, self.addr)


def _name_problem(text: str) -> AddressError | None:
    septets = 0
    for offset, character in enumerate(text):
        two = character in _GSM_TWO_SEPTETS
        if not two and not _GSM.match(character):
            return AddressError(f"{character!r} in a name", "the GSM default alphabet in Latin-1", offset, text)
        septets += 2 if two else 1
        if septets > _MOST_NAME_SEPTETS:
            return AddressError("the name is too long", "11 GSM characters (^{}[]~|\\ count twice)", offset, text)
    return None


def _first_other(text: str) -> int:
    """The offset of the first character that is no digit."""
    return next(offset for offset, character in enumerate(text) if character not in "0123456789")


def _number_end(text: str) -> int:
    """Where *text* stops being a number."""
    start = _NUMBER_START.match(text)
    return start.end() if start else 0


def _digit(text: str, index: int) -> int:
    """The offset of the digit number *index* (from 0), or the end when there are fewer."""
    offsets = [offset for offset, character in enumerate(text) if character in "0123456789"]
    return offsets[index] if index < len(offsets) else len(text)
