"""Under adversity that tells lies (doubled PDUs, garbled octets) every call still ends once, and nothing is left."""

from dataclasses import replace
from typing import Final

import pytest

from smppcore.settings import Settings
from smppcore.testing import Adversity, AdversityProxy

from .loops import Run
from .traffic import Plan, Traffic

SETTINGS: Final = Settings(
    window=30,
    response_timeout=0.3,
    enquire_link_interval=0.5,
    enquire_link_timeout=0.3,
    session_init_timeout=1.0,
    partial_pdu_timeout=0.3,
    close_timeout=0.5,
)
GARBLED: Final = Adversity(garble=0.0005)
TWICE: Final = Adversity(duplicate=0.1)
FIRST_KIND: Final = Adversity(
    split=60, delay=0.001, reorder=0.1, withhold=0.005, cut_after=(2_000, 10_000), cut_reset=True
)
WAYS: Final = {
    "garbled": GARBLED,
    "garbled badly": Adversity(garble=0.01),
    "garbled and doubled": replace(GARBLED, duplicate=0.1),
    "garbled, doubled, and the first kind": replace(FIRST_KIND, garble=0.0005, duplicate=0.1),
}


async def converse(messages: int, adversity: Adversity) -> Traffic:
    traffic = Traffic(Plan(messages=messages, settings=SETTINGS, truthful=False))
    async with traffic.smsc() as smsc, AdversityProxy(smsc.port, adversity, seed=1) as proxy:
        await traffic.run(proxy.port)
        traffic.cuts, traffic.tally = proxy.cuts, proxy.tally
    return traffic


@pytest.mark.parametrize("way", WAYS)
def test_every_call_ends_once(run: Run, way: str) -> None:
    traffic = run(converse(1_000, WAYS[way]))
    assert len(traffic.submits.submitted) == 1_000
    traffic.submits.check_verdicts()
    traffic.delivers.check_verdicts()
    assert traffic.tally["garble"] > 10


@pytest.mark.parametrize("adversity", [TWICE, replace(FIRST_KIND, duplicate=0.1)])
def test_what_comes_twice_is_answered_once(run: Run, adversity: Adversity) -> None:
    """Whether a message is seen twice is the network's doing; what was answered was seen, what was not sent was not."""
    traffic = run(converse(2_000, adversity))
    assert traffic.tally["duplicate"] > 100
    for ledger in (traffic.submits, traffic.delivers):
        ledger.check_verdicts()
        assert ledger.answered <= set(ledger.seen)
        assert ledger.not_sent.isdisjoint(ledger.seen)
        assert set(ledger.seen) <= ledger.submitted
        assert max(ledger.seen.values()) == 2


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS)
def test_every_call_ends_once_in_the_long_run(run: Run, way: str) -> None:
    traffic = run(converse(10_000, WAYS[way]), 590)
    traffic.submits.check_verdicts()
    traffic.delivers.check_verdicts()
