"""Which of the messages that wait is a receipt about: the rules of message_id.py on the records of a store."""

from collections.abc import Iterable
from typing import NamedTuple

from smppcore.correlation.receipted import Arrival
from smppcore.correlation.tracked import Entry
from smppcore.message_id import MessageIdMatcher, Outstanding, Rule, candidates, index_key
from smppcore.store import Record


class Found(NamedTuple):
    """The record of a message, what is in it, and the rule that led to it."""

    record: Record
    entry: Entry
    rule: Rule


class Matching:
    """For one link: learns how its SMSC writes message ids, unless ``rule`` says it."""

    def __init__(self, rule: Rule | None) -> None:
        self._rule = rule
        self._matcher = MessageIdMatcher(pinned=rule)

    def keys(self, message_id: str) -> tuple[str, ...]:
        """Under which keys the message of a receipt may stand; none for an empty id."""
        spellings = [index_key(spelling) for rule, spelling in candidates(message_id) if self._rule in (None, rule)]
        return tuple(dict.fromkeys(spellings))

    def choose(self, arrival: Arrival, records: Iterable[Record]) -> Found | None:
        """The message of a receipt, None where none fits or two fit alike.

        An SMSC that begins its numbers anew gives an id to a second message while the first is remembered: of two with
        the same id and destination the receipt belongs to the one that still waits, and to the later one of those.
        """
        held: dict[Outstanding, tuple[Record, Entry]] = {}
        for record in records:
            entry = Entry.read(record.data)
            outstanding = Outstanding(entry.message.message_id, entry.message.destination)
            if outstanding not in held or not entry.closed or held[outstanding][1].closed:
                held[outstanding] = (record, entry)
        index: dict[str, list[Outstanding]] = {}
        for outstanding in held:
            index.setdefault(index_key(outstanding.message_id), []).append(outstanding)
        match = self._matcher.match(arrival.message_id, arrival.source, index)
        if match is not None:
            return Found(*held[match.message], match.rule)
        lists = [each for each in held if held[each][1].message.is_list and each.message_id == arrival.message_id]
        return Found(*held[lists[0]], "equal") if len(lists) == 1 else None
