"""What an SMSC answers to PDUs that are wrong: every malformed public vector, bound and before the bind."""

import json
import pathlib
from typing import Any

import pytest

from session.fake_wire import answers, bound_smsc, esme_session, frames, header, in_pieces, of, single, smsc_session
from smppcore.constants import CommandId, CommandStatus
from smppcore.notice import BadPdu, Finished, LateAnswer
from smppcore.pdu import EnquireLink, Outbind, Pdu
from smppcore.session import Session

VECTORS = pathlib.Path(__file__).parents[2] / "conformance" / "pdu_vectors.json"


def malformed() -> list[Any]:
    """The vectors that are errors for a strict peer."""
    document = json.loads(VECTORS.read_text("utf-8"))
    found = [each for each in document["vectors"] if each["expect"]["result"] == "error"]
    return [pytest.param(each, id=each["id"]) for each in found]


@pytest.mark.parametrize("cut", [lambda octets: [octets], single, in_pieces(9)], ids=["whole", "octets", "nines"])
@pytest.mark.parametrize("start", [smsc_session, bound_smsc], ids=["unbound", "bound"])
@pytest.mark.parametrize("vector", malformed())
def test_a_malformed_vector_gets_a_listed_answer(vector: Any, start: Any, cut: Any) -> None:
    session: Session = start()
    octets = bytes.fromhex(vector["hex"])
    for chunk in cut(octets):
        assert session.receive(chunk, 1) == []
    expect = vector["expect"]
    _check_answer(expect, session.take_output())
    if expect["close_connection"]:
        [finished] = of(session, Finished)
        assert not finished.abort, "the nack is to be written before the end"
        assert finished.error is not None
        return
    assert of(session, Finished) == []
    _check_notice(session, octets)
    session.receive(EnquireLink().encode(99), 2)
    assert answers(session.take_output()) == [(CommandId.ENQUIRE_LINK_RESP, 0, 99)]


def _check_notice(session: Session, octets: bytes) -> None:
    """One notice that has the octets: an error response whose body is dropped is still a response."""
    [notice] = session.notices
    if isinstance(notice, LateAnswer):
        [anomaly] = notice.response.anomalies
        assert notice.response.command_status
        assert anomaly.octets == octets
    else:
        assert isinstance(notice, BadPdu)
        assert notice.error.octets == octets


def _check_answer(expect: Any, octets: bytes) -> None:
    reply = expect["reply"]
    if reply is None:
        assert octets == b""
        return
    [(command_id, status, number)] = answers(octets)
    assert CommandId(command_id).name.lower() == reply["command"]
    assert f"0x{status:08X}" in reply["acceptable_status"]
    if reply["sequence_number"] is not None:
        assert number == reply["sequence_number"]
    assert len(octets) == 16


def test_what_comes_after_a_bad_pdu_is_read() -> None:
    session = bound_smsc()
    session.receive(header(0x0A, 1) + EnquireLink().encode(2) + header(0x0333, 3, length=20) + bytes(4), 1)
    assert answers(session.take_output()) == [
        (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDID, 1),
        (CommandId.ENQUIRE_LINK_RESP, 0, 2),
        (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDID, 3),
    ]


def test_whole_pdus_before_a_lost_frame_are_handed_out() -> None:
    session = bound_smsc()
    session.receive(EnquireLink().encode(2) + header(4, 3, length=5), 1)
    assert answers(session.take_output()) == [
        (CommandId.ENQUIRE_LINK_RESP, 0, 2),
        (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN, 3),
    ]
    assert session.receive(EnquireLink().encode(4), 2) == []
    assert session.take_output() == b"", "where the next PDU begins is not known any more"


@pytest.mark.parametrize("octets", [b"\r\n", b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"])
def test_another_protocol_on_the_port(octets: bytes) -> None:
    """P23: refused at once, with a reason that says so."""
    session = smsc_session()
    session.receive(octets, 1)
    if len(octets) < 4:
        session.receive(octets, 1)
    [finished] = of(session, Finished)
    assert "lost its frame" in finished.reason
    if octets[0] != 0x16:
        assert "another protocol" in finished.reason
    found, rest = frames(session.take_output())
    assert len(found) == 1
    assert rest == b""


@pytest.mark.parametrize("pdu", [Outbind(system_id="s")])
def test_a_malformed_outbind_is_a_reason_to_close(pdu: Pdu) -> None:
    session = esme_session()
    octets = pdu.encode(1)[:-1]
    session.receive(len(octets).to_bytes(4, "big") + octets[4:], 1)
    assert session.take_output() == b""
    assert len(of(session, Finished)) == 1


def test_a_malformed_alert_is_answered_nothing() -> None:
    session = bound_smsc()
    session.receive(header(CommandId.ALERT_NOTIFICATION, 1, length=17) + b"\1", 1)
    assert session.take_output() == b""
    assert of(session, BadPdu)[0].answered is None
