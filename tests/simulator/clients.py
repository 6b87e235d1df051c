"""ESMEs for the tests of the simulator: one that keeps what it receives, one that speaks raw octets."""

import asyncio
from collections import deque
from collections.abc import Awaitable
from types import TracebackType
from typing import Any, Self

import smppcore
from smppcore.constants import EsmClass, MessageState
from smppcore.dispatch import Answer
from smppcore.esme import BindMode, Connecting
from smppcore.message import receipt_of
from smppcore.pdu import BindTransceiver, EnquireLink, Pdu, QuerySm, SubmitSm
from smppcore.receipt import DeliveryReceipt
from smppcore.simulator import Simulator

LIMIT = 10.0
"""Seconds after which a test gives up waiting."""
NEVER = 3600.0
"""A receipt_delay that no test waits for."""
SOURCE, DESTINATION = "1234", "393330000001"


class Inbox:
    """Keeps the deliver_sm and data_sm of an ESME; ``answers`` are used up first, then everything is taken."""

    def __init__(self, *answers: Answer | Awaitable[Answer]) -> None:
        self.pdus: list[Any] = []
        self._answers = deque(answers)
        self._more: asyncio.Future[None] | None = None

    def __call__(self, _: object, pdu: Pdu) -> Answer | Awaitable[Answer]:
        self.pdus.append(pdu)
        if self._more is not None and not self._more.done():
            self._more.set_result(None)
        return self._answers.popleft() if self._answers else None

    async def wait(self, count: int) -> list[Any]:
        """All that came, once there are at least so many."""
        async with asyncio.timeout(LIMIT):
            while len(self.pdus) < count:
                self._more = asyncio.get_running_loop().create_future()
                await self._more
        return self.pdus

    async def receipts(self, count: int) -> list[DeliveryReceipt]:
        found = [receipt_of(pdu) for pdu in await self.wait(count)]
        assert all(found)
        return [receipt for receipt in found if receipt is not None]

    @property
    def ids(self) -> list[str | None]:
        """The message_id in each receipt that came."""
        return [receipt.message_id for pdu in self.pdus if (receipt := receipt_of(pdu)) is not None]


def esme(
    simulator: Simulator,
    inbox: Inbox | None = None,
    *,
    bind: BindMode = "transceiver",
    account: str = "smppclient1:password",
    **options: Any,
) -> Connecting:
    handlers = {smppcore.DeliverSm: inbox, smppcore.DataSm: inbox} if inbox is not None else None
    url = f"smpp://{account}@127.0.0.1:{simulator.port}"
    return smppcore.connect(url, bind=bind, handlers=handlers, **options)


def message(registered_delivery: int = 1, **fields: Any) -> SubmitSm:
    given: dict[str, Any] = {
        "source_addr": SOURCE,
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": DESTINATION,
        "registered_delivery": registered_delivery,
        "short_message": b"hello",
    }
    return SubmitSm(**(given | fields))


async def submit(client: smppcore.Esme, registered_delivery: int = 1, **fields: Any) -> str:
    return (await client.submit_sm(message(registered_delivery, **fields))).message_id


async def state_of(client: smppcore.Esme, message_id: str, source: str = SOURCE) -> int:
    return (await client.query_sm(QuerySm(message_id=message_id, source_addr=source))).message_state


async def final_state(client: smppcore.Esme, message_id: str) -> int:
    """The state of a message, asked for until it is final."""
    async with asyncio.timeout(LIMIT):
        while (state := await state_of(client, message_id)) == MessageState.ENROUTE:
            pass
    return state


class RawClient:
    """A connection that sends octets as they are and reads PDUs."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    def send(self, octets: bytes) -> None:
        self._writer.write(octets)

    async def read(self) -> Pdu:
        """The next PDU; EOFError where the other end has closed."""
        async with asyncio.timeout(LIMIT):
            head = await self._reader.readexactly(4)
            body = await self._reader.readexactly(int.from_bytes(head, "big") - 4)
        return smppcore.Codec(tolerate=smppcore.ESME_TOLERANCE).decode(head + body)

    async def read_end(self) -> bytes:
        """What still comes until the other end closes."""
        async with asyncio.timeout(LIMIT):
            return await self._reader.read()

    async def bind(self, kind: type[smppcore.Bind[Any]] = BindTransceiver, version: int = 0x34) -> Pdu:
        bind = kind(system_id="smppclient1", password="password", interface_version=version)
        self.send(bind.encode(1))
        return await self.read()

    async def lives(self) -> bool:
        """Whether enquire_link is answered."""
        self.send(EnquireLink().encode(0x7E57))
        answer = await self.read()
        return (answer.command, answer.command_status, answer.sequence_number) == ("enquire_link_resp", 0, 0x7E57)


def is_receipt(pdu: Any) -> bool:
    return bool(pdu.esm_class & 0x3C == EsmClass.DELIVERY_RECEIPT)
