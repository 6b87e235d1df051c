"""A carrier that goes away and comes back at the same port, and links that do not take long over anything."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

from wire.ends import ACCOUNTS, QUICK, RawConnection, url

from smppcore.backoff import BackoffSettings
from smppcore.dispatch import Handler
from smppcore.errors import SmppError
from smppcore.link import Link
from smppcore.link_event import LinkEvent, LinkState
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc

SOON = BackoffSettings(first=0.01, longest=0.02, lasting=0, already_bound=0.01, throttled=0.01, hopeless=0.01)


class Carrier:
    """An Smsc that notes the destination of every submit_sm (``seen``); ``handler`` answers in place of that."""

    def __init__(self, handler: Handler | None = None, settings: Settings = QUICK, **options: Any) -> None:
        self.seen: list[str] = []
        self.port = 0
        self._handler = handler or self._accept
        self._settings = settings
        self._options = options
        self.smsc: Smsc

    async def start(self) -> None:
        handlers = {SubmitSm: self._note}
        self.smsc = Smsc(port=self.port, accounts=ACCOUNTS, handlers=handlers, settings=self._settings, **self._options)
        await self.smsc.start()
        self.port = self.smsc.port

    async def crash(self) -> None:
        """Be gone without a word."""
        for peer in self.smsc.connections:
            peer.abort()
        await self.smsc.close()

    def _note(self, peer: Peer, pdu: SubmitSm) -> Any:
        self.seen.append(pdu.destination_addr)
        return self._handler(peer, pdu)

    def _accept(self, peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        return SubmitSmResp(message_id=f"id{pdu.destination_addr}")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.smsc.close()


class Events(list[LinkEvent]):
    """What a link told; to be given as ``on_event``."""

    def __call__(self, event: LinkEvent) -> None:
        self.append(event)

    @property
    def states(self) -> list[LinkState]:
        return [event.state for event in self]

    @property
    def failures(self) -> list[LinkEvent]:
        return [event for event in self if event.failure is not None]


def link_to(port: int, *, settings: Settings = QUICK, backoff: BackoffSettings = SOON, **options: Any) -> Link:
    return Link(url(port), settings=settings, backoff=backoff, **options)


def submit(name: int | str) -> SubmitSm:
    return SubmitSm(destination_addr=str(name))


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until something is so; the limit is the one of the test."""
    while not condition():  # noqa: ASYNC110  # what is waited for has no event
        await asyncio.sleep(0)


async def verdict(call: Any) -> type:
    """What a call ends with: the class of its response, or of its error."""
    try:
        return type(await call)
    except SmppError as error:
        return type(error)


async def read_submit(raw: RawConnection) -> tuple[str, int]:
    """Destination and sequence_number of the next submit_sm."""
    octets = await raw.read()
    pdu = SubmitSm.decode(octets)
    return pdu.destination_addr, pdu.sequence_number


async def answer_all(raw: RawConnection, count: int) -> list[str]:
    """Answer so many submit_sm; returns their destinations."""
    names = []
    for _ in range(count):
        name, number = await read_submit(raw)
        names.append(name)
        await raw.send(SubmitSmResp(message_id=f"id{name}").encode(number))
    return names
