"""What middleware costs: CPU per message of an ESME without any, with one that looks on, and with three that alter.

usage: python -m benchmarks.middleware [COUNT] [WINDOW] [ROUNDS]

COUNT submit_sm (20,000) go to benchmarks.smsc with WINDOW (64) in flight, by turns in each way, in ROUNDS (5) rounds.
Only the ESME is measured, without its start and its bind. The observer overrides ``verdict``; each of the three gives
another PDU in place of the one it gets.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from benchmarks.turns import Client, Way, measure, table
from smppcore import Middleware, Request, Requests, SubmitSm, connect


class Observer(Middleware):
    """Counts, and adds up how long it took."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def verdict(self, end: Requests, pdu: Request[Any], verdict: object, seconds: float) -> None:
        self.count += 1
        self.seconds += seconds


class Changer(Middleware):
    """Gives another PDU, with another source."""

    def __init__(self, source: str) -> None:
        self._source = source

    def outbound(self, end: Requests, pdu: Request[Any]) -> Request[Any] | None:
        return replace(pdu, source_addr=self._source) if isinstance(pdu, SubmitSm) else None


def with_middleware(middleware: Sequence[Middleware], url: str, window: int) -> Client:
    return connect(url, window=window, middleware=middleware)


WAYS: Final[dict[str, Way]] = {
    "no middleware": partial(with_middleware, ()),
    "one that looks on": partial(with_middleware, (Observer(),)),
    "three that alter": partial(with_middleware, (Changer("1"), Changer("2"), Changer("3"))),
}


def main(count: int = 20_000, window: int = 64, rounds: int = 5) -> None:
    print(table(measure(WAYS, count, window, rounds), count).markdown())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
