"""Drives smpp34, an asyncio client whose engine is written in Rust."""

import asyncio
import os

import smpp34

from conformance.peers.order import HOST, Order, tell, tell_receipt

RECEIPT = 0x04


async def converse(order: Order) -> None:
    client = smpp34.Client(HOST, order.port, order.system_id, order.password, bind_type="TRX")
    smsc = await client.connect()
    tell("bound")
    answers = await asyncio.gather(
        *(
            smsc.submit_sm(order.destination, text.encode(), source_addr=order.source, registered_delivery=1)
            for text in order.texts
        )
    )
    for answer in answers:
        if not answer.is_success:
            raise SystemExit(f"submit_sm was answered 0x{answer.command_status:08X}")
        tell("submitted", message_id=answer.message_id)
    while True:
        event = await smsc.next()
        if not isinstance(event, smpp34.DeliverSmEvent):
            raise SystemExit("the connection ended before its time")
        text = event.short_message.decode()
        if not event.esm_class & RECEIPT:
            tell("message", source=event.source_addr, text=text)
            break
        tell_receipt(text)
    await smsc.unbind()
    tell("unbound")
    await client.stop()


if __name__ == "__main__":
    tell("started", version=smpp34.__version__)
    asyncio.run(converse(Order.read()))
    # One run in four crashes as the interpreter shuts down under smpp34's threads, which is none of the conversation;
    # what is told has been flushed, and whatever failed has raised before this line.
    os._exit(0)
