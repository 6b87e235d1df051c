"""``smppcore simulate``: the simulator, until it is told to stop."""

import argparse
import asyncio
import contextlib
import gc
import os
import pathlib
import signal
import sqlite3
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from smppcore.cli.loop import run_loop
from smppcore.simulator import Config, ConfigError, Simulator, load_config, read_config

if TYPE_CHECKING:
    from smppcore.console import Console


CONSOLE_PORT: Final = 8775
CONSOLE_VARIABLE: Final = "SMPPCORE_CONSOLE_TOKEN"
"""The environment variable, which unlike an option is not to be seen in the list of processes."""


def configure(parser: argparse.ArgumentParser) -> None:
    defaults = Config()
    listener = defaults.listeners[0]
    parser.add_argument(
        "--config",
        type=pathlib.Path,
        metavar="FILE",
        help="a TOML file with all that can be set; the other options replace what it says. SIGHUP reads it again",
    )
    parser.add_argument("--host", help=f"the address to listen on (default: loopback only, {listener.host})")
    parser.add_argument("--port", type=port, help=f"0 takes any that is free (default: {listener.port})")
    parser.add_argument(
        "--account",
        action="append",
        type=account,
        metavar="ID:PASSWORD",
        help="who may bind; may be repeated (default: smppclient1:password)",
    )
    parser.add_argument(
        "--receipt-delay",
        type=float,
        metavar="SECONDS",
        help=f"from a message to its final state (default: {defaults.delay.fixed})",
    )
    parser.add_argument(
        "--capacity",
        type=int,
        metavar="MESSAGES",
        help=f"how many messages are kept for query_sm and the like (default: {defaults.capacity})",
    )
    parser.add_argument("--system-id", help=f"what it calls itself (default: {defaults.system_id})")
    parser.add_argument("--seed", type=int, help="of all chance, so that two runs are alike (default: none)")
    parser.add_argument("--store", metavar="FILE", help="keep messages in this file of SQLite as well (default: no)")
    parser.add_argument(
        "--console",
        nargs="?",
        type=console_address,
        const=("127.0.0.1", CONSOLE_PORT),
        metavar="[HOST:]PORT",
        help=f"serve the control API and its page (default: 127.0.0.1:{CONSOLE_PORT}; needs smppcore[console])",
    )
    parser.add_argument(
        "--console-token",
        default=os.environ.get(CONSOLE_VARIABLE, ""),
        metavar="TOKEN",
        help=f"what the console asks for, needed beyond loopback (default: ${CONSOLE_VARIABLE})",
    )


def port(text: str) -> int:
    """0 to 65535; uvloop would take a larger one modulo 65536."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def account(text: str) -> tuple[str, str]:
    """ID:PASSWORD; the password may contain colons, and be empty."""
    system_id, colon, password = text.partition(":")
    if not colon or not system_id:
        raise argparse.ArgumentTypeError("an account is written ID:PASSWORD")
    if len(system_id) > 15 or len(password) > 8:
        raise argparse.ArgumentTypeError("a system_id has at most 15 characters, a password 8 (sections 5.2.1, 5.2.2)")
    return system_id, password


def console_address(text: str) -> tuple[str, int]:
    """PORT, or HOST:PORT."""
    host, colon, number = text.rpartition(":")
    if colon and not host:
        raise argparse.ArgumentTypeError("a console is at PORT or at HOST:PORT")
    return (host.removeprefix("[").removesuffix("]") if colon else "127.0.0.1"), port(number)


def overrides(options: argparse.Namespace) -> dict[str, Any]:
    """The top-level keys of the configuration that options replace."""
    given = {
        "accounts": dict(options.account) if options.account else None,
        "delay": options.receipt_delay,
        "capacity": options.capacity,
        "system_id": options.system_id,
        "seed": options.seed,
        "store": None if options.store is None else str(pathlib.Path(options.store).absolute()),
    }
    return {key: value for key, value in given.items() if value is not None}


def read(options: argparse.Namespace) -> Config:
    """The configuration that the options ask for. Raises ConfigError, OSError."""
    if options.config is None:
        return read_config(overrides(options))
    return load_config(options.config, **overrides(options))


def run(options: argparse.Namespace) -> int:
    try:
        config = read(options)
        simulator = Simulator(config, host=options.host, port=options.port)
        console = console_of(simulator, options)
    except (ValueError, OSError, ImportError, sqlite3.Error) as error:
        raise SystemExit(f"smppcore simulate: {error}") from None
    _collect_rarely()
    try:
        run_loop(serve(simulator, lambda: read(options), console))
    except OSError as error:
        where = " and ".join(f"{each.host}:{each.port}" for each in simulator.config.listeners)
        if console is not None:
            where += f" and, for the console, {console.host}:{console.port}"
        raise SystemExit(f"smppcore simulate: cannot listen on {where}: {error}") from None
    except ValueError as error:  # a file of messages
        raise SystemExit(f"smppcore simulate: {error}") from None
    return 0


def console_of(simulator: Simulator, options: argparse.Namespace) -> "Console | None":
    """The console, if there is to be one. Raises ValueError beyond loopback without a token; ImportError."""
    if options.console is None:
        return None
    from smppcore.console import Console

    host, number = options.console
    return Console(simulator, host=host, port=number, token=options.console_token)


def _collect_rarely() -> None:
    """What is kept is bounded and has no cycles: looking through it again and again would cost a third of all.

    While messages fill their bound, each young collection looks at all that have come since the one before: 200,000
    objects at a time are four times the messages of the default capacity.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


async def serve(
    simulator: Simulator, configuration: Callable[[], Config] | None = None, console: "Console | None" = None
) -> None:
    """Run until SIGINT or SIGTERM, then unbind everyone and end. On SIGHUP take up ``configuration`` anew."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if configuration is not None:
        loop.add_signal_handler(signal.SIGHUP, reload, simulator, configuration)
    async with simulator, console or contextlib.nullcontext():
        for smsc in simulator.smscs:
            print(f"ready {smsc.host}:{smsc.port}", flush=True)
        if console is not None:
            print(f"console {console.url}", flush=True)
        await stopped.wait()


def reload(simulator: Simulator, configuration: Callable[[], Config]) -> None:
    """Behave by the file as it is now; where it is wrong, say so and go on as before."""
    try:
        warnings = simulator.reload(configuration())
    except (ConfigError, ValueError, OSError) as error:
        print(f"smppcore simulate: not reloaded: {error}", file=sys.stderr, flush=True)
        return
    for warning in warnings:
        print(f"smppcore simulate: {warning}", file=sys.stderr, flush=True)
    print("reloaded", flush=True)
