"""Takes plain messages, by the shortest way there is: what load tests spend their time on.

Who has a seat sends messages that nothing concerns: there are no rules, no faults, no store, nobody who watches, no
middleware, and a fixed delay. Everything else takes the long way, through the desk.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from types import FunctionType
from typing import Any, Final

from smppcore.constants import CommandId
from smppcore.dispatch import Answer
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.reference import HEADER
from smppcore.simulator.alarm import Alarm
from smppcore.simulator.arrivals import RECEIPT_ON_SUCCESS
from smppcore.simulator.life_cycle import INTERMEDIATE
from smppcore.simulator.messages import Messages
from smppcore.smsc import Peer

SubmitHandler = Callable[[Peer, SubmitSm], Answer | Awaitable[Answer]]
Seat = tuple[str, Callable[[int], bytes], float]
"""Who sends, what writes its message_ids, and the delay of its messages."""
Take = Callable[[Any], Any]
_SUBMIT_SM_RESP: Final = int(CommandId.SUBMIT_SM_RESP)


class ReadyAnswer(SubmitSmResp):
    """A submit_sm_resp with success, of which only the message_id is to be written: ``octets``, a C-octet string.

    One serves for all messages, because it is encoded before the next one comes.
    """

    __slots__ = ("octets",)
    octets: bytes

    def encode(self, sequence_number: int) -> bytes:
        octets = self.octets
        return HEADER.pack(16 + len(octets), _SUBMIT_SM_RESP, 0, sequence_number) + octets


class Reception:
    """``submit_sm`` is the handler; ``otherwise`` gets what is not plain.

    ``admit`` says who sends, what writes the message_ids and how long a message takes, or None where messages of that
    peer cannot be plain. ``alarm`` rings when a receipt is due; ``numbers`` counts all messages.
    """

    def __init__(
        self,
        messages: Messages,
        now: Callable[[], float],
        alarm: Alarm,
        numbers: Iterator[int],
        admit: Callable[[Peer], Seat | None],
        otherwise: SubmitHandler,
    ) -> None:
        self._messages = messages
        self._now = now
        self._alarm = alarm
        self._numbers = numbers
        self._admit = admit
        self._otherwise = otherwise
        self._seats: dict[Peer, Take] = {}

    def submit_sm(self, peer: Peer, pdu: SubmitSm) -> Answer | Awaitable[Answer]:
        """The first message of a peer; and all of one whose account has limits, because its requests are counted."""
        take = self._seats.get(peer) or self._seat(peer)
        answer: Answer | Awaitable[Answer] = take(pdu) if take is not None else self._otherwise(peer, pdu)
        return answer

    def _seat(self, peer: Peer) -> Take | None:
        seat = self._admit(peer)
        if seat is None:
            return None
        take = self._seats[peer] = self._take(seat, partial(self._otherwise, peer), _given_back)
        connection, dispatch = peer._connection, peer._dispatcher.dispatch
        if connection.on_request == dispatch:
            # From now on it goes round the dispatcher, which would cost a tenth of all that is done for a message.
            connection.on_request = self._take(seat, dispatch, connection.respond)
        return take

    def clear(self) -> None:
        """Something has changed: nobody has a seat any more."""
        for peer in list(self._seats):
            self.leave(peer)

    def leave(self, peer: Peer) -> None:
        """That ESME is gone, or has to be looked at anew."""
        if self._seats.pop(peer, None) is not None and isinstance(peer._connection.on_request, FunctionType):
            peer._connection.on_request = peer._dispatcher.dispatch

    def _take(self, seat: Seat, otherwise: Take, respond: Callable[[SubmitSm, ReadyAnswer], Any]) -> Take:
        return _taker(self._messages, self._now, self._alarm, self._numbers, seat, otherwise, respond)


def _given_back(_: SubmitSm, answer: ReadyAnswer) -> ReadyAnswer:
    """The answer as a handler gives it."""
    return answer


def _taker(
    messages: Messages,
    now: Callable[[], float],
    alarm: Alarm,
    numbers: Iterator[int],
    seat: Seat,
    otherwise: Take,
    respond: Callable[[SubmitSm, ReadyAnswer], Any],
) -> Take:
    """What takes the requests of one peer, as a closure: its names cost half of what attributes would."""
    account, write_id, delay = seat
    arrivals, answer, next_number, is_full = messages.arrivals, ReadyAnswer(), numbers.__next__, messages.is_full
    entries, owed, waiting = arrivals.entries, arrivals.owed, arrivals.waiting

    def take(pdu: Any) -> Any:
        if (
            type(pdu) is not SubmitSm
            or pdu.tlvs
            or pdu.schedule_delivery_time
            or pdu.validity_period
            or pdu.replace_if_present_flag
            or (wish := pdu.registered_delivery) & INTERMEDIATE
            or (len(entries) >= messages.room and is_full())
        ):
            return otherwise(pdu)
        number = next_number()
        message_id = answer.octets = write_id(number)
        submitted = now()
        # An Arrival; by position, because a literal is so much cheaper than a call.
        entry = (
            number,
            account,
            message_id,
            submitted,
            submitted + delay,
            pdu.sequence_number,
            pdu.service_type,
            pdu.source_addr_ton,
            pdu.source_addr_npi,
            pdu.source_addr,
            pdu.dest_addr_ton,
            pdu.dest_addr_npi,
            pdu.destination_addr,
            pdu.esm_class,
            pdu.protocol_id,
            pdu.priority_flag,
            wish,
            pdu.data_coding,
            pdu.sm_default_msg_id,
            pdu.short_message,
        )
        entries.append(entry)
        if wish & RECEIPT_ON_SUCCESS:
            owed.add(number)
            waiting.append(entry)
            if alarm.at > submitted + delay:
                alarm.set(submitted + delay)
        return respond(pdu, answer)

    return take
