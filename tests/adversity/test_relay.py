"""The relay with real sockets: nothing is lost, nothing grows, everything ends."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable, Coroutine

import pytest

from smppcore.relay import Action, Chain, Cut, Filter, Passage, Relay, Write

from .loops import Run, gone, until

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]
MEGABYTE = 1024 * 1024


class Target:
    """A server whose connections are coroutines; ``async with`` bounds their lives."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Target":
        self._server = await asyncio.start_server(self._one, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.gather(*self.tasks)
        await self._server.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            await self._serve(reader, writer)
        except ConnectionError:
            pass
        finally:
            await finish(writer)
            self.tasks.discard(task)


async def finish(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while octets := await reader.read(65536):
        writer.write(octets)
        await writer.drain()


async def send_all(writer: asyncio.StreamWriter, octets: bytes) -> None:
    for at in range(0, len(octets), 65536):
        writer.write(octets[at : at + 65536])
        await writer.drain()
    writer.write_eof()


def test_a_big_transfer_both_ways_at_once(run: Run) -> None:
    async def main() -> None:
        sent = os.urandom(16 * MEGABYTE)
        async with Target(echo) as target, Relay("127.0.0.1", target.port) as relay:
            reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            sending = asyncio.create_task(send_all(writer, sent))
            assert await reader.read(-1) == sent
            await sending
            await finish(writer)
            await gone(relay)
            assert relay.forward.read == relay.forward.written == relay.back.read == relay.back.written == len(sent)
            assert (relay.accepted, relay.cuts, relay.unreached) == (1, 0, 0)

    run(main())


def test_many_connections(run: Run) -> None:
    async def one(port: int, number: int) -> None:
        sent = bytes([number]) * 10_000
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await send_all(writer, sent)
        assert await reader.read(-1) == sent
        await finish(writer)

    async def main() -> None:
        ended: list[Passage] = []
        async with Target(echo) as target, Relay("127.0.0.1", target.port, on_gone=ended.append) as relay:
            await asyncio.gather(*(one(relay.port, number) for number in range(100)))
            await gone(relay)
        assert sorted(each.number for each in ended) == list(range(1, 101))
        assert {each.forward.written for each in ended} == {10_000}
        assert {each.address[0] for each in ended} == {"127.0.0.1"}
        assert {each.reason for each in ended} == {""}

    run(main())


def test_half_close_ends_one_direction_only(run: Run) -> None:
    async def answer_after_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = await reader.read(-1)
        writer.write(b"the answer to " + question)

    async def main() -> None:
        async with Target(answer_after_end) as target, Relay("127.0.0.1", target.port) as relay:
            reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            writer.write(b"everything")
            writer.write_eof()
            assert await reader.read(-1) == b"the answer to everything"
            await finish(writer)
            await gone(relay)

    run(main())


def test_the_target_may_speak_first_and_end_first(run: Run) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"welcome")
        writer.write_eof()
        assert await reader.read(-1) == b"thank you"

    async def main() -> None:
        async with Target(greet) as target, Relay("127.0.0.1", target.port) as relay:
            reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            assert await reader.read(-1) == b"welcome"
            await send_all(writer, b"thank you")
            await finish(writer)
            await gone(relay)

    run(main())


def test_a_slow_reader_stops_the_writer(run: Run) -> None:
    """The relay keeps no more than its buffers hold, and loses nothing once the reader goes on."""
    may_read = asyncio.Event()
    received = bytearray()

    async def read_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await may_read.wait()
        while octets := await reader.read(65536):
            received.extend(octets)

    async def main() -> None:
        sent = os.urandom(64 * MEGABYTE)
        async with Target(read_late) as target, Relay("127.0.0.1", target.port, buffer=32_768) as relay:
            _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            sending = asyncio.create_task(send_all(writer, sent))
            await until(lambda: relay.forward.read > 0)
            await unchanging(lambda: relay.forward.read)
            [passage] = relay.connections
            sink = passage.target.transport
            assert sink is not None
            assert sink.get_write_buffer_size() <= 32_768 + 256 * 1024
            assert relay.forward.read < len(sent)
            assert not sending.done()
            may_read.set()
            await sending
            await finish(writer)
            await gone(relay)
        assert bytes(received) == sent

    run(main())


async def unchanging(value: Callable[[], int], seconds: float = 0.1) -> None:
    """Wait until a number has not changed for so long."""
    loop = asyncio.get_running_loop()
    last, since = value(), loop.time()
    while loop.time() - since < seconds:
        await asyncio.sleep(0)
        if value() != last:
            last, since = value(), loop.time()


class Hoard(Filter):
    """Keeps everything until a time that the test chooses."""

    def __init__(self) -> None:
        self.until = float("inf")
        self._kept: list[Action] = []

    @property
    def held(self) -> int:
        return sum(len(each.octets) for each in self._kept if isinstance(each, Write))

    def feed(self, octets: bytes, now: float) -> list[Action]:
        self._kept.append(Write(octets))
        self.until = min(self.until, now + 0.1)
        return []

    def end(self, now: float) -> list[Action]:
        return [*self.tick(self.until), *super().end(now)]

    def tick(self, now: float) -> list[Action]:
        if now < self.until:
            return []
        kept, self._kept, self.until = self._kept, [], float("inf")
        return kept

    def next_deadline(self) -> float:
        return self.until


def test_what_a_filter_holds_is_bounded_and_comes_out_in_time(run: Run) -> None:
    async def main() -> None:
        sent = os.urandom(2 * MEGABYTE)
        most = 0
        hoard = Hoard()

        def watched(passage: Passage) -> tuple[Filter, Filter]:
            return hoard, Filter()

        async with Target(echo) as target, Relay("127.0.0.1", target.port, filters=watched, buffer=100_000) as relay:
            reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            sending = asyncio.create_task(send_all(writer, sent))
            received = bytearray()
            while octets := await reader.read(65536):
                received += octets
                most = max(most, hoard.held)
            assert bytes(received) == sent
            assert most <= 100_000 + 256 * 1024
            await sending
            await finish(writer)
            await gone(relay)

    run(main())


def test_no_target(run: Run) -> None:
    async def main() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            async with Relay("127.0.0.1", unused.getsockname()[1]) as relay:
                reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
                assert await read_to_end(reader) == b""
                await finish(writer)
                await gone(relay)
                assert (relay.accepted, relay.unreached, relay.cuts) == (1, 1, 0)

    run(main())


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    """What arrived before the end, be it a reset."""
    received = bytearray()
    with contextlib.suppress(ConnectionError):
        while octets := await reader.read(65536):
            received += octets
    return bytes(received)


def test_cut_by_hand_and_connect_again(run: Run) -> None:
    async def main() -> None:
        async with Target(echo) as target, Relay("127.0.0.1", target.port) as relay:
            for count in range(1, 4):
                reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"hello"
                assert relay.cut(reset=count == 2) == 1
                assert relay.cut() == 0
                assert await read_to_end(reader) == b""
                await finish(writer)
                await gone(relay)
                assert (relay.accepted, relay.cuts) == (count, count)

    run(main())


class CutAt(Filter):
    """Cuts after so many octets."""

    def __init__(self, left: int, *, reset: bool) -> None:
        self._left = left
        self._reset = reset

    def feed(self, octets: bytes, now: float) -> list[Action]:
        passed = octets[: self._left]
        self._left -= len(passed)
        return [Write(passed)] if self._left else [Write(passed), Cut("enough", self._reset), Write(b"never")]


@pytest.mark.parametrize("reset", [False, True])
def test_a_filter_cuts_both_directions(run: Run, reset: bool) -> None:
    reasons: list[str] = []
    at_target: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_target.append(await read_to_end(reader))

    def cut_at_7(passage: Passage) -> tuple[Filter, Filter]:
        return Chain([Filter(), CutAt(7, reset=reset)]), Filter()

    async def main() -> None:
        async with (
            Target(take) as target,
            Relay(
                "127.0.0.1", target.port, filters=cut_at_7, on_gone=lambda each: reasons.append(each.reason)
            ) as relay,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            writer.write(b"0123456789")
            assert await read_to_end(reader) == b""
            await finish(writer)
            await gone(relay)
            await until(lambda: bool(at_target))
            assert relay.cuts == 1

    run(main())
    assert at_target == [b"0123456"]
    assert reasons == ["enough"]


def test_a_client_that_resets_ends_the_target_as_well(run: Run) -> None:
    at_target: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"ready")
        at_target.append(await read_to_end(reader))

    async def main() -> None:
        async with Target(take) as target, Relay("127.0.0.1", target.port) as relay:
            reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            await reader.readexactly(5)
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            await until(lambda: bool(at_target))
            await gone(relay)
            assert relay.cuts == 0

    run(main())


def test_close_is_bounded_when_nobody_reads(run: Run) -> None:
    """Both ends have stopped reading, and the relay has octets for each."""
    over = asyncio.Event()

    async def never_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(64 * MEGABYTE))
        await over.wait()
        writer.transport.abort()

    async def main() -> float:
        loop = asyncio.get_running_loop()
        async with Target(never_read) as target:
            relay = Relay("127.0.0.1", target.port, close_timeout=0.3)
            await relay.start()
            _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            stop_reading(writer)
            writer.write(bytes(64 * MEGABYTE))
            await until(lambda: relay.forward.read > MEGABYTE and relay.back.read > MEGABYTE)
            began = loop.time()
            await relay.close()
            took = loop.time() - began
            assert relay.connections == []
            await relay.close()
            over.set()
            await drop(writer)
        return took

    assert run(main()) < 1.5


def test_close_while_the_target_is_being_reached(run: Run) -> None:
    async def main() -> None:
        # A listener whose queue is full answers nothing: connecting to it waits.
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            with socket.socket() as filler:
                filler.connect(deaf.getsockname())
                async with Relay("127.0.0.1", deaf.getsockname()[1], connect_timeout=20) as relay:
                    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
                    await until(lambda: relay.accepted == 1)
                assert await read_to_end(reader) == b""
                await finish(writer)

    run(main(), 10)


@pytest.mark.parametrize("turns", range(8))
def test_close_at_any_moment_of_a_connection_s_beginning(run: Run, turns: int) -> None:
    async def main() -> None:
        async with Target(echo) as target:
            async with Relay("127.0.0.1", target.port) as relay:
                reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
                await until(lambda: relay.accepted == 1)
                for _ in range(turns):
                    await asyncio.sleep(0)
            assert relay.connections == []
            assert await read_to_end(reader) == b""
            await finish(writer)

    run(main(), 10)


def test_close_that_is_cancelled_aborts(run: Run) -> None:
    async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(64 * MEGABYTE))
        await writer.drain()

    async def main() -> None:
        async with Target(idle) as target:
            relay = Relay("127.0.0.1", target.port, close_timeout=60)
            await relay.start()
            _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            stop_reading(writer)
            await until(lambda: unsent(relay) > 0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await relay.close()
            await gone(relay)
            await drop(writer)

    run(main(), 10)


def unsent(relay: Relay) -> int:
    """Octets that clients have no room for."""
    sinks = [each.client.transport for each in relay.connections]
    return sum(sink.get_write_buffer_size() for sink in sinks if sink is not None)


def stop_reading(writer: asyncio.StreamWriter) -> None:
    transport = writer.transport
    assert isinstance(transport, asyncio.Transport) or hasattr(transport, "pause_reading")
    transport.pause_reading()


async def drop(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    await finish(writer)
