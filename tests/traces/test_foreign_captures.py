"""Captures by other programs: every usual link layer, segments twice, late, out of order, and missing."""

import asyncio
import pathlib
import random
import struct
import subprocess
import tempfile
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.peers.capture import Capture
from smppcore.esme import connect
from smppcore.pdu import BindTransceiver, DeliverSm, SubmitSm
from smppcore.state import Role
from smppcore.trace import read_recording
from smppcore.trace.segments import ACK, PSH, SYN, Way
from traces.events import Made, record
from traces.tapped import Remembered, tapped

CLIENT, SERVER = ("10.0.0.7", 40_000), ("10.0.0.1", 2775)
OUT, BACK = Way(CLIENT, SERVER), Way(SERVER, CLIENT)
SESSION = BindTransceiver(system_id="id", password="*").encode(1) + b"".join(
    SubmitSm(destination_addr="39333", short_message=b"x" * number).encode(number) for number in range(2, 30)
)
BACKWARDS = b"".join(DeliverSm(source_addr="4", short_message=b"y" * number).encode(number) for number in range(1, 20))
START = 0xFFFF_FF00
"""Sequence numbers go round within the first octets."""


def pcap(path: pathlib.Path, packets: Sequence[bytes], linktype: int = 101, order: str = "<") -> None:
    with path.open("wb") as file:
        file.write(struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, linktype))
        for number, packet in enumerate(packets):
            file.write(struct.pack(order + "IIII", 1_800_000_000, number, len(packet), len(packet)) + packet)


def packets(cuts: Sequence[int], *, handshake: bool = True) -> list[bytes]:
    """Both streams in segments of these lengths, in turns."""
    made = []
    if handshake:
        made += [
            OUT.packet(START, 0, SYN),
            BACK.packet(START, START + 1, SYN | ACK),
            OUT.packet(START + 1, START + 1, ACK),
        ]
    for way, octets in ((OUT, SESSION), (BACK, BACKWARDS)):
        at = 0
        for length in cuts:
            made.append(way.packet(START + 1 + at, 0, PSH | ACK, octets[at : at + length]))
            at += length
        made.append(way.packet(START + 1 + at, 0, PSH | ACK, octets[at:]))
    return made


def ethernet(packet: bytes) -> bytes:
    return bytes(12) + b"\x08\x00" + packet + bytes(max(46 - len(packet), 0))


LAYERS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "raw": (101, lambda packet: packet),
    "ipv4": (228, lambda packet: packet),
    "ethernet, with its padding": (1, ethernet),
    "vlan": (1, lambda packet: bytes(12) + b"\x81\x00\x00\x07\x08\x00" + packet),
    "two vlans": (1, lambda packet: bytes(12) + b"\x88\xa8\x00\x07\x81\x00\x00\x08\x08\x00" + packet),
    "cooked": (113, lambda packet: bytes(14) + b"\x08\x00" + packet),
    "cooked 2": (276, lambda packet: b"\x08\x00" + bytes(18) + packet),
    "bsd loopback": (0, lambda packet: b"\x02\x00\x00\x00" + packet),
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layer", sorted(LAYERS))
def test_every_usual_layer_around_tcp_is_read(layer: str, order: str, tmp_path: pathlib.Path) -> None:
    linktype, wrap = LAYERS[layer]
    pcap(tmp_path / "c.pcap", [wrap(packet) for packet in packets([30, 200])], linktype, order)
    [connection] = read_recording(tmp_path / "c.pcap").connections
    assert (connection.local, connection.remote, connection.found_role()) == (CLIENT, SERVER, Role.ESME)
    assert (connection.octets(True), connection.octets(False), connection.lost) == (SESSION, BACKWARDS, 0)


def test_ipv6_with_extension_headers_is_read(tmp_path: pathlib.Path) -> None:
    way = Way(("2001:db8::7", 40_000), ("2001:db8::1", 2775))
    packet = way.packet(1, 0, PSH | ACK, SESSION)
    extended = packet[:6] + b"\x00" + packet[7:40] + b"\x06\x00" + bytes(6) + packet[40:]
    length = struct.pack(">H", len(extended) - 40)
    pcap(tmp_path / "c.pcap", [extended[:4] + length + extended[6:]])
    [connection] = read_recording(tmp_path / "c.pcap").connections
    assert connection.octets(True) == SESSION


@settings(max_examples=60)
@given(cuts=st.lists(st.integers(1, 200), max_size=12), seed=st.integers(0, 2**32))
def test_segments_that_come_twice_late_or_early_give_the_same_streams(cuts: list[int], seed: int) -> None:
    chance = random.Random(seed)
    handshake, data = packets(cuts)[:3], packets(cuts)[3:]
    data += chance.choices(data, k=4) + packets([70, 300])[3:]
    shuffled = sorted(range(len(data)), key=lambda place: place + chance.uniform(0, 6))
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "c.pcap")
        pcap(path, [*handshake, *(data[place] for place in shuffled)])
        [connection] = read_recording(path).connections
    assert (connection.octets(True), connection.octets(False), connection.lost) == (SESSION, BACKWARDS, 0)


def test_what_was_not_captured_is_counted_and_the_pdus_behind_it_are_found(tmp_path: pathlib.Path) -> None:
    pieces = [SubmitSm(destination_addr="1", short_message=b"z" * 90).encode(number) for number in range(1, 11)]
    made, at = [OUT.packet(0, 0, SYN)], 1
    for number, piece in enumerate(pieces, 1):
        if number not in (4, 5):
            made.append(OUT.packet(at, 0, PSH | ACK, piece))
        at += len(piece)
    pcap(tmp_path / "c.pcap", made)
    [connection] = read_recording(tmp_path / "c.pcap").connections
    assert connection.lost == len(pieces[3]) + len(pieces[4])
    found = [(pdu.sequence_number, pdu.offset) for pdu in connection.pdus()]
    assert found == [(number, (number - 1) * len(pieces[0])) for number in (1, 2, 3, 6, 7, 8, 9, 10)]


def test_a_snapshot_length_that_cuts_packets_is_a_loss(tmp_path: pathlib.Path) -> None:
    pieces = [SubmitSm(destination_addr="1", short_message=b"z" * 90).encode(number) for number in range(1, 4)]
    made, at = [], 1
    for piece in pieces:
        made.append(OUT.packet(at, 0, PSH | ACK, piece))
        at += len(piece)
    with (tmp_path / "c.pcap").open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 100, 101))
        for packet in made:
            file.write(struct.pack("<IIII", 1, 0, 100, len(packet)) + packet[:100])
    [connection] = read_recording(tmp_path / "c.pcap").connections
    assert connection.lost == 2 * (len(made[0]) - 100)
    assert {pdu.fault for pdu in connection.pdus()} == {"its end is not recorded", "incomplete"}


def test_a_capture_that_begins_in_the_middle_is_read_from_the_first_pdu_on(tmp_path: pathlib.Path) -> None:
    made = packets([40, 100, 200], handshake=False)[1:]
    pcap(tmp_path / "c.pcap", made)
    [connection] = read_recording(tmp_path / "c.pcap").connections
    assert connection.found_role() is Role.ESME
    assert len([pdu for pdu in connection.pdus() if not pdu.fault and not pdu.from_esme]) == 19


def test_another_connection_between_the_same_ends_is_another(tmp_path: pathlib.Path) -> None:
    second = [
        OUT.packet(77, 0, SYN),
        BACK.packet(99, 78, SYN | ACK),
        OUT.packet(78, 100, PSH | ACK, SESSION),
    ]
    pcap(tmp_path / "c.pcap", [*packets([50]), *second])
    first, other = read_recording(tmp_path / "c.pcap").connections
    assert (first.octets(True), first.octets(False)) == (SESSION, BACKWARDS)
    assert (other.octets(True), other.octets(False)) == (SESSION, b"")


def test_what_is_no_smpp_and_no_tcp_is_counted_and_left_out(tmp_path: pathlib.Path) -> None:
    web = Way(("10.0.0.7", 40_001), ("10.0.0.1", 80)).packet(
        1, 1, PSH | ACK, b"GET / HTTP/1.1\r\nHost: example\r\n\r\n"
    )
    datagram = OUT.packet(1, 1, 0)[:9] + b"\x11" + OUT.packet(1, 1, 0)[10:]
    pcap(tmp_path / "c.pcap", [*packets([50]), web, datagram, b"\x45"])
    recording = read_recording(tmp_path / "c.pcap")
    assert (len(recording.connections), recording.others, recording.foreign) == (1, 1, 2)


@given(octets=st.binary(max_size=120), linktype=st.sampled_from([0, 1, 101, 113, 276, 147]))
def test_packets_that_mean_nothing_raise_nothing(octets: bytes, linktype: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "c.pcap")
        pcap(path, [octets, b"\x45" + octets, *packets([50])], linktype)
        read_recording(path)


@pytest.mark.soak
@pytest.mark.parametrize("form", ["pcap", "pcapng", "nsecpcap"])
def test_what_editcap_makes_of_our_trace_is_read_as_well(form: str, tmp_path: pathlib.Path) -> None:
    path, copy = tmp_path / "t.pcapng", tmp_path / "copy"
    chunks = [(True, SESSION), (False, BACKWARDS), (True, SESSION)]
    asyncio.run(record(path, [Made("carrier", "1", Role.ESME, CLIENT, SERVER, chunks)]))
    subprocess.run(["/usr/bin/env", "editcap", "-F", form, str(path), str(copy)], check=True, timeout=30)
    [connection] = read_recording(copy).connections
    assert (connection.octets(True), connection.octets(False)) == (SESSION * 2, BACKWARDS)
    assert connection.link == ("carrier" if form == "pcapng" else "")


@pytest.mark.soak
async def test_what_dumpcap_captures_of_a_link_is_what_the_tap_got(tmp_path: pathlib.Path) -> None:
    tap = Remembered()
    path = tmp_path / "real.pcapng"
    async with tapped(None, smsc={SubmitSm: lambda *_: 0}) as (_, _, port):
        capture = Capture(port, path)
        await asyncio.to_thread(capture.__enter__)
        esme = await connect(f"smpp://id:secret@127.0.0.1:{port}").open(lambda made: made.tap(tap))
        await asyncio.gather(*(esme.submit_sm(SubmitSm(destination_addr="1")) for _ in range(200)))
        await esme.close()
        await asyncio.to_thread(capture.__exit__, None, None, None)
    [connection] = read_recording(path).connections
    assert connection.octets(True) == tap.octets(True)
    assert connection.octets(False) == tap.octets(False)
    assert connection.found_role() is Role.ESME
    assert len(list(connection.pdus())) == 2 * 202
