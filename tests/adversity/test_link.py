"""A Link under adversity: the verdicts are as true as those of an Esme, and what was not sent is sent after all."""

import asyncio
from dataclasses import replace
from typing import Final

import pytest

from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.testing import Adversity, AdversityProxy

from .loops import Run
from .test_lies import SETTINGS as HASTY
from .test_lies import WAYS as LIES
from .test_truth import EVERYTHING, SETTINGS, WAYS
from .traffic import LinkTraffic, Plan

CALM: Final = replace(EVERYTHING, split=400, delay=0.0005, stall=0.0005, withhold=0.0005, reorder=0.02)
OFTEN: Final = Retry(tries=1_000, first=0.005, longest=0.05, unknown=True)


async def converse(
    messages: int,
    there: Adversity,
    back: Adversity,
    settings: Settings = SETTINGS,
    truthful: bool = True,
    retry: Retry | None = None,
) -> LinkTraffic:
    """That many messages through a Link and a proxy; the books are closed and say how often the link was cut."""
    traffic = LinkTraffic(Plan(messages=messages, settings=settings, truthful=truthful), retry)
    async with traffic.smsc() as smsc, AdversityProxy(smsc.port, to_smsc=there, to_esme=back, seed=1) as proxy:
        await traffic.run(proxy.port)
        traffic.cuts, traffic.tally = proxy.cuts, proxy.tally
    return traffic


def check(traffic: LinkTraffic, messages: int) -> None:
    assert len(traffic.submits.submitted) == messages
    for ledger in (traffic.submits, traffic.delivers):
        ledger.check_verdicts()
        ledger.check_truth()
    assert traffic.cuts <= traffic.binds + traffic.failed_binds


@pytest.mark.parametrize("way", WAYS)
def test_every_verdict_is_true(run: Run, way: str) -> None:
    there, back = WAYS[way]
    traffic = run(converse(2_000, there, back))
    check(traffic, 2_000)
    assert traffic.binds >= 10
    assert traffic.submits.answered
    assert traffic.submits.refused
    assert traffic.submits.unknown


def test_what_was_not_sent_is_sent_on_the_next_connection(run: Run) -> None:
    """A wide window full of cuts, and time enough: nothing is left that was not sent."""
    settings = replace(SETTINGS, response_timeout=20.0)
    traffic = run(converse(2_000, Adversity(cut_after=(1_500, 7_500)), Adversity(), settings))
    check(traffic, 2_000)
    assert traffic.binds >= 10
    assert traffic.submits.not_sent == set()


def test_what_is_unknown_is_sent_again_on_request_until_all_is_answered(run: Run) -> None:
    """Then a message may be seen twice, and that is the choice; but none is lost, and NotSent stays true."""
    traffic = run(converse(2_000, *WAYS["resets"], retry=OFTEN))
    traffic.submits.check_verdicts()
    assert traffic.binds >= 10
    assert len(traffic.submits.answered) == 2_000
    assert set(traffic.submits.seen) == traffic.submits.submitted
    assert max(traffic.submits.seen.values()) > 1


def test_a_verdict_over_several_attempts_is_the_most_careful_one(run: Run) -> None:
    """Few tries: some calls end with an attempt that was not sent, after one that may have been taken."""
    once_more = Retry(tries=2, first=0.005, longest=0.05, unknown=True)
    settings = replace(SETTINGS, response_timeout=0.05)
    traffic = run(converse(2_000, *WAYS["stalls"], settings, retry=once_more))
    ledger = traffic.submits
    ledger.check_verdicts()
    assert ledger.not_sent.isdisjoint(ledger.seen)
    assert ledger.answered <= set(ledger.seen)
    assert ledger.unknown


@pytest.mark.parametrize("way", LIES)
def test_every_call_ends_once(run: Run, way: str) -> None:
    traffic = run(converse(1_000, LIES[way], LIES[way], HASTY, truthful=False))
    assert len(traffic.submits.submitted) == 1_000
    traffic.submits.check_verdicts()
    traffic.delivers.check_verdicts()
    assert traffic.tally["garble"] > 10


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_every_verdict_is_true_for_200_000_messages_and_200_reconnects(run: Run) -> None:
    there, back = replace(CALM, cut_after=(20_000, 80_000)), replace(CALM, cut_after=(20_000, 80_000), cut_reset=True)
    traffic = run(converse(200_000, there, back), 590)
    check(traffic, 200_000)
    assert traffic.binds > 200
    assert traffic.cuts >= 200


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_every_verdict_is_true_in_debug_mode(run: Run) -> None:
    """The debug mode of asyncio looks at callbacks that come too late, and at calls from the wrong thread."""

    async def main() -> LinkTraffic:
        asyncio.get_running_loop().set_debug(True)
        return await converse(50_000, replace(CALM, cut_after=(15_000, 60_000)), CALM)

    traffic = run(main(), 590)
    check(traffic, 50_000)
    assert traffic.binds > 50


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", LIES)
def test_every_call_ends_once_in_the_long_run(run: Run, way: str) -> None:
    traffic = run(converse(10_000, LIES[way], LIES[way], HASTY, truthful=False), 590)
    traffic.submits.check_verdicts()
    traffic.delivers.check_verdicts()
