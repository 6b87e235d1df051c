"""Peers that send what they should not, over a real socket."""

import asyncio
import json
import pathlib
import random

import pytest

from smppcore.codec import STRICT, Codec
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import OutcomeUnknown
from smppcore.notice import BadPdu, Notice
from smppcore.pdu import DeliverSm, SubmitSm
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from wire.ends import ACCOUNTS, QUICK, SUBMIT, RawConnection, RawSmsc, header

VECTORS = json.loads((pathlib.Path(__file__).parents[2] / "conformance" / "pdu_vectors.json").read_text("utf-8"))
MALFORMED = [each for each in VECTORS["vectors"] if each["expect"]["result"] == "error"]


async def test_every_malformed_vector_one_after_the_other() -> None:
    """Those that do not cost the connection, on one connection, with an enquire_link behind each."""
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.bind()
            for vector in MALFORMED:
                if vector["expect"]["close_connection"]:
                    continue
                await raw.send(bytes.fromhex(vector["hex"]) + header(CommandId.ENQUIRE_LINK, 0x7777))
                if vector["expect"]["reply"] is not None:
                    _, status, _ = await raw.header()
                    assert f"0x{status:08X}" in vector["expect"]["reply"]["acceptable_status"], vector["id"]
                assert await raw.header() == (CommandId.ENQUIRE_LINK_RESP, 0, 0x7777), vector["id"]


async def test_every_malformed_vector_that_costs_the_connection() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        for vector in MALFORMED:
            if vector["expect"]["close_connection"]:
                with await RawConnection.to(smsc.port) as raw:
                    await raw.bind()
                    await raw.send(bytes.fromhex(vector["hex"]))
                    if vector["expect"]["reply"] is not None:
                        command_id, status, _ = await raw.header()
                        assert (command_id, status) == (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN)
                    assert await raw.at_end()


@pytest.mark.parametrize(
    "octets", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"]
)
async def test_p23_another_protocol_is_refused_at_once(octets: bytes) -> None:
    async with Smsc(accounts=ACCOUNTS, settings=Settings(partial_pdu_timeout=30)) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(octets)
            assert (await raw.header())[:2] == (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN)
            assert await raw.at_end()


async def test_p22_one_octet_at_a_time() -> None:
    seen: list[bytes] = []

    def on_submit(peer: object, pdu: SubmitSm) -> None:
        seen.append(pdu.short_message)

    async with Smsc(accounts=ACCOUNTS, handlers={SubmitSm: on_submit}, settings=QUICK) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.bind()
            octets = SubmitSm(destination_addr="1", short_message=b"hello").encode(2)
            for at in range(len(octets)):
                await raw.send(octets[at : at + 1])
            assert await raw.header() == (CommandId.SUBMIT_SM_RESP, 0, 2)
    assert seen == [b"hello"]


async def test_a_response_that_cannot_be_read_ends_one_call() -> None:
    notices: list[Notice] = []
    with RawSmsc() as smsc:
        async with smsc.bound(on_notice=notices.append, codec=Codec(tolerate=STRICT)) as (esme, raw):
            bad, good = (asyncio.ensure_future(esme.submit_sm(SUBMIT)) for _ in range(2))
            _, _, first = await raw.header()
            _, _, second = await raw.header()
            unknown = header(0x80000777, 1) + header(CommandId.SUBMIT_SM_RESP, first, length=85) + b"x" * 69
            await raw.send(unknown + header(CommandId.SUBMIT_SM_RESP, second, length=18) + b"1\0")
            with pytest.raises(OutcomeUnknown, match="cannot be read"):
                await bad
            assert (await good).message_id == "1"
            assert [each.answered for each in notices if isinstance(each, BadPdu)] == [None, None]


async def test_requests_an_esme_does_not_take() -> None:
    with RawSmsc() as smsc:
        async with smsc.bound() as (_, raw):
            await raw.send(SUBMIT.encode(5) + header(0x0A, 6) + header(CommandId.BIND_TRANSCEIVER, 7))
            assert await raw.header() == (CommandId.SUBMIT_SM_RESP, CommandStatus.ESME_RINVBNDSTS, 5)
            assert await raw.header() == (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDID, 6)
            assert (await raw.header())[0] == CommandId.BIND_TRANSCEIVER_RESP


@pytest.mark.parametrize("seed", range(5))
async def test_noise_leaves_the_smsc_standing(seed: int) -> None:
    chance = random.Random(seed)
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        for _ in range(10):
            with await RawConnection.to(smsc.port) as raw:
                if chance.random() < 0.5:
                    await raw.bind()
                body = chance.randbytes(chance.randrange(60))
                await raw.send(header(chance.choice([4, 5, 9, 21, 0x103]), 1, length=16 + len(body)) + body)
                await raw.send(chance.randbytes(chance.randrange(40)))
        with await RawConnection.to(smsc.port) as raw:
            await raw.bind()


async def test_the_peer_vanishes_with_requests_of_its_own_unanswered() -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def on_submit(peer: object, pdu: SubmitSm) -> None:
        asked.set()
        await go_on.wait()

    async with Smsc(accounts=ACCOUNTS, handlers={SubmitSm: on_submit}, settings=QUICK) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.bind()
            await raw.send(SUBMIT.encode(2) + DeliverSm().encode(3))
            await asked.wait()
            [peer] = smsc.peers
        await peer.wait_closed()
        go_on.set()
