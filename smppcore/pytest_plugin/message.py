"""A message as a test looks at it: a copy that does not change any more."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from smppcore.constants import MessageState
from smppcore.message import text_of
from smppcore.pdu import SubmitSm
from smppcore.simulator.life_cycle import StoredMessage

SHOWN: Final = 60
"""Characters of a text, and octets of a binary message, that the repr shows."""


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One message that the simulator has taken, as it was when it was looked at.

    ``source`` and ``to`` are the addresses as they were submitted, without TON and NPI. ``text`` is None where the
    message is binary. Times are in seconds since 1970; ``finished`` is None while ``state`` is not final. ``parts`` is
    how many segments it was joined from. ``request`` is the submit_sm, or one with the fields of the data_sm or
    submit_multi; its short_message has the octets of a message_payload as well.
    """

    message_id: str
    account: str
    source: str
    to: str
    text: str | None
    state: MessageState
    registered_delivery: int
    data_coding: int
    esm_class: int
    service_type: str
    reference: int | None
    submitted: float
    finished: float | None
    parts: int = 1
    request: SubmitSm = field(default_factory=SubmitSm, compare=False)

    @classmethod
    def of(cls, stored: StoredMessage, default: str = "gsm0338") -> "Message":
        """A copy of what the simulator keeps; ``default`` is what data_coding 0 means."""
        request = replace(stored.request)
        return cls(
            message_id=stored.message_id,
            account=stored.account,
            source=request.source_addr,
            to=request.destination_addr,
            text=text_of(request, default=default),
            state=MessageState(stored.state),
            registered_delivery=request.registered_delivery,
            data_coding=request.data_coding,
            esm_class=request.esm_class,
            service_type=request.service_type,
            reference=stored.reference,
            submitted=stored.submitted,
            finished=None if stored.pending else stored.finished,
            request=request,
        )

    @staticmethod
    def check(wanted: Mapping[str, object]) -> None:
        """Raises TypeError for a field that a message has not, even where there are no messages to compare."""
        unknown = [name for name in wanted if name not in FIELDS]
        if unknown:
            raise TypeError(f"a message has no {unknown[0]}; it has {', '.join(FIELDS)}")

    def differences(self, wanted: Mapping[str, object]) -> list[str]:
        """The names of the fields that are not as wanted."""
        return [name for name, value in wanted.items() if not _fits(name, getattr(self, name), value)]

    def __repr__(self) -> str:
        octets = self.request.short_message
        content = _cut(self.text) if self.text is not None else f"{len(octets)} octets {octets[:SHOWN].hex()}"
        parts = f", {self.parts} parts" if self.parts > 1 else ""
        return (
            f"<Message {content} to {self.to or 'nobody'} from {self.source or 'nobody'}, account {self.account}, "
            f"{self.state.name}, id {self.message_id}{parts}>"
        )


FIELDS: Final = tuple(each.name for each in fields(Message))


def _cut(text: str) -> str:
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}... ({len(text)} characters)"


def _fits(name: str, value: Any, wanted: object) -> bool:
    """Equal, or found by a compiled regular expression. A number may be written with its +, a state as its name."""
    if isinstance(wanted, re.Pattern):
        return isinstance(value, str) and wanted.search(value) is not None
    if name in ("to", "source") and isinstance(wanted, str):
        return bool(value.removeprefix("+") == wanted.removeprefix("+"))
    if name == "state" and isinstance(wanted, str):
        return bool(value.name == wanted.upper())
    return bool(value == wanted)
