"""``smppcore send --file`` as people run it: what it says before, what it refuses, and what it leaves behind."""

import asyncio
import contextlib
import io
import json
import os
import pathlib
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from bulk.lists import result

from cli.processes import ENVIRONMENT, LIMIT, simulator
from smppcore.bulk.campaign import Campaign, Entry
from smppcore.bulk.journal_file import JournalFile
from smppcore.bulk.recipient_list import Row
from smppcore.bulk.steps import Decide, Step
from smppcore.cli.main import main
from smppcore.errors import StoreError


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator("--receipt-delay", "0.01") as (_, port):
        yield f"smpp://smppclient1:password@127.0.0.1:{port}"


@pytest.fixture
def people(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "people.csv"
    path.write_text("to,name\n+393330000001,Anna\n+393330000002,Борис\n", encoding="utf-8")
    return path


class Send:
    """The command with a list, a template and a URL, and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], url: str, people: pathlib.Path) -> None:
        self._capsys = capsys
        self._words = ["send", "--url", url, "--file", str(people), "--template", "Dear {name}"]
        self.result = people.with_name("people.result.csv")
        self.journal = people.with_name("people.result.csv.journal")
        self.out = self.err = ""

    def __call__(self, *more: str) -> int:
        try:
            status = main([*self._words, *more])
        except SystemExit as error:
            status = int(error.code or 0)
        self.out, self.err = self._capsys.readouterr()
        return status


@pytest.fixture
def send(capsys: pytest.CaptureFixture[str], url: str, people: pathlib.Path) -> Send:
    return Send(capsys, url, people)


def test_segments_and_cost_come_first_and_a_row_for_each_at_the_end(send: Send) -> None:
    assert send("--price", "0.045", "--from", "Shop", "--receipt", "--json") == 0
    assert send.err.splitlines()[:4] == [
        "2 to send to, 2 segments",
        "  GSM 7-bit: 1 recipients, 1 segments",
        "  UCS-2: 1 recipients, 1 segments",
        "cost 0.090 (2 x 0.045)",
    ]
    assert json.loads(send.out) == {
        "accepted": 2,
        "partly accepted": 0,
        "refused": 0,
        "unknown": 0,
        "not sent": 0,
        "skipped": 0,
        "receipts": {"DELIVRD": 2},
        "receipts_missing": 0,
        "result": str(send.result),
    }
    first, second = result(send.result)
    assert (first["line"], first["to"], first["verdict"], first["segments"]) == ("2", "393330000001", "accepted", "1")
    assert (first["state"], first["attempts"], first["reason"]) == ("DELIVRD", "1", "")
    assert first["message_ids"] != second["message_ids"]
    assert first["intended"].endswith("Z")


def test_the_same_command_again_sends_nothing_again(send: Send) -> None:
    assert send() == 0
    before = result(send.result)
    assert send() == 0
    assert "nothing left to send" in send.err
    assert result(send.result) == before


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--template", "Hello {name}"], "--template changed since this campaign began"),
        (["--from", "Other"], "--from changed"),
        (["--receipt", "--flash"], "--receipt and --flash changed"),
    ],
)
def test_another_text_is_another_campaign(send: Send, more: list[str], named: str) -> None:
    assert send() == 0
    assert send(*more) == 1
    assert named in send.err
    assert send(*more, "--restart") == 0
    assert [row["attempts"] for row in result(send.result)] == ["1", "1"]


def test_a_list_that_changed_is_another_campaign(send: Send, people: pathlib.Path) -> None:
    assert send() == 0
    with people.open("a", encoding="utf-8") as file:
        file.write("+393330000003,Carla\n")
    assert send() == 1
    assert "the list changed since this campaign began" in send.err
    assert len(result(send.result)) == 2


def test_where_the_journal_is_gone_nobody_guesses(send: Send) -> None:
    assert send() == 0
    send.journal.unlink()
    assert send() == 1
    assert "its journal is not" in send.err
    assert send("--restart") == 0


def test_a_second_run_at_the_same_time_is_refused(send: Send) -> None:
    send.result.unlink(missing_ok=True)
    assert send("--dry-run") == 0
    assert not send.journal.exists()
    connection = sqlite3.connect(send.journal, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        assert send() == 1
    finally:
        connection.close()
    assert "another run is at work with this journal" in send.err


def test_what_is_wrong_with_the_list_stops_it_before_anything_is_sent(send: Send, people: pathlib.Path) -> None:
    people.write_text(
        "to,name\n+393330000001,Anna\nnobody,Bob\n+393330000001,Carla\n+393330000004,\n", encoding="utf-8"
    )
    assert send() == 1
    shown = [line.strip() for line in send.err.splitlines()]
    assert shown[0].startswith("line 3: address 'nobody'")
    assert shown[1:3] == ["line 4: the same number as in line 2", "line 5: nothing in name"]
    assert "3 of the list cannot be sent to, so nothing was sent; --skip-bad" in send.err
    assert not send.journal.exists()
    assert send("--skip-bad") == 1
    assert [(row["line"], row["verdict"]) for row in result(send.result)] == [
        ("2", "accepted"),
        ("3", "skipped"),
        ("4", "skipped"),
        ("5", "skipped"),
    ]


def test_who_is_in_the_list_twice_may_get_it_twice(send: Send, people: pathlib.Path) -> None:
    people.write_text("to,name\n+393330000001,Anna\n+393330000001,Anna\n", encoding="utf-8")
    assert send("--allow-duplicates") == 0
    assert [row["verdict"] for row in result(send.result)] == ["accepted", "accepted"]
    assert send("--skip-bad") == 1  # the result would say of one who got it that he was skipped
    assert "--allow-duplicates changed" in send.err
    assert [row["verdict"] for row in result(send.result)] == ["accepted", "accepted"]


def test_a_result_never_takes_the_place_of_its_list(send: Send, people: pathlib.Path) -> None:
    before = people.read_bytes()
    assert send("--result", str(people), "--restart") == 1
    assert "--result is the list itself" in send.err
    assert people.read_bytes() == before


def test_beyond_this_machine_somebody_has_to_say_yes(capsys: pytest.CaptureFixture[str], people: pathlib.Path) -> None:
    far = Send(capsys, "smpp://id:pw@192.0.2.1:2775", people)
    assert far("--price", "1") == 2
    assert "cost 2.00" in far.err
    assert "192.0.2.1:2775 is not this machine, and messages cost money: --yes sends them" in far.err
    # A date that is over may be a slip: whoever is asked has to know that nothing waits for it.
    assert far("--at", "2020-01-01T00:00", "--result", str(people.with_name("other.csv"))) == 2
    assert "the moment of --at is over: delivered at once" in far.err


def test_a_bind_that_fails_leaves_all_for_later(
    capsys: pytest.CaptureFixture[str], people: pathlib.Path, url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nobody = Send(capsys, f"smpp://id:pw@127.0.0.1:{port}", people)
    assert nobody() == 4
    assert "check host and port, and that the SMSC is running" in nobody.err
    assert "2 not sent; the same command goes on with them" in nobody.err
    assert [row["verdict"] for row in result(nobody.result)] == ["not sent", "not sent"]
    wrong = Send(capsys, url.replace("password", "wrong"), people)
    assert wrong() == 8
    assert "wrong" not in wrong.err.replace("is wrong", "")
    assert Send(capsys, url, people)() == 0


@pytest.mark.parametrize(
    "more",
    [
        ["+393331234567"],
        ["--text", "x"],
        ["--price", "-1"],
        ["--price", "much"],
        ["--rate", "0"],
        ["--window", "0"],
        ["--binds", "x"],
    ],
)
def test_a_command_line_that_makes_no_sense(send: Send, more: list[str]) -> None:
    assert send(*more) == 2


@pytest.mark.parametrize("words", [[], ["+393331234567"], ["--text", "x"]])
def test_without_a_list_a_number_and_a_text_are_needed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["send", *words])
    assert ended.value.code == 2
    assert "DESTINATION and --text, or --file, are required" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--file", "/nowhere.csv"], "/nowhere.csv"),
        (["--template", " "], "the template has no text"),
        (["--template", "{nothing}"], "no column 'nothing'; there are to, name"),
        (["--to-column", "nothing"], "no column 'nothing'"),
        (["--from", "a name that is too long"], "a name that is too long"),
        (["--delimiter", "ab"], "the delimiter is one character"),
    ],
)
def test_options_that_cannot_be(send: Send, more: list[str], named: str) -> None:
    assert send(*more) == 1
    assert named in send.err
    assert not send.journal.exists()


def test_rate_and_binds_reach_the_link(send: Send) -> None:
    assert send("--rate", "1000", "--binds", "2", "--window", "3", "--yes") == 0
    assert {row["verdict"] for row in result(send.result)} == {"accepted"}


def test_nobody_else_may_read_the_numbers(send: Send) -> None:
    """They stand in the journal and in the result."""
    assert send() == 0
    assert [stat.S_IMODE(path.stat().st_mode) for path in (send.journal, send.result)] == [0o600, 0o600]


def test_a_profile_says_how_the_carrier_wants_it(
    send: Send, url: str, people: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """A short code as sender where the options name none, numbers in national form, a rate."""
    profile = tmp_path / "carrier.toml"
    profile.write_text(
        """
        [addresses]
        default_source = "72404"
        [[addresses.destination]]
        pattern = "39(.*)"
        write = "\\\\1"
        [pace]
        rate = 500.0
        """,
        encoding="utf-8",
    )
    assert send("--profile", str(profile)) == 0, send.err
    assert [row["to"] for row in result(send.result)] == ["3330000001", "3330000002"]
    assert send() == 1
    assert "--profile changed" in send.err
    # How fast is nobody's business; another sender in the same file is another campaign.
    profile.write_text(profile.read_text().replace("500.0", "400.0"), encoding="utf-8")
    assert send("--profile", str(profile)) == 0, send.err
    profile.write_text(profile.read_text().replace("72404", "72405"), encoding="utf-8")
    assert send("--profile", str(profile)) == 1
    assert "--profile changed" in send.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_in_a_terminal_it_asks(
    capsys: pytest.CaptureFixture[str], people: pathlib.Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    far = Send(capsys, "smpp://id:pw@192.0.2.1:2775", people)
    assert far() == 1
    assert "send 2 segments to 192.0.2.1:2775? [y/N]" in far.err
    assert "nothing was sent" in far.err


def test_a_terminal_shows_how_far_it_is(url: str, people: pathlib.Path) -> None:
    ours, theirs = os.openpty()
    words = ("send", "--url", url, "--file", str(people), "--template", "{name}")
    with subprocess.Popen(
        [sys.executable, "-m", "smppcore", *words],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=ENVIRONMENT | {"TERM": "xterm"},
    ) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody holds its other end any more
            while octets := os.read(ours, 65536):
                shown += octets
        assert process.wait(LIMIT) == 0
    os.close(ours)
    assert "2/2" in shown.decode()
    assert "2 accepted" in shown.decode()


def test_whoever_says_no_to_a_restart_loses_nothing(send: Send, capsys: pytest.CaptureFixture[str]) -> None:
    """What was sent is forgotten only once somebody has said yes: else the next run would send it to all again."""
    assert send() == 0
    far = Send(capsys, "smpp://id:pw@192.0.2.1:2775", send.result.with_name("people.csv"))
    assert far("--restart") == 2
    assert far("--restart", "--from", "Other") == 2
    assert send() == 0
    assert "goes on with" in send.err
    assert "2 accepted" in send.err
    assert "nothing left to send" in send.err


def test_a_campaign_that_nobody_said_yes_to_has_not_begun(send: Send, capsys: pytest.CaptureFixture[str]) -> None:
    far = Send(capsys, "smpp://id:pw@192.0.2.1:2775", send.result.with_name("people.csv"))
    assert far("--from", "Wrong") == 2
    assert send("--from", "Right") == 0


def test_a_restart_that_nobody_said_yes_to_makes_no_journal_of_a_lost_one(
    send: Send, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send() == 0
    send.journal.unlink()
    far = Send(capsys, "smpp://id:pw@192.0.2.1:2775", send.result.with_name("people.csv"))
    assert far("--restart") == 2
    assert send() == 1
    assert "its journal is not" in send.err


def test_those_who_have_theirs_are_passed_over_before_it_binds(
    send: Send, people: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a list of a million that takes many seconds, in which the SMSC would hear nothing from a link that is up."""
    numbers = [f"+39333{row:07d},Anna\n" for row in range(50)]
    people.write_text("".join(["to,name\n", *numbers]), encoding="utf-8")
    assert send() == 0
    with contextlib.closing(sqlite3.connect(send.journal)) as connection, connection:
        connection.execute("DELETE FROM recipients WHERE row = 20")
        connection.execute("DELETE FROM parts WHERE row = 20")
    inside: list[int] = []
    entry_of = Campaign._entry

    def entry(campaign: Campaign, row: Row) -> Entry:
        if asyncio._get_running_loop() is not None:
            inside.append(row.row)
        return entry_of(campaign, row)

    monkeypatch.setattr(Campaign, "_entry", entry)
    assert send() == 0
    assert "1 to send to" in send.err
    assert inside == []


def test_a_disk_that_is_full_leaves_nobody_certain_who_was_on_the_way(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not "not sent": the next run leaves them alone, and the result says so already."""
    carry_out = JournalFile.carry_out

    def full(file: JournalFile, steps: Sequence[Step]) -> list[bool | None]:
        if any(isinstance(step, Decide) for step in steps):
            raise StoreError("the disk is full")
        return carry_out(file, steps)

    monkeypatch.setattr(JournalFile, "carry_out", full)
    assert send("--json") == 1
    assert "smppcore send: the disk is full" in send.err
    assert "not sent" not in send.err
    counts = json.loads(send.out)
    assert (counts["unknown"], counts["not sent"], counts["accepted"]) == (2, 0, 0)
    before = [(row["verdict"], row["reason"]) for row in result(send.result)]
    assert before == [("unknown", "in flight when the run ended")] * 2
    monkeypatch.undo()
    assert send("--json") == 1
    assert [(row["verdict"], row["reason"]) for row in result(send.result)] == before


def test_a_result_that_cannot_be_written_does_not_hide_the_counts(send: Send) -> None:
    send.result.mkdir()
    assert send("--restart") == 1
    assert "accepted: 2\n" in send.out
    assert f"smppcore send: {send.result}: " in send.err


def test_who_is_to_be_sent_to_again_and_was_not_is_counted_once(send: Send, capsys: pytest.CaptureFixture[str]) -> None:
    assert send() == 0
    with contextlib.closing(sqlite3.connect(send.journal)) as connection, connection:
        connection.execute("UPDATE recipients SET verdict = 'unknown'")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nobody = Send(capsys, f"smpp://id:pw@127.0.0.1:{port}", send.result.with_name("people.csv"))
    assert nobody("--resend-unknown", "--json") == 4
    counts = json.loads(nobody.out)
    assert (counts["unknown"], counts["not sent"]) == (2, 0)
