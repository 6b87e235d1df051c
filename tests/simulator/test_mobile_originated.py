"""Messages from handsets to ESMEs: by hand, from files, as answers, and from one ESME to another."""

import asyncio
import pathlib
from typing import Any

import pytest

import smppcore
from simulator.clients import LIMIT, Inbox, esme, submit
from smppcore.address import Address, AddressError
from smppcore.constants import CommandStatus
from smppcore.message import text_of
from smppcore.segment import segment_of
from smppcore.simulator import Simulator, VirtualClock
from smppcore.simulator.mobile_originated import Row, read_rows
from smppcore.tlv import MESSAGE_PAYLOAD

TWO = {
    "shop": {"password": "secret", "numbers": ["72404", "39333*"]},
    "bank": {"password": "secret", "numbers": ["555"]},
}


def still(**shortcuts: Any) -> Simulator:
    return Simulator(**shortcuts, clock=VirtualClock())


def texts(inbox: Inbox) -> list[str | None]:
    return [text_of(pdu) for pdu in inbox.pdus]


async def test_a_message_is_delivered_and_awaited() -> None:
    inbox = Inbox()
    async with still() as simulator, esme(simulator, inbox):
        delivery = simulator.deliver("ciao", to="72404", source="+393331234567")
        async with asyncio.timeout(LIMIT):
            await delivery
        (pdu,) = inbox.pdus
        assert (pdu.source_addr_ton, pdu.source_addr, pdu.destination_addr) == (1, "393331234567", "72404")
        assert (texts(inbox), delivery.parts, delivery.taken, delivery.done) == (["ciao"], 1, 1, True)
        await delivery  # again, as often as one likes
        assert (simulator.mobile_originated, simulator.mobile_originated_taken) == (1, 1)


async def test_a_long_message_comes_in_parts() -> None:
    inbox = Inbox()
    async with still() as simulator, esme(simulator, inbox):
        async with asyncio.timeout(LIMIT):
            await simulator.deliver("Добър ден! " * 20, to="72404", source="+359888123456")
        segments = [segment_of(pdu) for pdu in inbox.pdus]
        assert [segment.number for segment in segments if segment] == [1, 2, 3, 4]
        assert len({segment.reference for segment in segments if segment}) == 1


async def test_a_message_waits_for_a_receiver() -> None:
    inbox = Inbox()
    async with still() as simulator:
        delivery = simulator.deliver("ciao", to="72404", source="+393331234567")
        assert (simulator.receipts.waiting, delivery.done) == (1, False)
        async with esme(simulator, inbox, bind="receiver"), asyncio.timeout(LIMIT):
            await delivery


async def test_a_message_is_sent_again_after_a_temporary_refusal() -> None:
    inbox = Inbox(CommandStatus.ESME_RX_T_APPN, CommandStatus.ESME_RMSGQFUL)
    async with Simulator(retry=0.01) as simulator, esme(simulator, inbox), asyncio.timeout(LIMIT):
        await simulator.deliver("ciao", to="72404")
        assert texts(inbox) == ["ciao"] * 3


async def test_a_message_that_is_refused_for_good_says_so() -> None:
    inbox = Inbox(CommandStatus.ESME_RX_R_APPN)
    async with still() as simulator, esme(simulator, inbox), asyncio.timeout(LIMIT):
        delivery = simulator.deliver("ciao", to="72404")
        with pytest.raises(smppcore.Refused):
            await delivery
        assert (simulator.mobile_originated_taken, delivery.taken) == (0, 0)


async def test_it_goes_to_the_account_that_has_the_number() -> None:
    shop, bank = Inbox(), Inbox()
    async with (
        still(accounts=TWO) as simulator,
        esme(simulator, shop, account="shop:secret"),
        esme(simulator, bank, account="bank:secret"),
        asyncio.timeout(LIMIT),
    ):
        await simulator.deliver("to the shop", to="72404")
        await simulator.deliver("to the bank", to="555")
        await simulator.deliver("to the bank as well", to="72404", account="bank")
        assert (texts(shop), texts(bank)) == (["to the shop"], ["to the bank", "to the bank as well"])


async def test_what_cannot_be_delivered() -> None:
    async with still(accounts=TWO, capacity=3) as simulator:
        with pytest.raises(ValueError, match="no account has that number"):
            simulator.deliver("hi", to="999999")
        with pytest.raises(ValueError, match="no account has that number"):
            simulator.deliver("hi", to="555", account="nobody")
        with pytest.raises(AddressError):
            simulator.deliver("hi", to="not a number")
        for _ in range(3):
            simulator.deliver("hi", to="555")
        with pytest.raises(ValueError, match="more than 3 messages wait for bank"):
            simulator.deliver("hi", to="555")


# -- ESME to ESME


async def test_what_is_sent_to_a_number_of_an_account_comes_in_there() -> None:
    shop, bank = Inbox(), Inbox()
    async with (
        still(accounts=TWO, delay=1) as simulator,
        esme(simulator, shop, account="shop:secret") as sender,
        esme(simulator, bank, account="bank:secret"),
    ):
        source = Address.sender("72404")
        await sender.send("Добър ден! " * 10, to="555", source=source, receipt=True)
        simulator.advance(1)
        assert [pdu.source_addr for pdu in await bank.wait(2)] == ["72404", "72404"]
        assert [segment.number for pdu in bank.pdus if (segment := segment_of(pdu))] == [1, 2]
        assert "".join(text or "" for text in texts(bank)) == "Добър ден! " * 10
        assert [pdu.esm_class for pdu in await shop.wait(2)] == [4, 4]


async def test_a_long_payload_comes_in_whole() -> None:
    bank = Inbox()
    async with (
        still(accounts=TWO, delay=0) as simulator,
        esme(simulator, account="shop:secret") as sender,
        esme(simulator, bank, account="bank:secret"),
    ):
        await submit(sender, 0, destination_addr="555", short_message=b"", tlvs=[MESSAGE_PAYLOAD(b"x" * 2_000)])
        simulator.advance(0)
        (pdu,) = await bank.wait(1)
        assert pdu.get(MESSAGE_PAYLOAD) == b"x" * 2_000


async def test_without_loopback_nothing_comes_in() -> None:
    async with still(accounts=TWO, delay=0, loopback=False) as simulator, esme(simulator, account="shop:secret") as one:
        await submit(one, 0, destination_addr="555")
        simulator.advance(0)
        assert (simulator.receipts.waiting, simulator.mobile_originated) == (0, 0)


# -- customers who answer


async def test_a_customer_answers() -> None:
    inbox = Inbox()
    replies: dict[str, Any] = {
        "code": {"text": "code is (?P<code>[0-9]+)", "reply": r"My code: \g<code>", "delay": 5},
        "stop": {"text": "offer", "reply": "STOP", "destination": "39333*"},
        "all": {"reply": "?", "destination": "111"},
    }
    async with still(delay=1, replies=replies) as simulator, esme(simulator, inbox) as client:
        await submit(client, 0, source_addr="72404", short_message=b"your code is 4711")
        await submit(client, 0, source_addr="72404", short_message=b"an offer")
        await submit(client, 0, source_addr="72404", short_message=b"an offer", destination_addr="222")
        simulator.advance(1)
        assert text_of((await inbox.wait(1))[0]) == "STOP"
        simulator.advance(5)
        answer = (await inbox.wait(2))[1]
        assert (text_of(answer), answer.source_addr, answer.destination_addr) == (
            "My code: 4711",
            "393330000001",
            "72404",
        )
        await client.enquire_link()
        assert len(inbox.pdus) == 2


async def test_a_message_that_fails_has_no_answer() -> None:
    replies = {"all": {"reply": "?"}}
    async with still(delay=0, outcomes="rejected", replies=replies) as simulator, esme(simulator) as client:
        await submit(client, 0)
        simulator.advance(0)
        assert simulator.mobile_originated == 0


# -- from files

CSV = 'source,destination,text,at\n+393331111111,72404,first,2\n+393332222222,72404,"second, later",5\n'
JSON = """
{"source": "+393331111111", "destination": "72404", "text": "first"}

{"source": "", "destination": "72404", "text": "second", "at": 3}
"""


def test_csv_and_json_lines(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "rows"
    path.write_text(CSV, "utf-8")
    assert read_rows(path) == [
        Row("+393331111111", "72404", "first", 2.0),
        Row("+393332222222", "72404", "second, later", 5.0),
    ]
    path.write_text(JSON, "utf-8")
    assert read_rows(path) == [Row("+393331111111", "72404", "first"), Row("", "72404", "second", 3.0)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("source,destination,text\n", "has no messages"),
        ("source,text\n1,hi\n", "line 2: destination is missing"),
        ("source,destination,text,when\n1,2,3,4\n", "line 2: when is not known"),
        ("source,destination,text,at\n1,2,3,soon\n", "line 2: could not convert"),
        ("source,destination,text,at\n1,2,3,-1\n", "line 2: at is -1.0, must be 0 or more"),
        ('{"source": "1", "destination": "2", "text": "x"}\n{broken\n', "line 2: "),
        ('{"source": "1", "destination": "2", "text": "x"}\n[]\n', "line 2: is no object"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: pathlib.Path, text: str, named: str) -> None:
    path = tmp_path / "rows"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match="rows") as caught:
        read_rows(path)
    assert named in str(caught.value)


async def test_a_file_by_its_times(tmp_path: pathlib.Path) -> None:
    (tmp_path / "in.csv").write_text(CSV, "utf-8")
    inbox = Inbox()
    sources = {"in": {"file": str(tmp_path / "in.csv"), "start": 10}}
    async with still(sources=sources) as simulator, esme(simulator, inbox):
        simulator.advance(11.9)
        assert simulator.mobile_originated == 0
        simulator.advance(0.1)
        assert text_of((await inbox.wait(1))[0]) == "first"
        simulator.advance(3)
        assert text_of((await inbox.wait(2))[1]) == "second, later"
        simulator.advance(1_000)
        assert simulator.sources[0].sent == 2


async def test_a_file_by_rate_again_and_again(tmp_path: pathlib.Path) -> None:
    (tmp_path / "in.csv").write_text(CSV, "utf-8")
    inbox = Inbox()
    sources = {"in": {"file": str(tmp_path / "in.csv"), "rate": 10, "repeat": True}}
    async with still(sources=sources) as simulator, esme(simulator, inbox):
        simulator.advance(0.95)
        await inbox.wait(10)
        assert texts(inbox) == ["first", "second, later"] * 5


async def test_a_file_by_its_times_repeats_when_it_is_over(tmp_path: pathlib.Path) -> None:
    (tmp_path / "in.csv").write_text(CSV, "utf-8")
    sources = {"in": {"file": str(tmp_path / "in.csv"), "repeat": True}}
    async with still(sources=sources) as simulator:
        simulator.advance(5)
        assert simulator.mobile_originated == 2
        simulator.advance(2)
        assert simulator.mobile_originated == 3


async def test_a_row_that_cannot_be_delivered_stops_nothing(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("source,destination,text\n1,no number at all,a\n1,72404,b\n", "utf-8")
    async with still(sources={"in": {"file": str(path), "rate": 1}}) as simulator:
        simulator.advance(2)
        assert (simulator.sources[0].sent, simulator.mobile_originated) == (2, 1)
