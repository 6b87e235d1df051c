"""What a plan refuses before any connection is made, and that its password is in no report."""

import argparse
from typing import Any

import pytest

from smppcore.cli.load_options import configure, plan_of
from smppcore.load import Plan, PlanError

LOCAL = "smpp://id:secret@127.0.0.1:2775"
REMOTE = "smpp://id:secret@smsc.example.com:2775"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"])
def test_this_machine_needs_no_permission(host: str) -> None:
    Plan(url=f"smpp://id:secret@{host}:2775").check()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "messages cost money: --really"),
        ({"profile": "rate:5"}, "messages cost money: --really"),
        ({"really": True}, "cap it with --rate-cap"),
        ({"url": "smpp://id:secret@10.0.0.1"}, "10.0.0.1 is not this machine"),
        ({"url": "smpp://id:secret@localhost.example.com"}, "is not this machine"),
    ],
)
def test_real_messages_cost_money(more: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        Plan(**{"url": REMOTE} | more).check()


def test_somebody_who_knows_what_he_does() -> None:
    Plan(url=REMOTE, really=True, rate_cap=5.0).check()
    Plan(url=REMOTE, really=True, profile="ramp:1..5").check()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"profile": "ramp:1..50", "rate_cap": 20.0}, "rises to 50/s, above the cap of 20/s"),
        ({"binds": 0}, "1 at least"),
        ({"processes": 3, "binds": 2}, "3 processes need 3 binds"),
        ({"warm_up": 10}, "no part of a run"),
        ({"bind": "receiver"}, "receivers send nothing"),
        ({"bind": "transmitter", "receipts": True}, "transmitters get no receipts"),
        ({"insecure": True}, "for smpps://"),
        ({"url": "smpps://id:secret@127.0.0.1", "key": "key.pem"}, "a key needs its certificate"),
        ({"poisson": True}, "arrivals by chance need a rate"),
        ({"profile": "rate:x"}, "no number"),
        ({"to": "nobody"}, "address 'nobody'"),
        ({"source": "a name that is too long"}, "address"),
        ({"texts": ("a" * 153 * 256,)}, "255"),
        ({"url": "http://127.0.0.1"}, "smpp://"),
    ],
)
def test_what_makes_no_sense_is_said(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Plan(**{"url": LOCAL} | more).check()


def test_with_a_count_it_lasts_as_long_as_that_takes() -> None:
    assert Plan(url=LOCAL, count=100).shape().seconds > 3_600
    assert Plan(url=LOCAL, count=100, profile="rate:50").shape().seconds == 2
    assert Plan(url=LOCAL, count=100, profile="rate:50", seconds=7.0).shape().seconds == 7
    assert Plan(url=LOCAL, count=100, profile="ramp:1..50").shape().seconds == 10


def test_a_plan_goes_to_the_processes_whole_and_into_reports_without_secrets() -> None:
    plan = Plan(url=LOCAL, texts=("a", "b"), password="other", key="key.pem", warm_up=1)
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.view()["target"] == "smpp://id@127.0.0.1:2775"
    for text in (repr(plan.view()), repr(plan).replace(LOCAL, "")):
        assert "secret" not in text
        assert "other" not in text


@pytest.mark.parametrize(("text", "rate"), [("1M", 1e6), ("1234567", 1_234_567), ("0.00001", 1e-5), ("12.5/s", 12.5)])
def test_a_rate_of_any_size_is_the_rate_that_was_asked_for(text: str, rate: float) -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    assert plan_of(parser.parse_args([LOCAL, "--rate", text])).shape().peak == rate
