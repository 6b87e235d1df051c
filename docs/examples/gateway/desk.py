"""Where messages and events are kept: what the rest of the gateway asks of SQLite or Redis, and no more.

Each operation is atomic, and what it has changed survives the process once it has returned. A message never changes
without the event that tells of it, so that no webhook is lost between the two.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.event import Event
from gateway.message import Message


class Desk(Protocol):
    """Shared by all processes of one gateway. What fails raises an error of the database."""

    async def open(self) -> None:
        """Make it ready; what was kept is there."""

    async def close(self) -> None:
        """Let go of it."""

    # -- messages

    async def accept(self, message: Message) -> Message:
        """Keep a new message; or, where there is one with the same reference, return that and keep nothing."""

    async def message(self, message_id: str) -> Message | None:
        """The message with this id."""

    async def claim(self, owner: str, lanes: Sequence[str], most: int) -> list[Message]:
        """Queued messages for this process to send, the oldest of the first lane first. Each goes to one process."""

    async def update(self, message_id: str, change: Callable[[Message], Message]) -> Message | None:
        """Change a message, and keep the event that tells of it. ``change`` may be called more than once."""

    async def sending(self) -> list[Message]:
        """All that are being sent at the moment, by whichever process."""

    async def beat(self, owner: str, seconds: float) -> set[str]:
        """This process is alive for the next ``seconds``; returns all that are."""

    # -- events for the webhook

    async def tell(self, event: Event) -> None:
        """Keep an event until it is delivered."""

    async def take(self, most: int, lease: float) -> list[Event]:
        """Events to deliver now, of each subject the first; they come again after ``lease`` seconds if nothing is heard
        of them."""

    async def delivered(self, event: Event) -> None:
        """The webhook has it."""

    async def postpone(self, event: Event, seconds: float) -> None:
        """It failed: try it again, after so many seconds."""

    async def bury(self, event: Event) -> None:
        """It failed once too often: set it apart for people to look at, and go on with the next of its subject."""

    async def dead(self, most: int = 100) -> list[Event]:
        """Those that were set apart, the latest first."""

    # -- for the operator

    async def counts(self) -> dict[str, int]:
        """How many messages are queued and being sent, how many events wait and are dead."""

    async def forget(self, seconds: float) -> None:
        """Drop messages that nothing has happened to for so long, and their references."""
