"""A campaign before it starts: the list checked, the journal opened, and whether both belong together."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from smppcore import smpptime
from smppcore.bulk.campaign import Campaign, Recipient, Summary
from smppcore.bulk.journal_file import JournalFile
from smppcore.bulk.recipient_list import RecipientList
from smppcore.bulk.template import Template
from smppcore.cli.profile import said
from smppcore.cli.send_file_plan import named
from smppcore.profile import CarrierProfile
from smppcore.send_defaults import SendDefaults

FACTS: Final = {
    "list": "the list",
    "template": "--template",
    "to": "the column of the numbers",
    "text": "--text-column",
    "read": "--encoding or --delimiter",
    "source": "--from",
    "profile": "--profile",
    "at": "--at",
    "validity": "--validity",
    "receipt": "--receipt",
    "flash": "--flash",
    "languages": "--languages",
    "transliterate": "--transliterate",
    "duplicates": "--allow-duplicates",
}
"""What a campaign is about: where one of these has changed, it is another one."""


NOTICED: Final = ("text.", "message.", "addresses.", "tlvs.")
"""The keys of a profile that recipients notice; where to and how fast it sends may change."""


class Unready(Exception):
    """Why nothing was sent, and with which exit status that ends."""

    def __init__(self, reason: str, status: int = 1) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Prepared:
    """A campaign that was checked, with the open journal.

    ``deliver_at`` is the moment of delivery in seconds since the epoch, 0 for now; ``done`` are the rows that are not
    sent to again; ``facts`` are what is kept of it.
    """

    campaign: Campaign
    summary: Summary
    file: JournalFile
    deliver_at: float
    done: set[int]
    resumed: bool
    facts: Mapping[str, str]

    def begin(self) -> None:
        """Forget what the journal had, unless this goes on with it: nothing may stop the sending from here on."""
        if not self.resumed:
            self.file.begin(self.facts)

    def rest(self) -> Iterator[Recipient]:
        """Those that are still to be sent to."""
        for entry in self.campaign.entries():
            if isinstance(entry, Recipient) and entry.row not in self.done:
                yield entry


def campaign_of(options: argparse.Namespace, profile: CarrierProfile | None) -> Campaign:
    defaults = profile.defaults if profile is not None else SendDefaults()
    defaults.addresses.sender(options.source)
    recipients = RecipientList(options.file.read_bytes(), encoding=options.encoding, delimiter=options.delimiter)
    return Campaign(
        recipients,
        None if options.template is None else Template(options.template),
        to_column=options.to_column,
        text_column=options.text_column,
        duplicates=options.allow_duplicates,
        defaults=defaults,
        languages=options.languages,
        transliterate=options.transliterate or None,
        flashed=options.flash,
        alphabet=profile.text.default_alphabet if profile is not None else "gsm0338",
    )


def checked(options: argparse.Namespace, campaign: Campaign) -> Summary:
    """All of the list, before anything of it is sent. Raises Unready."""
    summary = Summary()
    for entry in campaign.entries():
        summary.add(entry)
    if summary.bad:
        for line in named([f"line {bad.line}: {bad.reason}" for bad in summary.bad]):
            print(line, file=sys.stderr)
        if not options.skip_bad:
            hint = "--skip-bad sends to the others"
            if any("same number" in bad.reason for bad in summary.bad):
                hint += ", --allow-duplicates sends twice to those that are there twice"
            raise Unready(f"{len(summary.bad):,} of the list cannot be sent to, so nothing was sent; {hint}")
    if not summary.recipients:
        raise Unready("the list has nobody to send to")
    return summary


def opened(options: argparse.Namespace, result: Path, profile: CarrierProfile | None) -> JournalFile:
    """The journal beside the result. Raises Unready, StoreError."""
    if result.exists() and result.samefile(options.file):
        raise Unready("--result is the list itself, which it would take the place of")
    path = result.with_name(f"{result.name}.journal")
    guessing = result.exists() and not options.restart
    lost = Unready(
        f"{result} is there and its journal is not, so nobody knows to whom was sent; "
        "--restart sends to all, --result writes elsewhere"
    )
    if guessing and not path.exists():
        raise lost
    file = JournalFile(path, rule=profile.receipts.pinned if profile is not None else None)
    if guessing and not file.facts():  # made by a run that nobody said yes to
        file.close()
        raise lost
    return file


def prepare(
    options: argparse.Namespace,
    profile: CarrierProfile | None,
    campaign: Campaign,
    summary: Summary,
    file: JournalFile,
) -> Prepared:
    """What there is to do. A journal that is to be begun anew stays as it is. Raises Unready where it is of another."""
    facts, kept = _facts(options, campaign, profile), file.facts()
    changed = [words for name, words in FACTS.items() if kept and kept.get(name) != facts[name]]
    if changed and not options.restart:
        raise Unready(
            f"{' and '.join(changed)} changed since this campaign began, so it would be another one; give the same "
            "again to go on with it, --result for a new one beside it, or --restart to forget it: all get it again"
        )
    resumed = bool(kept) and not options.restart
    if resumed:
        file.resume()
    else:
        kept = facts | {"deliver_at": str(_deliver_at(options.at, datetime.now(UTC)))}
    done = file.done(unknown=not options.resend_unknown) if resumed else set()
    return Prepared(campaign, summary, file, float(kept["deliver_at"]), done, resumed, kept)


def _facts(options: argparse.Namespace, campaign: Campaign, profile: CarrierProfile | None) -> dict[str, str]:
    habits = said(profile) if profile is not None else ()
    values: dict[str, Any] = {
        "list": campaign.list.digest,
        "template": options.template,
        "to": campaign.to_column,
        "text": options.text_column,
        "read": [options.encoding, campaign.list.delimiter],
        "source": options.source,
        "profile": [options.profile, *(f"{key} = {value}" for key, value in habits if key.startswith(NOTICED))],
        "at": options.at,
        "validity": options.validity,
        "receipt": options.receipt,
        "flash": options.flash,
        "languages": options.languages,
        "transliterate": options.transliterate,
        "duplicates": options.allow_duplicates,
    }
    return {name: json.dumps(value) for name, value in values.items()}


def _deliver_at(at: str | None, now: datetime) -> float:
    """The moment that --at means, once and for all: a run that goes on tomorrow means the same one."""
    when = smpptime.parse(at or "")
    if when is None:
        return 0.0
    return (now + when if isinstance(when, timedelta) else when).timestamp()
