"""The text of a delivery receipt taken apart, as every vendor writes it (SMPP 3.4 Appendix B; section 2.11).

Most texts are in exactly the order and spelling of Appendix B, and one regular expression reads those. All others are
searched for their keys, at about six times the price.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# The order of Appendix B, sub, dlvrd and text optional.  No value may hold what could start a key, so that this and the
# tolerant reading cannot disagree; possessive repeats keep it linear.
_CANONICAL: Final = re.compile(
    r"id:([^\s,;\0]*+)(?: sub:([^\s,;\0]*+))?(?: dlvrd:([^\s,;\0]*+))?"
    r" submit date:([0-9]*+[+-]?) done date:([0-9]*+[+-]?)"
    r" stat:([^\s,;:\0]*+) err:([^\s,;\0]*+)(?: [Tt]ext:(.*+))?",
    re.ASCII | re.DOTALL,
)
# One group for each of ReceiptFields, in its order.
_KEY: Final = re.compile(
    r"(?<![^\s,;])(?:(id)|(sub)|(dlvrd)|(submit[\s_-]*date)|(done[\s_-]*date)|(stat)|(err)|(text)) ?:",
    re.ASCII | re.IGNORECASE,
)
# Blanks before a value are skipped, a line end is not: what stands on the next line is no value.
_WORD: Final = re.compile(r"[ \t]*(\S*)", re.ASCII)
_STAT: Final = re.compile(r"[ \t]*([^\s:]*)", re.ASCII)
_DATE: Final = re.compile(r"[ \t]*([0-9:+/.T \t-]*)", re.ASCII)
_VALUES: Final = (_WORD, _WORD, _WORD, _DATE, _DATE, _STAT, _WORD)
_TEXT: Final = 7


class ReceiptFields(NamedTuple):
    """The fields of a receipt text as written (Appendix B): None without the key, "" with a key without value."""

    id: str | None = None
    sub: str | None = None
    dlvrd: str | None = None
    submit_date: str | None = None
    done_date: str | None = None
    stat: str | None = None
    err: str | None = None
    text: str | None = None

    @classmethod
    def read(cls, text: str) -> ReceiptFields:
        """The fields of any text, none at all if it is no receipt."""
        text = text.rstrip("\0\r\n").lstrip(" \t\r\n\0\ufeff")
        return cls.canonical(text) or cls.tolerant(text)

    @classmethod
    def canonical(cls, text: str) -> ReceiptFields | None:
        """The fields of a text in exactly the order and spelling of Appendix B, None for any other."""
        found = _CANONICAL.fullmatch(text)
        if found is None:
            return None
        values = found.groups()
        # A key that is missing at its place may still follow inside the text.
        if (values[1] is None or values[2] is None) and ":" in (values[_TEXT] or ""):
            return None
        # _make without its check of the length: the pattern has one group for each field.
        return tuple.__new__(cls, values)

    @classmethod
    def tolerant(cls, text: str) -> ReceiptFields:
        """The fields in any order, letter case and separation; the first of each key counts, also inside text."""
        keys = list(_KEY.finditer(text))
        ends = [key.start() for key in keys[1:]] + [len(text)]
        values: list[str | None] = [None] * len(cls._fields)
        for key, end in zip(keys, ends, strict=False):
            index = (key.lastindex or 1) - 1
            if values[index] is None:
                values[index] = text[key.end() :] if index == _TEXT else _value(index, text, key.end(), end)
        return cls._make(values)


def _value(index: int, text: str, start: int, end: int) -> str:
    """The value of a key whose colon is before *start*; *end* is the next key or the end."""
    found = _VALUES[index].match(text, start, end)
    # NULs are the padding of fields with a fixed width.
    return found[1].rstrip(",; \t\0") if found else ""
