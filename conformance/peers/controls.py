"""Shows that the checks can fail: each control is a run in which something is wrong on purpose, and must be noticed."""

import asyncio
import pathlib
import sys
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final

from conformance.peers.capture import HOST, Capture
from conformance.peers.run import PASSWORD, SENDER, SYSTEM_ID, TEXT, converse, order_for
from conformance.peers.steps import STEPS, Conversation, receive_receipts
from smppcore import BindTransceiver, CommandId, DeliverSm, EsmClass, Peer, Smsc, SubmitSm, SubmitSmResp
from smppcore.simulator import Profile, Simulator

Steps = list[tuple[str, str]]
"""Names of steps, each with what is wrong, or nothing."""
MISSED: Final = "got DLR but could not find message"
"""What bearerbox logs about a receipt that belongs to nothing it knows of."""


async def idle() -> Steps:
    """A script that does nothing and ends with status 0 passes no step that asks for something."""
    async with Simulator(Profile(accounts={SYSTEM_ID: PASSWORD})) as simulator:
        order = order_for("idle", simulator.port, ("never sent",))
        talk = await converse(order, [sys.executable, "-c", ""], 1, _never)
    print("control: a script that does nothing")
    return [(f"notices the lack: {step}", "" if any(check(talk)) else "not noticed") for step, check in STEPS.items()]


async def _never() -> None:
    raise AssertionError("a script that does nothing told of a receipt")


async def malformed() -> Steps:
    """tshark finds a submit_sm that ends in the middle of its fields."""
    async with Simulator(Profile(accounts={SYSTEM_ID: PASSWORD})) as simulator:
        order = order_for("malformed", simulator.port, ())
        with Capture(simulator.port, pathlib.Path(order.folder) / "capture.pcapng") as capture:
            await _send_cut_message(simulator.port)
        reading = capture.read()
    print("control: a PDU that is cut short")
    whole = [pdu.command_id for pdu in reading.pdus[:2]]
    bound = whole == [CommandId.BIND_TRANSCEIVER, CommandId.BIND_TRANSCEIVER_RESP]
    return [
        ("tshark reads the bind", "" if bound else f"it read {whole}"),
        ("tshark finds the malformed PDU", "" if reading.faults else "it found nothing"),
    ]


async def _send_cut_message(port: int) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(BindTransceiver(system_id=SYSTEM_ID, password=PASSWORD).encode(1))
    await reader.readexactly(16)
    cut = SubmitSm(source_addr="1000", destination_addr="447700900999", short_message=b"cut").encode(2)[:-12]
    writer.write(len(cut).to_bytes(4, "big") + cut[4:])
    writer.write_eof()
    await reader.read()
    writer.close()
    await writer.wait_closed()


async def overtaking() -> Steps:
    """Kannel misses a receipt that comes before its submit_sm_resp; that is why ours must not."""
    async with Smsc(accounts={SYSTEM_ID: PASSWORD}, handlers={SubmitSm: _on_submit_sm}) as smsc:
        order = order_for("overtaking", smsc.port, ("overtaken", "in order"))
        command = [sys.executable, "-m", "conformance.peers.kannel.peer"]
        talk = await converse(order, command, 1, partial(_send_message, smsc))
    print("control: an SMSC whose first receipt overtakes its submit_sm_resp, and Kannel")
    return [
        ("the wire shows it", "" if any("came before" in fault for fault in receive_receipts(talk)) else "not noticed"),
        ("Kannel finds only the other message", _wrongly_found(talk)),
        ("Kannel logs the receipt it missed", _not_logged(talk)),
    ]


def _on_submit_sm(peer: Peer, pdu: SubmitSm) -> SubmitSmResp | Awaitable[SubmitSmResp]:
    message_id = pdu.short_message.decode().replace(" ", "-")
    text = f"id:{message_id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:"
    receipt = DeliverSm(
        source_addr=pdu.destination_addr,
        destination_addr=pdu.source_addr,
        esm_class=EsmClass.DELIVERY_RECEIPT.value,
        short_message=text.encode(),
    )
    response = SubmitSmResp(message_id=message_id)
    return _overtake(peer, receipt, response) if message_id == "overtaken" else _follow(peer, receipt, response)


async def _overtake(peer: Peer, receipt: DeliverSm, response: SubmitSmResp) -> SubmitSmResp:
    await peer.deliver_sm(receipt)
    return response


def _follow(peer: Peer, receipt: DeliverSm, response: SubmitSmResp) -> SubmitSmResp:
    peer.data["delivery"] = asyncio.ensure_future(peer.deliver_sm(receipt))
    return response


async def _send_message(smsc: Smsc) -> None:
    [peer] = smsc.peers
    await peer.deliver_sm(DeliverSm(source_addr=SENDER, destination_addr="1000", short_message=TEXT.encode()))


def _wrongly_found(talk: Conversation) -> str:
    found = [line["message_id"] for line in talk.told_of("receipt")]
    ended = talk.exit_status == 0 and talk.told[-1]["step"] == "unbound"
    return "" if found == ["in-order"] and ended else f"it found {found}; exit status {talk.exit_status}"


def _not_logged(talk: Conversation) -> str:
    log = (pathlib.Path(talk.order.folder) / "bearerbox.log").read_text("utf-8", "replace")
    missed = [line for line in log.splitlines() if MISSED in line]
    return "" if len(missed) == 1 and "overtaken" in missed[0] else f"it logged {missed}"


CONTROLS: Final[dict[str, Callable[[], Coroutine[Any, Any, Steps]]]] = {
    "control-idle": idle,
    "control-malformed": malformed,
    "control-overtaking": overtaking,
}
