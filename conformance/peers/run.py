"""Runs one peer against an SMSC: records the port, starts the script, sends it a message, waits for its end."""

import asyncio
import contextlib
import json
import os
import pathlib
import signal
from collections.abc import Awaitable, Callable
from typing import Any, Final

from conformance.peers.capture import Capture
from conformance.peers.install import PEERS, ROOT, environment
from conformance.peers.order import Order
from conformance.peers.steps import Conversation

SECONDS: Final = 60.0
"""How long one conversation may take, from the start of the script to its end."""
SYSTEM_ID: Final = "peer"
PASSWORD: Final = "peerpass"
SENDER: Final = "447700900123"
TEXT: Final = "STOP please"
LINE: Final = 1 << 20

Sender = Callable[[], Awaitable[object]]
"""Sends the mobile-originated message; done once the peer has answered it."""


def order_for(name: str, port: int, texts: tuple[str, ...]) -> Order:
    """What the script of that name is asked to do; its folder is made where it does not exist."""
    folder = PEERS / "runs" / name
    folder.mkdir(parents=True, exist_ok=True)
    return Order(
        port=port,
        system_id=SYSTEM_ID,
        password=PASSWORD,
        source="1000",
        destination="447700900999",
        texts=texts,
        folder=str(folder),
    )


async def converse(order: Order, command: list[str], receipts: int, send: Sender) -> Conversation:
    """Run one script to its end. Once it has told of so many receipts, ``send`` sends it TEXT from SENDER."""
    told: list[dict[str, Any]] = []
    folder = pathlib.Path(order.folder)
    with Capture(order.port, folder / "capture.pcapng") as capture:
        script = await _start(command, order)
        try:
            async with asyncio.timeout(SECONDS):
                await _listen(script, told, receipts, send)
                await script.wait()
        except TimeoutError:
            told.append({"step": "out of time"})
        finally:
            # The process group is the script's own (start_new_session); after a failure Kannel may be left in it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(script.pid, signal.SIGKILL)
            exit_status = await script.wait()
    return Conversation(order, SENDER, TEXT, told, exit_status, capture.read())


async def _start(command: list[str], order: Order) -> asyncio.subprocess.Process:
    with (pathlib.Path(order.folder) / "stderr.log").open("wb") as errors:
        return await asyncio.create_subprocess_exec(
            *command,
            order.to_json(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env=environment(),
            start_new_session=True,
            limit=LINE,
        )


async def _listen(script: asyncio.subprocess.Process, told: list[dict[str, Any]], receipts: int, send: Sender) -> None:
    assert script.stdout is not None
    async for line in script.stdout:
        told.append(_step(line))
        if _is_last_receipt(told, receipts):
            await send()


def _step(line: bytes) -> dict[str, Any]:
    """One line of a script; what is not JSON is kept as a step of its own, which fits no check."""
    try:
        step = json.loads(line)
    except ValueError:
        step = None
    return step if isinstance(step, dict) and "step" in step else {"step": f"said {line!r}"}


def _is_last_receipt(told: list[dict[str, Any]], receipts: int) -> bool:
    """Whether the line that was just told is that of the last receipt."""
    steps = [line["step"] for line in told]
    return steps[-1] == "receipt" and steps.count("receipt") == receipts
