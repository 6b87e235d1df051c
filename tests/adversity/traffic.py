"""An ESME that reconnects, or a Link, and an SMSC, with messages both ways, and a ledger for each direction."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final

from smppcore import connect
from smppcore.backoff import BackoffSettings
from smppcore.constants import CommandStatus
from smppcore.errors import Refuse, SmppError, Verdict
from smppcore.esme import Esme
from smppcore.link import Link
from smppcore.notice import LateAnswer, Notice
from smppcore.pdu import DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp
from smppcore.requests import EsmeRequests
from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc

from .ledger import Ledger

REFUSE_EVERY: Final = 50
"""Every so many messages are refused by the SMSC."""
DELIVER_EVERY: Final = 4
"""For every so many messages the SMSC sends one back."""


@dataclass(kw_only=True)
class Plan:
    """How much traffic. The ESME has ``workers`` callers, more than the window has room for."""

    messages: int
    workers: int = 60
    settings: Settings
    truthful: bool = True


class Traffic:
    """``submits`` and ``delivers`` are the books of both directions; ``run`` fills them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.submits = Ledger()
        self.delivers = Ledger()
        self.binds = 0
        self.failed_binds = 0
        self.late = 0
        self.cuts = 0
        self.tally: Counter[str] = Counter()
        self._next = 0
        self._esme: Esme | None = None
        self._bound = asyncio.Event()
        self._done = False
        self._open: set[asyncio.Future[DeliverSmResp]] = set()

    def smsc(self) -> Smsc:
        """The SMSC that the messages are for."""
        return Smsc(
            accounts={"id": "secret"},
            handlers={SubmitSm: self._on_submit},
            settings=self.plan.settings,
            on_notice=lambda _, notice: self._on_notice(notice),
        )

    async def run(self, port: int) -> None:
        """Send all messages through this port, whatever happens on the way, then wait for the last verdicts."""
        connecting = asyncio.create_task(self._stay_connected(port))
        await asyncio.gather(*(self._work() for _ in range(self.plan.workers)))
        self._done = True
        if self._esme is not None:
            await self._esme.close()
        self._bound.set()
        await connecting
        await self._delivers_ended()

    async def _delivers_ended(self) -> None:
        while self._open:
            await asyncio.wait(set(self._open))
            await asyncio.sleep(0)

    # -- the ESME

    async def _stay_connected(self, port: int) -> None:
        while not self._done:
            try:
                esme = await self._bind(port)
            except (OSError, Verdict):
                self.failed_binds += 1
                continue
            self.binds += 1
            self._esme = esme
            self._bound.set()
            if self._done:
                await esme.close()
            await esme.wait_closed()
            self._bound.clear()
            self._esme = None

    async def _bind(self, port: int) -> Esme:
        connecting = connect(
            f"smpp://id:secret@127.0.0.1:{port}",
            handlers={DeliverSm: self._on_deliver},
            settings=self.plan.settings,
            on_notice=self._on_notice,
        )
        return await connecting

    async def _work(self) -> None:
        while self._next < self.plan.messages:
            self._next += 1
            name = f"{self._next:07d}"
            while self._esme is None:
                await self._bound.wait()
            await self._submit(self._esme, name)

    async def _submit(self, end: EsmeRequests, name: str) -> None:
        self.submits.submit(name)
        try:
            response = await end.submit_sm(SubmitSm(destination_addr=name, short_message=name.encode()))
        except SmppError as error:
            self.submits.ended(name, error)
            await _turn()
        else:
            self.submits.ended(name, None)
            assert not self.plan.truthful or response.message_id == f"id{name}"

    def _on_deliver(self, end: EsmeRequests, pdu: DeliverSm) -> None:
        self.delivers.seen[pdu.source_addr] += 1

    # -- the SMSC

    def _on_submit(self, peer: Peer, pdu: SubmitSm) -> SubmitSmResp | Awaitable[SubmitSmResp]:
        name = pdu.destination_addr
        self.submits.seen[name] += 1
        assert not self.plan.truthful or pdu.short_message == name.encode()
        number = self.submits.seen.total()
        if number % REFUSE_EVERY == 0:
            raise Refuse(CommandStatus.ESME_RTHROTTLED)
        if number % DELIVER_EVERY == 0:
            self._deliver(peer, name)
        response = SubmitSmResp(message_id=f"id{name}")
        return self._later(response) if number % 3 == 0 else response

    async def _later(self, response: SubmitSmResp) -> SubmitSmResp:
        await _turn()
        return response

    def _deliver(self, peer: Peer, name: str) -> None:
        if name in self.delivers.submitted:
            return
        self.delivers.submit(name)
        future = peer.begin_request(DeliverSm(source_addr=name, short_message=name.encode()))
        self._open.add(future)
        future.add_done_callback(lambda each: self._delivered(name, each))

    def _delivered(self, name: str, future: "asyncio.Future[DeliverSmResp]") -> None:
        self._open.discard(future)
        self.delivers.ended(name, future.exception())

    def _on_notice(self, notice: Notice) -> None:
        self.late += isinstance(notice, LateAnswer)


class LinkTraffic(Traffic):
    """The same messages through one Link, which reconnects by itself; ``retry`` is its policy."""

    def __init__(self, plan: Plan, retry: Retry | None = None) -> None:
        super().__init__(plan)
        self._retry = retry

    async def run(self, port: int) -> None:
        """As above; the link is closed when all calls have ended."""
        async with self._link(port) as link:
            await asyncio.gather(*(self._send_all(link) for _ in range(self.plan.workers)))
            self.binds = link.binds
            self.failed_binds = link.attempts - link.binds
        await self._delivers_ended()

    def _link(self, port: int) -> Link:
        return Link(
            f"smpp://id:secret@127.0.0.1:{port}",
            handlers={DeliverSm: self._on_deliver},
            settings=self.plan.settings,
            on_notice=self._on_notice,
            backoff=BackoffSettings(first=0.005, longest=0.05, lasting=0, already_bound=0, throttled=0, hopeless=0),
            retry=self._retry,
        )

    async def _send_all(self, link: Link) -> None:
        while self._next < self.plan.messages:
            self._next += 1
            await self._submit(link, f"{self._next:07d}")


async def _turn() -> None:
    await asyncio.sleep(0)
