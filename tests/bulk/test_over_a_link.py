"""Journal, link and SMSC together: receipts that come early or are not ours, refusals, and lost connections."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from link.carrier import SOON
from wire.ends import ACCOUNTS, QUICK, url

from smppcore.bulk import (
    Campaign,
    Journal,
    LateAnswers,
    PartVerdict,
    Receipts,
    Recipient,
    RecipientList,
    RecipientVerdict,
    Sending,
    Submission,
)
from smppcore.bulk.journal_file import JournalFile, KeptRecipient
from smppcore.bulk.steps import Outcome
from smppcore.bulk.submission import UntilEnding
from smppcore.constants import CommandStatus, EsmClass
from smppcore.dispatch import Answer
from smppcore.errors import NotSent, OutcomeUnknown, Refused, StateError, StoreError
from smppcore.link import Link
from smppcore.notice import LateAnswer
from smppcore.pdu import Bind, BindTransmitter, DataSm, DeliverSm, SubmitSm, SubmitSmResp
from smppcore.retry import Retry
from smppcore.smsc import Peer, Smsc
from smppcore.text import segments
from smppcore.tlv import MESSAGE_STATE, RECEIPTED_MESSAGE_ID

from .crashing import CrashingFile

AGAIN = Retry(first=0.001, longest=0.002)
LONG = "x" * 200


class Carrier:
    """An SMSC that answers as told; what it has taken is counted by number."""

    def __init__(self) -> None:
        self.answers: dict[int, Answer] = {}
        """What the submit_sm of that number (from 1) is answered with."""
        self.early_receipts = False
        self.held_back = False
        """No receipts."""
        self.schedules: list[str] = []
        self.held: dict[int, asyncio.Event] = {}
        """The submit_sm of that number is answered when this is set."""
        self.cut_at = 0
        self.asked = 0
        self.taken: Counter[str] = Counter()
        self.receipts: list[asyncio.Future[Any]] = []
        self.smsc = Smsc(accounts=ACCOUNTS, handlers={SubmitSm: self._on_submit}, settings=QUICK)

    def _on_submit(self, peer: Peer, pdu: SubmitSm) -> Any:
        self.asked += 1
        self.schedules.append(pdu.schedule_delivery_time)
        answer = self.answers.get(self.asked)
        if answer is not None:
            return answer
        self.taken[pdu.destination_addr] += 1
        if self.asked == self.cut_at:
            peer.abort()
        response = SubmitSmResp(message_id=f"id{self.asked}")
        if self.asked in self.held:
            return self._when(self.held[self.asked], response)
        if pdu.registered_delivery and not self.held_back:
            receipt = receipt_for(response.message_id, pdu.destination_addr)
            self.receipts.append(asyncio.ensure_future(peer.deliver_sm(receipt)))
            if self.early_receipts:
                return self._later(response)
        return response

    async def _when(self, event: asyncio.Event, response: SubmitSmResp) -> SubmitSmResp:
        await event.wait()
        return response

    async def _later(self, response: SubmitSmResp) -> SubmitSmResp:
        """When the receipt has been on its way for long: it is not answered before this."""
        for _ in range(50):
            await asyncio.sleep(0)
        return response


def receipt_for(message_id: str, number: str) -> DeliverSm:
    return DeliverSm(
        source_addr=number,
        esm_class=EsmClass.DELIVERY_RECEIPT,
        tlvs=[RECEIPTED_MESSAGE_ID(message_id), MESSAGE_STATE(2)],
    )


class Run:
    """One run over a link to a Carrier."""

    def __init__(self, journal: Journal, link: Link, places: int, receipt: bool) -> None:
        self.link = link
        self.journal = journal
        self.late = LateAnswers(journal)
        self.submission = Submission(link, receipt=receipt, patience=5, late=self.late)
        self.sending = Sending(journal, self.submission, places=places)
        self.receipts = Receipts(journal, self.sending)

    async def kept(self) -> list[KeptRecipient]:
        return await self.journal.read(lambda file: list(file.recipients()))

    async def verdicts(self) -> Counter[str]:
        return Counter(str(each.verdict) for each in await self.kept())


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    carrier = Carrier()
    async with carrier.smsc:
        yield carrier
        await asyncio.gather(*carrier.receipts, return_exceptions=True)


@asynccontextmanager
async def running(
    carrier: Carrier, path: Path, *, places: int = 4, receipt: bool = False, dies_at: int = 1_000
) -> AsyncIterator[Run]:
    runs: list[Run] = []

    def on_message(link: Link, pdu: DeliverSm | DataSm) -> Any:
        return runs[0].receipts(link, pdu)

    link = Link(
        url(carrier.smsc.port),
        handlers={DeliverSm: on_message, DataSm: on_message},
        on_notice=lambda notice: runs[0].late.noticed(notice) if runs else None,
        settings=QUICK,
        backoff=SOON,
        retry=AGAIN,
    )
    opener = partial(CrashingFile, path / "journal", dies_at, False)
    async with Journal(path / "journal", opener=opener) as journal, link:
        runs.append(Run(journal, link, places, receipt))
        await link.wait_up(5)
        yield runs[0]


def people(count: int, text: str = "hello") -> list[Recipient]:
    rows = "".join(f"+39333{row:07d},{text}\n" for row in range(count))
    campaign = Campaign(RecipientList(f"to,text\n{rows}".encode()))
    return [each for each in campaign.entries() if isinstance(each, Recipient)]


async def test_a_receipt_that_comes_before_its_response_is_not_lost(carrier: Carrier, tmp_path: Path) -> None:
    carrier.early_receipts = True
    async with running(carrier, tmp_path, receipt=True) as run:
        await run.sending.run(people(20))
        assert await run.receipts.wait(5) == 0
        assert (run.receipts.received, run.receipts.others) == (20, 0)
        assert {part.state for each in await run.kept() for part in each.parts} == {"DELIVRD"}


async def test_what_is_not_ours_is_left_with_the_smsc(carrier: Carrier, tmp_path: Path) -> None:
    async with running(carrier, tmp_path, receipt=True) as run:
        await run.sending.run(people(3))
        assert await run.receipts.wait(5) == 0
        (peer,) = carrier.smsc.peers
        for pdu in (receipt_for("unheard-of", "393330000001"), DeliverSm(source_addr="1", short_message=b"STOP")):
            with pytest.raises(Refused) as refused:
                await peer.deliver_sm(pdu)
            assert refused.value.status == CommandStatus.ESME_RX_T_APPN
        assert run.receipts.others == 2
        # One of ours that comes again is taken again: its answer may have been lost.
        await peer.deliver_sm(receipt_for("id1", "393330000000"))
        assert await run.journal.read(JournalFile.states) == {"DELIVRD": 3}


async def test_a_receipt_that_could_not_be_kept_is_left_with_the_smsc(carrier: Carrier, tmp_path: Path) -> None:
    async with running(carrier, tmp_path, places=1, dies_at=2) as run:
        await run.sending.run(people(1))
        (peer,) = carrier.smsc.peers
        with pytest.raises(Refused) as refused:
            await peer.deliver_sm(receipt_for("id1", "393330000000"))
        assert refused.value.status == CommandStatus.ESME_RX_T_APPN


async def test_a_disk_that_is_full_ends_the_run(carrier: Carrier, tmp_path: Path) -> None:
    async with running(carrier, tmp_path, places=2, dies_at=3) as run:
        await run.sending.run(people(20))
        assert isinstance(run.sending.error, StoreError)
    assert carrier.taken.total() < 20


async def test_receipts_that_do_not_come_are_counted(carrier: Carrier, tmp_path: Path) -> None:
    async with running(carrier, tmp_path, receipt=False) as run:
        await run.sending.run(people(3))
        assert await run.receipts.wait(0.01) == 3


async def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(carrier: Carrier, tmp_path: Path) -> None:
    carrier.answers = {
        1: CommandStatus.ESME_RTHROTTLED,
        2: CommandStatus.ESME_RINVDSTADR,
        3: CommandStatus.ESME_RMSGQFUL,
    }
    async with running(carrier, tmp_path) as run:
        await run.sending.run(people(10))
        assert await run.verdicts() == {"accepted": 9, "refused": 1}
    assert (set(carrier.taken.values()), len(carrier.taken), carrier.asked) == ({1}, 9, 12)


async def test_a_lost_connection_leaves_in_doubt_what_was_on_its_way_and_nothing_else(
    carrier: Carrier, tmp_path: Path
) -> None:
    carrier.cut_at = 10
    async with running(carrier, tmp_path, places=4) as run:
        await run.sending.run(people(40))
        assert run.sending.error is None
        verdicts = await run.verdicts()
    assert 1 <= verdicts["unknown"] <= 4
    assert verdicts["accepted"] == 40 - verdicts["unknown"]
    assert set(carrier.taken.values()) == {1}


async def test_a_long_text_of_which_one_segment_was_refused_is_partly_accepted(
    carrier: Carrier, tmp_path: Path
) -> None:
    carrier.answers = {2: CommandStatus.ESME_RINVDSTADR}
    async with running(carrier, tmp_path) as run:
        await run.sending.run(people(1, LONG))
        (kept,) = await run.kept()
    assert (kept.verdict, [part.verdict.taken for part in kept.parts]) == (RecipientVerdict.PARTLY, [True, False])
    assert "ESME_RINVDSTADR" in kept.reason


async def test_a_long_text_of_which_nobody_knows_one_segment_is_unknown(carrier: Carrier, tmp_path: Path) -> None:
    """Though the first segment was refused for certain: who sends it again doubles the second."""
    carrier.answers = {1: CommandStatus.ESME_RINVDSTADR}
    carrier.cut_at = 2
    async with running(carrier, tmp_path) as run:
        with pytest.raises(OutcomeUnknown):
            await run.link.send(LONG, to="393330000001")
    carrier.asked = 0
    async with running(carrier, tmp_path) as run:
        await run.sending.run(people(1, LONG))
        (kept,) = await run.kept()
    assert kept.verdict is RecipientVerdict.UNKNOWN


@pytest.mark.parametrize("text", ["short", LONG])
async def test_an_answer_that_comes_late_makes_the_unknown_certain(carrier: Carrier, tmp_path: Path, text: str) -> None:
    held = len(segments(text).ends)
    carrier.held = {held: asyncio.Event()}
    async with running(carrier, tmp_path) as run:
        run.submission = Submission(run.link, timeout=0.05, late=run.late)
        sending = Sending(run.journal, run.submission, places=2)
        await sending.run(people(1, text))
        assert await run.verdicts() == {"unknown": 1}
        carrier.held[held].set()
        while await run.verdicts() != {"accepted": 1}:
            pass
        (kept,) = await run.kept()
        assert [part.verdict.message_id for part in kept.parts] == [f"id{number + 1}" for number in range(held)]


@pytest.mark.parametrize("late_from", [1, 2])
async def test_of_a_long_text_each_segment_may_be_answered_late(
    carrier: Carrier, tmp_path: Path, late_from: int
) -> None:
    """Also all of them, and one of them while another is still waited for."""
    carrier.held = {number: asyncio.Event() for number in range(late_from, 4)}
    async with running(carrier, tmp_path) as run:
        run.submission = Submission(run.link, timeout=0.05, late=run.late)
        sending = asyncio.ensure_future(Sending(run.journal, run.submission, places=2).run(people(1, "x" * 400)))
        await sending
        assert await run.verdicts() == {"unknown": 1}
        for number in carrier.held:
            carrier.held[number].set()
        while await run.verdicts() != {"accepted": 1}:
            pass
        (kept,) = await run.kept()
        assert [part.verdict.message_id for part in kept.parts] == ["id1", "id2", "id3"]


async def test_an_answer_that_is_late_and_comes_before_the_others_is_kept(tmp_path: Path) -> None:
    requests = [SubmitSm(), SubmitSm()]
    answer = LateAnswer(SubmitSmResp(message_id="id1"), requests[0])
    unknown = PartVerdict(False, "", "no answer")
    async with Journal(tmp_path / "journal") as journal:
        late = LateAnswers(journal)
        late.noticed(answer)
        outcome = Outcome(RecipientVerdict.UNKNOWN, "no answer", (unknown, unknown))
        first = late.expect(people(1, LONG)[0], outcome, dict(enumerate(requests)))
        assert (first.verdict, first.parts) == (RecipientVerdict.UNKNOWN, (PartVerdict(True, "id1"), unknown))
        late.noticed(answer)
        both = late.expect(people(1)[0], Outcome(RecipientVerdict.UNKNOWN, "", (unknown,)), {0: requests[0]})
        assert (both.verdict, both.reason) == (RecipientVerdict.ACCEPTED, "")


async def test_of_a_long_text_of_which_nothing_was_taken_each_segment_has_its_reason(
    carrier: Carrier, tmp_path: Path
) -> None:
    statuses = (CommandStatus.ESME_RINVDSTADR, CommandStatus.ESME_RINVSRCADR)
    carrier.answers = dict(enumerate(statuses, 1))
    async with running(carrier, tmp_path) as run:
        await run.sending.run(people(1, LONG))
        (kept,) = await run.kept()
    assert kept.verdict is RecipientVerdict.REFUSED
    for part, status in zip(kept.parts, statuses, strict=True):
        assert status.name in part.verdict.reason


async def test_who_is_refused_for_now_when_the_run_ends_is_left_to_the_next_run(
    carrier: Carrier, tmp_path: Path
) -> None:
    carrier.answers = dict.fromkeys(range(1, 6), CommandStatus.ESME_RTHROTTLED)
    async with running(carrier, tmp_path, places=1) as run:
        run.submission.ending = True
        run.sending.stop()
        outcome = await run.submission.submit(people(1)[0])
    assert outcome.verdict is None


async def test_ctrl_c_does_not_wait_for_those_that_are_refused_for_now_again_and_again(
    carrier: Carrier, tmp_path: Path
) -> None:
    """A full queue at the SMSC may last for as long as the Retry tries, which is ten minutes."""
    carrier.answers = dict.fromkeys(range(1, 1_000_000), CommandStatus.ESME_RMSGQFUL)
    interrupted = asyncio.Event()
    retry = UntilEnding(tries=1_000_000, total=1e6, first=0.001, longest=0.002, ending=interrupted.is_set)
    async with (
        Journal(tmp_path / "journal") as journal,
        Link(url(carrier.smsc.port), settings=QUICK, retry=retry) as link,
    ):
        await link.wait_up(5)
        submission = Submission(link)
        sending = Sending(journal, submission, places=2)
        task = asyncio.ensure_future(sending.run([*people(4), *people(6, LONG)[4:]]))
        while await journal.read(lambda _: carrier.asked) < 20:
            pass
        interrupted.set()
        submission.ending = True
        sending.stop()
        await task
        assert (sending.error, await journal.read(lambda file: list(file.recipients()))) == (None, [])


async def test_a_link_that_stays_down_ends_the_run_and_nobody_is_in_doubt(carrier: Carrier, tmp_path: Path) -> None:
    async with running(carrier, tmp_path) as run:
        await carrier.smsc.close()
        run.submission = Submission(run.link, patience=0.05)
        sending = Sending(run.journal, run.submission, places=4)
        await sending.run(people(10))
        assert isinstance(sending.error, TimeoutError)
        assert "down for 0.05 s" in str(sending.error)
        assert await run.kept() == []


async def test_a_stop_does_not_wait_for_a_link_that_is_down(carrier: Carrier, tmp_path: Path) -> None:
    async with running(carrier, tmp_path) as run:
        await carrier.smsc.close()
        sending = Sending(run.journal, Submission(run.link), places=4)
        asyncio.get_running_loop().call_later(0.01, sending.stop)
        await sending.run(people(10))
        assert (sending.error, await run.kept()) == (None, [])


async def test_a_link_that_cannot_send_ends_the_run(carrier: Carrier, tmp_path: Path) -> None:
    link = Link(url(carrier.smsc.port), bind="receiver", settings=QUICK)
    async with Journal(tmp_path / "journal") as journal, link:
        await link.wait_up(5)
        sending = Sending(journal, Submission(link), places=2)
        await sending.run(people(3))
        assert isinstance(sending.error, StateError)
        assert await journal.read(lambda file: list(file.recipients())) == []


async def test_a_moment_that_comes_while_it_sends_is_left_out_from_then_on(carrier: Carrier, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    async with running(carrier, tmp_path) as run:
        for moment in (now + timedelta(hours=1), now - timedelta(seconds=1)):
            assert (await Submission(run.link, deliver_at=moment).submit(people(1)[0])).verdict is not None
    assert [len(each) for each in carrier.schedules] == [16, 0]


async def test_receipts_that_were_missing_come_to_the_next_run(carrier: Carrier, tmp_path: Path) -> None:
    carrier.held_back = True
    async with running(carrier, tmp_path, receipt=True) as run:
        await run.sending.run(people(5))
        assert await run.receipts.wait(0.01) == 5
    async with running(carrier, tmp_path, receipt=True) as run:
        waiting = asyncio.ensure_future(run.receipts.wait(5))
        (peer,) = carrier.smsc.peers
        for row in range(5):
            await peer.deliver_sm(receipt_for(f"id{row + 1}", f"39333{row:07d}"))
        assert await waiting == 0
    assert carrier.asked == 5


async def test_a_pair_whose_receiver_alone_is_bound_cannot_send_and_ends_the_run(tmp_path: Path) -> None:
    """Each recipient would be intended, waited for and taken back again and again, without an end."""

    def authenticate(peer: Peer, bind: Bind[Any]) -> bool:
        return not isinstance(bind, BindTransmitter)

    async with (
        Smsc(authenticate=authenticate, settings=QUICK) as smsc,
        Journal(tmp_path / "journal") as journal,
        Link(url(smsc.port), bind="pair", settings=QUICK, backoff=SOON) as link,
    ):
        while await journal.read(lambda _: link.esme) is None:
            pass
        sending = Sending(journal, Submission(link, timeout=0.05, patience=0.05), places=2)
        await sending.run(people(3))
        assert isinstance(sending.error, TimeoutError)
        assert await journal.read(lambda file: list(file.recipients())) == []


async def test_who_was_refused_for_now_before_the_link_was_lost_for_long_is_tried_again() -> None:
    """An SMSC that shuts down says "later" first: nothing was taken, and the tries of the Retry are not over."""

    class Lost:
        async def send(self, text: str, **choices: Any) -> None:
            request = SubmitSm()
            refused = Refused(SubmitSmResp(command_status=CommandStatus.ESME_RX_T_APPN), request)
            raise refused from NotSent("the link is down", request)

    for text in ("short", LONG):
        outcome = await Submission(Lost()).submit(people(1, text)[0])  # type: ignore[arg-type]
        assert outcome.verdict is None
