"""The second half of ``smppcore replay``: a recording sent to an SMSC, and how that differs from then."""

import argparse
import contextlib
import json
import sys

from smppcore.cli.bind_failure import explain
from smppcore.cli.loop import run_loop
from smppcore.cli.recording_check import rest, rest_view, title
from smppcore.cli.replaying import Replay, Replayed, Script
from smppcore.errors import SmppError
from smppcore.esme import Connecting, connect
from smppcore.password import Password, password_from_environment, password_from_file
from smppcore.pdu import DataSm, DeliverSm, Pdu
from smppcore.settings import Settings
from smppcore.tls import client_context
from smppcore.trace import RecordedConnection, Recording, Trace


def send_again(url: str, options: argparse.Namespace, recording: Recording, chosen: list[RecordedConnection]) -> int:
    """Send what is recorded; the exit status: 0 if every request ended as it did then, 1 if not, or as of a bind."""
    if any("text" in note or "numbers" in note for note in recording.notes if note.startswith("masked: ")):
        print("smppcore replay: text or numbers are masked in this recording, and asterisks are sent", file=sys.stderr)
    try:
        results = run_loop(_replay(url, options, chosen))
    except (SmppError, OSError, ValueError) as error:
        explanation = explain(error, None)
        print(f"smppcore replay: {explanation.found}\n  {explanation.advice}", file=sys.stderr)
        return int(explanation.exit)
    good = not any(result.differences for result in results) and not recording.faults
    if options.json:
        views = [result.view() for result in results]
        print(json.dumps({"connections": views, "good": good, **rest_view(recording)}))
    else:
        _show(chosen, results)
        for line in rest(recording):
            print(line)
    return 0 if good else 1


async def _replay(url: str, options: argparse.Namespace, chosen: list[RecordedConnection]) -> list[Replayed]:
    files = {"ca": options.ca, "certificate": options.certificate, "key": options.key}
    with_tls = options.insecure or any(files.values())
    context = client_context(**files, verify=not options.insecure) if with_tls else None
    settings = Settings(
        window=options.window, connect_timeout=options.timeout, response_timeout=options.timeout, close_timeout=2.0
    )

    def connecting(script: Script) -> Connecting:
        bind = script.bind
        as_recorded = {
            name: getattr(bind, name)
            for name in ("system_type", "interface_version", "addr_ton", "addr_npi", "address_range")
            if bind is not None
        }
        return connect(
            url,
            bind=script.mode,
            ssl=context,
            settings=settings,
            password=_password(options),
            handlers={DeliverSm: _accept, DataSm: _accept},
            **as_recorded,
        )

    async with contextlib.AsyncExitStack() as stack:
        trace = await stack.enter_async_context(Trace(options.trace)) if options.trace else None
        speed = None if options.fast else options.speed
        replay = Replay(connecting, speed=speed, window=options.window, trace=trace)
        return await replay.run(chosen)


def _accept(end: object, pdu: Pdu) -> None:
    """What the SMSC delivers meanwhile is taken."""


def _password(options: argparse.Namespace) -> Password | None:
    if options.password_env is not None:
        return password_from_environment(options.password_env)
    return password_from_file(options.password_file) if options.password_file is not None else None


def _show(chosen: list[RecordedConnection], results: list[Replayed]) -> None:
    for number, (connection, result) in enumerate(zip(chosen, results, strict=True), 1):
        outcomes = ", ".join(f"{name} {count}" for name, count in result.outcomes.most_common())
        print(f"connection {number}: {title(connection)}")
        print(f"  {result.sent} requests sent: {outcomes or 'nothing to send'}")
        if result.unanswered_then:
            print(f"  {result.unanswered_then} of them had no answer in the recording")
        for line in result.differences:
            print(f"  {line}")
    print(f"{sum(len(result.differences) for result in results)} differences")
