"""What a peer puts into one segment behind an answer: calls that wait must still end in one of the four verdicts."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from smppcore import connect
from smppcore.errors import NotSent
from smppcore.pdu import BindTransceiver, BindTransceiverResp, DeliverSm, SubmitSm, SubmitSmResp, Unbind
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc

from .loops import Run

ONE_AT_A_TIME = Settings(window=1, response_timeout=1.0, close_timeout=0.5)
GARBAGE = bytes(16)
"""command_length 0: the stream has lost its frame."""


class Scripted:
    """A peer that answers the bind, and the first request after it with octets that the test names."""

    def __init__(self, answer: Callable[[int], bytes]) -> None:
        self._answer = answer

    async def __aenter__(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._served
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._served = task
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(BindTransceiverResp(system_id="smsc").encode(await _number(reader)))
            writer.write(self._answer(await _number(reader)))
            await reader.read(-1)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _number(reader: asyncio.StreamReader) -> int:
    """sequence_number of the next PDU."""
    header = await reader.readexactly(16)
    await reader.readexactly(int.from_bytes(header[:4]) - 16)
    return int.from_bytes(header[12:])


async def _two_calls(answer: Callable[[int], bytes]) -> list[type]:
    """What two calls ended with, of which the second waits for the window until the first is answered."""
    async with Scripted(answer) as port:
        esme = await connect(f"smpp://id:secret@127.0.0.1:{port}", settings=ONE_AT_A_TIME)
        calls = [esme.submit_sm(SubmitSm(destination_addr=str(number))) for number in range(2)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        await esme.close()
    return [type(result) for result in results]


ANSWERS: dict[str, Callable[[int], bytes]] = {
    "garbage": lambda number: SubmitSmResp(message_id="1").encode(number) + GARBAGE,
    "unbind": lambda number: SubmitSmResp(message_id="1").encode(number) + Unbind().encode(1),
}


@pytest.mark.parametrize("behind", ANSWERS)
def test_a_call_that_waits_is_not_sent(run: Run, behind: str) -> None:
    """The answer frees a slot of a session that has ended: what waits is NotSent, not forbidden (StateError)."""
    assert run(_two_calls(ANSWERS[behind])) == [SubmitSmResp, NotSent]


def test_a_call_made_by_a_handler_is_not_sent_once_the_frame_is_lost(run: Run) -> None:
    """The handler runs for a PDU that came before the fault; its own call fails for the stream, not for the state."""
    errors: list[type] = []

    def on_submit(peer: Peer, pdu: SubmitSm) -> None:
        future = peer.begin_request(DeliverSm())
        future.add_done_callback(lambda each: errors.append(type(each.exception())))

    async def main() -> None:
        async with Smsc(accounts={"id": "secret"}, handlers={SubmitSm: on_submit}) as smsc:
            reader, writer = await asyncio.open_connection("127.0.0.1", smsc.port)
            writer.write(BindTransceiver(system_id="id", password="secret").encode(1))
            await _number(reader)
            writer.write(SubmitSm(destination_addr="1").encode(2) + GARBAGE)
            await reader.read(-1)
            writer.close()
            await writer.wait_closed()

    run(main())
    assert errors == [NotSent]
