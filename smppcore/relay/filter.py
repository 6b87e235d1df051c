"""What a relay does with octets: the contract between it and whoever decides.

A filter is pure: time comes in as an argument, chance as a seeded ``random.Random``, and what it wants done comes out
as a list of actions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Write:
    """Pass these octets on."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class End:
    """No octet will follow in this direction: the sink is told so (half-close)."""


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection in both directions at once.

    Octets written before arrive as far as the system has room for them; what filters keep is lost. With ``reset`` both
    sides see a reset connection (RST), else an ordinary end (FIN).
    """

    reason: str = "cut"
    reset: bool = False


Action = Write | End | Cut


class Filter:
    """What becomes of the octets of one direction of one connection. This one passes everything on as it is.

    Subclasses override what they need. The contract:

    * ``feed`` gets octets in the order in which they arrived, ``end`` is called once when no more will come, also if
      the source was lost; neither is called after a Cut. Each returns what is to be done now, in that order.
    * What is kept for a time counts in ``held``, and comes out of ``tick`` at ``next_deadline``: while ``held`` is
      above 0, the deadline is finite. Reading stops while ``held`` is above the relay's limit. Octets that wait for
      more octets, such as the beginning of a PDU, do not count; a filter bounds them by itself.
    * ``end`` is passed on as End, after everything held.
    * ``now`` is in seconds from any clock that does not go back; ``tick`` may be called too early.
    """

    @property
    def held(self) -> int:
        """Octets that wait for a time to come."""
        return 0

    def feed(self, octets: bytes, now: float) -> list[Action]:
        """These octets have arrived."""
        return [Write(octets)]

    def end(self, now: float) -> list[Action]:
        """No more octets will arrive."""
        return [End()]

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        return []

    def next_deadline(self) -> float:
        """When tick has something to do; infinite if there is no such time."""
        return NEVER


class Chain(Filter):
    """Several filters, one behind the other: what the first passes on, the second gets.

    A Cut is not passed through the filters behind: what they hold is lost.
    """

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._filters = tuple(filters)

    @property
    def held(self) -> int:
        return sum(each.held for each in self._filters)

    def feed(self, octets: bytes, now: float) -> list[Action]:
        return self._through([Write(octets)], 0, now)

    def end(self, now: float) -> list[Action]:
        return self._through([End()], 0, now)

    def tick(self, now: float) -> list[Action]:
        actions: list[Action] = []
        for place, each in enumerate(self._filters):
            if each.next_deadline() <= now:
                actions += self._through(each.tick(now), place + 1, now)
                if actions and isinstance(actions[-1], Cut):
                    break
        return actions

    def next_deadline(self) -> float:
        return min((each.next_deadline() for each in self._filters), default=NEVER)

    def _through(self, actions: list[Action], place: int, now: float) -> list[Action]:
        for each in self._filters[place:]:
            passed: list[Action] = []
            for action in actions:
                if isinstance(action, Write):
                    passed += each.feed(action.octets, now)
                elif isinstance(action, End):
                    passed += each.end(now)
                else:
                    passed.append(action)
                if passed and isinstance(passed[-1], Cut):
                    break
            actions = passed
        return actions
