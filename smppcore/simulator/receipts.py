"""Delivers what a simulator has for its ESMEs, receipts above all, to whichever of the account can receive.

A receipt is owed until an ESME has answered it: what is refused for now, or was on its way when a connection ended, is
sent again. What nobody is bound to receive waits. An ESME has at most so many to answer at once; the next one is built
only when it has answered one, so an ESME that never answers costs no more than its window.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Protocol

from smppcore.constants import CommandStatus, InterfaceVersion
from smppcore.errors import Refused, StateError, Verdict
from smppcore.log import log
from smppcore.pdu import DataSm, DeliverSm, Request
from smppcore.simulator.arrivals import ACCOUNT, NUMBER, Entry
from smppcore.simulator.clock import Clock, Timer
from smppcore.simulator.dialects import STANDARD, Dialect
from smppcore.simulator.life_cycle import Notification, StoredMessage
from smppcore.simulator.receipt_pdu import ArrivalReceipt, is_easy, notification_pdu, receipt_in, receipt_pdu
from smppcore.smsc import Peer

RETRY_STATUSES: Final = frozenset(
    {int(CommandStatus.ESME_RX_T_APPN), int(CommandStatus.ESME_RTHROTTLED), int(CommandStatus.ESME_RMSGQFUL)}
)
"""With these an ESME asks to be sent the receipt again (section 5.1.3)."""
RETRY_DELAY: Final = 1.0
TIMEOUT: Final = 60.0
REFILL: Final = 32
"""So many are sent together when others have been answered, if the window is large enough."""
_V3_4: Final = int(InterfaceVersion.V3_4)


class Parcel(Protocol):
    """Something else that is delivered like a receipt: a mobile-originated message."""

    def pdu(self) -> DeliverSm | DataSm:
        """What is sent; for each attempt anew."""

    def settled(self, error: BaseException | None) -> None:
        """An ESME has taken it, or refused it for good."""


Item = StoredMessage | Entry | Notification | Parcel
"""What is delivered: the receipt of a message, an intermediate notification, or another message."""


class Lane:
    """One ESME that can receive, and how many of ours it has not answered yet.

    ``plain``: it may be sent what is no more than octets, because it takes TLVs and nobody looks at what it is sent.
    """

    __slots__ = ("box", "in_flight", "peer", "plain", "version")

    def __init__(self, box: "Box", peer: Peer) -> None:
        self.box = box
        self.peer = peer
        self.version = peer.interface_version
        self.plain = self.version >= _V3_4 and not peer.hooked
        self.in_flight = 0


class Box:
    """What one account has to receive, and its ESMEs that can. ``again`` waits for the next attempt."""

    __slots__ = ("account", "again", "dialect", "lanes", "queue", "retry")

    def __init__(self, account: str, dialect: Dialect) -> None:
        self.account = account
        self.dialect = dialect
        self.lanes: list[Lane] = []
        self.queue: deque[Item] = deque()
        self.again: deque[Item] = deque()
        self.retry: Timer | None = None


class Waiter:
    """Takes the answer of an ESME, in place of a Future, which would need another turn of the event loop."""

    __slots__ = ("_answered", "_item", "_lane", "_receipts")

    def __init__(self, receipts: "Receipts", lane: Lane, item: Item) -> None:
        self._receipts = receipts
        self._lane = lane
        self._item = item
        self._answered = False

    def done(self) -> bool:
        return self._answered

    def set_result(self, response: Any) -> None:
        self._answered = True
        self._receipts.taken(self._lane, self._item)

    def set_exception(self, error: BaseException) -> None:
        self._answered = True
        self._receipts.failed(self._lane, self._item, error)


class Ready(ArrivalReceipt):
    """The receipt of an arrival: both what is sent and who takes the answer, so that all of it costs one object."""

    __slots__ = ("_answered", "_lane", "_receipts")

    def __init__(self, receipts: "Receipts", lane: Lane, entry: Entry) -> None:
        self.entry = entry
        self._receipts = receipts
        self._lane = lane
        self._answered = False

    def done(self) -> bool:
        return self._answered

    def set_result(self, response: Any) -> None:
        self._answered = True
        receipts, lane = self._receipts, self._lane
        lane.in_flight -= 1
        receipts.delivered += 1
        receipts.settle_arrival(self.entry[NUMBER])
        if lane.in_flight <= receipts.low and lane.box.queue:
            receipts.pump(lane.box)

    def set_exception(self, error: BaseException) -> None:
        self._answered = True
        self._receipts.failed(self._lane, self.entry, error)


class Receipts:
    """The receipts owed, per account, and the ESMEs that can receive them.

    ``settle`` is called with each message whose receipt is owed no more, ``settle_arrival`` with the number of an
    arrival, and ``open_arrival`` gives the delivered message of one. ``dialect_of`` tells the dialect of an account
    (first argument), or the one of a name (second). ``window`` is how many an ESME may have to answer at once,
    ``timeout`` how many seconds it has for it, ``retry_delay`` the pause before another attempt.
    """

    def __init__(
        self,
        settle: Callable[[StoredMessage], None],
        clock: Clock,
        dialect_of: Callable[[str, str], Dialect],
        *,
        window: int = 100,
        timeout: float = TIMEOUT,
        retry_delay: float = RETRY_DELAY,
        settle_arrival: Callable[[int], None],
        open_arrival: Callable[[Entry], StoredMessage],
    ) -> None:
        self._settle = settle
        self.settle_arrival = settle_arrival
        self._open = open_arrival
        self._clock = clock
        self._dialect_of = dialect_of
        self.window = window
        self.low = window - max(1, min(window // 2, REFILL))
        """The window is filled again when no more are in flight: in batches, which costs less than one by one."""
        self.timeout = timeout
        self.retry_delay = retry_delay
        self._boxes: dict[str, Box] = {}
        self._closed = False
        self._paused = False
        self._pumping = False
        self.delivered = 0
        self.refused = 0

    @property
    def waiting(self) -> int:
        """How many wait for an ESME that can receive them, or has room for them."""
        return sum(len(box.queue) + len(box.again) for box in self._boxes.values())

    def waiting_for(self, account: str) -> int:
        """How many wait for the ESMEs of this account."""
        box = self._boxes.get(account)
        return 0 if box is None else len(box.queue) + len(box.again)

    def items(self, account: str) -> Iterator[StoredMessage | Notification | Parcel]:
        """What waits for this account, in the order in which it will be sent."""
        box = self._boxes.get(account)
        waiting = () if box is None else (*box.again, *box.queue)
        return (self._open(item) if isinstance(item, tuple) else item for item in waiting)

    # -- who can receive

    def add_receiver(self, peer: Peer) -> None:
        """An ESME has bound as receiver or transceiver: what has been waiting for one goes to it."""
        box = self._box(peer.system_id)
        box.lanes.append(Lane(box, peer))
        self._try_again(box)

    def remove_receiver(self, peer: Peer) -> None:
        """That ESME is gone."""
        box = self._boxes.get(peer.system_id)
        if box is not None:
            box.lanes = [lane for lane in box.lanes if lane.peer is not peer]

    def _box(self, account: str) -> Box:
        box = self._boxes.get(account)
        if box is None:
            box = self._boxes[account] = Box(account, self._dialect_of(account, ""))
        return box

    def _lane(self, box: Box) -> Lane | None:
        """The least loaded ESME that can receive and has room."""
        lanes = box.lanes
        if len(lanes) > 1:
            lanes = [lane for lane in lanes if lane.in_flight < self.window and lane.peer.can_receive]
            return min(lanes, key=lambda lane: lane.peer.in_flight + lane.peer.waiting) if lanes else None
        if lanes and lanes[0].in_flight < self.window and lanes[0].peer.can_receive:
            return lanes[0]
        return None

    # -- sending

    def deliver(self, message: StoredMessage | Entry) -> None:
        """Send the receipt of a message that has reached its final state, or keep it until an ESME can receive it."""
        self.put(message[ACCOUNT] if type(message) is tuple else message.account, message)  # type: ignore[union-attr]

    def put(self, account: str, item: Item) -> None:
        """Send something to an account, behind what waits for it."""
        box = self._boxes.get(account) or self._box(account)
        if box.queue or self._paused:
            box.queue.append(item)
            return
        lane = self._lane(box)
        if lane is None:
            box.queue.append(item)
        else:
            self._send(lane, item)

    def deliver_arrivals(self, entries: Iterable[Entry]) -> None:
        """As deliver, for many at once."""
        for account, theirs in groupby(entries, itemgetter(ACCOUNT)):
            box = self._box(account)
            box.queue.extend(theirs)
            self.pump(box)

    def _send(self, lane: Lane, item: Item) -> None:
        lane.in_flight += 1
        waiter = Waiter(self, lane, item)
        try:
            pdu = self._pdu(lane, item)
        except Exception as error:
            waiter.set_exception(error)
            return
        lane.peer.begin_request(pdu, timeout=self.timeout, waiter=waiter)

    def _pdu(self, lane: Lane, item: Item) -> Request[Any]:
        box, version = lane.box, lane.version
        if isinstance(item, tuple):
            item = self._open(item)
        if type(item) is StoredMessage:
            dialect = self._dialect_of(box.account, item.dialect) if item.dialect else box.dialect
            return receipt_pdu(item, dialect, version) if lane.plain else receipt_in(dialect, item, version)
        if type(item) is Notification:
            name = item.message.dialect
            dialect = self._dialect_of(box.account, name) if name else box.dialect
            return notification_pdu(item.message, dialect, version, item.state, item.date)
        return item.pdu()  # type: ignore[union-attr]  # what is left is a Parcel

    def _send_next(self, lane: Lane, queue: deque[Item]) -> None:
        """Send the first that waits; and if that is the receipt of an arrival, those behind it."""
        item = queue.popleft()
        if lane.box.dialect is not STANDARD or not lane.plain:
            self._send(lane, item)
            return
        begin, timeout, window = lane.peer.begin_request, self.timeout, self.window
        while type(item) is tuple and is_easy(item):
            lane.in_flight += 1
            ready: Any = Ready(self, lane, item)
            begin(ready, timeout=timeout, waiter=ready)
            if not queue or lane.in_flight >= window or len(lane.box.lanes) > 1:
                return
            item = queue.popleft()
        self._send(lane, item)

    def pump(self, box: Box) -> None:
        """Send of what waits as much as there is room for."""
        queue = box.queue
        if self._pumping:
            return  # what fails at once is told from within
        self._pumping = True
        try:
            while queue and not self._paused and not self._closed:
                lane = self._lane(box)
                if lane is None:
                    return
                self._send_next(lane, queue)
                while queue and len(box.lanes) == 1 and lane.in_flight < self.window:
                    self._send_next(lane, queue)
        finally:
            self._pumping = False

    # -- answers

    def taken(self, lane: Lane, item: Item) -> None:
        """An ESME has answered with success."""
        lane.in_flight -= 1
        if type(item) is tuple:
            self.delivered += 1
            self.settle_arrival(item[NUMBER])
        elif type(item) is StoredMessage:
            self.delivered += 1
            self._settle(item)
        elif type(item) is not Notification:
            item.settled(None)  # type: ignore[union-attr]
        if lane.in_flight <= self.low and lane.box.queue:
            self.pump(lane.box)

    def failed(self, lane: Lane, item: Item, error: BaseException) -> None:
        """It was refused, or nobody knows what became of it."""
        lane.in_flight -= 1
        box = lane.box
        if not _is_final(error):
            box.again.append(item)
            if box.retry is None and not self._closed:
                box.retry = self._clock.call_at(self._clock.now() + self.retry_delay, self._retry, box)
            return
        # Not the text of the error: an EncodeError shows the address.
        status = error.status if isinstance(error, Refused) else None
        log.warning("receipt refused for good", error=type(error).__name__, status=status)
        if type(item) is tuple:
            self.refused += 1
            self.settle_arrival(item[NUMBER])
        elif type(item) is StoredMessage:
            self.refused += 1
            self._settle(item)
        elif type(item) is not Notification:
            item.settled(error)  # type: ignore[union-attr]
        if box.queue:
            self.pump(box)

    def _retry(self, box: Box) -> None:
        box.retry = None
        self._try_again(box)

    def _try_again(self, box: Box) -> None:
        """What failed goes before what has been waiting."""
        box.queue.extendleft(reversed(box.again))
        box.again.clear()
        self.pump(box)

    # -- from outside

    @property
    def paused(self) -> bool:
        return self._paused

    def pause(self) -> None:
        """Send nothing until ``resume``; what comes meanwhile waits."""
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        for box in self._boxes.values():
            self._try_again(box)

    def use_dialects(self) -> None:
        """Ask anew which dialect each account has."""
        for box in self._boxes.values():
            box.dialect = self._dialect_of(box.account, "")

    def forget(self) -> None:
        """Drop all that waits; what is in flight may still be answered."""
        for box in self._boxes.values():
            box.queue.clear()
            box.again.clear()
        self.delivered = self.refused = 0

    def close(self) -> None:
        """Try nothing again."""
        self._closed = True
        for box in self._boxes.values():
            if box.retry is not None:
                box.retry.cancel()
                box.retry = None


def _is_final(error: BaseException) -> bool:
    """Whether sending again would be of no use; a connection that ends in whatever way is no such reason."""
    if isinstance(error, Refused):
        return error.status not in RETRY_STATUSES
    return not isinstance(error, Verdict | StateError)
