"""Made-up connections, recorded without a socket, and the clock they are recorded by."""

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from smppcore.pdu import DeliverSm, EnquireLink, Pdu, SubmitSm, SubmitSmResp
from smppcore.state import Role
from smppcore.tap import Address, Opening
from smppcore.trace import RecordedChunk, Trace


@dataclass
class Clock:
    """Nanoseconds since the epoch; each look at it takes ``step``."""

    now: int = 1_800_000_000_000_000_000
    step: int = 1_001

    def __call__(self) -> int:
        self.now += self.step
        return self.now


@dataclass
class Made:
    """A connection that never was."""

    link: str
    bind: str
    role: Role
    local: Address | None
    remote: Address | None
    chunks: list[tuple[bool, bytes]] = field(default_factory=list)


PORTS = st.integers(1, 65_535)
IPV4 = st.tuples(st.ip_addresses(v=4).map(str), PORTS)
IPV6 = st.tuples(st.ip_addresses(v=6).map(str), PORTS)
ENDS = st.one_of(
    st.tuples(IPV4, IPV4),
    st.tuples(IPV6, IPV6),
    st.tuples(st.none() | IPV4, st.none()),
    st.tuples(st.none(), st.none() | IPV6),
)
PDUS: st.SearchStrategy[Pdu] = st.one_of(
    st.builds(SubmitSm, destination_addr=st.just("39333"), short_message=st.binary(max_size=254)),
    st.builds(DeliverSm, source_addr=st.just("4"), short_message=st.binary(max_size=140)),
    st.just(EnquireLink()),
    st.just(SubmitSmResp(message_id="77")),
)
STREAMS = st.lists(st.tuples(st.booleans(), st.lists(PDUS, min_size=1, max_size=3)), max_size=8)


@st.composite
def connections(draw: st.DrawFn) -> Made:
    local, remote = draw(ENDS)
    chunks = [
        (sent, b"".join(pdu.encode(number + 1) for number, pdu in enumerate(pdus))) for sent, pdus in draw(STREAMS)
    ]
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    return Made(draw(text), draw(text), draw(st.sampled_from(Role)), local, remote, chunks)


async def record(
    path: pathlib.Path, made: Iterable[Made], clock: Clock | None = None, **options: int
) -> tuple[Trace, list[list[RecordedChunk]]]:
    """Write a trace of these, their chunks in turns; returns what should be read again, connection by connection."""
    clock = clock or Clock()
    trace = Trace(path, clock=clock, **options)  # type: ignore[arg-type]
    lines = []
    for each in made:
        tap = trace.connection(each.link, each.bind)
        tap.opened(Opening(each.role, each.local, each.remote))
        lines.append((tap, list(each.chunks), list[RecordedChunk]()))
    while any(left for _, left, _ in lines):
        for tap, left, expected in lines:
            if left:
                sent, octets = left.pop(0)
                (tap.sent if sent else tap.received)(octets)
                expected.append(RecordedChunk(clock.now, sent, octets))
    for tap, _, _ in lines:
        tap.closed("the test is over")
    await trace.close()
    return trace, [expected for _, _, expected in lines]
