"""What a text would cost in each coding that can carry it, so that somebody can choose."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from smppcore.text.coded_text import GSM
from smppcore.text.gsm0338 import TextError
from smppcore.text.shifts import LANGUAGES
from smppcore.text.split import Segmentation, segments
from smppcore.text.transliterate import available

_UCS2 = 8


class Alternative(NamedTuple):
    """One way to send a text: `name` in words, and what it takes."""

    name: str
    segmentation: Segmentation


def alternatives(
    text: str, *, reference_bits: int = 8, default: str = GSM, codecs: Mapping[int, str] | None = None
) -> list[Alternative]:
    """Every way to send `text` that works, the fewest parts first, then the fewest replaced characters.

    That is: data_coding 0, the tables of each national language and of any two where one is not enough, UCS-2, and
    transliteration where the extra `text` is installed and something would be replaced.  Only national tables that
    change something are listed.
    """

    def count(data_coding: int, languages: tuple[int, ...] = (), transliterate: bool = False) -> Segmentation | None:
        try:
            return segments(
                text,
                data_coding=data_coding,
                languages=languages,
                reference_bits=reference_bits,
                default=default,
                codecs=codecs,
                transliterate=transliterate,
            )
        except TextError:
            return None

    def every_way() -> Iterator[tuple[str, Segmentation | None]]:
        plain = count(0)
        yield "data_coding 0", plain
        if plain is None:
            national = [(name, count(0, (number,))) for number, name in LANGUAGES.items()]
            yield from ((f"{name} tables", found) for name, found in national)
            if not any(found for _, found in national):
                yield "tables of two languages", count(0, tuple(LANGUAGES))
            if available():
                yield "transliteration", count(0, transliterate=True)
        yield "UCS-2", count(_UCS2)

    found = [Alternative(name, counted) for name, counted in every_way() if counted is not None]
    return sorted(found, key=lambda each: (each.segmentation.parts, len(each.segmentation.replaced)))
