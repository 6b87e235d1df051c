"""Two sessions and a wire that loses things, driven at random: every request ends in exactly one verdict."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from session.fake_wire import FakeWire, frames, in_pieces, taken
from smppcore.errors import NotSent, OutcomeUnknown, SmppError
from smppcore.notice import Ended
from smppcore.pdu import DeliverSm, GenericNack, Request, SubmitSm
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import SessionState

TIMEOUTS = st.sampled_from([0.0, 1.0, 5.0, 60.0, None])
CHOSEN = Settings(enquire_link_interval=20, enquire_link_timeout=5, close_timeout=3)


class Conversation(RuleBasedStateMachine):
    """Each request carries its token in its text, so that what left can be told from what did not."""

    def __init__(self) -> None:
        super().__init__()
        self.wire = FakeWire(CHOSEN)
        self.ends: dict[str, Session] = {"esme": self.wire.esme, "smsc": self.wire.smsc}
        self.asked: set[str] = set()
        self.left: set[str] = set()
        self.ended: Counter[str] = Counter()
        self.verdicts: dict[str, Any] = {}
        self.towards: dict[str, list[bytes]] = {"esme": [], "smsc": []}
        self.owed: dict[str, list[Request[Any]]] = {"esme": [], "smsc": []}
        self.lost = False

    @initialize(state=st.sampled_from([SessionState.BOUND_TX, SessionState.BOUND_RX, SessionState.BOUND_TRX]))
    def bind(self, state: SessionState) -> None:
        self.wire.bind(state)
        taken(self.wire.esme)
        taken(self.wire.smsc)

    @rule(end=st.sampled_from(["esme", "smsc"]), timeout=TIMEOUTS, age=st.sampled_from([0.0, 0.5]))
    def ask(self, end: str, timeout: float | None, age: float) -> None:
        token = f"{end} {len(self.asked):05}"
        text = token.encode()
        pdu = SubmitSm(destination_addr="1", short_message=text) if end == "esme" else DeliverSm(short_message=text)
        try:
            self.ends[end].request(pdu, token, self.wire.now - age, timeout)
        except SmppError:
            return
        self.asked.add(token)

    @rule(end=st.sampled_from(["esme", "smsc"]))
    def take(self, end: str) -> None:
        octets = self.ends[end].take_output()
        found, rest = frames(octets)
        assert rest == b""
        for each in found:
            if each[-10:-5] in (b"esme ", b"smsc "):
                self.left.add(each[-10:].decode())
        self.towards["smsc" if end == "esme" else "esme"] += found

    @rule(end=st.sampled_from(["esme", "smsc"]), size=st.sampled_from([1, 7, 1000]))
    def arrive(self, end: str, size: int) -> None:
        octets, self.towards[end] = b"".join(self.towards[end]), []
        if not self.lost:
            for chunk in in_pieces(size)(octets):
                self._received(end, self.ends[end].receive(chunk, self.wire.now))

    @rule(end=st.sampled_from(["esme", "smsc"]), which=st.integers(0, 20))
    def swallow(self, end: str, which: int) -> None:
        """The peer never sees one of the PDUs, or sees it twice."""
        if self.towards[end]:
            lost = self.towards[end].pop(which % len(self.towards[end]))
            if which % 3 == 0:
                self.towards[end] += [lost, lost]

    @rule(end=st.sampled_from(["esme", "smsc"]), which=st.integers(0, 20), how=st.sampled_from(["ok", "error", "nack"]))
    def answer(self, end: str, which: int, how: str) -> None:
        if self.lost or not self.owed[end]:
            return
        request = self.owed[end].pop(which % len(self.owed[end]))
        response = GenericNack(command_status=3) if how == "nack" else request.answer(0 if how == "ok" else 8)
        self.ends[end].respond(request, response)

    @rule(seconds=st.sampled_from([0.1, 1.0, 6.0, 25.0]))
    def wait(self, seconds: float) -> None:
        self.wire.now += seconds
        for session in self.ends.values():
            session.tick(self.wire.now)
            assert session.next_deadline() > self.wire.now

    @rule(end=st.sampled_from(["esme", "smsc"]))
    def close(self, end: str) -> None:
        self.ends[end].close(self.wire.now)

    @precondition(lambda self: not self.lost)
    @rule()
    def lose(self) -> None:
        self.lost = True
        for session in self.ends.values():
            session.connection_lost(self.wire.now)

    def _received(self, end: str, received: list[tuple[Any, Any]]) -> None:
        for token, pdu in received:
            if token is None:
                self.owed[end].append(pdu)
            else:
                self.ended[token] += 1

    @invariant()
    def no_request_ends_twice(self) -> None:
        for session in self.ends.values():
            for notice in taken(session):
                if isinstance(notice, Ended):
                    self.ended[notice.token] += 1
                    self.verdicts[notice.token] = notice.error
        assert all(count == 1 for count in self.ended.values())
        in_flight = {entry[0] for session in self.ends.values() for entry in session.window.entries.values()}
        assert not in_flight & set(self.ended)

    def teardown(self) -> None:
        self.take("esme")
        self.take("smsc")
        if not self.lost:
            self.lose()
        self.no_request_ends_twice()
        assert set(self.ended) == self.asked
        for token, error in self.verdicts.items():
            if isinstance(error, NotSent):
                assert token not in self.left
            elif isinstance(error, OutcomeUnknown):
                assert token in self.left


class TestConversation(Conversation.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.soak
@pytest.mark.timeout(1800)
class TestLongConversation(Conversation.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(max_examples=1_500, stateful_step_count=100, deadline=None)
