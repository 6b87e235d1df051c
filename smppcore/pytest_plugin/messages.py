"""What a test asserts on: messages in the order in which they came, and what is said where they are not as expected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, SupportsIndex, cast, overload

from smppcore.pdu import SubmitSm
from smppcore.pytest_plugin.message import Message
from smppcore.reassembly import Reassembled, Reassembly

LISTED: Final = 20
"""Messages that an AssertionError shows."""


class Messages(Sequence[Message]):
    """Messages that do not change any more. ``situation`` is what an AssertionError adds: who is there, what is wrong.

    ``one``, ``all`` and ``none`` take the fields of Message as keywords: ``to="+393331234567"``, ``text="Hello"``,
    ``source="Shop"``, ``account=``, ``state="DELIVERED"`` and so on. A text is compared as a whole, a compiled regular
    expression is searched for. A number may have its + or not.
    """

    def __init__(self, messages: Iterable[Message] = (), situation: str = "") -> None:
        self._messages = tuple(messages)
        self._situation = situation

    @property
    def items(self) -> tuple[Message, ...]:
        return self._messages

    @property
    def situation(self) -> str:
        return self._situation

    @overload
    def __getitem__(self, index: SupportsIndex) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> "Messages": ...
    def __getitem__(self, index: SupportsIndex | slice) -> "Message | Messages":
        if isinstance(index, slice):
            return Messages(self.items[index], self.situation)
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.items)

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self))}]"

    def all(self, **wanted: object) -> "Messages":
        """Those that are as wanted, perhaps none. Raises TypeError for a field that a message has not."""
        Message.check(wanted)
        return Messages((each for each in self if not each.differences(wanted)), self.situation)

    def one(self, **wanted: object) -> Message:
        """The only one that is as wanted. Raises AssertionError, which lists what is there, for none or several."""
        __tracebackhide__ = True
        found = self.all(**wanted)
        if len(found) != 1:
            raise AssertionError(
                self.complaint(f"one message{described(wanted)} was expected, not {len(found)}", wanted)
            )
        return found[0]

    def none(self, **wanted: object) -> None:
        """Raises AssertionError, which lists them, where any is as wanted."""
        __tracebackhide__ = True
        found = self.all(**wanted)
        if found:
            raise AssertionError(found.complaint(f"no message{described(wanted)} was expected, not {len(found)}", {}))

    @property
    def joined(self) -> "Messages":
        """Long messages as one each, where they were complete; a part whose others are missing stays a part.

        Such a message has the fields of its first part, and the text of all.
        """
        reassembly = Reassembly(remember=0)
        by_request = {id(each.request): each for each in self}
        found = [one for each in self for one in reassembly.add(each.request, 0.0, each.account)]
        whole = [(_joined(one, by_request), one) for one in found + reassembly.drain()]
        places = {id(each.request): place for place, each in enumerate(self)}
        whole.sort(key=lambda each: min(places[id(pdu)] for pdu in each[1].pdus))
        return Messages((each for joined, _ in whole for each in joined), self.situation)

    def complaint(self, problem: str, wanted: Mapping[str, object]) -> str:
        """The problem, and what is there, each message with the fields that are not as wanted."""
        lines = [problem]
        lines.append(f"There are {len(self)}:" if self else "There are none.")
        for each in self[:LISTED]:
            differing = each.differences(wanted)
            lines.append(f"  {each!r}" + (f": {', '.join(differing)} differs" if differing else ""))
        if len(self) > LISTED:
            lines.append(f"  and {len(self) - LISTED} more")
        return "\n".join([*lines, self.situation] if self.situation else lines)


def described(wanted: Mapping[str, object]) -> str:
    """What was asked for, as it is written in the call."""
    return f" with {', '.join(f'{name}={value!r}' for name, value in wanted.items())}" if wanted else ""


def _joined(whole: Reassembled, by_request: Mapping[int, Message]) -> list[Message]:
    parts = [by_request[id(pdu)] for pdu in whole.pdus]
    if whole.missing or len(parts) == 1:
        return parts
    request = replace(cast(SubmitSm, whole.pdus[0]), short_message=whole.octets)
    return [replace(parts[0], text=whole.text, parts=len(parts), request=request)]
