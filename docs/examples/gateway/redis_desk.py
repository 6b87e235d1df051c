"""The desk in Redis, for gateways on several machines. It is as durable as the server's appendfsync makes it.

A message is one JSON string, and what is queued and being sent is in sorted sets beside it. They change together in one
transaction that is tried again if somebody else was faster (WATCH), so that of several who claim a message one gets it.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis

from gateway.event import Event, read_message, reported, write_message
from gateway.message import FINAL, Message, State

T = TypeVar("T")
Pipeline: TypeAlias = Any
"""One of redis.asyncio.client, half of which has no types."""

_TAKE: Final = """
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, subject in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[3], subject) end
return due
"""
"""Subjects whose time has come, which are put off at once, so that nobody else takes them."""


class RedisDesk:
    """A Desk; what it promises says desk.py. Messages are forgotten ``keep`` seconds after they have changed last."""

    def __init__(self, url: str, *, prefix: str = "gateway", keep: float = 7 * 86_400.0) -> None:
        self._url = url
        self._prefix = f"{{{prefix}}}"  # a hash tag: in a cluster all keys are in one place
        self._keep = round(keep)

    async def open(self) -> None:
        # A hundred receipts at once wait for a connection, where a pool of the usual kind fails those beyond its bound.
        pool = BlockingConnectionPool.from_url(
            self._url, max_connections=32, decode_responses=True, socket_timeout=5, socket_connect_timeout=5
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._take = self._redis.register_script(_TAKE)
        await self._ask(self._redis.ping())

    async def close(self) -> None:
        await self._redis.aclose()

    # -- messages

    async def accept(self, message: Message) -> Message:
        reference = self._key("reference", message.reference)

        async def work(pipe: Pipeline) -> Message:
            found = await pipe.get(reference) if message.reference else None
            kept = await self.message(found) if found else None
            pipe.multi()
            if kept is not None:
                return kept
            if message.reference:
                pipe.set(reference, message.id, ex=self._keep)
            self._write(pipe, message)
            return message

        return await self._transaction(work, reference)

    async def message(self, message_id: str) -> Message | None:
        found = await self._ask(self._redis.get(self._key("message", message_id)))
        return None if found is None else read_message(found)

    async def claim(self, owner: str, lanes: Sequence[str], most: int) -> list[Message]:
        claimed: list[Message] = []
        for lane in lanes:
            if len(claimed) < most:
                rest = most - len(claimed) - 1
                for each in await self._ask(self._redis.zrange(self._key("queued", lane), 0, rest)):
                    message = await self.update(each, lambda message: message.claimed(owner))
                    if message is not None and message.state is State.SENDING and message.owner == owner:
                        claimed.append(message)
        return claimed

    async def update(self, message_id: str, change: Callable[[Message], Message]) -> Message | None:
        key = self._key("message", message_id)

        async def work(pipe: Pipeline) -> Message | None:
            found = await pipe.get(key)
            old = None if found is None else read_message(found)
            new = None if old is None else change(old)
            pipe.multi()
            if old is None or new is None or new == old:
                return old
            new, event = reported(old, new)
            self._write(pipe, new)
            if event is not None:
                self._put(pipe, event)
            return new

        return await self._transaction(work, key)

    async def sending(self) -> list[Message]:
        ids = await self._ask(self._redis.zrange(self._key("sending"), 0, -1))
        found = [await self.message(each) for each in ids]
        return [message for message in found if message is not None and message.state is State.SENDING]

    async def beat(self, owner: str, seconds: float) -> set[str]:
        owners, now = self._key("owners"), time.time()
        async with self._redis.pipeline() as pipe:
            pipe.zremrangebyscore(owners, "-inf", now)
            pipe.zadd(owners, {owner: now + seconds})
            pipe.zrange(owners, 0, -1)
            *_, alive = await pipe.execute()
        return set(alive)

    def _write(self, pipe: Pipeline, message: Message) -> None:
        """In a transaction: the message, and where it is listed."""
        queued, sending = self._key("queued", message.lane), self._key("sending")
        keep = self._keep if message.state in FINAL or message.state is State.SENT else None
        pipe.set(self._key("message", message.id), write_message(message), ex=keep)
        for state, key in ((State.QUEUED, queued), (State.SENDING, sending)):
            if message.state is state:
                pipe.zadd(key, {message.id: message.created})
            else:
                pipe.zrem(key, message.id)

    # -- events: a list for each subject, and a sorted set that says when the first of each is due

    async def tell(self, event: Event) -> None:
        async with self._redis.pipeline() as pipe:
            self._put(pipe, event)
            await pipe.execute()

    def _put(self, pipe: Pipeline, event: Event) -> None:
        pipe.rpush(self._key("events", event.subject), event.write())
        pipe.zadd(self._key("due"), {event.subject: event.created}, nx=True)

    async def take(self, most: int, lease: float) -> list[Event]:
        now = time.time()
        subjects = await self._take(keys=[self._key("due")], args=[now, most, now + lease])
        first = [await self._ask(self._redis.lindex(self._key("events", each), 0)) for each in subjects]
        return [Event.read(each) for each in first if each is not None]

    async def delivered(self, event: Event) -> None:
        await self._drop(event)

    async def postpone(self, event: Event, seconds: float) -> None:
        def put_off(pipe: Pipeline, key: str, following: int) -> None:
            pipe.lset(key, 0, event.write())
            pipe.zadd(self._key("due"), {event.subject: time.time() + seconds})

        await self._settle(event, put_off)

    async def bury(self, event: Event) -> None:
        await self._drop(event, bury=True)

    async def _drop(self, event: Event, bury: bool = False) -> None:
        def drop(pipe: Pipeline, key: str, following: int) -> None:
            pipe.lpop(key)
            if bury:
                pipe.lpush(self._key("dead"), event.write())
            if following:
                pipe.zadd(self._key("due"), {event.subject: time.time()})
            else:
                pipe.zrem(self._key("due"), event.subject)

        await self._settle(event, drop)

    async def _settle(self, event: Event, settle: Callable[[Pipeline, str, int], None]) -> None:
        """Do something about the first event of a subject, if it still is that one."""
        key = self._key("events", event.subject)

        async def work(pipe: Pipeline) -> None:
            first = await pipe.lindex(key, 0)
            length = await pipe.llen(key)
            pipe.multi()
            if first is not None and Event.read(first).id == event.id:
                settle(pipe, key, length - 1)

        await self._transaction(work, key)

    async def dead(self, most: int = 100) -> list[Event]:
        found = await self._ask(self._redis.lrange(self._key("dead"), 0, most - 1))
        return [Event.read(each) for each in found]

    # -- for the operator

    async def counts(self) -> dict[str, int]:
        async with self._redis.pipeline() as pipe:
            pipe.zcard(self._key("sending"))
            pipe.zcard(self._key("due"))
            pipe.llen(self._key("dead"))
            for lane in await self._lanes():
                pipe.zcard(lane)
            sending, events, dead, *queued = await pipe.execute()
        return {"queued": sum(queued), "sending": sending, "events": events, "dead": dead}

    async def _lanes(self) -> list[str]:
        return [key async for key in self._redis.scan_iter(self._key("queued", "*"))]

    async def forget(self, seconds: float) -> None:
        """The server does that by itself."""

    # -- small things

    def _key(self, kind: str, name: str = "") -> str:
        return f"{self._prefix}:{kind}:{name}"

    async def _transaction(self, work: Callable[[Pipeline], Awaitable[T]], watched: str) -> T:
        """Do it again if somebody has changed the watched key before it was done."""
        result: T = await self._redis.transaction(work, watched, value_from_callable=True)
        return result

    async def _ask(self, answer: Any) -> Any:
        """What redis-py types as an answer or an awaitable of one."""
        return await answer
