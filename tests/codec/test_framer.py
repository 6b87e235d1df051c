"""The framer against a plain one, for any stream in any chunking: nothing is lost, nothing is made up."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.errors import Fault
from smppcore.framing import Framer
from smppcore.pdu import EnquireLink, SubmitSm
from smppcore.reference import HEADER

from .pdu_strategies import FAST, SOAK

LIMIT = 64

good_pdu = st.builds(
    lambda command, status, number, body: HEADER.pack(16 + len(body), command, status, number) + body,
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=LIMIT - 16),
)
bad_length = st.integers(0, 15) | st.integers(LIMIT + 1, 0xFFFFFFFF)
bad_pdu = st.builds(lambda length, rest: length.to_bytes(4, "big") + rest, bad_length, st.binary(max_size=30))
streams = st.lists(good_pdu | good_pdu | good_pdu | bad_pdu | st.binary(max_size=20), max_size=8).map(b"".join)


def plain_frames(stream: bytes) -> tuple[list[bytes], bytes, bool]:
    """The whole PDUs at the start of a stream, what follows them, and whether that has a length that cannot be."""
    frames: list[bytes] = []
    while len(stream) >= 4:
        length = int.from_bytes(stream[:4], "big")
        if not 16 <= length <= LIMIT:
            return frames, stream, True
        if len(stream) < length:
            break
        frames.append(stream[:length])
        stream = stream[length:]
    return frames, stream, False


def check_stream(stream: bytes, cuts: list[int]) -> None:
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)})
    framer, start = Framer(LIMIT), 0
    frames: list[bytes] = []
    for end in ends:
        for octets, command_id, command_status, sequence_number in framer.feed(stream[start:end]):
            numbers = (len(octets), command_id, command_status, sequence_number)
            assert HEADER.unpack(octets[:16]) == numbers
            frames.append(octets)
        start = end
        assert start == sum(map(len, frames)) + len(framer.tail) + framer.lost
    wanted, rest, fault = plain_frames(stream)
    assert (frames, framer.fault is not None) == (wanted, fault)
    assert b"".join([*frames, framer.tail]) == stream[: len(stream) - framer.lost]
    if framer.fault is None:
        assert (framer.tail, framer.lost) == (rest, 0)
    else:
        assert framer.fault.octets == framer.tail[:16]
        assert rest.startswith(framer.tail)


@FAST
@given(streams, st.lists(st.integers(0, 400), max_size=12))
def test_any_stream_in_any_chunking(stream: bytes, cuts: list[int]) -> None:
    check_stream(stream, cuts)


@FAST
@given(streams)
def test_any_stream_octet_by_octet(stream: bytes) -> None:
    check_stream(stream, list(range(len(stream))))


@pytest.mark.soak
@SOAK
@given(streams, st.lists(st.integers(0, 400), max_size=12))
def test_any_stream_in_any_chunking_soak(stream: bytes, cuts: list[int]) -> None:
    check_stream(stream, cuts)
    check_stream(stream, list(range(len(stream))))


@pytest.mark.parametrize("length", [0, 1, 15, LIMIT + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_seen_with_its_fourth_octet(length: int) -> None:
    octets = length.to_bytes(4, "big")
    framer = Framer(LIMIT)
    for octet in octets[:3]:
        assert framer.feed(bytes((octet,))) == []
        assert framer.fault is None
    framer.feed(octets[3:])
    assert framer.fault is not None
    assert (framer.fault.fault, framer.fault.limit, framer.fault.sequence_number) == (
        Fault.BAD_COMMAND_LENGTH,
        LIMIT,
        0,
    )
    assert framer.feed(EnquireLink().encode(1)) == []
    assert (framer.lost, framer.tail) == (16, octets)


@pytest.mark.parametrize("length", [16, LIMIT])
def test_both_ends_of_what_is_allowed(length: int) -> None:
    octets = HEADER.pack(length, 1, 0, 1) + bytes(length - 16)
    assert Framer(LIMIT).feed(octets) == [(octets, 1, 0, 1)]


def test_pdus_before_a_fault_are_handed_out() -> None:
    link = EnquireLink().encode(5)
    framer = Framer(LIMIT)
    frames = framer.feed(link + link + b"\0\0\0\x0f" + link)
    assert [frame[0] for frame in frames] == [link, link]
    assert framer.tail == b"\0\0\0\x0f" + link
    assert framer.fault is not None
    assert framer.fault.octets == framer.tail[:16]


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1", b"\r\n\r\nx", b"SSH-2.0-x", b"HELO"])
def test_another_protocol_is_named(start: bytes) -> None:
    framer = Framer(1 << 17)
    framer.feed(start)
    assert "another protocol" in str(framer.fault)


def test_many_pdus_in_one_chunk_are_cut_in_one_go() -> None:
    """50,000 PDUs in chunks of a size that divides none of them."""
    octets = SubmitSm(destination_addr="1", short_message=b"Hello").encode(1)
    stream, framer, count = octets * 50_000, Framer(1 << 17), 0
    for start in range(0, len(stream), 65_521):
        count += len(framer.feed(stream[start : start + 65_521]))
    assert (count, framer.tail, framer.fault) == (50_000, b"", None)


def test_a_long_pdu_in_random_pieces() -> None:
    chance = random.Random(34)
    octets = HEADER.pack(100_000, 0x103, 0, 1) + chance.randbytes(100_000 - 16)
    framer, frames, start = Framer(1 << 17), [], 0
    while start < len(octets):
        end = start + chance.randint(1, 1460)
        frames += framer.feed(octets[start:end])
        start = end
    assert [frame[0] for frame in frames] == [octets]


def test_a_long_pdu_octet_by_octet_is_copied_a_few_times_only() -> None:
    """A slow peer must not make us copy what it has sent with every octet: as many buffers as octets would do that."""
    chance = random.Random(34)
    octets = HEADER.pack(100_000, 0x103, 0, 1) + chance.randbytes(100_000 - 16)
    link = EnquireLink().encode(2)
    framer, frames = Framer(1 << 17), []
    buffers: list[object] = [framer.begun]
    for at in range(len(octets)):
        frames += framer.feed(octets[at : at + 1])
        if framer.begun is not buffers[-1]:
            buffers.append(framer.begun)
    assert [frame[0] for frame in frames] == [octets]
    assert type(frames[0][0]) is bytes
    assert len(buffers) < 20
    assert framer.feed(link) == [(link, 0x15, 0, 2)]


@pytest.mark.parametrize("extra", [b"", b"\0", EnquireLink().encode(2), EnquireLink().encode(2) + b"\0\0\0"])
def test_what_follows_a_long_pdu_in_its_last_piece(extra: bytes) -> None:
    octets = HEADER.pack(LIMIT, 0x103, 0, 1) + bytes(LIMIT - 16)
    framer = Framer(LIMIT)
    assert framer.feed(octets[:20]) == framer.feed(octets[20:40]) == framer.feed(b"") == []
    assert (framer.tail, type(framer.tail)) == (octets[:40], bytes)
    frames = framer.feed(octets[40:] + extra)
    assert [frame[0] for frame in frames] == [octets, extra[:16]][: 1 + len(extra) // 16]
    assert framer.tail == (extra[16:] if len(extra) >= 16 else extra)
