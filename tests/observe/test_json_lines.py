"""Records in a file: each a line, written out soon, and what cannot be written is neither hidden nor in the way."""

import asyncio
import errno
import json
import logging
import os
from pathlib import Path

import pytest

from smppcore.access_log import AccessLog, JsonLines


async def test_lines_are_written_out_soon(tmp_path: Path) -> None:
    path = tmp_path / "access.jsonl"
    sink = JsonLines(path, delay=0.01)
    sink({"destination": "é"})
    assert path.read_bytes() == b""
    while not path.read_bytes():  # noqa: ASYNC110  # a file has no event
        await asyncio.sleep(0)
    assert json.loads(path.read_text("utf-8")) == {"destination": "é"}
    assert path.stat().st_mode & 0o007 == 0
    sink.close()


async def test_many_lines_do_not_wait(tmp_path: Path) -> None:
    path = tmp_path / "access.jsonl"
    sink = JsonLines(path, buffer=100, delay=60)
    for number in range(50):
        sink({"number": number})
    assert len(path.read_text().splitlines()) > 40
    sink.close()
    sink.close()
    assert [json.loads(line)["number"] for line in path.read_text().splitlines()] == list(range(50))
    with pytest.raises(ValueError, match="closed"):
        sink({})


async def test_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "access.jsonl"
    for number in (1, 2):
        access = AccessLog(JsonLines(path))
        access._write({"number": number})
        access.close()
    assert path.read_text() == '{"number":1}\n{"number":2}\n'


async def test_a_full_disk_loses_no_line_that_finds_room_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, write = tmp_path / "access.jsonl", os.write
    sink = JsonLines(path, buffer=1)

    def full(descriptor: int, octets: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    sink({})
    sink({})
    monkeypatch.setattr(os, "write", lambda descriptor, octets: write(descriptor, octets[:2]))
    sink.flush()
    monkeypatch.setattr(os, "write", write)
    sink.close()
    assert path.read_text() == "{}\n{}\n"
    assert sink.lost == 0
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "access log not written"
    ]


async def test_what_is_beyond_all_bounds_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = JsonLines(tmp_path / "access.jsonl", buffer=10)

    def full(descriptor: int, octets: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    for _ in range(100):
        sink({"number": 1})
    sink.close()
    assert sink.lost == 100


async def test_a_file_that_cannot_be_opened_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        JsonLines(tmp_path / "nowhere" / "access.jsonl")
