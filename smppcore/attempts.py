"""All attempts of one request that has a Retry policy, for who counts them as one: the access log."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

WhenOver = Callable[["Attempts", Any], None]


class Attempts:
    """From the first attempt to what the caller got: a response, or what was raised.

    That is told when the last attempt has been told as well: a caller that is cancelled is gone before that.
    """

    __slots__ = ("_flying", "_outcome", "_when_over", "count")

    def __init__(self) -> None:
        self._when_over: list[WhenOver] = []
        self._flying = False
        self._outcome: Any = None
        self.count = 0
        """How many have ended."""

    def call(self, called: Callable[..., Any], *arguments: Any) -> Any:
        """Call what begins one of them, or tells how it ended: it finds these attempts in ``present``."""
        token = present.set(self)
        try:
            return called(*arguments)
        finally:
            present.reset(token)

    def when_over(self, callback: WhenOver) -> None:
        """What to call at the end, with this object and what the caller got. It must not raise."""
        self._when_over.append(callback)

    def flies(self) -> None:
        """One is under way, and its end will be told."""
        self._flying = True

    def landed(self) -> None:
        """Its end was told."""
        self._flying = False
        self._tell()

    def over(self, outcome: Any) -> None:
        """The caller has its verdict."""
        self._outcome = outcome
        self._tell()

    def _tell(self) -> None:
        if self._outcome is None or self._flying:
            return
        told, self._when_over = self._when_over, []
        for each in told:
            each(self, self._outcome)


present: Final[ContextVar[Attempts | None]] = ContextVar("smppcore attempts", default=None)
"""Those that an attempt belongs to: while it begins, and while hooks are told how it ended."""


def taken() -> Attempts | None:
    """Those of the attempt that begins now; whatever it begins in its turn is none of theirs."""
    attempts = present.get()
    if attempts is not None:
        present.set(None)
    return attempts
