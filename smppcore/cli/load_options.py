"""The options of ``smppcore load``, and the plan that they make."""

import argparse
from collections.abc import Callable
from typing import Final, TypeVar

from smppcore.cli.bind import seconds
from smppcore.load import Plan
from smppcore.load.destinations import DEFAULT
from smppcore.load.profile import FORMS
from smppcore.load.quantity import count_of, rate_of, rate_text, seconds_of
from smppcore.password import password_from_environment, password_from_file, password_now

T = TypeVar("T")
HELP: Final = """\
URL is smpp:// or smpps://ID:PASSWORD@HOST:PORT. A target that is not this machine needs --really and a cap of the rate:
real messages cost money. "smppcore load compare A.json B.json" sets two results beside each other."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = f"{parser.description or ''} {HELP}"
    parser.usage = "smppcore load [OPTIONS] URL\n       smppcore load compare A.json B.json"
    parser.add_argument("words", nargs="+", metavar="URL", help="the target; or compare A.json B.json")
    _configure_load(parser.add_argument_group("load"))
    _configure_messages(parser.add_argument_group("messages"))
    _configure_connection(parser.add_argument_group("connection"))
    _configure_outcome(parser.add_argument_group("outcome"))


def argument(read: Callable[[str], T]) -> Callable[[str], T]:
    """As the type of an option: what ``read`` says of a wrong value is what argparse says."""

    def typed(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return typed


Group = argparse._ArgumentGroup


def _configure_load(group: Group) -> None:
    add = group.add_argument
    what = add("--profile", metavar="PROFILE", default=None, help=f"{'; '.join(FORMS.values())} (default: closed)")
    what.help = (what.help or "").replace("%", "%%")
    add("--rate", type=argument(rate_of), metavar="R", help="short for --profile rate:R, in messages per second")
    add("--poisson", action="store_true", help="arrivals by chance, not evenly")
    add("--time", type=argument(seconds_of), metavar="DURATION", help="how long to send (default: 10s; soak: 1h)")
    add("--count", type=argument(count_of), metavar="N", help="how many messages at most")
    add("--warm-up", type=argument(seconds_of), default=0.0, metavar="DURATION", help="whole seconds that do not count")
    add("--binds", type=argument(count_of), metavar="N", help="all of them (default: one for each process)")
    add("--window", type=argument(count_of), default=10, metavar="N", help="of each bind (default: %(default)s)")
    add("--processes", type=argument(count_of), default=1, metavar="N", help="of the generator (default: 1)")
    add("--rate-cap", type=argument(rate_of), metavar="R", help="never exceed this, whatever the profile says")
    add("--really", action="store_true", help="send to another machine than this one: messages may cost money")
    add("--seed", default="0", help="of all chance, so that two runs are alike (default: %(default)s)")


def _configure_messages(group: Group) -> None:
    add = group.add_argument
    add(
        "--to",
        default=DEFAULT,
        metavar="NUMBERS",
        help="FIRST..LAST, @FILE, or a number with {n:07} (default: %(default)s)",
    )
    add("--shuffle", action="store_true", help="take destinations by chance, not in turn")
    add("--from", dest="source", default="smppcore", metavar="SENDER", help="(default: %(default)s)")
    add("--text", action="append", default=[], metavar="TEXT", help="may have {n} and {to}; may be repeated, in turn")
    add("--text-file", default="", metavar="FILE", help="a text a line, in turn")
    add("--mix", default="", metavar="MIX", help="WEIGHT=CODING:LENGTH,... such as 70=gsm:40,20=ucs2:70,10=binary:140")
    add("--receipts", action="store_true", help="ask for delivery receipts, and match them")
    add(
        "--receipt-wait",
        type=argument(seconds_of),
        default=30.0,
        metavar="DURATION",
        help="how long after its response a receipt is in time (default: 30s)",
    )


def _configure_connection(group: Group) -> None:
    add = group.add_argument
    add("--bind", choices=["transceiver", "transmitter"], default="transceiver", help="(default: %(default)s)")
    add("--system-type", default="", metavar="TEXT", help="some SMSCs want a certain one")
    add("--timeout", type=seconds, default=60.0, metavar="SECONDS", help="for each answer (default: %(default)g)")
    add("--password-env", metavar="NAME", help="the password is in this environment variable")
    add("--password-file", metavar="PATH", help="the password is in this file")
    add("--ca", metavar="PEM", help="trust this CA and no other (smpps:// only, as the next three)")
    add("--certificate", metavar="PEM", help="our own certificate, for SMSCs that demand one")
    add("--key", metavar="PEM", help="its key, where that is in another file")
    add("--insecure", action="store_true", help="accept any certificate")


def _configure_outcome(group: Group) -> None:
    add = group.add_argument
    add(
        "--expect",
        action="append",
        default=[],
        metavar="WHAT",
        help="p99<50ms, errors<0.1%%, receipts==100%%, rate>=98%% and the like; may be repeated. Exit status 1 if not",
    )
    add("--max-errors", default="", metavar="N", help="stop when there are more: a count, or a share such as 5%%")
    add("--find-max", action="store_true", help="find the highest rate that keeps what is expected, from --rate on")
    add("--out", metavar="DIR", help="write result.json, seconds.csv, latencies.hlog and report.html there")
    for name, what in (
        ("json", "the result"),
        ("csv", "every second"),
        ("hdr", "HDR histograms"),
        ("html", "the report"),
    ):
        add(f"--{name}", metavar="FILE", help=f"write {what} there")
    add(
        "--live",
        choices=["auto", "table", "lines", "off"],
        default="auto",
        help="a table or lines on standard error while it runs (default: a table on a terminal, else nothing)",
    )


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan that the options make, checked. Raises ValueError, OSError."""
    if len(options.words) != 1:
        raise ValueError("one URL is wanted")
    if options.profile is not None and options.rate is not None:
        raise ValueError("--profile or --rate, not both")
    if options.warm_up != int(options.warm_up):
        raise ValueError("--warm-up is a number of whole seconds")
    if options.password_env and options.password_file:
        raise ValueError("--password-env or --password-file, not both")
    rate = None if options.rate is None else f"rate:{rate_text(options.rate)}"
    return Plan(
        url=options.words[0],
        profile=rate or options.profile or ("rate:100" if options.find_max else "closed"),
        seconds=options.time,
        count=options.count,
        warm_up=int(options.warm_up),
        binds=options.binds or options.processes,
        window=options.window,
        processes=options.processes,
        poisson=options.poisson,
        seed=options.seed,
        rate_cap=options.rate_cap,
        really=options.really,
        to=options.to,
        shuffle=options.shuffle,
        source=options.source,
        texts=tuple(options.text),
        text_file=options.text_file,
        mix=options.mix,
        receipts=options.receipts,
        receipt_wait=options.receipt_wait,
        timeout=options.timeout,
        bind=options.bind,
        system_type=options.system_type,
        password=_password(options),
        ca=options.ca,
        certificate=options.certificate,
        key=options.key,
        insecure=options.insecure,
    ).check()


def _password(options: argparse.Namespace) -> str | None:
    if options.password_env:
        return password_now(password_from_environment(options.password_env))
    return password_now(password_from_file(options.password_file)) if options.password_file else None
