"""A part of a report: text, tables and plots, as Markdown."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.spread import Spread


class Pace(NamedTuple):
    """How thorough to be: ``rounds`` of about ``seconds`` for each thing that is measured."""

    rounds: int = 5
    seconds: float = 0.3


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are printed; the first column is text, all others are figures."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        lines = [self.head, ["---", *["---:"] * (len(self.head) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over a number: ``lines`` have a spread for each x. ``name`` is that of the file."""

    name: str
    title: str
    across: str
    up: str
    lines: dict[str, list[tuple[float, Spread]]]
    log_up: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    text: str
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = field(default=())

    def markdown(self, plots: str) -> str:
        """With the plots in the directory of that name."""
        images = [f"![{plot.title}]({plots}/{plot.name}.svg)" for plot in self.plots]
        return "\n\n".join(
            [f"## {self.title}", textwrap.fill(self.text, 120), *(table.markdown() for table in self.tables), *images]
        )
