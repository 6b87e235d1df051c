"""Finding the message a receipt is about when its id is written in another way (SMPP 3.4 § 5.2.23, 2.11, Appendix B).

The specification calls message ids opaque, yet many SMSCs answer submit_sm with a hexadecimal number and write it in
decimal in the receipt, or the other way round, or drop leading zeros, or change the case of letters.  The rules, named
from the response to the receipt, in the order in which they are tried:

==================  ===============================  =====================
rule                in submit_sm_resp                in the receipt
==================  ===============================  =====================
equal               34f0ac1b-a11d                    34f0ac1b-a11d
case                1101C1-C9D03D                    1101c1-c9d03d
zeros               00B8BE19                         b8be19
hex_to_decimal      39f99dd5                         0972660181
decimal_to_hex      281605133                        10C8F40D
==================  ===============================  =====================

Outstanding ids are stored once, under `index_key`; `candidates` says which keys a receipt asks for.  Whoever keeps them
(a dict, SQLite, Redis) fetches the rows for those keys in one go and hands them to `MessageIdMatcher`, which decides.
Numbers have any size, as long as the id has at most 256 characters; longer ones are compared as text only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

__all__ = ["RULES", "Match", "MessageIdMatcher", "Outstanding", "Rule", "candidates", "index_key"]

Rule: TypeAlias = Literal["equal", "case", "zeros", "hex_to_decimal", "decimal_to_hex"]

RULES: Final[tuple[Rule, ...]] = get_args(Rule)
"""All rules, in the order in which they are tried."""

# Bounds the work and the keys that one hostile id can cause; the field allows 64 characters, practice a few more.
_DECIMAL: Final = re.compile(r"[0-9]{1,256}")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{1,256}")
# Fewer common final digits than this say nothing: numbers of one operator differ only there.
_NATIONAL_DIGITS: Final = 7
_NOT_IN_ADDRESS: Final = re.compile(r"[^0-9a-z]")


class Outstanding(NamedTuple):
    """A message that waits for its receipt: its id as the SMSC spelled it, and where it went."""

    message_id: str
    destination: str


class Match(NamedTuple):
    """What a receipt is about, and the rule that said so."""

    message: Outstanding
    rule: Rule


def index_key(message_id: str) -> str:
    """The key under which to store an outstanding id: lower case, no leading zeros; "" only for no id at all."""
    return message_id.lower().lstrip("0") or message_id[:1]


def candidates(message_id: str) -> list[tuple[Rule, str]]:
    """The spellings an id may have had in the response, given the one in the receipt, in the order of `RULES`.

    The spelling is normalised as far as its rule allows: exact for "equal", lower case for "case", an `index_key` for
    the rest.  Rules that cannot apply (a hexadecimal reading of a UUID) are left out.  Empty for an empty id.
    """
    return [(rule, spelling) for rule in RULES if (spelling := _spelling(rule, message_id))]


class MessageIdMatcher:
    """Chooses, for one link, the outstanding message that a receipt is about.

    *pinned* names the rule of a link whose habit is known: then no other rule is tried.  Otherwise ``learned``, the
    rule with the most hits so far, is tried first, so that an id which could be read in two ways is read in the usual
    one.  Any rule but "equal" or a pinned one must find exactly one message, and its destination must agree.
    """

    __slots__ = ("_hits", "learned", "pinned")

    def __init__(self, *, pinned: Rule | None = None) -> None:
        if pinned is not None and pinned not in RULES:
            raise ValueError(f"unknown rule {pinned!r}, must be one of {', '.join(RULES)}")
        self.pinned = pinned
        self.learned: Rule = "equal"
        self._hits: dict[Rule, int] = dict.fromkeys(RULES, 0)

    def match(self, message_id: str, destination: str, index: Mapping[str, Collection[Outstanding]]) -> Match | None:
        """The message for a receipt with *message_id* from *destination* (its source address), or None.

        *index* maps an `index_key` to the outstanding messages stored under it.  Only the `index_key` of each of the
        `candidates` is asked for, so the cost does not grow with the number of messages.  Several destinations under
        one id (submit_multi) are told apart by the destination.  None when nothing fits, or two fit alike.
        """
        if self.pinned is not None:
            return _only(self.pinned, _found(self.pinned, message_id, index), destination)
        match = self._usual(message_id, destination, index) or _unusual(message_id, destination, index)
        if match is not None:
            self._learn(match.rule)
            return match
        # The SMSC may mask the number or write it in a way of its own: an equal id is enough when it is the only one.
        return _only("equal", _found("equal", message_id, index), destination)

    def _usual(self, message_id: str, destination: str, index: Mapping[str, Collection[Outstanding]]) -> Match | None:
        for rule in (self.learned, RULES[0]):
            messages = _agreeing(_found(rule, message_id, index), destination)
            if len(messages) == 1:
                return Match(messages[0], rule)
        return None

    def _learn(self, rule: Rule) -> None:
        self._hits[rule] += 1
        if self._hits[rule] > self._hits[self.learned]:
            self.learned = rule


def _spelling(rule: Rule, message_id: str) -> str | None:
    """How the response spelled *message_id* under *rule*, None if it cannot be read that way."""
    if rule == "equal":
        return message_id
    if rule == "case":
        return message_id.lower()
    if rule == "zeros":
        return index_key(message_id)
    if rule == "hex_to_decimal":
        return f"{int(message_id):x}" if _DECIMAL.fullmatch(message_id) else None
    return str(int(message_id, 16)) if _HEX.fullmatch(message_id) else None


def _found(rule: Rule, message_id: str, index: Mapping[str, Collection[Outstanding]]) -> list[Outstanding]:
    """The outstanding messages that *message_id* means under *rule*."""
    wanted = _spelling(rule, message_id)
    if not wanted:
        return []
    # The key folds more than the stricter rules allow, and nothing that the others tell apart.
    held = index.get(index_key(wanted), ())
    if rule == "equal":
        return [message for message in held if message.message_id == wanted]
    if rule == "case":
        return [message for message in held if message.message_id.lower() == wanted]
    return list(held)


def _unusual(message_id: str, destination: str, index: Mapping[str, Collection[Outstanding]]) -> Match | None:
    """The one message that any rule leads to; two rules that lead to two messages prove nothing."""
    agreeing = {rule: _agreeing(_found(rule, message_id, index), destination) for rule in RULES}
    messages = {message for found in agreeing.values() for message in found}
    if len(messages) != 1:
        return None
    message = messages.pop()
    return Match(message, next(rule for rule, found in agreeing.items() if message in found))


def _only(rule: Rule, messages: list[Outstanding], destination: str) -> Match | None:
    if len(messages) != 1:
        messages = _agreeing(messages, destination)
    return Match(messages[0], rule) if len(messages) == 1 else None


def _agreeing(messages: list[Outstanding], destination: str) -> list[Outstanding]:
    same = [message for message in messages if message.destination == destination]
    return same or [message for message in messages if _agree(message.destination, destination)]


def _agree(sent: str, received: str) -> bool:
    """Whether two addresses may be one: equal without +, formatting and leading zeros, or one the end of the other.

    The second is what national and international form have in common, and needs seven characters to count.
    """
    short, long = sorted((_bare(sent), _bare(received)), key=len)
    return bool(short) and (short == long or (len(short) >= _NATIONAL_DIGITS and long.endswith(short)))


def _bare(address: str) -> str:
    return _NOT_IN_ADDRESS.sub("", address.lower()).lstrip("0")
