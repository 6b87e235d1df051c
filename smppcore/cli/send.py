"""``smppcore send``: one text to one or more destinations, or a text each to a list of recipients (send_file.py)."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime

import smppcore
from smppcore.backoff import Failure
from smppcore.cli import send_file_options
from smppcore.cli.loop import run_loop
from smppcore.cli.profile_option import add_profile_option, profile_of, url_or_default
from smppcore.cli.when import smpp_time
from smppcore.errors import status_name
from smppcore.message_id import MessageIdMatcher, Outstanding, Rule, index_key
from smppcore.pdu import DataSm, DeliverSm
from smppcore.profile import CarrierProfile
from smppcore.send_defaults import SendDefaults
from smppcore.sent import Sent
from smppcore.text import Alphabet, Segmentation, flash, segments
from smppcore.url import SmppUrl


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("to", nargs="*", metavar="DESTINATION", help="a number, +39333... or 39333...")
    parser.add_argument("--text", help="what to send; - reads it from standard input")
    parser.add_argument("--from", dest="source", default="", metavar="SENDER", help="a number, short code or name")
    parser.add_argument(
        "--url",
        help="smpp://ID:PASSWORD@HOST:PORT (default: SMPPCORE_URL, else the simulator of this machine)",
    )
    add_profile_option(parser)
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
        "--wait",
        "--receipt-timeout",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="for receipts (default: %(default)s)",
    )
    send_file_options.configure(parser)
    parser.set_defaults(wrong=parser.error)


def run(options: argparse.Namespace) -> int:
    if options.file is not None:
        return _run_file(options)
    if not options.to or options.text is None:
        options.wrong("DESTINATION and --text, or --file, are required")
    try:
        text = sys.stdin.read().rstrip("\n") if options.text == "-" else options.text
        profile = profile_of(options.profile, options.url) if options.profile else None
        plan = _plan(options, text, profile)
        print(f"{plan.parts} segment(s), {plan.coding}", file=sys.stderr)
        data_coding = _flash(plan) if options.flash else None
        if profile is not None:
            return run_loop(_over_link(options, text, profile, data_coding))
        return run_loop(send(options, text, data_coding))
    except (smppcore.SmppError, ValueError, OSError, ImportError) as error:
        print(f"smppcore send: {_reason(error, url_or_default(options.url))}", file=sys.stderr)
        return 1


def _run_file(options: argparse.Namespace) -> int:
    """To a list; what that needs is loaded only then."""
    from smppcore.cli.send_file import run_file

    if options.to or options.text is not None:
        options.wrong("--file has the destinations; --template, or a column of it, has the text")
    return run_file(options)


def _plan(options: argparse.Namespace, text: str, profile: CarrierProfile | None) -> Segmentation:
    """What the text costs. Raises for all that can be wrong with it and the addresses, before anything is sent."""
    defaults = profile.defaults if profile is not None else SendDefaults()
    defaults.addresses.sender(options.source)
    for destination in options.to:
        defaults.addresses.recipient(destination)
    return segments(
        text,
        data_coding=defaults.data_coding,
        languages=defaults.languages,
        default=profile.text.default_alphabet if profile is not None else "gsm0338",
        transliterate=options.transliterate or defaults.transliterate,
    )


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
    async with smppcore.connect(url_or_default(options.url), handlers={DeliverSm: receipts}) as esme:
        return await _send_all(esme, options, text, data_coding, receipts)


async def _over_link(
    options: argparse.Namespace, text: str, profile: CarrierProfile, data_coding: int | None = None
) -> int:
    """The same as the profile says; a bind that fails is not tried again."""
    receipts = _Receipts(profile.receipts.pinned)
    handlers = {DeliverSm: receipts, DataSm: receipts}
    async with profile.link(handlers=handlers, give_up_on=tuple(Failure)) as link:
        try:
            await link.wait_up()
        except ConnectionError as error:
            raise error.__cause__ or error from None
        return await _send_all(link, options, text, data_coding, receipts)


async def _send_all(
    end: smppcore.Esme | smppcore.Link,
    options: argparse.Namespace,
    text: str,
    data_coding: int | None,
    receipts: "_Receipts",
) -> int:
    good = True
    times = {"schedule_delivery_time": options.at, "validity_period": options.validity}
    for destination in options.to:
        try:
            sent = await end.send(
                text,
                to=destination,
                source=options.source,
                receipt=options.receipt or None,
                data_coding=data_coding,
                transliterate=options.transliterate or None,
                **{name: value for name, value in times.items() if value},
            )
        except smppcore.SmppError as error:
            print(f"{destination}: {error}")
            good = False
            continue
        good = good and sent.accepted
        _show(destination, sent)
        receipts.expect(sent)
    if options.receipt:
        good = await receipts.wait(end, options.wait) and good
    return 0 if good else 1


def _show(destination: str, sent: Sent) -> None:
    for part in sent.parts:
        print(f"{destination}: {part.response.message_id if part.response else part.error}")


class _Receipts:
    """The receipts that are still to come; ``pinned`` is how the SMSC spells the ids in them, None to find out."""

    def __init__(self, pinned: Rule | None = None) -> None:
        self._matcher = MessageIdMatcher(pinned=pinned)
        self._missing: dict[str, list[Outstanding]] = {}
        self._early: list[tuple[str, str]] = []
        self._all_here = asyncio.Event()

    def __call__(self, end: smppcore.Esme | smppcore.Link, pdu: DeliverSm | DataSm) -> None:
        receipt = end.receipt_of(pdu, arrived=datetime.now(UTC).replace(tzinfo=None))
        if receipt is None or receipt.message_id is None:
            return
        print(f"receipt: {receipt.message_id} {receipt.fields.stat or receipt.message_state}")
        if receipt.final(end.settings.final_states):
            self._early.append((receipt.message_id, pdu.source_addr))
            self._match()

    def expect(self, sent: Sent) -> None:
        for part in sent.parts:
            if part.response is not None:
                message = Outstanding(part.response.message_id, part.request.destination_addr)
                self._missing.setdefault(index_key(message.message_id), []).append(message)
        self._match()

    def _match(self) -> None:
        """Take out what has its receipt; a receipt may come before its message is known."""
        unmatched = []
        for message_id, source in self._early:
            found = self._matcher.match(message_id, source, self._missing)
            if found is None:
                unmatched.append((message_id, source))
            else:
                self._missing[index_key(found.message.message_id)].remove(found.message)
        self._early = unmatched
        if any(self._missing.values()):
            self._all_here.clear()
        else:
            self._all_here.set()

    async def wait(self, end: smppcore.Esme | smppcore.Link, seconds: float) -> bool:
        """Whether all have come within that time, or before the connection ended; says which have not."""
        self._match()
        ends = {asyncio.ensure_future(self._all_here.wait()), asyncio.ensure_future(end.wait_closed())}
        _, waiting = await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
        missing = sorted(message.message_id for messages in self._missing.values() for message in messages)
        if missing:
            print(f"no receipt within {seconds:g} s, or before the connection ended: {', '.join(missing)}")
        return not missing
