"""How far a far end is: the lines in which it tells that and waits, and the end where there is no progress."""

import asyncio
import json
import sys
from typing import Any, Final

STALL: Final = 15.0
"""Seconds without progress after which a far end gives up; the reason is the last line of standard error."""


def mark(name: str, **figures: Any) -> None:
    """Tell it, and stand still until an empty line comes."""
    print(json.dumps({"mark": name} | figures), flush=True)
    sys.stdin.readline()


class Progress:
    """What all connections of a far end have in common: ``binds``, and the messages ``found`` of ``count``."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.binds = self.found = self.bad = 0
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def end(self, reason: str = "") -> None:
        """It is over; empty where all is well."""
        if not self._over.done():
            self._over.set_result(reason)

    async def watch(self) -> None:
        """Until it is over. Raises SystemExit with the reason where all is not well."""
        before = (-1, -1)
        while (self.binds, self.found) != before:
            before = (self.binds, self.found)
            done, _ = await asyncio.wait([self._over], timeout=STALL)
            if done:
                if self._over.result():
                    raise SystemExit(self._over.result())
                return
        done_so_far = f"{self.binds} binds and {self.found:,} of {self.count:,} messages"
        raise SystemExit(f"nothing came for {STALL:g} s, after {done_so_far}")
