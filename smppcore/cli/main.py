"""The entry point: finds the command, imports only that one's file, and runs it."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final

import smppcore

COMMANDS: Final = {
    "demo": "start a simulator, send real messages through it, and count what comes back",
    "simulate": "run the simulator: an SMSC on this machine",
    "send": "send a text",
    "bind": "bind, say what the SMSC answers or what is wrong, and show what it sends",
    "listen": "bind, and show what the SMSC sends",
    "profile": "check a carrier profile, and show those that come with the library",
    "segments": "show what a text costs as SMS, what makes it dear, and what else it could go as",
    "decode": "show PDUs given as hexadecimal",
    "proxy": "carry a link between two other programs, and record it",
    "replay": "check a recording with the codec, or send it again",
    "load": "put load on an SMSC and measure it, or compare two results",
    "codec": "print the compiled codec of a PDU",
}
"""Each command is a file of this package with ``configure(parser)`` and ``run(options) -> exit status``."""


UNREAD: Final = 141
"""What a shell says of a program that was ended by a pipe nobody reads: what was cut short has left things undone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 only if all of it went well."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="smppcore", description="SMPP 3.4: ESME, SMSC and simulator.")
    parser.add_argument("--version", action="version", version=f"smppcore {smppcore.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = next((word for word in words if not word.startswith("-")), "")
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        if name == wanted:
            module = importlib.import_module(f"smppcore.cli.{name}")
            module.configure(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(words)
    status = UNREAD
    try:
        status = int(options.run(options))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing is left to be written when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return status
