"""An event loop whose time is a number, and a transport that keeps what is written: a Connection without a network."""

import asyncio
from collections.abc import Callable
from typing import Any


class VirtualLoop(asyncio.SelectorEventLoop):
    """The ordinary loop; only time stands still until the test moves it, and turns run when the test asks for them."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.reported: list[dict[str, Any]] = []
        super().__init__()
        self.set_exception_handler(lambda _, context: self.reported.append(context))

    def time(self) -> float:
        return self.now

    def turn(self) -> None:
        """What is ready or due, once; what that makes ready waits for the next turn."""
        self.call_soon(self.stop)
        self.run_forever()

    def settle(self) -> None:
        for _ in range(4):
            self.turn()


class Kept(asyncio.Transport):
    """Keeps the octets of each write; while ``blocked`` it takes them too, and says when it is full."""

    def __init__(self, loop: VirtualLoop, protocol: asyncio.Protocol, on_write: Callable[[bytes], None]) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        self._on_write = on_write
        self._unsent = 0
        self._high = 0
        self._full = False
        self._closing = False
        self.blocked = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = high or 0

    def get_write_buffer_size(self) -> int:
        return self._unsent

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._on_write(bytes(data))
        if self.blocked:
            self._unsent += len(data)
            if self._unsent > self._high and not self._full:
                self._full = True
                self._protocol.pause_writing()

    def unblock(self) -> None:
        self.blocked = False
        self._unsent = 0
        if self._full:
            self._full = False
            self._protocol.resume_writing()

    def pause_reading(self) -> None:
        raise AssertionError("there is nothing to read that could pile up here")

    def is_closing(self) -> bool:
        return self._closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def close(self) -> None:
        self.lose(None)

    def abort(self) -> None:
        self.lose(None)

    def lose(self, error: Exception | None) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._protocol.connection_lost, error)
