"""The journal of one campaign as a file of SQLite. Everything here blocks, and belongs to one thread.

SQLite and not a file of lines, for four reasons: a group of steps is there whole or not at all, without marks and
checksums of ours; a campaign of a million is taken up again without reading it all into memory; receipts find their
messages by an index, weeks later as well; and the lock that keeps a second run away is let go by the system when a run
is killed.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from smppcore.bulk.steps import Decide, Intend, PartVerdict, Receive, RecipientVerdict, Step, TakeBack
from smppcore.errors import StoreError
from smppcore.message_id import MessageIdMatcher, Outstanding, Rule, candidates, index_key

APPLICATION: Final = 0x534D5042
"""application_id: "SMPB", so that no file of somebody else is taken for a journal."""
SCHEMA: Final = 1
IN_FLIGHT: Final = "in flight when the run ended"
EARLIER: Final = "an earlier attempt is unknown; this one: "

_TABLES: Final = (
    "CREATE TABLE campaign (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE recipients (row INTEGER PRIMARY KEY, sending INTEGER NOT NULL, verdict TEXT NOT NULL,"
    " reason TEXT NOT NULL, attempt INTEGER NOT NULL, intended REAL NOT NULL, answered REAL)",
    "CREATE TABLE parts (row INTEGER NOT NULL, attempt INTEGER NOT NULL, part INTEGER NOT NULL, taken INTEGER NOT NULL,"
    " message_id TEXT NOT NULL, key TEXT NOT NULL, destination TEXT NOT NULL, reason TEXT NOT NULL,"
    " state TEXT NOT NULL, final INTEGER NOT NULL, at REAL, PRIMARY KEY (row, attempt, part)) WITHOUT ROWID",
    "CREATE INDEX keys ON parts (key)",
)
_INTEND: Final = (
    "INSERT INTO recipients VALUES (?, 1, '', '', 1, ?, NULL)"
    " ON CONFLICT DO UPDATE SET sending = 1, attempt = attempt + 1, intended = excluded.intended"
)
_LOSE: Final = "UPDATE recipients SET sending = 0, verdict = ?, reason = ? WHERE sending"
_STAY: Final = "UPDATE recipients SET sending = 0, attempt = attempt - 1 WHERE row = ?"
_DECIDE: Final = "UPDATE recipients SET sending = 0, verdict = ?, reason = ?, answered = ? WHERE row = ?"
_ADD_PART: Final = (
    "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', 0, NULL) ON CONFLICT DO UPDATE SET"
    " taken = excluded.taken, message_id = excluded.message_id, key = excluded.key, reason = excluded.reason"
)
_FIND: Final = "SELECT row, attempt, part, message_id, destination, final FROM parts WHERE key = ?"
_RECEIVED: Final = "UPDATE parts SET state = ?, final = ?, at = ? WHERE row = ? AND attempt = ? AND part = ?"
_OUTSTANDING: Final = "SELECT count(*) FROM parts WHERE message_id <> '' AND final = 0"
_ENTRIES: Final = "SELECT row, sending, verdict, reason, attempt, intended, answered FROM recipients ORDER BY row"
_PARTS: Final = (
    "SELECT taken, message_id, reason, state, final, at FROM parts WHERE row = ? AND attempt = ? ORDER BY part"
)


class KeptPart(NamedTuple):
    """A segment as it stands: its verdict, and the last that was heard of it."""

    verdict: PartVerdict
    state: str
    final: bool
    at: float | None


class KeptRecipient(NamedTuple):
    """A recipient as it stands; ``verdict`` is None while it is being sent. Times in seconds since the epoch."""

    row: int
    verdict: RecipientVerdict | None
    reason: str
    attempt: int
    intended: float
    answered: float | None
    parts: tuple[KeptPart, ...]


class JournalFile:
    """Opens the file, and makes it where it is not there; nobody else can open it until it is closed.

    It may be opened in another thread than the one that uses it then.

    ``synchronous``: "full" survives a power failure, "off" only the end of the process. ``rule`` says how the SMSC
    writes message ids in receipts; None finds out. Raises StoreError: another run has it, it is no journal, it cannot
    be had.
    """

    def __init__(self, path: Path, *, synchronous: str = "full", rule: Rule | None = None) -> None:
        self.path = path
        self._matcher = MessageIdMatcher(pinned=rule)
        try:
            path.touch(
                0o600
            )  # there are numbers in it, so it is for nobody else; SQLite's own files beside it follow it
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from error
        try:
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error
        try:
            self._open(synchronous)
        except sqlite3.Error as error:
            self._connection.close()
            raise StoreError(self._reason(error)) from error
        except StoreError:
            self._connection.close()
            raise

    def _open(self, synchronous: str) -> None:
        connection = self._connection
        # Once taken, the lock is kept for as long as the connection lasts.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("BEGIN EXCLUSIVE")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if not application and not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            self._create()
        elif application != APPLICATION:
            raise StoreError(f"{self.path} is no journal of smppcore")
        elif version != SCHEMA:
            raise StoreError(f"{self.path} has schema {version}, and this version of smppcore knows {SCHEMA}")
        connection.execute("COMMIT")

    def _create(self) -> None:
        for statement in (*_TABLES, f"PRAGMA application_id={APPLICATION}", f"PRAGMA user_version={SCHEMA}"):
            self._connection.execute(statement)

    def _reason(self, error: sqlite3.Error) -> str:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return f"{self.path}: another run is at work with this journal"
        return f"{self.path}: {error}"

    def close(self) -> None:
        """Let go of the file, and of the lock."""
        self._connection.close()

    # -- what the run is about

    def facts(self) -> dict[str, str]:
        """What was kept with `begin`; empty in a new journal."""
        return dict(self._connection.execute("SELECT name, value FROM campaign"))

    def begin(self, facts: Mapping[str, str]) -> None:
        """A run begins anew: nothing but these facts is kept. Raises StoreError."""
        empty = [(f"DELETE FROM {table}", ()) for table in ("campaign", "recipients", "parts")]  # noqa: S608  # our own
        self._transaction([*empty, *(("INSERT INTO campaign VALUES (?, ?)", fact) for fact in facts.items())])

    def resume(self) -> list[int]:
        """A run goes on: what was in flight when the last one ended is unknown from now on; these rows are returned."""
        rows = [row for (row,) in self._connection.execute("SELECT row FROM recipients WHERE sending ORDER BY row")]
        self._transaction([(_LOSE, (RecipientVerdict.UNKNOWN, IN_FLIGHT))])
        return rows

    def _transaction(self, statements: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        with self._whole():
            for statement, values in statements:
                self._connection.execute(statement, values)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """One transaction: all of it is on the disk at the end, or nothing of it. Raises StoreError."""
        try:
            self._connection.execute("BEGIN")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite ends it itself after some errors
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StoreError(self._reason(error)) from error

    # -- steps

    def carry_out(self, steps: Sequence[Step]) -> list[bool | None]:
        """All of them in one transaction, which is on the disk when this returns. Raises StoreError: none is."""
        with self._whole():
            return [self._carry_out(step) for step in steps]

    def _carry_out(self, step: Step) -> bool | None:
        match step:
            case Intend(row, at):
                self._connection.execute(_INTEND, (row, at))
            case Decide():
                self._decide(step)
            case TakeBack(row):
                # Where an earlier attempt was unknown it still is.
                self._connection.execute("DELETE FROM recipients WHERE row = ? AND verdict = ''", (row,))
                self._connection.execute(_STAY, (row,))
            case Receive():
                return self._receive(step)
        return None

    def _decide(self, step: Decide) -> None:
        before, attempt = self._connection.execute(
            "SELECT verdict, attempt FROM recipients WHERE row = ?", (step.row,)
        ).fetchone()
        verdict, reason = step.verdict, step.reason
        if verdict is RecipientVerdict.REFUSED and before == RecipientVerdict.UNKNOWN and attempt > 1:
            verdict, reason = RecipientVerdict.UNKNOWN, EARLIER + reason.removeprefix(EARLIER)
        self._connection.execute(_DECIDE, (verdict, reason, step.at, step.row))
        self._connection.executemany(
            _ADD_PART,
            (
                (
                    step.row,
                    attempt,
                    number,
                    part.taken,
                    part.message_id,
                    index_key(part.message_id),
                    step.to,
                    part.reason,
                )
                for number, part in enumerate(step.parts)
            ),
        )

    def _receive(self, step: Receive) -> bool:
        """A message that had its last receipt keeps it: the SMSC sends one again whose answer it has not had."""
        held: dict[Outstanding, list[tuple[int, tuple[int, int, int]]]] = {}
        index: dict[str, list[Outstanding]] = {}
        for key in {index_key(spelling) for _, spelling in candidates(step.message_id)}:
            for row, attempt, part, message_id, destination, final in self._connection.execute(_FIND, (key,)):
                message = Outstanding(message_id, destination)
                if message not in held:
                    index.setdefault(key, []).append(message)
                held.setdefault(message, []).append((final, (row, attempt, part)))
        match = self._matcher.match(step.message_id, step.source, index)
        if match is None:
            return False
        final, place = min(held[match.message])
        if not final:
            self._connection.execute(_RECEIVED, (step.state, step.final, step.at, *place))
        return True

    # -- what is in it

    def done(self, *, unknown: bool = True) -> set[int]:
        """The rows that have a verdict; without ``unknown`` only those whose verdict is another one."""
        rows = self._connection.execute("SELECT row, verdict FROM recipients WHERE verdict <> ''")
        return {row for row, verdict in rows if unknown or verdict != RecipientVerdict.UNKNOWN}

    def verdicts(self) -> dict[RecipientVerdict, int]:
        """How many recipients have which verdict."""
        rows = self._connection.execute("SELECT verdict, count(*) FROM recipients WHERE verdict <> '' GROUP BY verdict")
        return {RecipientVerdict(verdict): count for verdict, count in rows}

    def in_flight(self) -> int:
        """How many recipients are being sent to for the first time; where the run has ended they are unknown."""
        (count,) = self._connection.execute("SELECT count(*) FROM recipients WHERE verdict = ''").fetchone()
        return int(count)

    def states(self) -> dict[str, int]:
        """How many segments have ended in which state, by their last receipts."""
        return dict(self._connection.execute("SELECT state, count(*) FROM parts WHERE final GROUP BY state"))

    def outstanding(self) -> int:
        """How many segments wait for their last receipt."""
        (count,) = self._connection.execute(_OUTSTANDING).fetchone()
        return int(count)

    def recipients(self) -> Iterator[KeptRecipient]:
        """All that was begun, in the order of the list."""
        for row, sending, verdict, reason, attempt, intended, answered in self._connection.execute(_ENTRIES):
            parts = tuple(_part(kept) for kept in self._connection.execute(_PARTS, (row, attempt)))
            decided = RecipientVerdict(verdict) if verdict and not sending else None
            yield KeptRecipient(row, decided, reason, attempt, intended, answered, parts)


def _part(kept: tuple[Any, ...]) -> KeptPart:
    taken, message_id, reason, state, final, at = kept
    return KeptPart(PartVerdict(bool(taken), message_id, reason), state, bool(final), at)
