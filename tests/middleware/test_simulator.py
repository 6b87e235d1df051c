"""The shortest ways of the simulator do not lead past middleware."""

import asyncio
from functools import partial
from typing import Any, Final

import pytest
from wire.ends import QUICK

from smppcore import DeliverSm, DeliverSmResp, Smsc, SubmitSm, SubmitSmResp, connect
from smppcore.simulator import Simulator, entrance

from .hooked import Witness

COUNT: Final = 50


async def test_a_peer_with_middleware_takes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    witness = Witness()
    receipts: list[DeliverSm] = []
    all_there = asyncio.Event()

    def on_receipt(_: Any, pdu: DeliverSm) -> None:
        receipts.append(pdu)
        if len(receipts) == COUNT:
            all_there.set()

    with monkeypatch.context() as patched:
        patched.setattr(entrance, "Smsc", partial(Smsc, middleware=[witness]))
        simulator = Simulator()
    async with simulator:
        url = f"smpp://smppclient1:password@127.0.0.1:{simulator.port}"
        async with connect(url, handlers={DeliverSm: on_receipt}, settings=QUICK) as esme:
            pdus = [SubmitSm(destination_addr=str(each), registered_delivery=1) for each in range(10, 10 + COUNT)]
            ids = [(await esme.submit_sm(pdu)).message_id for pdu in pdus]
            await all_there.wait()
            await esme.enquire_link()
    assert [each.message_id for each in witness.responses if isinstance(each, SubmitSmResp)] == ids
    sent = [each.short_message for each in witness.seen if isinstance(each, DeliverSm)]
    assert sorted(sent) == sorted([each.short_message for each in receipts] * 2)  # outbound, and verdict
    assert sum(isinstance(each, DeliverSmResp) for each in witness.outcomes) == COUNT
