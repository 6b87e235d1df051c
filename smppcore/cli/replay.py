"""``smppcore replay``: a recording through the codec, or sent to an SMSC again."""

import argparse
import json
import sys
from typing import Final

from smppcore.cli.bind import seconds
from smppcore.cli.recording_check import ConnectionCheck, check, rest, rest_view, title
from smppcore.cli.send_again import send_again
from smppcore.networks import is_loopback
from smppcore.trace import RecordedConnection, Recording, read_recording
from smppcore.url import SmppUrl

_HELP: Final = """\
FILE is a trace (pcapng or JSON lines), or a capture of tcpdump or Wireshark; several files of one trace are read as
one. Without URL every PDU is decoded and encoded again. With smpp:// or smpps://ID:PASSWORD@HOST:PORT as the last
word, the requests of the ESMEs are sent to that SMSC, each connection on a bind of its own, with the numbers and the
octets that they had."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = f"{parser.description or ''} {_HELP}"
    add = parser.add_argument
    parser.usage = "smppcore replay [OPTIONS] FILE [FILE ...] [URL]"
    add("files", nargs="+", metavar="FILE [URL]", help="traces or captures; and where to send what is in them")
    add("--connection", type=int, action="append", metavar="N", help="only this one, as the report counts them")
    add("--strict", action="store_true", help="without URL: tolerate nothing")
    add("--json", action="store_true", help="the report as JSON")
    _configure_sending(parser)


def _configure_sending(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--really", action="store_true", help="send to another machine than this one: messages may cost money")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument(
        "--speed", type=seconds, default=1.0, metavar="FACTOR", help="times faster than it was (default: 1)"
    )
    pace.add_argument("--fast", action="store_true", help="as fast as the window allows")
    add("--window", type=int, default=10, metavar="N", help="requests in flight on each bind (default: %(default)s)")
    add("--timeout", type=seconds, default=10.0, metavar="SECONDS", help="for each answer (default: %(default)g)")
    add("--trace", metavar="FILE", help="record what is sent now: .pcapng or .jsonl")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--password-env", metavar="NAME", help="the password is in this environment variable")
    secret.add_argument("--password-file", metavar="PATH", help="the password is in this file")
    add("--ca", metavar="PEM", help="trust this CA and no other (smpps:// only, as the next three)")
    add("--certificate", metavar="PEM", help="our own certificate, for SMSCs that demand one")
    add("--key", metavar="PEM", help="its key, where that is in another file")
    add("--insecure", action="store_true", help="accept any certificate")


def run(options: argparse.Namespace) -> int:
    files = list(options.files)
    url = files.pop() if files[-1].startswith(("smpp://", "smpps://")) else None
    try:
        if url is not None:
            _check_target(url, options)
        if not files:
            raise ValueError("no FILE")
        recording = read_recording(*files)
        chosen = _chosen(recording, options.connection)
    except (OSError, ValueError) as error:
        print(f"smppcore replay: {error}", file=sys.stderr)
        return 2
    if not chosen:
        for fault in recording.faults:
            print(f"smppcore replay: {fault}", file=sys.stderr)
        print("smppcore replay: no SMPP in there", file=sys.stderr)
        return 1
    if url is None:
        return _report(recording, [check(each, strict=options.strict) for each in chosen], options.json)
    return send_again(url, options, recording, chosen)


def _check_target(url: str, options: argparse.Namespace) -> None:
    """Raises ValueError where it is no URL, or where sending may cost money and nobody has said that he knows."""
    target = SmppUrl.parse(url)
    if not options.really and not is_loopback(target.host):
        raise ValueError(f"{target.host} is not this machine, and messages cost money: --really sends them")
    if options.window < 1:
        raise ValueError("--window is 1 at least")


def _chosen(recording: Recording, numbers: list[int] | None) -> list[RecordedConnection]:
    if numbers is None:
        return recording.connections
    wrong = [number for number in numbers if not 1 <= number <= len(recording.connections)]
    if wrong:
        raise ValueError(f"there are {len(recording.connections)} connections, and no connection {wrong[0]}")
    return [recording.connections[number - 1] for number in numbers]


# -- through the codec


def _report(recording: Recording, checks: list[ConnectionCheck], as_json: bool) -> int:
    good = all(each.good for each in checks) and not recording.faults
    if as_json:
        print(json.dumps({"connections": [each.view() for each in checks], "good": good, **rest_view(recording)}))
    else:
        for number, each in enumerate(checks, 1):
            _show(number, each)
        pdus, lost = sum(each.pdus for each in checks), sum(each.connection.lost for each in checks)
        malformed, anomalies, rewritten = (
            sum(each.count(kind) for each in checks) for kind in ("malformed", "anomaly", "rewritten")
        )
        print(f"{pdus} PDUs: {malformed} malformed, {anomalies} anomalies, {rewritten} not encoded as they were")
        if lost:
            print(f"{lost} octets lost")
        for line in rest(recording):
            print(line)
    return 0 if good else 1


def _show(number: int, found: ConnectionCheck) -> None:
    print(f"connection {number}: {title(found.connection)}")
    for name, from_esme in (("ESME", True), ("SMSC", False)):
        commands = ", ".join(f"{command} {count}" for command, count in found.commands[from_esme].most_common())
        print(f"  from the {name}: {found.octets[from_esme]} octets: {commands or 'no PDU'}")
    for line in [*found.connection.notes, *found.findings]:
        print(f"  {line}")
