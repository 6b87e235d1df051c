"""The poison-pill guard by itself: what counts as the same PDU, when it is given up, and what is kept.

Item 4 of 1.12 of the field: one receipt that a library cannot digest, sent again by the SMSC after each reconnect.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.constants import CommandStatus
from smppcore.pdu import DeliverSm, Pdu
from smppcore.quarantine import Quarantine
from smppcore.reference import HEADER
from smppcore.tlv import RECEIPTED_MESSAGE_ID

ERROR = ValueError("cannot be digested")


def delivery(text: bytes = b"poison", number: int = 1) -> DeliverSm:
    pdu = DeliverSm(source_addr="4670", short_message=text, tlvs=[RECEIPTED_MESSAGE_ID("id")])
    return DeliverSm.decode(pdu.encode(number))


def test_the_same_pdu_under_another_number_is_the_same() -> None:
    quarantine = Quarantine(limit=3)
    assert [quarantine.failed(delivery(number=number), ERROR) for number in (1, 7, 7)] == [
        None,
        None,
        CommandStatus.ESME_RX_R_APPN,
    ]
    [kept] = quarantine.pdus
    assert kept.pdu == delivery()
    assert kept.octets == delivery().encode(0)
    assert kept.error is ERROR
    assert DeliverSm.decode(kept.octets) == delivery()


def test_one_octet_of_difference_is_another() -> None:
    quarantine = Quarantine(limit=2)
    assert quarantine.failed(delivery(b"poison"), ERROR) is None
    assert quarantine.failed(delivery(b"Poison"), ERROR) is None
    assert quarantine.pdus == []


def test_a_pdu_that_is_digested_counts_from_the_beginning() -> None:
    quarantine = Quarantine(limit=2)
    assert not quarantine.counting
    quarantine.failed(delivery(), ERROR)
    assert quarantine.counting
    quarantine.digested(delivery(number=9))
    assert not quarantine.counting
    assert quarantine.failed(delivery(), ERROR) is None


def test_the_status_can_be_chosen() -> None:
    assert Quarantine(limit=1, status=0).failed(delivery(), ERROR) == 0
    assert Quarantine(limit=1, status=0x4FF).failed(delivery(), ERROR) == 0x4FF


def test_one_that_comes_again_after_it_was_given_up_counts_again() -> None:
    quarantine = Quarantine(limit=2)
    found = [quarantine.failed(delivery(number=number), ERROR) for number in range(4)]
    assert found == [None, CommandStatus.ESME_RX_R_APPN] * 2
    assert len(quarantine.pdus) == 2
    assert not quarantine.counting


@given(st.lists(st.integers(0, 12), max_size=80), st.integers(1, 4), st.integers(1, 6), st.integers(1, 5))
def test_what_is_counted_and_kept_is_bounded(which: list[int], limit: int, remembered: int, kept: int) -> None:
    quarantine = Quarantine(limit, remembered=remembered, kept=kept)
    for each in which:
        quarantine.failed(delivery(bytes([each])), ERROR)
        assert len(quarantine._failures) <= remembered
        assert len(quarantine.pdus) <= kept
        assert all(count < limit for count in quarantine._failures.values())


def test_the_oldest_is_forgotten_first() -> None:
    quarantine = Quarantine(limit=2, remembered=2)
    for text in (b"1", b"2", b"1", b"3", b"2"):
        quarantine.failed(delivery(text), ERROR)
    assert [each.pdu.short_message for each in quarantine.pdus if isinstance(each.pdu, DeliverSm)] == [b"1", b"2"]


def tolerated() -> Pdu:
    """A deliver_sm with an address longer than its field, which an ESME reads and does not write."""
    body = b"\0\1\1" + b"4" * 40 + b"\0\1\1" + b"46700000002\0" + b"\0\0\0" + b"\0\0" + b"\0\0\0\0" + b"\4text"
    octets = HEADER.pack(16 + len(body), 5, 0, 3) + body
    pdu = Codec(tolerate=ESME_TOLERANCE).decode(octets)
    assert pdu.anomalies
    return pdu


def test_a_pdu_that_is_odd_itself_is_counted_too() -> None:
    """The odd ones are those that handlers fail on; that they cannot be encoded again must not save them."""
    quarantine = Quarantine(limit=2)
    assert quarantine.failed(tolerated(), ERROR) is None
    quarantine.digested(tolerated())
    assert quarantine.failed(tolerated(), ERROR) is None
    assert quarantine.failed(tolerated(), ERROR) == quarantine.status
    [kept] = quarantine.pdus
    assert b"4" * 40 in kept.octets


def test_a_handler_that_spoils_its_pdu_and_then_fails_is_counted_too() -> None:
    quarantine = Quarantine(limit=2)
    for number, status in enumerate((None, quarantine.status), 7):
        pdu = delivery(number=number)
        pdu.source_addr = "4" * 40
        assert quarantine.failed(pdu, ERROR) == status


def test_what_is_kept_keeps_no_frames() -> None:
    """They know the connection, which is long gone."""
    quarantine = Quarantine(limit=1)
    try:
        try:
            raise KeyError("field")
        except KeyError as cause:
            raise ERROR from cause
    except ValueError as error:
        quarantine.failed(delivery(), error)
    kept = quarantine.pdus[0].error
    assert kept.__traceback__ is None
    assert kept.__cause__ is not None
    assert kept.__cause__.__traceback__ is None


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"status": -1}, {"status": 1 << 32}, {"kept": 0}, {"remembered": 0}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Quarantine(**wrong)
