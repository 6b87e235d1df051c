"""Which receipt goes to whom, what is sent again, and what a receipt says; the ESMEs are stand-ins."""

from datetime import datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.constants import CommandStatus, EsmClass, MessageState
from smppcore.errors import EncodeError, NotSent, OutcomeUnknown, Refused, StateError
from smppcore.message import receipt_of, user_data_of
from smppcore.pdu import DataSm, DeliverSm, DeliverSmResp, GenericNack, Pdu, SubmitSm
from smppcore.simulator.clock import VirtualClock
from smppcore.simulator.dialects import DIALECTS
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.simulator.messages import Messages
from smppcore.simulator.receipt_pdu import PREVIEW, ReadyReceipt, preview, receipt_in, receipt_pdu
from smppcore.simulator.receipts import TIMEOUT, Receipts, Waiter
from smppcore.smsc import Peer
from smppcore.text import Concatenation, LockingShift, UserDataHeader, encode_text
from smppcore.tlv import MESSAGE_PAYLOAD, MESSAGE_STATE, RECEIPTED_MESSAGE_ID, USER_MESSAGE_REFERENCE

NOON = 1_700_049_600.0  # 2023-11-15 12:00 UTC


class FakePeer:
    """An ESME that keeps what it is sent, and is answered for by the test."""

    def __init__(self, system_id: str = "account", load: int = 0, interface_version: int = 0x34) -> None:
        self.system_id = system_id
        self.interface_version = interface_version
        self.hooked = False
        self.can_receive = True
        self.in_flight = load
        self.waiting = 0
        self.sent: list[tuple[Any, Waiter]] = []

    def begin_request(self, pdu: Pdu, *, timeout: float, waiter: Waiter) -> None:
        assert timeout == TIMEOUT
        self.sent.append((pdu, waiter))

    @property
    def ids(self) -> list[str | None]:
        return [DeliverSm.decode(pdu.encode(1)).get(RECEIPTED_MESSAGE_ID) for pdu, _ in self.sent]

    def __call__(self) -> Peer:
        return cast(Peer, self)


def done(message_id: str = "id1", account: str = "account", submitted: float = NOON, **fields: Any) -> StoredMessage:
    """A delivered message that owes a receipt."""
    given: dict[str, Any] = {
        "source_addr_ton": 5,
        "source_addr": "Shop",
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": "393330000001",
        "registered_delivery": 1,
        "short_message": b"hello",
    }
    message = StoredMessage(message_id, account, SubmitSm(**(given | fields)), submitted)
    message.finish(MessageState.DELIVERED, NOON + 60)
    return message


class Settled(list[StoredMessage]):
    def __call__(self, message: StoredMessage) -> None:
        message.owed = False
        self.append(message)


@pytest.fixture
def settled() -> Settled:
    return Settled()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture
def receipts(settled: Settled, clock: VirtualClock) -> Receipts:
    messages = Messages(1)
    return Receipts(
        settled,
        clock,
        lambda account, name: DIALECTS[name or "standard"],
        retry_delay=1.0,
        settle_arrival=messages.settle_arrival,
        open_arrival=messages.open_arrival,
    )


def sent_receipt(message: StoredMessage, interface_version: int = 0x34, dialect: str = "standard") -> Any:
    octets = receipt_pdu(message, DIALECTS[dialect], interface_version).encode(1)
    return (DeliverSm if octets[7] == 5 else DataSm).decode(octets)


# -- to whom


def test_a_receipt_waits_for_a_receiver_and_keeps_its_place(receipts: Receipts, settled: Settled) -> None:
    messages = [done(str(number)) for number in range(5)]
    for message in messages:
        receipts.deliver(message)
    assert receipts.waiting == 5
    peer = FakePeer()
    receipts.add_receiver(peer())
    assert (peer.ids, receipts.waiting) == (["0", "1", "2", "3", "4"], 0)
    assert all(message.owed for message in messages)
    for _, answer in peer.sent:
        answer.set_result(DeliverSmResp())
    assert (settled, receipts.delivered) == (messages, 5)


def test_other_accounts_do_not_get_it(receipts: Receipts) -> None:
    stranger = FakePeer("other")
    receipts.add_receiver(stranger())
    receipts.deliver(done())
    assert (stranger.sent, receipts.waiting) == ([], 1)


def test_the_least_loaded_receiver_gets_it(receipts: Receipts) -> None:
    busy, free = FakePeer(load=3), FakePeer(load=1)
    free.waiting = 1
    receipts.add_receiver(busy())
    receipts.add_receiver(free())
    receipts.deliver(done())
    assert (len(busy.sent), len(free.sent)) == (0, 1)


def test_who_is_closing_or_gone_gets_nothing(receipts: Receipts) -> None:
    closing, gone = FakePeer(), FakePeer()
    receipts.add_receiver(closing())
    receipts.add_receiver(gone())
    closing.can_receive = False
    receipts.remove_receiver(gone())
    receipts.remove_receiver(gone())
    receipts.deliver(done())
    assert (closing.sent, gone.sent, receipts.waiting) == ([], [], 1)


# -- again or never again

REQUEST = DeliverSm()
TEMPORARY = [
    NotSent("closed", REQUEST),
    OutcomeUnknown("lost", REQUEST),
    StateError("the session is unbinding"),
    Refused(DeliverSmResp(command_status=CommandStatus.ESME_RX_T_APPN), REQUEST),
    Refused(DeliverSmResp(command_status=CommandStatus.ESME_RTHROTTLED), REQUEST),
    Refused(DeliverSmResp(command_status=CommandStatus.ESME_RMSGQFUL), REQUEST),
]
PERMANENT = [
    Refused(DeliverSmResp(command_status=CommandStatus.ESME_RX_P_APPN), REQUEST),
    Refused(DeliverSmResp(command_status=CommandStatus.ESME_RX_R_APPN), REQUEST),
    Refused(GenericNack(command_status=CommandStatus.ESME_RINVCMDID), REQUEST),
    EncodeError("deliver_sm.source_addr", "20 characters", "x"),
]


def _name(error: Exception) -> str:
    return f"{type(error).__name__} {getattr(error, 'status', '')}"


@pytest.mark.parametrize("error", TEMPORARY, ids=_name)
def test_sent_again(receipts: Receipts, settled: Settled, clock: VirtualClock, error: Exception) -> None:
    peer = FakePeer()
    receipts.add_receiver(peer())
    receipts.deliver(done())
    peer.sent[0][1].set_exception(error)
    clock.advance(0.9)
    assert (len(peer.sent), settled, receipts.waiting) == (1, [], 1)
    clock.advance(0.1)
    assert (len(peer.sent), settled) == (2, [])
    peer.sent[1][1].set_result(DeliverSmResp())
    assert (len(peer.sent), len(settled), receipts.delivered, receipts.refused) == (2, 1, 1, 0)


@pytest.mark.parametrize("error", PERMANENT, ids=_name)
def test_not_sent_again(receipts: Receipts, settled: Settled, error: Exception) -> None:
    peer, message = FakePeer(), done()
    receipts.add_receiver(peer())
    receipts.deliver(message)
    peer.sent[0][1].set_exception(error)
    assert (len(peer.sent), settled, receipts.delivered, receipts.refused) == (1, [message], 0, 1)


def test_many_refusals_are_one_retry(receipts: Receipts, clock: VirtualClock) -> None:
    peer = FakePeer()
    receipts.add_receiver(peer())
    for number in range(10):
        receipts.deliver(done(str(number)))
    for _, answer in list(peer.sent):
        answer.set_exception(Refused(DeliverSmResp(command_status=CommandStatus.ESME_RX_T_APPN), REQUEST))
    assert (len(clock._timers), receipts.waiting) == (1, 10)
    clock.advance(1)
    assert peer.ids[10:] == [str(number) for number in range(10)]


def test_nothing_is_tried_again_after_close(receipts: Receipts, clock: VirtualClock) -> None:
    peer = FakePeer()
    receipts.add_receiver(peer())
    receipts.deliver(done())
    receipts.close()
    peer.sent[0][1].set_exception(OutcomeUnknown("lost", REQUEST))
    clock.advance(10)
    assert len(peer.sent) == 1


def test_an_esme_that_never_answers_costs_no_more_than_its_window(receipts: Receipts, settled: Settled) -> None:
    receipts.window = 3
    peer = FakePeer()
    receipts.add_receiver(peer())
    for number in range(1_000):
        receipts.deliver(done(str(number)))
    assert (len(peer.sent), receipts.waiting) == (3, 997)
    peer.sent[0][1].set_result(DeliverSmResp())
    assert (peer.ids, receipts.waiting, len(settled)) == (["0", "1", "2", "3"], 996, 1)


def test_what_is_refused_for_good_makes_room_for_the_next(receipts: Receipts) -> None:
    receipts.window = 1
    peer = FakePeer()
    receipts.add_receiver(peer())
    for number in range(3):
        receipts.deliver(done(str(number)))
    peer.sent[0][1].set_exception(PERMANENT[0])
    assert (peer.ids, receipts.refused) == (["0", "1"], 1)


def test_paused_it_sends_nothing_and_loses_nothing(receipts: Receipts) -> None:
    peer = FakePeer()
    receipts.add_receiver(peer())
    receipts.pause()
    for number in range(3):
        receipts.deliver(done(str(number)))
    assert (peer.sent, receipts.waiting, receipts.waiting_for("account")) == ([], 3, 3)
    receipts.resume()
    assert (peer.ids, receipts.waiting) == (["0", "1", "2"], 0)


# -- what it says


def test_the_receipt_by_the_book() -> None:
    pdu = sent_receipt(done("abc123"))
    assert isinstance(pdu, DeliverSm)
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (1, 1, "393330000001")
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (5, 0, "Shop")
    assert (pdu.esm_class, pdu.data_coding) == (EsmClass.DELIVERY_RECEIPT, 0)
    assert (pdu.get(RECEIPTED_MESSAGE_ID), pdu.get(MESSAGE_STATE)) == ("abc123", MessageState.DELIVERED)
    assert pdu.short_message == (
        b"id:abc123 sub:001 dlvrd:001 submit date:2311151200 done date:2311151201 stat:DELIVRD err:000 text:hello"
    )


def test_our_own_parser_reads_it_back() -> None:
    receipt = receipt_of(sent_receipt(done("abc123", short_message=b"hello to everybody out there")))
    assert receipt is not None
    assert receipt.fields._asdict() == {
        "id": "abc123",
        "sub": "001",
        "dlvrd": "001",
        "submit_date": "2311151200",
        "done_date": "2311151201",
        "stat": "DELIVRD",
        "err": "000",
        "text": "hello to everybody o",
    }
    assert (receipt.message_id, receipt.message_state, receipt.oddities) == ("abc123", 2, ())
    assert (receipt.submit_time, receipt.done_time) == (datetime(2023, 11, 15, 12, 0), datetime(2023, 11, 15, 12, 1))


def test_a_message_that_was_deleted() -> None:
    message = done()
    message.finish(MessageState.DELETED, NOON)
    receipt = receipt_of(sent_receipt(message))
    assert receipt is not None
    assert (receipt.fields.stat, receipt.fields.dlvrd, receipt.message_state) == ("DELETED", "000", 4)


def test_dates_change_with_the_minute() -> None:
    pdus = [sent_receipt(done(submitted=NOON + seconds)) for seconds in (0, 59, 60, 3600, 0)]
    dates = [found.fields.submit_date for pdu in pdus if (found := receipt_of(pdu))]
    assert dates == ["2311151200", "2311151200", "2311151201", "2311151300", "2311151200"]


def test_it_repeats_the_reference_of_the_esme() -> None:
    assert sent_receipt(done(tlvs=[USER_MESSAGE_REFERENCE(0xBEEF)])).get(USER_MESSAGE_REFERENCE) == 0xBEEF
    assert sent_receipt(done(tlvs=[USER_MESSAGE_REFERENCE(0)])).get(USER_MESSAGE_REFERENCE) == 0
    assert sent_receipt(done()).get(USER_MESSAGE_REFERENCE) is None


def test_an_esme_of_version_33_gets_no_tlvs() -> None:
    pdu = sent_receipt(done("abc123"), interface_version=0x33)
    receipt = receipt_of(pdu)
    assert pdu.tlvs == []
    assert receipt is not None
    assert (receipt.message_id, receipt.message_state) == ("abc123", 2)


def test_addresses_too_long_for_deliver_sm_get_a_data_sm() -> None:
    pdu = sent_receipt(done("abc123", destination_addr="9" * 64))
    assert isinstance(pdu, DataSm)
    assert (pdu.source_addr, pdu.destination_addr, pdu.esm_class) == ("9" * 64, "Shop", EsmClass.DELIVERY_RECEIPT)
    assert (pdu.get(MESSAGE_PAYLOAD) or b"").startswith(b"id:abc123 ")
    receipt = receipt_of(DataSm.decode(pdu.encode(1)))
    assert receipt is not None
    assert (receipt.message_id, receipt.message_state) == ("abc123", 2)


@given(
    source=st.text("0123456789abcÿ", max_size=20),
    destination=st.text("0123456789", min_size=1, max_size=20),
    numbers=st.lists(st.integers(0, 255), min_size=4, max_size=4),
    message_id=st.text("0123456789abcdef", min_size=1, max_size=64),
    octets=st.binary(max_size=254),
    state=st.integers(2, 8),
    error=st.sampled_from(["", "012", "00ff"]),
)
def test_a_ready_receipt_has_the_octets_of_the_fields(
    source: str, destination: str, numbers: list[int], message_id: str, octets: bytes, state: int, error: str
) -> None:
    fields: dict[str, Any] = {"source_addr_ton": numbers[0], "source_addr_npi": numbers[1], "source_addr": source}
    fields |= {"dest_addr_ton": numbers[2], "dest_addr_npi": numbers[3], "destination_addr": destination}
    message = done(message_id, short_message=octets, **fields)
    message.finish(state, NOON)
    message.error = error
    ready = receipt_pdu(message, DIALECTS["standard"], 0x34)
    assert isinstance(ready, ReadyReceipt)
    assert ready.encode(77) == receipt_in(DIALECTS["standard"], message, 0x34).encode(77)


# -- the first characters of the message


def previewed(octets: bytes, data_coding: int = 0, esm_class: int = 0) -> str:
    short = preview(SubmitSm(short_message=octets, data_coding=data_coding, esm_class=esm_class))
    return short.decode("gsm0338")


@pytest.mark.parametrize(
    ("octets", "data_coding", "esm_class", "expected"),
    [
        (b"", 0, 0, ""),
        (b"short", 0, 0, "short"),
        (b"exactly twenty chars", 0, 0, "exactly twenty chars"),
        (b"exactly twenty chars!", 0, 0, "exactly twenty chars"),
        (encode_text("nineteen characters€", 0), 0, 0, "nineteen characters"),
        (encode_text("eighteen character€", 0), 0, 0, "eighteen character€"),
        (encode_text("@£$¥ è", 0), 0, 0, "@£$¥ è"),
        ("Здравей".encode("utf-16-be"), 8, 0, "???????"),
        ("Ciao €5 😀!".encode("utf-16-be"), 8, 0, "Ciao €5 ?!"),
        ("é".encode("latin-1") * 30, 3, 0, "é" * 20),
        (b"\x00\x01\x02binary", 4, 0, ""),
        (b"\x00\x01\x02binary", 0xF5, 0, ""),
        (UserDataHeader((Concatenation(7, 2, 1, 8),)).build() + b"part one", 0, 0x40, "part one"),
        (UserDataHeader((Concatenation(7, 2, 1, 8),)).build() + "été".encode("utf-16-be"), 8, 0x40, "été"),
        (b"\x20no header at all", 0, 0x40, " no header at all"),
        (b"", 0, 0x40, ""),
        (b"\x05\x00\x03\x07\x02\x01", 0, 0x40, ""),
    ],
)
def test_preview(octets: bytes, data_coding: int, esm_class: int, expected: str) -> None:
    assert previewed(octets, data_coding, esm_class) == expected


def test_preview_of_a_national_language_is_in_the_default_alphabet() -> None:
    header = UserDataHeader((LockingShift(1),))
    octets = header.build() + encode_text("İstanbul", 0, udh=header)
    assert previewed(octets, 0, 0x40) == "?stanbul"


@given(
    octets=st.binary(max_size=254),
    data_coding=st.integers(0, 255),
    esm_class=st.sampled_from([0, 0x03, 0x40, 0x43, 0xC0]),
)
def test_any_octets_have_a_preview(octets: bytes, data_coding: int, esm_class: int) -> None:
    found = preview(SubmitSm(short_message=octets, data_coding=data_coding, esm_class=esm_class))
    assert len(found) <= 2 * PREVIEW
    pdu = DeliverSm(esm_class=EsmClass.DELIVERY_RECEIPT, short_message=b"id:1 stat:DELIVRD err:000 text:" + found)
    assert user_data_of(DeliverSm.decode(pdu.encode(1))) == (None, pdu.short_message)
