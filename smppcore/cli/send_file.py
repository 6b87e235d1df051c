"""``smppcore send --file``: what is checked and asked before a campaign starts, and what it ends with."""

import argparse
import json
import sys
import time

from smppcore.bulk.campaign import Bad, Summary
from smppcore.bulk.steps import RecipientVerdict
from smppcore.cli.bind_failure import explain
from smppcore.cli.loop import run_loop
from smppcore.cli.profile_option import profile_of
from smppcore.cli.send_file_link import BulkLink
from smppcore.cli.send_file_plan import named, plan_lines
from smppcore.cli.send_file_prepared import Prepared, Unready, campaign_of, checked, opened, prepare
from smppcore.cli.send_file_run import BulkRun
from smppcore.errors import SmppError, StoreError


def run_file(options: argparse.Namespace) -> int:
    try:
        return _run(options)
    except Unready as error:
        return _end(str(error), error.status)
    except (ValueError, OSError, ImportError, StoreError) as error:
        return _end(str(error), 1)


def _end(reason: str, status: int) -> int:
    print(f"smppcore send: {reason}", file=sys.stderr)
    return status


def _run(options: argparse.Namespace) -> int:
    profile = profile_of(options.profile, options.url) if options.profile else None
    campaign = campaign_of(options, profile)
    summary = checked(options, campaign)
    if options.dry_run:
        _say(plan_lines(summary, options.price))
        return 0
    link = BulkLink(options, profile, summary.longest)
    result = options.result or options.file.with_name(f"{options.file.stem}.result.csv")
    file = opened(options, result, profile)
    try:
        prepared = prepare(options, profile, campaign, summary, file)
        left = Summary()
        for recipient in prepared.rest():
            left.add(recipient)
        _announce(options, prepared, left)
        if left.recipients:
            _consent(options, link, left)
        prepared.begin()
        run = BulkRun(options, prepared, left, link, result)
        status = run_loop(run.run())
    finally:
        file.close()
    return _report(options, run, status)


def _announce(options: argparse.Namespace, prepared: Prepared, left: Summary) -> None:
    if prepared.resumed:
        verdicts = prepared.file.verdicts()
        told = ", ".join(f"{number:,} {verdict}" for verdict, number in verdicts.items()) or "nothing sent yet"
        _say([f"goes on with {prepared.file.path}: {told}"])
        unknown = verdicts.get(RecipientVerdict.UNKNOWN, 0)
        if unknown:
            _say(_unknown_lines(prepared, options.resend_unknown))
    if left.people and 0 < prepared.deliver_at <= time.time():
        _say(["the moment of --at is over: delivered at once"])
    if left.people:
        _say(plan_lines(left, options.price, skipped=len(prepared.summary.bad)))
    else:
        _say(["nothing left to send"])


def _unknown_lines(prepared: Prepared, again: bool) -> list[str]:
    rows = {kept.row for kept in prepared.file.recipients() if kept.verdict is RecipientVerdict.UNKNOWN}
    lines = [
        f"line {entry.line}: {entry.to.addr}"
        for entry in prepared.campaign.entries()
        if entry.row in rows and not isinstance(entry, Bad)
    ]
    what = "they are sent to again" if again else "they are left alone; --resend-unknown sends to them again"
    return [f"unknown whether they got it ({what}):", *named(lines)]


def _consent(options: argparse.Namespace, link: BulkLink, left: Summary) -> None:
    """Messages cost money: beyond this machine somebody has to say yes. Raises Unready."""
    if options.yes or link.is_local:
        return
    if not sys.stdin.isatty():
        raise Unready(f"{link.where} is not this machine, and messages cost money: --yes sends them", 2)
    print(f"send {left.total:,} segments to {link.where}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Unready("nothing was sent")


# -- after


def _report(options: argparse.Namespace, run: BulkRun, status: int) -> int:
    if options.json:
        print(json.dumps(run.counts))
    else:
        for name, value in run.counts.items():
            print(f"{name}: {value}")
    if run.error is not None:
        if isinstance(run.error, StoreError | TimeoutError) or not isinstance(run.error, SmppError | OSError):
            print(f"smppcore send: {run.error}", file=sys.stderr)
        else:
            found = explain(run.error)
            print(f"smppcore send: {found.found}\n  {found.advice}", file=sys.stderr)
    if run.left:
        print(f"smppcore send: {run.left:,} not sent; the same command goes on with them", file=sys.stderr)
    return status


def _say(lines: list[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
