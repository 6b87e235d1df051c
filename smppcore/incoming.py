"""Requests of the peer as asynchronous iterators, for those who would rather loop than be called."""

import asyncio
from collections import deque
from collections.abc import Container
from typing import Any, Protocol

from smppcore.pdu import Pdu, Response


class Origin(Protocol):
    """Who put a request into an iterator, and takes its answer: the dispatcher of the connection that it came over."""

    def answer(self, pdu: Pdu, answer: Response | int | None) -> bool:
        """Answer a request; returns whether it was a good answer."""

    def answer_failed(self, pdu: Pdu) -> None:
        """Answer that this end could not handle the request for now, unless it was answered by hand."""

    def owes(self, pdu: Pdu) -> bool:
        """Whether this request still waits for its answer."""


class Incoming:
    """Requests of the peer as an asynchronous iterator: each is answered with success when the next one is asked for.

    ``answer(status)`` answers the present one earlier, or with an error. When the iterator or the connection closes,
    what is not answered yet is answered by an Esme with ESME_RX_T_APPN, so that the SMSC delivers it again, and by an
    Smsc with ESME_RSYSERR. One loop at a time; after a ``break`` another may go on. ``async with`` closes it in the
    end, after which the same classes can be asked for again. The iterator of a Link outlives connections: what came
    over one that is gone is left out, because the SMSC delivers it again.
    """

    def __init__(self, streams: "Streams", classes: tuple[type[Pdu], ...]) -> None:
        self._streams = streams
        self._classes = classes
        self._queue: deque[tuple[Origin, Pdu]] = deque()
        self._arrival: asyncio.Future[None] | None = None
        self._present: tuple[Origin, Pdu] | None = None
        self._ended = False

    def __aiter__(self) -> "Incoming":
        return self

    async def __aenter__(self) -> "Incoming":
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    async def __anext__(self) -> Pdu:
        self.answer()
        while not self._queue:
            if self._ended:
                raise StopAsyncIteration
            if self._arrival is not None and not self._arrival.done():
                raise RuntimeError("two loops over one iterator: each item would go to either of them")
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        self._present = self._queue.popleft()
        return self._present[1]

    def answer(self, response: Response | int | None = None) -> None:
        """Answer the present item, once; nothing happens where it is answered already."""
        present, self._present = self._present, None
        if present is not None and present[0].owes(present[1]):
            present[0].answer(present[1], response)

    def put(self, dispatcher: Origin, pdu: Pdu) -> None:
        if self._ended:
            dispatcher.answer_failed(pdu)
            return
        self._queue.append((dispatcher, pdu))
        self._wake()

    def leave(self, dispatcher: Origin) -> None:
        """The connection of this dispatcher closes: what came over it and is not answered is answered with an error."""
        if self._present is not None and self._present[0] is dispatcher:
            self._queue.appendleft(self._present)
            self._present = None
        came, self._queue = self._queue, deque()
        for origin, pdu in came:
            if origin is dispatcher:
                origin.answer_failed(pdu)
            else:
                self._queue.append((origin, pdu))

    def end(self) -> None:
        """No more will come: what is not answered yet is answered with an error, and the iteration ends."""
        self._ended = True
        if self._present is not None:
            self._queue.appendleft(self._present)
            self._present = None
        while self._queue:
            dispatcher, pdu = self._queue.popleft()
            dispatcher.answer_failed(pdu)
        self._wake()

    def close(self) -> None:
        """Stop receiving; what has arrived and is not answered is answered with an error that passes."""
        self._streams.remove(self._classes)
        self.end()

    @property
    def queued(self) -> int:
        """How many have arrived and were not asked for."""
        return len(self._queue)

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)


class Streams:
    """The iterators of one end, or of a link, by class; a class has a handler or an iterator, not both."""

    __slots__ = ("_ended", "_handlers", "by_class")

    def __init__(self, handlers: Container[type[Any]]) -> None:
        self.by_class: dict[type[Pdu], Incoming] = {}
        self._handlers = handlers
        self._ended = False

    def incoming(self, classes: tuple[type[Pdu], ...]) -> Incoming:
        """An iterator over the requests of these classes, which ends at once where no more will come.

        Raises ValueError where a handler or iterator has one of them.
        """
        for each in classes:
            if each in self._handlers or each in self.by_class:
                raise ValueError(f"{each.__name__} has a handler or an iterator already")
        stream = Incoming(self, classes)
        if self._ended:
            stream.end()
            return stream
        self.by_class.update(dict.fromkeys(classes, stream))
        return stream

    def remove(self, classes: tuple[type[Pdu], ...]) -> None:
        for each in classes:
            self.by_class.pop(each, None)

    def end(self) -> None:
        """No more will come: the iterations end, and what they still owe is answered."""
        self._ended = True
        for stream in set(self.by_class.values()):
            stream.end()
