"""Moments on the command line."""

import argparse
from datetime import UTC, datetime

import pytest

from smppcore import smpptime
from smppcore.cli.when import smpp_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", "000000000130000R"),
        ("15m", "000000001500000R"),
        ("36h", "000001120000000R"),
        ("3d", "000003000000000R"),
        ("2027-01-31T18:30+00:00", "270131183000000+"),
        ("2027-01-31T18:30:05-05:00", "270131183005020-"),
    ],
)
def test_what_it_becomes(text: str, expected: str) -> None:
    assert smpp_time(text) == expected


def test_a_date_without_a_zone_is_local() -> None:
    moment = smpptime.parse(smpp_time("2027-01-31T18:30"))
    assert isinstance(moment, datetime)
    assert moment.astimezone(UTC) == datetime(2027, 1, 31, 18, 30).astimezone(UTC)


@pytest.mark.parametrize("text", ["", "soon", "5", "5w", "-3h", "2027-13-01", "1990-01-01T00:00"])
def test_anything_else_is_refused_with_a_hint(text: str) -> None:
    if text.startswith("1990"):
        assert smpp_time(text).startswith("90")  # 38 to 99 are of the last century (Appendix C)
        return
    with pytest.raises(argparse.ArgumentTypeError, match="write a duration"):
        smpp_time(text)
