"""Long messages from their segments, by what segment.py reads (TS 23.040 § 9.2.3.24).

Segments belong together when they agree in source, destination, reference, width of the reference, total, and in a key
that the caller adds, such as the account or the group of links they may come over. They may come in any order and more
than once. References are short and some senders never change them, so one key may have several messages at once:

- A segment that is the same, octet for octet, as one that is held is a duplicate and is dropped.
- Any other goes to the oldest of these messages that lacks its number; if none does it begins another one.
- What a finished message was made of is remembered for a while. A segment that is the same as a remembered one is set
  apart, and thrown away in the end if nothing but such repeats come to it. Repeats and new segments go together only in
  rising order, as they come when a sender uses a reference again for a text with the same beginning or the same end.

Pure: no clock, no threads. Everything is bounded, and whatever is not finished in time or in the bounds is handed over
with the numbers that are missing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Literal, TypeAlias

from smppcore.message import Message, user_data_of
from smppcore.pdu import user_data
from smppcore.segment import Segment, addresses_of, segment_of
from smppcore.text import Piece, join_text

Outcome: TypeAlias = Literal["complete", "expired", "displaced", "drained"]
"""Why a message is handed over: all is there; time is up; it was the oldest beyond a bound; `Reassembly.drain`."""

_MOST_ALIKE: Final = 8  # messages of one key at once, so that a look-up costs no more than that


@dataclass(frozen=True, slots=True)
class Reassembled:
    """A message: its PDUs by number, and what they say together.

    ``missing`` are the numbers that have not come, none in a complete one. ``text`` leaves them out without a sign; it
    is None where a part is binary. ``octets`` is the user data without headers. ``key`` is the caller's;
    ``oddities`` are those of segment.py. ``redelivered``: a process that died may have handed it over before.
    """

    pdus: tuple[Message, ...]
    text: str | None
    octets: bytes
    outcome: Outcome = "complete"
    missing: tuple[int, ...] = ()
    key: Hashable = None
    oddities: tuple[str, ...] = ()
    redelivered: bool = False


_Key: TypeAlias = tuple[Hashable, ...]


@dataclass(slots=True, eq=False)
class _Partial:
    key: _Key
    total: int
    deadline: float
    is_repeat: bool  # nothing but segments of a message that was complete before
    segments: dict[int, tuple[Message, int]] = field(default_factory=dict)  # by number, with the fingerprint
    oddities: tuple[str, ...] = ()
    octets: int = 0

    def lacks(self, number: int) -> bool:
        return number not in self.segments

    def continues(self, number: int) -> bool:
        return number > max(self.segments)


class Reassembly:
    """Takes every message in, and gives whole ones out.

    ``timeout``: seconds from the first segment until an unfinished message is given up; ``remember``: seconds for which
    repeats of a finished one are recognised. ``max_segments`` and ``max_octets`` (user data and TLVs) bound what is
    held; beyond them the oldest message is handed over. ``default`` and ``codecs`` are as in text.decode_text.
    """

    def __init__(
        self,
        *,
        timeout: float = 300.0,
        remember: float = 60.0,
        max_segments: int = 50_000,
        max_octets: int = 32 * 1024 * 1024,
        default: str = "gsm0338",
        codecs: Mapping[int, str] | None = None,
    ) -> None:
        if timeout <= 0 or remember < 0 or max_segments < 1 or max_octets < 1:
            raise ValueError("reassembly: timeout and bounds must be above 0, remember not below")
        self.timeout = timeout
        self.remember = remember
        self.max_segments = max_segments
        self.max_octets = max_octets
        self.segments = 0
        self.octets = 0
        self.duplicates = 0
        self._reading = (default, codecs)
        # In the order of their deadlines, since all have the same timeout.  A dict would look for its first entry among
        # those that were deleted.
        self._held: OrderedDict[_Partial, None] = OrderedDict()
        self._by_key: dict[_Key, list[_Partial]] = {}
        self._remembered: OrderedDict[tuple[_Key, int, int], float] = OrderedDict()

    def add(self, pdu: Message, now: float, key: Hashable = None) -> list[Reassembled]:
        """Take a message in; the result is what is finished by it, mostly nothing or one message.

        A message that is no segment comes back at once. Never raises for what a peer can send.
        """
        segment = segment_of(pdu)
        if segment is None or segment.total == 1:
            whole = {1: pdu}
            return [self._joined(whole, 1, "complete", key, segment.oddities if segment else ())]
        self._forget(now)
        mine = (key, *addresses_of(pdu), *segment[:3])
        fingerprint = _fingerprint(pdu)
        if any(_holds(partial, segment.number, fingerprint) for partial in self._by_key.get(mine, ())):
            self.duplicates += 1
            return []
        repeated = (mine, segment.number, fingerprint) in self._remembered
        partial = self._place(mine, segment.number, repeated)
        given_up: list[Reassembled] = []
        if partial is None:
            given_up = self._make_room(mine)
            partial = self._begin(mine, segment.total, now, repeated)
        self._put(partial, segment, pdu, fingerprint, repeated)
        if len(partial.segments) == partial.total:
            given_up += self._finish(partial, now)
        return given_up + self._displace()

    def tick(self, now: float) -> list[Reassembled]:
        """Hand over what has expired by ``now``."""
        self._forget(now)
        due: list[Reassembled] = []
        while self._held and (partial := next(iter(self._held))).deadline <= now:
            due += self._give_up(partial, "expired")
        return due

    def next_deadline(self) -> float | None:
        """When `tick` will have something to hand over, None if nothing is held."""
        return next(iter(self._held)).deadline if self._held else None

    def drain(self) -> list[Reassembled]:
        """Hand over all that is unfinished, as before an end."""
        return [each for partial in list(self._held) for each in self._give_up(partial, "drained")]

    def __len__(self) -> int:
        """How many unfinished messages are held."""
        return len(self._held)

    def _place(self, key: _Key, number: int, repeated: bool) -> _Partial | None:
        lacking = [partial for partial in self._by_key.get(key, ()) if partial.lacks(number)]
        if not repeated and (new := [partial for partial in lacking if not partial.is_repeat]):
            return new[0]
        continued = [partial for partial in lacking if partial.continues(number)]
        return min(continued, key=lambda partial: partial.is_repeat != repeated, default=None)

    def _begin(self, key: _Key, total: int, now: float, repeated: bool) -> _Partial:
        partial = _Partial(key, total, now + self.timeout, repeated)
        self._held[partial] = None
        self._by_key.setdefault(key, []).append(partial)
        return partial

    def _put(self, partial: _Partial, segment: Segment, pdu: Message, fingerprint: int, repeated: bool) -> None:
        size = _size(pdu)
        partial.segments[segment.number] = (pdu, fingerprint)
        partial.octets += size
        partial.is_repeat = partial.is_repeat and repeated
        if segment.oddities:
            partial.oddities = segment.oddities
        self.segments += 1
        self.octets += size

    def _finish(self, partial: _Partial, now: float) -> list[Reassembled]:
        until = now + self.remember
        for number, (_, fingerprint) in partial.segments.items():
            self._remembered[partial.key, number, fingerprint] = until
            self._remembered.move_to_end((partial.key, number, fingerprint))
        return self._give_up(partial, "complete")

    def _give_up(self, partial: _Partial, outcome: Outcome) -> list[Reassembled]:
        """Take a message out of everything; the message, unless it is a repeat of one that was handed over before."""
        del self._held[partial]
        alike = self._by_key[partial.key]
        alike.remove(partial)
        if not alike:
            del self._by_key[partial.key]
        self.segments -= len(partial.segments)
        self.octets -= partial.octets
        if partial.is_repeat:
            self.duplicates += len(partial.segments)
            return []
        pdus = {number: pdu for number, (pdu, _) in partial.segments.items()}
        return [self._joined(pdus, partial.total, outcome, partial.key[0], partial.oddities)]

    def _make_room(self, key: _Key) -> list[Reassembled]:
        alike = self._by_key.get(key, [])
        if len(alike) < _MOST_ALIKE:
            return []
        repeats = [partial for partial in alike if partial.is_repeat]
        return self._give_up((repeats or alike)[0], "displaced")

    def _displace(self) -> list[Reassembled]:
        displaced: list[Reassembled] = []
        while self.segments > self.max_segments or self.octets > self.max_octets:
            displaced += self._give_up(next(iter(self._held)), "displaced")
        return displaced

    def _forget(self, now: float) -> None:
        remembered = self._remembered
        while remembered and (
            remembered[oldest := next(iter(remembered))] <= now or len(remembered) > self.max_segments
        ):
            del remembered[oldest]

    def _joined(
        self, pdus: dict[int, Message], total: int, outcome: Outcome, key: Hashable, oddities: tuple[str, ...]
    ) -> Reassembled:
        ordered = [(number, pdus[number], _piece(pdus[number])) for number in sorted(pdus)]
        default, codecs = self._reading
        texts = [join_text(run, default=default, codecs=codecs) for run in _runs(ordered)]
        return Reassembled(
            pdus=tuple(pdu for _, pdu, _ in ordered),
            text=None if None in texts else "".join(text or "" for text in texts),
            octets=b"".join(piece.octets for *_, piece in ordered),
            outcome=outcome,
            missing=tuple(number for number in range(1, total + 1) if number not in pdus),
            key=key,
            oddities=oddities,
        )


def _runs(ordered: Iterable[tuple[int, Message, Piece]]) -> Iterator[list[Piece]]:
    """The pieces without a gap between them: what stands on both sides of one is not read as one text."""
    for _, run in groupby(enumerate(ordered), lambda each: each[1][0] - each[0]):
        yield [piece for _, (*_, piece) in run]


def _piece(pdu: Message) -> Piece:
    header, octets = user_data_of(pdu)
    return Piece(octets, pdu.data_coding, header)


def _fingerprint(pdu: Message) -> int:
    return hash((pdu.esm_class, pdu.data_coding, user_data(pdu)))


def _holds(partial: _Partial, number: int, fingerprint: int) -> bool:
    held = partial.segments.get(number)
    return held is not None and held[1] == fingerprint


def _size(pdu: Message) -> int:
    return len(getattr(pdu, "short_message", b"")) + sum(len(octets) for _, octets in pdu.tlvs)
