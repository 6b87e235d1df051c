"""Two sessions joined by a wire that is a list of octets; time is a number that the test chooses."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, Codec
from smppcore.notice import Ended, Notice
from smppcore.pdu import Bind, BindReceiver, BindTransceiver, BindTransmitter, Pdu, Request
from smppcore.reference import HEADER
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import Role, SessionState

BINDS: dict[SessionState, type[Bind[Any]]] = {
    SessionState.BOUND_TX: BindTransmitter,
    SessionState.BOUND_RX: BindReceiver,
    SessionState.BOUND_TRX: BindTransceiver,
}
N = TypeVar("N")
Received = list[tuple[Any, Pdu]]
Cut = Callable[[bytes], Iterable[bytes]]


def whole(octets: bytes) -> list[bytes]:
    return [octets] if octets else []


def single(octets: bytes) -> list[bytes]:
    return [octets[at : at + 1] for at in range(len(octets))]


def in_pieces(size: int) -> Cut:
    return lambda octets: [octets[at : at + size] for at in range(0, len(octets), size)]


def frames(octets: bytes, limit: int = 128 * 1024) -> tuple[list[bytes], bytes]:
    """The plainest framer: whole PDUs, and the rest from the first octet that belongs to none."""
    found = []
    while len(octets) >= 16:
        length = int.from_bytes(octets[:4], "big")
        if not 16 <= length <= limit or length > len(octets):
            break
        found.append(octets[:length])
        octets = octets[length:]
    return found, octets


def header(command_id: int, number: int, status: int = 0, length: int = 16) -> bytes:
    return HEADER.pack(length, command_id, status, number)


def answers(octets: bytes) -> list[tuple[int, int, int]]:
    """command_id, command_status and sequence_number of every PDU in what a session sends."""
    found, rest = frames(octets)
    assert rest == b""
    return [(int.from_bytes(each[4:8]), int.from_bytes(each[8:12]), int.from_bytes(each[12:16])) for each in found]


def esme_session(settings: Settings | None = None, now: float = 0.0) -> Session:
    return Session(Role.ESME, Codec(tolerate=ESME_TOLERANCE), settings or Settings(), now)


def smsc_session(settings: Settings | None = None, now: float = 0.0) -> Session:
    return Session(Role.SMSC, Codec(tolerate=SMSC_TOLERANCE), settings or Settings(), now)


def bound_esme(state: SessionState = SessionState.BOUND_TRX, settings: Settings | None = None) -> Session:
    """An ESME session in that bound state at time 0, with nothing to send and no notices."""
    session = esme_session(settings)
    bind = BINDS[state](system_id="id")
    number = session.request(bind, "bind", 0, 60)
    session.take_output()
    [(token, _)] = session.receive(bind.answer().encode(number), 0)
    assert token == "bind"
    assert session.state is state
    session.notices.clear()
    return session


def bound_smsc(state: SessionState = SessionState.BOUND_TRX, settings: Settings | None = None) -> Session:
    """An SMSC session in that bound state at time 0, with nothing to send and no notices."""
    session = smsc_session(settings)
    [(_, bind)] = session.receive(BINDS[state](system_id="id").encode(1), 0)
    assert isinstance(bind, Bind)
    session.respond(bind, bind.answer())
    session.take_output()
    assert session.state is state
    session.notices.clear()
    return session


def taken(session: Session) -> list[Notice]:
    """The notices of a session, which has none afterwards."""
    notices, session.notices = session.notices, []
    return notices


def state(session: Session) -> SessionState:
    """Its state, read anew: mypy takes an attribute for what it was compared with last."""
    return session.state


def of(session: Session, kind: type[N]) -> list[N]:
    """Those notices of the session that are of this kind."""
    return [notice for notice in session.notices if isinstance(notice, kind)]


def verdicts(session: Session) -> dict[Any, Exception]:
    return {ended.token: ended.error for ended in of(session, Ended)}


class FakeWire:
    """Carries what both sessions send, cut as ``cut`` does, and keeps what they hand out."""

    def __init__(self, settings: Settings | None = None, cut: Cut = whole) -> None:
        self.esme = esme_session(settings)
        self.smsc = smsc_session(settings)
        self.now = 0.0
        self.cut = cut
        self.at_esme: Received = []
        self.at_smsc: Received = []

    def carry(self) -> None:
        """Bring everything over, until neither side has anything more to send."""
        while self.esme.pending_output or self.smsc.pending_output:
            for chunk in self.cut(self.esme.take_output()):
                self.at_smsc += self.smsc.receive(chunk, self.now)
            for chunk in self.cut(self.smsc.take_output()):
                self.at_esme += self.esme.receive(chunk, self.now)

    def bind(self, state: SessionState) -> None:
        self.esme.request(BINDS[state](system_id="id", password="secret"), "bind", self.now, 60)
        self.carry()
        self.answer_at_smsc()
        assert [token for token, _ in self.taken_at_esme()] == ["bind"]

    def answer_at_smsc(self, status: int = 0) -> None:
        """Answer every request that has come to the SMSC."""
        self.at_smsc = [each for each in self.at_smsc if not _answered(self.smsc, each[1], status)]
        self.carry()

    def answer_at_esme(self, status: int = 0) -> None:
        self.at_esme = [each for each in self.at_esme if not _answered(self.esme, each[1], status)]
        self.carry()

    def taken_at_esme(self) -> Received:
        received, self.at_esme = self.at_esme, []
        return received

    def taken_at_smsc(self) -> Received:
        received, self.at_smsc = self.at_smsc, []
        return received


def _answered(session: Session, pdu: Pdu, status: int) -> bool:
    if not isinstance(pdu, Request):
        return False
    session.respond(pdu, pdu.answer(status))
    return True
