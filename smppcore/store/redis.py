"""Records in a Redis server, for gateways on several machines (extra ``redis``).

The only module of the library that needs redis-py, so it is imported by its own name.
"""

import asyncio
import json
import time
from collections.abc import Callable
from hashlib import sha1
from math import isnan
from typing import Any, Final
from urllib.parse import quote

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import NoScriptError, RedisError
except ImportError as missing:
    raise ImportError("RedisStore needs the package redis: pip install 'smppcore[redis]'", name="redis") from missing

from smppcore.errors import StoreError
from smppcore.log import log
from smppcore.store.group import GroupStore
from smppcore.store.operation import Add, Change, Count, Expired, Find, Operation, Outcome, Remove
from smppcore.store.record import Record
from smppcore.store.redis_script import SCHEMA, SCRIPT

LARGEST_GROUP: Final = 500
"""Operations in one round trip: the server does nothing else while it carries out the adds of one."""

_SHA: Final = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
_LONGEST: Final = 100 * 365 * 86_400.0
"""Seconds of a time to live: what never expires gets this."""


class RedisStore(GroupStore):
    """Records in the Redis server at ``url`` (``redis://``, ``rediss://`` or ``unix://``), under keys with ``prefix``.

    A Future of `add` is done when the server has answered, so a record survives this process in any case, and the
    server's end as far as its own settings go: with ``appendonly yes`` and ``appendfsync always`` all of it, with
    ``everysec`` all but the last seconds, and with neither nothing since its last snapshot, which `open` warns of in
    the log. A server that may evict keys to save memory loses records in silence; `open` refuses it.

    An operation that is not answered within ``timeout`` seconds, or whose connection is lost, raises StoreError, and is
    not tried again: a claim that the server has carried out is not there a second time. The next operation connects
    again. Records stay ``grace`` seconds after they have expired for `expired` to take them; after that the server
    drops them. ``clock`` gives seconds since the epoch; those of the machines should agree to within seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "smppcore",
        timeout: float = 5.0,
        grace: float = 30 * 86_400.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(LARGEST_GROUP, clock)
        self._url = url
        self._prefix = prefix
        self._timeout = timeout
        self._grace = grace
        self._roots: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<RedisStore {self._prefix}>"

    async def _connect(self) -> None:
        retry = Retry(NoBackoff(), 0)
        limits: dict[str, Any] = {"socket_timeout": self._timeout, "socket_connect_timeout": self._timeout}
        try:
            self._client: Redis = Redis.from_url(self._url, retry=retry, **limits)
        except ValueError as error:
            raise StoreError(f"no URL of a Redis server: {error}") from error
        try:
            await self._check()
        except (RedisError, OSError) as error:
            await self._client.aclose()
            raise self._error(error) from error
        except BaseException:
            await self._client.aclose()
            raise

    async def _disconnect(self) -> None:
        await self._client.aclose()

    async def _check(self) -> None:
        """Whether the server will do."""
        about: dict[str, Any] = await self._client.info()
        policy = about.get("maxmemory_policy", "noeviction")
        if about.get("maxmemory") and policy != "noeviction":
            raise StoreError(f"the Redis server may evict records: its maxmemory-policy is {policy}, not noeviction")
        if not about.get("aof_enabled"):
            log.warning("redis server keeps no log of what it is told (appendonly no)", store=repr(self))
        key = f"{self._prefix}:schema"
        await self._client.set(key, SCHEMA, nx=True)
        found = int(await self._client.get(key) or SCHEMA)
        if found != SCHEMA:
            raise StoreError(f"{key} is {found}, and this version of smppcore knows schema {SCHEMA}")

    def _start(self, operations: list[Operation]) -> None:
        self._task = self._loop.create_task(self._carry_out(operations))

    async def _carry_out(self, operations: list[Operation]) -> None:
        """Whatever happens, the group ends."""
        outcomes: list[Outcome] = [None] * len(operations)
        try:
            await self._converse(operations, outcomes)
        except asyncio.CancelledError as error:  # the event loop is being closed
            self._give_up()
            self._ended([self._error(error) for _ in operations])
            raise
        except Exception as error:
            outcomes = [self._error(error) for _ in operations]
            if not isinstance(error, RedisError | OSError):
                log.exception("store failed", store=repr(self))
        self._ended(outcomes)

    async def _converse(self, operations: list[Operation], outcomes: list[Outcome]) -> None:
        """All calls of the script in one write, and all answers."""
        calls = self._calls(operations, outcomes)
        answers = await self._send([arguments for _, arguments in calls])
        for (places, _), answer in zip(calls, answers, strict=True):
            for place in places:
                outcomes[place] = self._outcome(operations[place], answer)

    async def _send(self, calls: list[list[Any]]) -> list[Any]:
        """What the server does not know the script for, it has not done: after a restart it is told again."""
        answers = await self._pipeline(calls)
        unknown = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            await self._client.script_load(SCRIPT)
            again = await self._pipeline([calls[place] for place in unknown])
            for place, answer in zip(unknown, again, strict=True):
                answers[place] = answer
        return answers

    async def _pipeline(self, calls: list[list[Any]]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for root, *arguments in calls:
                pipeline.evalsha(_SHA, 1, root, *arguments)
            return await pipeline.execute(raise_on_error=False)

    def _calls(self, operations: list[Operation], outcomes: list[Outcome]) -> list[tuple[list[int], list[Any]]]:
        """Calls of the script, each with the places of those operations that it is for. Adds of a link go together."""
        calls: list[tuple[list[int], list[Any]]] = []
        link: str | None = None
        for place, operation in enumerate(operations):
            try:
                arguments = self._arguments(operation)
            except ValueError as error:  # a text that is none in UTF-8, a time that is no number
                outcomes[place] = self._error(error)
                continue
            if isinstance(operation, Add) and operation.record.link == link:
                calls[-1][0].append(place)
                calls[-1][1].extend(arguments[2:])
            else:
                calls.append(([place], arguments))
                link = operation.record.link if isinstance(operation, Add) else None
        return calls

    def _arguments(self, operation: Operation) -> list[Any]:
        """The root of the keys, the verb, and what the script wants to know."""
        match operation:
            case Add(record):
                keys, life = json.dumps(record.keys, ensure_ascii=False).encode(), self._life(record.expires)
                kept = [record.id.encode(), record.kind.encode(), keys, repr(record.expires), record.data, life]
                return [self._root(record.link), "add", *kept]
            case Change(record, was):
                kept = [record.id.encode(), repr(record.expires), record.data, self._life(record.expires)]
                return [self._root(record.link), "change", *kept, *([] if was is None else [was])]
            case Find(link, kind, keys_, now):
                return [self._root(link), "find", kind.encode(), repr(now), *(key.encode() for key in keys_)]
            case Remove(link, ids):
                return [self._root(link), "remove", *(id_.encode() for id_ in ids)]
            case Expired(link, now, limit, until):
                hidden = [] if until is None else [repr(until), self._life(until)]
                return [self._root(link), "expired", repr(now), limit, *hidden]
            case Count(link, kind):
                return [self._root(link), "count", kind.encode()]

    def _outcome(self, operation: Operation, answer: Any) -> Outcome:
        if isinstance(answer, Exception):
            return self._error(answer)
        match operation:
            case Add():
                return None
            case Change():
                return bool(answer)
            case Count():
                return int(answer)
            case Find(link) | Remove(link) | Expired(link):
                return [_record(link, each) for each in answer]

    def _root(self, link: str) -> str:
        """What the keys of a link begin with: its name between braces, without any of what has a meaning in keys."""
        root = self._roots.get(link)
        if root is None:
            root = self._roots[link] = f"{self._prefix}:{{{quote(link, safe='') or '%'}}}"
        return root

    def _life(self, expires: float) -> int:
        """The time to live of a record in milliseconds; its grace begins now at the earliest.

        Raises ValueError where ``expires`` is not a number.
        """
        if isnan(expires):
            raise ValueError("expires is not a number")
        return int(1000 * (min(max(0.0, expires - self._clock()), _LONGEST) + self._grace))

    def _error(self, error: BaseException) -> StoreError:
        """redis-py's texts have host and port, and no password."""
        kept = StoreError(f"Redis: {error or type(error).__name__}")
        kept.__cause__ = error
        return kept


def _record(link: str, answer: list[bytes]) -> Record:
    _, id_, kind, keys, expires, data = answer
    return Record(id_.decode(), link, kind.decode(), tuple(json.loads(keys)), float(expires), data)
