"""Drives aiosmpplib, an asyncio client that brings receipts together with what it sent by itself."""

import asyncio
from importlib.metadata import version
from typing import Any

from aiosmpplib import ESME, AbstractHook, DeliverSm, PhoneNumber, SmppSessionState, SubmitSm, SubmitSmResp
from aiosmpplib.state import SmppCommandStatus

from conformance.peers.order import HOST, Order, tell


class Hook(AbstractHook):
    """What aiosmpplib hands over; ``receipted`` are the log_ids that it found for the receipts."""

    def __init__(self) -> None:
        self.receipted: list[str] = []
        self.failures: list[str] = []
        self.ended = asyncio.Event()

    async def sending(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        """Nothing to tell: what was submitted is told when it is answered."""

    async def received(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        if isinstance(smpp_message, SubmitSmResp):
            self._answered(smpp_message)
        elif isinstance(smpp_message, DeliverSm) and smpp_message.is_receipt():
            receipt = smpp_message.parse_receipt()
            self.receipted.append(smpp_message.log_id)
            tell("receipt", message_id=receipt["id"], state=receipt["stat"])
        elif isinstance(smpp_message, DeliverSm):
            tell("message", source=smpp_message.source.number, text=smpp_message.short_message)
            self.ended.set()

    def _answered(self, response: Any) -> None:
        if response.command_status == SmppCommandStatus.ESME_ROK:
            tell("submitted", message_id=response.message_id)
        else:
            self.failures.append(f"submit_sm was answered {response.command_status}")

    async def send_error(self, smpp_message: Any, error: Exception, client_id: str) -> None:
        self.failures.append(f"{type(error).__name__}: {error}")


async def converse(order: Order) -> None:
    hook = Hook()
    esme = ESME(HOST, order.port, order.system_id, order.password, hook=hook)
    await esme.connect()
    if esme.session_state != SmppSessionState.BOUND_TRX:
        raise SystemExit(f"after the bind the state is {esme.session_state}")
    tell("bound")
    for text in order.texts:
        message = SubmitSm(
            short_message=text,
            source=PhoneNumber(order.source),
            destination=PhoneNumber(order.destination),
            registered_delivery=1,
            log_id=text,
        )
        await esme.broker.enqueue(message)
    running = asyncio.create_task(esme.start())
    await hook.ended.wait()
    await esme.stop()
    await running
    tell("unbound")
    if hook.failures or sorted(hook.receipted) != sorted(order.texts):
        raise SystemExit(f"failures: {hook.failures}; receipts were found to belong to {hook.receipted}")


if __name__ == "__main__":
    tell("started", version=version("aiosmpplib"))
    asyncio.run(converse(Order.read()))
