"""Under adversity that tells no lies, the verdicts are true: nothing is lost in silence, nothing is sent twice."""

import asyncio
from dataclasses import replace
from typing import Final

import pytest

from smppcore import connect
from smppcore.errors import NotSent, OutcomeUnknown, SmppError
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from smppcore.testing import Adversity, AdversityProxy

from .loops import Run, until
from .traffic import Plan, Traffic

SETTINGS: Final = Settings(
    window=30,
    response_timeout=1.0,
    enquire_link_interval=2.0,
    enquire_link_timeout=1.0,
    partial_pdu_timeout=2.0,
    close_timeout=2.0,
)
CUTS: Final = Adversity(cut_after=(1_500, 7_500))
ANSWERS_CUT: Final = Adversity(cut_after=(900, 4_000))
WAYS: Final[dict[str, tuple[Adversity, Adversity]]] = {
    "cuts on the way there": (CUTS, Adversity()),
    "cuts on the way back": (Adversity(), ANSWERS_CUT),
    "cuts behind a PDU": (Adversity(cut_after_pdus=(20, 160)), Adversity(cut_after_pdus=(20, 160))),
    "resets": (replace(CUTS, cut_reset=True), replace(ANSWERS_CUT, cut_reset=True)),
    "splits": (replace(CUTS, split=40), replace(ANSWERS_CUT, split=10)),
    "delays": (replace(CUTS, delay=0.005), replace(ANSWERS_CUT, delay=0.005)),
    "stalls": (replace(CUTS, stall=0.02, stall_seconds=0.05), replace(ANSWERS_CUT, stall=0.02, stall_seconds=0.05)),
    "other orders": (replace(CUTS, reorder=0.3), replace(ANSWERS_CUT, reorder=0.3)),
    "withheld answers": (replace(CUTS, withhold=0.02), replace(ANSWERS_CUT, withhold=0.02)),
}
EVERYTHING: Final = Adversity(split=60, delay=0.002, stall=0.005, stall_seconds=0.05, reorder=0.1, withhold=0.005)


async def converse(messages: int, settings: Settings, there: Adversity, back: Adversity, seed: int = 1) -> Traffic:
    """That many messages through a proxy; the books are closed and say how often the link was cut."""
    traffic = Traffic(Plan(messages=messages, settings=settings))
    async with traffic.smsc() as smsc, AdversityProxy(smsc.port, to_smsc=there, to_esme=back, seed=seed) as proxy:
        await traffic.run(proxy.port)
        traffic.cuts, traffic.tally = proxy.cuts, proxy.tally
    return traffic


def check(traffic: Traffic, messages: int) -> None:
    assert len(traffic.submits.submitted) == messages
    for ledger in (traffic.submits, traffic.delivers):
        ledger.check_verdicts()
        ledger.check_truth()


@pytest.mark.parametrize("way", WAYS)
def test_every_verdict_is_true(run: Run, way: str) -> None:
    there, back = WAYS[way]
    traffic = run(converse(3_000, SETTINGS, there, back))
    check(traffic, 3_000)
    assert traffic.cuts >= 10
    assert traffic.binds > traffic.cuts / 2
    assert traffic.submits.answered
    assert traffic.submits.refused
    assert traffic.submits.not_sent
    assert traffic.submits.unknown


def test_every_verdict_is_true_with_everything_at_once(run: Run) -> None:
    there, back = replace(EVERYTHING, cut_after=(1_500, 7_500)), replace(EVERYTHING, cut_after=(800, 6_000))
    traffic = run(converse(5_000, SETTINGS, there, back))
    check(traffic, 5_000)
    assert traffic.cuts >= 15
    assert set(traffic.tally) == {"split", "delay", "stall", "reorder", "withhold", "cut"}


def test_withheld_answers_end_their_own_requests_only(run: Run) -> None:
    """No cut: one link carries everything, and exactly what was withheld has an unknown outcome.

    No call waits for the window, nor are so many withheld that all callers wait; an answer has time on a busy machine.
    """
    settings = replace(SETTINGS, window=100, response_timeout=2.0, suspect_after=None, enquire_link_interval=None)
    traffic = run(converse(2_000, settings, Adversity(withhold=0.02), Adversity(withhold=0.02)))
    check(traffic, 2_000)
    assert traffic.binds == 1
    unknown = traffic.submits.unknown | {f"deliver {name}" for name in traffic.delivers.unknown}
    assert len(unknown) == traffic.tally["withhold"] > 10
    assert not traffic.submits.not_sent


def test_late_answers_become_notices(run: Run) -> None:
    """Answers that come after the timeout do not change a verdict, and none of them is lost in silence."""
    settings = replace(SETTINGS, response_timeout=0.1)
    traffic = run(converse(2_000, settings, Adversity(), Adversity(stall=0.05, stall_seconds=0.2)))
    check(traffic, 2_000)
    assert 0 < traffic.late <= len(traffic.submits.unknown) + len(traffic.delivers.unknown)


def test_a_cut_by_hand(run: Run) -> None:
    async def main() -> None:
        traffic = Traffic(Plan(messages=0, settings=SETTINGS, truthful=False))
        async with traffic.smsc() as smsc, AdversityProxy(smsc.port, to_esme=Adversity(withhold=1)) as proxy:
            esme = await connect(f"smpp://id:secret@127.0.0.1:{proxy.port}", settings=SETTINGS)
            pdus = [SubmitSm(destination_addr=str(number)) for number in range(40)]
            calls = [esme._connection.request(pdu, None) for pdu in pdus]
            await until(lambda: traffic.submits.seen.total() == SETTINGS.window)
            assert proxy.cut(reset=True) == 1
            errors = [await _error(call) for call in calls]
            assert [type(error) for error in errors] == [OutcomeUnknown] * 30 + [NotSent] * 10
            assert [error.request for error in errors if isinstance(error, OutcomeUnknown | NotSent)] == pdus
            await esme.wait_closed()

    run(main())


async def _error(call: "asyncio.Future[SubmitSmResp]") -> SmppError | None:
    try:
        await call
    except SmppError as error:
        return error
    return None


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_every_verdict_is_true_for_200_000_messages_and_200_reconnects(run: Run) -> None:
    calm = replace(EVERYTHING, split=400, delay=0.0005, stall=0.0005, withhold=0.0005, reorder=0.02)
    there, back = replace(calm, cut_after=(20_000, 80_000)), replace(calm, cut_after=(20_000, 80_000), cut_reset=True)
    traffic = run(converse(200_000, SETTINGS, there, back), 590)
    check(traffic, 200_000)
    assert traffic.binds > 200
    assert traffic.cuts >= 200
