"""Drives smpplib, the blocking client that most Python programs use."""

from importlib.metadata import version
from typing import Any

from smpplib.client import Client

from conformance.peers.order import HOST, Order, tell, tell_receipt

RECEIPT = 0x04
"""smpplib names no such flag of esm_class."""


class Messages:
    """What smpplib hands over; ``ended`` once a message has come that is no receipt."""

    def __init__(self) -> None:
        self.ended = False

    def sent(self, pdu: Any) -> None:
        tell("submitted", message_id=pdu.message_id.decode())

    def received(self, pdu: Any) -> None:
        text = pdu.short_message.decode()
        if pdu.esm_class & RECEIPT:
            tell_receipt(text)
            return
        tell("message", source=pdu.source_addr.decode(), text=text)
        self.ended = True


def main() -> None:
    order = Order.read()
    tell("started", version=version("smpplib"))
    messages = Messages()
    client = Client(HOST, order.port, allow_unknown_opt_params=False)
    client.set_message_sent_handler(messages.sent)
    client.set_message_received_handler(messages.received)
    client.connect()
    client.bind_transceiver(system_id=order.system_id, password=order.password)
    tell("bound")
    for text in order.texts:
        client.send_message(
            source_addr=order.source,
            destination_addr=order.destination,
            short_message=text.encode(),
            registered_delivery=1,
        )
    while not messages.ended:
        client.read_once()
    answer = client.unbind()
    if answer.command != "unbind_resp" or answer.is_error():
        raise SystemExit(f"unbind was answered {answer.command}")
    tell("unbound")
    client.disconnect()


if __name__ == "__main__":
    main()
