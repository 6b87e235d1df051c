"""The poison pill, end to end: a message that its handler can never digest, and an SMSC that sends it again.

Item 4 of 1.12 of the field: 11 binds in 6 seconds for one receipt with ``err:21b``, never an answer, so the SMSC sends
the same receipt again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from smppcore.constants import CommandStatus
from smppcore.errors import Refuse, Refused
from smppcore.esme import Esme, connect
from smppcore.pdu import DeliverSm, DeliverSmResp
from smppcore.quarantine import Quarantine
from smppcore.smsc import Peer, Smsc
from wire.ends import ACCOUNTS, QUICK, RawSmsc, header, url

POISON = DeliverSm(source_addr="4670", short_message=b"id:1 err:21b")
GOOD = DeliverSm(source_addr="4670", short_message=b"id:2 err:000")
LATER = CommandStatus.ESME_RX_T_APPN
NEVER_AGAIN = CommandStatus.ESME_RX_R_APPN


def digest(pdu: DeliverSm) -> None:
    int(pdu.short_message[-3:])


def at_once(esme: Esme, pdu: DeliverSm) -> None:
    digest(pdu)


async def later(esme: Esme, pdu: DeliverSm) -> None:
    await asyncio.sleep(0)
    digest(pdu)


def bad_answer(esme: Esme, pdu: DeliverSm) -> Any:
    return "OK" if pdu == POISON else None


async def bad_answer_later(esme: Esme, pdu: DeliverSm) -> Any:
    return bad_answer(esme, pdu)


def too_long_an_answer(esme: Esme, pdu: DeliverSm) -> DeliverSmResp:
    return DeliverSmResp(message_id="m" * 99 if pdu == POISON else "")


Handler = Callable[[Esme, DeliverSm], Any]


async def delivered(peer: Peer, pdu: DeliverSm) -> int:
    try:
        return (await peer.deliver_sm(pdu)).command_status
    except Refused as refused:
        return refused.status


@pytest.mark.parametrize("handler", [at_once, later, bad_answer, bad_answer_later, too_long_an_answer])
async def test_it_is_given_up_after_so_many_reconnects_and_is_found_with_its_octets(handler: Handler) -> None:
    quarantine = Quarantine(limit=3)
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        answers = []
        for _ in range(4):
            handlers = {DeliverSm: handler}
            async with connect(url(smsc.port), settings=QUICK, handlers=handlers, quarantine=quarantine):
                [peer] = smsc.peers
                answers.append(await delivered(peer, POISON))
                assert await delivered(peer, GOOD) == 0
        assert answers == [LATER, LATER, NEVER_AGAIN, LATER]
    [kept] = quarantine.pdus
    assert kept.pdu == POISON
    assert kept.octets == POISON.encode(0)
    assert isinstance(kept.error, Exception)


async def test_without_a_quarantine_it_comes_again_for_ever() -> None:
    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc,
        connect(url(smsc.port), settings=QUICK, handlers={DeliverSm: at_once}),
    ):
        [peer] = smsc.peers
        assert {await delivered(peer, POISON) for _ in range(20)} == {LATER}


async def test_the_status_is_chosen_and_the_link_lives_on() -> None:
    quarantine = Quarantine(limit=1, status=0)
    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc,
        connect(url(smsc.port), settings=QUICK, handlers={DeliverSm: later}, quarantine=quarantine) as esme,
    ):
        [peer] = smsc.peers
        assert [await delivered(peer, POISON) for _ in range(3)] == [0, 0, 0]
        await esme.enquire_link()
    assert len(quarantine.pdus) == 3


async def test_one_that_is_digested_in_the_end_is_not_given_up() -> None:
    """Fails twice, works once, and so on: a database that is away now and then is no poison."""
    quarantine, came = Quarantine(limit=3), 0

    def now_and_then(esme: Esme, pdu: DeliverSm) -> None:
        nonlocal came
        came += 1
        if came % 3:
            raise OSError("the database is away")

    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc,
        connect(url(smsc.port), settings=QUICK, handlers={DeliverSm: now_and_then}, quarantine=quarantine),
    ):
        [peer] = smsc.peers
        assert [await delivered(peer, POISON) for _ in range(9)] == [LATER, LATER, 0] * 3
    assert quarantine.pdus == []
    assert not quarantine.counting


async def test_a_handler_that_refuses_has_not_failed() -> None:
    quarantine = Quarantine(limit=2)

    def refuse(esme: Esme, pdu: DeliverSm) -> Awaitable[None]:
        raise Refuse(LATER)

    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc,
        connect(url(smsc.port), settings=QUICK, handlers={DeliverSm: refuse}, quarantine=quarantine),
    ):
        [peer] = smsc.peers
        assert {await delivered(peer, POISON) for _ in range(5)} == {LATER}
    assert quarantine.pdus == []


async def test_an_odd_one_that_an_esme_tolerates_is_given_up_too() -> None:
    """An address too long for its field: read, handed out, and not to be encoded again."""
    body = b"\0\1\1" + b"4" * 40 + b"\0\1\1" + b"46700000002\0" + b"\0\0\0\0\0\0\0\0\0" + b"\x0cid:1 err:21b"
    quarantine = Quarantine(limit=2)
    with RawSmsc() as smsc:
        async with smsc.bound(handlers={DeliverSm: at_once}, quarantine=quarantine) as (_, raw):
            for number in range(1, 3):
                await raw.send(header(5, number, length=16 + len(body)) + body)
            assert [(await raw.header())[1] for _ in range(2)] == [LATER, NEVER_AGAIN]
    [kept] = quarantine.pdus
    assert b"4" * 40 in kept.octets
