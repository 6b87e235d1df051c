"""Times: the vectors of the specification, their limits, and the round trips."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.smpptime import TimeError, format_absolute, format_local, format_relative, parse, parse_local

ABSOLUTE = [
    ("991231235959900+", "1999-12-31T23:59:59.900000+00:00", "1999-12-31T23:59:59.900000+00:00"),
    ("260315101530004+", "2026-03-15T10:15:30+01:00", "2026-03-15T09:15:30+00:00"),
    ("260315101530008+", "2026-03-15T10:15:30+02:00", "2026-03-15T08:15:30+00:00"),
    ("260704083000728-", "2026-07-04T08:30:00.700000-07:00", "2026-07-04T15:30:00.700000+00:00"),
    ("240229120000022+", "2024-02-29T12:00:00+05:30", "2024-02-29T06:30:00+00:00"),
    ("371231235959000+", "2037-12-31T23:59:59+00:00", "2037-12-31T23:59:59+00:00"),
    ("380101000000000+", "1938-01-01T00:00:00+00:00", "1938-01-01T00:00:00+00:00"),
]

RELATIVE = [
    ("020610233429000R", timedelta(days=2 * 365 + 6 * 30 + 10, hours=23, minutes=34, seconds=29)),
    ("000000010000000R", timedelta(hours=1)),
    ("000007000000000R", timedelta(days=7)),
    ("000100000000000R", timedelta(days=30)),
    ("000000000000000R", timedelta(0)),
    ("999999999999000R", timedelta(days=99 * 365 + 99 * 30 + 99, hours=99, minutes=99, seconds=99)),
    ("000000010000948R", timedelta(hours=1)),
]

WRONG = [
    ("261315101530000+", "month", "01-12", 2),
    ("260015101530000+", "month", "01-12", 2),
    ("260100101530000+", "day", "01-31", 4),
    ("260132101530000+", "day", "01-31", 4),
    ("260231101530000+", "day", "01-28", 4),
    ("240230101530000+", "day", "01-29", 4),
    ("260315241530000+", "hour", "00-23", 6),
    ("260315106030000+", "minute", "00-59", 8),
    ("260315101560000+", "second", "00-59", 10),
    ("260315101530049+", "UTC offset", "00-48 quarter hours", 13),
    ("260315101530049-", "UTC offset", "00-48 quarter hours", 13),
    ("26031510153000A+", "character", "a digit", 14),
    ("2603x5101530000+", "character", "a digit", 4),
    ("26031510153000٣+", "character", "a digit", 14),
    ("2603151015300000", "last character", "'+', '-' or 'R'", 15),
    ("260315101530000r", "last character", "'+', '-' or 'R'", 15),
    ("260315101530", "length", "16 characters, or none", 0),
    ("260315101530000+0", "length", "16 characters, or none", 0),
    (" ", "length", "16 characters, or none", 0),
]


@pytest.mark.parametrize(("text", "local", "utc"), ABSOLUTE)
def test_absolute_vectors_of_the_specification(text: str, local: str, utc: str) -> None:
    moment = parse(text)
    assert isinstance(moment, datetime)
    assert moment.isoformat() == local
    assert moment.astimezone(UTC).isoformat() == utc
    assert format_absolute(moment) == text


@pytest.mark.parametrize(("text", "value"), RELATIVE)
def test_relative_vectors_and_00_to_99_in_every_part(text: str, value: timedelta) -> None:
    assert parse(text) == value


def test_empty_text_is_no_time() -> None:
    assert parse("") is None


@pytest.mark.parametrize(("text", "part", "limit", "offset"), WRONG)
def test_what_is_wrong_is_named_with_limit_and_offset(text: str, part: str, limit: str, offset: int) -> None:
    with pytest.raises(TimeError) as caught:
        parse(text)
    error = caught.value
    assert (error.part, error.limit, error.offset) == (part, limit, offset)
    assert part in str(error)
    assert limit in str(error)
    assert f"offset {offset}" in str(error)


def test_an_error_survives_copying_and_pickling() -> None:
    error = TimeError("month", "01-12", "13", 2)
    assert str(copy(error)) == str(error) == "time: month is '13' at offset 2, must be 01-12"


def test_the_pivot_of_two_digit_years_can_be_moved() -> None:
    assert parse("700101000000000+", pivot=80) == datetime(2070, 1, 1, tzinfo=UTC)
    assert format_absolute(datetime(2070, 1, 1, tzinfo=UTC), pivot=80) == "700101000000000+"
    assert parse("000101000000000+", pivot=0) == datetime(1900, 1, 1, tzinfo=UTC)
    assert parse("990101000000000+", pivot=100) == datetime(2099, 1, 1, tzinfo=UTC)


def test_field_1_12_7_a_negative_offset_is_20_minus_not_076_minus() -> None:
    """aiosmpplib writes -05:00 as ``076-``."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-5)))
    assert format_absolute(moment) == "260102030405020-"
    assert parse("260102030405020-") == moment


def test_field_1_12_7_a_timedelta_over_a_year_comes_back() -> None:
    """aiosmpplib writes 400 days wrongly."""
    assert format_relative(timedelta(days=400)) == "010105000000000R"
    assert parse("010105000000000R") == timedelta(days=400)


def test_field_1_12_10_tenths_are_always_one_digit() -> None:
    """Jasmin's formatter, on floats, now and then gives two digits for tenths, and the PDU is refused (jasmin#1179)."""
    for microsecond in (0, 99_999, 100_000, 949_999, 950_000, 999_999):
        text = format_absolute(datetime(2026, 1, 1, microsecond=microsecond, tzinfo=UTC))
        assert text == f"260101000000{microsecond // 100_000}00+"


@pytest.mark.parametrize("minutes", [13 * 60, 14 * 60, -12 * 60 - 15, 7, -1])
def test_an_offset_that_cannot_be_expressed_is_converted_to_utc(minutes: int) -> None:
    moment = datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(minutes=minutes)))
    text = format_absolute(moment)
    assert text.endswith("00+")
    assert parse(text) == moment


def test_offsets_up_to_48_quarter_hours_are_kept() -> None:
    zone = timezone(timedelta(hours=-12))
    assert format_absolute(datetime(2026, 6, 1, 12, tzinfo=zone)) == "260601120000048-"
    assert parse("260601120000000-") == datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(TimeError, match=r"UTC offset .* give the datetime a tzinfo"):
        format_absolute(datetime(2026, 1, 1))


@pytest.mark.parametrize("year", [1, 1937, 2038, 9999])
def test_years_that_two_digits_cannot_tell_are_refused(year: int) -> None:
    with pytest.raises(TimeError, match=r"year is .* must be 1938-2037"):
        format_absolute(datetime(year, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize("moment", [datetime.max, datetime.min])
def test_a_moment_that_has_no_utc_is_refused(moment: datetime) -> None:
    zone = timezone(timedelta(hours=-14 if moment.year > 1 else 14))
    with pytest.raises(TimeError, match="year"):
        format_absolute(moment.replace(tzinfo=zone))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(hours=36), "000001120000000R"),
        (timedelta(seconds=86_399), "000000235959000R"),
        (timedelta(days=31), "000031000000000R"),
        (timedelta(days=32), "000102000000000R"),
        (timedelta(days=365), "010000000000000R"),
        (timedelta(days=364), "001204000000000R"),
        (timedelta(milliseconds=1), "000000000001000R"),
        (timedelta(days=99 * 365 + 364, hours=23, minutes=59, seconds=59), "991204235959000R"),
    ],
)
def test_relative_times_are_normalised(value: timedelta, text: str) -> None:
    assert format_relative(value) == text


@pytest.mark.parametrize("value", [timedelta(seconds=-1), timedelta(days=100 * 365), timedelta.max])
def test_relative_times_out_of_range_are_refused(value: timedelta) -> None:
    with pytest.raises(TimeError, match="relative time"):
        format_relative(value)


def test_local_digits_of_every_length() -> None:
    assert parse_local("0809011130") == datetime(2008, 9, 1, 11, 30)
    assert parse_local("080901113059") == datetime(2008, 9, 1, 11, 30, 59)
    assert parse_local("20080901113059") == datetime(2008, 9, 1, 11, 30, 59)
    assert parse_local("3809011130") == datetime(1938, 9, 1, 11, 30)
    assert format_local(datetime(2008, 9, 1, 11, 30, 59)) == "0809011130"
    assert format_local(datetime(2008, 9, 1, 11, 30, 59), seconds=True) == "080901113059"


@pytest.mark.parametrize(
    ("text", "part", "offset"),
    [
        ("", "length", 0),
        ("08090111305", "length", 0),
        ("0809011x30", "character", 7),
        ("0000000000", "month", 2),
        ("20081301113059", "month", 4),
        ("00000101000000", "year", 0),
    ],
)
def test_local_digits_that_are_no_time(text: str, part: str, offset: int) -> None:
    with pytest.raises(TimeError) as caught:
        parse_local(text)
    assert (caught.value.part, caught.value.offset) == (part, offset)


quarter_zones = st.integers(-48, 48).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
any_zone = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def expressible(zones: st.SearchStrategy[timezone]) -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime(1938, 1, 3), datetime(2037, 12, 29), timezones=zones)


@given(expressible(quarter_zones))
def test_absolute_times_come_back_with_their_offset(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 100_000 * 100_000)
    back = parse(format_absolute(moment))
    assert isinstance(back, datetime)
    assert (back, back.utcoffset()) == (moment, moment.utcoffset())


@given(expressible(any_zone))
def test_absolute_times_in_any_zone_come_back_as_the_same_moment(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert parse(format_absolute(moment)) == moment


@given(st.integers(0, (99 * 365 + 364) * 86_400 + 86_399))
def test_relative_times_come_back(seconds: int) -> None:
    assert parse(format_relative(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9]{15}[-+R]", fullmatch=True)))
def test_any_text_is_a_time_or_a_time_error(text: str) -> None:
    for reader in (parse, parse_local):
        with suppress(TimeError):
            assert reader(text) is not None or not text
