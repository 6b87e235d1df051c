"""Wherever a run dies between two steps of its journal, the next one knows whom it must leave alone."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from smppcore.bulk import RecipientVerdict
from smppcore.bulk.journal_file import IN_FLIGHT, JournalFile

from .crashing import ACCEPTED, LOST, NOT_SENT, REFUSED, CrashingFile, Smsc, run, verdicts

CRASHES = st.lists(st.tuples(st.integers(0, 25), st.booleans()), max_size=4)
FATES = st.lists(st.sampled_from([ACCEPTED, ACCEPTED, ACCEPTED, LOST, REFUSED, NOT_SENT]), max_size=40)


@given(count=st.integers(1, 20), places=st.integers(1, 6), crashes=CRASHES, fates=FATES)
@settings(max_examples=60)
def test_nobody_is_sent_to_twice_and_no_more_than_the_places_are_in_doubt(
    count: int, places: int, crashes: list[tuple[int, bool]], fates: list[object]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path, smsc = Path(directory) / "journal", Smsc(fates)  # type: ignore[arg-type]
        died = 0
        for at, after in crashes:
            sending = asyncio.run(run(path, smsc, count, places, lambda: CrashingFile(path, at, after)))  # noqa: B023
            died += sending.error is not None
            in_flight = [row for row, verdict in verdicts(path).items() if verdict is None]
            assert len(in_flight) <= places
        last = asyncio.run(run(path, smsc, count, places, lambda: JournalFile(path, synchronous="off")))
        assert last.error is None
        kept = verdicts(path)
        assert sorted(kept) == list(range(count))
        assert all(smsc.taken[row] <= 1 for row in kept)
        for row, verdict in kept.items():
            if verdict is RecipientVerdict.ACCEPTED:
                assert smsc.taken[row] == 1
            elif verdict is RecipientVerdict.REFUSED:
                assert smsc.taken[row] == 0
        in_doubt = [row for row, verdict in kept.items() if verdict is RecipientVerdict.UNKNOWN]
        assert len(in_doubt) <= died * places + fates.count(LOST)


def test_an_intent_that_is_not_on_the_disk_is_not_sent(tmp_path: Path) -> None:
    path, smsc = tmp_path / "journal", Smsc([])
    sending = asyncio.run(run(path, smsc, 5, 2, lambda: CrashingFile(path, 0, False)))
    assert (sending.error is not None, smsc.attempts.total()) == (True, 0)
    assert verdicts(path) == {}


def test_what_was_in_flight_is_named_with_the_reason(tmp_path: Path) -> None:
    path, smsc = tmp_path / "journal", Smsc([])
    asyncio.run(run(path, smsc, 5, 2, lambda: CrashingFile(path, 1, False)))
    file = JournalFile(path, synchronous="off")
    assert file.resume() == [0, 1]
    assert [(kept.row, kept.verdict, kept.reason) for kept in file.recipients()] == [
        (0, RecipientVerdict.UNKNOWN, IN_FLIGHT),
        (1, RecipientVerdict.UNKNOWN, IN_FLIGHT),
    ]
    assert file.resume() == []
    file.close()


def test_what_never_left_is_taken_again_at_once(tmp_path: Path) -> None:
    path, smsc = tmp_path / "journal", Smsc([NOT_SENT, NOT_SENT, NOT_SENT])
    asyncio.run(run(path, smsc, 2, 2, lambda: JournalFile(path, synchronous="off")))
    assert smsc.attempts.total() == 5
    assert set(verdicts(path).values()) == {RecipientVerdict.ACCEPTED}
