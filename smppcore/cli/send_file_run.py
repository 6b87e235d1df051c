"""One run of a campaign: from the first bind to the last receipt, and how Ctrl-C ends it."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from smppcore.bulk.campaign import Recipient, Summary
from smppcore.bulk.journal import Journal
from smppcore.bulk.journal_file import JournalFile
from smppcore.bulk.late_answers import LateAnswers
from smppcore.bulk.receipts import Receipts
from smppcore.bulk.result import write_result
from smppcore.bulk.sending import Sending
from smppcore.bulk.steps import Outcome, RecipientVerdict
from smppcore.bulk.submission import Submission
from smppcore.cli.bind_failure import explain
from smppcore.cli.send_file_link import BulkLink
from smppcore.cli.send_file_prepared import Prepared
from smppcore.cli.send_file_progress import Progress
from smppcore.errors import SmppError, StoreError
from smppcore.link import Link
from smppcore.pdu import DataSm, DeliverSm

INTERRUPTED: Final = 130
FAILED: Final = 1


class BulkRun:
    """``left`` counts those that are still to be sent to; ``result`` is the file that tells what became of all."""

    def __init__(
        self, options: argparse.Namespace, work: Prepared, left: Summary, link: BulkLink, result: Path
    ) -> None:
        self._options = options
        self._work = work
        self._link = link
        self._result = result
        self._receipts: Receipts
        self._sending: Sending
        self._submission: Submission
        self._open_link: Link | None = None
        self._progress = Progress(left.people)
        self._rest = _begun(islice(work.rest(), left.people))
        self._signals = 0
        self.left = left.people
        """How many have not been sent to."""
        self.error: Exception | None = None
        """Why it ended before its time."""
        self.counts: dict[str, Any] = {}
        """What there is to tell at the end."""

    async def run(self) -> int:
        """The exit status."""
        loop = asyncio.get_running_loop()
        self._interrupted = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal)
        async with Journal(self._work.file.path, opener=lambda: self._work.file) as journal:
            waits = self._options.receipt and await journal.read(JournalFile.outstanding)
            try:
                if self.left or waits:
                    await self._over_link(journal)
            except (SmppError, OSError) as error:
                self.error = self.error or error
            try:
                await journal.read(self._write_result)
            except OSError as error:
                self.error = self.error or StoreError(f"{self._result}: {error.strerror or error}")
            self.counts = await journal.read(self._counted)
        return self._status()

    # -- one after the other

    async def _over_link(self, journal: Journal) -> None:
        """Send what is left, and wait for receipts."""
        late = LateAnswers(journal)
        handlers = {DeliverSm: self._on_message, DataSm: self._on_message}
        link = self._open_link = self._link.open(handlers, late.noticed, self._interrupted.is_set)
        self._submission = Submission(
            link,
            source=self._options.source,
            receipt=self._options.receipt,
            timeout=self._link.timeout,
            patience=self._options.patience,
            languages=self._options.languages,
            transliterate=self._options.transliterate,
            deliver_at=self._deliver_at(),
            fields={"validity_period": self._options.validity} if self._options.validity else {},
            late=late,
        )
        self._sending = Sending(journal, self._submission, places=self._link.places, on_decided=self._decided)
        self._receipts = Receipts(journal, self._sending)
        async with link:
            await self._unless_interrupted(self._link.first_bind())
            if self._interrupted.is_set():
                return
            with self._progress.shown():
                await self._sending.run(self._rest)
            self.error = self._sending.error
            if self._options.receipt and not self._interrupted.is_set() and self.error is None:
                seconds = self._options.wait + max(0.0, self._work.deliver_at - time.time())
                await self._unless_interrupted(self._receipts.wait(seconds))

    def _on_message(self, link: Link, pdu: DeliverSm | DataSm) -> Awaitable[Any]:
        return self._receipts(link, pdu)

    def _decided(self, recipient: Recipient, outcome: Outcome) -> None:
        self.left -= 1
        self._progress.decided(outcome)

    def _deliver_at(self) -> datetime | None:
        moment = self._work.deliver_at
        return datetime.fromtimestamp(moment, UTC) if moment else None

    async def _unless_interrupted(self, work: Awaitable[object]) -> None:
        """Wait for it, or until a signal comes, after which it is cancelled."""
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._interrupted.wait())
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if task.done():
            await task
        else:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # -- signals

    def _on_signal(self) -> None:
        """The first one drains, the second one drops the connection."""
        self._signals += 1
        self._interrupted.set()
        if self._open_link is None:
            return
        self._submission.ending = True
        self._sending.stop()
        if self._signals == 1:
            print("waiting for what is on its way; once more drops it", file=sys.stderr, flush=True)
        else:
            self._open_link.abort()

    # -- at the end

    def _write_result(self, file: JournalFile) -> None:
        write_result(self._result, self._work.campaign.entries(), file.recipients())

    def _counted(self, file: JournalFile) -> dict[str, Any]:
        verdicts = file.verdicts()
        counts: dict[str, Any] = {str(each): verdicts.get(each, 0) for each in RecipientVerdict}
        counts[str(RecipientVerdict.UNKNOWN)] += file.in_flight()
        self.left = max(0, self._work.summary.people - sum(counts.values()))
        counts |= {"not sent": self.left, "skipped": len(self._work.summary.bad)}
        if self._options.receipt:
            counts |= {"receipts": file.states(), "receipts_missing": file.outstanding()}
        return counts | {"result": str(self._result)}

    def _status(self) -> int:
        if self._interrupted.is_set():
            return INTERRUPTED
        if self.error is not None:
            unbound = not isinstance(self.error, StoreError | TimeoutError) and self._open_link is not None
            return int(explain(self.error).exit) if unbound else FAILED
        accepted = self.counts[str(RecipientVerdict.ACCEPTED)]
        all_taken = accepted == self._work.summary.people and not self._work.summary.bad
        return 0 if all_taken and not self.counts.get("receipts_missing") else FAILED


def _begun(recipients: Iterator[Recipient]) -> Iterator[Recipient]:
    """The same, the first of them at hand: to pass over a million that have theirs takes long, and no link may wait."""
    return chain(list(islice(recipients, 1)), recipients)
