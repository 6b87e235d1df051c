"""Drives Kannel: bearerbox is the ESME; messages go in at smsbox by HTTP; receipts and messages come back by HTTP.

It tells what order.py says. ``submitted`` is Kannel's callback for the submit_sm_resp (8), ``receipt`` the one for the
delivery (1), which Kannel makes only where it finds the message that the receipt belongs to.
"""

import contextlib
import http.client
import pathlib
import queue
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from conformance.peers.order import HOST, Order, tell, tell_receipt

TEMPLATE: Final = pathlib.Path(__file__).with_name("kannel.conf")
PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
SECONDS: Final = 30.0
PAUSE: Final = 0.05
DELIVERED: Final = "1"
ACCEPTED: Final = "8"
DLR_MASK: Final = 1 | 2 | 8 | 16
"""Delivered, not delivered, accepted by the SMSC, refused by it."""

Call = tuple[str, dict[str, str]]


class Callbacks:
    """A small HTTP server on loopback; ``calls`` are the paths and parameters that Kannel asked for."""

    def __init__(self) -> None:
        calls: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self.calls = calls

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                calls.put((url.path, dict(parse_qsl(url.query, keep_blank_values=True))))

            def log_message(self, *_: object) -> None:
                """Nothing: the calls are what is told."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


class Kannel:
    """A bearerbox and a smsbox, with a configuration made for one order."""

    def __init__(self, order: Order, callbacks: Callbacks) -> None:
        self._order = order
        self._callbacks = callbacks
        self._admin_port, smsbox_port, self._sendsms_port = _free_ports(3)
        self._configuration = pathlib.Path(order.folder) / "kannel.conf"
        template = TEMPLATE.read_text("utf-8")
        self._configuration.write_text(
            template.format(
                admin_port=self._admin_port,
                smsbox_port=smsbox_port,
                sendsms_port=self._sendsms_port,
                smsc_port=order.port,
                system_id=order.system_id,
                password=order.password,
                folder=order.folder,
                callbacks=callbacks.url,
            ),
            "utf-8",
        )

    def start(self) -> None:
        """Start both, and wait until bearerbox is bound and smsbox connected to it. Raises TimeoutError.

        smsbox has no smsbox-id: one that has gets no mobile-originated messages without a smsbox-route.
        """
        self.bearerbox = self._box("bearerbox")
        self._wait_for("(online")
        self.smsbox = self._box("smsbox")
        self._wait_for("smsbox:")

    def _box(self, name: str) -> "subprocess.Popen[bytes]":
        program = _program(name)
        (self._configuration.parent / f"{name}.log").unlink(missing_ok=True)
        # -v 4: errors only on the terminal; the log files have everything.
        return subprocess.Popen([program, "-v", "4", str(self._configuration)], stdout=subprocess.DEVNULL)

    def _wait_for(self, words: str) -> None:
        give_up = time.monotonic() + SECONDS
        status = ""
        while words not in status:
            if time.monotonic() > give_up or self.bearerbox.poll() is not None:
                raise TimeoutError(f"bearerbox never showed {words!r}: {status}")
            time.sleep(PAUSE)
            with contextlib.suppress(ConnectionRefusedError):
                status = _get(self._admin_port, f"/status.txt?password={self._order.password}")

    def send(self, text: str) -> None:
        """Give one message to smsbox. Raises OSError where it is not accepted."""
        wanted = f"{self._callbacks.url}/receipt?type=%d&message_id=%F&answer=%A"
        parameters = {
            "username": self._order.system_id,
            "password": self._order.password,
            "from": self._order.source,
            "to": self._order.destination,
            "text": text,
            "dlr-mask": DLR_MASK,
            "dlr-url": wanted,
        }
        answer = _get(self._sendsms_port, f"/cgi-bin/sendsms?{urlencode(parameters)}")
        if not answer.startswith("0:"):
            raise OSError(f"smsbox answered {answer!r}")

    def stop(self) -> None:
        """End bearerbox, which unbinds; then smsbox."""
        for box in (self.bearerbox, self.smsbox):
            box.terminate()
            if status := box.wait(SECONDS):
                raise SystemExit(f"{box.args!r} ended with status {status}")


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=PATH)
    if found is None:
        raise SystemExit(f"{name} is not installed: apt-get install kannel")
    return found


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _get(port: int, path: str) -> str:
    """The body of what is there. Raises ConnectionRefusedError where nobody listens."""
    connection = http.client.HTTPConnection(HOST, port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def tell_call(path: str, what: dict[str, str]) -> None:
    """Tell of one callback of Kannel."""
    if path == "/message":
        # Kannel writes numbers of TON 1 with the sign.
        tell("message", source=what["source"].removeprefix("+"), text=what["text"])
    elif what["type"] == ACCEPTED:
        tell("submitted", message_id=what["message_id"])
    elif what["type"] == DELIVERED:
        tell_receipt(what["answer"])
    else:
        raise SystemExit(f"Kannel reports {what}")


def main() -> None:
    order = Order.read()
    said = subprocess.run([_program("bearerbox"), "--version"], capture_output=True, text=True, check=True)
    tell("started", version=said.stdout.split("`")[1].split("'")[0])
    callbacks = Callbacks()
    kannel = Kannel(order, callbacks)
    kannel.start()
    tell("bound")
    for text in order.texts:
        kannel.send(text)
    # Kannel makes its calls side by side: the message may overtake one for a submit_sm_resp.
    missing = ["/message", *[ACCEPTED] * len(order.texts)]
    while missing:
        path, what = callbacks.calls.get(timeout=SECONDS)
        tell_call(path, what)
        kind = what.get("type", path)
        if kind in missing:
            missing.remove(kind)
    kannel.stop()
    tell("unbound")


if __name__ == "__main__":
    main()
