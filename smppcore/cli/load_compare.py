"""``smppcore load compare A B``: two results beside each other, and which of the differences mean something."""

import sys
from typing import Final

from smppcore.load.comparison import Row, compare, read_result, warnings

_VERDICTS: Final = {"higher": "HIGHER", "lower": "LOWER", "alike": "no significant difference", "": "-"}


def run_compare(files: list[str]) -> int:
    """The exit status: 0 if both can be read, whatever they say; 2 if not."""
    if len(files) != 2:
        print("smppcore load compare: two files are wanted, as --json and --out write them", file=sys.stderr)
        return 2
    try:
        a, b = (read_result(each) for each in files)
    except (ValueError, OSError) as error:
        print(f"smppcore load compare: {error}", file=sys.stderr)
        return 2
    for name, path, view in (("A", files[0], a), ("B", files[1], b)):
        print(f"{name}  {path}: {view['plan']['profile']} to {view['plan']['target']}, {view['began']}")
    table = [("", "A", "B", "change", "B against A"), *(_cells(row) for row in compare(a, b))]
    widths = [max(len(line[column]) for line in table) for column in range(5)]
    for line in table:
        name, *figures, verdict = line
        numbers = "  ".join(f"{cell:>{width}}" for cell, width in zip(figures, widths[1:], strict=False))
        print(f"{name:{widths[0]}}  {numbers}  {verdict}".rstrip())
    for warning in warnings(a, b):
        print(f"note: {warning}")
    return 0


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    change = "-" if row.change is None else f"{row.change:+.1%}"
    return (f"{row.name} ({row.unit})", _number(row.a), _number(row.b), change, _VERDICTS[row.verdict])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3f}"
