"""The session without sockets: CPU per message of the conversation alone, beside the same work by hand.

usage: python -m benchmarks.session [MESSAGES]

64 submit_sm at a time go out of an ESME's session, or into an SMSC's, as octets in memory. By hand are a dict of what
is in flight and the octets of exactly these PDUs. Prints medians of five rounds with their spread, in microseconds.
"""

import itertools
import sys
import time
from collections.abc import Callable
from typing import Final

from benchmarks.floors.octets import HEADER, RESPONSE, SUBMIT_SM, submit_sm, text_of
from benchmarks.floors.smsc import FloorSmsc
from benchmarks.line import WINDOW, Line, submits
from benchmarks.section import Pace, Section, Table
from benchmarks.spread import Spread
from smppcore import Settings, SubmitSm, SubmitSmResp
from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, Codec
from smppcore.pdu import BindTransceiver, BindTransceiverResp
from smppcore.session import Session
from smppcore.state import Role

ROUNDS: Final = 5
ADDRESS: Final = "31600000000"


def answers(count: int) -> list[bytes]:
    """What an SMSC answers to ``submits``."""
    return [
        b"".join(SubmitSmResp(message_id=str(n)).encode(n) for n in range(first, first + WINDOW))
        for first in range(2, count + 2, WINDOW)
    ]


def esme_by_hand(count: int) -> float:
    in_flight: dict[int, int] = {}
    number, text, prepared = 1, text_of(100), answers(count)
    began = time.process_time()
    for piece in prepared:
        output = []
        for _ in range(WINDOW):
            number += 1
            in_flight[number] = number
            output.append(submit_sm(number, ADDRESS.encode("latin-1"), text))
        b"".join(output)
        offset = 0
        while offset < len(piece):
            length, _command_id, _status, answered = HEADER.unpack_from(piece, offset)
            in_flight.pop(answered)
            piece[offset + 16 : offset + length - 1].decode("latin-1")
            offset += length
    return (time.process_time() - began) / (len(prepared) * WINDOW) * 1e6


def esme_session(count: int) -> float:
    session = Session(Role.ESME, Codec(tolerate=ESME_TOLERANCE), Settings(), 0.0)
    session.request(BindTransceiver(system_id="smppclient1"), 0, 0.0, None)
    session.take_output()
    session.receive(BindTransceiverResp(system_id="smsc").encode(1), 0.0)
    prepared, text = answers(count), b"a" * 100
    began = time.process_time()
    for now, piece in enumerate(prepared):
        for token in range(WINDOW):
            pdu = SubmitSm(source_addr="12345", destination_addr=ADDRESS, short_message=text)
            session.request(pdu, token, float(now), 60.0)
        session.take_output()
        for _token, answer in session.receive(piece, float(now)):
            if type(answer) is not SubmitSmResp:
                raise SystemExit(f"{answer} came")
    return (time.process_time() - began) / (len(prepared) * WINDOW) * 1e6


def smsc_by_hand(count: int) -> float:
    floor, line, prepared = FloorSmsc(itertools.count(1)), Line(), submits(count, 0)
    floor.connection_made(line)
    began = time.process_time()
    for piece in prepared:
        floor.data_received(piece)
    used = time.process_time() - began
    _command = HEADER.unpack_from(line.written[-1])[1]
    if len(line.written) != len(prepared) or _command != RESPONSE | SUBMIT_SM:
        raise SystemExit("the floor did not answer")
    return used / (len(prepared) * WINDOW) * 1e6


def smsc_session(count: int) -> float:
    session = Session(Role.SMSC, Codec(tolerate=SMSC_TOLERANCE), Settings(), 0.0)
    ((_, bind),) = session.receive(BindTransceiver(system_id="smppclient1").encode(1), 0.0)
    session.respond(bind, BindTransceiverResp(system_id="smsc"))
    session.take_output()
    ids, prepared = map(str, itertools.count(1)), submits(count, 0)
    began = time.process_time()
    for now, piece in enumerate(prepared):
        for _, request in session.receive(piece, float(now)):
            session.respond(request, SubmitSmResp(message_id=next(ids)))
        session.take_output()
    return (time.process_time() - began) / (len(prepared) * WINDOW) * 1e6


PAIRS: Final[dict[str, tuple[Callable[[int], float], Callable[[int], float]]]] = {
    "ESME: submit_sm and its response": (esme_by_hand, esme_session),
    "SMSC: submit_sm and its response": (smsc_by_hand, smsc_session),
}


def measure(count: int, rounds: int) -> Table:
    """By hand and the session, in turns."""
    found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in PAIRS}
    for _ in range(rounds):
        for name, runs in PAIRS.items():
            for run, each in zip(runs, found[name], strict=True):
                each.append(run(count))
    rows = [
        [name, Spread.of(by_hand).text(), Spread.of(ours).text(), Spread.ratio(ours, by_hand).text()]
        for name, (by_hand, ours) in found.items()
    ]
    return Table(["", "by hand, us", "Session, us", "Session to by hand"], rows)


def section(pace: Pace) -> Section:
    return Section(
        "Session without sockets",
        "CPU per message of `smppcore.session.Session` alone, octets in memory, 64 at a time, beside the same work by"
        " hand without states, deadlines, checks and PDU objects (`python -m benchmarks.session`).",
        [measure(32_000, pace.rounds)],
    )


if __name__ == "__main__":
    print(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 64_000, ROUNDS).markdown())
