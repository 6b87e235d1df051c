"""A list of recipients: a CSV file with the names of its columns in the first line (RFC 4180, and what people have).

The file is read whole, once, so that what is sent is what was checked, whatever happens to the file meanwhile.
"""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator
from typing import Final, NamedTuple

DELIMITERS: Final = ",;\t|"
"""Those that are tried where none is named; spreadsheets write semicolons where the comma is the decimal sign."""
NUMBER_COLUMNS: Final = ("to", "number", "phone", "msisdn", "mobile", "destination", "recipient")
"""Names under which the numbers are looked for, in this order, where none is named; case does not count."""


class ListError(ValueError):
    """What is wrong with the list as a whole, so that nothing of it can be sent."""


class Row(NamedTuple):
    """One record. ``row`` counts records from 0, ``line`` the lines of the file from 1.

    ``problem`` is empty if it has a cell for each column.
    """

    row: int
    line: int
    values: dict[str, str]
    problem: str = ""


class RecipientList:
    """``data`` are the octets of the file.

    ``encoding`` is a Python codec; without one a byte order mark decides, and without that it is UTF-8. Without a
    ``delimiter`` it is the one of `DELIMITERS` that makes the most columns of the first line. Raises ListError.
    """

    def __init__(self, data: bytes, *, encoding: str | None = None, delimiter: str | None = None) -> None:
        if delimiter is not None and len(delimiter) != 1:
            raise ListError(f"the delimiter is one character, not {delimiter!r}")
        self.digest = hashlib.sha256(data).hexdigest()
        self._text = _decoded(data, encoding)
        self.delimiter = delimiter or _delimiter_of(self._text)
        records = self._records()
        try:
            _, cells = next(records)
        except StopIteration:
            raise ListError("the list is empty: its first line has the names of the columns") from None
        self.header = _header(cells)

    def column(self, wanted: str | None, known: tuple[str, ...] = NUMBER_COLUMNS) -> str | None:
        """The column of that name; without one the first of ``known`` that there is.

        Raises ListError for a name that no column has.
        """
        if wanted is not None:
            if wanted not in self.header:
                raise ListError(f"no column {wanted!r}; there are {', '.join(self.header)}")
            return wanted
        by_name = {name.lower(): name for name in reversed(self.header)}
        return next((by_name[name] for name in known if name in by_name), None)

    def rows(self) -> Iterator[Row]:
        """Every record behind the first line; empty lines are none. Raises ListError for quotes that do not match."""
        records = self._records()
        next(records)
        width = len(self.header)
        for row, (line, cells) in enumerate(records):
            problem = "" if len(cells) == width else f"{len(cells)} cells, and the first line has {width}"
            yield Row(row, line, dict(zip(self.header, cells, strict=False)), problem)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record and the line that it begins in: a quoted cell may go over several."""
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self.delimiter, strict=True)
        before = 0
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield before + 1, cells
                before = reader.line_num
        except csv.Error as error:
            raise ListError(f"line {before + 1}: {error}") from None


def _decoded(data: bytes, encoding: str | None) -> str:
    name = encoding or _encoding_of(data)
    try:
        return data.decode(name).removeprefix("\ufeff")
    except LookupError:
        raise ListError(f"there is no encoding {name!r}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ListError(f"line {line} is not {name}: name the encoding, such as cp1252, with --encoding") from None


def _encoding_of(data: bytes) -> str:
    return "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"


def _delimiter_of(text: str) -> str:
    """Of the first line: csv.Sniffer looks at texts as well, and takes what is frequent in them for a delimiter."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return max(DELIMITERS, key=lambda each: len(next(csv.reader([first], delimiter=each), [])))
    except csv.Error as error:
        raise ListError(f"line 1: {error}") from None


def _header(cells: list[str]) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in cells)
    if not all(names):
        raise ListError(f"column {names.index('') + 1} has no name in the first line")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ListError(f"two columns are named {twice!r}")
    if any(name.lstrip("+").isdigit() for name in names):
        raise ListError("the first line has a number in it; it must have the names of the columns")
    return names
