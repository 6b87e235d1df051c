"""One process of a run: binds, sends by the profile, measures, and ends by draining.

There is no task and no timer for a message. One tick for all of them lets leave what is due; an answer that frees a
place lets leave what is overdue. What a late tick has missed keeps its intended time.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Final, cast

from smppcore.errors import SmppError
from smppcore.esme import BindMode, Connecting, Esme, connect
from smppcore.load.awaited import Awaited, Stray
from smppcore.load.final_receipt import final_receipt
from smppcore.load.lane import NOT_SENT, Lane
from smppcore.load.meter import Meter
from smppcore.load.pacing import NEVER, CappedLoop, ClosedLoop, OpenLoop, Pacing, open_times, share_of
from smppcore.load.plan import Plan
from smppcore.load.second import Second
from smppcore.pdu import DataSm, DeliverSm
from smppcore.settings import Settings
from smppcore.tls import client_context

TICK: Final = 0.001
"""Seconds between two ticks at least: what is due in between leaves together, and the wait counts."""
IDLE_TICK: Final = 0.01
GRACE: Final = 1.0
"""Seconds after the end in which messages that were due before it may still leave, where all places were taken."""
SAMPLE: Final = 0.01
HANDING_ON: Final = 2.0
"""Seconds that a receipt may take from the process that it came to, to the one that sent its message."""
REBIND: Final = 1.0
"""Seconds from the loss of a bind to the attempt to have it again."""
PORTION: Final = 10_000
"""Messages given up after which their latencies are counted: of an hour without a target there are millions."""
OVERDUE: Final = f"{NOT_SENT} before the end"


class Generator:
    """``share`` is which of the plan's processes this is. ``on_second`` gets each second, ``on_event`` what is rare."""

    def __init__(
        self,
        plan: Plan,
        share: int,
        on_second: Callable[[Second], None],
        on_event: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._plan = plan
        self._share = share
        self._on_second = on_second
        self._on_event = on_event
        self._esmes: list[Esme] = []
        self._lanes: list[Lane] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._turn = 0
        self._ends_with_count = plan.count is not None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sending = False
        self._overdue = False
        self._ended_at: float | None = None
        self._drained = asyncio.Event()
        self._received = asyncio.Event()
        self._receipts_until = NEVER
        self._stopped = asyncio.Event()
        self._asked_to_stop = False
        self._aborted = False
        self.messages = plan.messages().share(share, plan.processes, plan.seed, plan.shuffle)
        self.meter: Meter
        self.pacing: Pacing
        self._measuring = False
        self._settled = asyncio.Event()
        self._may_finish = asyncio.Event()

    # -- binding

    async def bind(self) -> None:
        """Make this process's binds. Raises what connecting and binding raise, and then none is left."""
        try:
            for _ in range(share_of(self._plan.binds, self._share, self._plan.processes)):
                self._esmes.append(await self._connecting())
        except BaseException:
            await self._close()
            raise

    async def close(self) -> None:
        """Unbind without a run."""
        await self._close()

    def _connecting(self) -> Connecting:
        plan = self._plan
        context = None
        if plan.insecure or any((plan.ca, plan.certificate, plan.key)):
            context = client_context(plan.ca, certificate=plan.certificate, key=plan.key, verify=not plan.insecure)
        return connect(
            plan.url,
            bind=cast(BindMode, plan.bind),
            settings=Settings(window=plan.window, response_timeout=plan.timeout),
            handlers=dict.fromkeys((DeliverSm, DataSm), self._on_message),
            system_type=plan.system_type,
            password=plan.password,
            ssl=context,
        )

    # -- running

    async def run(self, start: float) -> float:
        """Send from ``start`` (time.perf_counter) on, drain, wait for ``finish``, unbind.

        The seconds from ``start`` to the end: to the last answer where a count was sent, else that of the sending. In a
        closed loop the answers after it count as well, and so does the time in which none came.
        """
        plan, shape = self._plan, self._plan.shape()
        awaited = Awaited(plan.receipt_wait) if plan.receipts else None
        self.meter = Meter(start, start + plan.warm_up, self._on_second, awaited)
        self.pacing = self._make_pacing(start)
        # In a closed loop the answers go on with it; ticks are for places that have failed, and new binds.
        self._shortest = IDLE_TICK if isinstance(self.pacing, ClosedLoop) else TICK
        self._measuring = True
        self._lanes = [Lane(self, plan.window, plan.timeout) for _ in self._esmes]
        self._keepers = [
            asyncio.ensure_future(self._keep(number, esme)) for number, esme in enumerate(list(self._esmes))
        ]
        await asyncio.sleep(max(start - time.perf_counter(), 0))
        end = start + shape.seconds
        self._begin_sending(end)
        await self._stopped.wait()
        by_count = plan.count is not None and self.pacing.next == NEVER
        ended = self._give_up_overdue(end)
        await self._drained.wait()
        for lane in self._lanes:
            lane.finish(time.perf_counter())
        self._receipts_until = self.meter.last_answer + plan.receipt_wait + (HANDING_ON if plan.processes > 1 else 0.0)
        await self._received.wait()
        self.look_thoroughly(NEVER)
        self._settled.set()
        await self._may_finish.wait()
        await self._finish()
        answered = max(self.meter.last_answer, self.meter.last_refusal)
        if by_count:
            return answered - start
        return max(answered if shape.closed else start, ended, start) - start

    def _begin_sending(self, end: float) -> None:
        now = time.perf_counter()
        self._sending = not self._stopped.is_set()
        self._sample(now)
        self._tick()
        self._later("end", end - now, partial(self._end, end))

    def _end(self, end: float) -> None:
        """The time is over. What was due before may still leave for a while, as soon as there are places."""
        if not self._sending:
            return
        now = time.perf_counter()
        self._fill(now)
        if self._plan.shape().closed or self._uncapped.next > end or now > end + GRACE:
            self._ended_at = now if self._overdue else end
            self._stop_sending()
        else:
            self._overdue = True
            self._later("end", TICK, partial(self._end, end))

    async def wait_settled(self) -> None:
        """Wait until this process has sent and got all that it will; others may still need what it gives away."""
        await self._settled.wait()

    def finish(self) -> None:
        """Let ``run`` unbind and end, once it has settled."""
        self._may_finish.set()

    def _make_pacing(self, start: float) -> Pacing:
        plan, shape = self._plan, self._plan.shape()
        count = None if plan.count is None else share_of(plan.count, self._share, plan.processes)
        if not shape.closed:
            times = open_times(shape, self._share, plan.processes, plan.seed if plan.poisson else None)
            loop: OpenLoop | ClosedLoop = OpenLoop(times, start, count)
        else:
            loop = ClosedLoop(start, NEVER if count is None else count)
        return loop if plan.rate_cap is None else CappedLoop(loop, plan.rate_cap / plan.processes)

    @property
    def _uncapped(self) -> Pacing:
        """What is due, whether or not the cap lets it leave."""
        return self.pacing.loop if isinstance(self.pacing, CappedLoop) else self.pacing

    def stop(self) -> None:
        """End early: send nothing more, drain, unbind. Asked for again: wait for nothing."""
        if not self._asked_to_stop:
            self._asked_to_stop = True
            self._stop_sending()
        else:
            self._aborted = True

    def _stop_sending(self) -> None:
        self._sending = False
        self._stopped.set()

    def _later(self, name: str, delay: float, do: Callable[[], None]) -> None:
        self._timers[name] = asyncio.get_running_loop().call_later(max(delay, 0), do)

    def _tick(self) -> None:
        """Let leave what is due, each bind in turn."""
        if not self._sending:
            return
        now = time.perf_counter()
        if self.pacing.next <= now:
            self._fill(now)
        if self.pacing.next == NEVER and self._ends_with_count and not any(lane.in_flight for lane in self._lanes):
            self._stop_sending()
            return
        wait = self.pacing.next - time.perf_counter()
        self._later("tick", max(wait, self._shortest) if wait < NEVER else IDLE_TICK, self._tick)

    def _fill(self, now: float) -> None:
        lanes = self._lanes
        if len(lanes) == 1:
            lanes[0].fill(now)
            return
        full = 0
        while full < len(lanes) and self.pacing.next <= now:
            self._turn = (self._turn + 1) % len(lanes)
            full = 0 if lanes[self._turn].fill_one(now) else full + 1

    def _sample(self, asked: float) -> None:
        """A hundred times a second: how late the loop is, and how many requests are in flight."""
        now = time.perf_counter()
        in_flight = sum(lane.in_flight for lane in self._lanes)
        self.meter.sample(now, max(now - asked, 0.0), in_flight)
        if not self._sending and (not in_flight or self._aborted):
            self._drained.set()
            self._look_for_end(now)
        self._later("sample", SAMPLE, partial(self._sample, now + SAMPLE))

    # -- ending

    def _give_up_overdue(self, end: float) -> float:
        """What was due and found no place counts with the time that it has waited; when the sending has ended."""
        now = time.perf_counter()
        if not self._plan.shape().closed:
            given_up = 0
            while (since := self._uncapped.due(now - GRACE)) is not None:  # where it is stopped early, others are young
                self.meter.failed(OVERDUE, since, now, lasted=True)
                given_up += 1
                if given_up % PORTION == 0:
                    self.meter.count()
        self.pacing.next = NEVER
        return self._ended_at if self._ended_at is not None else min(now, end)

    def _look_for_end(self, now: float) -> None:
        """Every message has its answer: all is there once no receipt can come any more, or none in time."""
        if (
            not self.meter.awaited
            or self._aborted
            or now > self._receipts_until
            or not any(lane.open for lane in self._lanes)
        ):
            self._received.set()

    async def _finish(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        await self._close()
        now = time.perf_counter()
        self.meter.sample(now, 0.0, 0)
        self.meter.cut_second(now)
        self.meter.flush()

    async def _close(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for esme in self._esmes:
            if self._aborted:
                esme.abort()
        await asyncio.gather(*(esme.close() for esme in self._esmes))

    # -- binds

    async def _keep(self, number: int, esme: Esme) -> None:
        """One bind, again after each loss, as long as the run lasts."""
        lane = self._lanes[number]
        while True:
            lane.opened(esme)
            reason = await esme.wait_closed()
            self._on_event(f"a bind was lost: {reason}")
            esme = await self._bind_again()
            self._esmes[number] = esme

    async def _bind_again(self) -> Esme:
        """Tells each reason for which it cannot be had only once, until there is another."""
        told = ""
        while True:
            await asyncio.sleep(REBIND)
            try:
                return await self._connecting()
            except (SmppError, OSError) as error:
                if str(error) != told:
                    told = str(error)
                    self._on_event(f"a bind was lost, and cannot be had again: {told}")

    # -- what comes in

    def _on_message(self, _: Esme, pdu: DeliverSm | DataSm) -> None:
        if not self._measuring:
            return  # of an earlier run: it is answered, so that it does not come again
        receipt = final_receipt(pdu)
        awaited = self.meter.awaited
        if receipt is None or awaited is None:
            self.meter.incoming()
            return
        self.meter.receipt(awaited.receipt(receipt.message_id, pdu.source_addr, receipt.state, time.perf_counter()))

    def look_thoroughly(self, now: float) -> None:
        """Look for the messages of receipts that came before their response, and write its id otherwise."""
        if self._measuring and self.meter.awaited is not None:
            self.meter.claimed(self.meter.awaited.look_thoroughly(now))

    def give_away(self) -> list[Stray]:
        """Receipts that may be about messages of other processes."""
        if not self._measuring or self.meter.awaited is None:
            return []
        found, strays = self.meter.awaited.give_away(time.perf_counter())
        self.meter.claimed(found)
        return strays

    def claim(self, strays: list[Stray]) -> None:
        """Receipts that other processes gave away."""
        if self._measuring and self.meter.awaited is not None:
            self.meter.claimed(self.meter.awaited.claim(strays))
