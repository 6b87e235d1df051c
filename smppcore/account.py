"""Who may bind to an Smsc, as what, from where, and how much it may send."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from smppcore.constants import CommandId, CommandStatus
from smppcore.guard import Refusal
from smppcore.networks import Networks
from smppcore.pdu import Bind, Outbind
from smppcore.throttle import ThrottleSettings

MODES: Final = frozenset({"transmitter", "receiver", "transceiver"})
_MODE_OF: Final[dict[int, str]] = {
    CommandId.BIND_TRANSMITTER: "transmitter",
    CommandId.BIND_RECEIVER: "receiver",
    CommandId.BIND_TRANSCEIVER: "transceiver",
}

STATUS: Final[Mapping[Refusal, int]] = {
    Refusal.BIND_ATTEMPTS: CommandStatus.ESME_RTHROTTLED,
    Refusal.FAILED_BINDS: CommandStatus.ESME_RTHROTTLED,
    Refusal.AUTHENTICATION: CommandStatus.ESME_RBINDFAIL,
    Refusal.ACCOUNT_NETWORK: CommandStatus.ESME_RBINDFAIL,
    Refusal.MODE: CommandStatus.ESME_RBINDFAIL,
    Refusal.BINDS: CommandStatus.ESME_RALYBND,
    Refusal.WINDOW: CommandStatus.ESME_RTHROTTLED,
    Refusal.RATE: CommandStatus.ESME_RTHROTTLED,
}
"""What a refusal is answered with. Carriers answer ESME_RALYBND to one bind too many, and ESMEs wait longer after it:
the usual cause is an old session that the SMSC has not missed yet. ESME_RBINDFAIL does not tell what was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What one system_id may do; None means no limit.

    ``modes``: how it may bind. ``binds``: most binds at once. ``rate``: messages per second over all its binds, and
    ``burst``: how many at once after a pause, a second's worth where it is None; each destination of a submit_multi
    counts, and each 140 octets of message_payload. ``window``: most requests of all its binds that we have not answered
    yet. ``networks``: from where it may bind, such as ``("192.0.2.0/24",)``; from nowhere where it is empty. Without a
    ``password`` it is good only as what an authenticator returns. The password is not part of the repr.

    Raises ValueError for what cannot be.
    """

    password: str | None = field(default=None, repr=False)
    modes: frozenset[str] = MODES
    binds: int | None = None
    rate: float | None = None
    burst: float | None = None
    window: int | None = None
    networks: tuple[str, ...] | None = None
    allowed: Networks | None = field(init=False, repr=False, compare=False)
    throttle: ThrottleSettings | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.modes, str) or not set(self.modes) <= MODES:
            raise ValueError(f"modes: {self.modes!r} is no set of {', '.join(sorted(MODES))}")
        if self.binds is not None and self.binds < 1:
            raise ValueError(f"binds: {self.binds} is below 1")
        if self.window is not None and self.window < 1:
            raise ValueError(f"window: {self.window} is below 1")
        if self.burst is not None and self.rate is None:
            raise ValueError("burst: says nothing without a rate")
        object.__setattr__(self, "allowed", None if self.networks is None else Networks(self.networks))
        object.__setattr__(self, "throttle", self._throttle())

    def _throttle(self) -> ThrottleSettings | None:
        if self.rate is None:
            return None
        burst = max(1.0, self.rate) if self.burst is None else self.burst
        return ThrottleSettings(rate=self.rate, burst=burst, adaptive=False)

    @property
    def limited(self) -> bool:
        """Whether its requests are counted: it has a rate or a window."""
        return self.rate is not None or self.window is not None

    def refusal(self, bind: Bind[Any], host: str) -> Refusal | None:
        """Why it may not bind like this from there, None if it may."""
        if self.allowed is not None and host not in self.allowed:
            return Refusal.ACCOUNT_NETWORK
        if _MODE_OF[bind.command_id] not in self.modes:
            return Refusal.MODE
        return None


class Accounts:
    """The plainest authenticator: system_id to password or Account.

    Passwords are compared by their keyed digests, all of one length, in constant time; a system_id that nobody has
    takes as long as a wrong password. Raises ValueError for an Account without a password.
    """

    def __init__(self, accounts: Mapping[str, str | Account]) -> None:
        self._accounts = {
            name: each if isinstance(each, Account) else Account(password=each) for name, each in accounts.items()
        }
        self._key = secrets.token_bytes(32)
        self._nobody = secrets.token_bytes(32)
        self._digests = {name: self._digest(each.password) for name, each in self._accounts.items()}

    def __call__(self, peer: object, bind: Bind[Any] | Outbind) -> Account | bool:
        known = self._digests.get(bind.system_id, self._nobody)
        if hmac.compare_digest(known, self._digest(bind.password)):
            return self._accounts.get(bind.system_id, False)
        return False

    def __repr__(self) -> str:
        return f"<Accounts, {len(self._accounts)} of them>"

    def _digest(self, password: str | None) -> bytes:
        if password is None:
            raise ValueError("an Account without a password lets nobody in")
        return hmac.digest(self._key, password.encode(), "sha256")
