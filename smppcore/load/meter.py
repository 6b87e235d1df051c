"""What a process of a run measures while it sends, cut into seconds, without holding up what it measures."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from smppcore.constants import CommandStatus
from smppcore.load.awaited import Awaited, Matched
from smppcore.load.latencies import Collected, write
from smppcore.load.second import Second

TOO_FAST: Final = frozenset({int(CommandStatus.ESME_RTHROTTLED), int(CommandStatus.ESME_RMSGQFUL)})
"""Answers that ask for less: 0x58 and 0x14."""

SHORTEST: Final = 0.25
"""Seconds over which a share of CPU says something; the last second of a run may be shorter."""

LOOK_AGAIN: Final = 10
"""Samples from one look at the receipts that came too early to the next."""


class Meter:
    """``start`` and ``cut`` are when the run and its measured part begin, by time.perf_counter, as all times here.

    ``on_second`` gets each second some hundredths of one after its end, when its histograms are written.
    """

    def __init__(self, start: float, cut: float, on_second: Callable[[Second], None], awaited: Awaited | None) -> None:
        self.start = start
        self.cut = cut
        self.awaited = awaited
        self.last_answer = self.last_refusal = start
        self._on_second = on_second
        self._present = Second(0)
        self._responses, self._services, self._receipts = Collected(), Collected(), Collected()
        self._cpu, self._cpu_at = time.process_time(), start
        self._writing: Iterator[None] = iter(())
        self._is_warm_up = start < cut
        """Whether the present second is part of the warm-up."""

    # -- what happens, as it happens

    def sent(self, since: float, now: float) -> None:
        """A message leaves."""
        if (since >= self.cut and not self._is_warm_up) or self._counts(since, now):
            self._present.sent += 1

    def _counts(self, since: float, now: float) -> bool:
        """Whether what happens to a message belongs into the present second, in the warm-up and at its end."""
        if since < self.cut:
            return self._is_warm_up
        if self._is_warm_up:  # the next sample would say so: the first measured message is there before it
            self.cut_second(now)
        return True

    def accepted(self, since: float, left: float, now: float) -> None:
        """The SMSC took a message that was meant to leave at ``since`` and left at ``left``."""
        self.last_answer = now
        if (since < self.cut or self._is_warm_up) and not self._counts(since, now):
            self._present.stragglers += 1
            return
        self._present.accepted += 1
        self._responses.fresh.append(now - since)
        if left != since:
            self._services.fresh.append(now - left)

    def failed(self, name: str, since: float, now: float, *, lasted: bool) -> None:
        """A message has ended otherwise. ``lasted``: its time is a lower bound of what an answer would have taken."""
        if not lasted:
            self.last_refusal = now
        if not self._counts(since, now):
            self._present.stragglers += 1
            return
        self._present.errors[name] += 1
        if lasted:
            self._responses.fresh.append(now - since)

    def throttled(self, seconds: float) -> None:
        self._present.throttled += seconds

    def receipt(self, match: Matched | None) -> None:
        """A final receipt: of a message of ours, or of none that is known yet."""
        present = self._present
        if match is None:
            present.receipts_other += 1
        elif match.verdict == "again":
            present.receipts_again += 1
        elif self._counts(match.since, match.arrived):
            self._count_receipt(match)

    def _count_receipt(self, match: Matched) -> None:
        if match.verdict == "in time":
            self._present.receipts_in_time += 1
        else:
            self._present.receipts_late += 1
        self._present.states[match.state] += 1
        self._receipts.fresh.append(match.arrived - match.since)

    def claimed(self, matches: list[Matched]) -> None:
        """Receipts that were counted as those of others, here or in another process, are ours."""
        for match in matches:
            if self._is_warm_up or match.arrived >= self.cut:  # else a second that does not count has it
                self._present.receipts_other -= 1
            self.receipt(match)

    def incoming(self) -> None:
        """A message from the SMSC that is no final receipt."""
        self._present.incoming += 1

    # -- time

    def sample(self, now: float, lag: float, in_flight: int) -> None:
        """To be called a hundred times a second. ``lag``: how much later than asked for this call comes."""
        present = self._present
        present.samples += 1
        present.lag += lag
        present.lag_most = max(present.lag_most, lag)
        present.in_flight += in_flight
        present.in_flight_most = max(present.in_flight_most, in_flight)
        self.count()
        if self.awaited is not None and present.samples % LOOK_AGAIN == 0:
            self.claimed(self.awaited.look_again())
        next(self._writing, None)
        if now >= self.start + present.index + 1:
            self.cut_second(now)

    def count(self) -> None:
        """Count the latencies that have come; to be called before there are too many to hold."""
        for collected in (self._responses, self._services, self._receipts):
            collected.count()

    def cut_second(self, now: float) -> None:
        """The present second is over; the next begins."""
        second = self._present
        cpu = time.process_time()
        second.cpu = cpu - self._cpu
        second.cpu_most = second.cpu / max(now - self._cpu_at, SHORTEST)
        self._cpu, self._cpu_at = cpu, now
        if self.awaited is not None:
            second.receipts_forgotten, self.awaited.forgotten = self.awaited.forgotten, 0
        self._present = Second(max(int(now - self.start), second.index + 1))
        self._is_warm_up = self.start + self._present.index < self.cut
        self.flush()
        self._writing = self._write(second, self._responses.take(), self._services.take(), self._receipts.take())

    def _write(
        self, second: Second, responses: Counter[int], services: Counter[int], receipts: Counter[int]
    ) -> Iterator[None]:
        for counts, histogram in (
            (responses, second.responses),
            (services, second.services),
            (receipts, second.receipts),
        ):
            yield from write(counts, histogram)
        self._on_second(second)

    def flush(self) -> None:
        """Write what is to be written of the second before."""
        for _ in self._writing:
            pass
