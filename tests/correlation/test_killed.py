"""A gateway that is killed with SIGKILL under load: every message whose response was seen has its receipt."""

import asyncio
import os
import pathlib
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest
from store.redis_server import RedisServer

from smppcore.errors import SmppError
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc

from .desk import receipt

SCRIPT = pathlib.Path(__file__).with_name("killed_sender.py")
WORKERS = 50
SETTINGS = Settings(response_timeout=5.0, close_timeout=0.5)


@dataclass
class Carrier:
    """An SMSC that sends each receipt until it is answered: some before the response, some at once, others later."""

    chance: random.Random
    owed: dict[str, str] = field(default_factory=dict)
    """The destination of each message whose receipt was not answered, by its id."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(0xA000))
    _sending: set[asyncio.Task[None]] = field(default_factory=set)

    async def submitted(self, peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        message_id = f"{next(self._numbers):X}"
        self.owed[message_id] = pdu.destination_addr
        draw = self.chance.random()
        if draw < 0.2:
            await self.deliver(peer, message_id)
        elif draw < 0.5:
            task = asyncio.ensure_future(self.deliver(peer, message_id))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return SubmitSmResp(message_id=message_id)

    async def deliver(self, peer: Peer, message_id: str) -> None:
        try:
            answer = await peer.deliver_sm(receipt(message_id.lower(), 2, self.owed[message_id]))
        except SmppError:
            return
        if answer.command_status == 0:
            self.owed.pop(message_id, None)

    async def deliver_all(self, smsc: Smsc) -> None:
        """What is owed, over the binds that there are, until nothing is."""
        while self.owed:
            peers = [peer for peer in smsc.peers if peer.system_id]
            if not peers:
                await asyncio.sleep(0.01)  # the gateway is on its way back
                continue
            await asyncio.gather(*(self.deliver(self.chance.choice(peers), each) for each in list(self.owed)[:200]))


@dataclass
class Gateway:
    """What the processes of the gateway have told, in one book for all of them."""

    arguments: tuple[str, ...]
    sent: dict[str, str] = field(default_factory=dict)
    receipts: Counter[tuple[str, str]] = field(default_factory=Counter)
    redelivered: Counter[tuple[str, str]] = field(default_factory=Counter)
    unmatched: list[str] = field(default_factory=list)

    async def start(self, workers: int) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(SCRIPT), *self.arguments, str(workers), stdout=asyncio.subprocess.PIPE, env=environment
        )
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            match line.decode().split():
                case "sent", message_id, number:
                    assert message_id not in self.sent
                    self.sent[message_id] = number
                case "receipt", message_id, number, redelivered:
                    (self.redelivered if redelivered == "1" else self.receipts)[message_id, number] += 1
                case "unmatched", message_id:
                    self.unmatched.append(message_id.upper())

    async def kill(self) -> None:
        self.process.kill()
        await self._reading
        await self.process.wait()

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            assert self.process.returncode is None
            await asyncio.sleep(0.01)  # another process has no event

    @property
    def waiting(self) -> set[tuple[str, str]]:
        """Those that were sent and have no receipt."""
        return self.sent.items() - self.receipts.keys() - self.redelivered.keys()


async def killed(kind: str, where: str, kills: int) -> None:
    chance = random.Random(f"{kind}{kills}")
    carrier = Carrier(chance)
    async with Smsc(accounts={"id": "secret"}, handlers={SubmitSm: carrier.submitted}, settings=SETTINGS) as smsc:
        gateway = Gateway((kind, where, f"smpp://id:secret@127.0.0.1:{smsc.port}"))
        for _ in range(kills):
            await gateway.start(WORKERS)
            enough = len(gateway.sent) + chance.randrange(1, 1500)
            await gateway.until(lambda enough=enough: len(gateway.sent) >= enough)  # type: ignore[misc]
            await gateway.kill()
        await gateway.start(0)
        await carrier.deliver_all(smsc)
        await gateway.until(lambda: not gateway.waiting)
        await gateway.kill()
    assert gateway.waiting == set()
    assert max(gateway.receipts.values()) == 1, "none came twice but those that say so"
    assert not gateway.sent.keys() & set(gateway.unmatched)
    assert len(gateway.sent) > kills


async def test_every_message_whose_response_was_seen_has_its_receipt_after_a_kill(tmp_path: pathlib.Path) -> None:
    await asyncio.wait_for(killed("sqlite", str(tmp_path / "link.db"), 2), 50)


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
async def test_every_message_whose_response_was_seen_has_its_receipt_after_ten_kills(
    kind: str, tmp_path: pathlib.Path
) -> None:
    if kind == "sqlite":
        await killed(kind, str(tmp_path / "link.db"), 10)
        return
    with RedisServer(tmp_path / "redis", "--appendonly", "yes", "--appendfsync", "no") as server:
        await killed(kind, server.url, 10)
