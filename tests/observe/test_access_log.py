"""The access log: one record for each message, when its life is over, whatever ended it."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from link.carrier import Carrier, link_to, until, verdict
from wire.ends import ACCOUNTS, QUICK, url

from smppcore.access_log import AccessLog
from smppcore.constants import CommandStatus
from smppcore.correlation import Correlation
from smppcore.errors import Refused
from smppcore.esme import Esme, connect
from smppcore.fields import DistributionList, SmeAddress
from smppcore.link import Link
from smppcore.middleware import Drop, Middleware
from smppcore.pdu import DeliverSm, Request, SubmitMulti, SubmitSm, SubmitSmResp
from smppcore.privacy import Privacy
from smppcore.retry import Retry
from smppcore.smsc import Peer, Smsc
from smppcore.store import MemoryStore

from .traffic import NUMBER, SENDER, SHOWN, SHOWN_SENDER, TEXT, Deliveries, carrier_of, message

Record = dict[str, Any]
TIMES = {"submitted", "answered", "latency"}


def without_times(record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in TIMES}


async def linked(deliveries: Deliveries, access: AccessLog, use: Callable[[Link], Any], **options: Any) -> None:
    """Do something with a link to a carrier that delivers."""
    async with carrier_of(deliveries) as carrier:
        correlation = Correlation(MemoryStore())
        async with link_to(carrier.port, middleware=[access], correlation=correlation, **options) as link:
            await link.wait_up()
            await use(link)


async def test_a_message_is_told_when_it_is_answered_and_no_receipt_is_to_come() -> None:
    records: list[Record] = []
    async with (
        carrier_of(Deliveries()) as carrier,
        connect(url(carrier.port), settings=QUICK, middleware=[AccessLog(records.append)]) as esme,
    ):
        await esme.submit_sm(message())
        await esme.enquire_link()
        name = esme.name
    [record] = records
    assert without_times(record) == {
        "direction": "out",
        "link": name,
        "command": "submit_sm",
        "source": SHOWN_SENDER,
        "destination": SHOWN,
        "parts": 1,
        "encoding": "GSM 7-bit",
        "octets": len(TEXT),
        "verdict": "ok",
        "attempts": 1,
        "message_ids": ["m1"],
        "ending": "answered",
    }
    assert record["submitted"] <= record["answered"]
    assert record["latency"] >= 0
    assert name == f"id@127.0.0.1:{carrier.port}"


async def test_a_message_is_told_when_its_receipt_is_there() -> None:
    records: list[Record] = []
    deliveries, access = Deliveries(), AccessLog(records.append)

    async def use(link: Link) -> None:
        await link.tagged("order-17").send(TEXT, to=NUMBER, source=SENDER, receipt=True)
        assert records == []
        assert len(access) == 1
        await deliveries.receipt(1, "ENROUTE")
        assert records == []
        await deliveries.receipt(1, "UNDELIV", "069")

    await linked(deliveries, access, use)
    [record] = records
    assert record["ending"] == "receipt"
    assert (record["states"], record["errors"], record["tag"]) == (["UNDELIV"], ["069"], "order-17")
    assert record["receipt_delay"] >= 0
    assert record["receipt"] >= record["submitted"]
    assert len(access) == 0


async def test_all_segments_of_a_text_are_one_record() -> None:
    records: list[Record] = []
    deliveries = Deliveries(refuse=[2])

    async def use(link: Link) -> None:
        await link.send("x" * 400, to=NUMBER, receipt=True)
        await deliveries.receipts()

    await linked(deliveries, AccessLog(records.append), use)
    [record] = records
    assert (record["parts"], record["message_ids"]) == (3, ["m1", "m3"])
    assert record["verdict"] == "ESME_RINVDSTADR"
    assert record["states"] == ["DELIVRD", "", "DELIVRD"]
    assert "missing" not in record


async def test_a_receipt_in_the_same_segment_as_the_response_is_in_the_record() -> None:
    """Such receipts come before anybody knows that there is such a message."""
    records: list[Record] = []
    deliveries = Deliveries()
    sent: list[asyncio.Task[None]] = []

    def at_once(peer: Any, pdu: SubmitSm) -> SubmitSmResp:
        response = deliveries(peer, pdu)
        sent.append(asyncio.ensure_future(deliveries.receipt(len(deliveries.taken))))
        return response

    async with carrier_of(at_once) as carrier:  # type: ignore[arg-type]
        correlation = Correlation(MemoryStore())
        access = AccessLog(records.append)
        async with link_to(carrier.port, middleware=[access], correlation=correlation, window=50) as link:
            await asyncio.gather(*(link.send(TEXT, to=NUMBER, receipt=True) for _ in range(20)))
            await asyncio.gather(*sent)
            await until(lambda: len(records) == 20)
    assert {record["ending"] for record in records} == {"receipt"}
    assert {name for record in records for name in record["message_ids"]} == {f"m{n}" for n in range(1, 21)}


async def test_what_is_refused_not_sent_unknown_or_cancelled_is_told() -> None:
    records: list[Record] = []
    hold: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    class Held(Middleware):
        def outbound(self, end: Any, pdu: Request[Any]) -> Drop | None:
            return Drop(f"{NUMBER} is not to be called") if pdu.service_type == "drop" else None  # type: ignore[attr-defined]

    def handler(peer: Any, pdu: SubmitSm) -> Any:
        return {"no": 11}.get(pdu.service_type, hold)

    async with Smsc(accounts=ACCOUNTS, settings=QUICK, handlers={SubmitSm: handler}) as smsc:
        middleware = [AccessLog(records.append), Held()]
        async with connect(url(smsc.port), settings=QUICK, middleware=middleware) as esme:
            ended = [
                await verdict(esme.submit_sm(message(service_type="no"))),
                await verdict(esme.submit_sm(message(service_type="drop"))),
                await verdict(esme.submit_sm(message(), timeout=0.05)),
            ]
            cancelled = esme.begin_request(message())
            cancelled.cancel()
            await asyncio.sleep(0)
        hold.cancel()
    assert [each.__name__ for each in ended] == ["Refused", "NotSent", "OutcomeUnknown"]
    assert [record["verdict"] for record in records] == ["ESME_RINVDSTADR", "not_sent", "unknown", "cancelled"]
    assert records[1]["reason"] == f"{SHOWN} is not to be called"
    assert {record["ending"] for record in records} == {"answered"}


async def test_both_ends_tell_of_a_message_and_receipts_are_no_messages() -> None:
    ours: list[Record] = []
    theirs: list[Record] = []
    deliveries = Deliveries()

    def on_deliver(esme: Esme, pdu: DeliverSm) -> None: ...

    middleware = [AccessLog(theirs.append)]
    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK, handlers={SubmitSm: deliveries}, middleware=middleware) as smsc,
        connect(
            url(smsc.port), settings=QUICK, handlers={DeliverSm: on_deliver}, middleware=[AccessLog(ours.append)]
        ) as esme,
    ):
        await esme.send(TEXT, to=NUMBER, receipt=True)
        await deliveries.receipt(1)
        [peer] = smsc.peers
        await peer.deliver_sm(DeliverSm(source_addr=NUMBER, destination_addr="72404", short_message=b"yes"))
        address = f"{peer.address[0]}:{peer.address[1]}"
    seen = [(each["direction"], each["command"]) for each in ours]
    assert seen == [("out", "submit_sm"), ("in", "deliver_sm")]
    assert [(each["direction"], each["command"]) for each in theirs] == [("in", "submit_sm"), ("out", "deliver_sm")]
    assert {(each["link"], each["account"], each["bind"]) for each in theirs} == {(smsc.system_id, "id", address)}
    assert theirs[0]["message_ids"] == ["m1"]


async def test_a_list_of_destinations_ends_with_the_receipt_of_the_last() -> None:
    records: list[Record] = []
    deliveries = Deliveries()
    access = AccessLog(records.append)

    def on_multi(peer: Any, pdu: SubmitMulti) -> Any:
        response = pdu.answer()
        response.message_id = "m1"
        for each in pdu.dest_addresses:
            deliveries.taken.append((peer, message(destination_addr=each.destination_addr)))  # type: ignore[union-attr]
        return response

    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK, handlers={SubmitMulti: on_multi}) as smsc,
        link_to(smsc.port, middleware=[access], correlation=Correlation(MemoryStore())) as link,
    ):
        both: list[SmeAddress | DistributionList] = [SmeAddress(NUMBER), SmeAddress("46701112222")]
        await link.submit_multi(SubmitMulti(dest_addresses=both, registered_delivery=1))
        await deliveries.receipt(1)
        assert records == []
        deliveries.taken[0] = deliveries.taken[1]
        await deliveries.receipt(1)
    [record] = records
    assert record["destination"] == f"{SHOWN},********222"
    assert record["ending"] == "receipt"


async def test_a_receipt_that_never_comes_ends_a_life() -> None:
    records: list[Record] = []
    now = [1_000_000.0]
    async with carrier_of(Deliveries()) as carrier:
        correlation = Correlation(MemoryStore(), keep=60, clock=lambda: now[0])
        access = AccessLog(records.append, clock=lambda: now[0])
        async with link_to(carrier.port, middleware=[access], correlation=correlation) as link:
            await link.send(TEXT, to=NUMBER, receipt=True)
            now[0] += 100_000
            await correlation.look()
    [record] = records
    assert (record["ending"], record["verdict"]) == ("expired", "ok")
    assert "states" not in record


async def test_a_receipt_for_a_message_of_an_earlier_process_is_told_from_the_store() -> None:
    before: list[Record] = []
    after: list[Record] = []
    now = [time.time()]  # of the store, which goes by the clock of the machine

    def clock() -> float:
        now[0] += 1
        return now[0]

    deliveries, store = Deliveries(), MemoryStore()
    async with carrier_of(deliveries) as carrier:
        for records in (before, after):
            correlation = Correlation(store, clock=clock, name="carrier")
            access = AccessLog(records.append, clock=clock)
            async with link_to(carrier.port, middleware=[access], correlation=correlation) as link:
                await link.wait_up()
                if records is before:
                    await link.tagged("order-17").send(TEXT, to=NUMBER, source=SENDER, receipt=True)
                else:
                    deliveries.taken = [(carrier.smsc.peers[0], deliveries.taken[0][1])]
                    await deliveries.receipt(1)
                access.close()
    assert [record["ending"] for record in before] == ["closed"]
    [record] = after
    assert record["restored"] is True
    assert (record["ending"], record["states"], record["tag"]) == ("receipt", ["DELIVRD"], "order-17")
    assert (record["source"], record["destination"], record["message_ids"]) == (SHOWN_SENDER, SHOWN, ["m1"])


async def test_the_oldest_gives_way_where_there_are_too_many_lives() -> None:
    records: list[Record] = []
    access = AccessLog(records.append, lives=3)

    async def use(link: Link) -> None:
        for number in range(5):
            await link.send(TEXT, to=f"4670000000{number}", receipt=True)
        assert [record["ending"] for record in records] == ["displaced"] * 2
        assert len(access) == 3

    await linked(Deliveries(), access, use)
    access.close()
    assert [record["message_ids"] for record in records] == [[f"m{n}"] for n in range(1, 6)]
    assert [record["ending"] for record in records[2:]] == ["closed"] * 3


async def test_segments_that_never_come_do_not_keep_a_record_back_for_ever() -> None:
    records: list[Record] = []
    now = [1_000_000.0]
    access = AccessLog(records.append, patience=60, clock=lambda: now[0])
    first = message(esm_class=0x40, short_message=b"\x05\x00\x03\x07\x03\x01" + TEXT.encode())

    async def use(link: Link) -> None:
        await link.submit_sm(first)
        await link.submit_sm(message())
        assert [record["ending"] for record in records] == ["answered"]
        now[0] += 61
        await link.submit_sm(message())

    await linked(Deliveries(), access, use)
    assert [record["ending"] for record in records] == ["answered", "incomplete", "answered"]
    assert (records[1]["parts"], records[1]["missing"]) == (3, [2, 3])


async def test_a_reference_that_is_used_again_begins_another_message() -> None:
    records: list[Record] = []
    access = AccessLog(records.append)
    segments = [message(esm_class=0x40, short_message=bytes((5, 0, 3, 7, 2, n)) + b"x") for n in (1, 2)]

    async def use(link: Link) -> None:
        for pdu in (segments[0], *segments):
            await link.submit_sm(pdu)

    await linked(Deliveries(), access, use)
    assert [(record["ending"], record["message_ids"]) for record in records] == [
        ("incomplete", ["m1"]),
        ("answered", ["m2", "m3"]),
    ]


async def test_a_segment_that_was_refused_and_tried_again_counts_once() -> None:
    records: list[Record] = []
    access = AccessLog(records.append)
    segments = [message(esm_class=0x40, short_message=bytes((5, 0, 3, 7, 2, n)) + b"x") for n in (1, 2)]

    async def use(link: Link) -> None:
        with pytest.raises(Refused):
            await link.submit_sm(segments[0])
        for pdu in segments:
            await link.submit_sm(pdu)

    await linked(Deliveries(refuse=[1]), access, use)
    [record] = records
    assert (record["verdict"], record["attempts"], record["message_ids"]) == ("ok", 2, ["m2", "m3"])


AGAIN = Retry(tries=3, first=0.01, longest=0.01, statuses=frozenset({int(CommandStatus.ESME_RINVDSTADR)}))


@pytest.mark.parametrize(
    ("refuse", "verdict", "attempts"),
    [([], "ok", 1), ([1], "ok", 2), ([1, 2], "ok", 3), ([1, 2, 3], "ESME_RINVDSTADR", 3)],
)
async def test_a_message_that_is_tried_again_is_one_record(refuse: list[int], verdict: str, attempts: int) -> None:
    """A throttled message was a failure in the log, and beside it a success that had taken no time."""
    records: list[Record] = []
    deliveries = Deliveries(refuse=refuse)

    async def use(link: Link) -> None:
        with contextlib.suppress(Refused):
            await link.submit_sm(message(registered_delivery=1), retry=AGAIN)
        if verdict == "ok":
            assert records == []
            await deliveries.receipts()

    await linked(deliveries, AccessLog(records.append), use)
    [record] = records
    assert (record["verdict"], record["attempts"]) == (verdict, attempts)
    assert record["ending"] == ("receipt" if verdict == "ok" else "answered")
    assert record["latency"] >= 0.005 * (attempts - 1)


async def test_a_log_that_fails_at_the_end_of_all_attempts_changes_no_verdict() -> None:
    """The caller of a message that was taken would have had an exception, and sent it again."""

    class Failing(AccessLog):
        def _part(self, *_: Any) -> Any:
            raise KeyError("a fault of ours")

    async def use(link: Link) -> None:
        assert (await link.submit_sm(message(), retry=AGAIN)).message_id == "m2"

    await linked(Deliveries(refuse=[1]), Failing(), use)


async def test_who_gives_up_between_two_attempts_has_one_record() -> None:
    records: list[Record] = []
    access = AccessLog(records.append)
    slow = replace(AGAIN, first=30, longest=30)

    async def use(link: Link) -> None:
        call = asyncio.ensure_future(link.submit_sm(message(), retry=slow))
        await until(lambda: access._tried)
        call.cancel()
        await asyncio.wait([call])
        assert [record["verdict"] for record in records] == ["cancelled"]
        call = asyncio.ensure_future(link.submit_sm(message(), retry=slow))
        await until(lambda: access._tried)
        await link.close()
        assert await verdict(call) is Refused

    await linked(Deliveries(refuse=[1, 2]), access, use)
    assert [(record["verdict"], record["attempts"]) for record in records] == [("cancelled", 1), ("ESME_RINVDSTADR", 1)]
    assert access._tried == {}


async def test_who_gives_up_while_an_answer_is_waited_for_has_one_record() -> None:
    records: list[Record] = []
    answer: asyncio.Future[SubmitSmResp] = asyncio.get_running_loop().create_future()
    came: list[SubmitSm] = []

    def refuse_the_first(peer: Peer, pdu: SubmitSm) -> "int | asyncio.Future[SubmitSmResp]":
        came.append(pdu)
        return CommandStatus.ESME_RINVDSTADR if len(came) == 1 else answer

    async with (
        Carrier(refuse_the_first) as carrier,
        link_to(carrier.port, middleware=[AccessLog(records.append)]) as link,
    ):
        call = asyncio.ensure_future(link.submit_sm(message(), retry=AGAIN))
        await until(lambda: len(came) == 2)
        call.cancel()
        await until(lambda: records)
        answer.set_result(SubmitSmResp(message_id="m1"))
        await asyncio.wait([call])
    [record] = records
    assert (record["verdict"], record["attempts"]) == ("cancelled", 2)


async def test_a_log_that_is_closed_tells_of_what_would_be_tried_again() -> None:
    records: list[Record] = []
    access = AccessLog(records.append)

    async def use(link: Link) -> None:
        call = asyncio.ensure_future(link.submit_sm(message(), retry=replace(AGAIN, first=30, longest=30)))
        await until(lambda: access._tried)
        access.close()
        call.cancel()
        await asyncio.wait([call])

    await linked(Deliveries(refuse=[1]), access, use)
    assert [record["verdict"] for record in records] == ["ESME_RINVDSTADR"]


async def test_without_privacy_the_text_and_the_numbers_are_told() -> None:
    records: list[Record] = []
    access = AccessLog(records.append, privacy=Privacy(text=False, numbers=False))

    async def use(link: Link) -> None:
        await link.send("ä" * 100 + "Ω" * 100, to=NUMBER, source=SENDER)

    await linked(Deliveries(), access, use)
    [record] = records
    assert (record["text"], record["source"], record["destination"]) == ("ä" * 100 + "Ω" * 100, SENDER, NUMBER)
    assert record["parts"] == 2


async def test_by_default_records_go_to_a_log_of_their_own(caplog: pytest.LogCaptureFixture) -> None:
    async def use(link: Link) -> None:
        await link.submit_sm(message())

    await linked(Deliveries(), AccessLog(), use)
    assert caplog.records == []
    caplog.set_level(logging.INFO, "smppcore.access")
    await linked(Deliveries(), AccessLog(), use)
    [record] = (each for each in caplog.records if each.name == "smppcore.access")
    assert record.message == "message"
    assert record.__dict__["destination"] == SHOWN


async def test_a_sink_that_fails_is_complained_of_once_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def fail(record: Record) -> None:
        json.dumps(record)
        raise OSError("no space left")

    access = AccessLog(fail)

    async def use(link: Link) -> None:
        for _ in range(3):
            await link.submit_sm(message())

    await linked(Deliveries(), access, use)
    assert access.lost == 3
    complaints = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.message for record in complaints] == ["access log not written"]


@pytest.mark.parametrize("wrong", [{"lives": 0}, {"patience": 0}])
def test_bounds_that_are_none_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="lives"):
        AccessLog(**wrong)
