"""The number of parts is the minimum: `split` held against an exhaustive search over codings, tables and cuts.

Messages are made small (22 octets instead of 140), so that short texts take several and every cut can be tried.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import gsm0338, plan, segments, split

TINY = 22
PIECES = st.sampled_from(["a", "b", "€", "{", "ğ", "ş", "漢", "😀", "👍🏽", "e\u0301", "\r\n", "ç"])
TEXT = st.lists(PIECES, min_size=1, max_size=26).map("".join)
LANGUAGE_SETS = st.sampled_from([(), (1,), (1, 3)])


@pytest.fixture(autouse=True, scope="module")
def tiny_messages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "MAX_OCTETS", TINY)
        yield


def fewest(widths: list[int], single: int, joined: int) -> float:
    """Parts that units of these widths need, trying every cut: one of `single`, else any number of `joined`."""
    if sum(widths) <= single:
        return 1

    @cache
    def from_here(start: int) -> float:
        if start == len(widths):
            return 0
        ends = [end for end in range(start + 1, len(widths) + 1) if sum(widths[start:end]) <= joined]
        return 1 + min(map(from_here, ends), default=inf)

    return from_here(0)


def gsm_parts(text: str, locking: int, single: int) -> float:
    if not gsm0338.fits(text, locking, single):
        return inf
    shifts = 3 * (bool(locking) + bool(single))
    alone = TINY - (1 + shifts if shifts else 0)
    widths = [gsm0338.septets(char, locking, single) or 0 for char in text]
    return fewest(widths, alone * 8 // 7, (TINY - 6 - shifts) * 8 // 7)


def exhaustive(text: str, languages: tuple[int, ...]) -> float:
    default = gsm_parts(text, 0, 0)
    if default < inf:
        return default
    tables = [gsm_parts(text, *pair) for pair in product((0, *languages), repeat=2) if pair != (0, 0)]
    return min([*tables, fewest([2 if char > "\uffff" else 1 for char in text], TINY // 2, (TINY - 6) // 2)])


@given(TEXT, LANGUAGE_SETS)
def test_as_few_parts_as_any_coding_and_any_cuts_need(text: str, languages: tuple[int, ...]) -> None:
    counted = segments(text, languages=languages)
    assert counted.parts == exhaustive(text, languages)
    # Plain texts go a short way, which has its sizes built in; a codec for an unused value leads past it.
    assert len(split(text, 1, languages=languages, codecs={255: "ascii"})) == counted.parts


def test_the_search_finds_what_is_known() -> None:
    assert fewest([1] * 25, 25, 18) == 1
    assert fewest([1] * 26, 25, 18) == 2
    assert fewest([2] * 13, 25, 17) == 2
    assert gsm_parts("a" * 26, 0, 0) == 2
    assert gsm_parts("ğ", 0, 0) == inf
