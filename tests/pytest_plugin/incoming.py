"""What an Esme gets, one by one."""

from smppcore import DeliverSm, DeliveryReceipt, Incoming, receipt_of


async def next_message(incoming: Incoming) -> DeliverSm:
    """The next deliver_sm; it is answered when another one is asked for."""
    async for pdu in incoming:
        assert isinstance(pdu, DeliverSm)
        return pdu
    raise AssertionError("the connection has ended")


async def next_receipt(incoming: Incoming) -> DeliveryReceipt:
    """The next deliver_sm, which must be a receipt."""
    receipt = receipt_of(await next_message(incoming))
    assert receipt is not None
    return receipt
