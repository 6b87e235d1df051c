"""Esme.send: a text out, one verdict per segment back."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

import smppcore
from simulator.clients import LIMIT
from smppcore.address import AddressError
from smppcore.constants import CommandStatus
from smppcore.dispatch import Answer
from smppcore.esme import Connecting
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.smsc import Smsc
from smppcore.text import TextError

LONG = "0123456789" * 40
TO = "+393330000001"


class Carrier:
    """An SMSC that answers as told, and by default takes everything."""

    def __init__(self) -> None:
        self.received: list[SubmitSm] = []
        self.answers: list[Any] = []
        self.arrived = asyncio.Event()
        self.smsc = Smsc(accounts={"id": "pw"}, handlers={SubmitSm: self.on_submit})

    def on_submit(self, _: object, pdu: SubmitSm) -> Answer:
        self.received.append(pdu)
        self.arrived.set()
        if len(self.answers) >= len(self.received):
            answer: Answer = self.answers[len(self.received) - 1]
            return answer
        return SubmitSmResp(message_id=f"id{len(self.received)}")

    def connect(self, **options: Any) -> Connecting:
        return smppcore.connect(f"smpp://id:pw@127.0.0.1:{self.smsc.port}", **options)


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    carrier = Carrier()
    async with carrier.smsc:
        yield carrier


async def test_one_part(carrier: Carrier) -> None:
    async with carrier.connect() as client:
        sent = await client.send("hello", to=TO, source="Shop", receipt=True, service_type="CMT", priority_flag=1)
    (pdu,) = carrier.received
    assert (sent.accepted, sent.message_ids, sent.errors) == (True, ("id1",), ())
    assert sent.parts[0].request == pdu
    assert (pdu.destination_addr, pdu.source_addr, pdu.short_message) == ("393330000001", "Shop", b"hello")
    assert (pdu.registered_delivery, pdu.service_type, pdu.priority_flag) == (1, "CMT", 1)


async def test_many_parts_in_order(carrier: Carrier) -> None:
    async with carrier.connect(window=2) as client:
        sent = await client.send(LONG, to=TO)
        again = await client.send(LONG, to=TO)
    assert sent.message_ids == ("id1", "id2", "id3")
    assert [part.request for part in sent.parts] == carrier.received[:3]
    assert [pdu.short_message[4:6] for pdu in carrier.received[:3]] == [b"\x03\x01", b"\x03\x02", b"\x03\x03"]
    first, second = carrier.received[0].short_message[3], carrier.received[3].short_message[3]
    assert {pdu.short_message[3] for pdu in carrier.received[:3]} == {first}
    assert second == (first + 1) % 256
    assert again.accepted


async def test_receipt_replaces_what_registered_delivery_says_about_receipts(carrier: Carrier) -> None:
    async with carrier.connect() as client:
        await client.send("x", to=TO, receipt=True, registered_delivery=2)
        await client.send("x", to=TO, receipt=True, registered_delivery=0x10)
        await client.send("x", to=TO, registered_delivery=2)
    assert [pdu.registered_delivery for pdu in carrier.received] == [1, 0x11, 2]


async def test_one_part_refused(carrier: Carrier) -> None:
    carrier.answers = [None, CommandStatus.ESME_RMSGQFUL]
    async with carrier.connect() as client:
        sent = await client.send(LONG, to=TO)
    (error,) = sent.errors
    assert isinstance(error, smppcore.Refused)
    assert error.status == CommandStatus.ESME_RMSGQFUL
    assert not sent.accepted
    assert sent.parts[1].error is error
    assert sent.parts[1].response is None
    assert sent.message_ids == ("", "id3")


@pytest.mark.parametrize("text", ["short", LONG])
async def test_all_parts_refused(carrier: Carrier, text: str) -> None:
    carrier.answers = [CommandStatus.ESME_RINVDSTADR, CommandStatus.ESME_RMSGQFUL, CommandStatus.ESME_RMSGQFUL]
    async with carrier.connect() as client:
        with pytest.raises(smppcore.Refused) as caught:
            await client.send(text, to=TO)
        assert caught.value.status == CommandStatus.ESME_RINVDSTADR
        carrier.answers = []
        assert (await client.send("works", to=TO)).accepted


async def test_nothing_is_sent_of_what_cannot_be_sent(carrier: Carrier) -> None:
    wrong: list[tuple[type[Exception], dict[str, Any]]] = [
        (TextError, {"text": "Здравей", "to": TO, "data_coding": 0}),
        (TextError, {"text": "a" * 153 * 256, "to": TO}),
        (AddressError, {"text": "x", "to": "nobody"}),
        (AddressError, {"text": "x", "to": TO, "source": "a name that is too long"}),
        (TypeError, {"text": "x", "to": TO, "no_such_field": 1}),
        (smppcore.EncodeError, {"text": LONG, "to": TO, "priority_flag": 300}),
        (ValueError, {"text": LONG, "to": TO, "long": "udh32"}),
    ]
    async with carrier.connect() as client:
        for expected, arguments in wrong:
            with pytest.raises(expected):
                await client.send(**arguments)
        assert client.in_flight == 0
        assert (await client.send("works", to=TO)).accepted
    assert [pdu.short_message for pdu in carrier.received] == [b"works"]


async def test_sent_after_the_end_is_not_sent(carrier: Carrier) -> None:
    client = await carrier.connect()
    await client.close()
    with pytest.raises(smppcore.NotSent):
        await client.send(LONG, to=TO)


async def test_the_verdict_of_each_part_when_the_connection_is_lost(carrier: Carrier) -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    carrier.answers = [SubmitSmResp(message_id="one"), never]
    async with carrier.connect(window=2) as client:
        sending = asyncio.ensure_future(client.send(LONG, to=TO))
        async with asyncio.timeout(LIMIT):
            while len(carrier.received) < 3:
                carrier.arrived.clear()
                await carrier.arrived.wait()
        client.abort()
        sent = await sending
    assert sent.message_ids[0] == "one"
    assert isinstance(sent.errors[0], smppcore.OutcomeUnknown)
    assert not sent.accepted


# -- cancellation


class Complaints:
    """What the loop's exception handler is told: exceptions that nobody retrieved."""

    def __init__(self) -> None:
        self.contexts: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self.contexts.append(context))


async def cancelled_send(carrier: Carrier, client: smppcore.Esme) -> None:
    sending = asyncio.ensure_future(client.send(LONG, to=TO))
    async with asyncio.timeout(LIMIT):
        await carrier.arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_a_cancelled_send_leaves_the_link_usable(carrier: Carrier) -> None:
    complaints = Complaints()
    late: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    carrier.answers = [late, late, late]
    async with carrier.connect(window=2) as client:
        await cancelled_send(carrier, client)
        carrier.answers[2:] = []
        late.set_result(CommandStatus.ESME_RSYSERR)
        assert (await client.send("works", to=TO)).accepted
        assert (client.in_flight, client.waiting) == (0, 0)
    gc.collect()
    assert complaints.contexts == []
    # The third segment had not been sent, and was withdrawn.
    assert [pdu.short_message[4:6] for pdu in carrier.received[:-1]] == [b"\x03\x01", b"\x03\x02"]
    assert carrier.received[-1].short_message == b"works"


async def test_a_send_cancelled_before_the_connection_is_lost(carrier: Carrier) -> None:
    complaints = Complaints()
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    carrier.answers = [never, never, never]
    client = await carrier.connect(window=10)
    await cancelled_send(carrier, client)
    client.abort()
    await client.wait_closed()
    del client
    gc.collect()
    assert complaints.contexts == []


async def test_a_send_cancelled_when_other_parts_have_failed_already(carrier: Carrier) -> None:
    complaints = Complaints()
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    carrier.answers = [never, CommandStatus.ESME_RMSGQFUL, CommandStatus.ESME_RMSGQFUL]
    async with carrier.connect(settings=smppcore.Settings(close_timeout=0.1)) as client:
        sending = asyncio.ensure_future(client.send(LONG, to=TO))
        async with asyncio.timeout(LIMIT):
            await carrier.arrived.wait()
            while client.in_flight != 1:
                await client.enquire_link()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        del sending
        gc.collect()
        assert complaints.contexts == []
