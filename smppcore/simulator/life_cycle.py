"""What becomes of a message, and when: a pure model. Time and chance come in as arguments.

A message is ENROUTE until its course ends in one of the final states (section 5.2.28). The course is drawn once, when
the message is accepted: how long it takes, and how it ends. schedule_delivery_time lets it begin later;
validity_period lets it end as EXPIRED where it would take longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from smppcore import smpptime
from smppcore.address import Address
from smppcore.constants import CommandStatus, MessageState
from smppcore.errors import Refuse
from smppcore.message import text_of
from smppcore.pdu import SubmitSm
from smppcore.simulator.delays import Delay, Fixed
from smppcore.tlv import USER_MESSAGE_REFERENCE

ENROUTE: Final = int(MessageState.ENROUTE)
DELIVERED: Final = int(MessageState.DELIVERED)
EXPIRED: Final = int(MessageState.EXPIRED)
DELETED: Final = int(MessageState.DELETED)
PENDING_UP_TO: Final = ENROUTE
"""SCHEDULED (0) and ENROUTE (1) are the states that are not final; plain integers, because members are slow."""
OUTCOMES: Final[dict[str, int]] = {state.name: int(state) for state in MessageState if 1 <= state <= 8}
"""How a course may end, by name; ENROUTE stands for a message that never gets there and expires."""
SUCCESSES: Final = frozenset({int(MessageState.DELIVERED), int(MessageState.ACCEPTED)})
INTERMEDIATE: Final = 0x10
"""The bit of registered_delivery that asks for intermediate notifications (section 5.2.17)."""
VALIDITY: Final = 3 * 86_400.0
"""Seconds that a message without validity_period stays ENROUTE at most, a usual default of carriers."""
STATES: Final = len(MessageState)
STORED_OCTETS: Final = 254
"""How much of the user data is kept: what a receipt repeats and a look needs, not a payload of 64 KiB."""

OWED: Final = tuple(
    tuple(
        wish == 1 or (wish == 2 and state not in SUCCESSES) or (wish == 3 and state in SUCCESSES)
        for state in range(STATES)
    )
    for wish in range(4)
)
"""Whether a receipt is due, by the two lowest bits of registered_delivery and the final state (section 5.2.17)."""


class StoredMessage:
    """One message to one destination, and what has become of it.

    ``request`` is the submit_sm that it came in, or one with the fields of the data_sm or submit_multi. ``account`` is
    the system_id that submitted it. Times are seconds since 1970: ``submitted``, ``due`` (when the next thing happens
    to it), ``ends`` (when it reaches its final state), ``finished``. ``outcome`` is the final state it is to reach.
    ``owed`` says that a receipt is due and has not been taken by an ESME yet. ``error`` and ``dialect`` are for the
    receipt; empty, the account's apply. ``encoding`` is what data_coding 0 means for the account. ``key`` is its place
    in a store, 0 where there is none.
    """

    __slots__ = (
        "account",
        "dialect",
        "due",
        "encoding",
        "ends",
        "error",
        "finished",
        "key",
        "message_id",
        "outcome",
        "owed",
        "request",
        "state",
        "submitted",
    )

    def __init__(self, message_id: str, account: str, request: SubmitSm, submitted: float) -> None:
        self.message_id = message_id
        self.account = account
        self.request = request
        self.submitted = submitted
        self.state = ENROUTE
        self.outcome = DELIVERED
        self.owed = False
        self.key = 0
        self.due = self.ends = self.finished = 0.0
        self.error = self.dialect = ""
        self.encoding = "gsm0338"

    @property
    def pending(self) -> bool:
        """Whether it can still be cancelled or replaced."""
        return self.state <= PENDING_UP_TO

    @property
    def source(self) -> Address:
        request = self.request
        return Address(request.source_addr_ton, request.source_addr_npi, request.source_addr)

    @property
    def destination(self) -> Address:
        request = self.request
        return Address(request.dest_addr_ton, request.dest_addr_npi, request.destination_addr)

    @property
    def service_type(self) -> str:
        return self.request.service_type

    @property
    def registered_delivery(self) -> int:
        return self.request.registered_delivery

    @property
    def esm_class(self) -> int:
        return self.request.esm_class

    @property
    def data_coding(self) -> int:
        return self.request.data_coding

    @property
    def short_message(self) -> bytes:
        """The user data as far as it is kept, message_payload included."""
        return self.request.short_message

    @property
    def reference(self) -> int | None:
        """The user_message_reference of the ESME, None where it gave none."""
        return self.request.get(USER_MESSAGE_REFERENCE)

    @property
    def text(self) -> str | None:
        """The text as far as it is kept; None where it is binary."""
        return text_of(self.request, default=self.encoding)

    def finish(self, state: int, date: float) -> None:
        """Reach a final state; a receipt is owed if the ESME asked for one of that kind (section 5.2.17)."""
        self.state = state
        self.finished = date
        self.owed = OWED[self.request.registered_delivery & 3][state]


class Notification:
    """An intermediate notification: the message is on its way (section 2.11). It is sent as receipts are, but once."""

    __slots__ = ("date", "message", "state")

    def __init__(self, message: StoredMessage, state: int, date: float) -> None:
        self.message = message
        self.state = state
        self.date = date


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Weights of final states: ``Outcomes({2: 90, 5: 10})`` is nine of ten DELIVERED, the tenth UNDELIVERABLE."""

    weights: Mapping[int, float] = field(default_factory=lambda: {DELIVERED: 1.0})

    def __post_init__(self) -> None:
        for state, weight in self.weights.items():
            if state not in OUTCOMES.values():
                raise ValueError(f"{state} is no state that a message can end in")
            if not 0 <= weight < float("inf"):
                raise ValueError(f"a weight is {weight}, must be 0 or more")
        if not sum(self.weights.values()) > 0:
            raise ValueError("the weights must not all be 0")

    @property
    def only(self) -> int | None:
        """The outcome where there is but one."""
        possible = [state for state, weight in self.weights.items() if weight]
        return possible[0] if len(possible) == 1 else None

    def draw(self, random: Random) -> int:
        """One of them by chance."""
        point = random.random() * sum(self.weights.values())
        totals = accumulate(self.weights.values())
        for state, total in zip(self.weights, totals, strict=True):
            if point < total:
                return state
        return next(reversed([state for state, weight in self.weights.items() if weight]))


@dataclass(frozen=True, slots=True)
class Course:
    """How messages fare: how long they take, how they end, and the err of the receipts of those that fail."""

    delay: Delay = field(default_factory=lambda: Fixed(0.1))
    outcomes: Outcomes = field(default_factory=Outcomes)
    error: str = ""

    @property
    def fixed(self) -> float | None:
        """The delay of messages that are all delivered after the same time: they need no plan. Else None."""
        return self.delay.fixed if self.outcomes.only == DELIVERED and not self.error else None


def is_plain(request: SubmitSm) -> bool:
    """Whether a message asks for no times and no notifications, so that its course is all there is to plan."""
    return not (request.schedule_delivery_time or request.validity_period or request.registered_delivery & INTERMEDIATE)


def plan(message: StoredMessage, course: Course, random: Random, now: float, validity: float = VALIDITY) -> None:
    """Draw the course of a message that is accepted at ``now``: sets ``due``, ``ends``, ``outcome`` and ``error``.

    ``validity`` counts where the message has no validity_period. The course begins at schedule_delivery_time, where
    that is not past. Raises Refuse with ESME_RINVSCHED or ESME_RINVEXPIRY for times that cannot be, such as a
    validity_period that ends before the delivery is to begin.
    """
    request = message.request
    start, expires = _window(request.schedule_delivery_time, request.validity_period, now, validity)
    message.outcome = course.outcomes.draw(random)
    message.ends = start + course.delay.draw(random)
    if message.outcome == ENROUTE or message.ends > expires:
        message.outcome, message.ends = EXPIRED, expires
    message.error = course.error if message.outcome not in SUCCESSES else ""
    message.due = message.ends
    if request.registered_delivery & INTERMEDIATE:
        message.due = (start + message.ends) / 2


def replan(message: StoredMessage, schedule: str, validity: str, now: float) -> None:
    """Apply the times of a replace_sm (section 4.10): empty ones leave what was planned.

    A new schedule_delivery_time moves the course, which lasts as long as before. Raises Refuse as ``plan`` does.
    """
    request = message.request
    if schedule:
        start, _ = _window(schedule, validity, now, VALIDITY)
        old = _moment(request.schedule_delivery_time, message.submitted, CommandStatus.ESME_RINVSCHED)
        later = start - max(message.submitted, old or 0.0)
        message.ends += later
        message.due = message.due + later if message.due > now else message.ends
        request.schedule_delivery_time = schedule
    if validity:
        _, expires = _window(schedule, validity, now, VALIDITY)
        if message.ends > expires:
            message.outcome, message.ends, message.due = EXPIRED, expires, min(message.due, expires)
        request.validity_period = validity


def _window(schedule: str, validity: str, now: float, default: float) -> tuple[float, float]:
    """When the course begins, and when the message expires."""
    at = _moment(schedule, now, CommandStatus.ESME_RINVSCHED)
    start = now if at is None else max(now, at)
    until = _moment(validity, now, CommandStatus.ESME_RINVEXPIRY)
    expires = start + default if until is None else until
    if expires < start or (until is not None and until <= now):
        raise Refuse(CommandStatus.ESME_RINVEXPIRY)
    return start, expires


def _moment(text: str, now: float, status: int) -> float | None:
    """A time field in seconds since 1970, None where it is empty. Relative ones count from ``now`` (section 7.1.1)."""
    try:
        moment = smpptime.parse(text)
    except smpptime.TimeError:
        raise Refuse(status) from None
    if isinstance(moment, timedelta):
        return now + moment.total_seconds()
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).timestamp()
    return None
