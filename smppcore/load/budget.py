"""How many errors a run may make before it is stopped."""

from smppcore.load.quantity import count_or_share_of
from smppcore.load.second import Second

SHARE_FROM = 100
"""Messages that must have ended before a share of them says anything."""


class Budget:
    """``100`` errors, or ``5%`` of all messages that ended; the warm-up counts. Without a text there is no limit."""

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._most, self._is_share = count_or_share_of(text) if text else (float("inf"), False)
        self._failed = self._ended = 0

    def __str__(self) -> str:
        return f"more than {self._text}, {self._failed:,} of {self._ended:,}"

    def spent(self, second: Second) -> bool:
        """Count another second; whether there were more errors than allowed by now."""
        self._failed += second.failed
        self._ended += second.failed + second.accepted
        if not self._is_share:
            return self._failed > self._most
        return self._ended >= SHARE_FROM and self._failed * 100 > self._most * self._ended
