"""Holds an SMSC against the malformed PDUs: ``python -m conformance smpp://ID:PASSWORD@127.0.0.1:2775``.

Each is sent raw on a connection of its own, bound as transceiver. The SMSC has to answer with one of the statuses that
the vector lists, and to answer enquire_link afterwards, unless the vector says that the connection ends. One line per
vector; the exit status is 0 only if all pass.
"""

import argparse
import socket
import sys
from typing import Any

from conformance import pdu_vectors
from smppcore import BindTransceiver, Codec, DecodeError, EnquireLink, Pdu
from smppcore.framing import Framer
from smppcore.url import SmppUrl

ASKED = 0x7A0000


class Wire:
    """A blocking connection that speaks whole PDUs one way and any octets the other."""

    def __init__(self, url: SmppUrl, seconds: float) -> None:
        self._socket = socket.create_connection((url.host, url.port), timeout=seconds)
        self._framer = Framer(1 << 20)
        self._frames: list[bytes] = []

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def receive(self) -> Pdu | None:
        """The next PDU; None once the peer has closed."""
        while not self._frames:
            chunk = self._socket.recv(65536)
            if not chunk:
                return None
            self._frames += [frame[0] for frame in self._framer.feed(chunk)]
        return Codec().decode(self._frames.pop(0))

    def close(self) -> None:
        self._socket.close()


def check(url: SmppUrl, vector: dict[str, Any], seconds: float) -> str:
    """What is wrong with the answers of the SMSC to one vector; empty if nothing is."""
    wire = Wire(url, seconds)
    try:
        wire.send(BindTransceiver(system_id=url.system_id, password=url.password).encode(1))
        bound = wire.receive()
        if bound is None or bound.command_status:
            return f"the bind failed: {bound}"
        wire.send(bytes.fromhex(vector["hex"]))
        return _reply(wire, vector["expect"]) or _afterwards(wire, vector["expect"])
    except (OSError, DecodeError) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        wire.close()


def _reply(wire: Wire, expect: dict[str, Any]) -> str:
    reply = expect["reply"]
    if reply is None:
        return ""
    answer = wire.receive()
    if answer is None:
        return "closed without a reply"
    allowed = [int(status, 16) for status in reply["acceptable_status"]]
    commands = {reply["command"], "generic_nack"} if "alternative_reply" in expect else {reply["command"]}
    number = reply["sequence_number"]
    if answer.command not in commands or answer.command_status not in allowed:
        return f"answered {answer.command} 0x{answer.command_status:08X}"
    if number is not None and answer.sequence_number != number:
        return f"answered under the number {answer.sequence_number}"
    return ""


def _afterwards(wire: Wire, expect: dict[str, Any]) -> str:
    if expect["close_connection"]:
        return "" if wire.receive() is None else "the connection lives on"
    wire.send(EnquireLink().encode(ASKED))
    answer = wire.receive()
    alive = answer is not None and answer.command == "enquire_link_resp" and answer.sequence_number == ASKED
    return "" if alive else f"enquire_link was answered {answer}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance", description="Hold an SMSC against malformed PDUs.")
    parser.add_argument("url", type=SmppUrl.parse, help="smpp://ID:PASSWORD@HOST:PORT")
    parser.add_argument("--seconds", type=float, default=5.0, help="to wait for each answer (default: %(default)s)")
    options = parser.parse_args()
    failed = 0
    for vector in pdu_vectors():
        if vector["expect"]["result"] == "error":
            fault = check(options.url, vector, options.seconds)
            failed += bool(fault)
            print(f"{vector['id']} {'FAILED' if fault else 'passed'} {vector['name']}{': ' + fault if fault else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
