"""The shortest way to say how a simulator behaves: five values, without rules or faults. Config has the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from smppcore.simulator.config import AccountConfig, Config, ListenerConfig
from smppcore.simulator.delays import LONGEST_DELAY, Fixed

DEFAULT_ACCOUNTS: Final = {"smppclient1": "password"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a simulator behaves.

    ``accounts``: system_id to password; nobody else may bind. ``receipt_delay``: seconds from a message to its final
    state. ``capacity``: how many messages are kept for query_sm and the like; beyond it the oldest that are done with
    are forgotten, and while none is, submit_sm is answered ESME_RMSGQFUL. ``window``: receipts in flight per ESME.
    """

    accounts: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_ACCOUNTS))
    receipt_delay: float = 0.1
    capacity: int = 50_000
    window: int = 100
    system_id: str = "smppcore"

    def __post_init__(self) -> None:
        if not 0 <= self.receipt_delay <= LONGEST_DELAY:
            raise ValueError(f"receipt_delay: {self.receipt_delay} s is not between 0 and {LONGEST_DELAY:.0f} s")
        if self.capacity < 1:
            raise ValueError(f"capacity: {self.capacity} is below 1")
        if self.window < 1:
            raise ValueError(f"window: {self.window} is below 1")
        if len(self.system_id) > 15 or not self.system_id.isascii() or "\0" in self.system_id:
            raise ValueError(f"system_id: {self.system_id!r} is not at most 15 ASCII characters")

    def config(self) -> Config:
        """The Config that says the same, with a listener on loopback at any free port."""
        accounts = {name: AccountConfig(system_id=name, password=word) for name, word in self.accounts.items()}
        return Config(
            accounts=accounts,
            delay=Fixed(self.receipt_delay),
            capacity=self.capacity,
            window=self.window,
            system_id=self.system_id,
            listeners=(ListenerConfig(port=0),),
        )
