"""The one timer of a simulator, which rings at the earliest time that anybody has asked for."""

from collections.abc import Callable
from typing import Final

from smppcore.simulator.clock import Clock, Timer

NEVER: Final = float("inf")


class Alarm:
    """Calls ``ring`` at the time ``at``, which is infinite while it is not set; setting it again is cheap to ask for:
    compare with ``at`` first."""

    __slots__ = ("_clock", "_ring", "_timer", "at")

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self.at = NEVER
        self._clock = clock
        self._ring = ring
        self._timer: Timer | None = None

    def set(self, when: float) -> None:
        """Ring then, unless it will ring earlier anyway."""
        if when < self.at:
            if self._timer is not None:
                self._timer.cancel()
            self.at = when
            self._timer = self._clock.call_at(when, self._fire)

    def stop(self) -> None:
        """Do not ring."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.at = NEVER

    def _fire(self) -> None:
        self._timer = None
        self.at = NEVER
        self._ring()
