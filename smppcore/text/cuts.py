"""Cutting a text into the fewest parts of a given size, between graphemes where that costs no part more."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Protocol

from smppcore.text.graphemes import is_boundary, last_boundary
from smppcore.text.gsm0338 import TextError

MAX_PARTS = 255  # the numbers of a concatenated message have one octet


class Ruler(Protocol):
    """Measures stretches of one text.  Offsets are characters; `room` and lengths are units of the coding."""

    def length(self, start: int, end: int) -> int: ...

    def reach(self, start: int, room: int) -> int:
        """The furthest end of a stretch from `start` that has room."""
        ...

    def back(self, end: int, room: int) -> int:
        """The earliest start of a stretch to `end` that has room."""
        ...


class UnitRuler:
    """For codings in which a character takes the same units wherever it stands.

    `units_before[i]` is what the first i characters take; for one unit each that is just `range(len(text) + 1)`.
    """

    __slots__ = ("_units_before",)

    def __init__(self, units_before: Sequence[int]) -> None:
        self._units_before = units_before

    def length(self, start: int, end: int) -> int:
        return self._units_before[end] - self._units_before[start]

    def reach(self, start: int, room: int) -> int:
        return bisect_right(self._units_before, self._units_before[start] + room) - 1

    def back(self, end: int, room: int) -> int:
        return bisect_left(self._units_before, self._units_before[end] - room)


class CodecRuler:
    """For any other codec, even one with shift states: encodes the stretch and counts octets.

    Rests on one thing only: that more text never makes fewer octets.
    """

    __slots__ = ("_encode", "_text")

    def __init__(self, text: str, encode: Callable[[str], bytes]) -> None:
        self._text = text
        self._encode = encode

    def length(self, start: int, end: int) -> int:
        return len(self._encode(self._text[start:end]))

    def reach(self, start: int, room: int) -> int:
        # A character is at least one octet but for odd codecs, and for those a shorter reach is only a shorter part.
        most = min(len(self._text), start + room)
        return bisect_right(range(start + 1, most + 1), room, key=lambda end: self.length(start, end)) + start

    def back(self, end: int, room: int) -> int:
        least = max(0, end - room)
        return bisect_left(range(least, end), -room, key=lambda start: -self.length(start, end)) + least


def cut(text: str, ruler: Ruler, room: int) -> list[int]:
    """The end of each part of `text`: as few parts as possible, none longer than `room` units.

    If the text can be cut into that many parts without tearing a grapheme, it is.  If not, each cut, from left to
    right, is at the last boundary that leaves the rest enough room, or else as late as possible.
    Raises TextError for more than 255 parts, and where not even one character has room.
    """
    ends = _furthest(text, ruler, room)
    starts = [0, *ends]
    if all(is_boundary(text, end, start) for start, end in zip(starts, ends, strict=False)):
        return ends
    return _between_graphemes(text, ruler, room, len(ends))


def _furthest(text: str, ruler: Ruler, room: int) -> list[int]:
    """Filling every part before the next makes the fewest."""
    ends: list[int] = []
    start = 0
    while start < len(text):
        end = ruler.reach(start, room)
        if end <= start:
            raise TextError(f"no room for the character at offset {start} in parts of {room} units", text, start, room)
        if len(ends) == MAX_PARTS:
            raise TextError(f"part {MAX_PARTS} ends at offset {start} of {len(text)}", text, start, MAX_PARTS)
        ends.append(end)
        start = end
    return ends


def _between_graphemes(text: str, ruler: Ruler, room: int, parts: int) -> list[int]:
    # Before earliest[k] a cut would leave the rest too long for the parts after part k.
    earliest = [len(text)] * parts
    for k in range(parts - 2, -1, -1):
        earliest[k] = ruler.back(earliest[k + 1], room)
    ends: list[int] = []
    start = 0
    for k in range(parts):
        latest = ruler.reach(start, room)
        start = last_boundary(text, max(earliest[k], start + 1), latest, start) or latest
        ends.append(start)
    return ends
