"""What goes with every message of a carrier, however the message was built."""

from typing import Any

import pytest
from wire.ends import ACCOUNTS, url

from smppcore.esme import connect
from smppcore.fields import SmeAddress
from smppcore.pdu import DataSm, EnquireLink, QuerySm, Request, Response, SubmitMulti, SubmitSm
from smppcore.profile.shaping import CarrierShape
from smppcore.smsc import Peer, Smsc

ENTITY, TEMPLATE = (0x1400, b"1101"), (0x1401, b"1107")
SHAPE = CarrierShape([ENTITY, TEMPLATE], ["validity_period"])


async def shaped(pdu: Request[Any]) -> Request[Any]:
    """What arrives of a PDU, over a real connection."""
    seen: list[Request[Any]] = []

    def take(_: Peer, pdu: Request[Any]) -> Response:
        seen.append(pdu)
        answer: Response = pdu.answer()
        return answer

    handlers = dict.fromkeys((SubmitSm, SubmitMulti, DataSm, QuerySm), take)
    async with (
        Smsc(accounts=ACCOUNTS, handlers=handlers) as smsc,
        connect(url(smsc.port), middleware=[SHAPE]) as esme,
    ):
        await esme.request(pdu)
    (arrived,) = seen
    return arrived


@pytest.mark.parametrize(
    "pdu",
    [
        SubmitSm(destination_addr="1", short_message=b"x", validity_period="000001000000000R"),
        SubmitMulti(dest_addresses=[SmeAddress("1")], short_message=b"x", validity_period="000001000000000R"),
        DataSm(destination_addr="1"),
    ],
)
async def test_what_every_message_lacks_is_put_on_it(pdu: Any) -> None:
    before = repr(pdu)
    arrived = await shaped(pdu)
    assert arrived.tlvs == [ENTITY, TEMPLATE]
    assert getattr(arrived, "validity_period", "") == ""
    assert repr(pdu) == before


async def test_a_tlv_of_the_message_itself_wins() -> None:
    arrived = await shaped(SubmitSm(destination_addr="1", tlvs=[(0x1400, b"mine"), (0x0204, b"\0\1")]))
    assert arrived.tlvs == [(0x1400, b"mine"), (0x0204, b"\0\1"), TEMPLATE]


async def test_what_is_no_message_is_left_alone() -> None:
    assert (await shaped(QuerySm(message_id="1"))).tlvs == []


def test_what_has_all_already_is_not_copied() -> None:
    end: Any = None
    assert SHAPE.outbound(end, SubmitSm(tlvs=[TEMPLATE, ENTITY])) is None
    assert SHAPE.outbound(end, EnquireLink()) is None
