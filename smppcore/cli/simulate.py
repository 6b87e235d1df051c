"""``smppcore simulate``: the simulator, until it is told to stop."""

import argparse
import asyncio
import signal

from smppcore.cli.loop import run_loop
from smppcore.constants import DEFAULT_PORT
from smppcore.simulator import Profile, Simulator
from smppcore.simulator.account import DEFAULT_ACCOUNTS


def configure(parser: argparse.ArgumentParser) -> None:
    defaults = Profile()
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: loopback only)")
    parser.add_argument(
        "--port", type=port, default=DEFAULT_PORT, help="0 takes any that is free (default: %(default)s)"
    )
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
        default=defaults.receipt_delay,
        metavar="SECONDS",
        help="from a message to its delivery (default: %(default)s)",
    )
    parser.add_argument(
        "--capacity",
        type=int,
        default=defaults.capacity,
        metavar="MESSAGES",
        help="how many messages are kept for query_sm and the like (default: %(default)s)",
    )
    parser.add_argument("--system-id", default=defaults.system_id, help="what it calls itself (default: %(default)s)")


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


def run(options: argparse.Namespace) -> int:
    try:
        profile = Profile(
            accounts=dict(options.account or DEFAULT_ACCOUNTS.items()),
            receipt_delay=options.receipt_delay,
            capacity=options.capacity,
            system_id=options.system_id,
        )
    except ValueError as error:
        raise SystemExit(f"smppcore simulate: {error}") from None
    try:
        run_loop(serve(Simulator(profile, host=options.host, port=options.port)))
    except OSError as error:
        raise SystemExit(f"smppcore simulate: cannot listen on {options.host}:{options.port}: {error}") from None
    return 0


async def serve(simulator: Simulator) -> None:
    """Run until SIGINT or SIGTERM, then unbind everyone and end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with simulator:
        print(f"ready {simulator.smsc.host}:{simulator.port}", flush=True)
        await stopped.wait()
