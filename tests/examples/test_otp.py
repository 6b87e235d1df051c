"""Codes that are sent, confirmed by their receipt, and answered by customers of the simulator."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from otp.verification import Codes, Verdict, Verification

from smppcore.simulator import Simulator, load_config

from .processes import EXAMPLES, Program

CUSTOMERS = EXAMPLES / "otp" / "carrier.toml"
REFUSED = "submit_sm was answered ESME_RINVDSTADR"


@pytest.fixture
async def smsc() -> AsyncIterator[Simulator]:
    async with Simulator(load_config(CUSTOMERS), port=0) as running:
        yield running


def url_of(smsc: Simulator) -> str:
    return f"smpp://smppclient1:password@127.0.0.1:{smsc.port}"


async def test_each_customer_is_understood(smsc: Simulator) -> None:
    numbers = ["+394441234567", "+395551234567", "+396661234567", "+397771234567", "+398881234567"]
    async with Codes(url_of(smsc), sender="72404", seconds=30, tries=1) as codes:
        ended = await asyncio.gather(*map(codes.verify, numbers))
    assert ended == [
        Verification(Verdict.CONFIRMED, "delivered"),
        Verification(Verdict.STOPPED, "delivered"),
        Verification(Verdict.WRONG, "delivered"),
        Verification(Verdict.UNDELIVERED, "failed"),
        Verification(Verdict.NOT_SENT, reason=REFUSED),
    ]


async def test_who_does_not_answer_is_not_waited_for_for_ever(smsc: Simulator) -> None:
    async with Codes(url_of(smsc), seconds=1.0) as codes:
        assert await codes.verify("+399991234567") == Verification(Verdict.SILENT, "delivered")


async def test_who_has_said_stop_gets_no_code_any_more(smsc: Simulator) -> None:
    async with Codes(url_of(smsc), seconds=30) as codes:
        assert (await codes.verify("+395551234567")).verdict is Verdict.STOPPED
        again = await codes.verify("+395551234567")
    assert again == Verification(Verdict.STOPPED, reason="the customer has asked for that before")
    assert smsc.statistics.accepted == 1


async def test_one_number_has_one_code_at_a_time(smsc: Simulator) -> None:
    async with Codes(url_of(smsc), seconds=30) as codes:
        first = asyncio.create_task(codes.verify("+394441234567"))
        await asyncio.sleep(0)
        with pytest.raises(ValueError, match="still good"):
            await codes.verify("0039 444 1234567")
        assert (await first).verdict is Verdict.CONFIRMED


async def test_a_code_never_leaves_late() -> None:
    async with Codes("smpp://smppclient1:password@127.0.0.1:9", seconds=0.2) as codes:
        ended = await codes.verify("+394441234567")
    assert ended.verdict is Verdict.NOT_SENT


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        ("+394441234567", 0, "confirmed; receipt: delivered"),
        ("+398881234567", 1, f"not sent; receipt: none; {REFUSED}"),
    ],
)
async def test_the_command_says_how_it_ended(smsc: Simulator, number: str, status: int, said: str) -> None:
    program = Program("otp", url_of(smsc), number, "--sender", "72404")
    [line] = await program.start(";")
    assert (await program.wait(), line.strip()) == (status, said)
