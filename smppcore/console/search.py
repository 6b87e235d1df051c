"""Finds messages. At full load there are very many: a search makes room for the traffic again and again."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final, Self

from smppcore.config_error import ConfigError
from smppcore.console.parameters import Parameters
from smppcore.constants import MessageState
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.simulator.messages import Messages
from smppcore.simulator.rules import Matches, glob

STEP: Final = 200
"""Messages that are looked at before everything else has its turn."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. None is anything; ``text`` is part of the text, in any case of letters."""

    state: int | None = None
    account: Matches | None = None
    source: Matches | None = None
    destination: Matches | None = None
    text: str = ""

    @classmethod
    def read(cls, parameters: Parameters) -> Self:
        """From the keys state, account, source, destination and text. Raises ConfigError."""
        patterns = {key: glob(parameters.text(key, "*") or "*") for key in ("account", "source", "destination")}
        state = parameters.text("state", "")
        if state and state.upper() not in MessageState.__members__:
            raise ConfigError("state", f"must be one of {', '.join(MessageState.__members__)}, not {state!r}")
        number = int(MessageState[state.upper()]) if state else None
        return cls(number, text=parameters.text("text", "").casefold(), **patterns)

    @property
    def finds_all(self) -> bool:
        return self == Search()

    def matches(self, message: StoredMessage) -> bool:
        request = message.request
        return (
            (self.state is None or message.state == self.state)
            and (self.account is None or bool(self.account(message.account)))
            and (self.source is None or bool(self.source(request.source_addr)))
            and (self.destination is None or bool(self.destination(request.destination_addr)))
            and (not self.text or self.text in (message.text or "").casefold())
        )


async def find(messages: Iterable[StoredMessage], search: Search) -> list[StoredMessage]:
    """All that match, in their order, as they are when their turn comes."""
    kept = list(messages)
    if search.finds_all:
        return kept
    found: list[StoredMessage] = []
    for start in range(0, len(kept), STEP):
        found += [message for message in kept[start : start + STEP] if search.matches(message)]
        await asyncio.sleep(0)
    return found


async def page(messages: Messages, search: Search, offset: int, limit: int) -> tuple[list[StoredMessage], int]:
    """The latest that match, but for the first ``offset``, and how many match in all."""
    if search.finds_all:
        return list(islice(reversed(messages), offset, offset + limit)), len(messages)
    found = await find(reversed(messages), search)
    return found[offset : offset + limit], len(found)
