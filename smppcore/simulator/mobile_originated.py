"""Mobile-originated traffic: messages from handsets to the ESMEs, from files, by rate or by schedule, and as answers.

How they get there, and when again, is the matter of receipts.py: they are delivered like receipts.
"""

import asyncio
import csv
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from smppcore.errors import SmppError
from smppcore.log import log
from smppcore.pdu import DataSm, DeliverSm
from smppcore.simulator.clock import Clock, Timer
from smppcore.simulator.config import ReplyConfig, SourceConfig
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.simulator.rules import glob

COLUMNS: Final = frozenset({"source", "destination", "text", "at"})


class Part:
    """One deliver_sm of a Delivery."""

    __slots__ = ("_delivery", "_pdu")

    def __init__(self, delivery: "Delivery", pdu: DeliverSm) -> None:
        self._delivery = delivery
        self._pdu = pdu

    def pdu(self) -> DeliverSm | DataSm:
        return self._pdu

    def settled(self, error: BaseException | None) -> None:
        self._delivery.settle(error)


class Delivery:
    """A mobile-originated message on its way: ``await delivery`` returns when the ESME has taken all its parts.

    It raises what the ESME refused a part with for good (Refused), or why it could not be sent at all (EncodeError).
    ``account`` is the system_id that it goes to, ``parts`` how many deliver_sm it has, ``taken`` how many of them the
    ESME has answered.
    """

    def __init__(self, account: str, pdus: Iterable[DeliverSm], on_done: Callable[["Delivery"], None]) -> None:
        self.account = account
        self.pdus = [Part(self, pdu) for pdu in pdus]
        self.taken = 0
        self.error: BaseException | None = None
        self._settled = 0
        self._on_done = on_done
        self._future: asyncio.Future[None] | None = None

    @property
    def parts(self) -> int:
        return len(self.pdus)

    @property
    def done(self) -> bool:
        """Whether every part was taken, or refused for good."""
        return self._settled == len(self.pdus)

    def settle(self, error: BaseException | None) -> None:
        """One part was taken, or refused for good."""
        self._settled += 1
        self.taken += error is None
        self.error = self.error or error
        if self.done:
            self._on_done(self)
            if self._future is not None and not self._future.done():
                self._end(self._future)

    def _end(self, future: "asyncio.Future[None]") -> None:
        if self.error is None:
            future.set_result(None)
        else:
            future.set_exception(self.error)

    def __await__(self) -> Generator[Any, None, None]:
        future = asyncio.get_running_loop().create_future()
        self._future = future
        if self.done:
            self._end(future)
        yield from future


class Row(NamedTuple):
    """One message of a file. ``at`` is in seconds after the start."""

    source: str
    destination: str
    text: str
    at: float = 0.0


def read_rows(path: Path) -> list[Row]:
    """The messages of a CSV file with a head line, or of JSON lines, in the order of their times.

    The columns, or keys, are source, destination and text, and perhaps ``at``. Raises ValueError with the line that is
    wrong, and OSError.
    """
    text = path.read_text("utf-8")
    is_json = text.lstrip().startswith("{")
    rows = _json_rows(text) if is_json else enumerate(csv.DictReader(text.splitlines()), 2)
    found = [_row(path, line, each) for line, each in rows]
    if not found:
        raise ValueError(f"{path} has no messages")
    return sorted(found, key=lambda row: row.at)


def _json_rows(text: str) -> Iterator[tuple[int, Any]]:
    for line, each in enumerate(text.splitlines(), 1):
        if each.strip():
            try:
                yield line, json.loads(each)
            except ValueError as error:
                yield line, error


def _row(path: Path, line: int, found: Any) -> Row:
    try:
        if not isinstance(found, dict):
            raise ValueError(str(found) if isinstance(found, ValueError) else "is no object")
        strange = [str(key) for key in found if key not in COLUMNS]
        if strange:
            raise ValueError(f"{strange[0]} is not known; there are {', '.join(sorted(COLUMNS))}")
        at = float(found.get("at") or 0.0)
        if not 0 <= at < float("inf"):
            raise ValueError(f"at is {at}, must be 0 or more seconds")
        return Row(str(found["source"]), str(found["destination"]), str(found["text"]), at)
    except KeyError as error:
        raise ValueError(f"{path}, line {line}: {error.args[0]} is missing") from None
    except ValueError as error:
        raise ValueError(f"{path}, line {line}: {error}") from None


class Source:
    """Sends the messages of a file, one after the other. ``deliver`` is called with each; ``sent`` counts them."""

    def __init__(self, config: SourceConfig, clock: Clock, deliver: Callable[[Row, str], None]) -> None:
        self.config = config
        self.sent = 0
        self.enabled = config.enabled
        self._rows = read_rows(config.file)
        self._clock = clock
        self._deliver = deliver
        self._timer: Timer | None = None
        self._next = 0
        self._began = 0.0

    def start(self) -> None:
        """Begin: the first is due ``start`` seconds from now, or at its time after that."""
        self._began = self._clock.now() + self.config.start
        self._next = 0
        if self.enabled:
            self._arm()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> float:
        if self.config.rate is not None:
            return self._began + self._next / self.config.rate
        return self._began + self._rows[self._next].at

    def _arm(self) -> None:
        self._timer = self._clock.call_at(self._due(), self._fire)

    def _fire(self) -> None:
        self._timer = None
        rows = self._rows
        row = rows[self._next % len(rows)]
        self.sent += 1
        self._next += 1
        try:
            self._deliver(row, self.config.account)
        except (SmppError, ValueError) as error:
            # Not the text: it shows the numbers.
            log.warning("message not deliverable", source=self.config.name, error=type(error).__name__)
        if self._next % len(rows) or self.config.repeat:
            self._begin_again()
            self._arm()

    def _begin_again(self) -> None:
        """With times instead of a rate, a repeated file begins when its last message is past."""
        if self.config.rate is None and self._next == len(self._rows):
            self._began += max(self._rows[-1].at, 1.0)
            self._next = 0


class Reply:
    """A customer who answers; ``hits`` counts the answers."""

    def __init__(self, config: ReplyConfig) -> None:
        self.config = config
        self.enabled = config.enabled
        self.hits = 0
        self._patterns = (glob(config.source), glob(config.destination), glob(config.account))
        self._text = re.compile(config.text, re.DOTALL)

    def answer(self, message: StoredMessage, random: Random) -> str | None:
        """The text that goes back for a message that was delivered, None for none."""
        if not self.enabled:
            return None
        request = message.request
        seen = (request.source_addr, request.destination_addr, message.account)
        if not all(matches is None or matches(text) for matches, text in zip(self._patterns, seen, strict=True)):
            return None
        found = self._text.search(message.text or "")
        if found is None or (self.config.probability < 1 and random.random() >= self.config.probability):
            return None
        self.hits += 1
        return found.expand(self.config.reply)
