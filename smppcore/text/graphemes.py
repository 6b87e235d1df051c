"""Where a text may be cut without tearing what a reader takes for one character: at the edges of grapheme clusters.

With the extra `text` these are the extended grapheme clusters of UAX 29, as the library wcwidth knows them: it is
small, typed, kept up with Unicode, and runs on every Python.  Without it, a subset that the standard library can tell.
No boundary is
- between CR and LF;
- before a combining mark (general category Mn, Mc or Me, which has the variation selectors), U+200C or U+200D;
- before an emoji modifier (skin tone, U+1F3FB to U+1F3FF) or a tag (U+E0020 to U+E007F);
- after U+200D, the zero width joiner;
- inside a pair of regional indicators, counted from where the run or the part begins.
Not covered by the subset: Hangul written as single jamo, Indic conjuncts without a joiner, signs that go before their
letter (U+0600).  The two agree on emoji and on texts in everyday spelling; the tests hold them against each other.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate
from typing import TypeAlias
from unicodedata import category

Clusters: TypeAlias = Callable[[str, int, int], Iterator[str]]

_FLAG_AFTER_LINE_END = "\n🇩🇪"
_FIRST_MARK = "\u0300"  # below it only CR and LF belong together
_ZWJ = "\u200d"
_EXTENDERS = frozenset({"\u200c", _ZWJ, *map(chr, range(0x1F3FB, 0x1F400)), *map(chr, range(0xE0020, 0xE0080))})


def is_boundary(text: str, offset: int, start: int = 0) -> bool:
    """Whether a reader sees one character end and another begin at `offset`.

    `start` is where the part begins that would end here; 0 and the end of the text are always boundaries.
    """
    return last_boundary(text, offset, offset, start) is not None


def last_boundary(text: str, earliest: int, latest: int, start: int = 0) -> int | None:
    """The last boundary from `earliest` to `latest`, None if there is none; `start` as in `is_boundary`."""
    if latest <= 0 or latest >= len(text):
        return latest
    before, after = text[latest - 1], text[latest]
    if after < _FIRST_MARK and before < _FIRST_MARK and not (before == "\r" and after == "\n"):
        return latest
    clusters = library()
    if clusters is None:
        return next((end for end in range(latest, earliest - 1, -1) if boundary_by_rules(text, end, start)), None)
    # No rule looks beyond the character after the boundary, so no more than that is taken apart.
    *_, last = accumulate(map(len, [*clusters(text, start, latest + 1)][:-1]), initial=start)
    return last if last >= earliest and last > start else None


def boundary_by_rules(text: str, offset: int, start: int = 0) -> bool:
    """`is_boundary` by the subset above, for an offset inside the text."""
    before, after = text[offset - 1], text[offset]
    if after < _FIRST_MARK:
        return before != _ZWJ and not (before == "\r" and after == "\n")
    if before == _ZWJ or after in _EXTENDERS or category(after)[0] == "M":
        return False
    return not (_is_regional(before) and _is_regional(after) and _regionals_before(text, offset, start) % 2)


def rule_set() -> str:
    """The rules in use, in words: which ones depends on what is installed."""
    return "UAX 29 (wcwidth)" if library() else "a subset of UAX 29 (standard library)"


@cache
def library() -> Clusters | None:
    """What takes text[start:end] apart, None without the extra; looked up when a text first needs it."""
    try:
        from wcwidth import iter_graphemes
    except ImportError:  # not installed, or from before it knew graphemes
        return None
    # Releases before 0.9.4, which may be here for somebody else's sake, tear a flag that follows a line end.
    return iter_graphemes if [*iter_graphemes(_FLAG_AFTER_LINE_END, 0, 3)][-1] == _FLAG_AFTER_LINE_END[1:] else None


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _regionals_before(text: str, offset: int, start: int) -> int:
    count = 0
    while offset - count > start and _is_regional(text[offset - count - 1]):
        count += 1
    return count
