"""What bad networks and carriers do to a connection, as a value, and the proxy that does it."""

from collections import Counter
from dataclasses import dataclass
from random import Random

from smppcore.relay import Chain, Filter, Passage, Relay
from smppcore.testing.octet_filters import CutAfter, Delay, Garble, Split, Stall, Tally
from smppcore.testing.pdu_filters import SPARED, Duplicate, Reorder, Withhold

Range = int | tuple[int, int]
"""A number, or the least and the greatest between which chance chooses one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adversity:
    """What happens to one direction of a connection; nothing happens that is not asked for.

    The first kind leaves the truth intact: what arrives was sent, no request is doubled.

    * ``split``: octets arrive in pieces of 1 to so many, ``split_gap`` seconds apart (0: one per turn of the loop).
    * ``delay``: whatever is written takes up to so many seconds, in its order.
    * ``stall``: the chance (0 to 1) for each write that nothing arrives for ``stall_seconds`` from then on.
    * ``reorder``: the chance for each response that 1 to ``reorder_depth`` PDUs overtake it; after ``reorder_seconds``
      it arrives in any case. Requests keep their order.
    * ``withhold``: the chance for each response that it never arrives.
    * ``cut_after``, ``cut_after_pdus``: the connection is cut when exactly so many octets, or PDUs, have arrived. A
      pair is a range to choose from for each connection. With ``cut_reset`` it is reset (RST), else closed (FIN).

    The second kind does not: ``duplicate`` is the chance for each PDU that it arrives twice, ``garble`` the chance for
    each octet that it is changed. ``spared`` are the command_ids of responses that are neither reordered nor withheld.
    """

    split: int = 0
    split_gap: float = 0.0
    delay: float = 0.0
    stall: float = 0.0
    stall_seconds: float = 0.5
    reorder: float = 0.0
    reorder_depth: int = 10
    reorder_seconds: float = 0.05
    withhold: float = 0.0
    cut_after: Range | None = None
    cut_after_pdus: Range | None = None
    cut_reset: bool = False
    duplicate: float = 0.0
    garble: float = 0.0
    spared: frozenset[int] = SPARED

    def __post_init__(self) -> None:
        for name in ("stall", "reorder", "withhold", "duplicate", "garble"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: {getattr(self, name)} is no chance between 0 and 1")
        for name in ("split", "split_gap", "delay", "stall_seconds", "reorder_seconds"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: {getattr(self, name)} is below 0")
        if self.reorder_depth < 1:
            raise ValueError(f"reorder_depth: {self.reorder_depth} is below 1")
        for name in ("cut_after", "cut_after_pdus"):
            _check_range(name, getattr(self, name))

    @property
    def truthful(self) -> bool:
        """Whether it is of the first kind only."""
        return not self.duplicate and not self.garble

    def filter(self, random: Random, tally: Tally) -> Filter:
        """The filter that does it: to whole PDUs first, then to octets; the cut comes last, at the receiver's end."""
        chain: list[Filter] = []
        if self.withhold:
            chain.append(Withhold(self.withhold, self.spared, random, tally))
        if self.duplicate:
            chain.append(Duplicate(self.duplicate, random, tally))
        if self.reorder:
            chain.append(Reorder(self.reorder, self.reorder_depth, self.reorder_seconds, self.spared, random, tally))
        if self.garble:
            chain.append(Garble(self.garble, random, tally))
        if self.delay:
            chain.append(Delay(self.delay, random, tally))
        if self.stall:
            chain.append(Stall(self.stall, self.stall_seconds, random, tally))
        if self.split:
            chain.append(Split(self.split, self.split_gap, random, tally))
        if self.cut_after is not None or self.cut_after_pdus is not None:
            octets, pdus = _choose(self.cut_after, random), _choose(self.cut_after_pdus, random)
            chain.append(CutAfter(octets, pdus, self.cut_reset, tally))
        return Chain(chain)


class AdversityProxy(Relay):
    """``async with AdversityProxy(smsc.port, Adversity(split=8), seed=1) as proxy:`` and connect to ``proxy.port``.

    ``adversity`` holds for both directions; ``to_smsc`` and ``to_esme`` name another one for what goes to the target or
    comes from it. They may be set at any time and hold for connections made from then on. What chance decides follows
    from ``seed`` and the number of the connection. ``tally`` counts what was done, by the names of Adversity's fields;
    ``cuts`` counts the connections that were cut, by adversity or by hand with ``cut``. Ends as a Relay does.
    """

    def __init__(
        self,
        target_port: int,
        adversity: Adversity | None = None,
        *,
        seed: int = 0,
        to_smsc: Adversity | None = None,
        to_esme: Adversity | None = None,
        target_host: str = "127.0.0.1",
        host: str = "127.0.0.1",
        port: int = 0,
        buffer: int = 64 * 1024,
        close_timeout: float = 5.0,
    ) -> None:
        super().__init__(
            target_host,
            target_port,
            host=host,
            port=port,
            filters=self._both,
            buffer=buffer,
            close_timeout=close_timeout,
        )
        both = adversity or Adversity()
        self.seed = seed
        self.to_smsc = to_smsc or both
        self.to_esme = to_esme or both
        self.tally: Tally = Counter()

    def calm(self) -> None:
        """Treat connections made from now on well."""
        self.to_smsc = self.to_esme = Adversity()

    def _both(self, passage: Passage) -> tuple[Filter, Filter]:
        return (
            self.to_smsc.filter(self._random(passage, "to the SMSC"), self.tally),
            self.to_esme.filter(self._random(passage, "to the ESME"), self.tally),
        )

    def _random(self, passage: Passage, direction: str) -> Random:
        return Random(f"{self.seed}, connection {passage.number} {direction}")  # noqa: S311  # to be repeated, not secret


def _choose(limits: Range | None, random: Random) -> int | None:
    return random.randint(*limits) if isinstance(limits, tuple) else limits


def _check_range(name: str, limits: Range | None) -> None:
    least, greatest = limits if isinstance(limits, tuple) else (limits, limits)
    if least is not None and greatest is not None and not 1 <= least <= greatest:
        raise ValueError(f"{name}: {limits} is no number from 1 on, and no range of such")
