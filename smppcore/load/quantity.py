"""Quantities as people write them on a command line: ``90s``, ``1.5m``, ``250/s``, ``20ms``, ``0.1%``, ``10k``."""

import re
from typing import Final

_NUMBER: Final = r"(\d+(?:\.\d+)?|\.\d+)"
_SECONDS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_MULTIPLES: Final = {"": 1.0, "k": 1e3, "M": 1e6}


def seconds_of(text: str) -> float:
    """A duration in seconds; it needs a unit: us, ms, s, m, h or d. Raises ValueError."""
    match = re.fullmatch(rf"{_NUMBER}(us|ms|s|m|h|d)", text)
    if match is None:
        raise ValueError(f"{text!r} is no duration: write 500ms, 30s, 5m or 1h")
    return float(match[1]) * _SECONDS[match[2]]


def number_of(text: str) -> float:
    """A number, with k for thousands and M for millions where that is shorter. Raises ValueError."""
    match = re.fullmatch(rf"{_NUMBER}([kM]?)", text)
    if match is None:
        raise ValueError(f"{text!r} is no number: write 250, 1.5k or 2M")
    return float(match[1]) * _MULTIPLES[match[2]]


def rate_of(text: str) -> float:
    """Messages per second, above 0: ``250`` or ``250/s``. Raises ValueError."""
    rate = number_of(text.removesuffix("/s"))
    if rate <= 0:
        raise ValueError(f"{text!r}: a rate is above 0")
    return rate


def rate_text(rate: float) -> str:
    """A rate as rate_of reads it: never with an exponent, and to a millionth."""
    return f"{rate:.6f}".rstrip("0").rstrip(".")


def count_of(text: str) -> int:
    """A whole number, 1 at least. Raises ValueError."""
    count = number_of(text)
    if count < 1 or count != int(count):
        raise ValueError(f"{text!r} is no count: a whole number of 1 at least")
    return int(count)


def count_or_share_of(text: str) -> tuple[float, bool]:
    """A number, and whether it is a share in percent: ``100`` or ``0.5%``. Raises ValueError."""
    return number_of(text.removesuffix("%")), text.endswith("%")
