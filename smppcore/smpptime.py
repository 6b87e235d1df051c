"""Times as SMPP writes them: sixteen characters, ``YYMMDDhhmmsstnnp`` (SMPP 3.4 § 7.1.1, Appendix C).

An absolute time is local time with tenths of a second (``t``), its distance from UTC in quarter hours (``nn``, 00-48)
and ``+`` when local time is ahead of UTC, ``-`` when behind.  A relative time ends in ``000R`` and counts from the
present time of the SMSC.  Delivery receipts and some final_date fields carry a third form, bare digits in the local
time of the SMSC.  Everything here is integer arithmetic; nothing reads a clock.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

__all__ = ["PIVOT", "TimeError", "format_absolute", "format_local", "format_relative", "parse", "parse_local"]

PIVOT: Final = 38
"""Two-digit years from here on belong to 19xx, those below to 20xx (Appendix C: 1938-2037)."""

_QUARTER: Final = timedelta(minutes=15)
_MOST_QUARTERS: Final = 48
# Under the letter of § 7.1.1.1 a day part ends at 31, so a month of 30 or 31 days still fits in it.
_MOST_DAYS: Final = 31
_YEAR_DAYS: Final = 365
_MONTH_DAYS: Final = 30

_SIXTEEN: Final = re.compile(r"[0-9]{15}[-+R]")
_LOCAL_LENGTHS: Final = (10, 12, 14)
_DIGITS: Final = re.compile(r"[0-9]*")
_PARTS: Final = (("month", 1, 12), ("day", 1, 31), ("hour", 0, 23), ("minute", 0, 59), ("second", 0, 59))


class TimeError(ValueError):
    """A time that cannot be read or written.

    ``part`` names what is wrong ("month", "UTC offset", "length"...), ``limit`` says what it may be, ``value`` is what
    it was, ``offset`` is where it starts in the text (None when writing).
    """

    def __init__(self, part: str, limit: str, value: object, offset: int | None = None) -> None:
        # All four go to args, so that the error survives pickling between processes.
        super().__init__(part, limit, value, offset)
        self.part = part
        self.limit = limit
        self.value = value
        self.offset = offset

    def __str__(self) -> str:
        where = "" if self.offset is None else f" at offset {self.offset}"
        return f"time: {self.part} is {self.value!r}{where}, must be {self.limit}"


def parse(text: str, *, pivot: int = PIVOT) -> datetime | timedelta | None:
    """Read a time field of sixteen characters (§ 7.1.1).

    Returns an aware datetime for an absolute time, a timedelta for a relative one, None for the empty string (which
    means "now", "default" or "leave as it is", depending on the field).  Relative times take 00-99 in every part.  The
    specification leaves the length of a relative month or year to the calendar of the SMSC; here a month is 30 days
    and a year 365.  Two-digit years from *pivot* (0-100) on are 19xx.  Raises TimeError for everything else.
    """
    if not text:
        return None
    if _SIXTEEN.fullmatch(text) is None:
        raise _misshapen(text)
    if text[15] == "R":
        return _relative(text)
    zone = _zone(text)
    tenths = int(text[12])
    return _moment(text[:12], _full_year(text, pivot), 2).replace(microsecond=tenths * 100_000, tzinfo=zone)


def parse_local(text: str, *, pivot: int = PIVOT) -> datetime:
    """Read bare digits: YYMMDDhhmm, YYMMDDhhmmss or YYYYMMDDhhmmss (Appendix B; final_date, note in § 7.1.1).

    The datetime is naive: it is local time of an SMSC that did not say where it is.  Raises TimeError.
    """
    digits = _DIGITS.match(text)
    end = digits.end() if digits else 0
    if end < len(text):
        raise TimeError("character", "a digit", text[end], end)
    if end not in _LOCAL_LENGTHS:
        raise TimeError("length", "10, 12 or 14 digits", end, 0)
    if end == 14:
        return _moment(text, int(text[:4]), 4)
    return _moment(text, _full_year(text, pivot), 2)


def format_absolute(value: datetime, *, pivot: int = PIVOT) -> str:
    """Write an aware datetime as ``YYMMDDhhmmsstnnp`` (§ 7.1.1.1).

    Tenths of a second are cut, not rounded.  An offset that cannot be expressed (beyond 12 hours, or not a multiple of
    15 minutes) is converted to +00: the same moment, in UTC.  Raises TimeError for a naive datetime, since its moment
    would be a guess, and for years that two digits cannot tell (outside 1938-2037 with the default *pivot*).
    """
    offset = value.utcoffset()
    if offset is None:
        raise TimeError("UTC offset", "known; give the datetime a tzinfo", value)
    quarters, rest = divmod(offset, _QUARTER)
    if rest or abs(quarters) > _MOST_QUARTERS:
        value, quarters = _in_utc(value), 0
    sign = "-" if quarters < 0 else "+"
    return f"{format_local(value, seconds=True, pivot=pivot)}{value.microsecond // 100_000}{abs(quarters):02d}{sign}"


def format_local(value: datetime, *, seconds: bool = False, pivot: int = PIVOT) -> str:
    """Write a datetime as YYMMDDhhmm, with *seconds* as YYMMDDhhmmss, in the zone it is in (Appendix B).

    Raises TimeError for years that two digits cannot tell.
    """
    if not pivot <= value.year - 1900 < pivot + 100:
        raise TimeError("year", f"{1900 + pivot}-{1999 + pivot}", value.year)
    text = f"{value.year % 100:02d}{value.month:02d}{value.day:02d}{value.hour:02d}{value.minute:02d}"
    return f"{text}{value.second:02d}" if seconds else text


def format_relative(value: timedelta) -> str:
    """Write a timedelta as ``YYMMDDhhmmss000R`` (§ 7.1.1.2), normalised: 36 hours are 1 day 12 hours.

    The rule for long times is the one of `parse`: a year is 365 days, a month 30; `parse` gives the same timedelta
    back.  How long that is in the end is up to the calendar of the SMSC (§ 7.1.1.2 does not say), so up to 31 days are
    written as days, which leave no doubt.  400 days are 1 year 1 month 5 days.  A begun second counts as a whole one.
    Raises TimeError when negative or beyond 99 years and 364 days.
    """
    if value < timedelta(0):
        raise TimeError("relative time", "zero or more", value)
    total = value.days * 86_400 + value.seconds + (1 if value.microseconds else 0)
    minutes, second = divmod(total, 60)
    hours, minute = divmod(minutes, 60)
    all_days, hour = divmod(hours, 24)
    years, days = divmod(all_days, _YEAR_DAYS)
    months, days = divmod(days, _MONTH_DAYS) if days > _MOST_DAYS else (0, days)
    if years > 99:
        raise TimeError("relative time", "at most 99 years and 364 days", value)
    return f"{years:02d}{months:02d}{days:02d}{hour:02d}{minute:02d}{second:02d}000R"


def _misshapen(text: str) -> TimeError:
    if len(text) != 16:
        return TimeError("length", "16 characters, or none", len(text), 0)
    digits = _DIGITS.match(text, 0, 15)
    end = digits.end() if digits else 0
    if end < 15:
        return TimeError("character", "a digit", text[end], end)
    return TimeError("last character", "'+', '-' or 'R'", text[15], 15)


def _relative(text: str) -> timedelta:
    # Tenths and quarter hours have no meaning here; some peers leave rubbish in them.
    years, months, days, hours, minutes, seconds = (int(text[at : at + 2]) for at in range(0, 12, 2))
    days += years * _YEAR_DAYS + months * _MONTH_DAYS
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _zone(text: str) -> timezone:
    quarters = int(text[13:15])
    if quarters > _MOST_QUARTERS:
        raise TimeError("UTC offset", "00-48 quarter hours", text[13:15], 13)
    if not quarters:
        return UTC
    return timezone(_QUARTER * (-quarters if text[15] == "-" else quarters))


def _full_year(text: str, pivot: int) -> int:
    year = int(text[:2])
    return 1900 + year if year >= pivot else 2000 + year


def _moment(text: str, year: int, start: int) -> datetime:
    """The naive datetime of *year* and the two-digit parts from *start* on, with or without seconds."""
    month, day, hour, minute = (int(text[at : at + 2]) for at in range(start, start + 8, 2))
    try:
        return datetime(year, month, day, hour, minute, int(text[start + 8 :] or "0"))
    except ValueError:
        raise _impossible(text, year, start) from None


def _impossible(text: str, year: int, start: int) -> TimeError:
    if year < 1:
        return TimeError("year", "0001-9999", text[:start], 0)
    for at, (name, low, high) in zip(range(start, len(text), 2), _PARTS, strict=False):
        if name == "day":
            high = monthrange(year, int(text[start : start + 2]))[1]
        if not low <= int(text[at : at + 2]) <= high:
            return TimeError(name, f"{low:02d}-{high:02d}", text[at : at + 2], at)
    raise AssertionError(f"datetime refused {text!r}, which is within all limits")


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise TimeError("year", "within 0001-9999 in UTC", value.year) from None
