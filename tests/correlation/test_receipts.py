"""Receipts find their messages: in any order, on any bind, spelled in any way, each once."""

import asyncio

import pytest

from smppcore.constants import CommandStatus
from smppcore.errors import NotSent, OutcomeUnknown, Refuse, Refused, StoreError
from smppcore.fields import DistributionList, SmeAddress, UnsuccessSme
from smppcore.notice import LateAnswer
from smppcore.pdu import DataSm, DataSmResp, DeliverSm, SubmitMulti, SubmitMultiResp, SubmitSmResp
from smppcore.settings import Settings
from smppcore.store import Record

from .desk import NUMBER, MakeStore, Process, message, receipt, until


async def test_a_receipt_comes_with_all_that_is_known_of_its_message(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("4f", message(source_addr="Shop"), tag="order-17")
        assert await process.deliver(receipt("4f")) == 0
    [told] = process.receipts
    assert (told.message_id, told.tag, told.state, told.final, told.rule) == ("4f", "order-17", 2, True, "equal")
    assert (told.message.source, told.message.destination) == ("Shop", NUMBER)
    assert (told.message.part, told.message.parts, told.message.late) == (1, 1, False)
    assert 0 <= told.message.answered - told.message.submitted <= told.seconds < 60
    assert (told.redelivered, told.duplicate, told.earlier) == (False, False, ())


async def test_field_27_a_receipt_that_overtakes_the_response_is_answered_and_matched(make_store: MakeStore) -> None:
    """jasmin#599: the receipt came before the response was stored, and was thrown away."""
    async with Process(make_store) as process:
        response = process.submit()
        [(_, wire)] = await process.link.until_asked()
        assert await process.deliver(receipt("77")) == 0
        assert process.receipts == []
        wire.set_result(SubmitSmResp(message_id="77"))
        assert (await response).message_id == "77"
        await until(lambda: process.states == [("77", 2)])
        while await process.store.count("carrier", "receipt"):  # noqa: ASYNC110  # a store has no event
            await asyncio.sleep(0)
    assert process.unmatched == []


async def test_field_27_a_receipt_that_comes_to_another_process_is_matched(make_store: MakeStore) -> None:
    async with Process(make_store) as one, Process(make_store) as other:
        await one.taken("a1", tag="x")
        assert await other.deliver(receipt("a1")) == 0
        assert (one.receipts, other.states, other.receipts[0].tag) == ([], [("a1", 2)], "x")


async def test_a_receipt_at_one_process_before_the_response_at_another(make_store: MakeStore) -> None:
    async with Process(make_store) as one, Process(make_store) as other:
        response = one.submit()
        [(_, wire)] = await one.link.until_asked()
        assert await other.deliver(receipt("a1")) == 0
        wire.set_result(SubmitSmResp(message_id="a1"))
        await asyncio.sleep(0)
        await response
        other.clock.ahead += 1
        await other.correlation.look()
        assert other.states == [("a1", 2)]


async def test_a_receipt_that_comes_twice_is_handed_over_once_and_answered_twice(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("a1")
        assert [await process.deliver(receipt("a1")), await process.deliver(receipt("a1"))] == [0, 0]
    assert process.states == [("a1", 2)]


async def test_the_same_receipt_on_two_binds_at_the_same_time_is_handed_over_once(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("a1")
        process.held_up = asyncio.Event()
        both = asyncio.gather(process.deliver(receipt("a1")), process.deliver(receipt("a1")))
        await asyncio.sleep(0)
        process.held_up.set()
        assert list(await both) == [0, 0]
    assert process.states == [("a1", 2)]


async def test_the_same_receipt_at_two_processes_at_the_same_time_is_handed_over_once(make_store: MakeStore) -> None:
    async with Process(make_store) as one, Process(make_store) as other:
        await one.taken("a1")
        one.held_up = other.held_up = asyncio.Event()
        both = asyncio.gather(one.deliver(receipt("a1")), other.deliver(receipt("a1")))
        for _ in range(20):
            await asyncio.sleep(0)
        one.held_up.set()
        assert list(await both) == [0, 0]
        for process in (one, other):
            process.clock.ahead += 60
            await process.correlation.look()
        assert one.states + other.states == [("a1", 2)]
        assert await one.store.count("carrier", "receipt") == 0


@pytest.mark.parametrize(
    ("in_response", "in_receipt", "rule"),
    [
        ("39f99dd5", "0972660181", "hex_to_decimal"),
        ("281605133", "10C8F40D", "decimal_to_hex"),
        ("812FC7470000001B", "9308878062554710043", "hex_to_decimal"),
        ("00B8BE19", "B8BE19", "zeros"),
        ("1101C1-C9D03D-F000", "1101c1-c9d03d-f000", "case"),
        ("34f0ac1b-a11d-417b-870b-feb045cfdc33", "34f0ac1b-a11d-417b-870b-feb045cfdc33", "equal"),
    ],
)
async def test_field_26_an_id_that_is_spelled_otherwise(
    make_store: MakeStore, in_response: str, in_receipt: str, rule: str
) -> None:
    async with Process(make_store) as process:
        await process.taken(in_response)
        assert await process.deliver(receipt(in_receipt)) == 0
    assert [(told.message_id, told.rule) for told in process.receipts] == [(in_response, rule)]


async def test_the_way_of_a_link_is_learned_so_that_an_id_with_two_readings_finds_its_message(
    make_store: MakeStore,
) -> None:
    async with Process(make_store) as process:
        for number in range(200, 205):
            await process.taken(f"{number:x}")
            await process.deliver(receipt(str(number)))
        await process.taken("10", tag="ten in hexadecimal is sixteen")
        await process.taken("16")
        await process.deliver(receipt("16"))
    assert process.receipts[-1].tag == "ten in hexadecimal is sixteen"


async def test_a_rule_that_was_set_is_the_only_one(make_store: MakeStore) -> None:
    async with Process(make_store, rule="hex_to_decimal") as process:
        await process.taken("10")
        await process.deliver(receipt("10"))
        assert process.receipts == []
        await process.deliver(receipt("16"))
    assert process.states == [("10", 2)]


async def test_a_masked_number_is_no_obstacle_where_the_id_is_equal(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("a1")
        await process.deliver(receipt("a1", source="39333***"))
    assert process.states == [("a1", 2)]


async def test_a_number_written_in_national_form_is_the_same_number(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("ff")
        await process.deliver(receipt("255", source="03331234567"))
    assert process.states == [("ff", 2)]


async def test_a_receipt_of_another_message_is_not_taken_for_this_one(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("ff", message(to="393330000001"))
        await process.deliver(receipt("255", source="393339999999"))
    assert process.receipts == []


async def test_intermediate_states_do_not_end_a_message(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("a1")
        for state in (1, 1, 2, 2):
            assert await process.deliver(receipt("a1", state)) == 0
    assert [(told.state, told.final, told.earlier) for told in process.receipts] == [(1, False, ()), (2, True, ("1",))]


async def test_accepted_is_no_end_on_a_link_whose_settings_say_so(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        process.link.settings = Settings(final_states=frozenset({2, 3, 4, 5, 8}))
        await process.taken("a1")
        await process.deliver(receipt("a1", 6))
        await process.deliver(receipt("a1", 2))
    assert [(told.state, told.final) for told in process.receipts] == [(6, False), (2, True)]


async def test_a_receipt_without_tlvs_and_one_in_data_sm_are_receipts_too(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("a1")
        await process.deliver(receipt("a1", 1, tlvs=False))
        by_tlvs = DataSm(source_addr=NUMBER, esm_class=4, tlvs=receipt("a1").tlvs, sequence_number=9)
        assert await process.deliver(by_tlvs) == 0  # type: ignore[arg-type]
    assert process.states == [("a1", 1), ("a1", 2)]


async def test_each_destination_of_submit_multi_has_receipts_of_its_own(make_store: MakeStore) -> None:
    addresses = [f"39333000000{number}" for number in range(3)]
    pdu = SubmitMulti(dest_addresses=[SmeAddress(each) for each in addresses], registered_delivery=1)
    async with Process(make_store) as process:
        response = process.submit(pdu)  # type: ignore[arg-type]
        [(_, wire)] = await process.link.until_asked()
        wire.set_result(SubmitMultiResp(message_id="m1", unsuccess_sme=[UnsuccessSme(addresses[2])]))
        await asyncio.sleep(0)
        await response
        assert await process.store.count("carrier", "message") == 2
        for state, address in ((2, addresses[1]), (5, addresses[0]), (2, addresses[1])):
            assert await process.deliver(receipt("m1", state, address)) == 0
    assert [(told.message.destination, told.state) for told in process.receipts] == [
        (addresses[1], 2),
        (addresses[0], 5),
    ]


async def test_every_member_of_a_distribution_list_has_a_receipt(make_store: MakeStore) -> None:
    pdu = SubmitMulti(dest_addresses=[SmeAddress("393330000001"), DistributionList("friends")], registered_delivery=1)
    async with Process(make_store) as process:
        response = process.submit(pdu)  # type: ignore[arg-type]
        [(_, wire)] = await process.link.until_asked()
        wire.set_result(SubmitMultiResp(message_id="m1"))
        await asyncio.sleep(0)
        await response
        for address in ("393330000001", "393335555551", "393335555552", "393335555551"):
            assert await process.deliver(receipt("m1", 2, address)) == 0
    assert [told.message.destination for told in process.receipts] == ["393330000001", "friends", "friends"]


async def test_a_message_sent_with_data_sm_has_receipts(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        response = process.submit(DataSm(destination_addr=NUMBER, registered_delivery=1))  # type: ignore[arg-type]
        [(_, wire)] = await process.link.until_asked()
        wire.set_result(DataSmResp(message_id="d1"))
        await asyncio.sleep(0)
        await response
        await process.deliver(receipt("d1"))
    assert process.states == [("d1", 2)]


async def test_what_asks_for_no_receipt_leaves_nothing_in_the_store(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("a1", message(registered_delivery=0))
        assert await process.store.count("carrier", "message") == 0


async def test_a_response_without_an_id_is_handed_over_and_not_kept(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        assert (await process.taken("")).message_id == ""
        assert await process.store.count("carrier", "message") == 0


async def test_a_late_answer_still_brings_the_receipt(make_store: MakeStore) -> None:
    pdu = message()
    async with Process(make_store) as process:
        response = process.submit(pdu, tag="late")
        [(_, wire)] = await process.link.until_asked()
        wire.set_exception(OutcomeUnknown("no answer in time", pdu, 5))
        await asyncio.sleep(0)
        with pytest.raises(OutcomeUnknown):
            await response
        process.correlation.noticed(LateAnswer(SubmitSmResp(message_id="a1", sequence_number=5), pdu))
        await process.deliver(receipt("a1"))
    assert [(told.tag, told.message.late) for told in process.receipts] == [("late", True)]


async def test_the_answer_to_a_cancelled_call_still_brings_the_receipt(make_store: MakeStore) -> None:
    pdu = message()
    async with Process(make_store) as process:
        response = process.submit(pdu)
        [(_, wire)] = await process.link.until_asked()
        response.cancel()
        await asyncio.sleep(0)
        assert wire.cancelled()
        await asyncio.sleep(0)
        process.correlation.noticed(LateAnswer(SubmitSmResp(message_id="a1"), pdu))
        await process.deliver(receipt("a1"))
    assert [told.message.late for told in process.receipts] == [True]


async def test_late_answers_of_others_and_errors_are_nothing_to_keep(make_store: MakeStore) -> None:
    pdu = message()
    async with Process(make_store) as process:
        response = process.submit(pdu)
        [(_, wire)] = await process.link.until_asked()
        wire.set_exception(OutcomeUnknown("no answer in time", pdu, 5))
        await asyncio.gather(response, return_exceptions=True)
        refused = SubmitSmResp(command_status=CommandStatus.ESME_RTHROTTLED)
        for notice in (LateAnswer(SubmitSmResp(message_id="a1"), message()), LateAnswer(refused, pdu)):
            process.correlation.noticed(notice)
        assert await process.store.count("carrier", "message") == 0


@pytest.mark.parametrize(
    "error", [NotSent("the link is down", message()), Refused(SubmitSmResp(command_status=8), message())]
)
async def test_errors_of_the_request_are_the_callers(make_store: MakeStore, error: Exception) -> None:
    async with Process(make_store) as process:
        response = process.submit()
        [(_, wire)] = await process.link.until_asked()
        wire.set_exception(error)
        with pytest.raises(type(error)):
            await response
        assert await process.store.count("carrier", "message") == 0


async def test_a_handler_that_fails_gets_the_receipt_again_when_the_smsc_sends_it_again(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("a1")
        process.failing = RuntimeError("the database is away")
        with pytest.raises(RuntimeError):
            await process.deliver(receipt("a1"))
        process.failing = None
        assert await process.deliver(receipt("a1")) == 0
    assert [(told.state, told.redelivered) for told in process.receipts] == [(2, True)]


async def test_a_handler_may_say_with_which_status_a_receipt_is_refused(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        await process.taken("a1")
        process.failing = Refuse(CommandStatus.ESME_RX_P_APPN)
        assert await process.deliver(receipt("a1")) == CommandStatus.ESME_RX_P_APPN


async def test_an_id_that_is_used_again_belongs_to_the_message_that_still_waits(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        for tag in ("first", "second"):
            await process.taken("1", tag=tag)
            await process.deliver(receipt("1"))
    assert [told.tag for told in process.receipts] == ["first", "second"]


async def test_what_is_no_receipt_goes_where_it_would_have_gone(make_store: MakeStore) -> None:
    async with Process(make_store) as process:
        own: list[DeliverSm] = []
        ordinary = process.correlation.handlers({DeliverSm: lambda _, pdu: own.append(pdu)})[DeliverSm]
        ordinary(process.link, DeliverSm(short_message=b"STOP"))
        ordinary(process.link, DeliverSm(esm_class=4))  # a receipt that says nothing
        assert len(own) == 2


class Broken(Exception):
    """What the disk says."""


async def test_a_caller_learns_that_its_message_was_taken_though_its_record_is_in_doubt(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Process(make_store) as process:
        if process.correlation._submissions.at_once:
            return  # a store in memory fails only when nobody has collected a million expired records

        def failing(_: Record) -> "asyncio.Future[None]":
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            future.set_exception(StoreError("the disk is full"))
            return future

        monkeypatch.setattr(process.store, "add", failing)
        with pytest.raises(StoreError) as caught:
            await process.taken("a1")
        assert isinstance(caught.value.response, SubmitSmResp)
        assert caught.value.response.message_id == "a1"
