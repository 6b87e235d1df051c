"""``smppcore codec NAME``: the compiled encoder and decoder of a PDU, as Python text."""

import argparse
import sys

from smppcore.pdu import STANDARD_PDUS, Pdu


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("name", metavar="NAME", help="a PDU, such as submit_sm or SubmitSm")


def run(options: argparse.Namespace) -> int:
    """Print the text; 1 where there is no such PDU."""
    found = pdu_named(options.name)
    if found is None:
        names = "\n".join(f"  {each.command}" for each in STANDARD_PDUS)
        print(f"smppcore codec: there is no PDU {options.name!r}. There are:\n{names}", file=sys.stderr)
        return 1
    print(found.source, end="")
    return 0


def pdu_named(name: str) -> type[Pdu] | None:
    """The PDU class of that name, as the specification or as Python spells it, in any case."""
    wanted = name.replace("_", "").lower()
    return next((each for each in STANDARD_PDUS if each.__name__.lower() == wanted), None)
