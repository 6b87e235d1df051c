"""Where a text may be cut without tearing what a reader takes for one character.

A subset of Unicode's grapheme clusters (UAX 29) that the standard library can tell.  No boundary is
- between CR and LF;
- before a combining mark (general category Mn, Mc or Me, which has the variation selectors), U+200C or U+200D;
- before an emoji modifier (skin tone, U+1F3FB to U+1F3FF) or a tag (U+E0020 to U+E007F);
- after U+200D, the zero width joiner;
- inside a pair of regional indicators, counted from where the run or the part begins.
Not covered: Hangul written as single jamo, Indic conjuncts without a joiner.
"""

from unicodedata import category

_FIRST_MARK = "\u0300"  # nothing below it extends the character before
_ZWJ = "\u200d"
_EXTENDERS = frozenset({"\u200c", _ZWJ, *map(chr, range(0x1F3FB, 0x1F400)), *map(chr, range(0xE0020, 0xE0080))})


def is_boundary(text: str, offset: int, start: int = 0) -> bool:
    """Whether a reader sees one character end and another begin at `offset`.

    `start` is where the part begins that would end here; 0 and the end of the text are always boundaries.
    """
    if offset <= 0 or offset >= len(text):
        return True
    before, after = text[offset - 1], text[offset]
    if after < _FIRST_MARK:
        return before != _ZWJ and not (before == "\r" and after == "\n")
    if before == _ZWJ or after in _EXTENDERS or category(after)[0] == "M":
        return False
    return not (_is_regional(before) and _is_regional(after) and _regionals_before(text, offset, start) % 2)


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _regionals_before(text: str, offset: int, start: int) -> int:
    count = 0
    while offset - count > start and _is_regional(text[offset - count - 1]):
        count += 1
    return count
