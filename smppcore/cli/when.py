"""A moment as people write it on a command line: ``90m`` from now, or ``2027-01-31T18:30``."""

import argparse
import re
from datetime import datetime, timedelta
from typing import Final

from smppcore import smpptime

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def smpp_time(text: str) -> str:
    """The SMPP time of section 7.1.1: relative for a duration, absolute for a date, local where it names no zone.

    Raises argparse.ArgumentTypeError for anything else.
    """
    duration = re.fullmatch(r"(\d{1,6})([smhd])", text)
    try:
        if duration:
            return smpptime.format_relative(timedelta(**{_UNITS[duration[2]]: int(duration[1])}))
        moment = datetime.fromisoformat(text)
        return smpptime.format_absolute(moment if moment.tzinfo else moment.astimezone())
    except ValueError as error:
        hint = "write a duration such as 90s, 15m, 2h, 3d or a date such as 2027-01-31T18:30"
        raise argparse.ArgumentTypeError(f"{text!r}: {error}; {hint}") from None
