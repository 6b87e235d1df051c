"""query_sm, cancel_sm, replace_sm and submit_multi, answered from what the simulator keeps."""

import re
import time
from collections.abc import Awaitable
from typing import Any

import pytest

import smppcore
from simulator.clients import DESTINATION, NEVER, SOURCE, Inbox, esme, final_state, state_of, submit
from smppcore.constants import CommandStatus, MessageState
from smppcore.fields import DistributionList, SmeAddress, UnsuccessSme
from smppcore.message import receipt_of
from smppcore.pdu import CancelSm, QuerySm, ReplaceSm, SubmitMulti
from smppcore.simulator import Profile, Simulator

AT_ONCE = Profile(receipt_delay=0)
PENDING = Profile(receipt_delay=NEVER, accounts={"smppclient1": "password", "other": "password"})


async def refusal(call: Awaitable[Any]) -> int:
    with pytest.raises(smppcore.Refused) as caught:
        await call
    return caught.value.status


# -- query_sm


async def test_query_of_a_pending_message() -> None:
    async with Simulator(PENDING) as simulator, esme(simulator) as client:
        message_id = await submit(client)
        answer = await client.query_sm(QuerySm(message_id=message_id, source_addr=SOURCE))
        assert (answer.message_id, answer.final_date) == (message_id, "")
        assert (answer.message_state, answer.error_code) == (MessageState.ENROUTE, 0)


async def test_query_of_a_delivered_message() -> None:
    before = time.strftime("%y%m%d%H%M%S", time.gmtime())
    async with Simulator(AT_ONCE) as simulator, esme(simulator) as client:
        message_id = await submit(client, 0)
        assert await final_state(client, message_id) == MessageState.DELIVERED
        answer = await client.query_sm(QuerySm(message_id=message_id, source_addr=SOURCE))
        assert re.fullmatch(r"\d{12}000\+", answer.final_date)
        assert before <= answer.final_date[:12] <= time.strftime("%y%m%d%H%M%S", time.gmtime())


async def test_query_of_what_is_not_there() -> None:
    async with Simulator(PENDING) as simulator, esme(simulator) as client:
        message_id = await submit(client)
        assert await refusal(state_of(client, "unknown")) == CommandStatus.ESME_RQUERYFAIL
        assert await refusal(state_of(client, "")) == CommandStatus.ESME_RQUERYFAIL
        assert await refusal(state_of(client, message_id, "999")) == CommandStatus.ESME_RQUERYFAIL
        assert await refusal(state_of(client, message_id, "")) == CommandStatus.ESME_RQUERYFAIL
        async with esme(simulator, account="other:password") as other:
            assert await refusal(state_of(other, message_id)) == CommandStatus.ESME_RQUERYFAIL
        async with esme(simulator, bind="transmitter") as same:
            assert await state_of(same, message_id) == MessageState.ENROUTE


async def test_query_of_a_message_without_a_source() -> None:
    async with Simulator(PENDING) as simulator, esme(simulator) as client:
        message_id = await submit(client, source_addr="")
        assert await state_of(client, message_id, "") == MessageState.ENROUTE
        assert await refusal(state_of(client, message_id, SOURCE)) == CommandStatus.ESME_RQUERYFAIL


# -- cancel_sm


async def test_cancel_by_id() -> None:
    inbox = Inbox()
    async with Simulator(PENDING) as simulator, esme(simulator, inbox) as client:
        message_id, other_id = await submit(client), await submit(client)
        await client.cancel_sm(CancelSm(message_id=message_id, source_addr=SOURCE))
        (receipt,) = await inbox.receipts(1)
        assert (receipt.message_id, receipt.fields.stat, receipt.fields.dlvrd) == (message_id, "DELETED", "000")
        assert receipt.message_state == MessageState.DELETED
        assert await state_of(client, message_id) == MessageState.DELETED
        assert await state_of(client, other_id) == MessageState.ENROUTE


async def test_cancel_by_id_and_destination() -> None:
    async with Simulator(PENDING) as simulator, esme(simulator) as client:
        message_id = await submit(client, 0)
        wrong = CancelSm(message_id=message_id, source_addr=SOURCE, destination_addr="999")
        assert await refusal(client.cancel_sm(wrong)) == CommandStatus.ESME_RCANCELFAIL
        right = CancelSm(message_id=message_id, source_addr=SOURCE, destination_addr=DESTINATION)
        assert (await client.cancel_sm(right)).command_status == 0


async def test_cancel_of_what_is_not_there() -> None:
    async with Simulator(PENDING) as simulator, esme(simulator) as client:
        message_id = await submit(client)
        other = await esme(simulator, account="other:password")
        for who, pdu in [
            (client, CancelSm(message_id="unknown", source_addr=SOURCE)),
            (client, CancelSm(message_id=message_id, source_addr="999")),
            (client, CancelSm(source_addr=SOURCE, destination_addr="999")),
            (client, CancelSm(source_addr=SOURCE)),
            (client, CancelSm()),
            (other, CancelSm(message_id=message_id, source_addr=SOURCE)),
            (other, CancelSm(source_addr=SOURCE, destination_addr=DESTINATION)),
        ]:
            assert await refusal(who.cancel_sm(pdu)) == CommandStatus.ESME_RCANCELFAIL
        assert await state_of(client, message_id) == MessageState.ENROUTE
        await other.close()


async def test_cancel_by_addresses_and_service_type() -> None:
    inbox = Inbox()
    async with Simulator(PENDING) as simulator, esme(simulator, inbox) as client:
        plain = [await submit(client) for _ in range(3)]
        wap = await submit(client, service_type="WAP")
        elsewhere = await submit(client, destination_addr="393330000002")
        await client.cancel_sm(CancelSm(source_addr=SOURCE, destination_addr=DESTINATION, service_type="WAP"))
        assert [each.message_id for each in await inbox.receipts(1)] == [wap]
        await client.cancel_sm(CancelSm(source_addr=SOURCE, destination_addr=DESTINATION))
        assert [each.message_id for each in await inbox.receipts(4)][1:] == plain
        assert await state_of(client, elsewhere) == MessageState.ENROUTE


async def test_cancel_too_late_and_twice() -> None:
    async with Simulator(AT_ONCE) as simulator, esme(simulator) as client:
        message_id = await submit(client, 0)
        await final_state(client, message_id)
        cancel = CancelSm(message_id=message_id, source_addr=SOURCE)
        assert await refusal(client.cancel_sm(cancel)) == CommandStatus.ESME_RCANCELFAIL
    async with Simulator(PENDING) as simulator, esme(simulator) as client:
        cancel = CancelSm(message_id=await submit(client, 0), source_addr=SOURCE)
        await client.cancel_sm(cancel)
        assert await refusal(client.cancel_sm(cancel)) == CommandStatus.ESME_RCANCELFAIL


# -- replace_sm


async def test_replace_a_pending_message() -> None:
    inbox = Inbox()
    async with Simulator(PENDING) as simulator, esme(simulator, inbox) as client:
        message_id = await submit(client, 0, short_message=b"old")
        replace = ReplaceSm(
            message_id=message_id, source_addr=SOURCE, registered_delivery=1, short_message=b"what it says now"
        )
        assert (await client.replace_sm(replace)).command_status == 0
        await client.cancel_sm(CancelSm(message_id=message_id, source_addr=SOURCE))
        (receipt,) = await inbox.receipts(1)
        assert (receipt.message_id, receipt.fields.text) == (message_id, "what it says now")


async def test_replace_what_cannot_be_replaced() -> None:
    async with Simulator(PENDING) as simulator, esme(simulator) as client:
        message_id = await submit(client, 0)
        for pdu in (
            ReplaceSm(message_id="unknown", source_addr=SOURCE),
            ReplaceSm(message_id=message_id, source_addr="999"),
        ):
            assert await refusal(client.replace_sm(pdu)) == CommandStatus.ESME_RREPLACEFAIL
        await client.cancel_sm(CancelSm(message_id=message_id, source_addr=SOURCE))
        replace = ReplaceSm(message_id=message_id, source_addr=SOURCE, short_message=b"too late")
        assert await refusal(client.replace_sm(replace)) == CommandStatus.ESME_RREPLACEFAIL


async def test_replace_too_late() -> None:
    async with Simulator(AT_ONCE) as simulator, esme(simulator) as client:
        message_id = await submit(client, 0)
        await final_state(client, message_id)
        replace = ReplaceSm(message_id=message_id, source_addr=SOURCE, short_message=b"too late")
        assert await refusal(client.replace_sm(replace)) == CommandStatus.ESME_RREPLACEFAIL


# -- submit_multi

NUMBERS = ["393330000001", "393330000002", "393330000003"]


def multi(*destinations: SmeAddress | DistributionList, registered_delivery: int = 1) -> SubmitMulti:
    return SubmitMulti(
        source_addr=SOURCE,
        dest_addresses=list(destinations),
        registered_delivery=registered_delivery,
        short_message=b"to all",
    )


async def test_submit_multi_has_one_id_and_a_receipt_for_each() -> None:
    inbox = Inbox()
    async with Simulator(AT_ONCE) as simulator, esme(simulator, inbox) as client:
        response = await client.submit_multi(multi(*(SmeAddress(number, 1, 1) for number in NUMBERS)))
        assert response.unsuccess_sme == []
        pdus = await inbox.wait(3)
        assert [pdu.source_addr for pdu in pdus] == NUMBERS
        assert {receipt.message_id for pdu in pdus if (receipt := receipt_of(pdu))} == {response.message_id}
        assert await state_of(client, response.message_id) == MessageState.DELIVERED
        another = await client.submit_multi(multi(SmeAddress(NUMBERS[0], 1, 1)))
        assert another.message_id != response.message_id


async def test_submit_multi_names_what_failed() -> None:
    inbox = Inbox()
    async with Simulator(AT_ONCE) as simulator, esme(simulator, inbox) as client:
        response = await client.submit_multi(
            multi(DistributionList("friends"), SmeAddress(NUMBERS[0], 1, 1), SmeAddress("", 2, 8))
        )
        assert response.unsuccess_sme == [
            UnsuccessSme("friends", error_status_code=CommandStatus.ESME_RINVDLNAME),
            UnsuccessSme("", 2, 8, CommandStatus.ESME_RINVDSTADR),
        ]
        (pdu,) = await inbox.wait(1)
        assert pdu.source_addr == NUMBERS[0]
        assert inbox.ids == [response.message_id]


async def test_submit_multi_where_all_failed() -> None:
    async with Simulator(AT_ONCE) as simulator, esme(simulator) as client:
        response = await client.submit_multi(multi(DistributionList("friends"), DistributionList("family")))
        assert [each.destination_addr for each in response.unsuccess_sme] == ["friends", "family"]
        assert len(simulator.messages) == 0


async def test_cancel_one_destination_of_a_submit_multi() -> None:
    inbox = Inbox()
    async with Simulator(PENDING) as simulator, esme(simulator, inbox) as client:
        response = await client.submit_multi(multi(*(SmeAddress(number, 1, 1) for number in NUMBERS)))
        one = CancelSm(message_id=response.message_id, source_addr=SOURCE, destination_addr=NUMBERS[1])
        await client.cancel_sm(one)
        assert [pdu.source_addr for pdu in await inbox.wait(1)] == [NUMBERS[1]]
        await client.cancel_sm(CancelSm(message_id=response.message_id, source_addr=SOURCE))
        assert [pdu.source_addr for pdu in await inbox.wait(3)] == [NUMBERS[1], NUMBERS[0], NUMBERS[2]]
