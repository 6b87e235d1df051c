"""What messages say: texts, a file of them, templates, or a mix of lengths and codings by weight; with a seed.

What does not change from one message to the next is coded and split once.
"""

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from smppcore.text import Part, split, split_octets

REFERENCES: Final = 256
"""Different references of the parts of long messages (TS 23.040 section 9.2.3.24.1), then they come again."""
_KIND: Final = re.compile(r"(\d+(?:\.\d+)?)%?=(gsm|latin1|ucs2|binary):(\d+)")
_ALPHABETS: Final = {
    "gsm": "the quick brown fox jumps over the lazy dog 0123456789",
    "latin1": "äöüéèàçñ et cetera, mañana, déjà vu",
    "ucs2": "Съешь же ещё этих мягких французских булок, да выпей чаю ",
}
_DATA_CODINGS: Final = {"gsm": None, "latin1": 3, "ucs2": 8}
_BINARY: Final = 4
LONGEST: Final = 39_015
"""Characters that 255 parts of 153 have room for."""


class Text:
    """One text, split; ``parts(reference)`` are its submit_sm. Raises TextError where it cannot be sent."""

    def __init__(self, text: str | bytes, data_coding: int | None = None) -> None:
        self._text = text
        self._data_coding = data_coding
        first = self._split(0)
        self._parts: dict[int, tuple[Part, ...]] = {0: first}
        self.first = first[0]
        self.length = len(first)

    def _split(self, reference: int) -> tuple[Part, ...]:
        if isinstance(self._text, bytes):
            return tuple(split_octets(self._text, reference, data_coding=_BINARY))
        return tuple(split(self._text, reference, data_coding=self._data_coding))

    def parts(self, reference: int) -> tuple[Part, ...]:
        """The parts under a reference, which means nothing to a text of one."""
        if self.length == 1:
            return self._parts[0]
        reference %= REFERENCES
        parts = self._parts.get(reference)
        if parts is None:
            parts = self._parts[reference] = self._split(reference)
        return parts


class Texts:
    """Which text comes next. Of ``texts`` each in turn; of a ``mix`` by weight, with a seed.

    ``texts`` may have ``{n}``, a number that counts messages, and ``{to}``, the destination. ``file`` has one text a
    line. ``mix`` is written ``70%=gsm:40,20%=ucs2:70,10%=binary:140``: weight, coding, characters or octets.
    Raises ValueError, TextError, OSError.
    """

    def __init__(self, texts: Sequence[str] = (), file: str = "", mix: str = "") -> None:
        if sum(map(bool, (texts, file, mix))) > 1:
            raise ValueError("texts, a file of texts, and a mix: one of these")
        words = list(texts) or (_read(Path(file)) if file else [])
        self._templates: list[str] = words if any("{n}" in word or "{to}" in word for word in words) else []
        self._texts: list[Text] = []
        self._weights: list[float] = []
        if self._templates:
            for which in range(len(self._templates)):
                Text(self._filled(which, 0, "123456789012345"))
        elif mix:
            for kind in mix.split(","):
                self._add_kind(kind)
        else:
            self._texts = [Text(word) for word in words or ["The quick brown fox jumps over the lazy dog."]]

    def _add_kind(self, kind: str) -> None:
        found = _KIND.fullmatch(kind)
        if found is None or not 1 <= int(found[3]) <= LONGEST or not float(found[1]):
            raise ValueError(f"mix: {kind!r} is not written WEIGHT=CODING:LENGTH with gsm, latin1, ucs2 or binary")
        self._weights.append(float(found[1]))
        coding, length = found[2], int(found[3])
        if coding == "binary":
            self._texts.append(Text(bytes(range(256)) * (length // 256) + bytes(range(length % 256))))
        else:
            letters = "".join(itertools.islice(itertools.cycle(_ALPHABETS[coding]), length))
            self._texts.append(Text(letters, _DATA_CODINGS[coding]))

    def _filled(self, which: int, number: int, to: str) -> str:
        # By hand: with str.format a text of others could look into objects.
        return self._templates[which].replace("{n}", str(number)).replace("{to}", to)

    @property
    def single(self) -> bool:
        """Whether every text is known, and fits into one message."""
        return not self._templates and all(text.length == 1 for text in self._texts)

    @property
    def depends(self) -> bool:
        """Whether a text depends on its destination and number; then ``filled`` makes it, else ``choose``."""
        return bool(self._templates)

    def filled(self, number: int, to: str) -> Text:
        """The text of the message with this number."""
        return Text(self._filled(number % len(self._templates), number, to))

    def choose(self, seed: str) -> Iterator[Text]:
        """One text after the other, for ever."""
        if not self._weights:
            return itertools.cycle(self._texts) if len(self._texts) > 1 else itertools.repeat(self._texts[0])
        chance = random.Random(seed)  # noqa: S311  # it mixes texts, it guards nothing
        draw = (chance.choices(self._texts, self._weights, k=1_000) for _ in itertools.repeat(None))
        return itertools.chain.from_iterable(draw)


def _read(path: Path) -> list[str]:
    lines = [line for line in path.read_text("utf-8-sig").splitlines() if line]
    if not lines:
        raise ValueError(f"{path} has no texts")
    return lines
