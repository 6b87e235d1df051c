"""Plain messages as they came, until somebody asks about them.

Nearly all messages of a load test are alike: no rule decides on them, they take a fixed time, and nobody ever asks
what became of them. Of such a message one tuple is kept: building a StoredMessage and putting it into indexes would
cost more than all else that is done for it. Its state follows from the time, so that no timer is needed either, unless
a receipt is asked for.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from itertools import islice, takewhile
from operator import itemgetter
from typing import Any, Final, NamedTuple

from smppcore.pdu import SubmitSm
from smppcore.simulator.life_cycle import DELIVERED, StoredMessage


class Arrival(NamedTuple):
    """One message.

    ``number`` counts all messages of the simulator, ``account`` is the system_id that submitted this one,
    ``message_id`` a C-octet string. ``submitted`` is when it was taken and ``due`` when it is delivered, in seconds
    since 1970. The rest are the fields of the submit_sm that a plain one may have.

    What is kept are plain tuples of this form (a literal costs a quarter of a call); rare paths read them by name.
    They hold numbers and strings only, so that the garbage collector looks at each of them once and never again.
    """

    number: int
    account: str
    message_id: bytes
    submitted: float
    due: float
    sequence_number: int
    service_type: str
    source_addr_ton: int
    source_addr_npi: int
    source_addr: str
    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str
    esm_class: int
    protocol_id: int
    priority_flag: int
    registered_delivery: int
    data_coding: int
    sm_default_msg_id: int
    short_message: bytes


Entry = tuple[
    int, str, bytes, float, float, int, str, int, int, str, int, int, str, int, int, int, int, int, int, bytes
]  # fmt: skip
NUMBER: Final = 0
ACCOUNT: Final = 1
DUE: Final = 4
ESM_CLASS: Final = 13
DATA_CODING: Final = 17
RECEIPT_ON_SUCCESS: Final = 1
"""The bit of registered_delivery by which a delivered message owes a receipt: 1 asks for any, 3 for success only."""


class Arrivals:
    """Plain messages in the order in which they came, which is that in which they are delivered.

    ``waiting`` are those among them that owe a receipt and whose time has not come; ``owed`` the numbers of all whose
    receipt no ESME has taken yet. ``forgotten`` counts those that had to make room for others.
    """

    __slots__ = ("encodings", "entries", "forgotten", "now", "owed", "waiting")

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.entries: deque[Entry] = deque()
        self.waiting: deque[Entry] = deque()
        self.owed: set[int] = set()
        self.forgotten = 0
        self.encodings: dict[str, str] = {}
        """What data_coding 0 means for each account."""

    @property
    def delivered(self) -> int:
        """How many of ``entries`` have been delivered by now."""
        return bisect_right(self.entries, self.now(), key=itemgetter(DUE))

    def forget(self, least: int, most: int) -> None:
        """Forget the oldest, as long as these have been delivered and owe no receipt.

        At least ``least``, if there are so many, and up to ``most`` at once: that is cheaper than one by one.
        """
        entries, count = self.entries, self._to_be_forgotten(max(least, most))
        for _ in range(count):
            entries.popleft()
        self.forgotten += count

    def _to_be_forgotten(self, most: int) -> int:
        """How many of the oldest are done with, up to ``most``; usually that many, which is soon seen."""
        entries, owed, now = self.entries, self.owed, self.now()
        oldest = list(islice(entries, most))
        if oldest and oldest[-1][DUE] <= now and owed.isdisjoint(map(itemgetter(NUMBER), oldest)):
            return len(oldest)
        done = takewhile(lambda entry: entry[DUE] <= now and entry[NUMBER] not in owed, oldest)
        return sum(1 for _ in done)

    def due(self, now: float) -> list[Entry]:
        """Those whose receipt is due by ``now``, once."""
        waiting = self.waiting
        found = []
        while waiting and waiting[0][DUE] <= now:
            found.append(waiting.popleft())
        return found

    def next_deadline(self) -> float:
        """When the next receipt is due; infinite if none is."""
        return self.waiting[0][DUE] if self.waiting else float("inf")

    def stored(self, entry: Entry) -> StoredMessage:
        """The message of an entry, as if it was still on its way."""
        arrival = Arrival(*entry)
        account, message_id = arrival.account, arrival.message_id[:-1].decode("latin-1")
        message = StoredMessage(message_id, account, _request(arrival), arrival.submitted)
        message.encoding = self.encodings.get(account, message.encoding)
        message.due = message.ends = arrival.due
        return message

    def look(self, entry: Entry, now: float) -> StoredMessage:
        """The message of an entry, in the state that it has by ``now``."""
        message = self.stored(entry)
        if message.ends <= now:
            message.finish(DELIVERED, message.ends)
            message.owed = entry[NUMBER] in self.owed
        return message

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()
        self.waiting.clear()
        self.owed.clear()
        self.forgotten = 0


def _request(arrival: Arrival) -> SubmitSm:
    fields: dict[str, Any] = arrival._asdict()
    for name in ("number", "account", "message_id", "submitted", "due"):
        del fields[name]
    return SubmitSm(**fields)


assert (Arrival._fields[ESM_CLASS], Arrival._fields[DATA_CODING]) == ("esm_class", "data_coding")  # noqa: S101
