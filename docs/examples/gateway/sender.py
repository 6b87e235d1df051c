"""Sends what is queued, each message once as far as SMPP allows, and cleans up after processes that have died.

A message is claimed in the store before its first octet leaves. So a process that dies leaves it either queued, and it
is sent, or being sent, and then nobody can know: it is reported as unknown, or sent again where that is asked for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from gateway.crew import Crew
from gateway.desk import Desk
from gateway.log import log
from gateway.message import Message, State, new_id
from smppcore import (
    EncodeError,
    Link,
    LinkState,
    NotSent,
    OutcomeUnknown,
    Refused,
    Sent,
    SentPart,
    StateError,
    StoreError,
)

Change = Callable[[Message], Message]

_PAUSE = 1.0


class Sender:
    """``hands`` messages are under way at once. ``resend`` and ``lease`` are those of the configuration.

    ``noted`` is called when something became of a message.
    """

    def __init__(
        self, link: Link, desk: Desk, *, hands: int, resend: bool, lease: float, noted: Callable[[], None]
    ) -> None:
        self._link = link
        self._desk = desk
        self._resend = resend
        self._lease = lease
        self._noted = noted
        self._owner = new_id()
        self._in_hand: set[str] = set()
        self._strays: set[str] = set()
        self._claiming = asyncio.Lock()
        self._crew = Crew("sender", self._take, self._send, hands=hands, pause=_PAUSE)
        self.wake = self._crew.wake

    async def start(self) -> None:
        """Begin to send whenever the link is up."""
        await self._patrol()
        self._patrols = [asyncio.create_task(self._repeat(each)) for each in (self._patrol, self._find_strays)]
        self._crew.start()

    async def stop(self, patience: float) -> None:
        """Send nothing more, and wait for the answers to what is under way."""
        await self._crew.stop(patience)
        for each in self._patrols:
            each.cancel()
        await asyncio.wait(self._patrols)

    # -- one message

    async def _take(self, most: int) -> Sequence[Message]:
        if self._link.state is not LinkState.UP:
            return ()  # in the store they are safer than in a call that waits
        async with self._claiming:
            claimed = await self._desk.claim(self._owner, self._link.lanes, most)
            self._in_hand.update(message.id for message in claimed)
        return claimed

    async def _send(self, message: Message) -> None:
        change: Change = partial(Message.doubtful, owner=self._owner, reason="the gateway was stopped, or it failed")
        try:
            change = await self._submit(message)
        finally:
            await self._note(message.id, change)
            self._in_hand.discard(message.id)

    async def _submit(self, message: Message) -> Change:
        """Send it, and say how it has changed by that."""
        way = self._link.view(lane=message.lane, tag=message.id)
        try:
            sent = await way.send(message.text, to=message.to, source=message.source, receipt=True)
        except NotSent as error:
            reason = error.reason
            return lambda message: message.put_back(self._owner, reason)
        except OutcomeUnknown as error:
            return self._doubt(error.reason)
        except StoreError as error:
            reason = f"it was sent, and its receipts may find nothing: {error}"
            return lambda message: message.doubtful(self._owner, reason)
        except (Refused, EncodeError, StateError, ValueError) as error:
            reason = str(error)
            return lambda message: message.refused(reason)
        return _submitted(sent)

    def _doubt(self, reason: str) -> Change:
        if self._resend:
            return lambda message: message.put_back(self._owner, reason)
        return lambda message: message.doubtful(self._owner, reason)

    async def _note(self, message_id: str, change: Change) -> None:
        """Keep what has become of it, however long the store is away: nobody else can know."""
        while True:
            try:
                await self._desk.update(message_id, change)
                self._noted()
                return
            except Exception as error:
                log.error("a message could not be kept", id=message_id, exc_info=error)
                await asyncio.sleep(_PAUSE)

    # -- what was left behind

    async def _repeat(self, look: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            try:
                await look()
            except Exception as error:
                log.error("nobody looked for what was left behind", exc_info=error)

    async def _patrol(self) -> None:
        """Show that this process lives, and see to messages in the hands of those that do not."""
        alive = await self._desk.beat(self._owner, self._lease)
        for message in await self._desk.sending():
            if message.owner not in alive:
                await self._desk.update(message.id, self._abandoned(message))

    def _abandoned(self, message: Message) -> Change:
        log.warning("the process that was sending a message has died", id=message.id, resend=self._resend)
        owner, reason = message.owner, "the process that was sending it died"
        if self._resend:
            return lambda message: message.put_back(owner, reason)
        return lambda message: message.doubtful(owner, reason)

    async def _find_strays(self) -> None:
        """Claimed by us, and we do not know of it: the claim was made, and its answer was lost on the way back.

        Only what is seen so twice is put back: a claim that was given up may be carried out a little later.
        """
        async with self._claiming:  # one that is just being made is no stray
            known = set(self._in_hand)
            sending = await self._desk.sending()
        strays = {each.id for each in sending if each.owner == self._owner} - known
        for message_id in (strays & self._strays) - self._in_hand:
            await self._desk.update(message_id, lambda message: message.put_back(self._owner, "it was mislaid"))
        self._strays = strays


def _submitted(sent: Sent) -> Change:
    reason = "; ".join(map(str, sent.errors))
    parts = [_state_of(part) for part in sent.parts]
    return lambda message: message.submitted(parts, sent.message_ids, reason)


def _state_of(part: SentPart) -> State:
    if part.response is not None:
        return State.SENT
    return State.UNKNOWN if isinstance(part.error, OutcomeUnknown | StoreError) else State.REFUSED
