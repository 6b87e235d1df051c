"""The options of ``smppcore send --file``, in a file of their own so that ``send`` to one number loads nothing else."""

import argparse
import pathlib
from decimal import Decimal, InvalidOperation
from typing import Final

from smppcore.cli.segments import languages

PATIENCE: Final = 300.0


def configure(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("to a list of recipients")
    add = group.add_argument
    add("--file", type=pathlib.Path, metavar="CSV", help="the list; its first line has the names of the columns")
    add(
        "--template", metavar="TEXT", help="the text, with columns in braces: Dear {name}, ... (default: a column text)"
    )
    add("--to-column", metavar="NAME", help="the column of the numbers (default: to, number, phone, msisdn, ...)")
    add("--text-column", default="text", metavar="NAME", help="the column of the texts, where there is no --template")
    add("--encoding", metavar="NAME", help="of the list, such as cp1252 (default: UTF-8, or as its first octets say)")
    add("--delimiter", metavar="CHARACTER", help="between cells (default: , ; | or tab, as the first line shows)")
    add("--languages", type=languages, metavar="NAMES", help="national tables that may be used, or all (default: none)")
    add("--result", type=pathlib.Path, metavar="CSV", help="what became of each (default: beside the list)")
    add("--price", type=price, metavar="NUMBER", help="of one segment, to show what it costs before it starts")
    add("--rate", type=above_zero, metavar="NUMBER", help="segments per second at most (default: as fast as it goes)")
    add("--window", type=count, metavar="NUMBER", help="unanswered requests at once, for each bind (default: 10)")
    add("--binds", type=count, metavar="NUMBER", help="how many binds (default: 1)")
    add(
        "--patience",
        type=above_zero,
        default=PATIENCE,
        metavar="SECONDS",
        help="for a lost link (default: %(default)g)",
    )
    add("--skip-bad", action="store_true", help="send to the others where something is wrong with some of the list")
    add("--allow-duplicates", action="store_true", help="send as often as a number is in the list")
    add("--resend-unknown", action="store_true", help="send again to those of whom nobody knows: some may get it twice")
    add("--restart", action="store_true", help="forget what was sent, and begin anew: all get it again")
    add("--dry-run", action="store_true", help="show what would be sent and what it costs, and send nothing")
    add("--yes", action="store_true", help="send without asking, also to an SMSC that is not on this machine")
    add("--json", action="store_true", help="print the counts at the end as a JSON object")


def price(text: str) -> Decimal:
    """A number that is not below 0."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or number < 0:
        raise argparse.ArgumentTypeError("a price is a number such as 0.045")
    return number


def above_zero(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("a number above 0")
    return number


def count(text: str) -> int:
    """A whole number above 0."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("a whole number above 0")
    return int(text)
