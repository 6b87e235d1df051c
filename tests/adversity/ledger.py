"""Who sent what, what became of it, and what the other end saw: the books that have to agree."""

from collections import Counter
from dataclasses import dataclass, field

from smppcore.errors import NotSent, OutcomeUnknown, Refused


@dataclass
class Ledger:
    """``submitted`` are the names of the messages that calls were made for; ``seen`` is what the other end got."""

    submitted: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    not_sent: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    other: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)

    def submit(self, name: str) -> None:
        assert name not in self.submitted
        self.submitted.add(name)

    def ended(self, name: str, error: BaseException | None) -> None:
        """A call has ended: without an error, answered."""
        self.verdicts[name] += 1
        if error is None:
            self.answered.add(name)
        elif isinstance(error, Refused):
            self.refused.add(name)
        elif isinstance(error, NotSent):
            self.not_sent.add(name)
        elif isinstance(error, OutcomeUnknown):
            self.unknown.add(name)
        else:
            self.other.append(repr(error))

    def check_verdicts(self) -> None:
        """Every call has ended, each in exactly one verdict: true of every kind of adversity."""
        assert self.other == []
        assert set(self.verdicts) == self.submitted
        assert set(self.verdicts.values()) <= {1}
        each = [self.answered, self.refused, self.not_sent, self.unknown]
        assert sum(len(names) for names in each) == len(self.submitted)

    def check_truth(self) -> None:
        """What the verdicts say is so: true as long as the network tells no lies."""
        assert set(self.seen) <= self.submitted
        assert set(self.seen.values()) <= {1}
        assert self.answered <= set(self.seen)
        assert self.refused <= set(self.seen)
        assert self.not_sent.isdisjoint(self.seen)

    def __str__(self) -> str:
        return (
            f"{len(self.submitted)} submitted = {len(self.answered)} answered + {len(self.refused)} refused"
            f" + {len(self.not_sent)} not sent + {len(self.unknown)} unknown"
            f" ({len(self.unknown & set(self.seen))} of them seen)"
        )
