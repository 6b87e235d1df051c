"""The interval of enquire_link is kept by a driver that looks at the next deadline only after a tick, as ours does."""

import pytest

from session.fake_wire import answers, bound_esme, bound_smsc, header
from smppcore.constants import CommandId
from smppcore.session import Session
from smppcore.settings import Settings


def asked_within(session: Session, limit: float, delay: float) -> int:
    """How many enquire_links were sent by then, each answered after ``delay``."""
    asked, timer = 0, session.next_deadline()
    while timer <= limit:
        now = timer
        session.tick(now)
        timer = session.next_deadline()
        assert timer > now
        for command_id, _, number in answers(session.take_output()):
            assert command_id == CommandId.ENQUIRE_LINK
            asked += 1
            session.receive(header(CommandId.ENQUIRE_LINK_RESP, number), now + delay)
    return asked


@pytest.mark.parametrize("end", ["esme", "smsc"])
@pytest.mark.parametrize("timeout", [1.0, 3.0, 20.0])
def test_a_timeout_longer_than_the_interval_does_not_take_its_place(end: str, timeout: float) -> None:
    settings = Settings(enquire_link_interval=3.0, enquire_link_timeout=timeout)
    session = bound_esme(settings=settings) if end == "esme" else bound_smsc(settings=settings)
    asked = asked_within(session, 60.0, 0.1)
    assert 15 <= asked <= 20, "every 3 s, and as much later as the answer took"


def test_an_unanswered_enquire_link_is_not_sent_again_before_its_timeout() -> None:
    session = bound_esme(settings=Settings(enquire_link_interval=3.0, enquire_link_timeout=20.0))
    sent = []
    while not session.notices:
        session.tick(session.next_deadline())
        sent += answers(session.take_output())
    assert [command_id for command_id, _, _ in sent] == [CommandId.ENQUIRE_LINK]
