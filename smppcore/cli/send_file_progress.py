"""How far a campaign is, on standard error: a bar in a terminal, else a line for every tenth of it."""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from smppcore.bulk.steps import Outcome

if TYPE_CHECKING:
    from rich import progress

LINES: Final = 10


class Progress:
    """``total`` recipients are to be sent to."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._verdicts: Counter[str] = Counter()
        self._draw: Callable[[], None] = self._line

    def decided(self, outcome: Outcome) -> None:
        """One more has its verdict."""
        self._verdicts[str(outcome.verdict)] += 1
        with contextlib.suppress(OSError):  # nobody looks any more; the result tells the same
            self._draw()

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """As long as this lasts, it is shown."""
        bar = _terminal_bar() if sys.stderr.isatty() else None
        if bar is None:
            yield
            return
        with bar:
            task = bar.add_task("", total=self._total)
            self._draw = lambda: bar.update(task, completed=self._done, description=self._told())
            yield
            self._draw()

    @property
    def _done(self) -> int:
        return self._verdicts.total()

    def _told(self) -> str:
        return ", ".join(f"{count:,} {verdict}" for verdict, count in self._verdicts.most_common())

    def _line(self) -> None:
        step = max(1, self._total // LINES)
        if self._done % step == 0 or self._done == self._total:
            print(f"{self._done:,} of {self._total:,}: {self._told()}", file=sys.stderr, flush=True)


def _terminal_bar() -> "progress.Progress | None":
    try:
        from rich import progress
        from rich.console import Console
    except ImportError:
        return None
    columns = (
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.description}"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
    )
    return progress.Progress(*columns, console=Console(stderr=True))
