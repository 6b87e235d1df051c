"""What was written is what is read: by us, octet by octet, and by Wireshark."""

import asyncio
import pathlib
import struct
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smppcore.pdu import SubmitSm
from smppcore.state import Role
from smppcore.tap import Address
from smppcore.trace import read_recording
from smppcore.trace.pcapng import BadCapture, interface_block, packet_block, read_pcapng, section_block
from smppcore.trace.segments import LONGEST
from traces import tshark
from traces.events import Clock, Made, connections, record

SUBMIT = SubmitSm(destination_addr="39333", short_message=b"hello").encode(2)
LONG = SubmitSm(destination_addr="39333", short_message=b"x" * 254).encode(2)
ENDS = ("127.0.0.1", 40_000), ("127.0.0.1", 2775)


@pytest.mark.parametrize("suffix", ["pcapng", "jsonl"])
@settings(max_examples=25)
@given(made=st.lists(connections(), max_size=4))
def test_reading_gives_what_was_written(suffix: str, made: list[Made]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, f"trace.{suffix}")
        trace, expected = asyncio.run(record(path, made))
        assert trace.lost == 0
        if not made:
            assert not path.exists()
            return
        recording = read_recording(path)
    assert recording.faults == []
    assert len(recording.connections) == len(made)
    for number, (read, each, chunks) in enumerate(zip(recording.connections, made, expected, strict=True), 1):
        assert (read.number, read.link, read.bind, read.role) == (number, each.link, each.bind, each.role)
        assert (read.local, read.remote) == (each.local, each.remote)
        for sent in (True, False):
            assert read.octets(sent) == b"".join(octets for way, octets in each.chunks if way is sent)
        if suffix == "pcapng":
            assert read.chunks == chunks
        assert [pdu.fault for pdu in read.pdus() if pdu.fault] == []


@pytest.mark.soak
async def test_a_chunk_longer_than_a_packet_can_be_is_one_again(tmp_path: pathlib.Path) -> None:
    path, long = tmp_path / "long.pcapng", LONG * 700
    assert len(long) > 200_000 > 3 * LONGEST
    _, [expected] = await record(path, [Made("l", "", Role.ESME, *ENDS, [(True, long), (False, long)])])
    [connection] = read_recording(path).connections
    assert connection.chunks == expected
    reading = tshark.read(path, 2775)
    assert (len(reading.pdus), reading.faults, reading.unread) == (1400, [], 0)


@pytest.mark.soak
@pytest.mark.parametrize(
    "ends",
    [
        ENDS,
        (("2001:db8::7", 40_000), ("2001:db8::1", 9_000)),
        (None, None),
        (("fe80::1%eth0", 40_000), ("fe80::2%eth0", 2_775)),
        (("", 0), ("10.1.2.3", 3_000)),
        (("::ffff:10.0.0.1", 40_000), ("::ffff:10.0.0.2", 3_333)),
    ],
)
async def test_wireshark_finds_nothing_wrong_with_the_packets(
    tmp_path: pathlib.Path, ends: tuple[Address | None, Address | None]
) -> None:
    path = tmp_path / "ends.pcapng"
    await record(path, [Made("carrier", "1", Role.ESME, *ends, [(True, SUBMIT * 3), (False, SUBMIT), (True, SUBMIT)])])
    packets = tshark.values(
        path, "ip.checksum.status", "tcp.checksum.status", "tcp.analysis.flags", "_ws.malformed", "frame.interface_name"
    )
    assert len(packets) == 9
    for ip, tcp, analysis, malformed, interface in packets:
        assert (ip in ("1", ""), tcp, analysis, malformed, interface) == (True, "1", "", "", "carrier/1")


@pytest.mark.soak
async def test_the_port_of_the_smsc_can_be_written_as_another(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "port.pcapng"
    made = [
        Made("out", "", Role.ESME, ("127.0.0.1", 40_000), ("127.0.0.1", 16_920), [(True, SUBMIT)]),
        Made("in", "", Role.SMSC, ("127.0.0.1", 16_920), ("127.0.0.1", 40_001), [(False, SUBMIT)]),
    ]
    await record(path, made, port=2775)
    ports = {tuple(each) for each in tshark.values(path, "tcp.srcport", "tcp.dstport")}
    assert ports == {("40000", "2775"), ("2775", "40000"), ("40001", "2775"), ("2775", "40001")}
    assert [each.remote for each in read_recording(path).connections] == [("127.0.0.1", 16_920), ("127.0.0.1", 40_001)]


@pytest.mark.soak
async def test_what_is_recorded_and_why_it_ended_stands_in_comments(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "comments.pcapng"
    await record(path, [Made("carrier", "tx-2", Role.ESME, *ENDS, [(True, SUBMIT)])])
    comments = [each[0] for each in tshark.values(path, "frame.comment") if each[0]]
    assert '"link": "carrier", "bind": "tx-2"' in comments[0]
    assert comments[1] == "the connection ends: the test is over"


def test_a_torn_file_is_read_up_to_where_it_is_torn(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "torn.pcapng"
    asyncio.run(record(path, [Made("l", "", Role.ESME, *ENDS, [(True, SUBMIT)] * 20)]))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    recording = read_recording(path)
    assert recording.faults[0].startswith("torn.pcapng: octet ")
    [connection] = recording.connections
    assert len(list(connection.pdus())) > 5


@given(octets=st.binary(max_size=200), cut=st.integers(0, 300))
def test_a_broken_file_raises_bad_capture_and_nothing_else(octets: bytes, cut: int) -> None:
    good = section_block("test") + interface_block("a", "b") + packet_block(0, 1, b"packet", 1, ["c"])
    with tempfile.TemporaryFile() as file:
        file.write(good[:cut] + octets)
        file.seek(0)
        try:
            list(read_pcapng(file))
        except BadCapture as error:
            assert str(error)  # noqa: PT017


def test_captures_of_the_other_order_of_octets_and_other_times_are_read() -> None:
    def block(kind: int, body: bytes) -> bytes:
        body += b"\0" * (-len(body) % 4)
        length = struct.pack(">I", 12 + len(body))
        return struct.pack(">I", kind) + length + body + length

    milliseconds, packet = struct.pack(">HHB3xHHqHH", 9, 1, 3, 14, 8, 5, 0, 0), b"12345"
    at = 1_700_000_000_123
    with tempfile.TemporaryFile() as file:
        file.write(block(0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(block(1, struct.pack(">HHI", 1, 0, 0) + milliseconds))
        file.write(block(6, struct.pack(">IIIII", 0, at >> 32, at & 0xFFFFFFFF, 5, 9) + packet))
        file.write(block(3, struct.pack(">I", 5) + packet))
        file.seek(0)
        _, first, second = read_pcapng(file)
    assert (first.time, first.octets, first.length) == (1_700_000_005_123_000_000, packet, 9)  # type: ignore[union-attr]
    assert (second.time, second.octets) == (0, packet)  # type: ignore[union-attr]


def test_a_clock_that_goes_back_mixes_nothing_up(tmp_path: pathlib.Path) -> None:
    path, clock = tmp_path / "back.pcapng", Clock(step=-1_000_000)
    numbered = [(True, SubmitSm(destination_addr="1").encode(number)) for number in range(1, 20)]
    asyncio.run(record(path, [Made("l", "", Role.ESME, *ENDS, numbered)], clock))
    [connection] = read_recording(path).connections
    assert [pdu.sequence_number for pdu in connection.pdus()] == list(range(1, 20))
