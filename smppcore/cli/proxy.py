"""``smppcore proxy``: a link between two other programs, carried octet by octet and recorded."""

import argparse
import asyncio
import contextlib
import io
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Final

from smppcore.cli.bind import seconds
from smppcore.cli.loop import run_loop
from smppcore.cli.printed import Printed
from smppcore.cli.simulate import port
from smppcore.privacy import Privacy
from smppcore.relay import Action, Filter, Passage, Relay
from smppcore.state import Role
from smppcore.tap import Address, Opening, Tap
from smppcore.trace import Trace

_HELP: Final = """\
Ends that speak TLS are carried too, but their octets are encrypted: let the proxy stand where they are not. With
neither --trace nor --print it only carries. Ctrl-C ends it: connections are closed, files are complete."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = f"{parser.description or ''} {_HELP}"
    add = parser.add_argument
    add("listen", type=listen_address, metavar="LISTEN", help="PORT of loopback, or HOST:PORT; port 0 takes a free one")
    add("target", type=target_address, metavar="TARGET", help="HOST:PORT of the SMSC")
    add("--trace", metavar="FILE", help="record into this file: .pcapng or .jsonl")
    add("--size", type=megabytes, metavar="MB", help="begin another file after so many megabytes")
    add("--seconds", type=seconds, metavar="SECONDS", help="begin another file after that time")
    add("--keep", type=int, metavar="N", help="how many files stay")
    add("--smpp-port", type=port, metavar="PORT", help="the port of the SMSC to be written into a pcapng trace")
    add("--mask-text", action="store_true", help="asterisks in place of texts; passwords are masked always")
    add("--mask-numbers", action="store_true", help="asterisks in place of numbers, but for their last digits")
    add("--print", dest="show", action="store_true", help="show every PDU")
    add("--json", action="store_true", help="with --print: one JSON object a line")


def listen_address(text: str) -> Address:
    host, colon, number = text.rpartition(":")
    if colon and not host:
        raise argparse.ArgumentTypeError("PORT or HOST:PORT")
    return (host.strip("[]") if colon else "127.0.0.1"), port(number)


def target_address(text: str) -> Address:
    host, _, number = text.rpartition(":")
    if not host or port(number) == 0:
        raise argparse.ArgumentTypeError("an SMSC is at HOST:PORT")
    return host.strip("[]"), port(number)


def megabytes(text: str) -> int:
    return max(int(seconds(text) * 1_000_000), 1)


def run(options: argparse.Namespace) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a text may have characters that the terminal has not
    try:
        return run_loop(_carry(options))
    except (OSError, ValueError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(f"smppcore proxy: {error}", file=sys.stderr)
        return 1


async def _carry(options: argparse.Namespace) -> int:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with contextlib.AsyncExitStack() as stack:
        trace = await stack.enter_async_context(_trace(options)) if options.trace else None
        carrier = Carrier(options, trace, stopped.set)
        host, listening = options.listen
        relay = Relay(*options.target, host=host, port=listening, filters=carrier.filters, on_gone=carrier.gone)
        await stack.enter_async_context(relay)
        print(f"ready {_shown((host, relay.port))}", flush=True)
        await stopped.wait()
    if trace is not None:
        print(f"recorded {trace.recorded} octets, lost {trace.lost}", file=sys.stderr)
    return 1 if trace is not None and trace.lost else 0


def _trace(options: argparse.Namespace) -> Trace:
    return Trace(
        options.trace,
        size=options.size,
        seconds=options.seconds,
        keep=options.keep,
        privacy=_privacy(options),
        port=options.smpp_port,
    )


def _privacy(options: argparse.Namespace) -> Privacy:
    return Privacy(text=options.mask_text, numbers=options.mask_numbers)


class Carrier:
    """What the connections of one run have in common."""

    def __init__(self, options: argparse.Namespace, trace: Trace | None, stop: Callable[[], None]) -> None:
        self._options = options
        self._trace = trace
        self._stop = stop
        self._taps: dict[Passage, list[Tap]] = {}

    def filters(self, passage: Passage) -> tuple[Filter, Filter]:
        """A connection has its target: record it as its ESME would."""
        options = self._options
        taps: list[Tap] = []
        if self._trace is not None:
            taps.append(self._trace.connection("proxy", str(passage.number)))
        if options.show:
            taps.append(Printed(passage.number, _privacy(options), options.json, self._stop))
        self._taps[passage] = taps
        print(f"connection {passage.number} from {_shown(passage.address)}", file=sys.stderr)
        for tap in taps:
            tap.opened(Opening(Role.ESME, passage.address, options.target))
        return _Copied([tap.sent for tap in taps]), _Copied([tap.received for tap in taps])

    def gone(self, passage: Passage) -> None:
        """A connection has ended, or never had a target."""
        reason = passage.reason or "closed"
        print(f"connection {passage.number} from {_shown(passage.address)} ended: {reason}", file=sys.stderr)
        for tap in self._taps.pop(passage, ()):
            tap.closed(reason)


class _Copied(Filter):
    """Passes everything on as it is, and gives a copy away."""

    def __init__(self, copies: Sequence[Callable[[bytes], None]]) -> None:
        self._copies = copies

    def feed(self, octets: bytes, now: float) -> list[Action]:
        for copy in self._copies:
            copy(octets)
        return super().feed(octets, now)


def _shown(address: Address) -> str:
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"
