"""smpplib, which blocks, as the ESME, with a window by hand. usage: PORT COUNT WINDOW WORKERS ..."""

import logging
import sys
from typing import Any

from smpplib.client import Client


def main(port: int, count: int, window: int) -> None:
    answered = sent = 0

    def on_answer(pdu: Any) -> None:
        nonlocal answered
        answered += 1

    client = Client("127.0.0.1", port, allow_unknown_opt_params=True)
    client.set_message_sent_handler(on_answer)
    client.connect()
    client.bind_transceiver(system_id="smppclient1", password="password")  # noqa: S106
    while answered < count:
        while sent < count and sent - answered < window:
            to = str(31_600_000_000 + sent)
            client.send_message(source_addr="12345", destination_addr=to, short_message=b"a" * 100)
            sent += 1
        client.read_once()
    client.unbind()
    client.disconnect()


logging.disable(logging.CRITICAL)
main(*map(int, sys.argv[1:4]))
