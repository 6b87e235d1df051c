"""Who is in: what the guard and the accounts say to a bind, and how much each account uses at present.

Pure: time comes in as an argument. Accounts without limits are not kept here at all.
"""

from dataclasses import dataclass
from typing import Any, Final

from smppcore.account import Account
from smppcore.constants import CommandId
from smppcore.guard import Guard, GuardSettings, Refusal
from smppcore.pdu import Bind, Request
from smppcore.session import Session
from smppcore.state import BOUND
from smppcore.throttle import Throttle, segments

MESSAGES: Final = frozenset({CommandId.SUBMIT_SM, CommandId.SUBMIT_MULTI, CommandId.DATA_SM, CommandId.BROADCAST_SM})
"""What the rate of an account counts. Its window counts every request."""
SWEEP_FROM: Final = 1_000
_UNLIMITED: Final = Account()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUsage:
    """What an account uses at present: ``binds``, ``unanswered`` requests of all of them, and its ``rate`` in messages
    per second over the last second, which is None where it has no limits and is not measured."""

    binds: int
    unanswered: int
    rate: float | None


class AccountLoad:
    """What an account with limits uses, over all its binds."""

    __slots__ = ("_before", "_count", "_second", "account", "sessions", "throttle", "unanswered")

    def __init__(self, account: Account, now: float) -> None:
        self.sessions: set[Session] = set()
        self.unanswered = 0
        self._second, self._count, self._before = int(now), 0, 0
        self.limit(account, now)

    def limit(self, account: Account, now: float) -> None:
        """From now on these limits count."""
        self.account = account
        self.throttle = None if account.throttle is None else Throttle(account.throttle, now)

    @property
    def binds(self) -> int:
        """How many of its sessions are bound; one that unbinds counts no more, though its connection is still there."""
        return sum(session.state in BOUND for session in self.sessions)

    def take(self, pdu: Request[Any], now: float) -> Refusal | None:
        """Which limit a request passes, None if none; a message then counts for the rate.

        It is one of those in ``unanswered`` by now, refused or not.
        """
        window = self.account.window
        if window is not None and self.unanswered > window:
            return Refusal.WINDOW
        if pdu.command_id not in MESSAGES:
            return None
        cost = segments(pdu)
        if self.throttle is not None and not self.throttle.take(now, cost):
            return Refusal.RATE
        self._measure(now)
        self._count += cost
        return None

    def rate(self, now: float) -> float:
        """Messages per second: those of this second, and the part of those of the second before that is still near."""
        self._measure(now)
        return self._count + self._before * (1 - now % 1)

    def idle(self, now: float) -> bool:
        """Whether nothing would be lost with it: nobody is bound, and a new throttle would allow no more."""
        throttle = self.throttle
        rested = throttle is None or throttle.next_free(now, int(throttle.settings.burst) + 1) <= now
        return rested and not self.sessions

    def _measure(self, now: float) -> None:
        second = int(now)
        if second != self._second:
            self._before = self._count if second == self._second + 1 else 0
            self._second, self._count = second, 0


class Admission:
    """Lets connections and binds of one Smsc in, and keeps the account of it."""

    __slots__ = ("_loads", "_sweep_at", "guard")

    def __init__(self, settings: GuardSettings) -> None:
        self.guard = Guard(settings)
        self._loads: dict[str, AccountLoad] = {}
        self._sweep_at = SWEEP_FROM

    def refusal(self, bind: Bind[Any], account: Account | None, host: str) -> Refusal | None:
        """Why a bind that has the right password is refused all the same, None if it is good."""
        reason = account.refusal(bind, host) if account is not None else None
        if reason is not None:
            return reason
        most, load = self._most_binds(account), self._loads.get(bind.system_id)
        return Refusal.BINDS if most is not None and load is not None and load.binds >= most else None

    def enter(self, system_id: str, account: Account | None, session: Session, now: float) -> AccountLoad | None:
        """A session of this account is bound. Returns its load if it has limits; the latest bind says which.

        Binds that were made while the account had no limits at all stay free of them.
        """
        chosen = account or _UNLIMITED
        load = self._loads.get(system_id)
        if load is None:
            if not chosen.limited and self._most_binds(account) is None:
                return None
            self._sweep(now)
            load = self._loads[system_id] = AccountLoad(chosen, now)
        elif load.account != chosen:
            load.limit(chosen, now)
        load.sessions.add(session)
        return load

    def leave(self, system_id: str, session: Session, now: float) -> None:
        """The connection of a bound session is gone. The load stays until its throttle has rested, so that nobody sends
        more by binding again."""
        load = self._loads.get(system_id)
        if load is not None:
            load.sessions.discard(session)
            if load.idle(now):
                del self._loads[system_id]

    def load(self, system_id: str) -> AccountLoad | None:
        """What an account with limits uses, None for others."""
        return self._loads.get(system_id)

    def _most_binds(self, account: Account | None) -> int | None:
        own = account.binds if account is not None else None
        return self.guard.settings.binds if own is None else own

    def _sweep(self, now: float) -> None:
        """Forget who has left; each time that twice as many are kept as were left the last time."""
        if len(self._loads) >= self._sweep_at:
            self._loads = {name: load for name, load in self._loads.items() if not load.idle(now)}
            self._sweep_at = SWEEP_FROM + 2 * len(self._loads)
