"""``smppcore send``: one text to one or more destinations."""

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime

import smppcore
from smppcore.address import Address
from smppcore.cli.loop import run_loop
from smppcore.cli.when import smpp_time
from smppcore.errors import status_name
from smppcore.message import receipt_of
from smppcore.pdu import DeliverSm
from smppcore.receipt import is_final
from smppcore.sent import Sent
from smppcore.text import Alphabet, Segmentation, flash, segments
from smppcore.url import SmppUrl

DEFAULT_URL = "smpp://smppclient1:password@127.0.0.1:2775"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("to", nargs="+", metavar="DESTINATION", help="a number, +39333... or 39333...")
    parser.add_argument("--text", required=True, help="what to send; - reads it from standard input")
    parser.add_argument("--from", dest="source", default="", metavar="SENDER", help="a number, short code or name")
    parser.add_argument(
        "--url",
        default=os.environ.get("SMPPCORE_URL", DEFAULT_URL),
        help="smpp://ID:PASSWORD@HOST:PORT (default: SMPPCORE_URL, else the simulator of this machine)",
    )
    parser.add_argument(
        "--at",
        type=smpp_time,
        metavar="WHEN",
        help="deliver then: 90s, 15m, 2h, 3d from now, or 2027-01-31T18:30",
    )
    parser.add_argument("--validity", type=smpp_time, metavar="WHEN", help="give up then; written as for --at")
    parser.add_argument("--flash", action="store_true", help="show it at once and do not store it (class 0)")
    parser.add_argument(
        "--transliterate", action="store_true", help="replace what GSM 03.38 does not have (needs the extra text)"
    )
    parser.add_argument("--receipt", action="store_true", help="ask for delivery receipts and wait for them")
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="for receipts (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    try:
        text = sys.stdin.read().rstrip("\n") if options.text == "-" else options.text
        plan = segments(text, transliterate=options.transliterate)
        # All that can be wrong with them, before the first one is sent.
        Address.sender(options.source)
        for destination in options.to:
            Address.destination(destination)
        print(f"{plan.parts} segment(s), {plan.coding}", file=sys.stderr)
        return run_loop(send(options, text, _flash(plan) if options.flash else None))
    except (smppcore.SmppError, ValueError, OSError, ImportError) as error:
        print(f"smppcore send: {_reason(error, options.url)}", file=sys.stderr)
        return 1


def _reason(error: Exception, url: str) -> str:
    if isinstance(error, smppcore.BindRefused):
        return f"the SMSC refused the bind with {status_name(error.status)}: check --url and SMPPCORE_URL"
    if isinstance(error, ConnectionRefusedError | TimeoutError):
        target = SmppUrl.parse(url)
        found = "nobody listens" if isinstance(error, ConnectionRefusedError) else "nobody answers"
        return f"{found} at {target.host}:{target.port}: check --url and SMPPCORE_URL, or start smppcore simulate"
    return str(error)


def _flash(plan: Segmentation) -> int:
    """The data_coding for a text of that coding which is shown at once (TS 23.038)."""
    return flash(Alphabet.UCS2 if plan.coding == "utf-16-be" else Alphabet.GSM)


async def send(options: argparse.Namespace, text: str, data_coding: int | None = None) -> int:
    """Send to each destination; 0 if the SMSC took everything and every receipt that was asked for came."""
    receipts = _Receipts()
    good = True
    async with smppcore.connect(options.url, handlers={DeliverSm: receipts.on_deliver_sm}) as esme:
        for destination in options.to:
            try:
                sent = await esme.send(
                    text,
                    to=destination,
                    source=options.source,
                    receipt=options.receipt,
                    data_coding=data_coding,
                    transliterate=options.transliterate,
                    schedule_delivery_time=options.at or "",
                    validity_period=options.validity or "",
                )
            except smppcore.SmppError as error:
                print(f"{destination}: {error}")
                good = False
                continue
            good = good and sent.accepted
            _show(destination, sent)
            receipts.expect(sent)
        if options.receipt:
            good = await receipts.wait(esme, options.wait) and good
    return 0 if good else 1


def _show(destination: str, sent: Sent) -> None:
    for part in sent.parts:
        print(f"{destination}: {part.response.message_id if part.response else part.error}")


class _Receipts:
    """The receipts that are still to come."""

    def __init__(self) -> None:
        self._missing: set[str] = set()
        self._early: set[str] = set()
        self._all_here = asyncio.Event()

    def on_deliver_sm(self, _: smppcore.Esme, pdu: DeliverSm) -> None:
        receipt = receipt_of(pdu, arrived=datetime.now(UTC).replace(tzinfo=None))
        if receipt is None or receipt.message_id is None:
            return
        print(f"receipt: {receipt.message_id} {receipt.fields.stat or receipt.message_state}")
        if is_final(receipt.message_state):
            self._early.add(receipt.message_id)
            self._check()

    def expect(self, sent: Sent) -> None:
        self._missing.update(sent.message_ids)
        self._check()

    def _check(self) -> None:
        if self._missing <= self._early:
            self._all_here.set()
        else:
            self._all_here.clear()

    async def wait(self, esme: smppcore.Esme, seconds: float) -> bool:
        """Whether all have come within that time, or before the connection ended; says which have not."""
        self._check()
        ends = {asyncio.ensure_future(self._all_here.wait()), asyncio.ensure_future(esme.wait_closed())}
        _, waiting = await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for end in waiting:
            end.cancel()
        missing = sorted(self._missing - self._early)
        if missing:
            print(f"no receipt within {seconds:g} s, or before the connection ended: {', '.join(missing)}")
        return not missing
