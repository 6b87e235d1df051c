"""Holds what a peer says it did against what crossed the wire: one check for each step.

A check returns what is wrong, or nothing. The peer's word alone passes no step, nor do the PDUs alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from conformance.peers.capture import Reading, WirePdu
from conformance.peers.order import Order
from smppcore import CommandId

RESPONSE: Final = 0x80000000
RECEIPT: Final = "0x01"
"""How tshark shows the message type of a receipt within esm_class."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response, with their places among the PDUs; -1 for a response that never came."""

    request: WirePdu
    response: WirePdu | None
    asked: int
    answered: int

    @property
    def status(self) -> int | None:
        """command_status of the response, None where there is none."""
        return None if self.response is None else self.response.command_status


@dataclass(slots=True)
class Conversation:
    """All that is known of one run: what was ordered, what the script told, how it ended, what tshark read.

    ``sender`` and ``text`` are those of the message to the peer; ``told`` are the lines of the script.
    """

    order: Order
    sender: str
    text: str
    told: list[dict[str, Any]]
    exit_status: int | None
    reading: Reading

    def told_of(self, step: str) -> list[dict[str, Any]]:
        """What the script told of one step."""
        return [line for line in self.told if line["step"] == step]

    def exchanges(self, command: CommandId, *, from_peer: bool) -> list[Exchange]:
        """The requests of one kind in one direction, with their responses."""
        pdus = self.reading.pdus
        return [
            _exchange(pdus, place)
            for place, pdu in enumerate(pdus)
            if pdu.command_id == command and pdu.from_peer == from_peer
        ]

    def deliveries(self, *, receipts: bool) -> list[Exchange]:
        """The deliver_sm that are receipts, or those that are not."""
        found = self.exchanges(CommandId.DELIVER_SM, from_peer=False)
        return [each for each in found if (each.request.fields["esm.submit.msg_type"] == RECEIPT) == receipts]


def _exchange(pdus: list[WirePdu], place: int) -> Exchange:
    request = pdus[place]
    for later in range(place + 1, len(pdus)):
        pdu = pdus[later]
        if (pdu.command_id, pdu.sequence_number, pdu.from_peer) == (
            request.command_id | RESPONSE,
            request.sequence_number,
            not request.from_peer,
        ):
            return Exchange(request, pdu, place, later)
    return Exchange(request, None, place, -1)


def bind(talk: Conversation) -> Iterator[str]:
    """One bind_transceiver with the account's name, accepted; and the peer knows it is bound."""
    found = talk.exchanges(CommandId.BIND_TRANSCEIVER, from_peer=True)
    if [each.status for each in found] != [0]:
        yield f"binds were answered {[each.status for each in found]}"
    elif found[0].request.fields.get("system_id") != talk.order.system_id:
        yield f"bound as {found[0].request.fields.get('system_id')!r}"
    if len(talk.told_of("bound")) != 1:
        yield "the peer did not tell that it is bound"


def submit(talk: Conversation) -> Iterator[str]:
    """Every message of the order once, a receipt asked for, accepted; and the peer knows the message_ids."""
    found = talk.exchanges(CommandId.SUBMIT_SM, from_peer=True)
    if sorted(each.request.text for each in found) != sorted(talk.order.texts):
        yield f"the texts were {[each.request.text for each in found]}"
    for each in found:
        fields = each.request.fields
        addresses = fields.get("source_addr"), fields.get("destination_addr")
        if each.status != 0 or fields.get("regdel.receipt") != "0x01":
            yield f"status {each.status}, registered_delivery {fields.get('regdel.receipt')}"
        if addresses != (talk.order.source, talk.order.destination):
            yield f"the addresses were {addresses}"
    told = [line["message_id"] for line in talk.told_of("submitted")]
    if sorted(told) != sorted(_message_ids(found)):
        yield f"the peer told of {told}"


def receive_receipts(talk: Conversation) -> Iterator[str]:
    """One receipt for each message, after its submit_sm_resp, answered with success; and the peer has read it."""
    accepted = {
        each.response.fields.get("message_id", ""): each.answered
        for each in talk.exchanges(CommandId.SUBMIT_SM, from_peer=True)
        if each.response is not None
    }
    found = {_receipted(each): each for each in talk.deliveries(receipts=True)}
    if set(found) != set(accepted) or len(found) != len(talk.order.texts):
        yield f"receipts for {len(found)} messages, of which {len(set(found) & set(accepted))} had been accepted"
    for message_id, each in found.items():
        if each.status != 0:
            yield f"the receipt for {message_id} was answered {each.status}"
        if each.asked < accepted.get(message_id, each.asked):
            yield f"the receipt for {message_id} came before its submit_sm_resp"
    told = [(line["message_id"], line["state"]) for line in talk.told_of("receipt")]
    if sorted(told) != sorted((message_id, "DELIVRD") for message_id in accepted):
        yield f"the peer told of {told}"


def _receipted(each: Exchange) -> str:
    return each.request.text.partition("id:")[2].partition(" ")[0]


def _message_ids(found: list[Exchange]) -> list[str]:
    return [each.response.fields.get("message_id", "") for each in found if each.response is not None]


def receive_message(talk: Conversation) -> Iterator[str]:
    """The mobile-originated message, once, answered with success; and the peer has read sender and text."""
    found = talk.deliveries(receipts=False)
    wire = [(each.request.fields.get("source_addr"), each.request.text, each.status) for each in found]
    if wire != [(talk.sender, talk.text, 0)]:
        yield f"on the wire: {wire}"
    told = [(line["source"], line["text"]) for line in talk.told_of("message")]
    if told != [(talk.sender, talk.text)]:
        yield f"the peer told of {told}"


def unbind(talk: Conversation) -> Iterator[str]:
    """One unbind by the peer, answered with success, the last exchange of all; and the script ended well."""
    found = talk.exchanges(CommandId.UNBIND, from_peer=True)
    if [each.status for each in found] != [0]:
        yield f"unbinds were answered {[each.status for each in found]}"
    elif found[0].answered != len(talk.reading.pdus) - 1:
        yield "PDUs followed"
    if len(talk.told_of("unbound")) != 1 or talk.exit_status != 0:
        yield f"the script ended with status {talk.exit_status} after telling {[line['step'] for line in talk.told]}"


def nothing_refused(talk: Conversation) -> Iterator[str]:
    """On one connection, no status but success, no generic_nack, no request without a response."""
    if len(talk.reading.connections) != 1:
        yield f"{len(talk.reading.connections)} connections"
    for place, pdu in enumerate(talk.reading.pdus):
        if pdu.command_status or pdu.command_id == CommandId.GENERIC_NACK:
            yield f"command 0x{pdu.command_id:08X} with status 0x{pdu.command_status:08X}"
        elif not pdu.command_id & RESPONSE and _exchange(talk.reading.pdus, place).response is None:
            yield f"command 0x{pdu.command_id:08X} was never answered"


def nothing_malformed(talk: Conversation) -> Iterator[str]:
    """tshark read every octet of the connection as SMPP, and found nothing malformed."""
    yield from talk.reading.faults
    if not talk.reading.pdus:
        yield "tshark saw no SMPP"
    if talk.reading.unread:
        yield f"{talk.reading.unread} octets are in none of the PDUs"


Check = Callable[[Conversation], Iterator[str]]
STEPS: Final[dict[str, Check]] = {
    "bind": bind,
    "submit with receipt": submit,
    "receive the receipts": receive_receipts,
    "receive a mobile-originated message": receive_message,
    "unbind": unbind,
    "nothing refused": nothing_refused,
    "nothing malformed (tshark)": nothing_malformed,
}
