"""A store one of whose operations fails: before it was carried out, or on the way back."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Literal

from smppcore.store import Record, Store, StoreError

When = Literal["before", "after"]


class FailingStore:
    """``store``, but that call number ``number`` of ``operation`` raises StoreError; ``called`` counts its calls."""

    def __init__(self, store: Store, operation: str, number: int, when: When) -> None:
        self.test_clock = store.test_clock  # type: ignore[attr-defined]
        self.called = 0
        self.failed: Any = None
        """What was asked of the operation that failed."""
        self._store = store
        self._failing = (operation, when)
        self._number = number

    def _fails(self, name: str, asked: Any) -> When | None:
        operation, when = self._failing
        if name != operation:
            return None
        self.called += 1
        if self.called != self._number:
            return None
        self.failed = asked
        return when

    async def _carried_out(self, name: str, asked: Any, doing: Awaitable[Any] | None) -> Any:
        """Whether it fails is decided where it is called, so that operations keep their order."""
        fails = self._fails(name, asked)
        if fails == "before":
            getattr(doing, "close", lambda: None)()
            raise StoreError("the store is away")
        result = None if doing is None else await doing
        if fails == "after":
            raise StoreError("the answer of the store was lost")
        return result

    async def open(self) -> None:
        await self._store.open()

    async def close(self) -> None:
        await self._store.close()

    def add(self, record: Record) -> "asyncio.Future[None] | None":
        return self._write("add", record)

    def change(self, record: Record) -> "asyncio.Future[None] | None":
        return self._write("change", record)

    def _write(self, name: str, record: Record) -> "asyncio.Future[None] | None":
        fails = self._fails(name, record)
        doing = None if fails == "before" else getattr(self._store, name)(record)
        if fails is None:
            return doing
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        failed.set_exception(StoreError("the store is away"))
        return failed

    async def swap(self, record: Record, was: bytes) -> bool:
        swapped: bool = await self._carried_out("swap", record, self._store.swap(record, was))
        return swapped

    async def find(self, link: str, kind: str, keys: Any) -> list[Record]:
        found: list[Record] = await self._carried_out("find", keys, self._store.find(link, kind, keys))
        return found

    async def remove(self, link: str, ids: Any) -> set[str]:
        removed: set[str] = await self._carried_out("remove", ids, self._store.remove(link, ids))
        return removed

    async def expired(self, link: str, now: float, *rest: Any) -> list[Record]:
        expired: list[Record] = await self._carried_out("expired", now, self._store.expired(link, now, *rest))
        return expired

    async def count(self, link: str, kind: str) -> int:
        return await self._store.count(link, kind)
