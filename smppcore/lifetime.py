"""What is started, is there for a while, and is closed: ``async with`` it, or call ``start`` and ``close``."""

from types import TracebackType
from typing import Self


class Lifetime:
    """``async with`` starts it and closes it in the end, whatever happens in between."""

    async def start(self) -> None:
        """Begin."""
        raise NotImplementedError

    async def close(self) -> None:
        """End."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
