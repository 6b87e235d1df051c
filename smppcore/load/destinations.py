"""Where messages go: a range of numbers, a file of them, or a template; in turn, or by chance with a seed."""

import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from smppcore.address import Address

_RANGE: Final = re.compile(r"(\+?)(\d+)\.\.(\+?)(\d+)")
_TEMPLATE: Final = re.compile(r"\{n(?::0?(\d{1,2})d?)?\}")
MOST: Final = 1_000_000
"""Numbers of a template that does not say how many digits its counter has."""
DEFAULT: Final = "39330000000..39330999999"


class Destinations:
    """What a text asks for: ``FIRST..LAST``, ``@FILE`` with a number a line, or a number with ``{n}`` or ``{n:07}``.

    ``like`` has the type and numbering plan of all of them; None where they differ. Raises ValueError for a text that
    says nothing of this, AddressError for a number that is none, OSError.
    """

    def __init__(self, text: str) -> None:
        self._file: list[Address] = []
        self._template = "%d"
        self._first, self._size = 0, 1
        found = _RANGE.fullmatch(text)
        if text.startswith("@"):
            self._file = _read(Path(text[1:]))
            self._size = len(self._file)
            ends = self._file
        else:
            if found is not None:
                self._set_range(found)
            else:
                self._set_template(text)
            ends = [self._address(self._first), self._address(self._first + self._size - 1)]
        alike = {(each.ton, each.npi, len(each.addr) if not self._file else 0) for each in ends}
        self.like = ends[0] if len(alike) == 1 else None

    def _set_range(self, found: re.Match[str]) -> None:
        plus, first, other, last = found.groups()
        if plus != other or len(first) != len(last) or first.startswith("0") or int(last) < int(first):
            raise ValueError(f"{found[0]!r}: first and last number are written alike, without 0 in front, in order")
        self._template, self._first, self._size = f"{plus}%d", int(first), int(last) - int(first) + 1

    def _set_template(self, text: str) -> None:
        places = _TEMPLATE.findall(text)
        if len(places) > 1 or ("{" in text and not places):
            raise ValueError(f"{text!r}: a number has one place for a counter, {{n}} or {{n:07}}")
        width = int(places[0]) if places and places[0] else 0
        self._size = 10**width if width else MOST if places else 1
        self._template = _TEMPLATE.sub(f"%0{width}d" if width else "%d", text.replace("%", "%%"))

    def _address(self, number: int) -> Address:
        return Address.destination(self._template % number if "%" in self._template else self._template)

    def __len__(self) -> int:
        return self._size

    def share(self, share: int, of: int, seed: str | None = None) -> Iterator[Address]:
        """Those of one process of several, for ever: every so many-th in turn, or with a seed any of them."""
        numbers = self._numbers(share, of, seed)
        return map(self._file.__getitem__ if self._file else self._address, numbers)

    def digits(self, share: int, of: int, seed: str | None = None) -> Iterator[str]:
        """As share, of those that are alike: only their characters, which is several times faster."""
        numbers = self._numbers(share, of, seed)
        if self._file:
            return map([each.addr for each in self._file].__getitem__, numbers)
        if self._size == 1:
            return itertools.repeat(self._address(self._first).addr)
        if self._template in ("%d", "+%d"):
            return map(str, numbers)
        return (self._address(number).addr for number in numbers)

    def _numbers(self, share: int, of: int, seed: str | None) -> Iterator[int]:
        first, end = self._first, self._first + self._size
        if seed is not None:
            chance = random.Random(f"{seed}/{share}")  # noqa: S311  # it spreads load, it guards nothing
            return (first + int(chance.random() * self._size) for _ in itertools.repeat(None))
        if self._size < of:
            return itertools.cycle((first + share % self._size,))
        # Without a line of Python for each: this is done for every message.
        return itertools.chain.from_iterable(itertools.repeat(range(first + share, end, of)))


def _read(path: Path) -> list[Address]:
    found = []
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        try:
            found.append(Address.destination(word))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    if not found:
        raise ValueError(f"{path} has no numbers")
    return found
