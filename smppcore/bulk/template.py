"""A text with places for the columns of a list: ``Dear {name}, your code is {code}``.

It looks like str.format and is none of it: a place holds the name of a column and nothing else, so that no template can
reach into objects, and ``{{`` and ``}}`` stand for braces.
"""

from collections.abc import Mapping
from string import Formatter


class Template:
    """Raises ValueError for no text at all, for braces that do not match, and for anything in them that is no name."""

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise ValueError("the template has no text")
        self.text = text
        self._pieces: list[tuple[str, str | None]] = []
        try:
            for literal, name, form, conversion in Formatter().parse(text):
                if form or conversion:
                    raise ValueError(f"{{{name}}} has a format; only the name of a column may stand there")
                if name is not None and not name.strip():
                    raise ValueError("{} names no column")
                self._pieces.append((literal, name if name is None else name.strip()))
        except ValueError as error:
            raise ValueError(f"template: {error}") from None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it needs, each once, in order."""
        return tuple(dict.fromkeys(name for _, name in self._pieces if name is not None))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text for one recipient. Raises KeyError for a column that is not there."""
        return "".join(literal + (values[name] if name is not None else "") for literal, name in self._pieces)
