"""Nothing is lost between the socket and the application: every octet and every PDU is accounted for."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session.fake_wire import (
    BINDS,
    answers,
    bound_esme,
    bound_smsc,
    esme_session,
    frames,
    header,
    of,
    smsc_session,
)
from session.sample_pdus import SAMPLES
from smppcore.constants import CommandId
from smppcore.errors import Refused
from smppcore.notice import BadPdu, Ended, LateAnswer, Misplaced
from smppcore.pdu import STANDARD_PDUS, DeliverSm, Request, SubmitSm
from smppcore.session import Session
from smppcore.settings import Settings

LIMIT = 1_000
CHOSEN = Settings(longest_pdu=LIMIT)
INSIDE = (CommandId.ENQUIRE_LINK_RESP, CommandId.UNBIND_RESP)
_VALID = [pdu.encode(number) for number, pdu in enumerate(SAMPLES.values())]
_VALID += [header(each.command_id, number) for number in range(4) for each in STANDARD_PDUS]


def unbound_smsc() -> Session:
    return smsc_session(CHOSEN)


def unbound_esme() -> Session:
    return esme_session(CHOSEN)


def busy_smsc() -> Session:
    session = bound_smsc(settings=CHOSEN)
    for token in range(3):
        session.request(DeliverSm(), token, 0, 60)
    session.take_output()
    return session


def busy_esme() -> Session:
    session = bound_esme(settings=CHOSEN)
    for token in range(3):
        session.request(SubmitSm(destination_addr="1"), token, 0, 60)
    session.take_output()
    return session


def binding_smsc() -> Session:
    session = unbound_smsc()
    session.receive(next(iter(BINDS.values()))().encode(1), 0)
    return session


STARTS = [unbound_smsc, unbound_esme, busy_smsc, busy_esme, binding_smsc]


def mutated(octets: bytes, at: int, value: int) -> bytes:
    changed = bytearray(octets)
    changed[at % len(changed)] = value
    return bytes(changed)


def tail_changed(octets: bytes, tail: bytes) -> bytes:
    """The same PDU with another end; command_length agrees."""
    changed = octets[:-3] + tail if len(octets) > 19 else octets + tail
    return len(changed).to_bytes(4, "big") + changed[4:]


PIECES = st.one_of(
    st.sampled_from(_VALID),
    st.builds(mutated, st.sampled_from(_VALID), st.integers(4, 400), st.integers(0, 255)),
    st.builds(tail_changed, st.sampled_from(_VALID), st.binary(max_size=12)),
    st.binary(max_size=24),
)
STREAMS = st.lists(PIECES, max_size=12).map(b"".join)
SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=8)


def check_balance(start: Any, stream: bytes, sizes: list[int], respond: bool) -> None:
    session: Session = start()
    out: list[Any] = []
    at, turn = 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        received = session.receive(stream[at : at + size], float(turn))
        out += received
        if respond:
            _respond(session, received)
        at, turn = at + size, turn + 1
    expected, rest = frames(stream, LIMIT)
    framer = session._framer
    assert sum(map(len, expected)) + len(framer.tail) + framer.lost == len(stream)
    assert framer.tail + stream[len(stream) - framer.lost :] == rest or framer.lost == 0
    assert len(out) + _answered_inside(session) + _reported(session) + len(session._held) == len(expected)


def _respond(session: Session, received: list[Any]) -> None:
    for token, pdu in received:
        if token is None and isinstance(pdu, Request):
            session.respond(pdu, pdu.answer(0x64))


def _answered_inside(session: Session) -> int:
    """Answers with status 0 that only the session gives, and the unbind that waits for its answer."""
    good = [command_id for command_id, status, _ in answers(session.take_output()) if not status]
    return sum(command_id in INSIDE for command_id in good) + (session._unbind is not None)


def _reported(session: Session) -> int:
    refused = [ended for ended in of(session, Ended) if isinstance(ended.error, Refused)]
    return len(refused) + sum(isinstance(each, BadPdu | LateAnswer | Misplaced) for each in session.notices)


@settings(max_examples=300, deadline=None)
@given(start=st.sampled_from(STARTS), stream=STREAMS, sizes=SIZES, respond=st.booleans())
def test_every_octet_and_every_pdu(start: Any, stream: bytes, sizes: list[int], respond: bool) -> None:
    check_balance(start, stream, sizes, respond)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@settings(max_examples=15_000, deadline=None)
@given(start=st.sampled_from(STARTS), stream=STREAMS, sizes=SIZES, respond=st.booleans())
def test_every_octet_and_every_pdu_at_length(start: Any, stream: bytes, sizes: list[int], respond: bool) -> None:
    check_balance(start, stream, sizes, respond)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("seed", range(20))
def test_noise(seed: int, start: Any) -> None:
    """Frames of random octets under every command_id, known or not."""
    chance = random.Random(seed)
    ids = [each.command_id for each in STANDARD_PDUS] + [0x0A, 0x333, 0x80000333, 0xFFFFFFFF]
    stream = b""
    for _ in range(60):
        body = chance.randbytes(chance.choice([0, 1, 3, 20, 60]))
        number = chance.choice([0, 1, 2, 3, 0x80000001])
        stream += header(chance.choice(ids), number, chance.choice([0, 0, 8]), 16 + len(body)) + body
    check_balance(start, stream, [chance.randrange(1, 90) for _ in range(8)], bool(seed % 2))


@pytest.mark.parametrize("start", STARTS)
def test_a_limit_on_the_length(start: Any) -> None:
    stream = header(0x15, 1) + header(0x04, 2, length=LIMIT) + bytes(LIMIT - 16) + header(0x04, 3, length=LIMIT + 1)
    check_balance(start, stream, [7, 300], respond=False)
