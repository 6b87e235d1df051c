"""Receipts matched to what was sent, above a store that outlives the process.

``correlation.py`` is what a Link has; ``submissions.py`` records what was sent, ``placing.py`` brings a receipt to its
message, ``early.py`` knows receipts that came before their message, ``leftovers.py`` goes on with what has expired or
was left by a process that died.
"""

from smppcore.correlation.correlation import DAY, Correlation
from smppcore.correlation.receipted import Receipted
from smppcore.correlation.tracked import TrackedMessage

__all__ = ["DAY", "Correlation", "Receipted", "TrackedMessage"]
