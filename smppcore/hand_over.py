"""A connected socket, handed over to the event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Coroutine
from typing import Any, Final

Made = tuple[Any, asyncio.BaseProtocol]
"""A transport, as the event loop's methods give it, and its protocol."""

_TURNS: Final = 4
"""Turns of the event loop after which it has taken possession of the socket."""


async def hand_over(connected: socket.socket, making: Coroutine[Any, Any, Made]) -> asyncio.Transport:
    """Await ``making``, which is create_connection or connect_accepted_socket with ``connected``, and never cancel it.

    Cancelled itself, uvloop would close the descriptor and not the socket, which then closes it once more, whoever has
    it by that time; it would also forget a timer, and never call connection_lost. So where we are cancelled we end the
    stream below, and the rest ends by itself.
    """
    task = asyncio.ensure_future(making)
    try:
        transport: asyncio.Transport = (await asyncio.shield(task))[0]
    except asyncio.CancelledError:
        await asyncio.shield(_end(connected, task))
        raise
    return transport


async def _end(connected: socket.socket, task: "asyncio.Task[Made]") -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    with contextlib.suppress(OSError):  # where it has ended already
        connected.shutdown(socket.SHUT_RDWR)
    await asyncio.wait([task])
    if task.exception() is None:
        task.result()[0].abort()
