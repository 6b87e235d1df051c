"""Filters that treat PDUs badly: they see whole ones, and let the beginning of one wait for the rest.

Octets that are no PDUs, and all that follow them, are passed on as they are. Withhold and Reorder are harmless to the
truth: every PDU that arrives was sent, and no request is lost, doubled or overtaken by another. Duplicate is not.
"""

from random import Random
from typing import Final

from smppcore.constants import RESPONSE_BIT, CommandId
from smppcore.framing import Frame, Framer
from smppcore.relay import NEVER, Action, End, Filter, Write
from smppcore.testing.octet_filters import LONGEST_PDU, Tally

SPARED: Final = frozenset(
    {
        CommandId.BIND_RECEIVER_RESP,
        CommandId.BIND_TRANSMITTER_RESP,
        CommandId.BIND_TRANSCEIVER_RESP,
        CommandId.UNBIND_RESP,
        CommandId.ENQUIRE_LINK_RESP,
    }
)
"""The responses that keep a connection alive; withholding one of them ends it."""


class Pdus(Filter):
    """Base of filters that decide on whole PDUs: subclasses override ``pdu``, and ``release`` if they keep any."""

    def __init__(self, random: Random, tally: Tally) -> None:
        self.random = random
        self.tally = tally
        self._framer = Framer(LONGEST_PDU)

    def pdu(self, frame: Frame, now: float) -> list[Action]:
        """A whole PDU has arrived."""
        return [Write(frame[0])]

    def release(self) -> list[Action]:
        """Everything that is kept, because no PDU will follow."""
        return []

    def feed(self, octets: bytes, now: float) -> list[Action]:
        framer = self._framer
        if framer.fault is not None:
            return [Write(octets)]
        actions: list[Action] = []
        for frame in framer.feed(octets):
            actions += self.pdu(frame, now)
        if framer.fault is not None:
            actions += [*self.release(), Write(framer.tail)]
        return actions

    def end(self, now: float) -> list[Action]:
        actions = self.release()
        if self._framer.tail and self._framer.fault is None:
            actions.append(Write(self._framer.tail))
        return [*actions, End()]


class Withhold(Pdus):
    """Never delivers a response, with ``chance`` for each whose command_id is not ``spared``."""

    def __init__(self, chance: float, spared: frozenset[int], random: Random, tally: Tally) -> None:
        super().__init__(random, tally)
        self._chance = chance
        self._spared = spared

    def pdu(self, frame: Frame, now: float) -> list[Action]:
        octets, command_id, _, _ = frame
        if _is_response(command_id) and command_id not in self._spared and self.random.random() < self._chance:
            self.tally["withhold"] += 1
            return []
        return [Write(octets)]


class Reorder(Pdus):
    """Lets a response, with ``chance``, be overtaken by 1 to ``depth`` PDUs, but wait no longer than ``seconds``."""

    def __init__(
        self, chance: float, depth: int, seconds: float, spared: frozenset[int], random: Random, tally: Tally
    ) -> None:
        super().__init__(random, tally)
        self._chance = chance
        self._depth = depth
        self._seconds = seconds
        self._spared = spared
        self._aside: list[_Aside] = []

    @property
    def held(self) -> int:
        return sum(len(each.octets) for each in self._aside)

    def pdu(self, frame: Frame, now: float) -> list[Action]:
        octets, command_id, _, _ = frame
        if _is_response(command_id) and command_id not in self._spared and self.random.random() < self._chance:
            self.tally["reorder"] += 1
            self._aside.append(_Aside(octets, self.random.randint(1, self._depth), now + self._seconds))
            return []
        for each in self._aside:
            each.overtakers -= 1
        return [Write(octets), *self._let_go(now)]

    def tick(self, now: float) -> list[Action]:
        return self._let_go(now)

    def next_deadline(self) -> float:
        return self._aside[0].deadline if self._aside else NEVER

    def release(self) -> list[Action]:
        aside, self._aside = self._aside, []
        return [Write(each.octets) for each in aside]

    def _let_go(self, now: float) -> list[Action]:
        due = [each for each in self._aside if each.overtakers <= 0 or each.deadline <= now]
        if due:
            self._aside = [each for each in self._aside if each not in due]
        return [Write(each.octets) for each in due]


class _Aside:
    """A response that was put aside."""

    __slots__ = ("deadline", "octets", "overtakers")

    def __init__(self, octets: bytes, overtakers: int, deadline: float) -> None:
        self.octets = octets
        self.overtakers = overtakers
        self.deadline = deadline


class Duplicate(Pdus):
    """Delivers a PDU twice, with ``chance`` for each, requests as well. Not harmless."""

    def __init__(self, chance: float, random: Random, tally: Tally) -> None:
        super().__init__(random, tally)
        self._chance = chance

    def pdu(self, frame: Frame, now: float) -> list[Action]:
        if self.random.random() >= self._chance:
            return [Write(frame[0])]
        self.tally["duplicate"] += 1
        return [Write(frame[0]), Write(frame[0])]


def _is_response(command_id: int) -> bool:
    return command_id & RESPONSE_BIT != 0
