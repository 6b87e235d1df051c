"""Whether a refused message is tried again, and when. Pure: chance comes in as an argument."""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from smppcore.constants import CommandStatus
from smppcore.errors import OutcomeUnknown, Refused

TEMPORARY: Final = frozenset(
    {int(CommandStatus.ESME_RTHROTTLED), int(CommandStatus.ESME_RMSGQFUL), int(CommandStatus.ESME_RX_T_APPN)}
)
"""The statuses that mean "later". Carriers use others as well, so the set is a setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A policy, asked for by whoever sends: nothing is ever tried again without one.

    ``tries`` bounds the attempts in all, ``total`` the seconds from the first attempt to the last. Between two attempts
    ``first`` seconds pass, doubled each time up to ``longest``, spread over the upper half. ``statuses`` are those that
    are worth another attempt. ``unknown`` also sends again what has an unknown outcome, which may double a message.
    """

    tries: int = 5
    total: float = 300.0
    first: float = 1.0
    longest: float = 30.0
    statuses: frozenset[int] = field(default=TEMPORARY)
    unknown: bool = False

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError(f"tries: {self.tries} is below 1")
        if not 0 < self.first <= self.longest:
            raise ValueError(f"first: {self.first} is not between 0 and longest: {self.longest}")

    def covers(self, error: Refused | OutcomeUnknown) -> bool:
        """Whether a verdict like this is worth another attempt."""
        return error.status in self.statuses if isinstance(error, Refused) else self.unknown

    def delay(self, attempt: int, elapsed: float, random: Random) -> float | None:
        """Seconds to the next attempt after ``attempt`` of them, ``elapsed`` seconds after the first; None: give up."""
        if attempt >= self.tries:
            return None
        wait = min(self.longest, self.first * 2.0 ** min(attempt - 1, 32)) * (0.5 + random.random() / 2)
        return wait if elapsed + wait <= self.total else None
