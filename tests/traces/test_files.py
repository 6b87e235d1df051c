"""The files of a trace: one after another, each complete in itself, and nothing is missing in silence."""

import asyncio
import io
import logging
import pathlib
import stat
import threading
from typing import Any, BinaryIO

import pytest

from smppcore.pdu import SubmitSm
from smppcore.state import Role
from smppcore.tap import Opening
from smppcore.trace import Trace, read_recording, spool
from traces import tshark
from traces.events import Clock, Made, record
from traces.tapped import tapped

ENDS = ("127.0.0.1", 40_000), ("127.0.0.1", 2775)
PLAIN = Opening(Role.ESME, *ENDS)


def submit(number: int) -> bytes:
    return SubmitSm(destination_addr="39333", short_message=b"x" * 100).encode(number)


def files_in(directory: pathlib.Path) -> list[pathlib.Path]:
    """In the order of their names."""
    return sorted(directory.iterdir())


def numbers(*paths: pathlib.Path) -> list[int]:
    """The numbers of the PDUs in these files, read as one trace."""
    recording = read_recording(*paths)
    assert recording.faults == []
    return [pdu.sequence_number for each in recording.connections for pdu in each.pdus() if not pdu.fault]


@pytest.mark.soak
@pytest.mark.parametrize("suffix", ["pcapng", "jsonl"])
async def test_rotation_by_size_under_load_loses_nothing_and_every_file_can_be_read_alone(
    suffix: str, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / f"load.{suffix}"
    async with (
        Trace(path, size=30_000) as trace,
        tapped(trace.connection("carrier"), smsc={SubmitSm: lambda *_: 0}) as (esme, _, port),
    ):
        sending = (esme.submit_sm(SubmitSm(destination_addr="1", short_message=b"x" * 100)) for _ in range(1000))
        await asyncio.gather(*sending)
    files = files_in(tmp_path)
    assert len(files) > 3
    assert path not in files
    found = numbers(*files)
    assert sorted(found) == sorted([*range(1, 1003), *range(1, 1003)])
    assert sum(len(numbers(file)) for file in files) == len(found)
    if suffix == "pcapng":
        readings = [tshark.read(file, port) for file in files]
        assert [reading.faults for reading in readings] == [[]] * len(files)
        assert sum(len(reading.pdus) for reading in readings) == len(found)


@pytest.mark.soak
async def test_a_pdu_that_two_files_share_is_whole_in_the_second(tmp_path: pathlib.Path) -> None:
    path, clock = tmp_path / "shared.pcapng", Clock()
    halves = submit(1)[:60], submit(1)[60:] + submit(2)[:10], submit(2)[10:]
    await record(path, [Made("l", "", Role.ESME, *ENDS, [(True, each) for each in halves])], clock, size=1)
    files = files_in(tmp_path)
    assert [numbers(file) for file in files] == [[], [], [1], [2], []]
    assert numbers(*files) == [1, 2]
    [connection] = read_recording(*files).connections
    assert connection.octets(True) == submit(1) + submit(2)
    assert [tshark.read(file, 2775).faults for file in files[2:]] == [[], [], []]


async def test_rotation_by_time_and_the_number_of_files_that_stay(tmp_path: pathlib.Path) -> None:
    path, clock = tmp_path / "hours.jsonl", Clock()
    (tmp_path / "hours-20200101T000000.000000Z.jsonl").write_text("of an earlier run", "utf-8")
    (tmp_path / "hours-of-others.jsonl").write_text("of somebody else", "utf-8")
    async with Trace(path, seconds=3600, keep=3, clock=clock) as trace:
        tap = trace.connection("l")
        tap.opened(PLAIN)
        for hour in range(10):
            for number in range(3):
                tap.sent(submit(3 * hour + number + 1))
            clock.now += 3_600_000_000_000
    files = [file for file in files_in(tmp_path) if "others" not in file.name]
    assert (tmp_path / "hours-of-others.jsonl").exists()
    # The last one has what is said at the end.
    assert [numbers(file) for file in files] == [[25, 26, 27], [28, 29, 30], []]
    assert [file.name[:20] for file in files] == [
        "hours-20270115T16000",
        "hours-20270115T17000",
        "hours-20270115T18000",
    ]


async def test_a_file_that_is_there_is_not_written_over(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "old.pcapng"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="never written over"):
        Trace(path)
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("t.txt", {}, r"\.pcapng or \.jsonl"),
        ("t.pcapng", {"size": 0}, "size: 0"),
        ("t.pcapng", {"keep": 3}, "one file"),
        ("t.pcapng", {"port": 70_000}, "port"),
    ],
)
def test_what_is_wrong_with_the_options_is_said_at_once(
    name: str, options: dict[str, Any], message: str, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(ValueError, match=message):
        Trace(tmp_path / name, **options)
    with pytest.raises(FileNotFoundError):
        Trace(tmp_path / "nowhere" / "t.pcapng")


async def test_a_trace_is_for_the_eyes_of_its_owner(tmp_path: pathlib.Path) -> None:
    await record(tmp_path / "mine.jsonl", [Made("l", "", Role.ESME, *ENDS, [(True, submit(1))])])
    assert [stat.filemode(file.stat().st_mode) for file in files_in(tmp_path)] == ["-rw-------"]


class Disk:
    """A file system that fails, or waits, when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.may_write = threading.Event()
        self.may_write.set()
        self._open = spool.open_file
        monkeypatch.setattr(spool, "open_file", self.open)
        monkeypatch.setattr(spool, "RETRY", 0.0)

    def open(self, path: pathlib.Path) -> BinaryIO:
        self._check()
        return _OnDisk(self, self._open(path))

    def _check(self) -> None:
        self.may_write.wait()
        if self.full:
            raise OSError(28, "No space left on device")


class _OnDisk(io.RawIOBase, BinaryIO):
    def __init__(self, disk: Disk, file: BinaryIO) -> None:
        super().__init__()
        self._disk = disk
        self._file = file

    def write(self, octets: Any) -> int:
        half = max(len(octets) // 2, 1)
        if self._disk.full:
            self._file.write(octets[:half])  # as much as there was room for
        self._disk._check()
        return self._file.write(octets[:half])

    def truncate(self, size: int | None = None) -> int:
        self._file.seek(size or 0)
        return self._file.truncate(size)

    def close(self) -> None:
        self._file.close()
        super().close()


async def until_written(trace: Trace) -> None:
    while trace.waiting:  # noqa: ASYNC110  # a thread writes
        await asyncio.sleep(0)


@pytest.mark.soak
@pytest.mark.parametrize("suffix", ["pcapng", "jsonl"])
async def test_a_full_disk_costs_the_link_nothing_and_what_is_missing_is_said(
    suffix: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk, path = Disk(monkeypatch), tmp_path / f"disk.{suffix}"
    caplog.set_level(logging.DEBUG, "smppcore")
    async with (
        Trace(path) as trace,
        tapped(trace.connection("carrier"), smsc={SubmitSm: lambda *_: 0}) as (esme, _, port),
    ):

        async def send(count: int) -> None:
            answers = [esme.submit_sm(SubmitSm(destination_addr="1")) for _ in range(count)]
            assert [answer.command_status for answer in await asyncio.gather(*answers)] == [0] * count
            await until_written(trace)

        await send(100)
        disk.full = True
        for _ in range(5):
            await send(20)
        assert trace.lost > 0
        disk.full = False
        await send(100)
    lost = trace.lost
    files = sorted(files_in(tmp_path), key=lambda file: (file != path, file.name))
    first, second = numbers(files[0]), numbers(*files[1:])
    assert sorted(first) == sorted([*range(1, 102)] * 2)
    assert set(second) >= {*range(202, 303)}
    recording = read_recording(*files)
    note = f"{'not recorded before this file' if suffix == 'pcapng' else 'not recorded'}: {lost} octets"
    assert [each for each in recording.notes if each.startswith(note)] != []
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == ["the trace cannot be written"]
    if suffix == "pcapng":
        [connection] = recording.connections
        assert connection.lost == lost
        assert tshark.read(files[0], port).faults == []
        assert tshark.read(files[-1], port).faults == []


@pytest.mark.soak
@pytest.mark.parametrize("suffix", ["pcapng", "jsonl"])
async def test_a_disk_that_is_too_slow_bounds_the_memory_and_what_is_missing_is_said(
    suffix: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, path = Disk(monkeypatch), tmp_path / f"slow.{suffix}"
    async with Trace(path, buffer=20_000) as trace:
        tap = trace.connection("carrier")
        tap.opened(PLAIN)
        disk.may_write.clear()
        most = 0
        for number in range(1, 501):
            tap.sent(submit(number)[:50])
            tap.sent(submit(number)[50:])
            most = max(most, trace.waiting)
        assert trace.failure == "the disk is too slow"
        assert most < 25_000
        disk.may_write.set()
        await until_written(trace)
        for number in range(501, 511):
            tap.sent(submit(number))
        tap.closed("done")
    found = numbers(path)
    kept = len(found) - 10
    assert found == [*range(1, kept + 1), *range(501, 511)]
    assert trace.lost + trace.recorded == 510 * len(submit(1))
    recording = read_recording(path)
    said = [*recording.notes, *recording.connections[0].notes]
    assert [each for each in said if f"not recorded: {trace.lost} octets (the disk is too slow)" in each] != []
    if suffix == "pcapng":
        assert recording.connections[0].lost in range(trace.lost - len(submit(1)), trace.lost + 1)
        reading = tshark.read(path, 2775)
        assert reading.faults == []
        assert [pdu.sequence_number for pdu in reading.pdus] == found


async def test_closing_records_what_waits_and_leaves_the_connections_alone(tmp_path: pathlib.Path) -> None:
    trace = Trace(tmp_path / "closed.pcapng")
    async with tapped(trace.connection("carrier"), smsc={SubmitSm: lambda *_: 0}) as (esme, _, _):
        await asyncio.gather(*(esme.submit_sm(SubmitSm(destination_addr="1")) for _ in range(50)))
        await trace.close()
        await trace.close()
        before = trace.recorded
        await esme.submit_sm(SubmitSm(destination_addr="1"))
    assert (trace.recorded, trace.lost) == (before, 0)
    assert sorted(numbers(tmp_path / "closed.pcapng")) == sorted([*range(1, 52)] * 2)
    async with tapped(trace.connection("carrier"), smsc={SubmitSm: lambda *_: 0}) as (esme, _, _):
        await esme.submit_sm(SubmitSm(destination_addr="1"))
    assert (trace.recorded, trace.lost, trace.closed) == (before, 0, True)
