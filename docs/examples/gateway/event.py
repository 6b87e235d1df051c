"""Something that a webhook is told: a message has another state, or one has come in."""

import json
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self

from gateway.message import Message, State

REPORTED: Final = frozenset(State) - {State.QUEUED, State.SENDING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``id`` is the idempotency key: the same whenever and from whichever process it is delivered.

    Events of one ``subject`` are delivered in their order. ``tries`` and ``error`` tell of deliveries that failed.
    """

    id: str
    subject: str
    body: dict[str, Any]
    created: float = field(default_factory=time.time)
    tries: int = 0
    error: str = ""

    def failed(self, error: str) -> Self:
        """It could not be delivered."""
        return replace(self, tries=self.tries + 1, error=error)

    def write(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """From that JSON."""
        return cls(**json.loads(text))


def write_message(message: Message) -> str:
    """A message as JSON, for a desk and for those who ask."""
    return json.dumps(asdict(message))


def read_message(text: str | bytes) -> Message:
    """From that JSON."""
    fields = json.loads(text)
    lists = {"parts": tuple(map(State, fields["parts"])), "message_ids": tuple(fields["message_ids"])}
    return Message(**{**fields, **lists, "state": State(fields["state"])})


def reported(old: Message, new: Message) -> tuple[Message, Event | None]:
    """What is to be kept of a message that changes, and what is to be told of it, if anything is."""
    if new.state is old.state or new.state not in REPORTED:
        return new, None
    new = replace(new, reports=new.reports + 1)
    body = {
        "type": "message",
        "id": new.id,
        "reference": new.reference,
        "to": new.to,
        "state": new.state,
        "parts": list(new.parts),
        "message_ids": list(new.message_ids),
        "reason": new.reason,
        "time": time.time(),
    }
    return new, Event(id=f"{new.id}-{new.reports}", subject=new.id, body=body)
