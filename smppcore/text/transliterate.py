"""Writing a text in another alphabet's letters, only where asked for: "č" as "c", "„" as a quotation mark, "Я" as "Ya".

What the characters become is the table of anyascii, a small library without dependencies under a free licence (extra
`text`); it knows every script.  A character that the alphabet has is never touched, so "é" and "Δ" stay in GSM text.
Before the table is asked, a letter with its marks is composed ("e" and U+0301 to "é"), and where that does not help
its last marks are left out as long as the rest has a place ("ǟ" is "ä" then, not "a").
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple
from unicodedata import category, normalize

from smppcore.text import gsm0338

UNKNOWN = "?"
"""Stands for a character that has a shape but no transliteration, such as a private one."""

# ASCII that the GSM alphabet lacks, and what is nearest in it.
_ASCII = {"`": "'", "\t": " "}
# The table drops the stroke, and with it the sense.
_NOT = {"≠": "!=", "≮": "!<", "≯": "!>", "≢": "!=", "≉": "!="}
_SHAPELESS = frozenset({"Mn", "Mc", "Me", "Cf", "Cc"})  # marks, joiners, controls
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))


class Replacement(NamedTuple):
    """What was replaced: `original`, at `offset` characters into the text as given, by `replacement`, maybe nothing."""

    offset: int
    original: str
    replacement: str


class Transliteration(NamedTuple):
    """A text after transliteration, and what was replaced in it, in order; empty if nothing had to be."""

    text: str
    replaced: tuple[Replacement, ...]


def to_gsm(text: str, *, locking: int = 0, single: int = 0) -> Transliteration:
    """`text` with every character replaced that the GSM alphabet, or this pair of national tables, does not have.

    The result always encodes.  What has no shape (joiners, marks without a letter) goes; what has one but no
    transliteration becomes "?".  Raises ImportError without the extra `text`, TextError for an unknown language.
    """
    known = gsm0338.characters(locking, single)
    return transliterate(text, known.__contains__)


def transliterate(text: str, has: Callable[[str], bool]) -> Transliteration:
    """`text` with every character replaced for which `has` says no, as in `to_gsm`; it must say yes to "?"."""
    spell = _library()
    pieces: list[str] = []
    replaced: list[Replacement] = []
    for offset, original in _letters(text):
        if all(map(has, original)):
            pieces.append(original)
            continue
        replacement = _written(original, has, spell)
        pieces.append(replacement)
        replaced.append(Replacement(offset, original, replacement))
    return Transliteration("".join(pieces), tuple(replaced))


def require() -> None:
    """Raises ImportError, which names the extra, where transliteration is not possible."""
    _library()


def available() -> bool:
    """Whether the extra is installed."""
    try:
        _library()
    except ImportError:
        return False
    return True


def _letters(text: str) -> Iterator[tuple[int, str]]:
    """Each character with the combining marks behind it, and its offset."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or not _is_mark(text[end]):
            yield start, text[start:end]
            start = end


def _is_mark(char: str) -> bool:
    return char >= "\u0300" and category(char)[0] == "M"


def _written(letter: str, has: Callable[[str], bool], spell: Callable[[str], str]) -> str:
    marks = normalize("NFD", letter)
    # A sign without its stroke would say something else: "=" for "≠".
    shortest = 1 if marks[0].isalpha() else 2
    for end in range(len(marks), shortest - 1, -1):
        shorter = normalize("NFC", marks[:end])
        if all(map(has, shorter)):
            return shorter
    return "".join(char if has(char) else _spelled(char, has, spell) for char in normalize("NFC", letter))


def _spelled(char: str, has: Callable[[str], bool], spell: Callable[[str], str]) -> str:
    spelled = "".join(filter(has, (_ASCII.get(each, each) for each in _NOT.get(char) or spell(char))))
    is_shapeless = category(char) in _SHAPELESS or char in _SKIN_TONES
    return spelled or ("" if is_shapeless else UNKNOWN)


@cache
def _library() -> Callable[[str], str]:
    try:
        from anyascii import anyascii
    except ImportError:
        raise ImportError(
            "transliteration needs the package anyascii: pip install 'smppcore[text]'", name="anyascii"
        ) from None
    return anyascii
