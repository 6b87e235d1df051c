"""Who gets which text: a list, a template and how they are sent, as recipients one after the other."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from smppcore.address import Address, AddressError
from smppcore.bulk.recipient_list import ListError, RecipientList, Row
from smppcore.bulk.template import Template
from smppcore.send_defaults import SendDefaults
from smppcore.text import Alphabet, Segmentation, TextError, flash, segments

TEXT_COLUMN: Final = "text"
"""The column with the text of each recipient, where there is no template."""

FRACTION: Final = re.compile(r"\+?\d+\.0+")
"""A number as programs write it that take it for an amount; with its zeros it is the number of somebody else."""


class Recipient(NamedTuple):
    """One of them. ``row`` counts records from 0, ``line`` is that of the file.

    ``data_coding`` is None where the text decides. ``segments`` and ``coding`` are what the text takes.
    """

    row: int
    line: int
    to: Address
    text: str
    data_coding: int | None
    segments: int
    coding: str


class Bad(NamedTuple):
    """One to whom nothing can be sent, and why; ``given`` is the number as it stands in the list."""

    row: int
    line: int
    given: str
    reason: str


Entry: TypeAlias = Recipient | Bad


@dataclass(slots=True)
class Summary:
    """What a campaign takes, as far as it was counted: recipients and segments by coding, and who cannot get it."""

    recipients: Counter[str] = field(default_factory=Counter)
    segments: Counter[str] = field(default_factory=Counter)
    longest: int = 0
    bad: list[Bad] = field(default_factory=list)

    @property
    def people(self) -> int:
        """How many recipients."""
        return self.recipients.total()

    @property
    def total(self) -> int:
        """How many segments, which is what carriers charge for."""
        return self.segments.total()

    def add(self, entry: Entry) -> None:
        """Count one more."""
        if isinstance(entry, Bad):
            self.bad.append(entry)
            return
        self.recipients[entry.coding] += 1
        self.segments[entry.coding] += entry.segments
        self.longest = max(self.longest, entry.segments)


class Campaign:
    """``template`` makes the texts; without one each recipient has its own in the column ``text_column``.

    ``to_column`` is the column of the numbers, by default the first that is named as such columns are. A number that
    comes twice is Bad the second time, unless ``duplicates``. ``defaults`` say how the carrier wants addresses and
    texts; ``languages`` and ``transliterate`` win over them, and with ``flashed`` texts are shown at once. ``alphabet``
    is what data_coding 0 means. Raises ListError where the list does not have what is needed.
    """

    def __init__(
        self,
        recipients: RecipientList,
        template: Template | None = None,
        *,
        to_column: str | None = None,
        text_column: str = TEXT_COLUMN,
        duplicates: bool = False,
        defaults: SendDefaults | None = None,
        languages: Collection[int] | None = None,
        transliterate: bool | None = None,
        flashed: bool = False,
        alphabet: str = "gsm0338",
    ) -> None:
        self.list = recipients
        number = recipients.column(to_column)
        if number is None:
            raise ListError(f"no column looks like the numbers; name it: {', '.join(recipients.header)}")
        self.to_column = number
        if template is None:
            recipients.column(text_column)
        self.template = template
        self._needed = (text_column,) if template is None else template.names
        for name in self._needed:
            if name not in recipients.header:
                raise ListError(f"template: no column {name!r}; there are {', '.join(recipients.header)}")
        self._duplicates = duplicates
        self._defaults = defaults or SendDefaults()
        self._languages = self._defaults.languages if languages is None else languages
        self._transliterate = self._defaults.transliterate if transliterate is None else transliterate
        self._flashed = flashed
        self._alphabet = alphabet

    def entries(self) -> Iterator[Entry]:
        """All of them in the order of the list, the same each time. Raises ListError for quotes that do not match."""
        lines: dict[Address, int] = {}
        for row in self.list.rows():
            entry = self._entry(row)
            if isinstance(entry, Recipient) and not self._duplicates:
                first = lines.setdefault(entry.to, entry.line)
                if first != entry.line:
                    entry = self._bad(row, f"the same number as in line {first}")
            yield entry

    def _entry(self, row: Row) -> Entry:
        if row.problem:
            return self._bad(row, row.problem)
        empty = [name for name in self._needed if not row.values[name].strip()]
        if empty:
            return self._bad(row, f"nothing in {', '.join(empty)}")
        if FRACTION.fullmatch(number := row.values[self.to_column].strip()):
            return self._bad(row, f"{number!r} is a fraction: whatever wrote the list took numbers for amounts")
        try:
            to = self._defaults.addresses.recipient(row.values[self.to_column])
            text = self._text(row)
            plan, data_coding = self._plan(text)
        except (AddressError, TextError) as error:
            return self._bad(row, str(error))
        return Recipient(row.row, row.line, to, text, data_coding, plan.parts, plan.coding)

    def _text(self, row: Row) -> str:
        if self.template is None:
            return row.values[self._needed[0]]
        return self.template.fill(row.values)

    def _plan(self, text: str) -> tuple[Segmentation, int | None]:
        """What the text takes, and its data_coding where not the text alone decides that."""
        if not self._flashed:
            return self._segments(text, self._defaults.data_coding, self._alphabet), None
        found = self._segments(text, None, "gsm0338")  # a class has no other alphabets, whatever the SMSC means by 0
        data_coding = flash(Alphabet.UCS2 if found.coding == "utf-16-be" else Alphabet.GSM)
        return self._segments(text, data_coding, self._alphabet), data_coding

    def _segments(self, text: str, data_coding: int | None, alphabet: str) -> Segmentation:
        """Where the SMSC splits a payload it is taken to do that with headers."""
        return segments(
            text,
            data_coding=data_coding,
            languages=self._languages,
            long="udh8" if self._defaults.long == "payload" else self._defaults.long,
            default=alphabet,
            transliterate=self._transliterate,
        )

    def _bad(self, row: Row, reason: str) -> Bad:
        return Bad(row.row, row.line, row.values.get(self.to_column, ""), reason)
