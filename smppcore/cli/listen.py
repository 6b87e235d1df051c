"""``smppcore listen``: as ``bind``, without saying what the SMSC answered."""

import argparse

from smppcore.cli.bind import configure_connection, run_bind


def configure(parser: argparse.ArgumentParser) -> None:
    configure_connection(parser)


def run(options: argparse.Namespace) -> int:
    return run_bind(options, listen=True, quiet=True)
