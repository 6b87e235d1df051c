"""GSM 7-bit text, one septet per octet: the default alphabet and the national tables (TS 23.038 section 6.2).

Encoding and decoding run in the interpreter's character map codec; Python code runs once per escape, not per character.
A character map gives one octet per character, so a character of the extension first becomes a *mark*, its septet with
the high bit set, and marks are spelled out as escape and septet only in texts that have any.
"""

import codecs
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from smppcore.text.shifts import DECODE_ONLY, ESC, LANGUAGES, LOCKING, NOTHING, SINGLE

_ESC = bytes([ESC])
_SEPTETS = bytes(range(128))
_WIDTHS = bytes([1] * 128 + [2] * 128)
_UNMAPPED = "\ufffe"  # what codecs.charmap_build takes for "no character here"

# The C map is only built when code 0 stands for NUL, which no GSM table has (and `_mark` refuses).  So the character of
# septet 0 waits at the code of the escape, which no character needs, and the two change places afterwards.
_SETTLED = bytes([ESC, *range(1, ESC), 0, *range(ESC + 1, 256)])


class TextError(ValueError):
    """Text, or octets meant as text, that cannot be sent as asked.

    `text` is the whole text ("" where there is none) and is not part of the message, which may be logged; `offset` is
    where it goes wrong, in characters (or octets) from 0; `limit` is the number that was exceeded.  Either may be None.
    """

    def __init__(self, message: str, text: str = "", offset: int | None = None, limit: int | None = None) -> None:
        super().__init__(message)
        self.text = text
        self.offset = offset
        self.limit = limit

    @classmethod
    def missing(cls, text: str, offset: int, coding: str) -> "TextError":
        """The error for the character at `offset`, which `coding` does not have."""
        char = text[offset]
        return cls(f"{char!a} (U+{ord(char):04X}) at offset {offset} is not in {coding}", text, offset)


class _Tables(NamedTuple):
    """One pair of tables, prepared for both directions."""

    name: str
    marks: Any  # codecs.EncodingMap, which has no public type: character -> octet, before _SETTLED
    shown: str  # 256 characters by octet
    escaped: dict[int, str]  # the single shift table as it is read
    characters: frozenset[str]


def encode(text: str, *, locking: int = 0, single: int = 0, lenient: bool = False) -> bytes:
    """The septets of `text`, one per octet; extension characters take two.

    `locking` and `single` are language ids 1 to 13, 0 the default tables.  `lenient` sends the small c with cedilla as
    the capital one where the tables have only that (older tables printed the small one at 0x09).
    Raises TextError for the first character that the tables do not have, and for an unknown language.
    """
    tables = _known(locking, single)
    if lenient and "ç" not in tables.characters and "Ç" in tables.characters:
        text = text.replace("ç", "Ç")
    marked = _mark(text, tables)
    return marked if marked.isascii() else _spelled_out(marked)


def decode(octets: bytes, *, locking: int = 0, single: int = 0) -> str:
    """The text of septets that stand one per octet.  Never raises: a handset shows something, and so do we.

    An escape before a septet that the single shift table lacks shows that septet's character of the main table
    (TS 23.038 6.2.1.1: of the locking table where one is in use), two escapes show a space, and so does an escape at
    the end or a place without a character.  An octet above 0x7F is no septet; it shows its Latin-1 character, because
    the peers that send one mean Latin-1, and U+FFFD would tell nothing.  An unknown language counts as the default.
    """
    tables = _tables(locking if locking in LOCKING else 0, single if single in SINGLE else 0)
    if _ESC not in octets:
        return codecs.charmap_decode(octets, "strict", tables.shown)[0]
    return "".join(_unescaped(octets, tables))


def widths(text: str, *, locking: int = 0, single: int = 0) -> bytes:
    """How many septets each character takes, 1 or 2: an octet per character.  Raises TextError as `encode` does."""
    return _mark(text, _known(locking, single)).translate(_WIDTHS)


def septets(text: str, locking: int = 0, single: int = 0) -> int | None:
    """How many septets `text` takes, or None if it has a character that the tables do not.

    Raises TextError for an unknown language.
    """
    tables = _known(locking, single)
    try:
        marked = _mark(text, tables)
    except TextError:
        return None
    return len(marked) + len(marked.translate(None, _SEPTETS))


def encode_default(text: str) -> bytes | None:
    """The septets of `text` in the default alphabet, or None if it has a character that this does not.

    As `encode`, but without an error to explain; choosing a coding asks for nothing more.
    """
    if "\0" in text:
        return None
    try:
        marked = codecs.charmap_encode(text, "strict", _tables(0, 0).marks)[0].translate(_SETTLED)
    except UnicodeEncodeError:
        return None
    return marked if marked.isascii() else _spelled_out(marked)


def fits(text: str, locking: int = 0, single: int = 0) -> bool:
    """Whether the tables have every character of `text`."""
    return septets(text, locking, single) is not None


def characters(locking: int = 0, single: int = 0) -> frozenset[str]:
    """Every character that `encode` takes with these tables."""
    return _known(locking, single).characters


def _mark(text: str, tables: _Tables) -> bytes:
    """One octet per character: its septet, or with the high bit set the septet that follows an escape."""
    try:
        marked = codecs.charmap_encode(text, "strict", tables.marks)[0].translate(_SETTLED)
    except UnicodeEncodeError as error:
        raise _missing(text, error.start, tables) from None
    if "\0" in text:
        raise _missing(text, len(text), tables)
    return marked


def _spelled_out(marked: bytes) -> bytes:
    for mark in set(marked.translate(None, _SEPTETS)):
        marked = marked.replace(bytes([mark]), bytes([ESC, mark & 0x7F]))
    return marked


def _missing(text: str, before: int, tables: _Tables) -> TextError:
    """The error for the character at `before`, or for the first NUL if that comes earlier."""
    nul = text.find("\0", 0, before)
    return TextError.missing(text, before if nul < 0 else nul, tables.name)


def _unescaped(octets: bytes, tables: _Tables) -> Iterator[str]:
    shown, escaped = tables.shown, tables.escaped
    first, *rest = octets.split(_ESC)
    yield codecs.charmap_decode(first, "strict", shown)[0]
    follows_escape = True
    for piece in rest:
        if not follows_escape:  # the second escape of a pair came before this piece, so its first octet stands alone
            yield codecs.charmap_decode(piece, "strict", shown)[0]
            follows_escape = True
        elif piece:
            yield escaped.get(piece[0]) or shown[piece[0]]
            yield codecs.charmap_decode(piece[1:], "strict", shown)[0]
        else:
            yield " "
            follows_escape = False


def _known(locking: int, single: int) -> _Tables:
    try:
        return _tables(locking, single)
    except KeyError as error:
        limit = max(LANGUAGES)
        raise TextError(f"no national language {error.args[0]!r}; they are 1 to {limit}", limit=limit) from None


@cache
def _tables(locking: int, single: int) -> _Tables:
    main, extension = LOCKING[locking], SINGLE[single]
    by_mark = [_UNMAPPED] * 128
    taken = set(main)
    for septet, char in sorted(extension.items()):
        # One septet beats two, and of two equal entries the first wins, so that encoding has one answer.
        if char not in taken and (single, septet) not in DECODE_ONLY:
            by_mark[septet] = char
            taken.add(char)
    by_septet = [char if char != NOTHING else _UNMAPPED for char in main]
    by_septet[ESC] = by_septet[0]
    by_septet[0] = "\0"
    name = "the GSM 7-bit alphabet"
    if locking or single:
        name += f" with locking shift {locking} and single shift {single}"
    return _Tables(
        name=name,
        marks=codecs.charmap_build("".join(by_septet + by_mark)),
        shown=main.replace(NOTHING, " ") + bytes(range(128, 256)).decode("latin-1"),
        escaped=dict(extension),
        characters=frozenset(taken - {NOTHING}),
    )
