"""Receipts find their messages: in time, late, twice, early, written otherwise, or brought to another process."""

import pytest

from smppcore.load import awaited as awaited_module
from smppcore.load.awaited import Awaited
from smppcore.load.final_receipt import final_receipt
from smppcore.message import messages
from smppcore.pdu import DeliverSm
from smppcore.receipt import build_text, build_tlvs

TO = "39330000001"


def test_in_time_late_and_again() -> None:
    awaited = Awaited(wait=5.0)
    awaited.expect("a1", TO, 10.0, 10.5)
    awaited.expect("a2", TO, 11.0, 11.5)
    in_time = awaited.receipt("a1", TO, "DELIVRD", 15.0)
    late = awaited.receipt("a2", TO, "EXPIRED", 17.0)
    again = awaited.receipt("a1", TO, "DELIVRD", 18.0)
    assert in_time is not None
    assert late is not None
    assert again is not None
    assert (in_time.verdict, in_time.since, in_time.arrived) == ("in time", 10.0, 15.0)
    assert (late.verdict, late.state) == ("late", "EXPIRED")
    assert again.verdict == "again"
    assert len(awaited) == 0


def test_a_receipt_ahead_of_its_response_is_kept() -> None:
    awaited = Awaited(wait=5.0)
    assert awaited.receipt("a1", TO, "DELIVRD", 1.0) is None
    assert awaited.look_again() == []
    awaited.expect("a1", TO, 0.5, 1.1)
    (match,) = awaited.look_again()
    assert (match.verdict, match.arrived - match.since) == ("in time", 0.5)
    assert awaited.give_away(100.0) == ([], [])


def test_a_receipt_ahead_of_its_response_that_writes_the_id_otherwise() -> None:
    """A process alone gives none away, and must find them all the same."""
    awaited = Awaited(wait=5.0)
    assert awaited.receipt("0972660181", TO, "DELIVRD", 1.0) is None
    awaited.expect("39f99dd5", TO, 0.5, 1.1)
    assert awaited.look_again() == []
    assert awaited.look_thoroughly(1.5) == []
    (match,) = awaited.look_thoroughly(2.5)
    assert (match.verdict, match.arrived - match.since) == ("in time", 0.5)
    assert awaited.look_thoroughly(3.5) == []
    assert len(awaited) == 0


def test_a_receipt_far_ahead_of_its_response_is_still_there() -> None:
    awaited = Awaited(wait=5.0)
    awaited.receipt("a1", TO, "DELIVRD", 1.0)
    assert awaited.look_thoroughly(9.0) == []
    awaited.expect("a1", TO, 0.5, 9.1)
    assert [match.verdict for match in awaited.look_again()] == ["in time"]


@pytest.mark.parametrize(
    ("response", "receipt"),
    [("00B8BE19", "b8be19"), ("39f99dd5", "0972660181"), ("281605133", "10C8F40D"), ("1101C1-C9", "1101c1-c9")],
)
def test_ids_that_the_receipt_writes_otherwise(response: str, receipt: str) -> None:
    awaited = Awaited(wait=5.0)
    awaited.expect("77", "39330000009", 0.0, 0.1)
    awaited.expect(response, TO, 0.0, 0.1)
    match = awaited.receipt(receipt, TO, "DELIVRD", 1.0)
    assert match is not None
    assert match.verdict == "in time"
    assert len(awaited) == 1


def test_a_receipt_of_a_stranger_goes_to_the_other_processes() -> None:
    one, other = Awaited(wait=5.0), Awaited(wait=5.0)
    other.expect("b7", TO, 3.0, 3.1)
    assert one.receipt("b7", TO, "DELIVRD", 4.0) is None
    assert one.give_away(4.5) == ([], [])
    found, strays = one.give_away(5.5)
    assert found == []
    (match,) = other.claim(strays)
    assert (match.verdict, match.since, match.arrived) == ("in time", 3.0, 4.0)
    assert other.claim(strays) == []  # the second receipt of a message that is done is none of a stranger
    assert one.give_away(100.0) == ([], [])


def test_a_number_of_another_process_is_not_read_in_another_base() -> None:
    """All messages of a test may go to one telephone: then only its id tells whose a receipt is."""
    one, other = Awaited(wait=5.0), Awaited(wait=5.0)
    for awaited, message_id in ((one, "11"), (other, "12")):
        awaited.expect(message_id, TO, 0.0, 0.1)
        assert awaited.receipt(message_id, TO, "DELIVRD", 0.2) is not None
    one.expect("1a", TO, 1.0, 1.1)
    other.expect("1c", TO, 1.0, 1.1)
    assert one.receipt("26", TO, "DELIVRD", 1.2) is None
    found, strays = one.give_away(9.0)
    assert found == []
    (stray,) = strays
    assert other.claim([stray, stray._replace(message_id="28")]) == []
    assert [match.verdict for match in other.claim([stray._replace(message_id="1c")])] == ["in time"]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaited_module, "STRAY", 10)
    monkeypatch.setattr(awaited_module, "DONE", 10)
    awaited = Awaited(wait=5.0, most=10)
    for number in range(100):
        awaited.expect(f"m{number}", TO, 0.0, 0.0)
        awaited.receipt(f"s{number}", TO, "DELIVRD", 0.0)
    assert len(awaited) == 10
    assert awaited.forgotten == 90
    assert len(awaited.give_away(10.0)[1]) == 10
    for number in range(90, 100):
        assert awaited.receipt(f"m{number}", TO, "DELIVRD", 1.0) is not None
    assert len(awaited._done) == 10


def deliver(text: str, **more: object) -> DeliverSm:
    return next(messages(DeliverSm, text, 0, source=TO, destination="12345", **more))  # type: ignore[arg-type]


def text(stat: int) -> str:
    return build_text("0A1B", dlvrd=1, submit_date="2611230101", done_date="2611230102", stat=stat)


def test_what_is_a_final_receipt() -> None:
    assert final_receipt(deliver(text(2), esm_class=4)) == ("0A1B", "DELIVRD")
    assert final_receipt(deliver("", tlvs=build_tlvs("0a1b", 5), esm_class=4)) == ("0a1b", "UNDELIV")
    assert final_receipt(deliver("hello")) is None
    assert final_receipt(deliver(text(1), tlvs=build_tlvs("0A1B", 1), esm_class=4)) is None
    assert final_receipt(deliver(text(2), tlvs=build_tlvs("0A1B", 0), esm_class=4)) == ("0A1B", "DELIVRD")
