"""Ports for programs that have to be told one before they listen on it."""

import os
import random
import socket
from typing import Final

LOWEST: Final = 20_000
HIGHEST: Final = 32_000
"""Below those that a system gives to connections of its own, so that none of these takes the port in between."""


def free_port() -> int:
    """A port that nobody listens on, and that the next free_port() hardly gives again."""
    chance = random.Random(os.urandom(8))
    while True:
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", chance.randrange(LOWEST, HIGHEST)))
            except OSError:
                continue
            port: int = listener.getsockname()[1]
            return port
